//! An hour in which nearly every other answer of every platform is faulty, in every way that passes by itself.

use crate::long_run::crowd::Crowd;
use chrono::Duration;
use nchat_social::{
    domain::{Dice, dice::SeededDice},
    simulator::Forecast,
};
use serde_json::json;

/// What X may bill a day, in tenths of a cent.
const PLENTY: i64 = 1_000_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_hour_of_every_fault_at_random_disconnects_nobody_and_loses_nothing() {
    for seed in [1, 2] {
        let dice = SeededDice::new(seed);
        let mut crowd = Crowd::gather(4, Duration::minutes(5), PLENTY).await;
        crowd.simulator().weather(Forecast { share: 0.4, seed, loses_tokens: false }).expect("weather");
        for _ in 0..30 {
            crowd.clock().advance(Duration::minutes(2));
            crowd.publish(|| dice.fraction() < 0.2);
            crowd.poll().await;
        }
        assert!(crowd.published() > 40, "{}", crowd.published());
        crowd.simulator().clear_faults();
        for _ in 0..18 {
            crowd.clock().advance(Duration::minutes(20));
            crowd.poll().await;
        }
        assert_eq!(crowd.unwell().await, json!([]), "seed {seed}");
        crowd.assert_at_rest().await;
        crowd.assert_every_post_arrived_once_and_in_order().await;
    }
}
