//! Connecting accounts.

use crate::{
    domain::Platform,
    graphql::{
        access::{admin, admin_only},
        fault::{OrFault, service},
        scalar::{Id, Time},
        types::SocialAccount,
        word::SocialPlatform,
    },
    service::{
        ServiceError,
        choose::ChooseRefusal,
        connect::{Goal, StartRefusal, Started},
    },
};
use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};

/// At most so many identities are chosen at once; more than any login offers.
const MAX_CHOSEN: usize = 200;

/// Mutations that connect accounts.
#[derive(Default)]
pub struct Connecting;

#[Object(rename_args = "snake_case", guard = "admin_only")]
impl Connecting {
    /// Begins connecting an account: open `url` in the administrator's browser, then watch socialConnection.
    async fn social_start_connection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to connect.")] input: SocialStartConnectionInput,
    ) -> Result<SocialStartConnectionPayload> {
        let platform = Platform::from(input.platform);
        let considers = input.choose.unwrap_or(false);
        let goal = if considers { Goal::Consider(platform) } else { Goal::Connect(platform) };
        let started = service(ctx)?.start_connection(admin(ctx)?, goal, input.return_path.as_deref()).await;
        Ok(SocialStartConnectionPayload::of(platform, started.or_fault(ctx)?))
    }

    /// Connects identities of a login that offers several. Choosing again gives the same accounts.
    async fn social_choose_identities(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to choose.")] input: SocialChooseIdentitiesInput,
    ) -> Result<SocialChooseIdentitiesPayload> {
        let (service, admin) = (service(ctx)?, admin(ctx)?);
        if input.identity_ids.len() > MAX_CHOSEN {
            let problem = format!("identity_ids: choose at most {MAX_CHOSEN} at a time");
            return Err(ServiceError::Invalid(problem)).or_fault(ctx);
        }
        match service.choose_identities(admin, input.connection_id.0, &input.identity_ids).await.or_fault(ctx)? {
            Err(refusal) => Ok(refusal.into()),
            Ok(ids) => {
                let rows = service.accounts(admin, None, Some(&ids)).await.or_fault(ctx)?;
                let accounts = rows.into_iter().map(TryInto::try_into).collect::<Result<Vec<_>, ServiceError>>();
                let accounts: Vec<SocialAccount> = accounts.or_fault(ctx)?;
                let names: Vec<&str> = accounts.iter().map(|account| account.account_name.as_str()).collect();
                Ok(SocialChooseIdentitiesPayload {
                    status: SocialChooseIdentitiesStatus::Connected,
                    message: format!("Connected: {}.", names.join(", ")),
                    accounts,
                })
            }
        }
    }
}

/// What to connect.
#[derive(InputObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialStartConnectionInput {
    /// The platform.
    platform: SocialPlatform,
    /// The path of nchat where the browser ends, such as `/admin/social`, which it is when not given.
    return_path: Option<String>,
    /// Choose with socialChooseIdentities also where the login can read one account only, to see first what it will cost.
    /// When not given, one account is connected at once.
    choose: Option<bool>,
}

/// A connection that was begun, or why it was not.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialStartConnectionPayload {
    /// How it went.
    status: SocialStartConnectionStatus,
    /// The same for people: what to do next.
    message: String,
    /// For socialConnection.
    connection_id: Option<Id>,
    /// The address for the administrator's browser; works once.
    url: Option<String>,
    /// When the address stops working.
    expires_at: Option<Time>,
}

/// How beginning a connection went.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
enum SocialStartConnectionStatus {
    /// Open `url`.
    Started,
    /// The operator must set the platform's credentials first.
    NotConfigured,
    /// `return_path` is not one of nchat.
    Invalid,
}

impl SocialStartConnectionPayload {
    fn of(platform: Platform, started: Result<Started, StartRefusal>) -> Self {
        let name = platform.brand().name;
        let refused = |status, message| Self { status, message, connection_id: None, url: None, expires_at: None };
        match started {
            Ok(started) => Self {
                status: SocialStartConnectionStatus::Started,
                message: format!("Open the address within ten minutes and allow the access at {name}."),
                connection_id: Some(started.connection_id.into()),
                url: Some(started.url),
                expires_at: Some(started.expires_at.into()),
            },
            Err(StartRefusal::NotConfigured) => refused(
                SocialStartConnectionStatus::NotConfigured,
                format!(
                    "{name} is not set up: the operator of this service must give it the credentials of an app at {name}."
                ),
            ),
            Err(StartRefusal::BadReturnPath | StartRefusal::BadTicket | StartRefusal::NoAccount) => refused(
                SocialStartConnectionStatus::Invalid,
                "return_path must be a plain path of nchat, such as /admin/social.".into(),
            ),
        }
    }
}

/// What to choose.
#[derive(InputObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialChooseIdentitiesInput {
    /// The connection, in the state `choosing`.
    connection_id: Id,
    /// `identity_id` of one or more of the identities offered.
    identity_ids: Vec<String>,
    /// Given again within a day, with the same input, it answers the same and changes nothing; at most 128 characters.
    client_key: Option<String>,
}

/// The accounts that were connected, or why none was.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialChooseIdentitiesPayload {
    /// How it went.
    status: SocialChooseIdentitiesStatus,
    /// The same for people: what to do next.
    message: String,
    /// The accounts, if connected.
    accounts: Vec<SocialAccount>,
}

/// How choosing went.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
enum SocialChooseIdentitiesStatus {
    /// The accounts are connected.
    Connected,
    /// There is no such connection in this workspace.
    NotFound,
    /// Its time ran out, or it failed: start again.
    Expired,
    /// The platform has not answered yet.
    NotReady,
    /// One of the identities was not offered.
    NotOffered,
    /// No identity was given.
    NothingChosen,
    /// The platform did not hand out what the identities are read with: choose again.
    PlatformFailed,
}

impl From<ChooseRefusal> for SocialChooseIdentitiesPayload {
    fn from(refusal: ChooseRefusal) -> Self {
        use SocialChooseIdentitiesStatus::{Expired, NotFound, NotOffered, NotReady, NothingChosen, PlatformFailed};
        let (status, message) = match refusal {
            ChooseRefusal::NotFound => (NotFound, "There is no such connection: start again.".into()),
            ChooseRefusal::Over(why) if why.is_empty() => (Expired, "The connection failed: start again.".into()),
            ChooseRefusal::Over(why) => (Expired, why),
            ChooseRefusal::NotReady => {
                (NotReady, "The platform has not answered yet: finish there in the browser first.".into())
            }
            ChooseRefusal::NotOffered(id) => (NotOffered, format!("“{id}” is not one of the identities offered.")),
            ChooseRefusal::Empty => (NothingChosen, "Choose at least one of the identities offered.".into()),
            ChooseRefusal::Platform(why) => (PlatformFailed, format!("{why}. Choose again in a moment.")),
        };
        Self { status, message, accounts: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_says_what_to_do() {
        for refusal in [
            ChooseRefusal::NotFound,
            ChooseRefusal::Over(String::new()),
            ChooseRefusal::Over("The login is too old: connect again".into()),
            ChooseRefusal::NotReady,
            ChooseRefusal::NotOffered("urn:li:organization:1".into()),
            ChooseRefusal::Empty,
            ChooseRefusal::Platform("network: no answer".into()),
        ] {
            let payload = SocialChooseIdentitiesPayload::from(refusal);
            assert_ne!(payload.status, SocialChooseIdentitiesStatus::Connected);
            assert!(payload.message.len() > 20, "{}", payload.message);
        }
    }
}
