//! Postgres is restarted, or goes on as a copy at another place. On a cluster of the test's own.

use super::{CAUGHT_UP_WITHIN, Stage};
use crate::app::{App, chat::Chat, cluster::Cluster, database::Database};
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_postgres_under_load_loses_and_doubles_nothing() {
    let cluster = Cluster::start("restarted");
    let app = App::start_on(Database::on(&cluster.url()).await).await;
    let mut stage = Stage::on(app, 7, &[]).await;
    stage.publish_for(Duration::from_secs(2)).await;
    let port = url::Url::parse(&cluster.url()).expect("an address").port().expect("a port");
    let watch = stage.watch();
    let away = Instant::now();
    cluster.stop();
    stage.publish();
    cluster.start_again(port);
    let back = Instant::now();
    stage.app.chat = Chat::new(&stage.app.database).await;
    let ready = watch.ready_again(back).await;
    stage.publish_for(Duration::from_secs(1)).await;
    let caught_up = stage.catch_up(CAUGHT_UP_WITHIN).await;
    println!("restart of {:?}: ready after {ready:?}, caught up after {caught_up:?}", back - away);
    assert!(watch.seen().iter().all(|s| s.live == Some(200)), "/livez stays 200");
    stage.assert_whole().await;
    stage.process.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failover_to_a_copy_goes_on_where_the_first_one_ended() {
    let first = Cluster::start("first");
    let app = App::start_on(Database::on(&first.url()).await).await;
    let mut stage = Stage::on(app, 8, &[]).await;
    stage.publish_for(Duration::from_secs(2)).await;
    let watch = stage.watch();
    let began = Instant::now();
    first.stop();
    let away = Instant::now();
    stage.publish();
    let second = first.copy("second");
    second.start_again(0);
    let url = second.url();
    // Long enough for some looks at /readyz.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let back = Instant::now();
    stage.proxy.turn_to(&url);
    stage.app.database = stage.app.database.copied_to(&url);
    stage.app.chat = Chat::new(&stage.app.database).await;
    let ready = watch.ready_again(back).await;
    stage.publish_for(Duration::from_secs(1)).await;
    let caught_up = stage.catch_up(CAUGHT_UP_WITHIN).await;
    println!("failover of {:?}: ready after {ready:?}, caught up after {caught_up:?}", back - began);
    watch.assert_said_so(away, back);
    stage.assert_whole().await;
    stage.process.stop().await;
}
