//! The import's transaction: true numbers, few statements, one door.

use crate::app::{App, world::X_ACCOUNT};
use nchat_social::{
    domain::Platform,
    simulator::{Counters, Draft, Other},
};
use serde_json::json;

/// The log lied about what happened.
#[tokio::test]
async fn defect_62_the_log_equals_what_happened_to_the_number() {
    let app = App::start().await;
    let rule = json!({"filter_keywords": ["launch"], "exclude_retweets": true, "min_engagement": 5});
    let account = app.following(Platform::Twitter, rule).await;
    let second = app.chat.another_channel("second").await;
    app.integrate(
        account,
        second,
        json!({"filter_keywords": ["launch"], "exclude_retweets": true, "min_engagement": 5}),
    )
    .await;
    let world = app.simulator.world("twitter").expect("X");
    let popular = Counters { likes: Some(4), reposts: Some(1), ..Counters::default() };
    for text in ["Launch one", "Our launch, two"] {
        world.publish(X_ACCOUNT, Draft { counters: popular, ..Draft::text(text) }).expect("published");
    }
    world.publish(X_ACCOUNT, Draft::text("A quiet launch")).expect("published");
    world.publish(X_ACCOUNT, Draft { counters: popular, ..Draft::text("Lunch") }).expect("published");
    let other = Other { handle: "bo".into(), name: "Bo".into(), text: "launch".into(), unreadable: false };
    world.publish(X_ACCOUNT, Draft { repost_of: Some(other), ..Draft::default() }).expect("published");
    for _ in 0..3 {
        app.poll_after(5).await;
    }
    let log = app
        .chat
        .value(
            "SELECT import_type, status, posts_fetched, posts_imported, posts_posted, posts_filtered, posts_waiting, \
             messages_posted, errors, started_at <= completed_at AS in_time \
             FROM nchat_social_import_logs WHERE posts_fetched > 0",
        )
        .await;
    // The repost is not even read, for every integration leaves reposts out.
    assert_eq!(
        log,
        json!([{
            "import_type": "scheduled", "status": "completed", "posts_fetched": 4, "posts_imported": 4,
            "posts_posted": 2, "posts_filtered": 1, "posts_waiting": 1, "messages_posted": 4, "errors": [],
            "in_time": true
        }])
    );
    let world_says = app
        .chat
        .value(
            "SELECT (SELECT count(*) FROM nchat_social_posts) AS imported, (SELECT count(*) FROM nchat_messages) AS messages, \
             (SELECT count(*) FROM nchat_social_posts WHERE was_posted_to_channel) AS posted, \
             (SELECT count(DISTINCT post_id) FROM nchat_social_deliveries WHERE status = 'waiting') AS waiting",
        )
        .await;
    assert_eq!(world_says, json!([{"imported": 4, "messages": 4, "posted": 2, "waiting": 1}]));
    // Quiet polls are counted on the account, and the next log takes the count over.
    let quiet = app.chat.count("SELECT quiet_polls FROM nchat_social_accounts").await;
    assert_eq!(quiet, 2);
    world.publish(X_ACCOUNT, Draft { counters: popular, ..Draft::text("Launch three") }).expect("published");
    app.poll_after(5).await;
    let counted = app.chat.value("SELECT quiet_polls FROM nchat_social_import_logs WHERE posts_imported = 1").await;
    assert_eq!(counted, json!([{"quiet_polls": 2}]));
    assert_eq!(app.chat.count("SELECT quiet_polls FROM nchat_social_accounts").await, 0);
}

/// A page of 100 posts costs as many statements as a page of one: at most eight, begin and commit apart.
#[tokio::test]
async fn a_page_of_a_hundred_posts_is_eight_statements() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    let world = app.simulator.world("twitter").expect("X");
    for n in 0..100 {
        app.clock.advance(chrono::Duration::seconds(1));
        world.publish(X_ACCOUNT, Draft::text(format!("Number {n}"))).expect("published");
    }
    app.chat.script("CREATE EXTENSION IF NOT EXISTS pg_stat_statements").await;
    app.clock.advance(chrono::Duration::minutes(5));
    let claimed = app.ticker.tick().await.expect("a tick");
    assert_eq!(claimed.accounts, 1);
    app.chat
        .script(
            "SELECT pg_stat_statements_reset(0, (SELECT oid FROM pg_database WHERE datname = current_database()), 0)",
        )
        .await;
    app.poller.work(app.queue.take().expect("a job")).await;
    assert_eq!(app.chat.texts().await.len(), 100);
    // Everything the poll did apart from its two reads (accounts of the lease, their logins) and its own bookkeeping.
    let statements = app
        .chat
        .value(
            "SELECT query, calls FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid \
             WHERE d.datname = current_database() AND toplevel AND query NOT ILIKE '%pg_stat_statements%' \
               AND query NOT ILIKE 'begin%' AND query NOT ILIKE 'start transaction%' AND query NOT ILIKE 'commit%' \
               AND query NOT LIKE 'SELECT id, content%' AND query NOT LIKE 'SELECT content%' ORDER BY query",
        )
        .await;
    let calls: i64 =
        statements.as_array().expect("rows").iter().map(|row| row["calls"].as_i64().expect("a number")).sum();
    // Beside the import's eight, for the whole lease: accounts and logins (each binds a tenant), how the platforms stand,
    // and what X bills for what was read (with its tenant).
    assert!(calls <= 8 + 4 + 3, "{calls} statements: {statements:#}");
}

/// Posts enter by one door, which only this service itself may use.
#[tokio::test]
async fn the_import_mutation_is_the_systems_alone() {
    use nchat_social::service::Actor;
    let app = App::start().await;
    let account = app.following(Platform::Twitter, json!({})).await;
    let document = "mutation ($i: SocialImportPostsInput!) { socialImportPosts(input: $i) { status } }";
    let input = json!({"i": {
        "source_account_id": "primary", "account_id": account, "lease_id": uuid::Uuid::from_u128(1),
        "import_type": "scheduled", "started_at": "2026-11-22T12:00:00Z", "baseline": false, "posts": [], "fetched": 0,
        "next_poll_at": "2026-11-22T12:05:00Z", "next_poll_reason": "interval"
    }});
    let admin = Actor::Admin(app.admin_of("primary").await);
    for actor in [admin, Actor::Member, Actor::Nobody] {
        let answer = app.ask_as(actor, document, input.clone()).await;
        assert!(answer["errors"].is_array(), "{answer:#}");
    }
    let answer = app.ask_as(Actor::System, document, input).await;
    assert_eq!(answer["data"]["socialImportPosts"]["status"], "lease_lost", "a lease that is not held: {answer:#}");
}
