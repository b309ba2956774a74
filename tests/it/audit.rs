//! Who changed what: a line for each change, for administrators of the workspace, for as long as is set.

use crate::{
    app::{
        App, SHARED_SECRET,
        world::{arrive, consent, depart, query},
    },
    connect::{below_origin, get},
    tenants::world::ask_in,
};
use nchat_social::{
    domain::Platform,
    service::{Actor, Claims, Service, Settings, housekeeping::Retention},
    simulator::NewAccount,
};
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

const DOCUMENT: &str = "query ($account_id: uuid, $first: Int, $after: String) { \
    socialAuditLog(account_id: $account_id, first: $first, after: $after) { \
    nodes { id done_at actor user_id action platform account_id account_name detail } \
    edges { cursor node { action } } page_info { has_next_page end_cursor } } }";

async fn log(app: &App, variables: Value) -> Vec<Value> {
    app.ask(DOCUMENT, variables).await["socialAuditLog"]["nodes"].as_array().expect("a list").clone()
}

fn actions(log: &[Value]) -> Vec<&str> {
    log.iter().map(|entry| entry["action"].as_str().expect("a word")).collect()
}

/// Asks as the workspace's owner, a person who is known.
async fn as_owner(app: &App, document: &str, input: Value) -> Value {
    let claims = Claims { role: "owner".into(), user_id: Some(app.chat.owner), tenant: None };
    let actor = app.service.actor(&claims).await.expect("an actor");
    assert!(matches!(actor, Actor::Admin(_)));
    let answer = app.ask_as(actor, document, json!({ "i": input })).await;
    assert!(answer["errors"].is_null(), "{answer:#}");
    answer["data"].clone()
}

#[tokio::test]
async fn every_change_leaves_a_line_with_who_and_what() {
    let app = App::start().await;
    // The owner connects by the browser's address.
    let start = "mutation ($i: SocialStartConnectionInput!) { socialStartConnection(input: $i) { url } }";
    let url = as_owner(&app, start, json!({"platform": "twitter"})).await["socialStartConnection"]["url"].clone();
    let walk = async |url: &Value| {
        app.clock.advance(chrono::Duration::seconds(1));
        let answer = get(&app, &below_origin(url.as_str().expect("an address")), &[]).await;
        let cookie = answer.header("set-cookie").split(';').next().expect("a cookie").to_owned();
        let end = arrive(&app, &consent(&answer.location()).await, Some(&cookie)).await;
        assert!(query(&end, "success").is_some(), "{end}");
    };
    walk(&url).await;
    let id = app.chat.value("SELECT id FROM nchat_social_accounts").await[0]["id"].clone();

    let change = async |name: &str, input: Value| {
        app.clock.advance(chrono::Duration::seconds(1));
        let kind = format!("S{}Input", &name[1..]);
        let fields = if name == "socialCreateIntegration" { "status integration { id }" } else { "status" };
        let document = format!("mutation ($i: {kind}!) {{ {name}(input: $i) {{ {fields} }} }}");
        as_owner(&app, &document, input).await[name].clone()
    };
    let reconnect = "mutation ($i: SocialReconnectAccountInput!) { socialReconnectAccount(input: $i) { url } }";
    walk(&as_owner(&app, reconnect, json!({"account_id": id})).await["socialReconnectAccount"]["url"]).await;
    change("socialSetAccountActive", json!({"id": id, "is_active": false})).await;
    change("socialSetAccountActive", json!({"id": id, "is_active": true, "catch_up": true})).await;
    let created = change(
        "socialCreateIntegration",
        json!({"account_id": id, "channel_id": app.chat.announcements, "filter_hashtags": ["news"]}),
    )
    .await;
    let integration = created["integration"]["id"].clone();
    change("socialUpdateIntegration", json!({"id": integration, "auto_post": false})).await;
    change("socialDeleteIntegration", json!({"id": integration})).await;
    change("socialDisconnectAccount", json!({"id": id, "purge_posts": true})).await;
    // What changes nothing leaves no line.
    change("socialDeleteIntegration", json!({"id": integration})).await;
    change("socialDisconnectAccount", json!({"id": id})).await;
    change("socialSetAccountActive", json!({"id": id, "is_active": true})).await;

    let all = log(&app, json!({})).await;
    assert_eq!(
        actions(&all),
        [
            "account_disconnected",
            "integration_deleted",
            "integration_updated",
            "integration_created",
            "account_switched_on",
            "account_switched_off",
            "account_reconnected",
            "account_connected",
        ],
        "newest first"
    );
    for entry in &all {
        assert_eq!((&entry["actor"], &entry["user_id"]), (&json!("administrator"), &json!(app.chat.owner)), "{entry}");
        assert_eq!((&entry["account_id"], &entry["account_name"]), (&id, &json!("Acme Example")), "{entry}");
        assert_eq!(entry["platform"], "twitter");
    }
    assert_eq!(all[0]["detail"], json!({"posts_deleted": true}));
    assert_eq!(all[2]["detail"]["settings"], json!({"auto_post": {"from": true, "to": false}}));
    assert_eq!(all[2]["detail"]["integration_id"], integration);
    assert_eq!(all[3]["detail"]["settings"]["filter_hashtags"], json!(["news"]));
    assert_eq!(all[4]["detail"], json!({"catch_up": true}));
    assert_eq!(all[7]["detail"], json!({"logged_in_as": "Acme Example"}));

    assert_eq!(log(&app, json!({"account_id": id})).await.len(), 8, "also when the account is gone");
    assert!(log(&app, json!({"account_id": Uuid::from_u128(7)})).await.is_empty());
    let others = ask_in(&app, "other", DOCUMENT, json!({"account_id": id})).await;
    assert_eq!(others["socialAuditLog"]["nodes"], json!([]), "another workspace's administrator");
}

#[tokio::test]
async fn a_choice_leaves_a_line_for_each_account() {
    let app = App::start().await;
    let second = "urn:li:organization:7000001";
    let page = NewAccount { id: second.into(), handle: "second".into(), name: "Second Example".into() };
    app.simulator.world("linkedin").expect("LinkedIn").add_account(page).expect("a page");
    app.connect(Platform::Linkedin).await;
    let all = log(&app, json!({})).await;
    assert_eq!(actions(&all), ["account_connected", "account_connected"]);
    let mut names: Vec<_> = all.iter().map(|entry| entry["account_name"].as_str().expect("a name")).collect();
    names.sort_unstable();
    assert_eq!(names, ["Acme Example", "Second Example"]);
    assert!(all.iter().all(|entry| entry["detail"] == json!({"logged_in_as": "Page Admin"})), "{all:#?}");
    // Hasura's admin secret names no person.
    assert!(all.iter().all(|entry| entry["user_id"].is_null()));
}

#[tokio::test]
async fn the_log_is_read_in_pages_and_by_administrators_alone() {
    let app = App::start().await;
    let id = app.connect_one(Platform::Instagram).await;
    let document = "mutation ($i: SocialSetAccountActiveInput!) { socialSetAccountActive(input: $i) { status } }";
    for turn in 0..4 {
        app.clock.advance(chrono::Duration::seconds(1));
        app.ask(document, json!({"i": {"id": id, "is_active": turn % 2 == 1}})).await;
    }
    let mut seen = Vec::new();
    let mut after = Value::Null;
    loop {
        let page = app.ask(DOCUMENT, json!({"first": 2, "after": after})).await["socialAuditLog"].clone();
        let nodes = page["nodes"].as_array().expect("a list").clone();
        assert!(nodes.len() <= 2);
        seen.extend(nodes.into_iter().map(|entry| entry["id"].clone()));
        if page["page_info"]["has_next_page"] == json!(false) {
            break;
        }
        after = page["page_info"]["end_cursor"].clone();
    }
    let all: Vec<Value> = log(&app, json!({})).await.into_iter().map(|entry| entry["id"].clone()).collect();
    assert_eq!((seen.len(), &seen), (5, &all), "each once");

    let refused = app.ask_as(Actor::Member, DOCUMENT, json!({})).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

#[tokio::test]
async fn the_browser_that_connects_by_its_session_is_named() {
    let app = App::start().await;
    let owner = app.chat.owner.to_string();
    let headers =
        [("x-nchat-social-secret", SHARED_SECRET), ("x-hasura-role", "user"), ("x-hasura-user-id", owner.as_str())];
    let answer = get(&app, "/api/social/linkedin/auth", &headers).await;
    let cookie = answer.header("set-cookie").split(';').next().expect("a cookie").to_owned();
    arrive(&app, &consent(&answer.location()).await, Some(&cookie)).await;
    assert_eq!(log(&app, json!({})).await[0]["user_id"], json!(app.chat.owner));
    // A refused connection changes nothing, so it leaves no line.
    let (cookie, mut page) = depart(&app, Platform::Twitter).await;
    page.query_pairs_mut().append_pair("decision", "deny");
    let back = crate::app::world::get(&page).await.header("location").expect("a redirect").parse().expect("a URL");
    arrive(&app, &back, Some(&cookie)).await;
    assert_eq!(log(&app, json!({})).await.len(), 1);
}

#[tokio::test]
async fn lines_are_kept_for_as_long_as_is_set() {
    let mut app = App::start().await;
    app.connect_one(Platform::Twitter).await;
    app.clock.advance(chrono::Duration::days(399));
    app.service.clean_up().await.expect("cleaned");
    assert_eq!(log(&app, json!({})).await.len(), 1);
    app.connect_one(Platform::Instagram).await;
    app.clock.advance(chrono::Duration::days(2));
    app.service.clean_up().await.expect("cleaned");
    assert_eq!(log(&app, json!({})).await.len(), 1, "only the newer one");

    let settings = Settings {
        keep: Retention { audit: chrono::Duration::days(1), ..app.service.settings.keep },
        ..(*app.service.settings).clone()
    };
    let service = Service { settings: Arc::new(settings), ..app.service.clone() };
    app.use_service(service);
    app.service.clean_up().await.expect("cleaned");
    assert!(log(&app, json!({})).await.is_empty());
}
