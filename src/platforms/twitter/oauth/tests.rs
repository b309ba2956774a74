use super::super::fake::{Answer, FakeX, client as client_at, outbound};
use super::*;
use crate::platforms::SocialPlatform;
use serde_json::json;

fn now() -> Timestamp {
    "2026-11-22T10:00:00Z".parse().expect("a time")
}

fn tokens() -> TokenSet {
    TokenSet {
        access_token: "at-canary".into(),
        access_expires_at: None,
        refresh_token: Some("rt-canary".into()),
        refresh_expires_at: None,
        scopes: None,
    }
}

fn granted() -> serde_json::Value {
    json!({"token_type": "bearer", "expires_in": 7200, "access_token": "new-at", "refresh_token": "new-rt",
           "scope": "users.read tweet.read offline.access"})
}

async fn exchange_at(x: &FakeX) -> Result<TokenSet, PlatformError> {
    let (code, verifier) = ("code-canary".into(), "verifier-canary".into());
    let grant = CodeGrant {
        code: &code,
        redirect_uri: "http://127.0.0.1:1/cb?x=1",
        pkce_verifier: Some(&verifier),
        now: now(),
    };
    x.client().exchange(&grant).await
}

#[test]
fn the_consent_page_gets_everything_and_no_plus_signs() {
    let request = AuthorizeRequest {
        state: "s+t/a=te",
        redirect_uri: "https://chat.example/api/social/twitter/callback",
        pkce_challenge: Some("challenge"),
    };
    let url = client_at("http://127.0.0.1:1").authorize_url(&request);
    assert_eq!(url.path(), "/i/oauth2/authorize");
    let query = url.query().unwrap_or("");
    assert!(query.contains("scope=tweet.read%20users.read%20offline.access") && !query.contains('+'), "{query}");
    let expected = [
        ("response_type", "code"),
        ("client_id", "client:1:ci+/="),
        ("redirect_uri", "https://chat.example/api/social/twitter/callback"),
        ("scope", "tweet.read users.read offline.access"),
        ("state", "s+t/a=te"),
        ("code_challenge", "challenge"),
        ("code_challenge_method", "S256"),
    ];
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn a_code_becomes_tokens() {
    let x = FakeX::answering([granted()]).await;
    let set = exchange_at(&x).await.expect("tokens");
    assert_eq!(set.access_token.expose_secret(), "new-at");
    assert_eq!(set.refresh_token.as_ref().map(|token| token.expose_secret()), Some("new-rt"));
    assert_eq!(set.access_expires_at, Some(now() + chrono::Duration::hours(2)));
    assert_eq!(set.scopes, Some(["users.read", "tweet.read", "offline.access"].map(str::to_owned).to_vec()));
    let [seen] = &x.seen()[..] else { panic!("one request") };
    assert_eq!(seen.path, "/2/oauth2/token");
    // base64 of the id and the secret as they are, not percent-encoded
    assert_eq!(seen.header("authorization"), Some("Basic Y2xpZW50OjE6Y2krLz06c2VjcmV0LWNhbmFyeQ=="));
    for (name, value) in [
        ("grant_type", "authorization_code"),
        ("code", "code-canary"),
        ("redirect_uri", "http://127.0.0.1:1/cb?x=1"),
        ("code_verifier", "verifier-canary"),
        ("client_id", "client:1:ci+/="),
    ] {
        assert_eq!(seen.form.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert!(!seen.form.contains_key("client_secret"));
}

#[tokio::test]
async fn a_public_client_signs_nothing() {
    let x = FakeX::answering([granted(), json!({"revoked": true}), json!({"revoked": true})]).await;
    let config = TwitterConfig { client_secret: None, ..x.config() };
    refresh(&config, &outbound(), &tokens(), now()).await.expect("tokens");
    revoke(&config, &outbound(), &tokens()).await.expect("revoked");
    for seen in x.seen() {
        assert_eq!(seen.header("authorization"), None);
        assert_eq!(seen.form.get("client_id").map(String::as_str), Some("client:1:ci+/="));
    }
}

#[tokio::test]
async fn a_refresh_replaces_the_pair_and_a_missing_one_is_kept_by_the_caller() {
    let x = FakeX::answering([granted(), json!({"token_type": "bearer", "access_token": "a"})]).await;
    let set = x.client().refresh(&tokens(), now()).await.expect("tokens");
    assert_eq!(set.refresh_token.as_ref().map(|token| token.expose_secret()), Some("new-rt"));
    let seen = x.seen();
    assert_eq!(seen[0].form.get("grant_type").map(String::as_str), Some("refresh_token"));
    assert_eq!(seen[0].form.get("refresh_token").map(String::as_str), Some("rt-canary"));
    let set = x.client().refresh(&tokens(), now()).await.expect("tokens");
    assert!(set.refresh_token.is_none() && set.access_expires_at.is_none() && set.scopes.is_none());
}

#[tokio::test]
async fn every_row_of_the_token_endpoint_is_sorted() {
    let row = |error: &str, description: &str| json!({"error": error, "error_description": description}).to_string();
    let invalid = |description: &str| row("invalid_request", description);
    let html = || "<html>over capacity</html>".to_owned();
    // status, body, code on exchange, code on refresh
    for (status, body, on_exchange, on_refresh) in [
        (400, row("invalid_client", "Value passed for the client id was invalid."), "app_rejected", "app_rejected"),
        (401, row("unauthorized_client", "Missing valid authorization header"), "app_rejected", "app_rejected"),
        (401, html(), "app_rejected", "app_rejected"),
        (400, invalid("Value passed for the authorization code was invalid."), "refused", "revoked"),
        (400, invalid("Value passed for the token was invalid."), "refused", "revoked"),
        (400, row("invalid_grant", ""), "refused", "revoked"),
        (400, row("invalid_request", ""), "refused", "revoked"),
        (400, invalid("Value passed for the code verifier did not match the code challenge."), "refused", "revoked"),
        (400, invalid("Missing required parameter [refresh_token]."), "refused", "upstream"),
        (
            400,
            invalid("Value passed for the grant type was invalid. Grant type should be one of […]"),
            "refused",
            "upstream",
        ),
        (400, html(), "refused", "upstream"),
        (402, json!({"title": "CreditsDepleted"}).to_string(), "usage_capped", "usage_capped"),
        (
            403,
            json!({"type": "https://api.x.com/2/problems/client-forbidden"}).to_string(),
            "app_rejected",
            "app_rejected",
        ),
        (403, html(), "upstream", "upstream"),
        (429, html(), "rate_limited", "rate_limited"),
        (500, String::new(), "upstream", "upstream"),
        (503, html(), "upstream", "upstream"),
        (200, html(), "unreadable", "unreadable"),
        (200, json!({"access_token": 5}).to_string(), "unreadable", "unreadable"),
    ] {
        let answer = Answer::new(status, &body);
        let x = FakeX::answering([answer.clone(), answer]).await;
        let error = exchange_at(&x).await.expect_err("refused");
        assert_eq!(error.code(), on_exchange, "exchange {status} {body}");
        let error = x.client().refresh(&tokens(), now()).await.expect_err("refused");
        assert_eq!(error.code(), on_refresh, "refresh {status} {body}");
    }
}

#[tokio::test]
async fn no_secret_gets_into_an_error() {
    let leak = "at-canary rt-canary code-canary verifier-canary secret-canary";
    for (status, body) in [
        (200, format!("{{\"access_token\": 1, \"x\": \"{leak}\"}}")),
        (400, json!({"error": "invalid_request", "error_description": leak}).to_string()),
        (500, leak.to_owned()),
    ] {
        let answer = Answer::new(status, body);
        let x = FakeX::answering([answer.clone(), answer]).await;
        let errors = [
            exchange_at(&x).await.expect_err("refused"),
            x.client().refresh(&tokens(), now()).await.expect_err("refused"),
        ];
        assert!(!format!("{errors:?} {} {}", errors[0], errors[1]).contains("canary"), "{errors:?}");
    }
    let debug = format!("{:?}", client_at("http://127.0.0.1:1"));
    assert!(!debug.contains("canary"), "{debug}");
}

#[tokio::test]
async fn nobody_listening_is_a_network_fault_and_no_refresh_token_the_end() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let nobody = client_at(&format!("http://{closed}"));
    assert_eq!(nobody.refresh(&tokens(), now()).await.expect_err("no answer").code(), "network");
    let tokens = TokenSet { refresh_token: None, ..tokens() };
    assert_eq!(nobody.refresh(&tokens, now()).await.expect_err("no token").code(), "revoked");
}

#[tokio::test]
async fn both_tokens_are_revoked_and_a_dead_one_counts_as_revoked() {
    let x = FakeX::answering([Answer::from(json!({"revoked": true})), Answer::new(400, "{}")]).await;
    assert_eq!(x.client().revoke(&tokens()).await, Ok(Revocation::Done));
    let seen: Vec<_> = x.seen().iter().map(|seen| (seen.path.clone(), seen.form.get("token").cloned())).collect();
    let expected = ["rt-canary", "at-canary"].map(|token| ("/2/oauth2/revoke".to_owned(), Some(token.to_owned())));
    assert_eq!(seen, expected);
    for (status, code) in [(429, "rate_limited"), (503, "upstream")] {
        let x = FakeX::answering([Answer::new(status, ""), Answer::new(200, "{}")]).await;
        assert_eq!(x.client().revoke(&tokens()).await.expect_err("not revoked").code(), code);
        assert_eq!(x.seen().len(), 2);
    }
}
