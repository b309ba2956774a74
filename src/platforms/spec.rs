//! A platform's rules as data, so that shared code has no platform names in it.

use crate::domain::{Platform, Timestamp};
use chrono::Duration;

/// The rules of one platform.
#[derive(Clone, Debug)]
pub struct PlatformSpec {
    /// Which one.
    pub platform: Platform,
    /// Every scope asked for, with what it is needed for.
    pub scopes: Vec<ScopeNeed>,
    /// One login can open several accounts, from which the administrator chooses.
    pub offers_several: bool,
    /// PKCE with S256 goes into the authorization.
    pub pkce: bool,
    /// When an access token is renewed.
    pub refresh: RefreshRule,
    /// The shortest interval between two polls of an account.
    pub min_interval: Duration,
    /// No fetch reads more pages than this.
    pub max_pages: usize,
    /// No look-up asks for more posts than this.
    pub lookup_batch: usize,
    /// What ending a grant ends.
    pub revocation: RevocationReach,
    /// What the platform's terms ask of whoever keeps its posts.
    pub storage_duty: StorageDuty,
}

impl PlatformSpec {
    /// The scopes asked for that are not among those `granted`.
    pub fn missing_scopes<'a>(&'a self, granted: &'a [String]) -> impl Iterator<Item = &'a ScopeNeed> {
        self.scopes.iter().filter(move |need| !granted.contains(&need.scope))
    }
}

/// What [`SocialPlatform::revoke`](super::SocialPlatform::revoke) ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevocationReach {
    /// The tokens it is given, and no others.
    Tokens,
    /// All that the person has ever granted to the app, the tokens of other accounts and workspaces among it.
    Grant,
}

/// What the platform's terms ask of whoever keeps its posts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageDuty {
    /// The duty, as a sentence for administrators.
    pub rule: &'static str,
    /// Where the platform says so.
    pub source: &'static str,
}

/// A scope and its purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeNeed {
    /// The platform's name of the scope.
    pub scope: String,
    /// Without it nothing can be imported; otherwise only `feature` is off.
    pub required: bool,
    /// What it is for, in words an administrator understands.
    pub feature: &'static str,
}

/// When an access token is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshRule {
    /// With the refresh token, once no more than this is left of the access token.
    RefreshToken { before_expiry: Duration },
    /// The access token renews itself: no earlier than `min_age` after it was obtained, once `before_expiry` or less is
    /// left, and never after it has ended.
    Renew { min_age: Duration, before_expiry: Duration },
}

impl RefreshRule {
    /// Whether a token obtained at `obtained_at` and ending at `expires_at` is due for renewal.
    pub fn is_due(
        self,
        now: Timestamp,
        obtained_at: Timestamp,
        expires_at: Option<Timestamp>,
        has_refresh_token: bool,
    ) -> bool {
        let Some(expires_at) = expires_at else { return false };
        match self {
            Self::RefreshToken { before_expiry } => has_refresh_token && now >= expires_at - before_expiry,
            Self::Renew { min_age, before_expiry } => {
                now >= obtained_at + min_age && now >= expires_at - before_expiry && now < expires_at
            }
        }
    }
}
