//! Tokens and identity over HTTP.

use super::*;
use crate::{
    domain::TokenSet,
    platforms::{CodeGrant, Revocation},
};
use secrecy::ExposeSecret;
use serde_json::json;

async fn exchange(answers: Vec<Answer>) -> (Result<TokenSet, PlatformError>, Script) {
    let script = Script::serve(answers).await;
    let code = SecretString::from("canary-code#_");
    let grant =
        CodeGrant { code: &code, redirect_uri: "https://chat.example.com/callback", pkce_verifier: None, now: at(0) };
    let tokens = instagram(&script.base_url).exchange(&grant).await;
    (tokens, script)
}

fn tokens() -> TokenSet {
    TokenSet {
        access_token: SecretString::from("canary-long"),
        access_expires_at: Some(at(60)),
        refresh_token: None,
        refresh_expires_at: None,
        scopes: Some(vec!["instagram_business_basic".to_owned()]),
    }
}

fn short() -> Answer {
    Answer::text(200, include_str!("../../../../tests/fixtures/instagram/token-code-exchange-wrapped.json"))
}

fn dead() -> Answer {
    Answer::text(400, include_str!("../../../../tests/fixtures/instagram/error-190-expired.json"))
}

#[tokio::test]
async fn a_code_becomes_a_long_lived_token_at_once() {
    let long = include_str!("../../../../tests/fixtures/instagram/token-long-lived.json");
    let (tokens, script) = exchange(vec![short(), Answer::text(200, long)]).await;
    let tokens = tokens.unwrap();
    assert_eq!(tokens.access_token.expose_secret(), "IGAAfakeLong");
    assert_eq!(tokens.access_expires_at, Some(at(0) + Duration::seconds(5_183_944)));
    assert_eq!(tokens.scopes.unwrap(), ["instagram_business_basic"]);

    let asked = script.asked();
    let [code, exchange] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!((code.method.as_str(), code.path.as_str()), ("POST", "/oauth/access_token"));
    assert!(code.query.is_empty());
    let expected = [
        ("client_id", "1234567890"),
        ("client_secret", "canary-app-secret"),
        ("grant_type", "authorization_code"),
        ("redirect_uri", "https://chat.example.com/callback"),
        ("code", "canary-code"),
    ];
    assert_eq!(code.form, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    assert_eq!((exchange.method.as_str(), exchange.path.as_str()), ("GET", "/graph/access_token"));
    let expected = [
        ("grant_type", "ig_exchange_token"),
        ("client_secret", "canary-app-secret"),
        ("access_token", "IGAAfakeShort"),
    ];
    assert_eq!(exchange.query, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
}

#[tokio::test]
async fn a_connection_that_fails_half_way_is_refused() {
    let (tokens, script) = exchange(vec![short(), dead()]).await;
    assert_eq!(tokens.unwrap_err().code(), "refused");
    assert_eq!(script.asked().len(), 2);

    let refused = include_str!("../../../../tests/fixtures/instagram/token-code-exchange-error.json");
    let (tokens, script) = exchange(vec![Answer::text(400, refused)]).await;
    assert_eq!(tokens.unwrap_err().code(), "refused");
    assert_eq!(script.asked().len(), 1);
}

#[tokio::test]
async fn a_token_renews_itself() {
    let fixture = include_str!("../../../../tests/fixtures/instagram/token-refresh.json");
    let script = Script::serve(vec![
        Answer::text(200, fixture),
        Answer::json(200, &json!({"access_token": "same", "expires_in": 60})),
    ])
    .await;
    let client = instagram(&script.base_url);
    let renewed = client.refresh(&tokens(), at(0)).await.unwrap();
    assert_eq!(renewed.access_token.expose_secret(), "IGAAfakeLong2");
    assert_eq!(renewed.access_expires_at, Some(at(0) + Duration::days(60)));
    let unnamed = client.refresh(&tokens(), at(0)).await.unwrap();
    assert_eq!(unnamed.scopes, tokens().scopes, "an answer that names no scopes takes none away");

    let asked = script.asked();
    assert_eq!((asked[0].method.as_str(), asked[0].path.as_str()), ("GET", "/graph/refresh_access_token"));
    let expected = [("grant_type", "ig_refresh_token"), ("access_token", "canary-long")];
    assert_eq!(asked[0].query, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
}

#[tokio::test]
async fn a_token_that_cannot_be_renewed_is_over() {
    let unsupported = include_str!("../../../../tests/fixtures/instagram/error-unsupported-request.json");
    let busy = json!({"error": {"message": "", "type": "OAuthException", "code": 4}});
    let table = [
        (dead(), "revoked"),
        (Answer::text(400, unsupported), "missing_scope"),
        (Answer::json(400, &busy), "rate_limited"),
        (Answer::text(500, "<html>"), "upstream"),
        (Answer::text(200, r#"{"access_token":"#), "unreadable"),
    ];
    for (answer, word) in table {
        let script = Script::serve(vec![answer]).await;
        let error = instagram(&script.base_url).refresh(&tokens(), at(0)).await.unwrap_err();
        assert_eq!(error.code(), word);
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}

#[tokio::test]
async fn no_secret_gets_into_an_error_without_an_answer() {
    // A port that was free a moment ago: nobody answers there.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = instagram(&base).refresh(&tokens(), at(0)).await.unwrap_err();
    assert_eq!(error.code(), "network");
    assert!(!format!("{error} {error:?}").contains("canary"));
}

#[tokio::test]
async fn the_login_is_the_professional_account() {
    let me = include_str!("../../../../tests/fixtures/instagram/me-flat.json");
    let script = Script::serve(vec![Answer::text(200, me)]).await;
    let login = login(&script).await.unwrap();
    assert_eq!(login.subject, "17841400000000001");
    assert_eq!(login.identities[0].callback_id.as_deref(), Some("27561000000000001"));

    let asked = script.asked();
    assert_eq!(asked[0].path, "/graph/v26.0/me");
    assert_eq!(asked[0].bearer.as_deref(), Some("canary-token"));
    assert_eq!(asked[0].query.len(), 1, "no token in the address");
    assert_eq!(asked[0].query["fields"], "user_id,username,name,account_type,profile_picture_url");
}

#[tokio::test]
async fn a_login_goes_without_a_field_that_is_not_to_be_had() {
    let missing = include_str!("../../../../tests/fixtures/instagram/error-nonexistent-field.json");
    let me = include_str!("../../../../tests/fixtures/instagram/me-wrapped.json");
    let script = Script::serve(vec![Answer::text(400, missing), Answer::text(200, me)]).await;
    let login = login(&script).await.unwrap();
    assert_eq!(login.subject_name, "acme_example");
    assert_eq!(script.asked()[1].query["fields"], "user_id,username,name,profile_picture_url");
}

#[tokio::test]
async fn only_the_person_can_end_the_grant() {
    let revocation = instagram("http://127.0.0.1:9").revoke(&tokens()).await.unwrap();
    let Revocation::ByPerson { where_to } = revocation else { panic!("{revocation:?}") };
    assert!(where_to.contains("Apps and websites"));
}

async fn login(script: &Script) -> Result<crate::domain::account::Login, PlatformError> {
    let access_token = SecretString::from("canary-token");
    let request = LoginRequest { access_token: &access_token, now: at(0), meter: &script.meter };
    instagram(&script.base_url).login(&request).await
}
