//! The server takes no writes: a failover leads to a standby, or a primary has become one.

use super::{CAUGHT_UP_WITHIN, Stage, put_through};
use crate::{
    app::{App, cluster::Cluster, database::Database, proxy::Weather, world::X_ACCOUNT},
    connect::{get, tokens_of},
    processes::until,
};
use nchat_social::{
    domain::Platform,
    simulator::{Draft, Fault, FaultKind},
};
use secrecy::ExposeSecret;
use serde_json::json;
use std::time::{Duration, Instant};

const TOKEN: &str = "/2/oauth2/token";

/// Whoever connects from now on meets a standby, or a primary again.
async fn standby(app: &App, is_one: bool) {
    let name = app.chat.value("SELECT current_database() AS name").await;
    let name = name[0]["name"].as_str().expect("a name");
    let change = if is_one { "SET default_transaction_read_only = on" } else { "RESET default_transaction_read_only" };
    app.chat.script(&format!("ALTER DATABASE {name} {change}")).await;
}

/// Such a connection is whole, so the pool kept it, and every write failed until a restart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn defect_connections_to_a_standby_are_not_kept() {
    let mut app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    standby(&app, true).await;
    let _proxy = put_through(&mut app, 4, Duration::from_secs(5)).await;
    // As many as there may be.
    let many = std::iter::repeat_with(|| app.service.store.schema_version()).take(4);
    assert!(futures_util::future::join_all(many).await.iter().all(Result::is_ok), "it is read from");
    app.clock.advance(chrono::Duration::minutes(6));
    assert!(app.ticker.tick().await.is_err(), "no claim is written");
    standby(&app, false).await;
    let world = app.simulator.world("twitter").expect("X");
    world.publish(X_ACCOUNT, Draft::text("after it")).expect("published");
    app.poll().await;
    assert_eq!(app.chat.texts().await, ["after it"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn defect_a_process_at_a_standby_is_not_ready() {
    let mut app = App::start().await;
    standby(&app, true).await;
    let _proxy = put_through(&mut app, 4, Duration::from_secs(5)).await;
    let ready = async |app: &App| get(app, "/readyz", &[]).await.status;
    for _ in 0..3 {
        assert_eq!(ready(&app).await, 503);
    }
    standby(&app, false).await;
    assert_eq!(ready(&app).await, 200, "at once: nothing need be written for it");
}

/// The primary goes away while X renews a token, and a standby answers in its place. What X has granted was dropped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn defect_tokens_granted_while_only_a_standby_answers_are_stored_by_the_next_primary() {
    let mut app = App::start().await;
    let id = app.following(Platform::Twitter, json!({})).await;
    let before = tokens_of(&app, id).await;
    let proxy = put_through(&mut app, 4, Duration::from_secs(5)).await;
    app.clock.advance(chrono::Duration::minutes(112));
    app.simulator.clear_calls();
    app.simulator.fault(Fault::new("twitter", TOKEN, FaultKind::SlowAfter(1_500)).times(1)).expect("armed");
    let failover = async {
        let asked = || app.simulator.calls().iter().any(|call| call.path.ends_with(TOKEN));
        until("X is asked", Duration::from_secs(10), async || asked()).await;
        standby(&app, true).await;
        proxy.set(Weather::Refusing);
        // Long enough for the wire to notice; then longer than the answer takes, and some tries.
        tokio::time::sleep(Duration::from_millis(500)).await;
        proxy.set(Weather::Fair);
        tokio::time::sleep(Duration::from_millis(4_000)).await;
        standby(&app, false).await;
    };
    tokio::join!(app.poll(), failover);
    let after = tokens_of(&app, id).await;
    assert_ne!(after.access_token.expose_secret(), before.access_token.expose_secret(), "the new ones are stored");
    app.poll_after(112).await;
    let world = app.simulator.world("twitter").expect("X");
    assert_eq!((&app.only_account().await["health"], world.grants()[0].renewals), (&json!("connected"), 2));
}

/// The whole program, on a cluster that is made read-only as it runs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_is_made_read_only_and_writable_again_loses_and_doubles_nothing() {
    let cluster = Cluster::start("readonly");
    let app = App::start_on(Database::on(&cluster.url()).await).await;
    let mut stage = Stage::on(app, 9, &[]).await;
    // The test itself may go on writing.
    stage.app.chat.script("SET default_transaction_read_only = off").await;
    stage.publish_for(Duration::from_secs(1)).await;
    stage.catch_up(CAUGHT_UP_WITHIN).await;
    let watch = stage.watch();
    stage.app.chat.script("ALTER SYSTEM SET default_transaction_read_only = on").await;
    stage.app.chat.count("SELECT count(*) FROM pg_reload_conf()").await;
    let away = Instant::now();
    stage.publish_for(Duration::from_secs(4)).await;
    let over = Instant::now();
    stage.app.chat.script("ALTER SYSTEM RESET default_transaction_read_only").await;
    stage.app.chat.count("SELECT count(*) FROM pg_reload_conf()").await;
    let ready = watch.ready_again(Instant::now()).await;
    stage.publish();
    let caught_up = stage.catch_up(CAUGHT_UP_WITHIN).await;
    println!("read-only: ready after {ready:?}, caught up after {caught_up:?}");
    watch.assert_said_so(away + Duration::from_secs(1), over);
    stage.assert_whole().await;
    stage.process.stop().await;
}
