use super::{
    super::tests::{Fake, SCOPES, at, config, fixture},
    *,
};
use crate::platforms::SocialPlatform;
use serde_json::json;

fn grant<'a>(code: &'a SecretString) -> CodeGrant<'a> {
    CodeGrant {
        code,
        redirect_uri: "https://chat.example.com/api/social/linkedin/callback",
        pkce_verifier: None,
        now: at("2026-11-22T12:00:00Z"),
    }
}

fn old_tokens() -> TokenSet {
    TokenSet {
        access_token: "AQX-old".into(),
        access_expires_at: None,
        refresh_token: Some("AQW-old".into()),
        refresh_expires_at: Some(at("2027-11-01T00:00:00Z")),
        scopes: Some(vec!["r_organization_social".into()]),
    }
}

#[test]
fn the_consent_page_is_asked_without_pkce() {
    let url = authorize_url(
        &config("http://127.0.0.1:1/x", SCOPES),
        &AuthorizeRequest {
            state: "st/ate",
            redirect_uri: "https://chat.example.com/api/social/linkedin/callback",
            pkce_challenge: Some("never sent"),
        },
    );
    assert_eq!(
        url.as_str(),
        "http://127.0.0.1:1/x/oauth/v2/authorization?response_type=code&client_id=86client\
         &redirect_uri=https%3A%2F%2Fchat.example.com%2Fapi%2Fsocial%2Flinkedin%2Fcallback&state=st%2Fate\
         &scope=r_organization_social%20rw_organization_admin%20r_basicprofile"
    );
}

#[tokio::test]
async fn a_code_is_exchanged_with_credentials_in_the_body() {
    let fake = Fake::start(|_| (200, fixture("token"))).await;
    let code = "AQT co&de".into();
    let tokens = fake.client(SCOPES).exchange(&grant(&code)).await.expect("tokens");
    assert_eq!(tokens.access_token.expose_secret(), "AQX-fake-access-token");
    assert_eq!(tokens.refresh_token.expect("a refresh token").expose_secret(), "AQW-fake-refresh-token");
    assert_eq!(tokens.access_expires_at, Some(at("2027-01-21T11:59:59Z")));
    assert_eq!(tokens.refresh_expires_at, Some(at("2027-11-22T12:00:59Z")));
    assert_eq!(
        tokens.scopes.as_deref(),
        Some(&["r_basicprofile", "r_organization_social", "rw_organization_admin"].map(str::to_owned)[..])
    );
    let asked = &fake.asked()[0];
    assert_eq!(asked.path_and_query, "/oauth/v2/accessToken");
    assert_eq!(asked.header("content-type"), "application/x-www-form-urlencoded");
    assert_eq!(asked.header("authorization"), "");
    assert_eq!(
        asked.body,
        "grant_type=authorization_code&code=AQT+co%26de\
         &redirect_uri=https%3A%2F%2Fchat.example.com%2Fapi%2Fsocial%2Flinkedin%2Fcallback\
         &client_id=86client&client_secret=WPL_AP1.secret%3D%3D"
    );
}

#[tokio::test]
async fn answers_are_read_as_they_come() {
    for (answer, refresh_token, scopes) in [
        (fixture("token-no-refresh"), None, Some(vec!["email", "openid", "profile", "w_member_social"])),
        (json!({"access_token": "t", "scope": "a b"}), None, Some(vec!["a", "b"])),
        (json!({"access_token": "t", "scope": "a%20b%2Cc+d"}), None, Some(vec!["a", "b", "c", "d"])),
        (json!({"access_token": "t", "scope": "a,b c", "refresh_token": ""}), None, Some(vec!["a", "b", "c"])),
        (json!({"access_token": "t", "expires_in": i64::MAX, "refresh_token": "r"}), Some("r"), None),
    ] {
        let given = answer.clone();
        let fake = Fake::start(move |_| (200, given.clone())).await;
        let tokens = fake.client(SCOPES).exchange(&grant(&"c".into())).await.expect("tokens");
        assert_eq!(tokens.refresh_token.as_ref().map(ExposeSecret::expose_secret), refresh_token, "{answer}");
        assert_eq!(tokens.scopes, scopes.map(|list| list.into_iter().map(str::to_owned).collect()), "{answer}");
    }
    for answer in
        [json!({}), json!({"access_token": ""}), json!("AQX-secret"), json!({"access_token": {"x": "AQX-secret"}})]
    {
        let given = answer.clone();
        let fake = Fake::start(move |_| (200, given.clone())).await;
        let error = fake.client(SCOPES).exchange(&grant(&"c".into())).await.expect_err("no tokens");
        assert_eq!(error.code(), "unreadable", "{answer}");
        assert!(!error.to_string().contains("AQX"), "{error}");
    }
}

#[tokio::test]
async fn every_refusal_of_a_token_names_who_acts() {
    for (status, error, on_exchange, on_refresh) in [
        (400, "invalid_request", "refused", "revoked"),
        (401, "invalid_request", "refused", "revoked"),
        (400, "invalid_redirect_uri", "refused", "revoked"),
        (400, "invalid_grant", "refused", "revoked"),
        (403, "", "refused", "revoked"),
        (401, "invalid_client", "app_rejected", "app_rejected"),
        (400, "invalid_client", "app_rejected", "app_rejected"),
        (429, "", "rate_limited", "rate_limited"),
        (500, "server_error", "upstream", "upstream"),
        (503, "invalid_client", "upstream", "upstream"),
    ] {
        let fake = Fake::start(move |_| (status, json!({"error": error, "error_description": "AQX-secret"}))).await;
        let client = fake.client(SCOPES);
        let exchanged = client.exchange(&grant(&"c".into())).await.expect_err("refused");
        let refreshed = client.refresh(&old_tokens(), at("2026-11-22T12:00:00Z")).await.expect_err("refused");
        assert_eq!((exchanged.code(), refreshed.code()), (on_exchange, on_refresh), "{status} {error}");
        assert!(!exchanged.to_string().contains("AQX") && !refreshed.to_string().contains("AQX"));
    }
}

#[tokio::test]
async fn a_refresh_keeps_what_the_answer_leaves_out() {
    let fake =
        Fake::start(|_| (200, json!({"access_token": "AQX-new", "expires_in": 86400, "refresh_token": ""}))).await;
    let tokens = fake.client(SCOPES).refresh(&old_tokens(), at("2026-11-22T12:00:00Z")).await.expect("tokens");
    assert_eq!(tokens.access_token.expose_secret(), "AQX-new");
    assert_eq!(tokens.access_expires_at, Some(at("2026-11-23T12:00:00Z")));
    assert_eq!(tokens.refresh_token.expect("the old one").expose_secret(), "AQW-old");
    assert_eq!(tokens.refresh_expires_at, Some(at("2027-11-01T00:00:00Z")));
    assert_eq!(tokens.scopes, old_tokens().scopes);
    assert_eq!(
        fake.asked()[0].body,
        "grant_type=refresh_token&refresh_token=AQW-old&client_id=86client&client_secret=WPL_AP1.secret%3D%3D"
    );
}

/// 365 days from the first grant, whatever an answer counts from there; another token has a life of its own.
#[tokio::test]
async fn the_end_of_a_refresh_token_stays_where_the_first_grant_put_it() {
    for (token, end) in [("AQW-old", "2027-11-01T00:00:00Z"), ("AQW-other", "2026-11-27T14:00:00Z")] {
        let fake = Fake::start(move |_| {
            (200, json!({"access_token": "AQX-new", "refresh_token": token, "refresh_token_expires_in": 439_200}))
        })
        .await;
        let tokens = fake.client(SCOPES).refresh(&old_tokens(), at("2026-11-22T12:00:00Z")).await.expect("tokens");
        assert_eq!(tokens.refresh_token.expect("one").expose_secret(), token);
        assert_eq!(tokens.refresh_expires_at, Some(at(end)), "{token}");
    }
}

#[tokio::test]
async fn without_a_refresh_token_a_person_must_reconnect() {
    let fake = Fake::start(|_| (500, json!({}))).await;
    let tokens = TokenSet { refresh_token: None, ..old_tokens() };
    let error = fake.client(SCOPES).refresh(&tokens, at("2026-11-22T12:00:00Z")).await.expect_err("nothing to send");
    assert_eq!(error.code(), "revoked");
    assert!(fake.asked().is_empty());
}
