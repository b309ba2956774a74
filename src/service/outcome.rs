//! What a platform's refusal means for an account: who must act, and when it is polled again. Pure.

use super::renewal::CONFIRM_AFTER;
use crate::{
    domain::{Timestamp, schedule::backoff},
    platforms::{LimitScope, PlatformError},
};
use chrono::Duration;

/// How a failed poll ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The account's health; `connected` leaves it as it was.
    pub health: &'static str,
    /// A stable word.
    pub code: &'static str,
    /// What an administrator reads.
    pub message: String,
    /// When the next poll is due.
    pub next_poll_at: Timestamp,
    /// Not before this, not even on request.
    pub hold_until: Option<Timestamp>,
    /// It counts towards the back-off.
    pub counts: bool,
    /// The whole platform waits until this.
    pub hold_platform: Option<Timestamp>,
}

/// A passing fault shows in the account's health after so many in a row.
const DEGRADED_AFTER: i32 = 3;

/// Decides what `error` means after `failures` failed polls in a row. `confirmed`: the platform has said so before, a
/// while ago. `fraction` is a throw of the dice.
pub fn settle(error: &PlatformError, confirmed: bool, failures: i32, now: Timestamp, fraction: f64) -> Settled {
    let pause = backoff(u32::try_from(failures).unwrap_or(0) + 1, fraction);
    let passing = Settled {
        health: if failures + 1 >= DEGRADED_AFTER { "degraded" } else { "connected" },
        code: error.code(),
        message: error.to_string(),
        next_poll_at: now + pause,
        hold_until: None,
        counts: true,
        hold_platform: None,
    };
    // Spread the accounts that a limit stopped over the minute after it ends.
    let spread = Duration::milliseconds((fraction * 60_000.0) as i64);
    match error {
        PlatformError::RateLimited { scope, until, .. } => {
            let until = until.map_or(now + pause, |until| until.max(now) + spread);
            Settled {
                health: "connected",
                message: format!("{error}; the next poll is when the platform allows it"),
                next_poll_at: until,
                hold_until: Some(until),
                counts: true,
                hold_platform: (*scope == LimitScope::App).then_some(until),
                ..passing
            }
        }
        PlatformError::UsageCapped { until, .. } => {
            let until = until.unwrap_or(now + Duration::hours(1)).max(now) + spread;
            Settled {
                health: "paused",
                message: format!("{error}; raise the budget at the platform, or wait"),
                next_poll_at: until,
                hold_until: Some(until),
                counts: false,
                hold_platform: Some(until),
                ..passing
            }
        }
        // Two refusals with a pause between them before a person is asked: a single one may be the platform's slip.
        PlatformError::TokenRejected { .. } | PlatformError::Revoked { .. } | PlatformError::MissingScope { .. } => {
            if confirmed {
                Settled {
                    health: "needs_reconnect",
                    message: format!("{error}; reconnect the account"),
                    next_poll_at: now + Duration::days(1),
                    ..passing
                }
            } else {
                Settled { health: "degraded", next_poll_at: now + CONFIRM_AFTER, ..passing }
            }
        }
        PlatformError::AppRejected { .. } => Settled {
            health: "paused",
            message: format!("{error}; the operator must check this service's settings, no account needs reconnecting"),
            next_poll_at: now + pause.max(Duration::minutes(15)),
            counts: false,
            ..passing
        },
        PlatformError::Gone { .. } | PlatformError::Refused { .. } => Settled {
            health: "paused",
            message: format!("{error}; it is looked at again once a day"),
            next_poll_at: now + Duration::days(1) + spread,
            ..passing
        },
        PlatformError::Upstream { retry_at: Some(at), .. } => {
            Settled { next_poll_at: (*at).clamp(now, now + Duration::days(1)) + spread, ..passing }
        }
        PlatformError::Upstream { .. } | PlatformError::Network(_) | PlatformError::Unreadable { .. } => passing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::OutboundError;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_rate_limit_waits_for_the_platforms_own_time() {
        let now = at("2026-11-22T12:00:00Z");
        let until = at("2026-11-22T12:14:00Z");
        let error = PlatformError::RateLimited { scope: LimitScope::Account, until: Some(until), detail: "x".into() };
        let settled = settle(&error, false, 0, now, 0.5);
        assert_eq!(settled.next_poll_at, until + Duration::seconds(30));
        assert_eq!(settled.hold_until, Some(settled.next_poll_at));
        assert_eq!(settled.health, "connected");
        assert_eq!(settled.hold_platform, None);
    }

    #[test]
    fn a_dead_grant_is_confirmed_once_before_a_person_is_asked() {
        let now = at("2026-11-22T12:00:00Z");
        for error in [
            PlatformError::Revoked { detail: "x".into() },
            PlatformError::TokenRejected { detail: "x".into() },
            PlatformError::MissingScope { missing: "y".into(), detail: "x".into() },
        ] {
            // However often something else has failed before.
            for failures in [0, 1, 7] {
                let first = settle(&error, false, failures, now, 0.0);
                assert_eq!((first.health, first.next_poll_at), ("degraded", now + Duration::minutes(1)));
            }
            assert_eq!(settle(&error, true, 1, now, 0.0).health, "needs_reconnect");
        }
    }

    #[test]
    fn the_operators_fault_is_no_accounts_fault() {
        let now = at("2026-11-22T12:00:00Z");
        let settled = settle(&PlatformError::AppRejected { detail: "x".into() }, true, 9, now, 0.0);
        assert_eq!((settled.health, settled.code, settled.counts), ("paused", "app_rejected", false));
    }

    #[test]
    fn a_cap_stops_the_platform_and_not_the_connection() {
        let now = at("2026-11-22T12:00:00Z");
        let settled = settle(&PlatformError::UsageCapped { until: None, detail: "x".into() }, false, 4, now, 0.0);
        assert_eq!((settled.health, settled.counts), ("paused", false));
        assert_eq!(settled.hold_platform, Some(now + Duration::hours(1)));
    }

    #[test]
    fn passing_faults_back_off_and_show_only_when_they_last() {
        let now = at("2026-11-22T12:00:00Z");
        let error = PlatformError::Network(OutboundError::Timeout);
        assert_eq!(settle(&error, false, 0, now, 0.9).health, "connected");
        assert_eq!(settle(&error, false, 2, now, 0.9).health, "degraded");
        assert!(settle(&error, false, 6, now, 0.99).next_poll_at > settle(&error, false, 1, now, 0.99).next_poll_at);
    }
}
