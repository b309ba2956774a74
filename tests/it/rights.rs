//! The service with a login that row level security binds and that has only the documented rights.

use crate::app::{App, world::X_ACCOUNT};
use nchat_social::{
    domain::Platform,
    service::Claims,
    simulator::Draft,
    store::{
        Store,
        connect::{PoolOptions, pool},
    },
};
use secrecy::SecretString;
use serde_json::json;
use std::time::Duration;

/// The grants as documented: the SQL block of migrations/README.md and docs/least-rights.sql.
const GRANTS: &str = include_str!("../../docs/least-rights.sql");

/// A fresh login with the documented rights; returns the app with its store replaced.
async fn app_with_few_rights() -> App {
    let mut app = App::start().await;
    let login = format!("few_rights_{:x}", std::process::id() as u64 * 1000 + unique());
    app.chat.script(&format!("CREATE ROLE {login} LOGIN PASSWORD 'few'")).await;
    app.chat.script(&GRANTS.replace("nchat_social_service", &login)).await;
    let options = PoolOptions {
        url: SecretString::from(app.database.url_as(&login, "few")),
        size: 4,
        statement_timeout: Duration::from_secs(20),
    };
    let service =
        nchat_social::service::Service { store: Store::new(pool(&options).expect("a pool")), ..app.service.clone() };
    app.use_service(service);
    app
}

fn unique() -> u64 {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

#[tokio::test]
async fn the_documented_rights_are_enough_and_doctor_agrees() {
    let app = app_with_few_rights().await;
    let lacking: Vec<_> = app
        .service
        .store
        .rights()
        .await
        .expect("rights")
        .into_iter()
        .filter(|right| right.granted != Some(true))
        .collect();
    assert!(lacking.is_empty(), "{lacking:?}");

    app.following(Platform::Twitter, json!({})).await;
    let world = app.simulator.world("twitter").expect("X");
    world.publish(X_ACCOUNT, Draft::text("Written by a bound login")).expect("published");
    app.poll_after(5).await;
    assert_eq!(app.chat.texts().await, ["Written by a bound login"]);

    let claims = Claims { role: "owner".into(), user_id: Some(app.chat.owner), tenant: None };
    let owner = app.service.actor(&claims).await.expect("an actor");
    let account = app.only_account().await["id"].clone();
    let off = "mutation ($id: uuid!) { socialSetAccountActive(input: { id: $id, is_active: false }) { status } }";
    app.ask_as(owner, off, json!({ "id": account })).await;
    let log = app.ask("{ socialAuditLog(first: 1) { nodes { user_name } } }", json!({})).await;
    assert_eq!(log["socialAuditLog"]["nodes"][0]["user_name"], "Owner");
    app.assert_at_rest().await;
}

/// What works for all tenants and what writes in one, by a login that the policies bind.
#[tokio::test]
async fn a_persons_wish_is_followed_with_few_rights() {
    let app = app_with_few_rights().await;
    app.following(Platform::Instagram, json!({})).await;
    let world = app.simulator.world("instagram").expect("Instagram");
    world.publish(crate::app::world::INSTAGRAM_ACCOUNT, Draft::text("To be deleted")).expect("published");
    app.poll_after(20).await;
    assert_eq!(app.chat.texts().await, ["To be deleted"]);
    let person = crate::callbacks::person(&app).await;
    let request = crate::callbacks::about(&app, &person);
    assert_eq!(crate::callbacks::post(&app, "deauthorize", &request).await.status, 200);
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_credentials").await, 0);
    assert_eq!(crate::callbacks::post(&app, "data-deletion", &request).await.status, 200);
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_accounts").await, 0);
    assert!(app.chat.texts().await.is_empty());
    let log = app.ask("{ socialAuditLog { nodes { action } } }", json!({})).await;
    assert_eq!(log["socialAuditLog"]["nodes"].as_array().map(Vec::len), Some(5), "{log:#}");
    app.clock.advance(chrono::Duration::days(800));
    app.service.clean_up().await.expect("cleaned");
    for table in ["audit_log", "deletions"] {
        assert_eq!(app.chat.count(&format!("SELECT count(*) FROM nchat_social_{table}")).await, 0, "{table}");
    }
}

#[tokio::test]
async fn trouble_is_told_with_few_rights() {
    let app = app_with_few_rights().await;
    let id = app.connect_one(Platform::Twitter).await;
    app.poll().await;
    let document = "mutation ($i: SocialSetAlertChannelInput!) { socialSetAlertChannel(input: $i) { status } }";
    let input = json!({"account_id": id, "channel_id": app.chat.announcements});
    assert_eq!(app.ask(document, json!({ "i": input })).await["socialSetAlertChannel"]["status"], "set");
    app.simulator.world("twitter").expect("X").revoke(X_ACCOUNT).expect("revoked");
    for _ in 0..3 {
        app.poll_after(20).await;
    }
    assert_eq!(app.service.alert().await.expect("told"), 1);
    assert_eq!(app.chat.messages(app.chat.announcements).await[0].kind, "system");
}

#[tokio::test]
async fn a_message_is_visible_under_nchats_own_select_policy() {
    let app = app_with_few_rights().await;
    app.following(Platform::Twitter, json!({})).await;
    let world = app.simulator.world("twitter").expect("X");
    world.publish(X_ACCOUNT, Draft::text("For members")).expect("published");
    app.poll_after(5).await;

    // Somebody of the channel, by nchat's policies alone: no tenant is set.
    let reader = format!("reader_{:x}_{}", std::process::id(), unique());
    app.chat
        .script(&format!(
            "CREATE ROLE {reader} NOLOGIN; GRANT USAGE ON SCHEMA public, app, auth TO {reader}; \
             GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader}; \
             INSERT INTO nchat_channel_members (channel_id, user_id, role) VALUES ('{}', '{}', 'member')",
            app.chat.announcements, app.chat.member
        ))
        .await;
    let mut client = app.database.client().await;
    let seen_by = async |client: &mut tokio_postgres::Client, user: String| -> i64 {
        let transaction = client.transaction().await.expect("a transaction");
        let settings = format!("SELECT set_config('hasura.user.id', '{user}', true); SET LOCAL ROLE {reader}");
        transaction.batch_execute(&settings).await.expect("set");
        let row = transaction.query_one("SELECT count(*) FROM nchat_messages", &[]).await.expect("a row");
        row.get(0)
    };
    assert_eq!(seen_by(&mut client, app.chat.member.to_string()).await, 1, "a member of the channel");
    assert_eq!(seen_by(&mut client, uuid::Uuid::from_u128(0xdead).to_string()).await, 0, "a stranger");
}

#[tokio::test]
async fn row_level_security_binds_our_tables_to_the_tenant() {
    let app = app_with_few_rights().await;
    app.connect_one(Platform::Twitter).await;
    let mut connection = app.service.store.connection().await.expect("a connection");
    app.chat
        .script(
            "INSERT INTO nchat_social_deletions (id, platform, request_hash, code, requested_at) \
             VALUES (gen_random_uuid(), 'instagram', '1', '1', now())",
        )
        .await;
    for (tenant, rows) in [("primary", 1_i64), ("other", 0), ("*", 1)] {
        let transaction = connection.begin(tenant).await.expect("a transaction");
        let row = transaction.query_one("SELECT count(*) FROM nchat_social_deletions", &[]).await.expect("a row");
        assert_eq!(row.get::<_, i64>(0), i64::from(tenant == "*"), "of no tenant");
        for table in ["nchat_social_accounts", "nchat_social_credentials", "nchat_social_audit_log"] {
            let row = transaction.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await.expect("a row");
            assert_eq!(row.get::<_, i64>(0), rows, "{table} for {tenant}");
        }
    }
}
