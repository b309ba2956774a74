//! Every table has a bound, and what cannot be deleted keeps nothing else from it.

use crate::app::App;
use chrono::Duration;
use nchat_social::{
    domain::{Clock, Platform},
    service::{Service, Settings, housekeeping::Retention},
    store::{
        ALL_TENANTS, Store,
        connect::{PoolOptions, pool},
    },
};
use regex::Regex;
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Tables of which housekeeping deletes nothing, and what bounds them.
const BOUND_OTHERWISE: [(&str, &str); 9] = [
    ("nchat_social_accounts", "as many as were connected"),
    ("nchat_social_integrations", "as many as were configured; they go with account or channel"),
    ("nchat_social_deliveries", "they go with their post"),
    ("nchat_social_platforms", "one row for each platform"),
    ("nchat_social_migrations", "one row for each migration"),
    ("apalis.jobs", "the queue prunes them: apalis_contract::prune"),
    ("apalis.workers", "the queue prunes them: apalis_contract::prune"),
    ("apalis._sqlx_migrations", "one row for each migration of the queue"),
    ("_sqlx_migrations", "one row for each migration of the queue"),
];

#[tokio::test]
async fn every_table_is_pruned_or_bound_otherwise() {
    let mut app = App::start().await;
    // One connection, whose prepared statements tell what housekeeping does.
    let options =
        PoolOptions { url: app.database.url().into(), size: 1, statement_timeout: std::time::Duration::from_secs(20) };
    app.use_service(Service { store: Store::new(pool(&options).expect("a pool")), ..app.service.clone() });
    app.service.clean_up().await.expect("cleaned");
    let mut connection = app.service.store.connection().await.expect("the one connection");
    let transaction = connection.begin(ALL_TENANTS).await.expect("a transaction");
    let rows = transaction.query("SELECT statement FROM pg_prepared_statements WHERE NOT from_sql", &[]).await;
    let deletes = Regex::new(r"DELETE FROM (\w+)").expect("a pattern");
    let pruned: BTreeSet<String> = rows
        .expect("prepared statements")
        .iter()
        .flat_map(|row| deletes.captures_iter(row.get(0)).map(|found| found[1].to_owned()).collect::<Vec<_>>())
        .collect();
    drop(transaction);
    let tables = app
        .chat
        .value(
            "SELECT CASE WHEN schemaname = 'apalis' THEN 'apalis.' ELSE '' END || tablename AS name FROM pg_tables \
             WHERE tablename LIKE 'nchat\\_social\\_%' OR schemaname = 'apalis' OR tablename LIKE '%sqlx%'",
        )
        .await;
    let tables: BTreeSet<&str> =
        tables.as_array().expect("rows").iter().filter_map(|row| row["name"].as_str()).collect();
    assert!(tables.len() > 20, "{tables:?}");
    let otherwise = BTreeMap::from(BOUND_OTHERWISE);
    for table in &tables {
        assert!(
            pruned.contains(*table) != otherwise.contains_key(table),
            "{table} is pruned ({}) or bound otherwise ({:?}), one of them",
            pruned.contains(*table),
            otherwise.get(table)
        );
    }
    assert!(pruned.iter().all(|table| tables.contains(table.as_str())), "{pruned:?}");
}

/// One account that could not be erased kept all others, and everything after it in a round, from being deleted.
#[tokio::test]
async fn defect_a_row_that_cannot_be_deleted_keeps_nothing_else() {
    let app = App::start().await;
    app.chat
        .script(
            "INSERT INTO nchat_social_deletions (id, platform, request_hash, code, requested_at) \
             VALUES (gen_random_uuid(), 'instagram', '1', '1', now()); \
             INSERT INTO nchat_social_accounts (id, platform, account_id, deletion_id) \
             SELECT lpad(n::text, 32, '0')::uuid, 'instagram', n::text, id FROM nchat_social_deletions, generate_series(1, 3) n; \
             INSERT INTO nchat_social_oauth_sessions (id, platform, created_at, expires_at) \
             VALUES (gen_random_uuid(), 'twitter', '2020-01-01', '2020-01-01'); \
             CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not this one'; END $$; \
             CREATE TRIGGER refused BEFORE DELETE ON nchat_social_accounts FOR EACH ROW \
               WHEN (OLD.account_id = '1') EXECUTE FUNCTION refuse()",
        )
        .await;
    let rows = async |table: &str| app.chat.count(&format!("SELECT count(*) FROM nchat_social_{table}")).await;
    assert!(app.service.clean_up().await.is_err(), "it is told");
    assert_eq!((rows("accounts").await, rows("oauth_sessions").await), (1, 0));
    app.chat.script("DROP TRIGGER refused ON nchat_social_accounts").await;
    app.service.clean_up().await.expect("cleaned");
    assert_eq!(rows("accounts").await, 0);
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_deletions WHERE completed_at IS NULL").await, 0);
}

#[tokio::test]
async fn tokens_that_no_account_uses_go_unless_somebody_is_just_connecting() {
    let app = App::start().await;
    app.connect_one(Platform::Twitter).await;
    app.clock.advance(Duration::hours(2));
    let now = app.clock.now();
    for (subject, at) in [("left behind", now - Duration::hours(2)), ("just connecting", now)] {
        app.chat
            .run(
                "INSERT INTO nchat_social_credentials (id, platform, subject, access_token_sealed, obtained_at, \
                   granted_at) VALUES (gen_random_uuid(), 'linkedin', $1, '', $2, $2)",
                &[&subject, &at],
            )
            .await;
    }
    app.service.clean_up().await.expect("cleaned");
    let left = app.chat.value("SELECT subject FROM nchat_social_credentials WHERE platform = 'linkedin'").await;
    assert_eq!(left, json!([{"subject": "just connecting"}]));
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_credentials").await, 2, "the account keeps its own");
}

#[tokio::test]
async fn connections_and_costs_are_kept_for_as_long_as_is_set() {
    let mut app = App::start().await;
    app.connect_one(Platform::Twitter).await;
    let keep = Retention { sessions: Duration::days(10), costs: Duration::days(40), ..app.service.settings.keep };
    let settings = Settings { keep, ..(*app.service.settings).clone() };
    app.use_service(Service { settings: Arc::new(settings), ..app.service.clone() });
    let rows =
        async |app: &App, table: &str| app.chat.count(&format!("SELECT count(*) FROM nchat_social_{table}")).await;
    for (days, sessions, costs) in [(9, 1, 1), (2, 0, 1), (28, 0, 1), (3, 0, 0)] {
        app.clock.advance(Duration::days(days));
        app.service.clean_up().await.expect("cleaned");
        assert_eq!(
            (rows(&app, "oauth_sessions").await, rows(&app, "costs").await),
            (sessions, costs),
            "{days} more days"
        );
    }
}
