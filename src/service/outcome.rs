//! What a platform's refusal means for an account: who must act, and when it is polled again. Pure.

use super::renewal::{CONFIRM_AFTER, Refused};
use crate::{
    crypto::CryptoError,
    domain::{
        Timestamp,
        limits::{believed, next_midnight},
        schedule::backoff,
        standing::{Evidence, Refusal, longer},
    },
    platforms::{LimitScope, PlatformError},
};
use chrono::Duration;

/// Why a poll failed.
#[derive(Debug)]
pub enum PollFault {
    /// The platform's word on what was read, or that it has none.
    Read(PlatformError),
    /// The platform's word on the login itself.
    Renewal(Refused),
    /// The stored tokens cannot be opened.
    Sealed(CryptoError),
    /// What was read could not be imported: a fault of our own, the log has its causes.
    Import,
}

impl std::fmt::Display for PollFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Read(error) | Self::Renewal(Refused { error, .. }) => error.fmt(f),
            Self::Sealed(error) => write!(f, "the stored tokens cannot be opened: {error}"),
            Self::Import => f.write_str("the import failed inside this service"),
        }
    }
}

/// How the account did before.
#[derive(Clone, Copy, Debug, Default)]
pub struct Past<'a> {
    /// Failed polls in a row.
    pub failures: i32,
    /// The last one's code.
    pub code: Option<&'a str>,
    /// Since when it fails with this code.
    pub since: Option<Timestamp>,
}

impl Past<'_> {
    /// Said before, and not just before `started_at`: a person's impatience confirms nothing.
    fn confirms(&self, code: &str, started_at: Timestamp) -> bool {
        self.code == Some(code) && self.since.is_some_and(|since| since + CONFIRM_AFTER <= started_at)
    }
}

/// Whom a fault stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The account.
    Account,
    /// Every account of its login.
    Login,
    /// Every account of the platform.
    Platform,
}

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
    /// Whom it stops.
    pub reach: Reach,
    /// It gets a line in the import log. A poll that was not made for want of money does not.
    pub is_logged: bool,
}

impl PollFault {
    /// A stable word.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Read(error) | Self::Renewal(Refused { error, .. }) => error.code(),
            Self::Sealed(CryptoError::UnknownKey) => "key_missing",
            Self::Sealed(CryptoError::Damaged) => "tokens_unreadable",
            Self::Import => "import_failed",
        }
    }

    /// Nobody but the operator can mend it.
    pub const fn is_the_operators(&self) -> bool {
        matches!(
            self,
            Self::Read(PlatformError::AppRejected { .. })
                | Self::Renewal(Refused { error: PlatformError::AppRejected { .. }, .. })
                | Self::Sealed(CryptoError::UnknownKey)
        )
    }

    /// Decides what the fault of a poll begun at `started_at` means. `fraction` is a throw of the dice.
    pub fn settle(&self, past: Past<'_>, started_at: Timestamp, now: Timestamp, fraction: f64) -> Settled {
        let code = self.code();
        let confirmed = past.confirms(code, started_at);
        let settled = match self {
            Self::Read(error) => settle(error, confirmed, past.failures, now, fraction),
            Self::Renewal(Refused { error, confirmed }) => settle(error, *confirmed, past.failures, now, fraction),
            // The key is the operator's affair; connecting again would not bring it back.
            Self::Sealed(error @ CryptoError::UnknownKey) => {
                let missing = PlatformError::AppRejected { detail: error.to_string() };
                settle(&missing, false, past.failures, now, fraction)
            }
            Self::Sealed(error @ CryptoError::Damaged) => {
                let damaged = PlatformError::Revoked { detail: error.to_string() };
                settle(&damaged, confirmed, past.failures, now, fraction)
            }
            Self::Import => passing(past.failures, now, fraction),
        };
        match self {
            Self::Sealed(_) | Self::Import => {
                Settled { code, message: format!("{self}; it is tried again"), ..settled }
            }
            // A limit met again although its time was waited for: each time twice as long, at most a day.
            Self::Read(PlatformError::RateLimited { .. }) if past.code == Some(code) => {
                settled.held_longer(past.failures, now)
            }
            Self::Read(_) | Self::Renewal(_) => settled,
        }
    }

    /// What the fault tells about the platform.
    pub fn evidence(&self, settled: &Settled, now: Timestamp) -> Evidence {
        let (Self::Read(error) | Self::Renewal(Refused { error, .. })) = self else { return Evidence::default() };
        let refusal =
            |until, doubles| Some(Refusal { code: error.code(), message: settled.message.clone(), until, doubles });
        match error {
            // Without a status nobody was asked.
            PlatformError::Network(_) | PlatformError::Upstream { status: 1..=399 | 500.., .. } => {
                Evidence { failures: 1, ..Evidence::default() }
            }
            PlatformError::RateLimited { scope: LimitScope::App, until, .. } => {
                let until = until.and_then(|until| believed(until, now)).unwrap_or(settled.next_poll_at);
                Evidence { refusal: refusal(until, true), ..Evidence::default() }
            }
            PlatformError::UsageCapped { until, .. } => {
                Evidence { refusal: refusal(money_by(*until, now), false), ..Evidence::default() }
            }
            PlatformError::AppRejected { .. } => {
                Evidence { rejection: refusal(now + LOOK_AGAIN_AT_APP, false), ..Evidence::default() }
            }
            _ => Evidence::default(),
        }
    }
}

impl Settled {
    fn held_longer(self, failures: i32, now: Timestamp) -> Self {
        let again = u32::try_from(failures).unwrap_or(0);
        let longer = |until: Timestamp| now + longer(until - now, again);
        Self { next_poll_at: longer(self.next_poll_at), hold_until: self.hold_until.map(longer), ..self }
    }
}

/// Out of money without a date: so often it is found out whether there is some again.
const LOOK_AGAIN_AT_MONEY: Duration = Duration::hours(1);

/// With a date it is found out this often: a limit that the operator raises ends sooner, and a refused call is free.
const LOOK_AGAIN_BEFORE_DATE: Duration = Duration::days(1);

/// The longest cycle of a cap; a later date is none.
const LONGEST_CYCLE: Duration = Duration::days(32);

/// When it is found out whether there is money again, where the platform may have named a date.
fn money_by(date: Option<Timestamp>, now: Timestamp) -> Timestamp {
    let date = date.filter(|date| *date > now && *date - now <= LONGEST_CYCLE);
    date.map_or(now + LOOK_AGAIN_AT_MONEY, |date| date.min(now + LOOK_AGAIN_BEFORE_DATE))
}

/// So often it is found out whether the platform takes the app again.
const LOOK_AGAIN_AT_APP: Duration = Duration::minutes(15);

/// A passing fault shows in the account's health after so many in a row.
const DEGRADED_AFTER: i32 = 3;

/// A fault that passes: tried again after a while, longer each time.
fn passing(failures: i32, now: Timestamp, fraction: f64) -> Settled {
    Settled {
        health: if failures + 1 >= DEGRADED_AFTER { "degraded" } else { "connected" },
        code: "",
        message: String::new(),
        next_poll_at: now + backoff(u32::try_from(failures).unwrap_or(0) + 1, fraction),
        hold_until: None,
        counts: true,
        reach: Reach::Account,
        is_logged: true,
    }
}

/// Decides what `error` means after `failures` failed polls in a row. `confirmed`: the platform has said so before, a
/// while ago. `fraction` is a throw of the dice.
pub fn settle(error: &PlatformError, confirmed: bool, failures: i32, now: Timestamp, fraction: f64) -> Settled {
    let pause = backoff(u32::try_from(failures).unwrap_or(0) + 1, fraction);
    let passing = Settled { code: error.code(), message: error.to_string(), ..passing(failures, now, fraction) };
    // Spread the accounts that a limit stopped over the minute after it ends.
    let spread = Duration::milliseconds((fraction * 60_000.0) as i64);
    match error {
        PlatformError::RateLimited { scope, until, .. } => {
            let until = until.and_then(|until| believed(until, now));
            let until = until.map_or(now + pause, |until| until.max(now) + spread);
            Settled {
                health: "connected",
                message: format!("{error}; the next poll is when the platform allows it"),
                next_poll_at: until,
                hold_until: Some(until),
                counts: true,
                reach: match scope {
                    LimitScope::Account => Reach::Account,
                    LimitScope::Login => Reach::Login,
                    LimitScope::App => Reach::Platform,
                },
                ..passing
            }
        }
        PlatformError::UsageCapped { until, .. } => {
            let until = money_by(*until, now) + spread;
            Settled {
                health: "paused",
                message: format!("{error}; raise the budget at the platform, or wait"),
                next_poll_at: until,
                hold_until: Some(until),
                counts: false,
                reach: Reach::Platform,
                ..passing
            }
        }
        PlatformError::OverBudget { spent_out: true } => {
            let until = next_midnight(now);
            Settled {
                health: "paused",
                message:
                    "the daily budget is spent: posts are read again from 00:00 UTC, or once the operator raises it"
                        .to_owned(),
                next_poll_at: until,
                hold_until: Some(until),
                counts: false,
                is_logged: false,
                ..passing
            }
        }
        // Others have set the rest aside, and give back what they do not need.
        PlatformError::OverBudget { spent_out: false } => Settled {
            health: "connected",
            next_poll_at: now + Duration::seconds(30) + spread / 2,
            counts: false,
            is_logged: false,
            ..passing
        },
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
            next_poll_at: now + pause.max(LOOK_AGAIN_AT_APP),
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
        assert_eq!(settled.reach, Reach::Account);
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
        assert_eq!((settled.reach, settled.hold_until), (Reach::Platform, Some(now + Duration::hours(1))));
    }

    /// Times in another unit, or at the end of what a calendar holds, stopped an account for decades or the process.
    #[test]
    fn defect_times_beyond_reason_are_not_waited_for() {
        let now = at("2026-11-22T12:00:00Z");
        let named = |seconds: i64| Timestamp::from_timestamp(seconds, 0);
        let hour = Duration::hours(1);
        for (until, waits) in [
            (named(now.timestamp() + 900), Duration::minutes(15)),
            (named(now.timestamp() + 86_400), Duration::days(1)),
            // Not named, as far as we can tell: the first back-off.
            (named(1_795_341_600_000), Duration::seconds(15)),
            (named(8_210_266_876_799), Duration::seconds(15)),
            (named(-8_000_000_000_000), Duration::zero()),
        ] {
            for scope in [LimitScope::Account, LimitScope::App] {
                let fault = PollFault::Read(PlatformError::RateLimited { scope, until, detail: "x".into() });
                let settled = fault.settle(Past::default(), now, now, 0.0);
                assert_eq!(settled.hold_until, Some(now + waits), "{until:?}");
                let refusal = fault.evidence(&settled, now).refusal.map(|refusal| refusal.until.max(now));
                assert_eq!(refusal, (scope == LimitScope::App).then_some(now + waits), "{until:?}");
            }
        }
        for (date, waits) in [
            (None, hour),
            (Some(at("2026-11-22T15:00:00Z")), hour * 3),
            (Some(at("2026-12-01T00:00:00Z")), Duration::days(1)),
            (Some(at("2026-12-23T00:00:00Z")), Duration::days(1)),
            (Some(at("2027-12-01T00:00:00Z")), hour),
            (Some(Timestamp::MAX_UTC), hour),
            (Some(at("2026-11-22T11:00:00Z")), hour),
        ] {
            let fault = PollFault::Read(PlatformError::UsageCapped { until: date, detail: "x".into() });
            let settled = fault.settle(Past::default(), now, now, 0.0);
            let refusal = fault.evidence(&settled, now).refusal.map(|refusal| refusal.until);
            assert_eq!((settled.hold_until, refusal), (Some(now + waits), Some(now + waits)), "{date:?}");
        }
    }

    #[test]
    fn a_limit_met_again_doubles_and_other_faults_before_it_do_not() {
        let now = at("2026-11-22T12:00:00Z");
        let until = Some(now + Duration::minutes(15));
        let limit = |scope| PollFault::Read(PlatformError::RateLimited { scope, until, detail: "x".into() });
        for (failures, code, minutes) in [
            (0, None, 15),
            (1, Some("rate_limited"), 30),
            (2, Some("rate_limited"), 60),
            (20, Some("rate_limited"), 24 * 60),
            (2, Some("network"), 15),
        ] {
            let settled = limit(LimitScope::Account).settle(Past { failures, code, since: None }, now, now, 0.0);
            assert_eq!(settled.hold_until, Some(now + Duration::minutes(minutes)), "{failures} {code:?}");
        }
        assert_eq!(limit(LimitScope::Login).settle(Past::default(), now, now, 0.0).reach, Reach::Login);
    }

    #[test]
    fn what_a_fault_tells_about_its_platform() {
        let now = at("2026-11-22T12:00:00Z");
        let later = now + Duration::hours(3);
        let detail = || "x".to_owned();
        let upstream = |status| PlatformError::Upstream { status, retry_at: None, detail: detail() };
        let limited = |scope| PlatformError::RateLimited { scope, until: Some(later), detail: detail() };
        for (error, failures, refusal, rejection) in [
            (PlatformError::Network(OutboundError::Timeout), 1, None, None),
            (upstream(503), 1, None, None),
            (upstream(200), 1, None, None),
            // Our own mistakes are no outage.
            (upstream(400), 0, None, None),
            (limited(LimitScope::App), 0, Some(later), None),
            (limited(LimitScope::Login), 0, None, None),
            (limited(LimitScope::Account), 0, None, None),
            (PlatformError::UsageCapped { until: Some(later), detail: detail() }, 0, Some(later), None),
            (PlatformError::UsageCapped { until: None, detail: detail() }, 0, Some(now + Duration::hours(1)), None),
            (PlatformError::AppRejected { detail: detail() }, 0, None, Some(now + Duration::minutes(15))),
            (PlatformError::Gone { detail: detail() }, 0, None, None),
            (PlatformError::OverBudget { spent_out: true }, 0, None, None),
        ] {
            let fault = PollFault::Read(error);
            let settled = fault.settle(Past::default(), now, now, 0.5);
            let evidence = fault.evidence(&settled, now);
            let until = |refusal: Option<Refusal>| refusal.map(|refusal| refusal.until);
            assert_eq!(evidence.failures, failures, "{fault:?}");
            assert_eq!((until(evidence.refusal), until(evidence.rejection)), (refusal, rejection), "{fault:?}");
        }
    }

    #[test]
    fn our_own_faults_are_not_the_platforms() {
        let now = at("2026-11-22T12:00:00Z");
        let import = PollFault::Import.settle(Past::default(), now, now, 0.5);
        assert_eq!((import.code, import.health, import.reach), ("import_failed", "connected", Reach::Account));
        assert_eq!(PollFault::Import.evidence(&import, now), Evidence::default());
        let sealed = PollFault::Sealed(CryptoError::Damaged);
        assert_eq!(sealed.settle(Past::default(), now, now, 0.5).code, "tokens_unreadable");
    }

    #[test]
    fn without_money_an_account_waits_for_the_day_or_for_the_others() {
        let now = at("2026-11-22T12:00:00Z");
        let spent = settle(&PlatformError::OverBudget { spent_out: true }, false, 0, now, 0.5);
        assert_eq!((spent.health, spent.is_logged), ("paused", false));
        assert_eq!(spent.hold_until, Some(at("2026-11-23T00:00:00Z")));
        let aside = settle(&PlatformError::OverBudget { spent_out: false }, false, 0, now, 0.5);
        assert_eq!(
            (aside.health, aside.next_poll_at, aside.hold_until),
            ("connected", now + Duration::seconds(45), None)
        );
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
