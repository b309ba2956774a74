//! Authorize, exchange, log in, renew, end.

use super::bench::{Bench, CALLBACK, Reader, faces};
use crate::app::world::account_of;
use chrono::Duration;
use nchat_social::{
    domain::{Clock, Platform, TokenSet},
    platforms::{PlatformError, RefreshRule, Revocation, Want},
};
use secrecy::{ExposeSecret, SecretString};

fn secret(token: &SecretString) -> &str {
    token.expose_secret()
}

#[tokio::test]
async fn a_connection_tells_who_logged_in_and_what_was_granted() {
    for platform in faces() {
        let bench = Bench::new(platform).await;
        let tokens = bench.grant().await;
        let granted = tokens.scopes.as_ref().unwrap_or_else(|| panic!("{platform}: scopes"));
        for need in bench.client.spec().scopes.iter().filter(|need| need.required) {
            assert!(granted.contains(&need.scope), "{platform}: {} in {granted:?}", need.scope);
        }
        assert!(tokens.access_expires_at.is_some_and(|end| end > bench.clock.now()), "{platform}");
        let shown = format!("{tokens:?}");
        assert!(!shown.contains(secret(&tokens.access_token)), "{platform}: {shown}");

        let login = bench.login(&tokens).await;
        assert!(!login.subject.is_empty() && !login.subject_name.is_empty(), "{platform}");
        assert_eq!(login.identities.len(), 1, "{platform}");
        let identity = &login.identities[0];
        assert_eq!(identity.remote_id, account_of(platform.platform()));
        let profile = &identity.profile;
        assert_eq!(profile.name, "Acme Example", "{platform}");
        assert_eq!(profile.handle.as_deref(), Some("acme_example"), "{platform}");
        for link in [&profile.url, &profile.avatar_url] {
            assert!(link.as_ref().is_some_and(|link| link.starts_with("https://")), "{platform}: {profile:?}");
        }
        assert!(profile.url.as_ref().is_some_and(|url| url.contains("acme_example")), "{platform}: {profile:?}");
    }
}

#[tokio::test]
async fn a_code_is_good_once_and_for_its_callback() {
    for platform in faces() {
        let bench = Bench::new(platform).await;
        let code = bench.code().await;
        let elsewhere = bench.exchange(&code, "http://127.0.0.1:9/elsewhere").await;
        assert!(matches!(elsewhere, Err(PlatformError::Refused { .. })), "{platform}: {elsewhere:?}");
        let code = bench.code().await;
        bench.exchange(&code, CALLBACK).await.unwrap_or_else(|error| panic!("{platform}: {error}"));
        let again = bench.exchange(&code, CALLBACK).await;
        assert!(matches!(again, Err(PlatformError::Refused { .. })), "{platform}: {again:?}");
        let told = format!("{again:?} {elsewhere:?}");
        assert!(!told.contains(secret(&code)), "{platform}: {told}");
    }
}

/// Lets time pass until the platform's own rule asks for a renewal.
fn wait_until_due(bench: &Bench, tokens: &TokenSet) {
    let obtained_at = bench.clock.now();
    let end = tokens.access_expires_at.expect("an end");
    let rule = bench.client.spec().refresh;
    let is_due = |now| rule.is_due(now, obtained_at, Some(end), tokens.refresh_token.is_some());
    assert!(!is_due(bench.clock.now()), "{}: a fresh token is not renewed", bench.platform);
    while !is_due(bench.clock.now()) {
        bench.minutes(5);
        assert!(bench.clock.now() < end, "{}: due before its end", bench.platform);
    }
}

#[tokio::test]
async fn a_token_is_renewed_by_the_platforms_own_rule_and_reads_on() {
    for platform in Platform::ALL {
        let mut reader = Reader::following(platform).await;
        wait_until_due(&reader.bench, &reader.tokens);
        let now = reader.bench.clock.now();
        let fresh = reader.bench.client.refresh(&reader.tokens, now).await;
        let fresh = fresh.unwrap_or_else(|error| panic!("{platform}: {error}"));
        assert!(fresh.access_expires_at > reader.tokens.access_expires_at, "{platform}: it lives longer");
        reader.tokens =
            TokenSet { refresh_token: fresh.refresh_token.clone().or(reader.tokens.refresh_token), ..fresh };
        reader.read_new().await;
    }
}

/// A lost rotation is a lost connection: the new refresh token must come out, and the old one is spent.
#[tokio::test]
async fn x_rotates_its_refresh_token() {
    let bench = Bench::new(Platform::Twitter).await;
    let first = bench.grant().await;
    let second = bench.client.refresh(&first, bench.clock.now()).await.expect("renewed");
    let (old, new) = (first.refresh_token.as_ref().expect("one"), second.refresh_token.as_ref().expect("another"));
    assert_ne!(secret(old), secret(new));
    let spent = bench.client.refresh(&first, bench.clock.now()).await;
    assert!(matches!(spent, Err(PlatformError::Revoked { .. })), "{spent:?}");
    assert!(!format!("{spent:?}").contains(secret(old)));
    bench.client.refresh(&second, bench.clock.now()).await.expect("the new one renews");
}

#[tokio::test]
async fn instagram_renews_after_a_day_and_never_after_the_end() {
    for form in ["new", "same"] {
        let bench = Bench::new(Platform::Instagram).await;
        bench.switch("refreshed_token", form);
        let first = bench.grant().await;
        assert!(first.refresh_token.is_none());
        let (obtained_at, end) = (bench.clock.now(), first.access_expires_at.expect("an end"));
        let RefreshRule::Renew { min_age, before_expiry, .. } = bench.client.spec().refresh else {
            panic!("a token that renews itself");
        };
        assert!(min_age >= Duration::hours(24) && before_expiry < end - obtained_at - min_age);
        let early = bench.client.refresh(&first, bench.clock.now()).await;
        assert!(early.is_err(), "Instagram refuses before a day has passed");
        bench.clock.advance(Duration::hours(25));
        let second = bench.client.refresh(&first, bench.clock.now()).await.expect("renewed");
        bench.clock.advance(Duration::days(61));
        let late = bench.client.refresh(&second, bench.clock.now()).await;
        assert!(matches!(late, Err(PlatformError::Revoked { .. })), "{late:?}");
        let rule = bench.client.spec().refresh;
        assert!(!rule.is_due(end, obtained_at, Some(end), false), "what has ended is not due");
    }
}

#[tokio::test]
async fn linkedin_renews_only_where_it_grants_a_refresh_token() {
    let bench = Bench::new(Platform::Linkedin).await;
    let first = bench.grant().await;
    assert!(first.refresh_token.is_some() && first.refresh_expires_at.is_some());
    bench.clock.advance(Duration::days(54));
    let second = bench.client.refresh(&first, bench.clock.now()).await.expect("renewed");
    assert_ne!(secret(&first.access_token), secret(&second.access_token));
    let moved = second.refresh_expires_at.zip(first.refresh_expires_at).map(|(new, old)| (new - old).num_minutes());
    assert!(moved.is_none_or(|minutes| minutes.abs() <= 1), "no renewal moves the refresh token's end: {moved:?}");

    let bench = Bench::new(Platform::Linkedin).await;
    bench.switch("refresh", "off");
    let only = bench.grant().await;
    assert!(only.refresh_token.is_none());
    let now = bench.clock.now() + Duration::days(59);
    assert!(!bench.client.spec().refresh.is_due(now, bench.clock.now(), only.access_expires_at, false));
    let refused = bench.client.refresh(&only, now).await;
    assert!(matches!(refused, Err(PlatformError::Revoked { .. })), "{refused:?}");
}

#[tokio::test]
async fn an_ended_grant_is_ended_there_or_the_person_is_told_where() {
    for platform in faces() {
        let reader = Reader::following(platform).await;
        match reader.bench.client.revoke(&reader.tokens).await.unwrap_or_else(|error| panic!("{platform}: {error}")) {
            Revocation::Done => {
                let refused = reader.try_read(Want::New).await;
                assert!(matches!(refused, Err(PlatformError::TokenRejected { .. })), "{platform}: {refused:?}");
                let again = reader.bench.client.revoke(&reader.tokens).await;
                assert_eq!(again, Ok(Revocation::Done), "{platform}: twice is once");
            }
            Revocation::ByPerson { where_to } => assert!(where_to.contains(".com"), "{platform}: {where_to}"),
        }
    }
}
