//! The database answers, but some statements take too long: a slow disk, a lock that somebody forgot.

use super::{CAUGHT_UP_WITHIN, Stage};
use crate::{app::App, processes::until};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_that_take_too_long_are_told_and_done_later() {
    let mut stage = Stage::on(App::start().await, 4, &[("SOCIAL_STATEMENT_TIMEOUT", "1")]).await;
    let other = stage.app.database.client().await;

    // Posts cannot be written: their accounts say so.
    other.batch_execute("BEGIN; LOCK TABLE nchat_social_posts IN SHARE MODE").await.expect("locked");
    stage.publish();
    let told = "SELECT count(*) FROM nchat_social_accounts WHERE health_code = 'import_failed'";
    until("told on the accounts", CAUGHT_UP_WITHIN, async || {
        stage.nudge().await;
        stage.app.chat.count(told).await > 0
    })
    .await;
    other.batch_execute("COMMIT").await.expect("unlocked");
    stage.catch_up(CAUGHT_UP_WITHIN).await;

    // Nothing can be claimed or ended: the accounts' rows are locked.
    stage.publish();
    stage.nudge().await;
    other.batch_execute("BEGIN; LOCK TABLE nchat_social_accounts IN SHARE MODE").await.expect("locked");
    stage.publish();
    tokio::time::sleep(Duration::from_secs(3)).await;
    other.batch_execute("COMMIT").await.expect("unlocked");
    let caught_up = stage.catch_up(CAUGHT_UP_WITHIN).await;
    println!("caught up {caught_up:?} after the locks");
    stage.assert_whole().await;
    stage.process.stop().await;
}
