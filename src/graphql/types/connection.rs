//! Connections being made.

use super::{
    SocialAccount, id,
    scope::{SocialMissingScope, missing},
};
use crate::{
    domain::{Identity, Platform, Timestamp},
    graphql::{
        fault::service,
        loader::{AccountBy, loader},
        scalar::{Id, Money, Time},
        word::{self, SocialConnectionStatus, SocialPlatform},
    },
    service::{ServiceError, costs::Forecast},
    store::sessions::Session,
};
use async_graphql::{ComplexObject, Context, Result, SimpleObject};
use std::sync::Arc;
use uuid::Uuid;

/// A connection being made, from socialStartConnection to connected accounts.
#[derive(SimpleObject)]
#[graphql(complex, rename_fields = "snake_case")]
pub struct SocialConnection {
    /// The connection's id.
    id: Id,
    /// The platform.
    platform: SocialPlatform,
    /// How far it has come.
    status: SocialConnectionStatus,
    /// A stable word for why it failed.
    code: Option<String>,
    /// Why it failed and what to do, as a sentence.
    message: Option<String>,
    /// Who logged in at the platform, once known.
    logged_in_as: Option<String>,
    /// What the login can read posts of; while `choosing`, choose from these.
    identities: Vec<SocialIdentity>,
    /// When it stops waiting for the next step.
    expires_at: Time,
    /// The account it is to connect again; null: whatever the login offers.
    reconnects_account_id: Option<Id>,
    #[graphql(skip)]
    accounts: Vec<Uuid>,
    #[graphql(skip)]
    granted_scopes: Option<Vec<String>>,
}

/// An account or page that a login can read posts of.
#[derive(SimpleObject)]
#[graphql(complex, rename_fields = "snake_case")]
pub struct SocialIdentity {
    /// The platform's id of it: what socialChooseIdentities takes.
    identity_id: String,
    /// Its name.
    name: String,
    /// Its handle without `@`, where the platform has handles.
    handle: Option<String>,
    /// Its page at the platform.
    url: Option<String>,
    /// Its picture; the platform may let the link expire.
    avatar_url: Option<String>,
    /// How much it has published a day so far, where the platform tells.
    posts_per_day: Option<f64>,
    #[graphql(skip)]
    platform: Platform,
}

#[ComplexObject(rename_fields = "snake_case")]
impl SocialIdentity {
    /// What importing its posts will cost a month if it goes on publishing so, in US dollars: each post read once. Null
    /// where the platform does not bill, or does not tell how much it publishes.
    async fn forecast_month_usd(&self, ctx: &Context<'_>) -> Result<Option<Money>> {
        Ok(self.forecast(ctx)?.map(|forecast| forecast.month.into()))
    }

    /// What is added to that at most while an integration asks for engagement: each post is looked at again, and billed
    /// again on each day (UTC) on which it is.
    async fn forecast_month_lookups_usd(&self, ctx: &Context<'_>) -> Result<Option<Money>> {
        Ok(self.forecast(ctx)?.map(|forecast| forecast.lookups_month.into()))
    }
}

impl SocialIdentity {
    fn forecast(&self, ctx: &Context<'_>) -> Result<Option<Forecast>> {
        let service = service(ctx)?;
        Ok(self.posts_per_day.and_then(|rate| service.forecast(self.platform, rate)))
    }

    fn of(platform: Platform, identity: Identity) -> Self {
        let Identity { remote_id, profile, posts_per_day, .. } = identity;
        Self {
            identity_id: remote_id,
            name: profile.name,
            handle: profile.handle,
            url: profile.url,
            avatar_url: profile.avatar_url,
            posts_per_day,
            platform,
        }
    }
}

#[ComplexObject(rename_fields = "snake_case")]
impl SocialConnection {
    /// The accounts it connected.
    #[graphql(complexity = "1 + 5 * child_complexity")]
    async fn accounts(&self, ctx: &Context<'_>) -> Result<Vec<Arc<SocialAccount>>> {
        let mut found = loader(ctx)?.load_many(self.accounts.iter().copied().map(AccountBy)).await?;
        Ok(self.accounts.iter().filter_map(|id| found.remove(&AccountBy(*id))).collect())
    }

    /// The permissions that were asked for and not granted, once that is known. A required one fails the connection.
    async fn missing_scopes(&self, ctx: &Context<'_>) -> Result<Vec<SocialMissingScope>> {
        missing(ctx, self.platform.into(), self.granted_scopes.as_deref())
    }
}

impl SocialConnection {
    /// The connection at `now`.
    ///
    /// # Errors
    /// [`ServiceError::Internal`] for a word the schema does not know.
    pub fn at(now: Timestamp, session: Session) -> Result<Self, ServiceError> {
        use SocialConnectionStatus::{Connected, Expired, Failed};
        let status = word::read("nchat_social_oauth_sessions", "status", &session.status)?;
        let is_over = matches!(status, Connected | Failed);
        let (subject_name, identities) =
            session.login.map(|login| (login.subject_name, login.identities)).unwrap_or_default();
        Ok(Self {
            id: session.id.into(),
            platform: session.platform.into(),
            status: if !is_over && session.expires_at <= now { Expired } else { status },
            code: session.code,
            message: session.message,
            logged_in_as: Some(subject_name).filter(|name| !name.is_empty()),
            identities: identities.into_iter().map(|identity| SocialIdentity::of(session.platform, identity)).collect(),
            expires_at: session.expires_at.into(),
            reconnects_account_id: id(session.wanted_account_id),
            accounts: session.account_ids,
            granted_scopes: session.granted_scopes,
        })
    }
}
