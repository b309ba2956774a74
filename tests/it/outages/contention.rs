//! Others write to the same rows: deadlocks, serialization failures, no connection left.

use super::{CAUGHT_UP_WITHIN, Stage};
use crate::{
    app::{App, world::X_ACCOUNT},
    processes::until,
};
use nchat_social::{domain::Platform, simulator::Draft};
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_loses_a_deadlock_is_done_again_at_once() {
    let app = App::start().await;
    let account = app.following(Platform::Twitter, json!({})).await;
    let world = app.simulator.world("twitter").expect("X");
    world.publish(X_ACCOUNT, Draft::text("once")).expect("published");
    let other = app.database.client().await;
    // The import locks the account and then needs the channel; the other has the channel and then needs the account.
    other
        .batch_execute(&format!("BEGIN; SELECT FROM nchat_channels WHERE id = '{}' FOR UPDATE", app.chat.announcements))
        .await
        .expect("locked");
    let crossing = async {
        let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted";
        until("the import waits", CAUGHT_UP_WITHIN, async || app.chat.count(waits).await > 0).await;
        other
            .execute("UPDATE nchat_social_accounts SET account_name = 'Renamed' WHERE id = $1", &[&account])
            .await
            .expect("the import loses the deadlock");
        other.batch_execute("COMMIT").await.expect("committed");
    };
    let (polled, ()) = tokio::join!(app.poll_after(6), crossing);
    assert_eq!(polled, 1);
    assert_eq!(app.chat.texts().await, ["once"]);
    assert_eq!(app.only_account().await["health"], "connected");
    app.assert_at_rest().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serialization_failures_cost_seconds_and_nothing_else() {
    let app = App::start().await;
    let name = name(&app).await;
    app.chat.script(&format!("ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'")).await;
    let mut stage = Stage::on(app, 5, &[]).await;
    let other = stage.app.database.client().await;
    let writing = tokio::spawn(async move {
        let mut failed = 0;
        loop {
            let touched =
                other.batch_execute("UPDATE nchat_social_accounts SET account_handle = gen_random_uuid()::text").await;
            failed += usize::from(touched.is_err());
            assert!(failed < 10_000);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    stage.publish_for(Duration::from_secs(4)).await;
    writing.abort();
    let caught_up = stage.catch_up(CAUGHT_UP_WITHIN).await;
    println!("caught up after {caught_up:?}");
    stage.assert_whole().await;
    stage.process.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_free_connection_readyz_says_so_and_work_goes_on_with_the_first_one() {
    let app = App::start().await;
    let role = format!("limited_{}", name(&app).await);
    app.chat.script(&format!("CREATE ROLE {role} LOGIN PASSWORD 'canary' IN ROLE {}", owner(&app).await)).await;
    let url = app.database.url_as(&role, "canary");
    let mut stage = Stage::on_as(app, 6, &[], Some(&url)).await;
    stage.publish();
    stage.catch_up(CAUGHT_UP_WITHIN).await;

    let watch = stage.watch();
    stage.app.chat.script(&format!("ALTER ROLE {role} CONNECTION LIMIT 0")).await;
    let cut = format!("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = '{role}'");
    // Whoever was just being let in has to go, too.
    let mut quiet = 0;
    until("nobody is connected", CAUGHT_UP_WITHIN, async || {
        quiet = if stage.app.chat.count(&cut).await == 0 { quiet + 1 } else { 0 };
        quiet == 10
    })
    .await;
    let away = Instant::now();
    stage.publish_for(Duration::from_secs(4)).await;
    let over = Instant::now();
    stage.app.chat.script(&format!("ALTER ROLE {role} CONNECTION LIMIT 100")).await;
    let ready = watch.ready_again(Instant::now()).await;
    stage.publish();
    let caught_up = stage.catch_up(CAUGHT_UP_WITHIN).await;
    println!("no connection: ready after {ready:?}, caught up after {caught_up:?}");
    watch.assert_said_so(away + Duration::from_millis(500), over);
    stage.assert_whole().await;
    stage.process.stop().await;
}

async fn name(app: &App) -> String {
    app.chat.value("SELECT current_database() AS name").await[0]["name"].as_str().expect("a name").to_owned()
}

async fn owner(app: &App) -> String {
    let owner = app.chat.value("SELECT tableowner FROM pg_tables WHERE tablename = 'nchat_social_posts'").await;
    owner[0]["tableowner"].as_str().expect("a name").to_owned()
}
