//! Instagram professional accounts through the Instagram API with Instagram Login.
//! `<https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login>`
//!
//! | file | what |
//! |---|---|
//! | `oauth` | authorize address, code → long-lived token, renewal |
//! | `me` | who logged in |
//! | `fetch` `ask` `window` | one reading: pages, what is asked for, what is known already |
//! | `wire` `map` `caption` | their JSON → our post |
//! | `graph` `errors` `usage` | addresses, refusals, limits |

mod ask;
mod caption;
mod errors;
mod fetch;
mod graph;
mod map;
mod me;
mod oauth;
mod usage;
mod window;
mod wire;

#[cfg(test)]
mod tests;

use super::{
    AuthorizeRequest, CodeGrant, FetchRequest, Fetched, LoginRequest, PlatformError, PlatformSpec, RefreshRule,
    Revocation, ScopeNeed, SocialPlatform,
};
use crate::{
    config::InstagramConfig,
    domain::{Platform, Timestamp, TokenSet, account::Login},
    outbound::Outbound,
};
use chrono::Duration;
use graph::Graph;
use url::Url;

/// The one permission that reading an account's own posts needs.
const READ_SCOPE: &str = "instagram_business_basic";

/// No reading asks for more pages than this.
const MAX_PAGES: usize = 8;

/// The client of the Instagram API with Instagram Login. Keeps no state between calls.
#[derive(Clone, Debug)]
pub struct Instagram {
    config: InstagramConfig,
    graph: Graph,
    spec: PlatformSpec,
}

impl Instagram {
    /// A client for the app and the addresses of `config`.
    pub fn new(config: InstagramConfig, http: Outbound) -> Self {
        let graph = Graph::new(http, config.graph_url.clone());
        Self { config, graph, spec: spec() }
    }
}

/// A token lives 60 days and renews itself once it is a day old:
/// `<https://developers.facebook.com/docs/instagram-platform/reference/refresh_access_token>`.
fn spec() -> PlatformSpec {
    PlatformSpec {
        platform: Platform::Instagram,
        scopes: vec![ScopeNeed {
            scope: READ_SCOPE.to_owned(),
            required: true,
            feature: "reading the account's profile and posts",
        }],
        pkce: false,
        refresh: RefreshRule::Renew { min_age: Duration::hours(24), before_expiry: Duration::days(30) },
        min_interval: Duration::seconds(60),
        usual_interval: Duration::minutes(5),
        billing: None,
        daily_calls: None,
        max_pages: MAX_PAGES,
        lookup_batch: 50,
    }
}

#[async_trait::async_trait]
impl SocialPlatform for Instagram {
    fn spec(&self) -> &PlatformSpec {
        &self.spec
    }

    fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Url {
        oauth::authorize_url(&self.config, request)
    }

    async fn exchange(&self, grant: &CodeGrant<'_>) -> Result<TokenSet, PlatformError> {
        oauth::exchange(&self.config, &self.graph, grant).await
    }

    async fn refresh(&self, tokens: &TokenSet, now: Timestamp) -> Result<TokenSet, PlatformError> {
        oauth::refresh(&self.graph, tokens, now).await
    }

    async fn login(&self, request: &LoginRequest<'_>) -> Result<Login, PlatformError> {
        me::login(&self.graph, request.access_token).await
    }

    async fn fetch(&self, request: &FetchRequest<'_>) -> Result<Fetched, PlatformError> {
        fetch::fetch(&self.graph, request).await
    }

    /// No documented call ends the grant on this host, so the person does it.
    async fn revoke(&self, _tokens: &TokenSet) -> Result<Revocation, PlatformError> {
        Ok(Revocation::ByPerson {
            where_to: "instagram.com → Settings → Website permissions → Apps and websites → Active: remove the app",
        })
    }
}
