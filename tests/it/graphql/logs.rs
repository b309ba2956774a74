//! The log of imports: what it holds, its filters and pages.

use crate::app::{
    App,
    world::{X_ACCOUNT, account_of},
};
use nchat_social::{
    domain::Platform,
    simulator::{Draft, Fault, FaultKind},
};
use serde_json::{Value, json};

const DOCUMENT: &str = "query ($account_id: uuid, $status: SocialImportStatus, $import_type: SocialImportType, \
    $started_after: timestamptz, $started_before: timestamptz, $first: Int, $after: String) { \
    socialImportLogs(account_id: $account_id, status: $status, import_type: $import_type, \
    started_after: $started_after, started_before: $started_before, first: $first, after: $after) { \
    nodes { id account_id import_type status code posts_fetched posts_imported posts_posted messages_posted errors \
    started_at completed_at requested_by account { account_id } } \
    page_info { has_next_page end_cursor } } }";

async fn logs(app: &App, filter: Value) -> Vec<Value> {
    app.ask(DOCUMENT, filter).await["socialImportLogs"]["nodes"].as_array().expect("a list").clone()
}

fn publish(app: &App, platform: Platform) {
    let world = app.simulator.world(platform.as_str()).expect("a world");
    world.publish(account_of(platform), Draft::text("News")).expect("published");
}

/// An import that was due, one that was asked for, one that failed, one of another account.
async fn history(app: &App) -> [uuid::Uuid; 2] {
    let x = app.following(Platform::Twitter, json!({})).await;
    publish(app, Platform::Twitter);
    app.poll_after(5).await;
    publish(app, Platform::Twitter);
    app.clock.advance(chrono::Duration::minutes(1));
    let document = "mutation { socialTriggerImport(input: {}) { status } }";
    assert_eq!(app.ask(document, json!({})).await["socialTriggerImport"]["status"], "requested");
    app.poll().await;
    app.simulator.fault(Fault::new("twitter", "/2/users", FaultKind::Html(502))).expect("a fault");
    app.poll_after(5).await;
    app.simulator.clear_faults();
    let instagram = app.connect_one(Platform::Instagram).await;
    app.poll().await;
    app.clock.advance(chrono::Duration::minutes(1));
    publish(app, Platform::Instagram);
    app.poll_after(20).await;
    [x, instagram]
}

#[tokio::test]
async fn entries_tell_what_happened_and_every_filter_finds_them() {
    let app = App::start().await;
    let [x, instagram] = history(&app).await;
    let all = logs(&app, json!({})).await;
    let times: Vec<_> = all.iter().map(|log| log["started_at"].as_str().expect("a time").to_owned()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "newest first: {times:?}");

    let manual = logs(&app, json!({"import_type": "manual"})).await;
    assert_eq!(manual.len(), 1);
    let asked = &manual[0];
    assert_eq!((&asked["status"], &asked["messages_posted"]), (&json!("completed"), &json!(1)));
    assert_eq!((&asked["account_id"], &asked["account"]["account_id"]), (&json!(x), &json!(X_ACCOUNT)));
    assert_eq!((&asked["errors"], &asked["code"]), (&json!([]), &Value::Null));
    assert_eq!(asked["requested_by"], Value::Null, "nobody by name");
    assert!(asked["completed_at"].is_string());

    let failed = logs(&app, json!({"status": "failed"})).await;
    assert!(!failed.is_empty() && failed.iter().all(|log| log["account_id"] == json!(x)), "{failed:#?}");
    assert!(failed[0]["code"].is_string() && failed[0]["errors"][0].is_string(), "{:#}", failed[0]);
    assert!(logs(&app, json!({"status": "running"})).await.is_empty());
    assert!(logs(&app, json!({"import_type": "webhook"})).await.is_empty());

    let of_x = logs(&app, json!({"account_id": x})).await;
    let of_instagram = logs(&app, json!({"account_id": instagram})).await;
    assert!(!of_instagram.is_empty() && of_x.len() + of_instagram.len() == all.len());
    let both = json!({"account_id": x, "status": "completed", "import_type": "scheduled"});
    assert!(logs(&app, both).await.iter().all(|log| log["status"] == "completed" && log["account_id"] == json!(x)));

    let at = &asked["started_at"];
    let (after, before) =
        (logs(&app, json!({"started_after": at})).await, logs(&app, json!({"started_before": at})).await);
    assert_eq!([after.clone(), before].concat(), all);
    assert_eq!(after.last(), Some(asked), "begun at this time or later");
}

#[tokio::test]
async fn pages_of_the_log_join_to_the_whole() {
    let app = App::start().await;
    history(&app).await;
    let all = logs(&app, json!({})).await;
    assert!(all.len() >= 4, "{all:#?}");
    let (mut joined, mut after) = (Vec::new(), Value::Null);
    loop {
        let data = app.ask(DOCUMENT, json!({"first": 1, "after": after})).await;
        let page = &data["socialImportLogs"];
        joined.extend(page["nodes"].as_array().expect("a list").clone());
        if page["page_info"]["has_next_page"] == false {
            break;
        }
        after = page["page_info"]["end_cursor"].clone();
    }
    assert_eq!(joined, all);
}
