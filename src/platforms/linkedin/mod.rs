//! LinkedIn: the posts of company pages, read by a member with a role on them. A member's own posts cannot be read by
//! new apps. What a maintainer must know is in docs/platforms/linkedin.md.

mod api;
mod content;
mod counts;
mod errors;
mod fetch;
mod little;
mod login;
mod map;
mod media;
mod memory;
mod oauth;
mod restli;
mod version;
mod wire;

#[cfg(any(test, fuzzing))]
pub mod fuzzing;
#[cfg(test)]
mod tests;

use super::{
    AuthorizeRequest, CodeGrant, DailyCalls, FetchRequest, Fetched, LoginRequest, LookedUp, LookupRequest,
    PlatformError, PlatformSpec, RefreshRule, Revocation, ScopeNeed, SocialPlatform, StorageDuty,
};
use crate::{
    config::{LinkedinConfig, platforms::LinkedinTier},
    domain::{Platform, Timestamp, TokenSet, account::Login},
    outbound::Outbound,
};
use api::Api;
use std::time::Duration;
use url::Url;

/// The scope that shows reactions and comments; optional, since apps of the Advertising API do not get it.
const COUNTERS_SCOPE: &str = "r_organization_social_feed";
/// After a backlog: 20 posts and then 39 times 100.
const MAX_PAGES: usize = 40;
/// Three waits of this, each longer by it, are some twelve seconds.
const RACE_DELAY: Duration = Duration::from_secs(2);

/// The LinkedIn client.
#[derive(Clone, Debug)]
pub struct Linkedin {
    config: LinkedinConfig,
    http: Outbound,
    spec: PlatformSpec,
    /// Waited before a token that is seconds old is tried again.
    race_delay: Duration,
}

impl Linkedin {
    /// A client of the app in `config`.
    pub fn new(config: LinkedinConfig, http: Outbound) -> Self {
        let spec = spec(&config);
        Self { config, http, spec, race_delay: RACE_DELAY }
    }
}

fn spec(config: &LinkedinConfig) -> PlatformSpec {
    // `<https://learn.microsoft.com/linkedin/marketing/increasing-access>`: 100 calls a day for a member do not last for
    // polls every few minutes.
    let development = config.tier == LinkedinTier::Development;
    let minutes = |minutes| chrono::Duration::minutes(minutes);
    PlatformSpec {
        platform: Platform::Linkedin,
        scopes: config.scopes.iter().map(|scope| need(scope)).collect(),
        offers_several: true,
        pkce: false,
        // Access tokens live 60 days.
        refresh: RefreshRule::RefreshToken { before_expiry: chrono::Duration::days(7) },
        min_interval: if development { minutes(15) } else { minutes(5) },
        usual_interval: if development { minutes(20) } else { minutes(5) },
        billing: None,
        daily_calls: Some(if development {
            DailyCalls { app: Some(500), login: Some(100) }
        } else {
            DailyCalls::default()
        }),
        max_pages: MAX_PAGES,
        lookup_batch: counts::BATCH,
        storage_duty: StorageDuty {
            rule: "LinkedIn lets a page's posts and their counts be kept for six months at most while the page is \
                   connected, six weeks otherwise; what is no longer needed must be deleted within 10 days, and at once \
                   on request or when the access ends",
            source: "https://learn.microsoft.com/linkedin/marketing/data-storage-requirements",
        },
    }
}

/// `<https://learn.microsoft.com/linkedin/marketing/increasing-access>` lists which product gives which scope.
fn need(scope: &str) -> ScopeNeed {
    let (required, feature) = match scope {
        "r_organization_social" => (true, "reading the page's posts"),
        "rw_organization_admin" | "r_organization_admin" => (true, "finding the pages the member administers"),
        "r_basicprofile" | "openid" | "profile" => (false, "the name of the member who connects"),
        COUNTERS_SCOPE => (false, "counting reactions and comments"),
        _ => (false, "asked for by LINKEDIN_SCOPES"),
    };
    ScopeNeed { scope: scope.to_owned(), required, feature }
}

#[async_trait::async_trait]
impl SocialPlatform for Linkedin {
    fn spec(&self) -> &PlatformSpec {
        &self.spec
    }

    fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Url {
        oauth::authorize_url(&self.config, request)
    }

    async fn exchange(&self, grant: &CodeGrant<'_>) -> Result<TokenSet, PlatformError> {
        oauth::exchange(&self.http, &self.config, grant).await
    }

    async fn refresh(&self, tokens: &TokenSet, now: Timestamp) -> Result<TokenSet, PlatformError> {
        oauth::refresh(&self.http, &self.config, tokens, now).await
    }

    async fn login(&self, request: &LoginRequest<'_>) -> Result<Login, PlatformError> {
        let api = Api::new(&self.http, &self.config, request.access_token, request.now, request.meter);
        login::read(&api, self.race_delay).await
    }

    async fn fetch(&self, request: &FetchRequest<'_>) -> Result<Fetched, PlatformError> {
        let api = Api::new(&self.http, &self.config, request.access_token, request.now, request.meter);
        fetch::read(&api, request).await
    }

    async fn lookup(&self, request: &LookupRequest<'_>) -> Result<LookedUp, PlatformError> {
        let api = Api::new(&self.http, &self.config, request.access_token, request.now, request.meter);
        if fetch::counters_asked(&api) {
            counts::look_up(&api, request.post_ids).await
        } else {
            Ok(LookedUp::default())
        }
    }

    /// LinkedIn documents no call that ends a grant.
    async fn revoke(&self, _: &TokenSet) -> Result<Revocation, PlatformError> {
        Ok(Revocation::ByPerson {
            where_to: "https://www.linkedin.com/mypreferences/d/data-sharing-for-permitted-services",
        })
    }
}
