//! Asking for polls: one account, all of them, and those that cannot be polled.

use crate::app::{App, world::X_ACCOUNT};
use nchat_social::{
    domain::{Clock, Platform},
    service::{Actor, Claims},
    simulator::Draft,
};
use serde_json::{Value, json};
use uuid::Uuid;

const DOCUMENT: &str = "mutation ($i: SocialTriggerImportInput!) { socialTriggerImport(input: $i) \
    { status message account_ids held { account_id until } } }";

async fn trigger(app: &App, input: Value) -> Value {
    let payload = app.ask(DOCUMENT, json!({"i": input})).await["socialTriggerImport"].clone();
    assert!(payload["message"].as_str().expect("a sentence").ends_with('.'), "{payload:#}");
    payload
}

#[tokio::test]
async fn one_all_held_inactive_and_unknown_accounts() {
    let app = App::start().await;
    let nothing = trigger(&app, json!({})).await;
    assert_eq!((&nothing["status"], &nothing["account_ids"]), (&json!("not_pollable"), &json!([])));

    let x = app.connect_one(Platform::Twitter).await;
    let instagram = app.connect_one(Platform::Instagram).await;
    app.poll().await;
    for _ in 0..2 {
        let one = trigger(&app, json!({"account_id": x})).await;
        assert_eq!(
            (&one["status"], &one["account_ids"]),
            (&json!("requested"), &json!([x])),
            "asking again is as well"
        );
    }
    assert_eq!(app.poll().await, 1, "asked twice, polled once, and only this one");
    for all in [json!({}), json!({"account_id": null})] {
        let all = trigger(&app, all).await;
        assert_eq!(all["account_ids"].as_array().map(Vec::len), Some(2), "{all:#}");
    }
    assert_eq!(app.poll().await, 2);
    assert_eq!(trigger(&app, json!({"account_id": Uuid::from_u128(7)})).await["status"], "not_found");

    let until = app.clock.now() + chrono::Duration::minutes(15);
    app.chat.run("UPDATE nchat_social_accounts SET hold_until = $2 WHERE id = $1", &[&x, &until]).await;
    let held = trigger(&app, json!({"account_id": x})).await;
    assert_eq!((&held["status"], &held["account_ids"]), (&json!("held"), &json!([])));
    assert_eq!((&held["held"][0]["account_id"], held["held"].as_array().map(Vec::len)), (&json!(x), Some(1)));
    assert!(held["held"][0]["until"].as_str().expect("a time").ends_with('Z'));
    let mixed = trigger(&app, json!({})).await;
    assert_eq!((&mixed["status"], &mixed["account_ids"]), (&json!("requested"), &json!([instagram])));
    assert_eq!(mixed["held"][0]["account_id"], json!(x));
    assert_eq!(app.poll().await, 1, "the held one waits");
    app.clock.advance(chrono::Duration::minutes(16));
    assert_eq!(trigger(&app, json!({"account_id": x})).await["status"], "requested", "the hold is over");
    app.poll().await;

    app.ask(
        "mutation ($i: SocialSetAccountActiveInput!) { socialSetAccountActive(input: $i) { status } }",
        json!({"i": {"id": x, "is_active": false}}),
    )
    .await;
    let off = trigger(&app, json!({"account_id": x})).await;
    assert_eq!(off["status"], "not_pollable");
    assert!(off["message"].as_str().expect("a sentence").contains("switched off"));
    app.ask(
        "mutation ($i: SocialDisconnectAccountInput!) { socialDisconnectAccount(input: $i) { status } }",
        json!({"i": {"id": instagram}}),
    )
    .await;
    assert_eq!(trigger(&app, json!({"account_id": instagram})).await["status"], "not_pollable");
    assert_eq!(trigger(&app, json!({})).await["status"], "not_pollable", "none is left");
    assert_eq!(app.poll().await, 0);
}

#[tokio::test]
async fn an_account_that_needs_a_person_says_so() {
    let app = App::start().await;
    let x = app.connect_one(Platform::Twitter).await;
    app.poll().await;
    app.simulator.world("twitter").expect("X").revoke(X_ACCOUNT).expect("revoked");
    for _ in 0..4 {
        app.poll_after(10).await;
    }
    let refused = trigger(&app, json!({"account_id": x})).await;
    assert_eq!(refused["status"], "not_pollable", "{refused:#}");
    assert!(refused["message"].as_str().expect("a sentence").contains("connected again"), "{refused:#}");
}

#[tokio::test]
async fn the_log_says_who_asked() {
    let app = App::start().await;
    let x = app.following(Platform::Twitter, json!({})).await;
    app.simulator.world("twitter").expect("X").publish(X_ACCOUNT, Draft::text("Now")).expect("published");
    let claims = Claims { role: "user".into(), user_id: Some(app.chat.owner), tenant: None };
    let owner: Actor = app.service.actor(&claims).await.expect("the database answers");
    let answer = app.ask_as(owner, DOCUMENT, json!({"i": {"account_id": x}})).await;
    assert_eq!(answer["data"]["socialTriggerImport"]["status"], "requested", "{answer:#}");
    app.poll().await;
    let document = "{ socialImportLogs(import_type: manual) { nodes { requested_by posts_imported } } }";
    let logs = app.ask(document, json!({})).await["socialImportLogs"]["nodes"].clone();
    assert_eq!(logs, json!([{"requested_by": app.chat.owner, "posts_imported": 1}]));
}
