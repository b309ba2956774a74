//! The end of a connection.

use super::{account, calls, tokens_of};
use crate::app::{
    App,
    world::{self, LINKEDIN_PAGE, account_of},
};
use nchat_social::{
    domain::Platform,
    outbound::{Limits, Outbound},
    simulator::{Draft, Fault, FaultKind, NewAccount},
};
use serde_json::{Value, json};
use uuid::Uuid;

/// Disconnects; the payload.
pub async fn disconnect(app: &App, id: Uuid, purge: Option<bool>) -> Value {
    let document = "mutation ($i: SocialDisconnectAccountInput!) { socialDisconnectAccount(input: $i) \
                    { status message account { id is_active health health_code } } }";
    let input = json!({"id": id, "purge_posts": purge});
    app.ask(document, json!({ "i": input })).await["socialDisconnectAccount"].clone()
}

/// An account with one post in the channel.
async fn with_a_post(app: &App, platform: Platform) -> Uuid {
    let id = app.following(platform, json!({})).await;
    let world = app.simulator.world(platform.as_str()).expect("a world");
    world.publish(account_of(platform), Draft::text("A post")).expect("published");
    app.poll_after(20).await;
    assert_eq!(app.chat.texts().await, ["A post"], "{platform}");
    id
}

#[tokio::test]
async fn defect_23_disconnecting_forgets_the_tokens_ends_the_grant_and_keeps_the_posts() {
    for platform in Platform::ALL {
        let app = App::start().await;
        let id = with_a_post(&app, platform).await;
        let tokens = tokens_of(&app, id).await;
        let payload = disconnect(&app, id, None).await;
        assert_eq!(payload["status"], "disconnected", "{platform}");
        let expected =
            json!({"id": id, "is_active": false, "health": "needs_reconnect", "health_code": "disconnected"});
        assert_eq!(payload["account"], expected, "{platform}");
        assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_credentials").await, 0, "{platform}");
        for table in ["nchat_social_accounts", "nchat_social_posts", "nchat_social_integrations"] {
            assert_eq!(app.chat.count(&format!("SELECT count(*) FROM {table}")).await, 1, "{platform}: {table}");
        }
        let message = payload["message"].as_str().expect("a sentence");
        let duty = match platform {
            Platform::Twitter => "https://docs.x.com/developer-terms/policy",
            Platform::Instagram => "https://developers.facebook.com/terms/",
            Platform::Linkedin => "https://learn.microsoft.com/linkedin/marketing/data-storage-requirements",
        };
        assert!(message.contains("What was imported is kept.") && message.contains(duty), "{platform}: {message}");
        if platform == Platform::Twitter {
            assert_eq!(calls(&app, "twitter", "POST", "/2/oauth2/revoke"), 2);
            let me = format!("{}/twitter/2/users/me", app.simulator.shared().base_url).parse().expect("an address");
            let http = Outbound::new(Limits::default()).expect("a client");
            let reply = http.get(&me, Some(&tokens.access_token), &[]).await.expect("an answer");
            assert_eq!(reply.status, 401, "the token is dead at X");
            assert!(message.contains("ended at X"), "{message}");
        } else {
            assert!(message.contains("To end the access at"), "{platform}: the person is told where: {message}");
        }
        app.simulator.clear_calls();
        assert_eq!(app.poll_after(600).await, 0, "{platform}: it is not polled any more");
        assert!(app.simulator.calls().is_empty(), "{platform}");
    }
}

#[tokio::test]
async fn purging_deletes_what_was_imported_and_leaves_the_messages() {
    let app = App::start().await;
    let id = with_a_post(&app, Platform::Twitter).await;
    let payload = disconnect(&app, id, Some(true)).await;
    assert_eq!((&payload["status"], &payload["account"]), (&json!("disconnected"), &Value::Null));
    for table in ["accounts", "posts", "integrations", "credentials", "deliveries", "import_logs"] {
        assert_eq!(app.chat.count(&format!("SELECT count(*) FROM nchat_social_{table}")).await, 0, "{table}");
    }
    assert_eq!(app.chat.texts().await, ["A post"], "what was said in the channel stays said");
    let message = payload["message"].as_str().expect("a sentence");
    assert!(message.contains("is deleted here; messages in channels stay"), "{message}");
    assert_eq!(disconnect(&app, id, None).await["status"], "not_found");
}

#[tokio::test]
async fn a_dead_platform_keeps_no_account_alive() {
    let app = App::start().await;
    let id = app.connect_one(Platform::Twitter).await;
    app.simulator.fault(Fault::new("twitter", "/2/oauth2/revoke", FaultKind::Html(503))).expect("a fault");
    let payload = disconnect(&app, id, None).await;
    assert_eq!(payload["status"], "disconnected");
    let message = payload["message"].as_str().expect("a sentence");
    assert!(message.contains("remove the app in the account's settings"), "{message}");
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_credentials").await, 0);
}

#[tokio::test]
async fn a_login_lives_until_its_last_account_goes() {
    let app = App::start().await;
    let page = NewAccount { id: "7000001".into(), handle: "second".into(), name: "Second Example".into() };
    app.simulator.world("linkedin").expect("LinkedIn").add_account(page).expect("a page");
    let pages = world::connect(&app, Platform::Linkedin).await;
    let payload = disconnect(&app, pages[0], None).await;
    assert!(payload["message"].as_str().expect("a sentence").contains("same login"), "{payload:#}");
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_credentials").await, 1);
    assert_eq!(app.poll().await, 1);
    assert_eq!(account(&app, pages[1]).await["health"], "connected", "the other page is still read");
    disconnect(&app, pages[1], None).await;
    assert_eq!(
        app.chat.count("SELECT count(*) FROM nchat_social_credentials").await,
        0,
        "{LINKEDIN_PAGE} was the last"
    );
}

#[tokio::test]
async fn another_workspaces_administrator_disconnects_nothing() {
    let app = App::start().await;
    let id = app.connect_one(Platform::Twitter).await;
    let document = "mutation ($i: SocialDisconnectAccountInput!) { socialDisconnectAccount(input: $i) { status } }";
    let answer = app.try_ask("other", document, json!({"i": {"id": id, "purge_posts": true}})).await;
    assert_eq!(answer["data"]["socialDisconnectAccount"]["status"], "not_found", "{answer:#}");
    assert_eq!(account(&app, id).await["health"], "connected");
}
