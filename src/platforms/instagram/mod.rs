//! Instagram professional accounts, through either of the two logins by which Meta lets an app read them.
//! `<https://developers.facebook.com/docs/instagram-platform/overview>`
//!
//! | file | what |
//! |---|---|
//! | `flavour` `token` | the logins' words as data; which login a token is of |
//! | `oauth` `me` | Instagram Login: authorize address, code → long-lived token, renewal; who logged in |
//! | `facebook/` | Facebook Login: the same through Facebook, accounts by way of Pages |
//! | `signed_request` | Meta's callbacks about a person |
//! | `fetch` `ask` `window` | one reading: pages, what is asked for, what is known already |
//! | `lookup` | counters of known posts |
//! | `wire` `map` `caption` | their JSON → our post |
//! | `graph` `proof` `errors` `usage` | addresses, signatures, refusals, limits |

mod ask;
mod caption;
mod errors;
mod facebook;
mod fetch;
mod flavour;
mod graph;
mod lookup;
mod map;
mod me;
mod oauth;
mod proof;
mod signed_request;
mod token;
mod usage;
mod window;
mod wire;

#[cfg(test)]
mod tests;

use super::{
    AuthorizeRequest, CodeGrant, FetchRequest, Fetched, LoginRequest, LookedUp, LookupRequest, PlatformError,
    PlatformSpec, RefreshRule, Revocation, ScopeNeed, SignedRequest, SignedRequestProblem, SocialPlatform, StorageDuty,
};
use crate::{
    config::{InstagramConfig, InstagramLogin, InstagramLoginConfig},
    domain::{Identity, Platform, Timestamp, TokenSet, account::Login},
    outbound::Outbound,
};
use chrono::Duration;
use facebook::Facebook;
use flavour::INSTAGRAM;
use graph::Graph;
use secrecy::SecretString;
use std::collections::HashMap;
use token::Kind;
use url::Url;

/// No reading asks for more pages than this: 25 posts and then 39 times 100.
const MAX_PAGES: usize = 40;

/// The client of both logins. Keeps no state between calls.
#[derive(Clone, Debug)]
pub struct Instagram {
    spec: PlatformSpec,
    way: Way,
    /// Reads the accounts that were connected through Instagram Login.
    graph: Graph,
    /// Reads the accounts that were connected through Facebook Login, where its app is set.
    facebook: Option<Facebook>,
    /// Any of them may have signed a callback.
    app_secrets: Vec<SecretString>,
}

/// Through which login accounts are connected from now on.
#[derive(Clone, Debug)]
enum Way {
    Instagram(InstagramLoginConfig),
    Facebook(Facebook),
}

impl Instagram {
    /// A client for the apps and the addresses of `config`.
    pub fn new(config: InstagramConfig, http: Outbound) -> Self {
        let (way, scopes) = match config.login {
            InstagramLogin::Instagram(app) => (Way::Instagram(app), instagram_scopes()),
            InstagramLogin::Facebook(app) => (Way::Facebook(Facebook::new(app, http.clone())), facebook::scopes()),
        };
        Self {
            spec: spec(scopes, matches!(way, Way::Facebook(_))),
            way,
            graph: Graph::new(http.clone(), config.graph_url, &INSTAGRAM, None),
            facebook: config.facebook.map(|app| Facebook::new(app, http)),
            app_secrets: config.app_secrets,
        }
    }

    /// Where an account connected through Facebook Login is read.
    fn facebook(&self) -> Result<&Facebook, PlatformError> {
        self.facebook.as_ref().ok_or_else(|| PlatformError::AppRejected {
            detail: "this account was connected through Facebook Login, whose app is not set any more: set \
                     FACEBOOK_APP_ID and FACEBOOK_APP_SECRET again, or reconnect the account through Instagram Login"
                .to_owned(),
        })
    }

    /// Where an account is read with the token that is kept for it, which of its names is used there, and the token's
    /// text.
    fn door<'a>(
        &'a self,
        kept: &SecretString,
        remote_id: &'a str,
    ) -> Result<(&'a Graph, &'a str, SecretString), PlatformError> {
        let (kind, text) = token::read(kept);
        Ok(match kind {
            Kind::Instagram => (&self.graph, "me", text),
            Kind::FacebookUser | Kind::FacebookPage => (self.facebook()?.graph(), remote_id, text),
        })
    }
}

fn instagram_scopes() -> Vec<ScopeNeed> {
    let scope = INSTAGRAM.read_scope.to_owned();
    vec![ScopeNeed { scope, required: true, feature: "reading the account's profile and posts" }]
}

/// A token of either login lives 60 days. Instagram's renews itself once it is a day old
/// (`<https://developers.facebook.com/docs/instagram-platform/reference/refresh_access_token>`); Facebook exchanges a
/// living one for another, which may end no later. A Page's token has no end, so it never is due.
fn spec(scopes: Vec<ScopeNeed>, offers_several: bool) -> PlatformSpec {
    PlatformSpec {
        platform: Platform::Instagram,
        scopes,
        offers_several,
        pkce: false,
        refresh: RefreshRule::Renew {
            min_age: Duration::hours(24),
            before_expiry: Duration::days(30),
            retry_every: Duration::hours(24),
        },
        min_interval: Duration::seconds(60),
        usual_interval: Duration::minutes(5),
        billing: None,
        daily_calls: None,
        max_pages: MAX_PAGES,
        lookup_batch: 25,
        storage_duty: StorageDuty {
            rule: "Meta asks that posts and profiles are deleted as soon as they are no longer needed, and when the \
                   account's owner or Meta asks for it",
            source: "https://developers.facebook.com/terms/",
        },
    }
}

#[async_trait::async_trait]
impl SocialPlatform for Instagram {
    fn spec(&self) -> &PlatformSpec {
        &self.spec
    }

    fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Url {
        match &self.way {
            Way::Instagram(app) => oauth::authorize_url(app, request),
            Way::Facebook(facebook) => facebook.authorize_url(request),
        }
    }

    async fn exchange(&self, grant: &CodeGrant<'_>) -> Result<TokenSet, PlatformError> {
        match &self.way {
            Way::Instagram(app) => oauth::exchange(app, &self.graph, grant).await,
            Way::Facebook(facebook) => facebook.exchange(grant).await,
        }
    }

    async fn refresh(&self, tokens: &TokenSet, now: Timestamp) -> Result<TokenSet, PlatformError> {
        let (kind, text) = token::read(&tokens.access_token);
        match kind {
            Kind::Instagram => oauth::refresh(&self.graph, tokens, now).await,
            Kind::FacebookUser => match self.facebook()?.refresh(&text, now).await {
                Err(PlatformError::TokenRejected { detail }) => Err(PlatformError::Revoked { detail }),
                answer => answer,
            },
            Kind::FacebookPage => {
                let detail = "the Facebook Page's token is not accepted any more, and such tokens cannot be renewed";
                Err(PlatformError::Revoked { detail: detail.to_owned() })
            }
        }
    }

    async fn login(&self, request: &LoginRequest<'_>) -> Result<Login, PlatformError> {
        let (kind, text) = token::read(request.access_token);
        match kind {
            Kind::Instagram => me::login(&self.graph, &text).await,
            Kind::FacebookUser | Kind::FacebookPage => self.facebook()?.login(&text).await,
        }
    }

    async fn identity_tokens(
        &self,
        login: &TokenSet,
        chosen: &[Identity],
        _now: Timestamp,
    ) -> Result<HashMap<String, TokenSet>, PlatformError> {
        match token::read(&login.access_token) {
            (Kind::FacebookUser, text) => self.facebook()?.page_tokens(&text, login, chosen).await,
            _ => Ok(HashMap::new()),
        }
    }

    async fn fetch(&self, request: &FetchRequest<'_>) -> Result<Fetched, PlatformError> {
        let (graph, node, text) = self.door(request.access_token, request.remote_id)?;
        fetch::fetch(graph, node, &FetchRequest { access_token: &text, ..*request }).await
    }

    async fn lookup(&self, request: &LookupRequest<'_>) -> Result<LookedUp, PlatformError> {
        let (graph, node, text) = self.door(request.access_token, request.remote_id)?;
        lookup::lookup(graph, node, &LookupRequest { access_token: &text, ..*request }).await
    }

    /// Instagram documents no call that ends a grant; Facebook's would end it for every account of the person, those
    /// that stay connected included. So the person does it.
    async fn revoke(&self, tokens: &TokenSet) -> Result<Revocation, PlatformError> {
        let where_to = match token::read(&tokens.access_token).0 {
            Kind::Instagram => {
                "instagram.com → Settings → Website permissions → Apps and websites → Active: remove the app"
            }
            Kind::FacebookUser | Kind::FacebookPage => {
                "facebook.com → Settings & privacy → Settings → Business integrations: remove the app (this ends every \
                 account connected through it)"
            }
        };
        Ok(Revocation::ByPerson { where_to })
    }

    fn signed_request(&self, text: &str) -> Result<SignedRequest, SignedRequestProblem> {
        signed_request::check(&self.app_secrets, text)
    }
}
