//! Weeks of simulated time: two workers, many accounts, rotating tokens, and a share of all answers faulty. A short one
//! with every test run; `make long` for the whole month.

pub mod crowd;

use chrono::Duration;
use crowd::Crowd;
use nchat_social::{
    domain::{Dice, dice::SeededDice},
    simulator::Forecast,
};
use std::{io::Write, time::Instant};

/// What the faults are drawn by, unless `LONG_SEED` says otherwise.
const SEED: u64 = 20_261_122;
/// The share of faulty answers.
const SHARE: f64 = 0.01;
/// How often an account publishes, in posts a day.
const POSTS_A_DAY: f64 = 2.0;
/// What X may bill a day for each account, in tenths of a cent: enough for most days, but not for all.
const BUDGET: i64 = 12;
/// What is set aside before each reading: with less than that left of the day's budget, nobody reads or renews.
const SMALLEST_PAGE: i64 = 25;

/// How long, how many, how often.
#[derive(Clone, Copy)]
struct Run {
    days: i64,
    /// Accounts of each platform.
    accounts: usize,
    /// Minutes between two polls of an account.
    interval: i64,
    /// Minutes between two looks at what is due.
    step: i64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_days_of_bad_weather_disconnect_nobody_and_lose_nothing() {
    run(Run { days: 3, accounts: 8, interval: 60, step: 20 }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a while: make long"]
async fn thirty_days_of_bad_weather_disconnect_nobody_and_lose_nothing() {
    run(Run { days: 30, accounts: 50, interval: 15, step: 5 }).await;
}

async fn run(run: Run) {
    let seed = seed();
    say(&format!("weather by seed {seed}; LONG_SEED={seed} brings it again"));
    let dice = SeededDice::new(seed);
    let mut crowd =
        Crowd::gather(run.accounts, Duration::minutes(run.interval), BUDGET * run.accounts as i64 + SMALLEST_PAGE)
            .await;
    crowd.simulator().weather(Forecast { share: SHARE, seed, loses_tokens: false }).expect("weather");
    let began = Instant::now();
    let steps = run.days * 24 * 60 / run.step;
    let chance = POSTS_A_DAY * run.step as f64 / (24.0 * 60.0);
    let mut polls = 0;
    for step in 0..steps {
        crowd.clock().advance(Duration::minutes(run.step));
        // Three connections end by what no service can mend; everybody else's must not.
        if step == steps / 3 {
            crowd.lose_a_rotation();
        } else if step == steps / 2 {
            crowd.rotate_elsewhere();
        } else if step == steps * 2 / 3 {
            crowd.revoke();
        }
        crowd.publish(|| dice.fraction() < chance);
        polls += crowd.poll().await;
        if run.days > 3 && (step + 1) % (24 * 60 / run.step) == 0 {
            let day = (step + 1) * run.step / (24 * 60);
            say(&format!(
                "day {day} of {}: {polls} polls, {} posts, {:?}",
                run.days,
                crowd.published(),
                began.elapsed()
            ));
        }
    }
    // The simulator keeps the latest calls only.
    assert!(crowd.simulator().calls().iter().any(|call| call.fault.is_some()), "the weather was bad");
    // The weather clears; whoever backed off comes back within hours, whoever waited for money on the next day.
    crowd.simulator().clear_faults();
    for _ in 0..(30 * 60 / run.step) {
        crowd.clock().advance(Duration::minutes(run.step));
        polls += crowd.poll().await;
    }
    say(&format!("{polls} polls and {} posts in {:?}", crowd.published(), began.elapsed()));

    crowd.assert_at_rest().await;
    crowd.assert_only_the_dead_are_disconnected().await;
    crowd.assert_no_spent_token_was_used();
    crowd.assert_the_bill_is_known_and_within_the_budget().await;
    crowd.assert_every_post_arrived_once_and_in_order().await;
}

#[expect(clippy::disallowed_methods, reason = "a setting of the test run, not of the program")]
fn seed() -> u64 {
    std::env::var("LONG_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(SEED)
}

/// Progress is shown as it is made, not with the test's end.
fn say(sentence: &str) {
    let _ = writeln!(std::io::stderr(), "long run: {sentence}");
}
