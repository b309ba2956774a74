//! What goes wrong on the way: the class of the error, nothing lost, nothing told that must stay secret.

use super::bench::{Bench, CALLBACK, IsExpected, Reader, faces, texts};
use chrono::Duration;
use nchat_social::{
    domain::{Clock, Cursor, Platform, TokenSet},
    outbound::OutboundError,
    platforms::{PlatformError, Want},
    simulator::{Draft, Fault, FaultKind},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

fn arm(bench: &Bench, kind: FaultKind) {
    bench.simulator.fault(Fault::new("*", "/", kind)).expect("a fault");
}

/// Every fault with the error it must become.
fn faults() -> [(FaultKind, IsExpected); 6] {
    [
        (FaultKind::Html(502), |error| matches!(error, PlatformError::Upstream { status: 502, .. })),
        (FaultKind::Html(503), |error| matches!(error, PlatformError::Upstream { status: 503, .. })),
        (FaultKind::Html(504), |error| matches!(error, PlatformError::Upstream { status: 504, .. })),
        (FaultKind::Cut, |error| matches!(error, PlatformError::Network(_))),
        (FaultKind::CutAfter, |error| matches!(error, PlatformError::Network(_))),
        (FaultKind::TruncatedJson, |error| matches!(error, PlatformError::Unreadable { .. })),
    ]
}

/// Neither in words for people nor in a log's.
fn assert_tells_no_secret(error: &PlatformError, secrets: &[&str]) {
    let mut told = format!("{error} {error:?}");
    if let PlatformError::Network(inner) = error {
        told.push_str(&format!("{inner} {inner:?}"));
    }
    for secret in secrets {
        assert!(!told.contains(secret), "{told}");
    }
}

#[tokio::test]
async fn a_fault_has_its_class_and_the_next_reading_loses_nothing() {
    for platform in faces() {
        for (kind, is_expected) in faults() {
            let mut reader = Reader::following(platform).await;
            reader.bench.publish_many("Number", 30, Duration::minutes(1));
            let what = format!("{platform} {kind:?}");
            arm(&reader.bench, kind);
            let error = reader.try_read(Want::New).await.expect_err(&what);
            assert!(is_expected(&error), "{what}: {error:?}");
            assert_tells_no_secret(&error, &[reader.tokens.access_token.expose_secret()]);
            reader.bench.simulator.clear_faults();
            let fetched = reader.read_new().await;
            let expected: Vec<String> = (0..30).rev().map(|n| format!("Number {n}")).collect();
            assert_eq!(texts(&fetched), expected, "{what}");
        }
    }
}

#[tokio::test]
async fn login_exchange_and_renewal_fail_in_the_same_classes() {
    for platform in faces() {
        for (kind, is_expected) in faults() {
            let bench = Bench::new(platform).await;
            let what = format!("{platform} {kind:?}");
            let tokens = bench.grant().await;
            // Instagram renews nothing younger; X's token is over by then, and another is granted.
            bench.clock.advance(Duration::hours(25));
            let tokens = if platform.platform() == Platform::Twitter { bench.grant().await } else { tokens };
            let code = bench.code().await;
            arm(&bench, kind);
            let now = bench.clock.now();
            let login = bench.try_login(&tokens).await.expect_err(&what);
            let renewal = bench.client.refresh(&tokens, now).await.expect_err(&what);
            let exchange = bench.exchange(&code, CALLBACK).await.expect_err(&what);
            for error in [login, renewal, exchange] {
                assert!(is_expected(&error), "{what}: {error:?}");
                let refresh = tokens.refresh_token.as_ref().map_or("no such token", |token| token.expose_secret());
                assert_tells_no_secret(
                    &error,
                    &[tokens.access_token.expose_secret(), refresh, code.expose_secret(), "canary"],
                );
            }
        }
    }
}

/// A platform that is not there at all.
#[tokio::test]
async fn nobody_answering_is_a_network_fault() {
    for platform in faces() {
        let bench = Bench::new(platform).await;
        let tokens = bench.grant().await;
        let identity = bench.login(&tokens).await.identities.remove(0);
        let client = platform.client("http://127.0.0.1:1");
        let bench = Bench { client, ..bench };
        let error = bench.read_with(&tokens.access_token, &identity, Want::New, None).await.expect_err("nobody");
        assert!(
            matches!(error, PlatformError::Network(ref inner) if !matches!(inner, OutboundError::Invalid)),
            "{platform}: {error:?}"
        );
        assert_tells_no_secret(&error, &[tokens.access_token.expose_secret()]);
    }
}

/// Platforms echo what was sent; Instagram's token is part of its address.
#[tokio::test]
async fn an_error_never_holds_the_token_whatever_the_platform_says() {
    for platform in faces() {
        let mut reader = Reader::following(platform).await;
        let token = reader.tokens.access_token.expose_secret().to_owned();
        for status in [200_u16, 301, 302, 400, 401, 402, 403, 404, 418, 426, 429, 500, 503] {
            for body in echoes(&token, status) {
                let headers = [("location".to_owned(), format!("https://example.org/?access_token={token}"))];
                let headers = headers.into_iter().collect();
                arm(&reader.bench, FaultKind::Status { status, headers, body: body.clone() });
                let answer = reader.try_read(Want::New).await;
                reader.bench.simulator.clear_faults();
                match answer {
                    Err(error) => assert_tells_no_secret(&error, &[&token]),
                    Ok(fetched) => {
                        assert!(fetched.posts.is_empty(), "{platform} {status} {body}");
                        assert!(!fetched.notices.concat().contains(&token), "{platform} {status}");
                    }
                }
            }
        }
        let unknown = SecretString::from("canary-token-nobody-issued");
        reader.tokens = TokenSet { access_token: unknown, ..reader.tokens };
        let error = reader.try_read(Want::New).await.expect_err("nobody issued it");
        assert!(matches!(error, PlatformError::TokenRejected { .. }), "{platform}: {error:?}");
        assert_tells_no_secret(&error, &["canary-token"]);
    }
}

fn echoes(token: &str, status: u16) -> Vec<Value> {
    vec![
        json!(format!("<html>{token}</html>")),
        json!({"error": {"message": token, "type": token, "code": 1, "fbtrace_id": token}}),
        json!({"error": {"message": format!("field ({token})"), "type": "OAuthException", "code": 100}}),
        json!({"title": token, "detail": token, "type": format!("https://api.x.com/2/problems/{token}"),
            "status": status, "errors": [{"message": token, "parameters": {(token): [token]}}]}),
        json!({"message": format!("Not enough permissions to access: {token}"), "code": "ACCESS_DENIED",
            "serviceErrorCode": 100, "status": status}),
        json!({"data": token}),
        json!([token]),
        Value::Null,
    ]
}

/// A cursor of another program or version never pours the past into a channel.
#[tokio::test]
async fn a_foreign_cursor_imports_nothing_old() {
    for platform in faces() {
        for foreign in [json!({}), json!(null), json!("17900000000000003"), json!({"v": 99}), json!([1, 2])] {
            let mut reader = Reader::connected(platform).await;
            reader.bench.publish_many("Old", 30, Duration::minutes(1));
            reader.bench.minutes(30);
            reader.cursor = Some(Cursor(foreign.clone()));
            match reader.try_read(Want::New).await {
                Ok(fetched) => assert!(fetched.posts.is_empty(), "{platform} {foreign}: {:?}", texts(&fetched)),
                Err(error) => assert!(matches!(error, PlatformError::Unreadable { .. }), "{platform}: {error:?}"),
            }
            reader.read(Want::Baseline { newest: 0 }).await;
            reader.bench.publish(Draft::text("New"));
            assert_eq!(texts(&reader.read_new().await), ["New"], "{platform} {foreign}");
        }
    }
}
