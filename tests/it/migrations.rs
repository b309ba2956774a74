//! Migrations: there, back, there again, on tables with rows; several processes at once; what nchat's documents need.

use crate::{
    app::{
        App,
        database::{Database, NCHAT},
    },
    processes::until,
};
use nchat_social::{domain::Platform, simulator::Draft, store::migrate, worker::queue::apalis::ApalisQueue};
use secrecy::SecretString;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn three_processes_may_migrate_at_once() {
    let database = Database::empty();
    database.client().await.batch_execute(NCHAT).await.expect("nchat's tables");
    let url = SecretString::from(database.url());
    let all = async || {
        migrate::up(&url).await.expect("migrated");
        ApalisQueue::setup(&url).await.expect("set up");
    };
    tokio::join!(all(), all(), all());
    let rows = "SELECT max(version), count(*) = count(DISTINCT version) FROM nchat_social_migrations WHERE success";
    let row = database.client().await.query_one(rows, &[]).await.expect("a row");
    assert_eq!((row.get::<_, i64>(0), row.get::<_, bool>(1)), (migrate::newest_version(), true));
}

#[tokio::test]
async fn a_database_without_nchat_is_refused_with_advice() {
    let database = Database::empty();
    let error = migrate::up(&SecretString::from(database.url())).await.expect_err("no nchat");
    assert!(error.to_string().contains("nchat's database"), "{error}");
}

#[tokio::test]
async fn migrations_go_back_and_forth_on_tables_with_rows() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    let world = app.simulator.world("twitter").expect("X");
    world.publish(crate::app::world::X_ACCOUNT, Draft::text("There and back")).expect("published");
    app.poll_after(5).await;
    assert_eq!(app.chat.texts().await, ["There and back"]);

    let url = SecretString::from(app.database.url());
    migrate::down(&url, 0).await.expect("down");
    let left = app
        .chat
        .count("SELECT count(*) FROM pg_class WHERE relname LIKE 'nchat\\_social\\_%' AND relname <> 'nchat_social_migrations' AND relkind = 'r'")
        .await;
    assert_eq!(left, 0, "no table of ours is left");
    let functions = app.chat.count("SELECT count(*) FROM pg_proc WHERE proname LIKE 'nchat\\_social\\_%'").await;
    assert_eq!(functions, 0, "no function of ours is left");
    assert_eq!(app.chat.texts().await, ["There and back"], "messages stay");
    migrate::up(&url).await.expect("up again");
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_posts").await, 0);
}

/// What nchat's documents force (constraint by name, column types, defaults).
#[tokio::test]
async fn the_tables_are_as_nchats_documents_name_them() {
    let app = App::start().await;
    let constraint = app
        .chat
        .value("SELECT contype::text AS kind FROM pg_constraint WHERE conname = 'nchat_social_posts_account_id_post_id_key'")
        .await;
    assert_eq!(constraint, json!([{"kind": "u"}]));
    let types = app
        .chat
        .value(
            "SELECT table_name || '.' || column_name AS col, udt_name::text AS type FROM information_schema.columns \
             WHERE (table_name, column_name) IN (('nchat_social_import_logs', 'errors'), \
               ('nchat_social_import_logs', 'status'), ('nchat_social_import_logs', 'import_type'), \
               ('nchat_social_posts', 'posted_to_channels'), ('nchat_social_posts', 'engagement'), \
               ('nchat_social_accounts', 'account_id'), ('nchat_social_posts', 'account_id')) ORDER BY 1",
        )
        .await;
    assert_eq!(
        types,
        json!([
            {"col": "nchat_social_accounts.account_id", "type": "text"},
            {"col": "nchat_social_import_logs.errors", "type": "_text"},
            {"col": "nchat_social_import_logs.import_type", "type": "text"},
            {"col": "nchat_social_import_logs.status", "type": "text"},
            {"col": "nchat_social_posts.account_id", "type": "uuid"},
            {"col": "nchat_social_posts.engagement", "type": "jsonb"},
            {"col": "nchat_social_posts.posted_to_channels", "type": "jsonb"}
        ])
    );
    // Inserts that give only what nchat's documents give.
    app.chat
        .script(
            "INSERT INTO nchat_social_accounts (platform, account_id, account_name, account_handle, avatar_url, \
               access_token_encrypted, is_active, created_by) VALUES ('twitter', '1', 'A', 'a', NULL, 'x', true, \
               '00000000-0000-0000-0000-000000000000'); \
             INSERT INTO nchat_social_integrations (account_id, channel_id, auto_post, created_by) \
               SELECT a.id, c.id, true, a.created_by FROM nchat_social_accounts a, nchat_channels c; \
             INSERT INTO nchat_social_posts (account_id, post_id, post_url, content, author_name, posted_at) \
               SELECT id, 'p', 'https://x.com/a/status/1', 'text', 'A', now() FROM nchat_social_accounts; \
             INSERT INTO nchat_social_import_logs (account_id, import_type, status) \
               SELECT id, 'scheduled', 'running' FROM nchat_social_accounts",
        )
        .await;
    let defaults = app
        .chat
        .value("SELECT source_account_id, was_posted_to_channel, posted_to_channels, hashtags FROM nchat_social_posts")
        .await;
    assert_eq!(
        defaults,
        json!([{"source_account_id": "primary", "was_posted_to_channel": false, "posted_to_channels": [], "hashtags": []}])
    );
}

/// nchat marks a post by `posted_to_channels: {_append: […]}` inside `_set`, which arrives as that object.
#[tokio::test]
async fn defect_11_append_inside_set_appends() {
    let app = App::start().await;
    app.chat
        .script(
            "INSERT INTO nchat_social_accounts (platform, account_id) VALUES ('twitter', '1'); \
             INSERT INTO nchat_social_posts (account_id, post_id, posted_at, posted_to_channels) \
               SELECT id, 'p', now(), '[\"a\"]' FROM nchat_social_accounts; \
             UPDATE nchat_social_posts SET posted_to_channels = '{\"_append\": [\"b\"]}'",
        )
        .await;
    let posts = app.chat.value("SELECT posted_to_channels FROM nchat_social_posts").await;
    assert_eq!(posts, json!([{"posted_to_channels": ["a", "b"]}]));
}

#[tokio::test]
async fn rules_written_past_the_service_are_cleaned_or_refused() {
    let app = App::start().await;
    app.chat.channel(uuid::Uuid::from_u128(0x77), "elsewhere", "other").await;
    app.chat.script("INSERT INTO nchat_social_accounts (platform, account_id) VALUES ('twitter', '1')").await;
    app.chat
        .script(
            "INSERT INTO nchat_social_integrations (account_id, channel_id, filter_hashtags, filter_keywords) \
             SELECT a.id, c.id, ARRAY['#news', ' ＃tips ', '#', ''], ARRAY['launch', '  ', '*'] \
             FROM nchat_social_accounts a, nchat_channels c WHERE c.source_account_id = 'primary'",
        )
        .await;
    let rule = app.chat.value("SELECT filter_hashtags, filter_keywords FROM nchat_social_integrations").await;
    assert_eq!(rule, json!([{"filter_hashtags": ["news", "tips"], "filter_keywords": ["launch"]}]));
    let client = app.database.client().await;
    for bad in [
        "UPDATE nchat_social_integrations SET min_engagement = -1",
        "UPDATE nchat_social_accounts SET platform = 'myspace'",
        "UPDATE nchat_social_integrations SET channel_id = '00000000-0000-0000-0000-000000000077'",
        "UPDATE nchat_social_integrations SET backfill_count = 51",
    ] {
        assert!(client.batch_execute(bad).await.is_err(), "{bad}");
    }
}

/// Each of two deletions at once saw the other's account, and the tokens stayed for ever.
#[tokio::test]
async fn defect_two_accounts_of_one_login_that_are_deleted_at_once_take_its_tokens_with_them() {
    let app = App::start().await;
    app.chat
        .script(
            "INSERT INTO nchat_social_credentials (id, platform, subject, access_token_sealed, obtained_at, granted_at) \
             VALUES (gen_random_uuid(), 'linkedin', 's', '', now(), now()); \
             INSERT INTO nchat_social_accounts (platform, account_id, credential_id) \
             SELECT 'linkedin', n, id FROM nchat_social_credentials, unnest(ARRAY['1', '2', '3']) AS n",
        )
        .await;
    let logins = "SELECT count(*) FROM nchat_social_credentials";
    app.chat.script("DELETE FROM nchat_social_accounts WHERE account_id = '3'").await;
    assert_eq!(app.chat.count(logins).await, 1, "others need them");
    let (first, second) = (app.database.client().await, app.database.client().await);
    first.batch_execute("BEGIN; DELETE FROM nchat_social_accounts WHERE account_id = '1'").await.expect("deleted");
    let deleting = tokio::spawn(async move {
        second.batch_execute("BEGIN; DELETE FROM nchat_social_accounts WHERE account_id = '2'").await.expect("deleted");
        second
    });
    let waits = "SELECT count(*) FROM pg_stat_activity \
                 WHERE datname = current_database() AND wait_event_type = 'Lock'";
    until("the second has begun", Duration::from_secs(10), async || {
        deleting.is_finished() || app.chat.count(waits).await > 0
    })
    .await;
    first.batch_execute("COMMIT").await.expect("committed");
    let second = deleting.await.expect("the second goes on");
    second.batch_execute("COMMIT").await.expect("committed");
    assert_eq!(app.chat.count(logins).await, 0);
}

/// Whoever writes an integration past the service.
#[tokio::test]
async fn defect_no_integration_leads_into_peoples_own_conversations() {
    let app = App::start().await;
    app.chat.script("INSERT INTO nchat_social_accounts (platform, account_id) VALUES ('twitter', '1')").await;
    let other = app.chat.another_channel("theirs").await;
    let client = app.database.client().await;
    let insert = format!(
        "INSERT INTO nchat_social_integrations (account_id, channel_id) SELECT id, '{other}' FROM nchat_social_accounts"
    );
    let move_there = format!("UPDATE nchat_social_integrations SET channel_id = '{other}'");
    let fit = insert.replace(&other.to_string(), &app.chat.announcements.to_string());
    client.batch_execute(&fit).await.expect("a channel for posts");
    for kind in ["direct", "group"] {
        app.chat.run("UPDATE nchat_channels SET type = $2::text::channel_type WHERE id = $1", &[&other, &kind]).await;
        for statement in [&insert, &move_there] {
            let error = client.batch_execute(statement).await.expect_err(statement);
            assert_eq!(error.code().map(|code| code.code()), Some("23514"), "{kind}: {statement}");
        }
    }
    // What leads there already can be changed and deleted.
    app.chat.script("UPDATE nchat_channels SET type = 'direct'").await;
    client.batch_execute("UPDATE nchat_social_integrations SET min_engagement = 5").await.expect("changed");
    client.batch_execute("DELETE FROM nchat_social_integrations").await.expect("deleted");
}
