//! The database is away for a while.

use super::{CAUGHT_UP_WITHIN, Stage, put_through};
use crate::{
    app::{App, proxy::Weather, world::X_ACCOUNT},
    processes::until,
};
use nchat_social::{domain::Platform, simulator::Draft};
use serde_json::json;
use std::time::{Duration, Instant};

/// An outage of a process; the queue's workers may take `caught_up` to come back.
async fn an_outage(time: Duration, weather: Weather, caught_up: Duration) {
    let mut stage = Stage::on(App::start().await, 1, &[("SOCIAL_STATEMENT_TIMEOUT", "2")]).await;
    stage.publish_for(Duration::from_secs(1)).await;
    stage.catch_up(CAUGHT_UP_WITHIN).await;
    let watch = stage.watch();
    stage.proxy.set(weather);
    let away = Instant::now();
    stage.publish_for(time).await;
    let over = Instant::now();
    stage.proxy.set(Weather::Fair);
    let ready = watch.ready_again(Instant::now()).await;
    // The queue's workers live again: what is published now arrives, too.
    stage.publish();
    let caught_up = stage.catch_up(caught_up).await;
    println!("{weather:?} for {time:?}: ready after {ready:?}, caught up after {caught_up:?}");
    watch.assert_said_so(away + Duration::from_millis(500), over);
    stage.assert_whole().await;
    let alive = "SELECT count(*) FROM apalis.workers WHERE last_seen > now() - interval '15 seconds'";
    until("workers say that they live", Duration::from_secs(15), async || stage.app.chat.count(alive).await > 0).await;
    stage.process.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn posts_published_during_an_outage_arrive_once_and_in_order_after_it() {
    an_outage(Duration::from_secs(6), Weather::Refusing, CAUGHT_UP_WITHIN).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes some minutes: make outages"]
async fn forty_five_seconds_of_outage_cost_nothing_but_time() {
    an_outage(Duration::from_secs(45), Weather::Refusing, CAUGHT_UP_WITHIN).await;
    // Whether a mute worker of the queue hangs is known after its heart has missed six beats.
    an_outage(Duration::from_secs(45), Weather::Mute, Duration::from_secs(90)).await;
}

/// The driver waits for an answer for ever, and a mute server's connections are closed by nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_falls_mute_is_given_up_with_all_its_connections() {
    let mut app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    let proxy = put_through(&mut app, 4, Duration::from_secs(1)).await;
    // Four connections are open, and used one after another.
    let many = std::iter::repeat_with(|| app.service.store.ping()).take(4);
    assert!(futures_util::future::join_all(many).await.iter().all(Result::is_ok));

    proxy.set(Weather::Mute);
    let began = Instant::now();
    assert!(app.ticker.tick().await.is_err(), "it is told");
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    proxy.set(Weather::Fair);
    let began = Instant::now();
    let world = app.simulator.world("twitter").expect("X");
    world.publish(X_ACCOUNT, Draft::text("after it")).expect("published");
    app.poll_after(6).await;
    assert_eq!(app.chat.texts().await, ["after it"]);
    assert!(began.elapsed() < Duration::from_secs(3), "no other connection is waited for: {:?}", began.elapsed());
}

/// A machine that is gone says nothing to Postgres either, which would keep its locks for hours.
#[tokio::test]
async fn a_process_that_vanished_in_a_transaction_holds_its_locks_for_minutes_only() {
    let app = App::start().await;
    let mut connection = app.service.store.connection().await.expect("a connection");
    let transaction = connection.begin("*").await.expect("a transaction");
    let limit = "SELECT setting::bigint / 1000 FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'";
    let seconds: i64 = transaction.query_one(limit, &[]).await.expect("a row").get(0);
    assert!((60..=300).contains(&seconds), "longer than a platform takes to renew a token, and not much: {seconds} s");
}

/// Statements are sent together. The first answer used to be taken for all of them: nobody noticed that the next one
/// never came, and claims stopped until a restart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn defect_a_server_that_falls_mute_in_mid_statement_is_given_up() {
    let mut app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    let proxy = put_through(&mut app, 4, Duration::from_secs(3)).await;
    app.poll_after(6).await;
    app.clock.advance(chrono::Duration::minutes(6));
    let other = app.database.client().await;
    other.batch_execute("BEGIN; LOCK TABLE nchat_social_accounts").await.expect("locked");
    let falling_mute = async {
        let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted \
                     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        until("the claim waits", CAUGHT_UP_WITHIN, async || app.chat.count(waits).await > 0).await;
        proxy.set(Weather::Mute);
    };
    let began = Instant::now();
    let both = async { tokio::join!(app.ticker.tick(), falling_mute) };
    let (ticked, ()) = tokio::time::timeout(Duration::from_secs(12), both).await.expect("it is given up");
    assert!(ticked.is_err(), "it is told");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    proxy.set(Weather::Fair);
    other.batch_execute("COMMIT").await.expect("unlocked");
    assert!(app.ticker.tick().await.is_ok(), "and on it goes");
}

/// Whoever gives up waiting leaves a statement running; the next borrower of the connection waited for its end.
#[tokio::test]
async fn defect_a_connection_with_a_statement_that_nobody_waits_for_is_not_lent_again() {
    let mut app = App::start().await;
    let _proxy = put_through(&mut app, 1, Duration::from_secs(20)).await;
    let store = &app.service.store;
    let mut connection = store.connection().await.expect("a connection");
    let transaction = connection.begin("*").await.expect("a transaction");
    let long = transaction.batch_execute("SELECT pg_sleep(15)");
    assert!(tokio::time::timeout(Duration::from_millis(300), long).await.is_err(), "given up");
    drop(transaction);
    drop(connection);
    let began = Instant::now();
    store.ping().await.expect("another connection");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}
