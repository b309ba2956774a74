//! Connecting through GraphQL: every state of a connection, every answer to starting and choosing.

use crate::app::{
    App,
    world::{LINKEDIN_PAGE, X_ACCOUNT, arrive, consent, query},
};
use axum::{body::Body, http::Request};
use nchat_social::{platforms::Platforms, service::Service, simulator::NewAccount};
use serde_json::{Value, json};
use tower::ServiceExt;
use url::Url;
use uuid::Uuid;

async fn start(app: &App, input: Value) -> Value {
    let document = "mutation ($i: SocialStartConnectionInput!) { socialStartConnection(input: $i) \
                    { status message connection_id url expires_at } }";
    app.ask(document, json!({"i": input})).await["socialStartConnection"].clone()
}

async fn connection(app: &App, id: &Value) -> Value {
    let document = "query ($id: uuid!) { socialConnection(id: $id) { id platform status code message logged_in_as \
                    identities { identity_id name handle } expires_at accounts { id account_id } } }";
    app.ask(document, json!({"id": id})).await["socialConnection"].clone()
}

async fn choose(app: &App, id: &Value, identities: &[&str]) -> Value {
    let document = "mutation ($i: SocialChooseIdentitiesInput!) { socialChooseIdentities(input: $i) \
                    { status message accounts { id account_id } } }";
    let input = json!({"connection_id": id, "identity_ids": identities});
    let payload = app.ask(document, json!({"i": input})).await["socialChooseIdentities"].clone();
    assert!(payload["message"].as_str().expect("a sentence").len() > 10, "{payload:#}");
    payload
}

/// The administrator opens the address: the platform's page, and the cookie of the browser.
async fn open(app: &App, url: &Value) -> (String, Url) {
    let url: Url = url.as_str().expect("an address").parse().expect("an address");
    let request = Request::get(&url[url::Position::BeforePath..]).body(Body::empty()).expect("a request");
    let response = app.router.clone().oneshot(request).await.expect("an answer");
    let header = |name: &str| response.headers()[name].to_str().expect("text").to_owned();
    let cookie = header("set-cookie");
    (cookie.split(';').next().expect("a value").to_owned(), header("location").parse().expect("an address"))
}

#[tokio::test]
async fn a_connection_is_followed_from_the_first_step_to_the_account() {
    let app = App::start().await;
    let started = start(&app, json!({"platform": "twitter", "return_path": null})).await;
    assert_eq!(started["status"], "started", "{started:#}");
    assert!(started["message"].as_str().expect("a sentence").contains("ten minutes"));
    let id = &started["connection_id"];
    let now = connection(&app, id).await;
    assert_eq!((&now["status"], &now["platform"]), (&json!("started"), &json!("twitter")));
    assert_eq!((&now["id"], &now["expires_at"]), (id, &started["expires_at"]));
    assert_eq!((&now["identities"], &now["accounts"]), (&json!([]), &json!([])));

    let (cookie, page) = open(&app, &started["url"]).await;
    assert_eq!(connection(&app, id).await["status"], "waiting");
    assert_eq!(choose(&app, id, &[X_ACCOUNT]).await["status"], "not_ready");
    app.chat.script("UPDATE nchat_social_oauth_sessions SET status = 'exchanging'").await;
    assert_eq!(connection(&app, id).await["status"], "exchanging");
    app.chat.script("UPDATE nchat_social_oauth_sessions SET status = 'waiting'").await;

    arrive(&app, &consent(&page).await, Some(&cookie)).await;
    let done = connection(&app, id).await;
    assert_eq!(done["status"], "connected", "{done:#}");
    assert_eq!(done["accounts"][0]["account_id"], X_ACCOUNT);
    assert_eq!(done["code"], Value::Null);
    // What is done does not run out.
    app.clock.advance(chrono::Duration::minutes(30));
    assert_eq!(connection(&app, id).await["status"], "connected");
    assert_eq!(choose(&app, id, &[X_ACCOUNT]).await["accounts"], done["accounts"]);
    assert_eq!(connection(&app, &json!(Uuid::from_u128(7))).await, Value::Null);
}

#[tokio::test]
async fn a_login_with_several_pages_lets_the_administrator_choose() {
    let app = App::start().await;
    let second = "urn:li:organization:9000001";
    let page = NewAccount { id: second.into(), handle: "second".into(), name: "Second Example".into() };
    app.simulator.world("linkedin").expect("LinkedIn").add_account(page).expect("a page");
    let started = start(&app, json!({"platform": "linkedin", "return_path": "/settings"})).await;
    let id = &started["connection_id"];
    let (cookie, page) = open(&app, &started["url"]).await;
    let end = arrive(&app, &consent(&page).await, Some(&cookie)).await;
    assert_eq!(end.path(), "/settings");
    assert_eq!(query(&end, "choose").map(Value::from).as_ref(), Some(id), "{end}");

    let offer = connection(&app, id).await;
    assert_eq!(offer["status"], "choosing");
    let offered = offer["identities"].as_array().expect("identities");
    assert_eq!(offered.len(), 2);
    assert!(offered.iter().any(|identity| identity["name"] == "Second Example"), "{offer:#}");
    assert!(offer["logged_in_as"].is_string(), "{offer:#}");
    assert_eq!(choose(&app, id, &[]).await["status"], "nothing_chosen");
    assert_eq!(choose(&app, id, &[second, "urn:li:organization:1"]).await["status"], "not_offered");
    assert_eq!(choose(&app, &json!(Uuid::from_u128(7)), &[second]).await["status"], "not_found");
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_accounts").await, 0, "a refusal changes nothing");

    let chosen = choose(&app, id, &[second]).await;
    assert_eq!(chosen["status"], "connected");
    assert_eq!(chosen["message"], "Connected: Second Example.");
    assert_eq!(chosen["accounts"].as_array().map(Vec::len), Some(1));
    assert_eq!(connection(&app, id).await["accounts"], chosen["accounts"]);
    let again = choose(&app, id, &[second, LINKEDIN_PAGE]).await;
    assert_eq!(again["accounts"], chosen["accounts"], "choosing again gives the same");
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_accounts").await, 1);
}

#[tokio::test]
async fn what_fails_or_takes_too_long_says_so() {
    let app = App::start().await;
    let started = start(&app, json!({"platform": "twitter"})).await;
    let (cookie, page) = open(&app, &started["url"]).await;
    let state = query(&page, "state").expect("a state");
    let declined = format!("http://127.0.0.1:9/api/social/twitter/callback?error=access_denied&state={state}");
    arrive(&app, &declined.parse().expect("an address"), Some(&cookie)).await;
    let failed = connection(&app, &started["connection_id"]).await;
    assert_eq!((&failed["status"], &failed["code"]), (&json!("failed"), &json!("access_denied")));
    assert!(failed["message"].as_str().expect("a sentence").contains("declined"));
    let over = choose(&app, &started["connection_id"], &[X_ACCOUNT]).await;
    assert_eq!((&over["status"], &over["message"]), (&json!("expired"), &failed["message"]));

    // Each of the steps that wait for somebody runs out.
    let mut waiting = Vec::new();
    for is_opened in [false, true] {
        let started = start(&app, json!({"platform": "twitter"})).await;
        if is_opened {
            open(&app, &started["url"]).await;
        }
        waiting.push(started["connection_id"].clone());
    }
    let page = NewAccount { id: "urn:li:organization:9000001".into(), handle: "second".into(), name: "Second".into() };
    app.simulator.world("linkedin").expect("LinkedIn").add_account(page).expect("a page");
    let started = start(&app, json!({"platform": "linkedin"})).await;
    let (cookie, page) = open(&app, &started["url"]).await;
    arrive(&app, &consent(&page).await, Some(&cookie)).await;
    waiting.push(started["connection_id"].clone());
    app.clock.advance(chrono::Duration::minutes(11));
    for id in &waiting {
        assert_eq!(connection(&app, id).await["status"], "expired");
        assert_eq!(choose(&app, id, &[LINKEDIN_PAGE]).await["status"], "expired");
    }
}

#[tokio::test]
async fn starting_is_refused_with_a_reason() {
    let mut app = App::start().await;
    for path in ["//evil.example", "https://evil.example", "/a?b=c", ""] {
        let refused = start(&app, json!({"platform": "twitter", "return_path": path})).await;
        assert_eq!((&refused["status"], &refused["url"]), (&json!("invalid"), &Value::Null), "{path}");
        assert!(refused["message"].as_str().expect("a sentence").contains("return_path"));
    }
    app.use_service(Service { platforms: Platforms::default(), ..app.service.clone() });
    let refused = start(&app, json!({"platform": "linkedin"})).await;
    assert_eq!((&refused["status"], &refused["connection_id"]), (&json!("not_configured"), &Value::Null));
    assert!(refused["message"].as_str().expect("a sentence").contains("operator"));
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_oauth_sessions").await, 0);
    let document = "{ socialPlatforms { is_configured scopes { scope } } }";
    let platforms = app.ask(document, json!({})).await["socialPlatforms"].clone();
    assert!(platforms.as_array().expect("a list").iter().all(|p| *p == json!({"is_configured": false, "scopes": []})));
}
