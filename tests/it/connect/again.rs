//! Reconnecting an account: this one and no other.

use super::{account, assert_failed, below_origin, calls, disconnect::disconnect, get, tokens_of};
use crate::{
    app::{
        App, SHARED_SECRET,
        world::{LINKEDIN_PAGE, account_of, arrive, consent, query},
    },
    secrets::recorder::{Recorder, capture},
};
use nchat_social::{
    domain::Platform,
    simulator::{Draft, NewAccount},
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

const ADMIN: [(&str, &str); 2] = [("x-nchat-social-secret", SHARED_SECRET), ("x-hasura-role", "admin")];
/// Everything that a refused reconnection must leave as it is.
const ROWS: &str = "SELECT (SELECT jsonb_agg(to_jsonb(a) ORDER BY a.id) FROM nchat_social_accounts a) AS accounts, \
    (SELECT jsonb_agg(to_jsonb(c) ORDER BY c.id) FROM nchat_social_credentials c) AS credentials";

/// Begins to reconnect; the whole payload.
async fn start(app: &App, tenant: &str, input: Value) -> Value {
    let document = "mutation ($i: SocialReconnectAccountInput!) { socialReconnectAccount(input: $i) \
                    { status message connection_id url expires_at } }";
    let answer = app.try_ask(tenant, document, json!({ "i": input })).await;
    assert!(answer["errors"].is_null(), "{answer:#}");
    answer["data"]["socialReconnectAccount"].clone()
}

/// Opens the address with its ticket, consents as `login`; the browser's cookie and the callback's address.
async fn to_the_door(app: &App, started: &Value, login: Option<&str>) -> (String, Url) {
    let answer = get(app, &below_origin(started["url"].as_str().expect("an address")), &[]).await;
    assert_eq!(answer.status, 302, "{}", answer.body);
    let cookie = answer.header("set-cookie").split(';').next().expect("a cookie").to_owned();
    let mut page = answer.location();
    if let Some(login) = login {
        page.query_pairs_mut().append_pair("account", login);
    }
    (cookie, consent(&page).await)
}

/// The whole way; where the browser ends.
async fn reconnect(app: &App, id: Uuid, login: Option<&str>) -> Url {
    let started = start(app, "primary", json!({"account_id": id, "return_path": "/settings/social"})).await;
    assert_eq!(started["status"], "started", "{started:#}");
    let (cookie, back) = to_the_door(app, &started, login).await;
    arrive(app, &back, Some(&cookie)).await
}

/// Another account that the person could log in as.
fn add_second(app: &App, platform: Platform) -> &'static str {
    let id = if platform == Platform::Twitter { "1700000000000000003" } else { "17841400000000003" };
    let account = NewAccount { id: id.into(), handle: "second_example".into(), name: "Second Example".into() };
    app.simulator.world(platform.as_str()).expect("a world").add_account(account).expect("an account");
    id
}

#[tokio::test]
async fn the_same_identity_gets_new_tokens_and_keeps_all_else() {
    for platform in Platform::ALL {
        let app = App::start().await;
        let id = app.following(platform, json!({})).await;
        let world = app.simulator.world(platform.as_str()).expect("a world");
        world.publish(account_of(platform), Draft::text("Before")).expect("published");
        app.poll_after(20).await;
        world.revoke(account_of(platform)).expect("revoked");
        app.poll_after(20).await;
        app.poll_after(20).await;
        assert_eq!(account(&app, id).await["health"], "needs_reconnect", "{platform}");
        app.clock.advance(chrono::Duration::days(3));
        world.publish(account_of(platform), Draft::text("Meanwhile")).expect("published");
        let kept = format!(
            "SELECT id, cursor, baseline_at, created_at, created_by, is_active FROM nchat_social_accounts WHERE id = '{id}'"
        );
        let before = app.chat.value(&kept).await;
        let old = tokens_of(&app, id).await;

        let started = start(&app, "primary", json!({"account_id": id})).await;
        assert_eq!(started["status"], "started", "{platform}");
        let message = started["message"].as_str().expect("a sentence");
        assert!(message.contains("“Acme Example”") && message.contains("ten minutes"), "{message}");
        let (cookie, back) = to_the_door(&app, &started, None).await;
        let end = arrive(&app, &back, Some(&cookie)).await;
        assert_eq!(query(&end, "success"), Some(format!("{platform}_connected")), "{end}");

        assert_eq!(app.chat.value(&kept).await, before, "{platform}");
        assert_ne!(tokens_of(&app, id).await.access_token.expose_secret(), old.access_token.expose_secret());
        let now = account(&app, id).await;
        assert_eq!((&now["health"], &now["health_code"]), (&json!("connected"), &json!(null)), "{platform}");
        assert_eq!(now["next_poll_reason"], "reconnected", "{platform}");
        let document = "query ($id: uuid!) { socialConnection(id: $id) \
                        { status reconnects_account_id accounts { id } } }";
        let connection = app.ask(document, json!({"id": started["connection_id"]})).await;
        let expected = json!({"status": "connected", "reconnects_account_id": id, "accounts": [{"id": id}]});
        assert_eq!(connection["socialConnection"], expected, "{platform}");

        assert_eq!(app.poll_after(0).await, 1, "{platform}: at once");
        assert_eq!(app.chat.texts().await, ["Before", "Meanwhile"], "{platform}: nothing twice, nothing lost");
        assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_integrations").await, 1, "{platform}");
        for table in ["nchat_social_accounts", "nchat_social_credentials"] {
            assert_eq!(app.chat.count(&format!("SELECT count(*) FROM {table}")).await, 1, "{platform}: {table}");
        }
        app.assert_at_rest().await;
    }
}

#[tokio::test]
async fn a_browser_reconnects_by_the_accounts_id() {
    for platform in Platform::ALL {
        let app = App::start().await;
        let id = app.connect_one(platform).await;
        let old = tokens_of(&app, id).await;
        disconnect(&app, id, None).await;
        let answer = get(&app, &format!("/api/social/{platform}/auth?account_id={id}&return_path=/x"), &ADMIN).await;
        let cookie = answer.header("set-cookie").split(';').next().expect("a cookie").to_owned();
        let end = arrive(&app, &consent(&answer.location()).await, Some(&cookie)).await;
        assert_eq!((end.path(), query(&end, "success")), ("/x", Some(format!("{platform}_connected"))));
        assert_ne!(tokens_of(&app, id).await.access_token.expose_secret(), old.access_token.expose_secret());
        let now = account(&app, id).await;
        assert_eq!((&now["is_active"], &now["health"]), (&json!(true), &json!("connected")), "{platform}");
    }
}

#[tokio::test]
async fn another_identity_is_refused_with_both_names_and_nothing_changes() {
    for platform in [Platform::Twitter, Platform::Instagram] {
        let app = App::start().await;
        let (log, _guard) = capture();
        let id = app.connect_one(platform).await;
        let second = add_second(&app, platform);
        let before = app.chat.value(ROWS).await;

        let end = reconnect(&app, id, Some(second)).await;
        assert_eq!((end.path(), query(&end, "error").as_deref()), ("/settings/social", Some("wrong_account")), "{end}");
        let connection = query(&end, "connection").expect("the connection that tells more");
        assert!(!end.as_str().contains("xample"), "{platform}: no name in the address: {end}");
        assert_eq!(app.chat.value(ROWS).await, before, "{platform}: no row is changed or made");
        let message = assert_failed(&app, "wrong_account").await;
        for name in ["“Acme Example” (@acme_example)", "“Second Example” (@second_example)"] {
            assert!(message.contains(name), "{platform}: {message}");
            assert!(log.text().contains(name), "{platform}: the log names {name}");
        }
        if platform == Platform::Twitter {
            assert_eq!(calls(&app, "twitter", "POST", "/2/oauth2/revoke"), 2, "the unused grant is ended");
        }

        // The plain page tells it to the administrator, and to nobody else.
        let page = format!("/admin/social/plain?error=wrong_account&connection={connection}");
        let told = get(&app, &page, &ADMIN).await.body;
        assert!(told.contains("“Acme Example”") && told.contains("“Second Example”"), "{told}");
        let stranger = get(&app, &page, &[]).await.body;
        assert!(!stranger.contains("Example") && stranger.contains("of another account"), "{stranger}");
        let elsewhere = [ADMIN[0], ADMIN[1], ("x-hasura-source-account-id", "other")];
        assert!(!get(&app, &page, &elsewhere).await.body.contains("Example"));

        // The account goes on, and the right login still reconnects it.
        assert_eq!(app.poll_after(20).await, 1);
        assert_eq!(account(&app, id).await["health"], "connected", "{platform}");
        let end = reconnect(&app, id, Some(account_of(platform))).await;
        assert_eq!(query(&end, "success"), Some(format!("{platform}_connected")));

        let mut recorder = Recorder::default();
        let tokens = tokens_of(&app, id).await;
        recorder.secret("the access token", tokens.access_token.expose_secret());
        recorder.keep("the log", log.text());
        recorder.assert_clean();
    }
}

/// Logged in as an account that is connected too: its own connection must not suffer from the mistake.
#[tokio::test]
async fn the_wrong_logins_own_account_stays_connected() {
    let app = App::start().await;
    let first = app.connect_one(Platform::Twitter).await;
    let second = add_second(&app, Platform::Twitter);
    let (cookie, mut page) = crate::app::world::depart(&app, Platform::Twitter).await;
    page.query_pairs_mut().append_pair("account", second);
    arrive(&app, &consent(&page).await, Some(&cookie)).await;
    let end = reconnect(&app, first, Some(second)).await;
    assert_eq!(query(&end, "error").as_deref(), Some("wrong_account"));
    assert_eq!(app.poll_after(20).await, 2);
    let healthy = "SELECT count(*) FROM nchat_social_accounts WHERE health = 'connected'";
    assert_eq!(app.chat.count(healthy).await, 2);
}

#[tokio::test]
async fn of_several_pages_the_wanted_one_is_reconnected_without_choosing() {
    let app = App::start().await;
    let world = app.simulator.world("linkedin").expect("LinkedIn");
    let second = "urn:li:organization:7000001";
    let third = "urn:li:organization:7000002";
    for (id, name) in [(second, "Second Example"), (third, "Third Example")] {
        let page = NewAccount { id: id.into(), handle: name.to_lowercase().replace(' ', "-"), name: name.into() };
        world.add_account(page).expect("a page");
    }
    // Two of three are connected.
    let pages = app.connect(Platform::Linkedin).await;
    let of = async |page: &str| {
        let row = app.chat.value(&format!("SELECT id FROM nchat_social_accounts WHERE account_id = '{page}'")).await;
        row[0]["id"].as_str().and_then(|id| id.parse::<Uuid>().ok())
    };
    disconnect(&app, of(third).await.expect("a row"), Some(true)).await;
    assert_eq!(pages.len(), 3);
    let (first, other) = (of(LINKEDIN_PAGE).await.expect("a row"), of(second).await.expect("a row"));
    world.revoke(LINKEDIN_PAGE).expect("revoked");
    for _ in 0..2 {
        app.poll_after(20).await;
    }
    assert_eq!(account(&app, other).await["health"], "needs_reconnect");

    let end = reconnect(&app, first, None).await;
    assert_eq!(query(&end, "success").as_deref(), Some("linkedin_connected"), "no choice: {end}");
    assert_eq!(of(third).await, None, "no page is connected that was not");
    assert_eq!(account(&app, first).await["health"], "connected");
    assert_eq!(account(&app, other).await["health"], "connected", "it is read with the same login");
    assert_eq!(app.poll().await, 2);
    assert_eq!(account(&app, other).await["health"], "connected", "which works for it too");

    // The member lost the page: the others of the login are named.
    world.switch("role", &format!("{LINKEDIN_PAGE}=none")).expect("a switch");
    let before = app.chat.value(ROWS).await;
    let end = reconnect(&app, first, None).await;
    assert_eq!(query(&end, "error").as_deref(), Some("wrong_account"));
    let message = assert_failed(&app, "wrong_account").await;
    for name in ["“Acme Example”", "“Second Example”", "“Third Example”"] {
        assert!(message.contains(name), "{message}");
    }
    assert_eq!(app.chat.value(ROWS).await, before);
}

#[tokio::test]
async fn only_an_account_of_the_workspace_and_the_platform_can_be_reconnected() {
    let app = App::start().await;
    let id = app.connect_one(Platform::Twitter).await;
    let nothing = async |tenant: &str, account: Uuid| {
        let payload = start(&app, tenant, json!({ "account_id": account })).await;
        (payload["status"].clone(), payload["url"].clone())
    };
    assert_eq!(nothing("primary", Uuid::from_u128(7)).await, (json!("not_found"), Value::Null));
    assert_eq!(nothing("other", id).await, (json!("not_found"), Value::Null), "another workspace's administrator");
    let bad_path = start(&app, "primary", json!({"account_id": id, "return_path": "//evil.example"})).await;
    assert_eq!(bad_path["status"], "invalid");

    for (uri, status, code) in [
        (format!("/api/social/linkedin/auth?account_id={id}"), 404, "no_account"),
        (format!("/api/social/twitter/auth?account_id={}", Uuid::from_u128(7)), 404, "no_account"),
        (format!("/api/social/twitter/auth?account_id={id}&account_id={id}"), 404, "no_account"),
        ("/api/social/twitter/auth?account_id=1".to_owned(), 404, "no_account"),
    ] {
        let answer = get(&app, &uri, &ADMIN).await;
        assert_eq!((answer.status, answer.json()["error"].as_str()), (status, Some(code)), "{uri}");
    }
    let uri = format!("/api/social/twitter/auth?account_id={id}");
    assert_eq!(get(&app, &uri, &[]).await.json()["error"], "not_signed_in");
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_oauth_sessions").await, 1, "nothing was begun");
}

#[tokio::test]
async fn an_account_deleted_meanwhile_does_not_come_back() {
    for platform in Platform::ALL {
        let app = App::start().await;
        let id = app.connect_one(platform).await;
        let started = start(&app, "primary", json!({ "account_id": id })).await;
        let (cookie, back) = to_the_door(&app, &started, None).await;
        disconnect(&app, id, Some(true)).await;
        let end = arrive(&app, &back, Some(&cookie)).await;
        assert_eq!(query(&end, "error").as_deref(), Some("no_account"), "{platform}: {end}");
        assert_failed(&app, "no_account").await;
        super::assert_nothing_stored(&app).await;
    }
}

#[tokio::test]
async fn a_ticket_for_a_reconnection_opens_once() {
    let app = App::start().await;
    let id = app.connect_one(Platform::Twitter).await;
    let started = start(&app, "primary", json!({ "account_id": id })).await;
    let uri = below_origin(started["url"].as_str().expect("an address"));
    assert!(uri.contains("?ticket=") && !uri.contains(&id.to_string()), "{uri}");
    assert_eq!(get(&app, &uri, &[]).await.status, 302);
    assert_eq!(get(&app, &uri, &[]).await.json()["error"], "bad_ticket");
}
