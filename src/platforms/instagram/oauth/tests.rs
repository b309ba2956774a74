use super::*;
use http::{HeaderMap, StatusCode};

fn now() -> Timestamp {
    "2026-11-22T10:00:00Z".parse().unwrap()
}

fn reply(status: u16, body: &str) -> Reply {
    let status = StatusCode::from_u16(status).unwrap();
    Reply { status, headers: HeaderMap::new(), body: body.as_bytes().to_vec() }
}

#[test]
fn the_consent_page_is_asked_for_reading_alone() {
    let config = InstagramLoginConfig {
        app_id: "1234567890".to_owned(),
        app_secret: SecretString::from("app-secret"),
        authorize_url: "https://www.instagram.com/oauth/authorize".parse().unwrap(),
        token_url: "https://api.instagram.com/oauth/access_token".parse().unwrap(),
    };
    let redirect_uri = "https://chat.example.com/api/social/instagram/callback";
    let request = AuthorizeRequest { state: "s&1", redirect_uri, pkce_challenge: Some("ignored") };
    assert_eq!(
        authorize_url(&config, &request).as_str(),
        "https://www.instagram.com/oauth/authorize?client_id=1234567890\
         &redirect_uri=https%3A%2F%2Fchat.example.com%2Fapi%2Fsocial%2Finstagram%2Fcallback\
         &response_type=code&scope=instagram_business_basic&state=s%261"
    );
}

#[test]
fn every_form_of_a_token_is_read() {
    let table = [
        (include_str!("../../../../tests/fixtures/instagram/token-code-exchange-wrapped.json"), "IGAAfakeShort", true),
        (include_str!("../../../../tests/fixtures/instagram/token-code-exchange-flat.json"), "IGAAfakeShort", true),
        (r#"{"access_token":"t","user_id":28978671838402975}"#, "t", false),
        (r#"{"access_token":"t","user_id":"1","permissions":"instagram_business_basic"}"#, "t", true),
        (r#"{"access_token":"t","user_id":1.5,"permissions":["instagram_business_basic"],"data":[]}"#, "t", true),
        (r#"{"data":[{"access_token":"t","user_id":1,"permissions":[" instagram_business_basic"]}]}"#, "t", true),
        (r#"{"access_token":"t","permissions":7}"#, "t", false),
        (r#"{"access_token":"t","permissions":""}"#, "t", false),
        (r#"{"access_token":"t","permissions":[]}"#, "t", false),
    ];
    for (body, token, named) in table {
        let read: wire::Token = wire::object(body.as_bytes()).unwrap();
        assert_eq!(read.access_token.as_deref(), Some(token), "{body}");
        assert_eq!(read.permissions, named.then(|| vec![INSTAGRAM.read_scope.to_owned()]), "{body}");
    }
    let several: wire::Token =
        wire::object(br#"{"access_token":"t","permissions":"instagram_business_basic, instagram_x y"}"#).unwrap();
    assert_eq!(several.permissions.unwrap(), ["instagram_business_basic", "instagram_x", "y"]);
}

#[test]
fn a_long_lived_token_ends_when_the_answer_says() {
    let fixture = include_str!("../../../../tests/fixtures/instagram/token-long-lived.json");
    let known = Some(vec![INSTAGRAM.read_scope.to_owned()]);
    let tokens = long_lived(&reply(200, fixture), now(), known.clone()).unwrap();
    assert_eq!(tokens.access_token.expose_secret(), "IGAAfakeLong");
    assert_eq!(tokens.access_expires_at, Some(now() + Duration::seconds(5_183_944)));
    assert_eq!(tokens.scopes, known);
    assert!(tokens.refresh_token.is_none());

    let ends = |body: &str| long_lived(&reply(200, body), now(), None).unwrap().access_expires_at;
    assert_eq!(ends(r#"{"access_token":"t","expires_in":"3600"}"#), Some(now() + Duration::hours(1)));
    assert_eq!(ends(r#"{"access_token":"t"}"#), Some(now() + Duration::days(60)));
    assert_eq!(ends(r#"{"access_token":"t","expires_in":-5}"#), Some(now()));
    assert_eq!(ends(r#"{"access_token":"t","expires_in":9223372036854775807}"#), None);
}

#[test]
fn an_answer_without_a_token_is_unreadable() {
    for body in ["{}", r#"{"access_token":""}"#, r#"{"access_token":5}"#, "[]", r#"{"access_token":"IGAAcut"#] {
        let error = long_lived(&reply(200, body), now(), None).unwrap_err();
        assert_eq!(error.code(), "unreadable", "{body}");
        assert!(!error.to_string().contains("IGAAcut"));
    }
}

#[test]
fn a_refused_code_says_who_must_act() {
    let coded = |code: i64, text: &str| {
        serde_json::json!({"error_type": "OAuthException", "code": code, "error_message": text}).to_string()
    };
    let redirect = "Error validating verification code. Please make sure your redirect_uri is identical to the one \
                    you used in the OAuth dialog request";
    let table = [
        (400, coded(400, redirect), "refused", "INSTAGRAM_APP_SECRET"),
        (400, coded(400, redirect), "refused", "callback address"),
        (400, coded(400, "Error validating client secret"), "refused", "INSTAGRAM_APP_SECRET"),
        (400, coded(400, "Invalid platform app"), "app_rejected", "INSTAGRAM_APP_ID"),
        (
            400,
            include_str!("../../../../tests/fixtures/instagram/token-code-exchange-error.json").to_owned(),
            "refused",
            "used or older",
        ),
        (200, coded(400, "Matching code was not found"), "refused", "used or older"),
        (400, coded(400, "Something new"), "refused", "connect again"),
        (400, coded(429, "Rate limit"), "rate_limited", "too many"),
        (400, r#"{"error_type":7,"code":"429","error_message":"Rate limit"}"#.to_owned(), "rate_limited", "too many"),
        (500, coded(500, "Something broke"), "upstream", "token endpoint"),
        (503, "<html>".to_owned(), "upstream", ""),
        (400, r#"{"error":{"message":"x","code":190}}"#.to_owned(), "token_rejected", ""),
    ];
    for (status, body, word, hint) in table {
        let error = refused_code(&reply(status, &body), now()).unwrap();
        assert_eq!(error.code(), word, "{body}");
        assert!(error.to_string().contains(hint), "{error}");
    }
    assert!(refused_code(&reply(200, r#"{"access_token":"t"}"#), now()).is_none());
}
