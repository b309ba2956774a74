//! Changing connected accounts.

use crate::{
    graphql::{
        access::{admin, admin_only},
        fault::{OrFault, service},
        scalar::Id,
        types::SocialAccount,
    },
    platforms::StorageDuty,
    service::{
        ServiceError,
        accounts::{AlertChannelSet, Disconnected, IntervalSet},
    },
};
use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};
use uuid::Uuid;

/// Mutations of accounts.
#[derive(Default)]
pub struct Accounts;

#[Object(rename_args = "snake_case", guard = "admin_only")]
impl Accounts {
    /// Forgets an account's login and stops its polls. The access is ended at the platform too, where that is possible
    /// and no other account needs it. Posts, integrations and log are kept unless `purge_posts` is given; `message` says
    /// what the platform's terms ask of whoever keeps them.
    async fn social_disconnect_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to disconnect.")] input: SocialDisconnectAccountInput,
    ) -> Result<SocialDisconnectAccountPayload> {
        let purge = input.purge_posts.unwrap_or(false);
        Ok(match service(ctx)?.disconnect(admin(ctx)?, input.id.0, purge).await.or_fault(ctx)? {
            Disconnected::NotFound => SocialDisconnectAccountPayload {
                status: SocialDisconnectAccountStatus::NotFound,
                message: NO_ACCOUNT.into(),
                account: None,
            },
            Disconnected::Done { at_platform, storage_duty } => SocialDisconnectAccountPayload {
                status: SocialDisconnectAccountStatus::Disconnected,
                message: disconnected(&at_platform, purge, storage_duty),
                account: find(ctx, input.id.0).await?,
            },
        })
    }

    /// Sets how often an account is polled.
    async fn social_set_poll_interval(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to set.")] input: SocialSetPollIntervalInput,
    ) -> Result<SocialSetPollIntervalPayload> {
        use SocialSetPollIntervalStatus::{NotFound, Set, TooLong, TooShort};
        let service = service(ctx)?;
        let set = service.set_poll_interval(admin(ctx)?, input.id.0, input.seconds).await.or_fault(ctx)?;
        let account = find(ctx, input.id.0).await?;
        let (status, message) = match set {
            IntervalSet::Done(interval) => (Set, format!("It is polled every {} seconds.", interval.num_seconds())),
            IntervalSet::TooShort(floor) => (
                TooShort,
                format!("Accounts of this platform are polled every {} seconds at most.", floor.num_seconds()),
            ),
            IntervalSet::TooLong(most) => {
                (TooLong, format!("Accounts are polled every {} seconds at least.", most.num_seconds()))
            }
            IntervalSet::NotFound => (NotFound, NO_ACCOUNT.to_owned()),
        };
        Ok(SocialSetPollIntervalPayload { status, message, account })
    }

    /// Chooses the channel in which it is told, once, that somebody must act on an account, and once more when that is
    /// over.
    async fn social_set_alert_channel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to choose.")] input: SocialSetAlertChannelInput,
    ) -> Result<SocialSetAlertChannelPayload> {
        use SocialSetAlertChannelStatus::{ChannelNotFound, ChannelUnfit, NotFound, Set};
        let (id, channel) = (input.account_id.0, input.channel_id.map(|channel| channel.0));
        let set = service(ctx)?.set_alert_channel(admin(ctx)?, id, channel).await.or_fault(ctx)?;
        let (status, message) = match set {
            AlertChannelSet::Done if channel.is_some() => (Set, "The channel is told when somebody must act."),
            AlertChannelSet::Done => (Set, "It is told where it is told for every account that has no own channel."),
            AlertChannelSet::NotFound => (NotFound, NO_ACCOUNT),
            AlertChannelSet::NoChannel => (ChannelNotFound, "There is no such channel in this workspace."),
            AlertChannelSet::Unfit => {
                (ChannelUnfit, "Choose a channel that is neither archived nor a conversation of people.")
            }
        };
        Ok(SocialSetAlertChannelPayload { status, message: message.into(), account: find(ctx, id).await? })
    }

    /// Switches the polls of an account on or off.
    async fn social_set_account_active(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to switch.")] input: SocialSetAccountActiveInput,
    ) -> Result<SocialSetAccountActivePayload> {
        let catch_up = input.catch_up.unwrap_or(false);
        let changed = service(ctx)?.set_account_active(admin(ctx)?, input.id.0, input.is_active, catch_up).await;
        let account = if changed.or_fault(ctx)? { find(ctx, input.id.0).await? } else { None };
        Ok(SocialSetAccountActivePayload::of(account, catch_up))
    }
}

const NO_ACCOUNT: &str = "There is no such account in this workspace.";

/// The account as it is now.
async fn find(ctx: &Context<'_>, id: Uuid) -> Result<Option<SocialAccount>> {
    let row = service(ctx)?.accounts(admin(ctx)?, None, Some(&[id])).await.or_fault(ctx)?.pop();
    row.map(TryInto::try_into).transpose().map_err(|error: ServiceError| error).or_fault(ctx)
}

/// What an administrator reads after disconnecting.
fn disconnected(at_platform: &str, purged: bool, storage_duty: Option<StorageDuty>) -> String {
    let kept = if purged {
        "What was imported is deleted here; messages in channels stay."
    } else {
        "What was imported is kept."
    };
    let duty = storage_duty.map_or_else(String::new, |duty| format!(" {} ({}).", duty.rule, duty.source));
    format!("Disconnected. {at_platform} {kept}{duty}")
}

/// What to disconnect.
#[derive(InputObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialDisconnectAccountInput {
    /// The account's id here.
    id: Id,
    /// Also delete the account here with its imported posts, integrations and log. Messages in channels stay. When not
    /// given, everything is kept, and connecting the account again goes on with it.
    purge_posts: Option<bool>,
    /// Given again within a day, with the same input, it answers the same and changes nothing; at most 128 characters.
    client_key: Option<String>,
}

/// What disconnecting did.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialDisconnectAccountPayload {
    /// How it went.
    status: SocialDisconnectAccountStatus,
    /// The same for people, with what happened to the access at the platform.
    message: String,
    /// The account as it is now; null when it was deleted or never was.
    account: Option<SocialAccount>,
}

/// How disconnecting went.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
enum SocialDisconnectAccountStatus {
    /// The login is forgotten and the polls have stopped.
    Disconnected,
    /// There is no such account in this workspace.
    NotFound,
}

/// How often to poll.
#[derive(InputObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialSetPollIntervalInput {
    /// The account's id here.
    id: Id,
    /// Seconds between two polls; the platform's own interval when not given.
    seconds: Option<i32>,
    /// Given again within a day, with the same input, it answers the same and changes nothing; at most 128 characters.
    client_key: Option<String>,
}

/// How often the account is polled now.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialSetPollIntervalPayload {
    /// How it went.
    status: SocialSetPollIntervalStatus,
    /// The same for people.
    message: String,
    /// The account as it is now.
    account: Option<SocialAccount>,
}

/// How setting the interval went.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
enum SocialSetPollIntervalStatus {
    /// It is polled so from now on.
    Set,
    /// The platform, or whoever runs this service, allows no interval as short; nothing was changed.
    TooShort,
    /// Longer than a day; nothing was changed.
    TooLong,
    /// There is no such account in this workspace.
    NotFound,
}

/// Where to tell of an account's trouble.
#[derive(InputObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialSetAlertChannelInput {
    /// The account's id here.
    account_id: Id,
    /// A channel of the workspace; when not given, it is told in the channel that the operator chose, if there is one.
    channel_id: Option<Id>,
    /// Given again within a day, with the same input, it answers the same and changes nothing; at most 128 characters.
    client_key: Option<String>,
}

/// Where an account's trouble is told now.
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

/// How choosing the channel went.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
enum SocialSetAlertChannelStatus {
    /// It is told there from now on.
    Set,
    /// There is no such account in this workspace.
    NotFound,
    /// There is no such channel in this workspace; nothing was changed.
    ChannelNotFound,
    /// The channel is archived, or a conversation of people; nothing was changed.
    ChannelUnfit,
}

/// What to switch.
#[derive(InputObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialSetAccountActiveInput {
    /// The account's id here.
    id: Id,
    /// On: its posts are imported. Off: they are not.
    is_active: bool,
    /// When switching on: also post what was published while it was off. When not given, only what comes from now on.
    catch_up: Option<bool>,
    /// Given again within a day, with the same input, it answers the same and changes nothing; at most 128 characters.
    client_key: Option<String>,
}

/// How the account stands now.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialSetAccountActivePayload {
    /// How it went.
    status: SocialSetAccountActiveStatus,
    /// The same for people.
    message: String,
    /// The account as it is now.
    account: Option<SocialAccount>,
}

/// How switching went.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
enum SocialSetAccountActiveStatus {
    /// It is on.
    Active,
    /// It is off.
    Inactive,
    /// There is no such account in this workspace.
    NotFound,
}

impl SocialSetAccountActivePayload {
    fn of(account: Option<SocialAccount>, catch_up: bool) -> Self {
        use SocialSetAccountActiveStatus::{Active, Inactive, NotFound};
        let (status, message) = match &account {
            None => (NotFound, NO_ACCOUNT),
            Some(account) if !account.is_active => (Inactive, "It is off: no posts are imported."),
            Some(account) if account.needs_reconnect() => {
                (Active, "It is on, but its login is gone: connect the account again to import posts.")
            }
            Some(_) if catch_up => (Active, "It is on: what was missed is imported with the next poll."),
            Some(_) => (Active, "It is on: posts published from now on are imported."),
        };
        Self { status, message: message.into(), account }
    }
}
