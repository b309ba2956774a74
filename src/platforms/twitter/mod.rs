//! X, formerly Twitter: API v2 with OAuth 2.0 user tokens. `docs/platforms/twitter.md` says what a maintainer must know.

mod cursor;
mod errors;
mod fetch;
mod login;
mod lookup;
mod map;
mod media;
mod oauth;
mod profile;
mod text;
mod tolerance;
mod vocabulary;
mod wire;

#[cfg(test)]
mod fake;

pub use vocabulary::Vocabulary;

use super::{
    AuthorizeRequest, Billing, CodeGrant, FetchRequest, Fetched, LoginRequest, LookedUp, LookupRequest, PlatformError,
    PlatformSpec, RefreshRule, Revocation, ScopeNeed, SocialPlatform, StorageDuty,
};
use crate::{
    config::platforms::TwitterConfig,
    domain::{Platform, Timestamp, TokenSet, account::Login},
    outbound::Outbound,
};
use chrono::Duration;
use url::Url;

/// The scopes every call here needs: `/2/users/me` and `/2/users/:id/tweets` want both reading scopes, and only
/// `offline.access` brings a refresh token.
/// `<https://docs.x.com/fundamentals/authentication/guides/v2-authentication-mapping>`
const SCOPES: [(&str, &str); 3] = [
    ("tweet.read", "reading the account's posts"),
    ("users.read", "reading the account's name and picture"),
    ("offline.access", "staying connected for longer than two hours"),
];

/// Looked at until a day after publication, a post is looked at on two UTC days.
const LOOKUP_DAYS: u32 = 2;

/// Reads posts of X accounts.
#[derive(Clone, Debug)]
pub struct Twitter {
    config: TwitterConfig,
    http: Outbound,
    spec: PlatformSpec,
    vocabulary: Vocabulary,
}

impl Twitter {
    /// A client for the app and the addresses in `config`.
    pub fn new(config: TwitterConfig, http: Outbound) -> Self {
        let spec = spec(&config);
        Self { config, http, spec, vocabulary: Vocabulary::SPOKEN }
    }

    /// The same client asking in other words: for the day X drops the ones spoken now.
    pub fn speaking(self, vocabulary: Vocabulary) -> Self {
        Self { vocabulary, ..self }
    }

    /// `/2/…` under the configured address.
    fn endpoint(&self, path: &[&str]) -> Url {
        let mut url = self.config.api_url.clone();
        // An address that cannot hold a path (`mailto:`) is refused where settings are read.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("2").extend(path);
        }
        url
    }
}

fn spec(config: &TwitterConfig) -> PlatformSpec {
    PlatformSpec {
        platform: Platform::Twitter,
        scopes: SCOPES
            .into_iter()
            .map(|(scope, feature)| ScopeNeed { scope: scope.to_owned(), required: true, feature })
            .collect(),
        offers_several: false,
        pkce: true,
        // Access tokens live two hours and every refresh rotates the refresh token: few refreshes, few chances to lose it.
        refresh: RefreshRule::RefreshToken { before_expiry: Duration::minutes(10) },
        min_interval: Duration::seconds(60),
        usual_interval: Duration::minutes(5),
        // `<https://docs.x.com/x-api/getting-started/pricing>`
        billing: Some(Billing {
            post: config.post_price,
            user: config.user_price,
            daily_budget: config.daily_budget,
            smallest_page: fetch::SMALLEST_PAGE,
            largest_page: fetch::FULL_PAGE,
            lookup_days: LOOKUP_DAYS,
        }),
        daily_calls: None,
        // A timeline is 3,200 posts deep: 32 full pages. The rest is for pages that come short.
        // `<https://docs.x.com/x-api/posts/timelines/introduction>`
        max_pages: 40,
        lookup_batch: 100,
        storage_duty: StorageDuty {
            rule: "X asks that stored posts follow X: what is deleted, edited or protected there must be so here, at the \
                   latest 24 hours after X or the author asks; once an app's access to X has ended, everything must be \
                   deleted within 10 business days",
            source: "https://docs.x.com/developer-terms/policy",
        },
    }
}

#[async_trait::async_trait]
impl SocialPlatform for Twitter {
    fn spec(&self) -> &PlatformSpec {
        &self.spec
    }

    fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Url {
        oauth::authorize_url(&self.config, request)
    }

    async fn exchange(&self, grant: &CodeGrant<'_>) -> Result<TokenSet, PlatformError> {
        oauth::exchange(&self.config, &self.http, grant).await
    }

    async fn refresh(&self, tokens: &TokenSet, now: Timestamp) -> Result<TokenSet, PlatformError> {
        oauth::refresh(&self.config, &self.http, tokens, now).await
    }

    async fn login(&self, request: &LoginRequest<'_>) -> Result<Login, PlatformError> {
        self.read_login(request).await
    }

    async fn fetch(&self, request: &FetchRequest<'_>) -> Result<Fetched, PlatformError> {
        self.read_posts(request).await
    }

    async fn lookup(&self, request: &LookupRequest<'_>) -> Result<LookedUp, PlatformError> {
        self.read_counters(request).await
    }

    async fn revoke(&self, tokens: &TokenSet) -> Result<Revocation, PlatformError> {
        oauth::revoke(&self.config, &self.http, tokens).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_is_required_and_ten_minutes_are_kept() {
        let spec = fake::client("http://127.0.0.1:9").spec;
        assert!(spec.pkce && spec.scopes.iter().all(|need| need.required));
        assert_eq!(
            spec.scopes.iter().map(|need| need.scope.as_str()).collect::<Vec<_>>(),
            SCOPES.map(|(name, _)| name)
        );
        assert_eq!(spec.refresh, RefreshRule::RefreshToken { before_expiry: Duration::minutes(10) });
        assert!(spec.max_pages * 100 >= 3200);
    }

    #[test]
    fn an_address_with_a_path_keeps_it() {
        for (base, expected) in [
            ("https://api.x.com", "https://api.x.com/2/users/me"),
            ("http://127.0.0.1:9/x/", "http://127.0.0.1:9/x/2/users/me"),
            ("http://127.0.0.1:9/x", "http://127.0.0.1:9/x/2/users/me"),
        ] {
            assert_eq!(fake::client(base).endpoint(&["users", "me"]).as_str(), expected);
        }
    }
}
