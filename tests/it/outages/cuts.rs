//! Connections are cut: in the middle of statements, of answers, of commits whose outcome nobody hears.

use super::{CAUGHT_UP_WITHIN, Stage};
use crate::app::proxy::Weather;
use std::time::Duration;

/// The outcome of a commit that was cut is unknown: written or not, both happen here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_whose_answer_is_lost_lose_and_double_nothing() {
    let mut stage = Stage::set(2).await;
    stage.proxy.set(Weather::CuttingCommits(5));
    // However slow the machine is.
    for _ in 0..5 {
        stage.publish_for(Duration::from_secs(6)).await;
        if stage.proxy.cuts() > 10 {
            break;
        }
    }
    let cuts = stage.proxy.cuts();
    stage.proxy.set(Weather::Fair);
    let caught_up = stage.catch_up(CAUGHT_UP_WITHIN).await;
    println!("{cuts} commits cut, caught up after {caught_up:?}");
    assert!(cuts > 10, "{cuts} commits were cut");
    stage.assert_whole().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_cut_at_any_byte_lose_and_double_nothing() {
    cut_for(Duration::from_secs(6), 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes some minutes: make outages"]
async fn connections_cut_at_any_byte_for_minutes_lose_and_double_nothing() {
    for seed in 10..14 {
        cut_for(Duration::from_secs(45), seed).await;
    }
}

async fn cut_for(time: Duration, seed: u64) {
    let mut stage = Stage::set(seed).await;
    stage.proxy.set(Weather::Cutting(30_000));
    stage.publish_for(time).await;
    let cuts = stage.proxy.cuts();
    stage.proxy.set(Weather::Fair);
    let caught_up = stage.catch_up(CAUGHT_UP_WITHIN).await;
    println!("seed {seed}: {cuts} connections cut, caught up after {caught_up:?}");
    assert!(cuts > 10, "{cuts} connections were cut");
    stage.assert_whole().await;
}
