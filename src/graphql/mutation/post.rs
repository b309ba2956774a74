//! Asking for posts that did not get into a channel.

use crate::{
    domain::plan::Ask,
    graphql::{
        access::{admin, admin_only},
        fault::{OrFault, service},
        loader::{DeliveriesOf, loader},
        scalar::Id,
        types::{SocialDelivery, SocialPost},
    },
    service::asks::Asked,
};
use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};
use std::sync::Arc;
use uuid::Uuid;

/// Mutations of posts.
#[derive(Default)]
pub struct Posts;

#[Object(rename_args = "snake_case", guard = "admin_only")]
impl Posts {
    /// Tries at once what failed of a post: deliveries, however often they were tried, and its import itself. The
    /// filters decide as always.
    async fn social_retry_post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to try again.")] input: SocialRetryPostInput,
    ) -> Result<SocialRetryPostPayload> {
        use SocialRetryPostStatus::{Failed, NotFound, NothingToRetry, Retried};
        let ask = Ask::Retry { integration: input.integration_id.map(|id| id.0) };
        let asked = service(ctx)?.ask_for_post(admin(ctx)?, input.post_id.0, ask).await.or_fault(ctx)?;
        let (status, message) = match asked {
            Asked::Decided { failed: 0, errors, delivered } if errors.is_empty() => {
                (Retried, format!("Tried again: it went to {delivered} more channels."))
            }
            Asked::Decided { errors, .. } => (Failed, errors.join(" ")),
            Asked::NotFound(what) => (NotFound, format!("There is no such {what} in this workspace.")),
            Asked::NoContent => (Failed, NO_CONTENT.to_owned()),
            Asked::NothingToDo | Asked::AlreadyThere | Asked::Archived => {
                (NothingToRetry, "Nothing of this post has failed.".to_owned())
            }
        };
        let (post, deliveries) = read(ctx, input.post_id.0).await?;
        Ok(SocialRetryPostPayload { status, message, post, deliveries })
    }

    /// Posts a post into an integration's channel whatever its filters say, once and at once.
    async fn social_post_anyway(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to post, and by which integration.")] input: SocialPostAnywayInput,
    ) -> Result<SocialPostAnywayPayload> {
        use SocialPostAnywayStatus::{AlreadyPosted, ChannelArchived, Failed, NotFound, Posted};
        let ask = Ask::PostAnyway { integration: input.integration_id.0 };
        let asked = service(ctx)?.ask_for_post(admin(ctx)?, input.post_id.0, ask).await.or_fault(ctx)?;
        let (status, message) = match asked {
            Asked::Decided { delivered: 1.., .. } => (Posted, "Posted.".to_owned()),
            Asked::Decided { errors, .. } => (Failed, errors.join(" ")),
            Asked::NotFound(what) => (NotFound, format!("There is no such {what} in this workspace.")),
            Asked::NoContent => (Failed, NO_CONTENT.to_owned()),
            Asked::Archived => {
                (ChannelArchived, "The channel is archived: restore it, or choose another channel.".to_owned())
            }
            Asked::AlreadyThere | Asked::NothingToDo => {
                (AlreadyPosted, "It is posted already, by this integration or into this channel.".to_owned())
            }
        };
        let (post, deliveries) = read(ctx, input.post_id.0).await?;
        let delivery = deliveries.iter().find(|delivery| delivery.is_of(input.integration_id)).cloned();
        Ok(SocialPostAnywayPayload { status, message, post, delivery })
    }
}

const NO_CONTENT: &str = "The post's content is not kept here.";

/// The post as it is now, with its decisions.
async fn read(ctx: &Context<'_>, id: Uuid) -> Result<(Option<SocialPost>, Arc<Vec<SocialDelivery>>)> {
    let Some(row) = service(ctx)?.post(admin(ctx)?, id).await.or_fault(ctx)? else { return Ok((None, Arc::default())) };
    let deliveries = loader(ctx)?.load_one(DeliveriesOf(id)).await?.unwrap_or_default();
    Ok((Some(row.try_into().or_fault(ctx)?), deliveries))
}

/// What to try again.
#[derive(InputObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialRetryPostInput {
    /// The post's id here.
    post_id: Id,
    /// Only for this integration; for all when not given.
    integration_id: Option<Id>,
    /// Given again within a day, with the same input, it answers the same and changes nothing; at most 128 characters.
    client_key: Option<String>,
}

/// What to post.
#[derive(InputObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialPostAnywayInput {
    /// The post's id here.
    post_id: Id,
    /// The integration into whose channel it goes.
    integration_id: Id,
    /// Given again within a day, with the same input, it answers the same and changes nothing; at most 128 characters.
    client_key: Option<String>,
}

/// What came of trying again.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialRetryPostPayload {
    /// How it went.
    status: SocialRetryPostStatus,
    /// The same for people.
    message: String,
    /// The post as it is now.
    post: Option<SocialPost>,
    /// What is decided about it.
    deliveries: Arc<Vec<SocialDelivery>>,
}

/// How trying again went.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
enum SocialRetryPostStatus {
    /// Nothing of it fails any more.
    Retried,
    /// It failed again; it is tried on by itself.
    Failed,
    /// Nothing of it had failed.
    NothingToRetry,
    /// There is no such post or integration in this workspace.
    NotFound,
}

/// What came of posting.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialPostAnywayPayload {
    /// How it went.
    status: SocialPostAnywayStatus,
    /// The same for people.
    message: String,
    /// The post as it is now.
    post: Option<SocialPost>,
    /// What is decided about it for the integration.
    delivery: Option<SocialDelivery>,
}

/// How posting went.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
enum SocialPostAnywayStatus {
    /// The message is in the channel.
    Posted,
    /// The post had been posted before; there is no second message.
    AlreadyPosted,
    /// The channel is archived: nothing was posted.
    ChannelArchived,
    /// The database refused the message: nothing was posted.
    Failed,
    /// There is no such post or integration in this workspace.
    NotFound,
}
