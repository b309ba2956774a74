//! Codes, tokens and their ends.

use super::*;

fn error(reply: &Reply) -> (u16, String, String) {
    let body = reply.json();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    (reply.status, text("error"), text("error_description"))
}

async fn introspected(bench: &Bench, token: &str) -> Value {
    let fields = [("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET), ("token", token)];
    bench.form("/oauth/v2/introspectToken", &fields).await.json()
}

#[tokio::test]
async fn an_exchange_tells_lifetimes_and_scopes_between_commas() {
    let bench = Bench::new();
    let body = bench.exchange(&bench.code(READ).await, &[]).await.json();
    assert_eq!(body["access_token"].as_str().map(str::len), Some(500));
    assert_eq!(body["expires_in"], 5_183_999);
    assert_eq!(body["refresh_token_expires_in"], 31_536_059);
    assert_eq!(body["scope"], "r_basicprofile,r_organization_social,rw_organization_admin");
    assert!(body["refresh_token"].is_string());
    assert_eq!(body["id_token"], Value::Null);

    bench.switch("refresh", "off");
    let body = bench.exchange(&bench.code("openid profile").await, &[]).await.json();
    assert_eq!(body["refresh_token"], Value::Null);
    assert_eq!(body["refresh_token_expires_in"], Value::Null);
    assert_eq!(body["id_token"].as_str().map(|token| token.split('.').count()), Some(3));
}

#[tokio::test]
async fn a_code_works_once_for_its_callback_and_thirty_minutes() {
    let bench = Bench::new();
    let code = bench.code(READ).await;
    assert_eq!(bench.exchange(&code, &[]).await.status, 200);
    let (status, kind, description) = error(&bench.exchange(&code, &[]).await);
    assert_eq!((status, kind.as_str()), (400, "invalid_request"));
    assert_eq!(description, "Unable to retrieve access token: authorization code not found");
    bench.switch("unknown_code_status", "401");
    assert_eq!(bench.exchange(&code, &[]).await.status, 401);

    let mismatch = "Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization \
                    code. Or authorization code expired. Or external member binding exists";
    let elsewhere = [("redirect_uri", "http://127.0.0.1:8095/other")];
    let refused = error(&bench.exchange(&bench.code(READ).await, &elsewhere).await);
    assert_eq!(refused, (400, "invalid_request".into(), mismatch.into()));

    let code = bench.code(READ).await;
    bench.advance(30 * 60 - 1);
    assert_eq!(bench.exchange(&code, &[]).await.status, 200);
    let code = bench.code(READ).await;
    bench.advance(30 * 60);
    assert_eq!(error(&bench.exchange(&code, &[]).await).2, mismatch);
}

#[tokio::test]
async fn credentials_come_in_the_form_and_only_there() {
    let bench = Bench::new();
    let code = bench.code(READ).await;
    let body = format!("grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}");
    let basic = Request::post("/oauth/v2/accessToken")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header("Authorization", "Basic c2ltOnNpbQ==");
    let reply = bench.send(basic.body(Body::from(body)).expect("a request")).await;
    let refused = (400, "invalid_request".to_owned(), "A required parameter \"client_id\" is missing".to_owned());
    assert_eq!(error(&reply), refused);

    let wrong = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", CALLBACK)];
    let wrong = [&wrong[..], &[("client_id", CLIENT_ID), ("client_secret", "guess")]].concat();
    let refused = (401, "invalid_client".to_owned(), "Client authentication failed".to_owned());
    assert_eq!(error(&bench.form("/oauth/v2/accessToken", &wrong).await), refused);

    let json = Request::post("/oauth/v2/accessToken").header("Content-Type", "application/json");
    assert_eq!(bench.send(json.body(Body::from("{}")).expect("a request")).await.status, 400);
    assert_eq!(bench.exchange(&code, &[]).await.status, 200, "refusals left the code alone");
}

#[tokio::test]
async fn a_pkce_verifier_breaks_the_exchange() {
    let bench = Bench::new();
    let code = bench.code(READ).await;
    let refused = error(&bench.exchange(&code, &[("code_verifier", "v")]).await);
    assert_eq!(refused, (401, "invalid_client".into(), "Client authentication failed".into()));
    assert_eq!(bench.exchange(&code, &[]).await.status, 200);
}

#[tokio::test]
async fn refreshing_returns_the_same_token_with_less_time() {
    let bench = Bench::new();
    let first = bench.exchange(&bench.code(READ).await, &[]).await.json();
    let refresh = first["refresh_token"].as_str().expect("a refresh token");
    bench.advance(59 * 86_400);
    let second = bench.refresh(refresh).await.json();
    assert_eq!(second["refresh_token"], first["refresh_token"]);
    assert_ne!(second["access_token"], first["access_token"]);
    assert_eq!(second["refresh_token_expires_in"], 31_536_059 - 59 * 86_400);
    assert_eq!(second["expires_in"], 5_183_999);

    bench.advance(300 * 86_400);
    let left = 31_536_059 - 359 * 86_400;
    assert_eq!(bench.refresh(refresh).await.json()["expires_in"], left, "capped by the refresh token");
    bench.advance(left);
    let dead = "The provided authorization grant or refresh token is invalid, expired or revoked";
    assert_eq!(error(&bench.refresh(refresh).await), (400, "invalid_request".into(), dead.into()));
}

#[tokio::test]
async fn other_scopes_end_earlier_tokens_and_the_same_do_not() {
    let bench = Bench::new();
    let first = bench.exchange(&bench.code(READ).await, &[]).await.json();
    let first_token = first["access_token"].as_str().expect("a token");
    let second = bench.token(READ).await;
    assert_eq!(bench.rest(first_token, &finder(PAGE, "")).await.status, 200);
    let third = bench.token("r_organization_social").await;
    for dead in [first_token, &second] {
        assert_eq!(bench.rest(dead, &finder(PAGE, "")).await.refusal().2, 65601);
    }
    assert_eq!(bench.rest(&third, &finder(PAGE, "")).await.status, 200);
    assert_eq!(bench.refresh(first["refresh_token"].as_str().expect("a token")).await.status, 400);
}

#[tokio::test]
async fn revoking_ends_everything_and_expiring_only_access() {
    let bench = Bench::new();
    let issued = bench.exchange(&bench.code(READ).await, &[]).await.json();
    let (token, refresh) = (issued["access_token"].as_str().expect("a"), issued["refresh_token"].as_str().expect("r"));
    bench.world.expire(PAGE).expect("a page");
    let expired = bench.rest(token, &finder(PAGE, "")).await;
    assert_eq!(expired.refusal(), (401, json!("EXPIRED_ACCESS_TOKEN"), json!(65602)));
    let renewed = bench.refresh(refresh).await.json();
    let renewed = renewed["access_token"].as_str().expect("a token");
    assert_eq!(bench.rest(renewed, &finder(PAGE, "")).await.status, 200);

    bench.world.revoke(PAGE).expect("a page");
    let revoked = bench.rest(renewed, &finder(PAGE, "")).await;
    assert_eq!(revoked.refusal(), (401, json!("REVOKED_ACCESS_TOKEN"), json!(65601)));
    assert_eq!(bench.refresh(refresh).await.status, 400);
    assert!(bench.world.revoke("urn:li:organization:1").is_err());
}

#[tokio::test]
async fn introspection_tells_a_tokens_state() {
    let bench = Bench::new();
    let token = bench.token("r_organization_social rw_organization_admin").await;
    let body = introspected(&bench, &token).await;
    let noon = 1_795_348_800;
    assert_eq!(
        body,
        json!({
            "active": true, "client_id": CLIENT_ID, "authorized_at": noon, "created_at": noon, "status": "active",
            "expires_at": noon + 5_183_999, "scope": "r_organization_social,rw_organization_admin", "auth_type": "3L",
        })
    );
    assert_eq!(introspected(&bench, "AQXother").await, json!({"active": false}));
    bench.world.expire(PAGE).expect("a page");
    assert_eq!(introspected(&bench, &token).await["status"], "expired");
    bench.world.revoke(PAGE).expect("a page");
    let revoked = introspected(&bench, &token).await;
    assert_eq!((&revoked["active"], &revoked["status"]), (&json!(false), &json!("revoked")));
    let missing = bench.form("/oauth/v2/introspectToken", &[("token", &token)]).await;
    assert_eq!(missing.status, 400);
}

#[tokio::test]
async fn consent_and_role_keep_a_page_alive() {
    let bench = Bench::new();
    let alive = || bench.world.grants()[0].alive;
    assert!(!alive());
    let issued = bench.exchange(&bench.code(READ).await, &[]).await.json();
    let refresh = issued["refresh_token"].as_str().expect("a refresh token");
    assert!(alive());
    bench.advance(61 * 86_400);
    assert!(alive(), "by its refresh token");
    assert_eq!(bench.refresh(refresh).await.status, 200);
    assert_eq!((bench.world.grants()[0].renewals, bench.world.grants()[0].spent_uses), (1, 0));
    bench.switch("role", &format!("{PAGE}=ANALYST"));
    assert!(!alive(), "page access lost");
    bench.switch("role", &format!("{PAGE}=ADMINISTRATOR"));
    bench.advance(365 * 86_400);
    assert!(!alive());

    let token = bench.token(READ).await;
    bench.world.withdraw(PAGE, "r_organization_social").expect("a page");
    assert_eq!(bench.rest(&token, &finder(PAGE, "")).await.status, 403);
    assert!(bench.world.rotate(PAGE).is_err(), "nothing rotates here");
    bench.world.revoke(PAGE).expect("a page");
    assert!(!alive());
}

#[tokio::test]
async fn a_secret_changed_at_linkedin_is_the_apps_trouble() {
    let bench = Bench::new();
    let issued = bench.exchange(&bench.code(READ).await, &[]).await.json();
    let refresh = issued["refresh_token"].as_str().expect("a refresh token");
    bench.switch("client_secret", "changed");
    let refused = (401, "invalid_client".to_owned(), "Client authentication failed".to_owned());
    assert_eq!(error(&bench.refresh(refresh).await), refused);
    bench.switch("client_secret", "known");
    assert_eq!(bench.refresh(refresh).await.status, 200);
}
