//! Meta's callbacks about a person: the app was removed, or the data must go.

use crate::{
    app::{
        App,
        world::{INSTAGRAM_ACCOUNT, account_of},
    },
    connect::{Answer, get, send},
    tenants::world::{OTHER, TwoTenants},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Duration;
use hmac::{Hmac, KeyInit, Mac};
use nchat_social::{
    domain::{Clock, Platform},
    service::withdrawal::HEARD_FOR,
    simulator::{Draft, instagram},
};
use serde_json::{Value, json};
use sha2::Sha256;

/// What Meta would post, signed with the app's secret.
fn signed(payload: &Value) -> String {
    sign(instagram::APP_SECRET, payload)
}

/// The form of a signed request.
pub fn sign(secret: &str, payload: &Value) -> String {
    let payload = URL_SAFE_NO_PAD.encode(payload.to_string());
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
    let signature = mac.chain_update(&payload).finalize().into_bytes();
    format!("signed_request={}.{payload}", URL_SAFE_NO_PAD.encode(signature))
}

/// A request about `person`, signed at the app's present time.
pub fn about(app: &App, person: &str) -> String {
    signed(&json!({"user_id": person, "algorithm": "HMAC-SHA256", "issued_at": app.clock.now().timestamp()}))
}

pub async fn post(app: &App, route: &str, body: &str) -> Answer {
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    send(app, "POST", &format!("/api/social/instagram/{route}"), &headers, body.to_owned()).await
}

/// The id that Meta's callbacks use for the account's owner.
pub async fn person(app: &App) -> String {
    let row = app.chat.value("SELECT DISTINCT callback_id FROM nchat_social_accounts").await;
    row[0]["callback_id"].as_str().expect("an app-scoped id").to_owned()
}

async fn audited(app: &App) -> Value {
    app.chat
        .value(
            "SELECT source_account_id AS tenant, actor, action, account_name AS name FROM nchat_social_audit_log \
             WHERE actor <> 'administrator' ORDER BY done_at, tenant DESC, id",
        )
        .await
}

async fn publish(app: &App, text: &str) {
    let world = app.simulator.world("instagram").expect("Instagram");
    world.publish(account_of(Platform::Instagram), Draft::text(text)).expect("published");
}

#[tokio::test]
async fn whoever_removes_the_app_is_disconnected_in_every_workspace() {
    let two = TwoTenants::start(Platform::Instagram).await;
    let app = &two.app;
    let person = person(app).await;
    assert_ne!(person, INSTAGRAM_ACCOUNT, "callbacks use the app-scoped id");
    let answer = post(app, "deauthorize", &about(app, &person)).await;
    assert_eq!((answer.status, answer.json()), (200, json!({})));

    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_credentials").await, 0, "tokens are erased");
    let rows = "SELECT health, health_code, is_active, credential_id, cursor IS NOT NULL AS has_cursor \
                FROM nchat_social_accounts";
    let expected = json!({"health": "needs_reconnect", "health_code": "revoked", "is_active": true,
        "credential_id": null, "has_cursor": true});
    assert_eq!(app.chat.value(rows).await, json!([expected, expected]));
    let document = "{ socialAccounts { is_connected health_message } }";
    let shown = app.ask(document, json!({})).await["socialAccounts"][0].clone();
    assert_eq!(shown["is_connected"], false);
    assert!(shown["health_message"].as_str().expect("a sentence").contains("removed this app at Instagram"), "{shown}");
    let line = |tenant: &str| json!({"tenant": tenant, "actor": "platform", "action": "access_revoked", "name": "Acme Example"});
    assert_eq!(audited(app).await, json!([line("primary"), line(OTHER)]));
    app.simulator.clear_calls();
    assert_eq!(app.poll_after(600).await, 0, "polls have stopped");
    assert!(app.simulator.calls().is_empty());
}

#[tokio::test]
async fn a_removed_app_is_connected_again_and_goes_on() {
    let app = App::start().await;
    let id = app.following(Platform::Instagram, json!({})).await;
    let request = about(&app, &person(&app).await);
    assert_eq!(post(&app, "deauthorize", &request).await.status, 200);
    app.clock.advance(Duration::minutes(30));
    publish(&app, "Meanwhile").await;
    assert_eq!(app.connect_one(Platform::Instagram).await, id);

    // A copy of the request is about the grant before this one.
    assert_eq!(post(&app, "deauthorize", &request).await.status, 200);
    assert_eq!(app.poll().await, 1, "still connected");
    assert_eq!(app.chat.texts().await, ["Meanwhile"]);
    assert_eq!(audited(&app).await.as_array().map(Vec::len), Some(1), "one line for one removal");

    // A new removal counts, also when Meta's clock is some minutes behind ours.
    let behind = (app.clock.now() - Duration::minutes(5)).timestamp();
    let request = signed(&json!({"user_id": person(&app).await, "algorithm": "HMAC-SHA256", "issued_at": behind}));
    assert_eq!(post(&app, "deauthorize", &request).await.status, 200);
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_credentials").await, 0);
}

#[tokio::test]
async fn a_stranger_changes_nothing_and_an_unknown_person_is_no_fault() {
    let app = App::start().await;
    app.connect_one(Platform::Instagram).await;
    let person = person(&app).await;
    let rows = "SELECT (SELECT jsonb_agg(to_jsonb(a)) FROM nchat_social_accounts a) AS accounts, \
                (SELECT count(*) FROM nchat_social_credentials) AS logins";
    let before = app.chat.value(rows).await;
    let good = about(&app, &person);
    let forged = format!("signed_request=AAAA.{}", good.split('.').nth(1).expect("a payload"));
    let old = app.clock.now() - HEARD_FOR - Duration::minutes(1);
    let old = signed(&json!({"user_id": person, "algorithm": "HMAC-SHA256", "issued_at": old.timestamp()}));
    let none = signed(&json!({"user_id": person, "algorithm": "none", "issued_at": app.clock.now().timestamp()}));
    for route in ["deauthorize", "data-deletion"] {
        for (body, status, code) in [
            (&forged, 403, "bad_signature"),
            (&old, 400, "too_old"),
            (&none, 400, "bad_request"),
            (&String::new(), 400, "bad_request"),
        ] {
            let answer = post(&app, route, body).await;
            assert_eq!((answer.status, answer.json()["error"].as_str()), (status, Some(code)), "{route}");
        }
        let unknown = about(&app, "99999999999999999");
        assert_eq!(post(&app, route, &unknown).await.status, 200, "{route}");
        for platform in ["twitter", "linkedin"] {
            let answer = send(&app, "POST", &format!("/api/social/{platform}/{route}"), &[], good.clone()).await;
            assert_eq!((answer.status, answer.json()["error"].as_str()), (404, Some("not_found")), "{platform}");
        }
    }
    assert_eq!(app.chat.value(rows).await, before);
    assert_eq!(audited(&app).await, json!([]));
}

/// The page under the code, as anybody reads it.
async fn status_page(app: &App, answer: &Answer) -> String {
    let told = answer.json();
    let (url, code) = (told["url"].as_str().expect("an address"), told["confirmation_code"].as_str().expect("a code"));
    assert_eq!(url, format!("http://127.0.0.1:9/api/social/deletion/{code}"));
    assert_eq!(answer.header("content-type"), "application/json");
    let page = get(app, &format!("/api/social/deletion/{code}"), &[]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.header("content-security-policy").starts_with("default-src 'none'; style-src"));
    assert!(page.body.contains(code));
    page.body
}

#[tokio::test]
async fn whoever_wants_the_data_gone_leaves_nothing() {
    let two = TwoTenants::start(Platform::Instagram).await;
    let app = &two.app;
    publish(app, "A post of the person").await;
    app.poll_after(20).await;
    let other = app.connect_one(Platform::Twitter).await;
    let person = person_of(app, Platform::Instagram).await;
    let sessions = "SELECT count(*) FROM nchat_social_oauth_sessions";
    assert!(app.chat.count(sessions).await > 0);
    // An answer that is kept for its client_key names the person.
    let interval = "mutation ($id: uuid!) { socialSetPollInterval(input: {id: $id, seconds: 1800, \
                    client_key: \"k\"}) { account { profile_url account_id } } }";
    let rows = "SELECT id FROM nchat_social_accounts WHERE platform = 'instagram' AND source_account_id = 'primary'";
    let account = app.chat.value(rows).await[0]["id"].clone();
    app.ask(interval, json!({ "id": account })).await;
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_requests").await, 1);

    let answer = post(app, "data-deletion", &about(app, &person)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let page = status_page(app, &answer).await;
    assert!(page.contains("Completed"), "{page}");

    for table in ["posts", "deliveries", "import_logs", "integrations"] {
        assert_eq!(app.chat.count(&format!("SELECT count(*) FROM nchat_social_{table}")).await, 0, "{table}");
    }
    assert_eq!(app.chat.value("SELECT id FROM nchat_social_accounts").await, json!([{ "id": other }]));
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_credentials").await, 1, "that of the other platform");
    assert_eq!(app.chat.count(&format!("{sessions} WHERE platform = 'instagram'")).await, 0);
    let messages = "SELECT content, content_plain, embeds, metadata, is_deleted, deleted_at IS NOT NULL AS at \
                    FROM nchat_messages";
    let empty =
        json!({"content": "", "content_plain": "", "embeds": [], "metadata": {}, "is_deleted": true, "at": true});
    assert_eq!(app.chat.value(messages).await, json!([empty, empty]), "a message in each workspace");
    for channel in two.channels {
        assert!(app.chat.messages(channel).await.is_empty(), "out of sight");
    }
    // Nothing anywhere names the person any more.
    let tables = "SELECT table_name AS name FROM information_schema.tables \
                  WHERE table_schema = 'public' AND table_name LIKE 'nchat%' AND table_type = 'BASE TABLE'";
    for table in app.chat.value(tables).await.as_array().expect("rows") {
        let table = table["name"].as_str().expect("a name");
        let condition = if table == "nchat_social_audit_log" { "platform = 'instagram'" } else { "true" };
        let rows = app.chat.value(&format!("SELECT * FROM {table} WHERE {condition}")).await.to_string();
        assert!(!rows.contains(&person) && !rows.contains(INSTAGRAM_ACCOUNT), "{table}: {rows}");
        let named = rows.contains("A post of the person") || rows.contains("instagram.com");
        assert!(!named, "{table}: {rows}");
        if table == "nchat_social_audit_log" {
            assert!(!rows.contains("Acme"), "{rows}");
        }
    }
    let told = audited(app).await;
    let mut lines: Vec<_> = told.as_array().expect("rows").iter().map(|row| (&row["tenant"], &row["action"])).collect();
    lines.sort_by_key(|line| format!("{line:?}"));
    let (asked, done) = (json!("deletion_requested"), json!("deletion_completed"));
    let (one, two) = (json!(OTHER), json!("primary"));
    assert_eq!(lines, [(&one, &done), (&one, &asked), (&two, &done), (&two, &asked)]);
}

async fn person_of(app: &App, platform: Platform) -> String {
    let rows = format!("SELECT callback_id FROM nchat_social_accounts WHERE platform = '{platform}'");
    app.chat.value(&rows).await[0]["callback_id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn a_copy_of_a_request_deletes_nothing_twice() {
    let app = App::start().await;
    app.following(Platform::Instagram, json!({})).await;
    let person = person(&app).await;
    let request = about(&app, &person);
    let first = post(&app, "data-deletion", &request).await.json();
    let id = app.connect_one(Platform::Instagram).await;
    assert_eq!(person_of(&app, Platform::Instagram).await, person, "the same person came back");
    assert_eq!(post(&app, "data-deletion", &request).await.json(), first, "the same code");
    assert_eq!(app.chat.value("SELECT id FROM nchat_social_accounts").await, json!([{ "id": id }]));
    assert_eq!(app.poll().await, 1);

    app.clock.advance(Duration::minutes(1));
    let another = post(&app, "data-deletion", &about(&app, &person)).await.json();
    assert_ne!(another["confirmation_code"], first["confirmation_code"]);
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_accounts").await, 0);

    // What is kept of a request outlives the time in which a copy is heard.
    app.clock.advance(HEARD_FOR + Duration::days(1));
    app.service.clean_up().await.expect("cleaned");
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_deletions").await, 2);
    assert_eq!(post(&app, "data-deletion", &request).await.json()["error"], "too_old");
    app.clock.advance(Duration::days(400));
    app.service.clean_up().await.expect("cleaned");
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_deletions").await, 0);
    let page = get(&app, &format!("/api/social/deletion/{}", first["confirmation_code"].as_str().unwrap()), &[]).await;
    assert_eq!(page.status, 404);
}

#[tokio::test]
async fn a_large_account_is_deleted_in_portions() {
    let app = App::start().await;
    let id = app.following(Platform::Instagram, json!({})).await;
    publish(&app, "Delivered").await;
    app.poll_after(20).await;
    app.chat
        .script(&format!(
            "INSERT INTO nchat_social_posts (account_id, post_id, posted_at) \
             SELECT '{id}', 'old' || n, now() FROM generate_series(1, 3000) n"
        ))
        .await;
    let person = person(&app).await;
    let answer = post(&app, "data-deletion", &about(&app, &person)).await;
    assert!(status_page(&app, &answer).await.contains("Under way"));
    let left = app.chat.count("SELECT count(*) FROM nchat_social_posts").await;
    assert!((1..3001).contains(&left), "a part is gone at once: {left} left");
    let shown = app.ask("{ socialAccounts { id } }", json!({})).await;
    assert_eq!(shown["socialAccounts"], json!([]), "nobody can lay hands on it any more");
    let gone = crate::connect::disconnect::disconnect(&app, id, Some(true)).await;
    assert_eq!(gone["status"], "not_found", "or its messages could not be found again");
    let row = app.chat.value("SELECT account_name, credential_id, cursor FROM nchat_social_accounts").await;
    assert_eq!(row, json!([{"account_name": "", "credential_id": null, "cursor": null}]), "access and profile first");

    // The person may come back meanwhile, as a new account.
    let both = app.connect(Platform::Instagram).await;
    let again = both.into_iter().find(|account| *account != id).expect("a new account");
    app.service.clean_up().await.expect("cleaned");
    assert!(status_page(&app, &answer).await.contains("Completed"));
    assert_eq!(app.chat.value("SELECT id FROM nchat_social_accounts").await, json!([{ "id": again }]));
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_posts").await, 0);
    assert!(app.chat.texts().await.is_empty());
    assert_eq!(app.poll().await, 1, "the new account is read");
}

#[tokio::test]
async fn a_disconnected_accounts_data_goes_too() {
    let app = App::start().await;
    let id = app.following(Platform::Instagram, json!({})).await;
    publish(&app, "Kept for now").await;
    app.poll_after(20).await;
    let person = person(&app).await;
    crate::connect::disconnect::disconnect(&app, id, None).await;
    assert_eq!(app.chat.texts().await, ["Kept for now"]);
    let answer = post(&app, "data-deletion", &about(&app, &person)).await;
    assert!(status_page(&app, &answer).await.contains("Completed"));
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_accounts").await, 0);
    assert!(app.chat.texts().await.is_empty());
}
