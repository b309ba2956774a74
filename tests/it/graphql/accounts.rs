//! Switching accounts and disconnecting them.

use crate::app::{App, world::account_of};
use nchat_social::{
    domain::Platform,
    simulator::{Draft, Fault, FaultKind},
};
use serde_json::{Value, json};
use uuid::Uuid;

const ACCOUNT: &str = "account { id is_active is_connected health health_code }";

async fn disconnect(app: &App, input: Value) -> Value {
    let document = format!(
        "mutation ($i: SocialDisconnectAccountInput!) {{ socialDisconnectAccount(input: $i) {{ status message {ACCOUNT} }} }}"
    );
    let payload = app.ask(&document, json!({"i": input})).await["socialDisconnectAccount"].clone();
    assert!(payload["message"].as_str().expect("a sentence").ends_with(['.', 's']), "{payload:#}");
    payload
}

async fn set_active(app: &App, input: Value) -> Value {
    let document = format!(
        "mutation ($i: SocialSetAccountActiveInput!) {{ socialSetAccountActive(input: $i) {{ status message {ACCOUNT} }} }}"
    );
    let payload = app.ask(&document, json!({"i": input})).await["socialSetAccountActive"].clone();
    assert!(payload["message"].as_str().expect("a sentence").ends_with('.'), "{payload:#}");
    payload
}

fn publish(app: &App, platform: Platform) {
    let world = app.simulator.world(platform.as_str()).expect("a world");
    world.publish(account_of(platform), Draft::text("News")).expect("published");
}

#[tokio::test]
async fn disconnecting_forgets_the_login_and_keeps_the_rest() {
    for platform in Platform::ALL {
        let app = App::start().await;
        let account = app.following(platform, json!({})).await;
        publish(&app, platform);
        app.poll_after(20).await;
        let done = disconnect(&app, json!({"id": account, "purge_posts": null})).await;
        assert_eq!(done["status"], "disconnected");
        let name = platform.brand().name;
        assert!(done["message"].as_str().expect("a sentence").contains(name), "what about {name}? {done:#}");
        assert_eq!(
            done["account"],
            json!({"id": account, "is_active": false, "is_connected": false, "health": "needs_reconnect",
                   "health_code": "disconnected"})
        );
        assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_credentials").await, 0);
        assert_eq!(app.poll_after(60).await, 0, "no more polls");
        let again = disconnect(&app, json!({"id": account})).await;
        assert_eq!((&again["status"], &again["account"]), (&done["status"], &done["account"]), "again is the same");
        for table in ["accounts", "posts", "integrations", "import_logs", "deliveries"] {
            assert!(app.chat.count(&format!("SELECT count(*) FROM nchat_social_{table}")).await > 0, "{table} is kept");
        }
        // Connected again it goes on, with the same row.
        assert_eq!(app.connect_one(platform).await, account);
        app.poll().await;
        app.clock.advance(chrono::Duration::minutes(1));
        publish(&app, platform);
        app.poll_after(20).await;
        assert_eq!(app.chat.texts().await.len(), 2, "{platform}");
    }
}

#[tokio::test]
async fn purging_leaves_nothing_but_the_messages() {
    let app = App::start().await;
    let account = app.following(Platform::Twitter, json!({})).await;
    publish(&app, Platform::Twitter);
    app.poll_after(5).await;
    let done = disconnect(&app, json!({"id": account, "purge_posts": true})).await;
    assert_eq!((&done["status"], &done["account"]), (&json!("disconnected"), &Value::Null));
    for table in ["accounts", "posts", "integrations", "import_logs", "deliveries", "credentials"] {
        assert_eq!(app.chat.count(&format!("SELECT count(*) FROM nchat_social_{table}")).await, 0, "{table}");
    }
    assert_eq!(app.chat.texts().await, ["News"]);
    for purge in [true, false] {
        let again = disconnect(&app, json!({"id": account, "purge_posts": purge})).await;
        assert_eq!((&again["status"], &again["account"]), (&json!("not_found"), &Value::Null));
    }
}

#[tokio::test]
async fn a_platform_that_is_away_keeps_no_account_connected() {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    app.simulator.fault(Fault::new("twitter", "/", FaultKind::Html(503))).expect("a fault");
    let done = disconnect(&app, json!({"id": account})).await;
    assert_eq!(done["status"], "disconnected");
    assert!(done["message"].as_str().expect("a sentence").contains("did not answer"), "{done:#}");
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_credentials").await, 0);
}

#[tokio::test]
async fn switching_says_how_the_account_stands() {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    for (active, status) in [(false, "inactive"), (false, "inactive"), (true, "active"), (true, "active")] {
        let payload = set_active(&app, json!({"id": account, "is_active": active, "catch_up": null})).await;
        assert_eq!((&payload["status"], &payload["account"]["is_active"]), (&json!(status), &json!(active)));
    }
    let missed = set_active(&app, json!({"id": account, "is_active": true, "catch_up": true})).await;
    assert!(missed["message"].as_str().expect("a sentence").contains("missed"), "{missed:#}");
    let unknown = set_active(&app, json!({"id": Uuid::from_u128(7), "is_active": true})).await;
    assert_eq!((&unknown["status"], &unknown["account"]), (&json!("not_found"), &Value::Null));

    disconnect(&app, json!({"id": account})).await;
    let gone = set_active(&app, json!({"id": account, "is_active": true})).await;
    assert!(gone["message"].as_str().expect("a sentence").contains("connect the account again"), "{gone:#}");
    assert_eq!(app.poll_after(60).await, 0);
}
