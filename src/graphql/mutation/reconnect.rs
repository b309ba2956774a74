//! Connecting an account again.

use crate::{
    graphql::{
        access::{admin, admin_only},
        fault::{OrFault, service},
        scalar::{Id, Time},
    },
    service::connect::{Goal, StartRefusal, Started},
};
use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};

/// Mutations that connect accounts again.
#[derive(Default)]
pub struct Reconnecting;

#[Object(rename_args = "snake_case", guard = "admin_only")]
impl Reconnecting {
    /// Begins connecting an account again: open `url` in the administrator's browser, then watch socialConnection. The
    /// login must be of the same account, whose integrations, history and place in the posts are kept; with any other
    /// nothing is changed.
    async fn social_reconnect_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to connect again.")] input: SocialReconnectAccountInput,
    ) -> Result<SocialReconnectAccountPayload> {
        let goal = Goal::Reconnect { account: input.account_id.0, at: None };
        let started = service(ctx)?.start_connection(admin(ctx)?, goal, input.return_path.as_deref()).await;
        Ok(started.or_fault(ctx)?.into())
    }
}

/// What to connect again.
#[derive(InputObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialReconnectAccountInput {
    /// The account's id here.
    account_id: Id,
    /// The path of nchat where the browser ends, such as `/admin/social`, which it is when not given.
    return_path: Option<String>,
}

/// A connection that was begun, or why it was not.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialReconnectAccountPayload {
    /// How it went.
    status: SocialReconnectAccountStatus,
    /// The same for people: what to do next.
    message: String,
    /// For socialConnection.
    connection_id: Option<Id>,
    /// The address for the administrator's browser; works once.
    url: Option<String>,
    /// When the address stops working.
    expires_at: Option<Time>,
}

/// How beginning to connect again went.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
enum SocialReconnectAccountStatus {
    /// Open `url`.
    Started,
    /// There is no such account in this workspace.
    NotFound,
    /// The operator must set the platform's credentials first.
    NotConfigured,
    /// `return_path` is not one of nchat.
    Invalid,
}

impl From<Result<Started, StartRefusal>> for SocialReconnectAccountPayload {
    fn from(started: Result<Started, StartRefusal>) -> Self {
        use SocialReconnectAccountStatus::{Invalid, NotConfigured, NotFound};
        let (status, message) = match started {
            Ok(started) => {
                let name = started.platform.brand().name;
                let account = started.account.unwrap_or_default();
                return Self {
                    status: SocialReconnectAccountStatus::Started,
                    message: format!(
                        "Open the address within ten minutes, log in at {name} as {account} and allow the access."
                    ),
                    connection_id: Some(started.connection_id.into()),
                    url: Some(started.url),
                    expires_at: Some(started.expires_at.into()),
                };
            }
            Err(StartRefusal::NoAccount) => (NotFound, "There is no such account in this workspace."),
            Err(StartRefusal::NotConfigured) => (
                NotConfigured,
                "The account's platform is not set up: the operator of this service must give it the credentials of \
                 an app there.",
            ),
            Err(StartRefusal::BadReturnPath | StartRefusal::BadTicket) => {
                (Invalid, "return_path must be a plain path of nchat, such as /admin/social.")
            }
        };
        Self { status, message: message.into(), connection_id: None, url: None, expires_at: None }
    }
}
