//! Consent, codes and tokens.

use super::*;
use crate::simulator::{Fault, FaultKind, Simulator};
use serde_json::json;

#[tokio::test]
async fn a_person_allows_or_refuses_on_the_page() {
    let x = X::new();
    let page = x.authorize(&[]).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("@acme_example") && page.text.contains("st&amp;te"), "{}", page.text);

    let allowed = x.authorize(&[("decision", "approve"), ("account", ACME)]).await;
    assert_eq!(allowed.status, 302);
    assert!(allowed.header("location").is_some_and(|to| to.starts_with(CALLBACK)));
    assert_eq!(allowed.sent_back("state").as_deref(), Some("st&te"));
    assert!(allowed.sent_back("code").is_some());

    let refused = x.authorize(&[("decision", "deny")]).await;
    assert_eq!(refused.sent_back("error").as_deref(), Some("access_denied"));
    assert_eq!(refused.sent_back("code"), None);
}

#[tokio::test]
async fn mistakes_of_the_app_send_nobody_back() {
    let x = X::new();
    x.world.switch("redirect_uri", CALLBACK).unwrap();
    let slash = format!("{CALLBACK}/");
    for change in [
        ("client_id", "somebody"),
        ("redirect_uri", slash.as_str()),
        ("scope", "tweet.read tweet.dance"),
        ("scope", ""),
        ("code_challenge", ""),
        ("code_challenge_method", "S512"),
        ("response_type", "token"),
    ] {
        let page = x.authorize(&[change, ("auto", "1")]).await;
        assert_eq!((page.status, page.header("location")), (400, None), "{change:?}");
    }
}

#[tokio::test]
async fn unregistered_callbacks_are_https_or_this_machine_by_number() {
    let x = X::new();
    for (uri, status) in [
        ("https://chat.example.org/cb", 302),
        ("http://127.0.0.1:1/cb", 302),
        ("http://localhost:8095/cb", 400),
        ("http://chat.example.org/cb", 400),
        ("javascript:alert(1)", 400),
    ] {
        assert_eq!(x.authorize(&[("redirect_uri", uri), ("auto", "1")]).await.status, status, "{uri}");
    }
}

#[tokio::test]
async fn scopes_joined_with_plus_break_the_page() {
    let x = X::new();
    let path = format!(
        "/i/oauth2/authorize?response_type=code&client_id={CLIENT_ID}&redirect_uri={CALLBACK}&state=s\
         &code_challenge={CHALLENGE}&code_challenge_method=S256&scope=tweet.read"
    );
    let request = |tail: &str| Request::get(format!("{path}{tail}")).body(Body::empty()).unwrap();
    assert_eq!(x.send(request("%20users.read")).await.status, 200);
    assert_eq!(x.send(request("+users.read")).await.status, 400);
    assert_eq!(x.send(request("+users.read&decision=approve")).await.status, 302, "browsers' forms send it");
}

#[tokio::test]
async fn a_code_becomes_tokens_once_within_thirty_seconds() {
    let x = X::new();
    let code = x.code(SCOPES).await;
    let tokens = x.exchange(&code).await;
    assert_eq!(tokens.status, 200);
    assert_eq!(tokens.body["expires_in"], 7200);
    assert_eq!(tokens.body["token_type"], "bearer");
    assert_eq!(tokens.body["scope"], "offline.access users.read tweet.read", "not in the order asked for");
    assert!(tokens.body["refresh_token"].is_string());

    let used = x.exchange(&code).await;
    assert_eq!(used.status, 400);
    assert_eq!(
        used.body,
        json!({ "error": "invalid_request", "error_description": "Value passed for the authorization code was invalid." })
    );

    let late = x.code(SCOPES).await;
    x.wait(30);
    assert_eq!(x.exchange(&late).await.body, used.body);
}

#[tokio::test]
async fn refresh_tokens_come_only_with_offline_access() {
    let x = X::new();
    let tokens = x.exchange(&x.code("tweet.read users.read").await).await;
    assert!(tokens.body["access_token"].is_string());
    assert_eq!(tokens.body.get("refresh_token"), None);
}

#[tokio::test]
async fn the_verifier_and_the_callback_must_fit() {
    let x = X::new();
    let code = x.code(SCOPES).await;
    let app = Some((CLIENT_ID, CLIENT_SECRET));
    let send = async |redirect: &str, verifier: &str| {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", redirect),
            ("code_verifier", verifier),
        ];
        x.form("/2/oauth2/token", app, &fields).await.body["error_description"].clone()
    };
    assert_eq!(
        send("https://other.example/cb", VERIFIER).await,
        "Value passed for the redirect uri did not match the uri of the authorization code."
    );
    assert_eq!(send(CALLBACK, CHALLENGE).await, "Value passed for the code verifier did not match the code challenge.");
    assert_eq!(send(CALLBACK, "").await, "Missing required parameter [code_verifier].");
    assert_eq!(send(CALLBACK, VERIFIER).await, Value::Null, "right at last");
}

#[tokio::test]
async fn errors_have_the_names_x_gives_them() {
    let x = X::new();
    let good = Some((CLIENT_ID, CLIENT_SECRET));
    let refresh: &[(&str, &str)] = &[("grant_type", "refresh_token"), ("refresh_token", "x")];
    type Case<'a> = (Option<(&'a str, &'a str)>, &'a [(&'a str, &'a str)], u16, &'a str, &'a str);
    let cases: [Case<'_>; 7] = [
        (Some(("other", "s")), refresh, 400, "invalid_client", "Value passed for the client id was invalid."),
        (None, &[("client_id", "other")], 400, "invalid_client", "Value passed for the client id was invalid."),
        (Some((CLIENT_ID, "wrong")), refresh, 401, "unauthorized_client", "Missing valid authorization header"),
        (
            None,
            &[("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET), ("grant_type", "refresh_token")],
            401,
            "unauthorized_client",
            "Missing valid authorization header",
        ),
        (good, refresh, 400, "invalid_request", "Value passed for the token was invalid."),
        (good, &[], 400, "invalid_request", "Missing required parameter [grant_type]."),
        (
            good,
            &[("grant_type", "password")],
            400,
            "invalid_request",
            "Value passed for the grant type was invalid. Grant type should be one of [authorization_code, refresh_token].",
        ),
    ];
    for (basic, fields, status, error, description) in cases {
        let answer = x.form("/2/oauth2/token", basic, fields).await;
        assert_eq!(answer.status, status, "{fields:?}");
        assert_eq!(answer.body, json!({ "error": error, "error_description": description }));
    }
}

#[tokio::test]
async fn a_refresh_token_dies_when_it_is_used() {
    let x = X::new();
    let first = x.exchange(&x.code(SCOPES).await).await.body["refresh_token"].as_str().unwrap().to_owned();
    let second = x.refresh(&first).await;
    assert_eq!(second.status, 200);
    let second = second.body["refresh_token"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    assert_eq!(x.refresh(&first).await.status, 400);
    let third = x.refresh(&second).await;
    assert_eq!(third.status, 200, "the newest lives on");

    x.world.switch("family_revocation", "on").unwrap();
    assert_eq!(x.refresh(&second).await.status, 400);
    let third = third.body["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(x.refresh(&third).await.status, 400, "the whole family is dead");
}

#[tokio::test]
async fn public_clients_name_themselves_and_send_no_basic() {
    let x = X::new();
    x.world.switch("client_type", "public").unwrap();
    let fields = [("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", CLIENT_ID)];
    assert_eq!(x.form("/2/oauth2/token", None, &fields).await.body["error"], "invalid_request");
    let basic = Some((CLIENT_ID, CLIENT_SECRET));
    assert_eq!(x.form("/2/oauth2/token", basic, &fields).await.body["error"], "invalid_client");
}

#[tokio::test]
async fn tokens_can_be_made_to_live_shorter() {
    let x = X::new();
    x.world.switch("token_seconds", "60").unwrap();
    let tokens = x.exchange(&x.code(SCOPES).await).await.body;
    assert_eq!(tokens["expires_in"], 60);
    x.wait(60);
    assert_eq!(x.get(tokens["access_token"].as_str().unwrap(), "/2/users/me").await.status, 401);
    assert!(x.world.switch("token_seconds", "0").is_err());
}

#[tokio::test]
async fn tokens_end_by_time_by_the_app_and_by_the_person() {
    let x = X::new();
    let tokens = x.exchange(&x.code(SCOPES).await).await.body;
    let (access, refresh) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    assert_eq!(x.get(access, "/2/users/me").await.status, 200);
    x.wait(7200);
    assert_eq!(x.get(access, "/2/users/me").await.status, 401);

    let tokens = x.refresh(refresh).await.body;
    let (access, refresh) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    x.world.expire("acme_example").unwrap();
    assert_eq!(x.get(access, "/2/users/me").await.status, 401);
    let tokens = x.refresh(refresh).await.body;
    let (access, refresh) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());

    let gone = x.form("/2/oauth2/revoke", Some((CLIENT_ID, CLIENT_SECRET)), &[("token", access)]).await;
    assert_eq!((gone.status, gone.body), (200, json!({ "revoked": true })));
    assert_eq!(x.get(access, "/2/users/me").await.status, 401);
    let tokens = x.refresh(refresh).await.body;
    let (access, refresh) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());

    x.world.revoke(ACME).unwrap();
    assert_eq!(x.get(access, "/2/users/me").await.status, 401);
    assert_eq!(x.refresh(refresh).await.status, 400);
}

#[tokio::test]
async fn a_cut_answer_leaves_the_old_token_dead() {
    let x = X::new();
    let refresh = x.exchange(&x.code(SCOPES).await).await.body["refresh_token"].as_str().unwrap().to_owned();
    let simulator = Simulator::new(x.world.shared.clone(), vec![x.world.clone()]);
    simulator.fault(Fault::new("twitter", "/2/oauth2/token", FaultKind::CutAfter).times(1)).unwrap();
    let basic = STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}"));
    let request = Request::post("/twitter/2/oauth2/token")
        .header(header::AUTHORIZATION, format!("Basic {basic}"))
        .body(Body::from(format!("grant_type=refresh_token&refresh_token={refresh}")))
        .unwrap();
    let response = simulator.router().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(to_bytes(response.into_body(), 10_000).await.is_err(), "the new pair never arrives whole");
    assert_eq!(x.refresh(&refresh).await.body["error_description"], "Value passed for the token was invalid.");
}

/// Sends a refresh through the faults of a simulator.
async fn refresh_through(simulator: &std::sync::Arc<Simulator>, refresh: &str) -> axum::response::Response {
    let basic = STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}"));
    let request = Request::post("/twitter/2/oauth2/token")
        .header(header::AUTHORIZATION, format!("Basic {basic}"))
        .body(Body::from(format!("grant_type=refresh_token&refresh_token={refresh}")))
        .unwrap();
    simulator.router().oneshot(request).await.unwrap()
}

#[tokio::test]
async fn the_use_of_spent_tokens_is_counted_and_told_from_a_lost_answer() {
    let x = X::new();
    let standing = || {
        let grant = x.world.grants().pop().expect("a consent");
        (grant.alive, grant.renewals, grant.spent_uses, grant.blind_uses)
    };
    let first = x.exchange(&x.code(SCOPES).await).await.body["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(standing(), (true, 0, 0, 0));
    let second = x.refresh(&first).await.body["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(x.refresh(&first).await.status, 400);
    assert_eq!(standing(), (true, 1, 1, 0), "the newest lives on");

    let simulator = Simulator::new(x.world.shared.clone(), vec![x.world.clone()]);
    for kind in [FaultKind::CutAfter, FaultKind::TruncatedJson] {
        simulator.fault(Fault::new("twitter", "/2/oauth2/token", kind).times(1)).unwrap();
    }
    refresh_through(&simulator, &second).await;
    assert_eq!(standing(), (false, 2, 1, 0), "nobody was told the new pair");
    assert_eq!(x.refresh(&second).await.status, 400);
    assert_eq!(standing(), (false, 2, 1, 1), "who asks again could not know");

    let third = x.exchange(&x.code(SCOPES).await).await.body["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!((x.world.grants().len(), standing()), (2, (true, 0, 0, 0)), "a new consent, the newest last");
    refresh_through(&simulator, &third).await;
    assert!(!standing().0, "half of the JSON tells nothing either");
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_lost_and_one_in_time_is_not() {
    let x = X::new();
    let refresh = x.exchange(&x.code(SCOPES).await).await.body["refresh_token"].as_str().unwrap().to_owned();
    let simulator = Simulator::new(x.world.shared.clone(), vec![x.world.clone()]);
    simulator.fault(Fault::new("twitter", "", FaultKind::SlowAfter(1)).times(1)).unwrap();
    let answer = refresh_through(&simulator, &refresh).await;
    let answer: Value = serde_json::from_slice(&to_bytes(answer.into_body(), 10_000).await.unwrap()).unwrap();
    assert!(x.world.grants()[0].alive);
    simulator.fault(Fault::new("twitter", "", FaultKind::SlowAfter(60_000)).times(1)).unwrap();
    let refresh = answer["refresh_token"].as_str().unwrap();
    let impatient = std::time::Duration::from_millis(50);
    assert!(tokio::time::timeout(impatient, refresh_through(&simulator, refresh)).await.is_err());
    let grant = &x.world.grants()[0];
    assert_eq!((grant.alive, grant.renewals), (false, 2), "it was handled, and nobody was there any more");
}

#[tokio::test]
async fn somebody_else_may_use_our_token_and_the_person_take_back_a_scope() {
    let x = X::new();
    assert!(x.world.rotate(ACME).is_err(), "nothing to rotate yet");
    let tokens = x.exchange(&x.code(SCOPES).await).await.body;
    let (access, refresh) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    x.world.withdraw(ACME, "users.read").unwrap();
    assert_eq!(x.get(access, "/2/users/me").await.body["title"], "Forbidden");
    let kept = x.refresh(refresh).await.body;
    assert_eq!(kept["scope"], "offline.access tweet.read");

    x.world.rotate("acme_example").unwrap();
    assert_eq!(x.refresh(kept["refresh_token"].as_str().unwrap()).await.status, 400);
    let grant = x.world.grants().pop().unwrap();
    assert_eq!((grant.alive, grant.spent_uses, grant.blind_uses), (false, 0, 1));
}

#[tokio::test]
async fn a_secret_changed_at_x_is_the_apps_trouble() {
    let x = X::new();
    let refresh = x.exchange(&x.code(SCOPES).await).await.body["refresh_token"].as_str().unwrap().to_owned();
    x.world.switch("client_secret", "changed").unwrap();
    let refused = x.refresh(&refresh).await;
    assert_eq!((refused.status, &refused.body["error"]), (401, &json!("unauthorized_client")));
    x.world.switch("client_secret", "known").unwrap();
    assert_eq!(x.refresh(&refresh).await.status, 200, "nothing was spent");
}
