//! A platform's rules as data, so that shared code has no platform names in it.

use super::Billing;
use crate::domain::{Platform, Timestamp};
use chrono::Duration;

/// The rules of one platform.
#[derive(Clone, Debug)]
pub struct PlatformSpec {
    /// Which one.
    pub platform: Platform,
    /// Every scope asked for, with what it is needed for.
    pub scopes: Vec<ScopeNeed>,
    /// PKCE with S256 goes into the authorization.
    pub pkce: bool,
    /// When an access token is renewed.
    pub refresh: RefreshRule,
    /// The shortest interval between two polls of an account.
    pub min_interval: Duration,
    /// The interval of accounts for which nobody set another, where the setting for all is too short here.
    pub usual_interval: Duration,
    /// What reading costs, where it costs.
    pub billing: Option<Billing>,
    /// The platform counts calls by the UTC day and does not tell how many: so we count them.
    pub daily_calls: Option<DailyCalls>,
    /// No fetch reads more pages than this.
    pub max_pages: usize,
    /// No look-up asks for more posts than this.
    pub lookup_batch: usize,
}

/// Limits on the calls of a UTC day, as far as they are published. Those of single endpoints are learned from refusals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DailyCalls {
    /// Of the app, over all endpoints.
    pub app: Option<u32>,
    /// Of one login, over all endpoints.
    pub login: Option<u32>,
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
