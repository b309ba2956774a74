//! Connected accounts.

use super::{
    SocialChannel, SocialCost, SocialIntegration, id,
    scope::{SocialMissingScope, missing_of_account},
    time,
};
use crate::{
    domain::{Platform, Timestamp, health::what_to_do},
    graphql::{
        fault::service,
        loader::{ChannelBy, CostOf, IntegrationsOf, loader},
        scalar::{Id, Time},
        word::{self, SocialAccountHealth, SocialPlatform},
    },
    service::{ServiceError, costs::Cost},
    store::accounts::Account,
};
use async_graphql::{ComplexObject, Context, Result, SimpleObject};
use std::sync::Arc;

/// A connected account, page or profile whose posts are imported.
#[derive(SimpleObject, Clone)]
#[graphql(complex, rename_fields = "snake_case")]
pub struct SocialAccount {
    /// The account's id here.
    id: Id,
    /// Where it is.
    platform: SocialPlatform,
    /// The platform's own id of it.
    account_id: String,
    /// Its name, as the platform shows it.
    pub account_name: String,
    /// Its handle without `@`, where the platform has handles.
    account_handle: Option<String>,
    /// Its page at the platform.
    profile_url: Option<String>,
    /// Its picture; the platform may let the link expire.
    avatar_url: Option<String>,
    /// Its posts are imported.
    pub is_active: bool,
    /// The service holds a login for it; false after it was disconnected.
    is_connected: bool,
    /// How well the connection works.
    health: SocialAccountHealth,
    /// A stable word for what is wrong; null while all is well.
    health_code: Option<String>,
    /// What is wrong and what to do, as a sentence; null while all is well.
    health_message: Option<String>,
    /// What people do about it, as a sentence; while all is well, that nothing is to be done.
    health_action: String,
    /// Since when the health is what it is.
    health_since: Option<Time>,
    /// When the login ends for good, where the platform sets such an end; otherwise when it ends unless the service
    /// renews it, which it does by itself.
    token_expires_at: Option<Time>,
    /// When it was last polled with success.
    last_poll_time: Option<Time>,
    /// When it is polled next.
    next_poll_at: Time,
    /// A stable word for why it is polled then.
    next_poll_reason: String,
    /// The platform allows no poll before this.
    hold_until: Option<Time>,
    /// A poll is under way.
    is_polling: bool,
    /// It has an interval of its own; otherwise it is the platform's.
    has_own_poll_interval: bool,
    /// The channel in which it is told that somebody must act on the account; null: where the operator chose, if at all.
    alert_channel_id: Option<Id>,
    #[graphql(skip)]
    own_interval: Option<i32>,
    /// Polls since the last entry of the import log, none of which brought anything.
    quiet_polls: i64,
    /// The administrator who connected it.
    created_by: Option<Id>,
    /// When it was first connected.
    created_at: Time,
    /// When a person's choice about it, its profile or its health last changed.
    updated_at: Time,
    #[graphql(skip)]
    granted_scopes: Vec<String>,
    #[graphql(skip)]
    login_end: Option<Timestamp>,
    #[graphql(skip)]
    is_end_told: bool,
}

#[ComplexObject(rename_fields = "snake_case")]
impl SocialAccount {
    /// The permissions asked for today that its login was not granted, with what is off for want of them: connect it
    /// again and allow them. Empty while it is disconnected.
    async fn missing_scopes(&self, ctx: &Context<'_>) -> Result<Vec<SocialMissingScope>> {
        missing_of_account(ctx, self.platform.into(), &self.granted_scopes)
    }

    /// When its login ends for good, whatever the service does: an administrator connects it again before then. Null
    /// while the service renews the login by itself, and while it is disconnected.
    async fn login_ends_at(&self, ctx: &Context<'_>) -> Result<Option<Time>> {
        let is_fixed = self.is_end_told || service(ctx)?.needs_refresh_token(self.platform.into());
        Ok(time(self.login_end.filter(|_| is_fixed)))
    }

    /// The channel in which it is told that somebody must act on the account; null when none was chosen for it, and when
    /// it is not there any more.
    async fn alert_channel(&self, ctx: &Context<'_>) -> Result<Option<Arc<SocialChannel>>> {
        let Some(Id(channel)) = self.alert_channel_id else { return Ok(None) };
        Ok(loader(ctx)?.load_one(ChannelBy(channel)).await?)
    }

    /// Which of its posts go to which channels, oldest first; at most 100.
    #[graphql(complexity = "1 + 10 * child_complexity")]
    async fn integrations(&self, ctx: &Context<'_>) -> Result<Vec<SocialIntegration>> {
        Ok(loader(ctx)?.load_one(IntegrationsOf(self.id.0)).await?.unwrap_or_default())
    }

    /// The time between two polls, in seconds. Near a limit of the platform's it is polled less often.
    async fn poll_interval_s(&self, ctx: &Context<'_>) -> Result<i64> {
        let platform = Platform::from(self.platform);
        Ok(service(ctx)?.poll_interval(platform, self.own_interval).num_seconds())
    }

    /// What reading it costs; null where the platform does not bill.
    async fn cost(&self, ctx: &Context<'_>) -> Result<Option<SocialCost>> {
        if service(ctx)?.billing(self.platform.into()).is_none() {
            return Ok(None);
        }
        let cost: Option<Cost> = loader(ctx)?.load_one(CostOf(self.id.0)).await?;
        Ok(Some(cost.unwrap_or_default().into()))
    }
}

impl SocialAccount {
    /// Switched on, yet only a person can make its polls work again.
    pub fn needs_reconnect(&self) -> bool {
        !self.is_connected || self.health == SocialAccountHealth::NeedsReconnect
    }
}

impl TryFrom<Account> for SocialAccount {
    type Error = ServiceError;

    fn try_from(row: Account) -> Result<Self, ServiceError> {
        Ok(Self {
            id: row.id.into(),
            platform: row.platform.into(),
            account_id: row.account_id,
            account_name: row.account_name,
            account_handle: row.account_handle,
            profile_url: row.profile_url,
            avatar_url: row.avatar_url,
            is_active: row.is_active,
            is_connected: row.credential_id.is_some(),
            health_action: what_to_do(&row.health, row.health_code.as_deref()).to_owned(),
            health: word::read("nchat_social_accounts", "health", &row.health)?,
            health_code: row.health_code,
            health_message: row.health_message,
            health_since: time(row.health_since),
            token_expires_at: time(row.token_expires_at),
            last_poll_time: time(row.last_poll_time),
            next_poll_at: row.next_poll_at.into(),
            next_poll_reason: row.next_poll_reason,
            hold_until: time(row.hold_until),
            is_polling: row.is_polling,
            has_own_poll_interval: row.poll_interval_s.is_some(),
            alert_channel_id: id(row.alert_channel_id),
            own_interval: row.poll_interval_s,
            quiet_polls: row.quiet_polls,
            created_by: id(row.created_by),
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
            granted_scopes: row.granted_scopes,
            login_end: row.login_ends_at,
            is_end_told: row.is_end_told,
        })
    }
}
