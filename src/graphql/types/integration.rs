//! Integrations.

use super::{SocialAccount, SocialChannel, id, time};
use crate::{
    graphql::{
        loader::{AccountBy, ChannelBy, loader},
        scalar::{Id, Time},
    },
    store::integrations::IntegrationRow,
};
use async_graphql::{ComplexObject, Context, Result, SimpleObject};
use std::sync::Arc;

/// Which posts of an account go to a channel. Every filter that is set must let a post pass; without filters all go.
#[derive(SimpleObject, Clone)]
#[graphql(complex, rename_fields = "snake_case")]
pub struct SocialIntegration {
    /// The integration's id.
    id: Id,
    /// The account whose posts it takes.
    account_id: Id,
    /// The channel they go to.
    channel_id: Id,
    /// Matching posts are posted; otherwise they are only recorded.
    auto_post: bool,
    /// A post needs any one of these hashtags; without `#`, case does not matter. Empty: no such filter.
    filter_hashtags: Vec<String>,
    /// A post's text needs any one of these words or phrases; `launch*` means words that begin so. Empty: no such
    /// filter.
    filter_keywords: Vec<String>,
    /// Reposts of other people's posts are left out.
    exclude_retweets: bool,
    /// Replies are left out.
    exclude_replies: bool,
    /// The least sum of likes, reposts, replies, comments, shares and quotes; a post below it waits. 0: no minimum.
    min_engagement: i32,
    /// How many hours after its publication a post may still reach min_engagement, 1 to 168; it is looked at again after
    /// 15 minutes, 1, 4, 12 and 24 hours, then once a day, and at the end.
    engagement_window_hours: i32,
    /// How many older posts it asked for when it was created, 0 to 50.
    backfill_count: i32,
    /// When it got them.
    backfilled_at: Option<Time>,
    /// The administrator who created it.
    created_by: Option<Id>,
    /// When it was created.
    created_at: Time,
    /// When it was last changed.
    updated_at: Time,
}

#[ComplexObject(rename_fields = "snake_case")]
impl SocialIntegration {
    /// The account whose posts it takes.
    async fn account(&self, ctx: &Context<'_>) -> Result<Option<Arc<SocialAccount>>> {
        Ok(loader(ctx)?.load_one(AccountBy(self.account_id.0)).await?)
    }

    /// The channel they go to; null when it is not there any more.
    async fn channel(&self, ctx: &Context<'_>) -> Result<Option<Arc<SocialChannel>>> {
        Ok(loader(ctx)?.load_one(ChannelBy(self.channel_id.0)).await?)
    }
}

impl From<IntegrationRow> for SocialIntegration {
    fn from(row: IntegrationRow) -> Self {
        Self {
            id: row.id.into(),
            account_id: row.account_id.into(),
            channel_id: row.channel_id.into(),
            auto_post: row.auto_post,
            filter_hashtags: row.filter_hashtags,
            filter_keywords: row.filter_keywords,
            exclude_retweets: row.exclude_retweets,
            exclude_replies: row.exclude_replies,
            min_engagement: row.min_engagement,
            engagement_window_hours: row.engagement_window_hours,
            backfill_count: row.backfill_count,
            backfilled_at: time(row.backfilled_at),
            created_by: id(row.created_by),
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        }
    }
}
