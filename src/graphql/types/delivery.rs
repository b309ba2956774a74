//! Decisions about posts.

use super::{SocialChannel, SocialIntegration, id, time};
use crate::{
    graphql::{
        loader::{ChannelBy, IntegrationBy, loader, name_of},
        scalar::{Id, Time},
        word::{self, SocialDeliveryStatus},
    },
    service::ServiceError,
    store::deliveries::Delivery,
};
use async_graphql::{ComplexObject, Context, Result, SimpleObject};
use std::sync::Arc;

/// What became of a post for one integration.
#[derive(SimpleObject, Clone)]
#[graphql(complex, rename_fields = "snake_case")]
pub struct SocialDelivery {
    /// The decision's id.
    id: Id,
    /// The post's id here.
    post_id: Id,
    /// The integration that decided; null when it was deleted since.
    integration_id: Option<Id>,
    /// The channel it was decided for.
    channel_id: Id,
    /// What it came to.
    status: SocialDeliveryStatus,
    /// A stable word for why the post is not in the channel; posted_anyway for why it is.
    reason: Option<String>,
    /// The same as a sentence.
    detail: Option<String>,
    /// The message in nchat, once delivered.
    message_id: Option<Id>,
    /// How often delivery was tried.
    attempts: i32,
    /// How often a waiting post was looked at since it was imported.
    looks: i32,
    /// When a waiting post is looked at again; null while it waits: at the next poll.
    next_look_at: Option<Time>,
    /// The administrator who had it tried again or posted anyway.
    requested_by: Option<Id>,
    /// When it was decided.
    decided_at: Time,
    /// When the message was written.
    delivered_at: Option<Time>,
}

#[ComplexObject(rename_fields = "snake_case")]
impl SocialDelivery {
    /// The channel; null when it is not there any more.
    async fn channel(&self, ctx: &Context<'_>) -> Result<Option<Arc<SocialChannel>>> {
        Ok(loader(ctx)?.load_one(ChannelBy(self.channel_id.0)).await?)
    }

    /// What the administrator who had it tried again or posted anyway is called in nchat; null when nobody did, and when
    /// the person is not known.
    async fn requested_by_name(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        name_of(ctx, self.requested_by).await
    }

    /// The integration; null when it was deleted since.
    async fn integration(&self, ctx: &Context<'_>) -> Result<Option<Arc<SocialIntegration>>> {
        let Some(Id(integration)) = self.integration_id else { return Ok(None) };
        Ok(loader(ctx)?.load_one(IntegrationBy(integration)).await?)
    }
}

impl SocialDelivery {
    /// The integration decided it.
    pub fn is_of(&self, integration: Id) -> bool {
        self.integration_id == Some(integration)
    }
}

impl TryFrom<Delivery> for SocialDelivery {
    type Error = ServiceError;

    fn try_from(row: Delivery) -> Result<Self, ServiceError> {
        Ok(Self {
            id: row.id.into(),
            post_id: row.post_id.into(),
            integration_id: id(row.integration_id),
            channel_id: row.channel_id.into(),
            status: word::read("nchat_social_deliveries", "status", &row.status)?,
            reason: row.reason,
            detail: row.detail,
            message_id: id(row.message_id),
            attempts: row.attempts,
            looks: row.looks,
            next_look_at: time(row.next_look_at),
            requested_by: id(row.requested_by),
            decided_at: row.decided_at.into(),
            delivered_at: time(row.delivered_at),
        })
    }
}
