//! Floor 1: one folder for each platform, one trait before them. Nothing above this floor knows a platform by name.

mod configured;
pub mod error;
pub mod fetch;
pub mod instagram;
pub mod linkedin;
pub mod lookup;
pub mod meter;
pub mod oauth;
pub mod signed_request;
pub mod spec;
pub mod twitter;

pub use error::{LimitScope, PlatformError};
pub use fetch::{FetchRequest, Fetched, Skipped, Want};
pub use lookup::{LookedUp, LookupRequest};
pub use meter::{Billed, BilledKind, Billing, Granted, Meter, Reads, UsedUp};
pub use oauth::{AuthorizeRequest, CodeGrant, LoginRequest, Revocation};
pub use signed_request::{SignedRequest, SignedRequestProblem};
pub use spec::{DailyCalls, PlatformSpec, RefreshRule, ScopeNeed, StorageDuty};

use crate::domain::{Identity, Platform, Timestamp, TokenSet, account::Login};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use url::Url;

/// What the service needs of a platform. Implementations keep no state between calls.
#[async_trait::async_trait]
pub trait SocialPlatform: Send + Sync + 'static {
    /// The platform's rules as data.
    fn spec(&self) -> &PlatformSpec;

    /// Where the administrator's browser goes to allow the connection.
    fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Url;

    /// Exchanges the code of the callback for the tokens to keep (where a platform hands out a short-lived token
    /// first, its exchange for the long-lived one is part of this).
    async fn exchange(&self, grant: &CodeGrant<'_>) -> Result<TokenSet, PlatformError>;

    /// Gets a fresh access token. A refresh token in the answer replaces the old one; `None` keeps it.
    async fn refresh(&self, tokens: &TokenSet, now: Timestamp) -> Result<TokenSet, PlatformError>;

    /// Who logged in and what posts can be read with the token.
    async fn login(&self, request: &LoginRequest<'_>) -> Result<Login, PlatformError>;

    /// Tokens of their own, by `remote_id`, for those of the `chosen` identities that this platform reads with one
    /// (Facebook pages). What is not in the answer is read with the login's tokens.
    async fn identity_tokens(
        &self,
        _login: &TokenSet,
        _chosen: &[Identity],
        _now: Timestamp,
    ) -> Result<HashMap<String, TokenSet>, PlatformError> {
        Ok(HashMap::new())
    }

    /// Reads the present counters of known posts, at most `spec().lookup_batch` of them.
    async fn lookup(&self, request: &LookupRequest<'_>) -> Result<LookedUp, PlatformError>;

    /// Reads posts. Makes as many requests as paging needs; never more than `spec().max_pages`.
    async fn fetch(&self, request: &FetchRequest<'_>) -> Result<Fetched, PlatformError>;

    /// Ends the grant of these tokens at the platform, where it can do so without ending those of other accounts.
    async fn revoke(&self, tokens: &TokenSet) -> Result<Revocation, PlatformError>;

    /// Checks what the platform signed and sent to a callback about a person.
    fn signed_request(&self, _text: &str) -> Result<SignedRequest, SignedRequestProblem> {
        Err(SignedRequestProblem::NotOffered)
    }
}

/// The platforms that are configured.
#[derive(Clone, Default)]
pub struct Platforms(BTreeMap<Platform, Arc<dyn SocialPlatform>>);

impl Platforms {
    /// Adds or replaces a platform.
    pub fn insert(&mut self, client: Arc<dyn SocialPlatform>) {
        self.0.insert(client.spec().platform, client);
    }

    /// The client of `platform`, if it is configured.
    pub fn get(&self, platform: Platform) -> Option<&Arc<dyn SocialPlatform>> {
        self.0.get(&platform)
    }

    /// Every configured client.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn SocialPlatform>> {
        self.0.values()
    }
}
