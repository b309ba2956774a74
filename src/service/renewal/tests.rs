use super::*;
use crate::{domain::Platform, outbound::OutboundError, platforms::LimitScope};
use uuid::Uuid;

const X: RefreshRule = RefreshRule::RefreshToken { before_expiry: Duration::minutes(10) };
const DAILY: RefreshRule = RefreshRule::Renew {
    min_age: Duration::hours(24),
    before_expiry: Duration::days(30),
    retry_every: Duration::hours(24),
};

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().expect("a time")
}

fn credential(code: Option<&str>, failures: i32) -> Credential {
    Credential {
        id: Uuid::nil(),
        tenant: "primary".into(),
        platform: Platform::Twitter,
        access_token_sealed: Vec::new(),
        refresh_token_sealed: None,
        scopes: Vec::new(),
        access_expires_at: None,
        refresh_expires_at: None,
        obtained_at: now(),
        refresh_failures: failures,
        refresh_code: code.map(str::to_owned),
        refresh_not_before: Some(now() + Duration::seconds(30)),
    }
}

fn revoked() -> PlatformError {
    PlatformError::Revoked { detail: "x".into() }
}

fn app() -> PlatformError {
    PlatformError::AppRejected { detail: "x".into() }
}

fn down() -> PlatformError {
    PlatformError::Network(OutboundError::Timeout)
}

#[test]
fn failures_are_counted_by_who_must_act() {
    // before, the new failure, failures then, minutes of pause
    for (code, failures, error, counted, minutes) in [
        (None, 0, revoked(), 1, 1),
        (Some("revoked"), 1, revoked(), 2, 24 * 60),
        (Some("missing_scope"), 1, revoked(), 2, 24 * 60),
        // An outage, or a wrong secret of ours, confirms nothing.
        (Some("network"), 5, revoked(), 1, 1),
        (Some("app_rejected"), 1, revoked(), 1, 1),
        (Some("revoked"), 1, app(), 1, 15),
        (None, 0, app(), 0, 15),
        (None, 0, down(), 1, 1),
        (Some("upstream"), 1, down(), 2, 1),
        (Some("network"), 3, down(), 4, 4),
        (Some("network"), 50, down(), 51, 60),
    ] {
        let failed = failed(&credential(code, failures), &error, X, now(), 1.0);
        assert_eq!(failed.failures, counted, "{code:?} {error}");
        assert_eq!((failed.not_before - now()).num_minutes(), minutes, "{code:?} {error}");
        assert_eq!(failed.code, error.code());
    }
}

#[test]
fn a_token_that_renews_itself_is_asked_once_a_day_unless_the_login_is_over() {
    let pause = |error: &PlatformError| failed(&credential(None, 0), error, DAILY, now(), 0.5).not_before - now();
    assert_eq!(pause(&down()), Duration::hours(24));
    assert_eq!(pause(&revoked()), Duration::minutes(1));
}

#[test]
fn the_platforms_own_time_is_kept_up_to_a_day() {
    let limited = |until| PlatformError::RateLimited { scope: LimitScope::App, until, detail: "x".into() };
    let not_before = |error: &PlatformError| failed(&credential(None, 0), error, X, now(), 0.0).not_before;
    let later = now() + Duration::hours(5);
    assert_eq!(not_before(&limited(Some(later))), later);
    assert_eq!(not_before(&limited(Some(now() + Duration::days(400)))), now() + Duration::days(1));
    assert_eq!(not_before(&limited(Some(now() - Duration::hours(1)))), now() + Duration::minutes(1));
}

#[test]
fn while_a_renewal_waits_its_failure_is_told_again() {
    let told = |code, failures, now| waiting(&credential(code, failures), now).map(|r| (r.error.code(), r.confirmed));
    assert_eq!(told(Some("missing_scope"), 1, now()), Some(("revoked", false)));
    assert_eq!(told(Some("revoked"), 2, now()), Some(("revoked", true)));
    assert_eq!(told(Some("app_rejected"), 9, now()), Some(("app_rejected", false)));
    assert_eq!(told(Some("rate_limited"), 9, now()), Some(("upstream", false)));
    assert_eq!(told(Some("revoked"), 2, now() + Duration::seconds(30)), None, "its time has come");
    assert_eq!(told(None, 0, now()), None);
}
