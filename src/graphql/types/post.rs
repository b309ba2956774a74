//! Imported posts.

use super::{SocialAccount, SocialDelivery, time};
use crate::{
    graphql::{
        loader::{AccountBy, DeliveriesOf, loader},
        scalar::{Id, Json, Time},
        word::SocialPlatform,
    },
    service::ServiceError,
    store::posts::StoredPost,
};
use async_graphql::{ComplexObject, Context, Result, SimpleObject};
use std::sync::Arc;

/// An imported post.
#[derive(SimpleObject, Clone)]
#[graphql(complex, rename_fields = "snake_case")]
pub struct SocialPost {
    /// The post's id here.
    id: Id,
    /// The account it was imported from.
    account_id: Id,
    /// Where it was published.
    platform: SocialPlatform,
    /// The platform's own id of it, the same through every edit.
    post_id: String,
    /// The link that people open.
    post_url: String,
    /// Its text, plain; may be empty.
    content: String,
    /// Who wrote it; for a repost the original's author.
    author_name: String,
    /// The author's handle without `@`, where the platform has handles.
    author_handle: Option<String>,
    /// The author's picture; the platform may let the link expire.
    author_avatar_url: Option<String>,
    /// Its pictures and videos in order; platforms may let links expire.
    media_urls: Vec<String>,
    /// For each of media_urls: image, video or gif.
    media_types: Vec<String>,
    /// Without `#`, as written.
    hashtags: Vec<String>,
    /// Handles or names, without `@`.
    mentions: Vec<String>,
    /// Counters when last read: likes, retweets, replies, shares, comments, quotes, views; those that the platform
    /// tells.
    engagement: Json,
    /// When it was published.
    posted_at: Time,
    /// When it was imported.
    imported_at: Time,
    /// When an edit of it was noticed.
    edited_at: Option<Time>,
    /// It is in at least one channel.
    was_posted_to_channel: bool,
    /// The ids of the channels it was posted to.
    posted_to_channels: Json,
    /// Why it is not in a channel where it should be.
    import_error: Option<String>,
}

#[ComplexObject(rename_fields = "snake_case")]
impl SocialPost {
    /// The account it was imported from.
    async fn account(&self, ctx: &Context<'_>) -> Result<Option<Arc<SocialAccount>>> {
        Ok(loader(ctx)?.load_one(AccountBy(self.account_id.0)).await?)
    }

    /// What became of it, one entry for each integration that decided.
    #[graphql(complexity = "1 + 5 * child_complexity")]
    async fn deliveries(&self, ctx: &Context<'_>) -> Result<Arc<Vec<SocialDelivery>>> {
        Ok(loader(ctx)?.load_one(DeliveriesOf(self.id.0)).await?.unwrap_or_default())
    }
}

impl TryFrom<StoredPost> for SocialPost {
    type Error = ServiceError;

    fn try_from(row: StoredPost) -> Result<Self, ServiceError> {
        Ok(Self {
            id: row.id.into(),
            account_id: row.account_id.into(),
            platform: row.platform.into(),
            post_id: row.post_id,
            post_url: row.post_url,
            content: row.content,
            author_name: row.author_name,
            author_handle: row.author_handle,
            author_avatar_url: row.author_avatar_url,
            media_urls: row.media_urls,
            media_types: row.media_types,
            hashtags: row.hashtags,
            mentions: row.mentions,
            engagement: Json(row.engagement),
            posted_at: row.posted_at.into(),
            imported_at: row.imported_at.into(),
            edited_at: time(row.edited_at),
            was_posted_to_channel: row.was_posted_to_channel,
            posted_to_channels: Json(row.posted_to_channels),
            import_error: row.import_error,
        })
    }
}
