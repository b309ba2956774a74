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
    /// One login can open several accounts, from which the administrator chooses.
    pub offers_several: bool,
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
    /// What the platform's terms ask of whoever keeps its posts.
    pub storage_duty: StorageDuty,
}

impl PlatformSpec {
    /// The scopes asked for that are not among those `granted`.
    pub fn missing_scopes<'a>(&'a self, granted: &'a [String]) -> impl Iterator<Item = &'a ScopeNeed> {
        self.scopes.iter().filter(move |need| !granted.contains(&need.scope))
    }
}

/// What the platform's terms ask of whoever keeps its posts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageDuty {
    /// The duty, as a sentence for administrators.
    pub rule: &'static str,
    /// Where the platform says so.
    pub source: &'static str,
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
    /// With the refresh token, once no more than this is left of the access token. A renewal that failed is tried again
    /// after growing pauses.
    RefreshToken { before_expiry: Duration },
    /// The access token renews itself: no earlier than `min_age` after it was obtained, once `before_expiry` or less is
    /// left, and never after it has ended. A renewal that failed is tried again after `retry_every`.
    Renew { min_age: Duration, before_expiry: Duration, retry_every: Duration },
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
        // A Facebook Page's, for one: there is nothing to win.
        let Some(expires_at) = expires_at else { return false };
        // Half of its life at most: a token granted for less time than usual is not renewed at every poll.
        let half = ((expires_at - obtained_at) / 2).max(Duration::zero());
        let is_near = |before_expiry: Duration| now >= expires_at - before_expiry.min(half);
        match self {
            Self::RefreshToken { before_expiry } => has_refresh_token && is_near(before_expiry),
            Self::Renew { min_age, before_expiry, .. } => {
                now >= obtained_at + min_age && is_near(before_expiry) && now < expires_at
            }
        }
    }

    /// Whether a token that was rejected before its time can be renewed at all.
    pub fn can_renew(
        self,
        now: Timestamp,
        obtained_at: Timestamp,
        expires_at: Option<Timestamp>,
        has_refresh_token: bool,
    ) -> bool {
        match self {
            Self::RefreshToken { .. } => has_refresh_token,
            Self::Renew { min_age, .. } => now >= obtained_at + min_age && expires_at.is_none_or(|end| now < end),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: RefreshRule = RefreshRule::RefreshToken { before_expiry: Duration::minutes(10) };
    const INSTAGRAM: RefreshRule = RefreshRule::Renew {
        min_age: Duration::hours(24),
        before_expiry: Duration::days(30),
        retry_every: Duration::hours(24),
    };

    #[test]
    fn a_token_is_due_when_its_rule_says_so() {
        let start: Timestamp = "2026-11-22T12:00:00Z".parse().expect("a time");
        let (two_hours, sixty_days, day) = (Duration::hours(2), Duration::days(60), Duration::days(1));
        let linkedin = RefreshRule::RefreshToken { before_expiry: Duration::days(7) };
        // rule, its token's life, refresh token, age, due
        for (rule, life, has_refresh_token, age, due) in [
            (X, two_hours, true, Duration::minutes(109), false),
            (X, two_hours, true, Duration::minutes(110), true),
            (X, two_hours, true, Duration::days(3), true),
            (X, two_hours, false, Duration::minutes(115), false),
            // Granted for eight minutes: from half of them on, not always.
            (X, Duration::minutes(8), true, Duration::minutes(3), false),
            (X, Duration::minutes(8), true, Duration::minutes(4), true),
            (INSTAGRAM, sixty_days, false, Duration::days(29), false),
            (INSTAGRAM, sixty_days, false, Duration::days(30), true),
            (INSTAGRAM, sixty_days, false, Duration::days(60), false),
            (INSTAGRAM, day * 2, false, Duration::hours(23), false),
            (INSTAGRAM, day * 2, false, Duration::hours(24), true),
            (linkedin, sixty_days, true, Duration::days(52), false),
            (linkedin, sixty_days, true, Duration::days(53), true),
            // The last days of a year that no renewal prolongs.
            (linkedin, day * 2, true, Duration::hours(1), false),
        ] {
            let is_due = rule.is_due(start + age, start, Some(start + life), has_refresh_token);
            assert_eq!(is_due, due, "{rule:?}, life {life}, age {age}");
        }
        assert!(!X.is_due(start, start, None, true), "a token without an end is never due");
    }

    #[test]
    fn a_rejected_token_is_renewed_where_there_is_a_way() {
        let start: Timestamp = "2026-11-22T12:00:00Z".parse().expect("a time");
        let end = Some(start + Duration::days(60));
        let at = |rule: RefreshRule, days, has| rule.can_renew(start + Duration::days(days), start, end, has);
        assert!(at(X, 0, true) && !at(X, 0, false) && at(X, 90, true));
        assert!(!at(INSTAGRAM, 0, false) && at(INSTAGRAM, 1, false) && !at(INSTAGRAM, 60, false));
    }
}
