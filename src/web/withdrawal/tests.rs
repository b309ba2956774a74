//! The routes without a database.

use crate::web::tests::{Reply, send};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

async fn post(route: &str, body: &str) -> Reply {
    send("POST", &format!("/api/social/{route}"), &[FORM], body.to_owned()).await
}

fn signed(secret: &str, payload: &str) -> String {
    let payload = URL_SAFE_NO_PAD.encode(payload);
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length").chain_update(&payload);
    format!("signed_request={}.{payload}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn what_proves_nothing_is_refused_before_the_database_is_asked() {
    let forged = signed("guessed", r#"{"user_id":"1","algorithm":"HMAC-SHA256"}"#);
    let large = format!("signed_request={}", "x".repeat(16 * 1024));
    let cases = [
        ("", 400, "bad_request"),
        ("signed_request=", 400, "bad_request"),
        ("signed_request=nothing", 400, "bad_request"),
        ("signed_request=a.b&signed_request=a.b", 400, "bad_request"),
        ("other=1", 400, "bad_request"),
        (&forged, 403, "bad_signature"),
        (&large, 413, "too_large"),
    ];
    for route in ["deauthorize", "data-deletion"] {
        for (body, status, code) in cases {
            let reply = post(&format!("instagram/{route}"), body).await;
            let got = (reply.status, reply.json()["error"].as_str().unwrap_or_default().to_owned());
            assert_eq!(got, (status, code.to_owned()), "{route} {}", &body[..body.len().min(60)]);
        }
        for (platform, status, code) in [
            ("twitter", 404, "not_configured"),
            ("linkedin", 404, "not_configured"),
            ("myspace", 404, "unknown_platform"),
        ] {
            let reply = post(&format!("{platform}/{route}"), &forged).await;
            assert_eq!((reply.status, reply.json()["error"].as_str()), (status, Some(code)), "{platform}");
        }
        assert_eq!(send("GET", &format!("/api/social/instagram/{route}"), &[], "").await.status, 405);
    }
}

#[tokio::test]
async fn a_code_that_cannot_be_ours_is_answered_with_a_page_that_repeats_nothing() {
    for code in ["%3Cscript%3E", "a-b", &"0".repeat(65)] {
        let reply = send("GET", &format!("/api/social/deletion/{code}"), &[], "").await;
        assert_eq!(reply.status, 404, "{code}");
        assert!(reply.header("content-security-policy").starts_with("default-src 'none'; style-src"));
        let text = String::from_utf8(reply.body).expect("text");
        assert!(text.contains("no request with this code") && !text.contains("script"), "{text}");
    }
    let reply = send("GET", "/api/social/deletion/00ff", &[], "").await;
    assert_eq!((reply.status, reply.json()["error"].as_str()), (503, Some("unavailable")));
}
