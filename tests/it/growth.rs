//! What grows is bounded: old rows go, what still matters stays, and the statements that run all day find their rows by an
//! index however much there is.

mod bounds;

use crate::app::{
    App,
    world::{X_ACCOUNT, account_of},
};
use nchat_social::{
    domain::Platform,
    service::Service,
    simulator::Draft,
    store::{
        ALL_TENANTS, Store,
        connect::{PoolOptions, pool},
    },
};
use regex::Regex;
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokio_postgres::SimpleQueryMessage;

/// Tables that grow with every day.
const GROWING: [&str; 8] = [
    "nchat_social_posts",
    "nchat_social_deliveries",
    "nchat_social_import_logs",
    "nchat_social_audit_log",
    "nchat_social_costs",
    "nchat_social_oauth_sessions",
    "nchat_social_requests",
    "nchat_messages",
];

/// Sixteen months of a thousand accounts: a post and its decision, a log, a day's cost, a line of the audit log and a
/// connection for each account every `$DAYS` days. Written past the triggers, which have their say about single rows.
const HISTORY: &str = "
SET session_replication_role = replica;
INSERT INTO nchat_social_accounts (source_account_id, id, platform, account_id, account_name, credential_id, next_poll_at, baseline_at)
SELECT 'tenant ' || n % 20, md5('account' || n)::uuid, (ARRAY['twitter', 'instagram', 'linkedin'])[n % 3 + 1], 'many-' || n, 'Number ' || n,
  (SELECT id FROM nchat_social_credentials LIMIT 1), now() + interval '1 day', now() FROM generate_series(1, 1000) n;
INSERT INTO nchat_social_integrations (id, account_id, channel_id)
SELECT md5('integration' || n)::uuid, md5('account' || n)::uuid, '$CHANNEL' FROM generate_series(1, 1000) n;
CREATE TEMP TABLE days AS SELECT 'tenant ' || n % 20 AS tenant, n, d, md5(n || '/' || d)::uuid AS id, md5('account' || n)::uuid AS account_id,
  now() - make_interval(days => d, mins => n) AS at FROM generate_series(500, 0, -$DAYS) d, generate_series(1, 1000) n;
INSERT INTO nchat_social_posts (source_account_id, id, account_id, post_id, content, posted_at, imported_at, details)
SELECT tenant, id, account_id, id::text, 'News of the day', at, at, '{\"text\": \"News of the day\"}' FROM days;
INSERT INTO nchat_social_deliveries (source_account_id, id, account_id, post_id, integration_id, channel_id, status,
  reason, decided_at)
SELECT tenant, md5('d' || id)::uuid, account_id, id, md5('integration' || n)::uuid, '$CHANNEL', 'filtered', 'no_keyword', at
FROM days;
INSERT INTO nchat_social_import_logs (source_account_id, account_id, started_at, completed_at, status)
SELECT tenant, account_id, at, at, 'completed' FROM days;
INSERT INTO nchat_social_audit_log (source_account_id, id, done_at, actor, action, account_id)
SELECT tenant, id, at, 'service', 'poll', account_id FROM days;
INSERT INTO nchat_social_costs (source_account_id, day, platform, account_id)
SELECT tenant, at::date, 'twitter', account_id FROM days ON CONFLICT DO NOTHING;
INSERT INTO nchat_social_oauth_sessions (id, platform, created_at, expires_at)
SELECT id, 'twitter', at, at FROM days;
INSERT INTO nchat_messages (id, channel_id, content, created_at)
SELECT md5('m' || id)::uuid, md5('elsewhere')::uuid, 'Chat', at FROM days;
INSERT INTO nchat_social_requests (source_account_id, asked_by, client_key, fingerprint, begun_at)
SELECT tenant, id, 'key', '1', at FROM days;
-- Old ones that still matter: one waits, one is to be tried again, one is parked.
UPDATE nchat_social_deliveries SET status = 'waiting' WHERE post_id = (SELECT id FROM days WHERE n = 1 AND d = 500);
UPDATE nchat_social_deliveries SET status = 'failed' WHERE post_id = (SELECT id FROM days WHERE n = 2 AND d = 500);
UPDATE nchat_social_posts SET details = '{\"parked\": \"e30\"}' WHERE id = (SELECT id FROM days WHERE n = 3 AND d = 500);
SET session_replication_role = origin;
VACUUM ANALYZE;";

/// What all day's work asks of the database; the plan of each statement that was prepared for it, as it is made without
/// knowing the values.
async fn plans(app: &App) -> BTreeMap<String, String> {
    let mut connection = app.service.store.connection().await.expect("the one connection");
    let transaction = connection.begin(ALL_TENANTS).await.expect("a transaction");
    transaction.batch_execute("SET LOCAL plan_cache_mode = force_generic_plan").await.expect("set");
    let prepared = transaction
        .query(
            "SELECT name, statement, parameter_types::text[] FROM pg_prepared_statements \
             WHERE NOT from_sql AND statement ~ 'nchat_(social|messages)' AND statement !~ 'pg_prepared_statements'",
            &[],
        )
        .await
        .expect("prepared statements");
    let mut plans = BTreeMap::new();
    for row in prepared {
        let (name, statement, types): (&str, &str, Vec<String>) = (row.get(0), row.get(1), row.get(2));
        let nulls: Vec<String> = types.iter().map(|of| format!("NULL::{of}")).collect();
        let values = if nulls.is_empty() { String::new() } else { format!("({})", nulls.join(", ")) };
        let explain = format!("EXPLAIN (COSTS OFF) EXECUTE \"{name}\"{values}");
        let told = transaction.simple_query(&explain).await.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
        let lines = told.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        let scans: Vec<&str> = lines.filter(|line| line.contains("Scan")).map(str::trim).collect();
        plans.insert(statement.to_owned(), scans.join("\n"));
    }
    plans
}

/// One round of everything: polls with news and without, and what administrators look at.
async fn a_days_work(app: &App) {
    let world = app.simulator.world("twitter").expect("X");
    world.publish(X_ACCOUNT, Draft::text("News")).expect("published");
    assert_eq!(app.poll_after(6).await, 1);
    assert_eq!(app.poll_after(6).await, 1);
    let account = app.ask("{ socialAccounts(platform: twitter) { id } }", json!({})).await;
    let account = &account["socialAccounts"][0]["id"];
    let pages = "query ($a: uuid) { \
        socialPosts(first: 50) { nodes { id content account { account_name } deliveries { status } } } \
        of: socialPosts(first: 50, account_id: $a) { nodes { id } } \
        socialImportLogs(first: 50) { nodes { id status } } \
        logs: socialImportLogs(first: 50, account_id: $a) { nodes { id } } \
        socialAuditLog(first: 50) { nodes { action } } }";
    app.ask(pages, json!({"a": account})).await;
}

fn assert_by_index(plans: &BTreeMap<String, String>) {
    let whole = Regex::new(&format!(r"Seq Scan on ({})\b", GROWING.join("|"))).expect("a pattern");
    for (statement, plan) in plans {
        assert!(!whole.is_match(plan), "reads a whole table: {statement}\n{plan}");
    }
    let of = |part: &str| {
        let found: Vec<_> = plans.iter().filter(|(statement, _)| statement.contains(part)).collect();
        assert_eq!(found.len(), 1, "one statement has {part:?}");
        found[0].1.as_str()
    };
    for (part, index) in [
        ("claimed AS", "nchat_social_accounts_turn_idx"),
        ("coalesce(a.retry_at", "nchat_social_deliveries_looks_idx"),
        ("WITH failed AS", "nchat_social_deliveries_open_idx"),
        ("WITH failed AS", "nchat_social_posts_account_id_post_id_key"),
    ] {
        assert!(of(part).contains(index), "{part}: not by {index}:\n{}", of(part));
    }
}

async fn a_year(days: usize) {
    let mut app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    let script = HISTORY.replace("$CHANNEL", &app.chat.announcements.to_string()).replace("$DAYS", &days.to_string());
    for part in script.split_inclusive(';') {
        app.chat.script(part).await;
    }
    // One connection, whose prepared statements can be looked at.
    let url = app.database.url().into();
    let options = PoolOptions { url, size: 1, statement_timeout: Duration::from_secs(20) };
    app.use_service(Service { store: Store::new(pool(&options).expect("a pool")), ..app.service.clone() });
    let rows = async |table: &str| app.chat.count(&format!("SELECT count(*) FROM {table}")).await;
    let before = rows("nchat_social_posts").await;
    assert!(before > 1_000 * 500 / i64::try_from(days).expect("days"), "the year is there");

    a_days_work(&app).await;
    let full = plans(&app).await;
    assert!(full.len() > 15, "{} statements", full.len());
    assert_by_index(&full);

    let began = std::time::Instant::now();
    let mut deleted = 0;
    loop {
        match app.service.clean_up().await.expect("cleaned") {
            0 => break,
            more => deleted += more,
        }
    }
    println!("{deleted} rows deleted in {:?}", began.elapsed());
    for (what, expected) in [
        ("nchat_social_import_logs WHERE completed_at < now() - interval '91 days'", 0),
        ("nchat_social_audit_log WHERE done_at < now() - interval '401 days'", 0),
        ("nchat_social_costs WHERE day < now() - interval '402 days'", 0),
        ("nchat_social_oauth_sessions WHERE expires_at < now() - interval '2 days'", 0),
        ("nchat_social_requests WHERE begun_at < now() - interval '2 days'", 0),
        ("nchat_social_posts WHERE posted_at < now() - interval '401 days'", 3),
        (
            "nchat_social_posts p JOIN nchat_social_accounts a ON a.id = p.account_id \
             WHERE platform = 'linkedin' AND posted_at < now() - interval '181 days'",
            1,
        ),
        ("nchat_social_deliveries d WHERE NOT EXISTS (SELECT FROM nchat_social_posts p WHERE p.id = d.post_id)", 0),
    ] {
        assert_eq!(rows(what).await, expected, "{what}");
    }
    let kept = rows("nchat_social_posts").await;
    assert!(kept < before * 3 / 4 && kept > before / 2, "{kept} of {before} posts are kept");
    assert_eq!(app.chat.texts().await, ["News"]);

    // The same again on what is left.
    app.chat.script("VACUUM ANALYZE").await;
    a_days_work(&app).await;
    let left = plans(&app).await;
    assert_by_index(&left);
    let index = Regex::new(r"nchat_\w+_(idx|key|pkey)").expect("a pattern");
    for (statement, plan) in &full {
        let indexes =
            |plan: &str| index.find_iter(plan).map(|found| found.as_str().to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(indexes(plan), indexes(&left[statement]), "the plan changed: {statement}");
    }
    let prunes = left.keys().filter(|statement| statement.starts_with("DELETE FROM")).count();
    assert!(prunes >= 10, "{prunes} of the statements delete");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_year_of_a_thousand_accounts_keeps_tables_bounded_and_plans_unchanged() {
    a_year(10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "writes three million rows: make outages"]
async fn a_year_of_daily_posts_of_a_thousand_accounts_keeps_tables_bounded_and_plans_unchanged() {
    a_year(1).await;
}

/// Neither by itself nor for the channel that has it; a new integration that asks for older posts gets it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_post_whose_time_is_over_is_forgotten_but_does_not_come_again_and_its_message_stays() {
    for platform in Platform::ALL {
        let app = App::start().await;
        let world = app.simulator.world(platform.as_str()).expect("a world");
        let at = Some(nchat_social::domain::Clock::now(&*app.clock) - chrono::Duration::days(500));
        world.publish(account_of(platform), Draft { at, ..Draft::text("Old") }).expect("published");
        let account = app.connect_one(platform).await;
        app.integrate(account, app.chat.announcements, json!({"backfill_count": 5})).await;
        app.poll().await;
        assert_eq!(app.chat.texts().await, ["Old"], "{platform}");
        app.service.clean_up().await.expect("cleaned");
        let posts = "SELECT count(*) FROM nchat_social_posts";
        assert_eq!(app.chat.count(posts).await, 1, "{platform}: it has only just been imported");
        app.chat.script("UPDATE nchat_social_posts SET imported_at = now() - interval '500 days'").await;
        app.service.clean_up().await.expect("cleaned");
        assert_eq!(app.chat.count(posts).await, 0, "{platform}");
        for _ in 0..3 {
            app.poll_after(21).await;
        }
        assert_eq!(app.chat.texts().await, ["Old"], "{platform}: once");
        let other = app.chat.another_channel("other").await;
        app.integrate(account, other, json!({"backfill_count": 5})).await;
        app.poll_after(21).await;
        assert_eq!(app.chat.messages(other).await.len(), 1, "{platform}: as asked");
        assert_eq!(app.chat.texts().await, ["Old"], "{platform}: once");
    }
}
