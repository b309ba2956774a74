//! Where administrators are told that somebody is needed.

use crate::{
    graphql::{
        access::{admin, admin_only},
        fault::{OrFault, service},
        mutation::account::{NO_ACCOUNT, find},
        scalar::Id,
        types::SocialAccount,
    },
    service::accounts::AlertChannelSet,
};
use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};

/// Mutations of alerts.
#[derive(Default)]
pub struct Alerts;

#[Object(rename_args = "snake_case", guard = "admin_only")]
impl Alerts {
    /// Sets the channel in which it is told that an account needs somebody, and that it works again.
    async fn social_set_alert_channel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to set.")] input: SocialSetAlertChannelInput,
    ) -> Result<SocialSetAlertChannelPayload> {
        use SocialSetAlertChannelStatus::{ChannelArchived, ChannelNotFound, NotFound, Set};
        let channel = input.channel_id.map(|id| id.0);
        let set = service(ctx)?.set_alert_channel(admin(ctx)?, input.account_id.0, channel).await.or_fault(ctx)?;
        let (status, message) = match set {
            AlertChannelSet::Done(Some(name)) => (Set, format!("What this account needs is told in #{name}.")),
            AlertChannelSet::Done(None) => {
                (Set, "What this account needs is told where all is told, if SOCIAL_ALERT_CHANNEL is set.".into())
            }
            AlertChannelSet::NotFound => (NotFound, NO_ACCOUNT.to_owned()),
            AlertChannelSet::ChannelNotFound => {
                (ChannelNotFound, "There is no such channel in this workspace: choose one of socialChannels.".into())
            }
            AlertChannelSet::ChannelArchived(name) => {
                (ChannelArchived, format!("#{name} is archived, so nobody would read it: choose another channel."))
            }
        };
        let account = find(ctx, input.account_id.0).await?;
        Ok(SocialSetAlertChannelPayload { status, message, account })
    }
}

/// Where to tell it.
#[derive(InputObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialSetAlertChannelInput {
    /// The account's id here.
    account_id: Id,
    /// A channel of this workspace; when not given, it is told where all is told (SOCIAL_ALERT_CHANNEL).
    channel_id: Option<Id>,
    /// Given again within a day, with the same input, it answers the same and changes nothing; at most 128 characters.
    client_key: Option<String>,
}

/// Where it is told now.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialSetAlertChannelPayload {
    /// How it went.
    status: SocialSetAlertChannelStatus,
    /// The same for people.
    message: String,
    /// The account as it is now.
    account: Option<SocialAccount>,
}

/// How setting the channel went.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
enum SocialSetAlertChannelStatus {
    /// It is told there from now on.
    Set,
    /// There is no such account in this workspace.
    NotFound,
    /// There is no such channel in this workspace; nothing was changed.
    ChannelNotFound,
    /// The channel is archived; nothing was changed.
    ChannelArchived,
}
