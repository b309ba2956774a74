//! Processes of the program come, are killed at random moments and steps, and go, while all three platforms publish:
//! 200 kills with every test run, any number by `make chaos`.
#![cfg(debug_assertions)]

mod herd;
mod verdict;
mod world;

use crate::app::App;
use herd::Herd;
use nchat_social::{
    config::environment,
    domain::{Dice, dice::SeededDice},
};
use std::{
    io::Write,
    time::{Duration, Instant},
};
use verdict::Verdict;
use world::World;

/// What the kills are drawn by, unless `CHAOS_SEED` says otherwise.
const SEED: u64 = 20_261_123;
/// How many, unless `CHAOS_KILLS` says otherwise.
const KILLS: u64 = 200;
/// Between two turns of the wheel.
const TURN: Duration = Duration::from_millis(40);
/// Afterwards two processes that nobody kills have this long to bring everything.
const CALM: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_at_random_lose_double_and_disorder_nothing() {
    let (seed, kills) = (setting("CHAOS_SEED").unwrap_or(SEED), setting("CHAOS_KILLS").unwrap_or(KILLS));
    say(&format!("{kills} kills by seed {seed}; make chaos SEED={seed} KILLS={kills} draws them again"));
    let dice = SeededDice::new(seed);
    let began = Instant::now();
    let app = App::start().await;
    let mut world = World::make(&app).await;
    world.make_due(|| true).await;
    let mut herd = Herd::gather(&app).await;
    let mut told = 0;
    while herd.kills < kills {
        world.turn(&dice).await;
        herd.turn(&app, &dice);
        world.bury(&herd.pids()).await;
        world.help().await;
        if herd.kills * 10 / kills > told {
            told = herd.kills * 10 / kills;
            let (begun, posts) = (herd.begun, world.published());
            say(&format!("{} kills of {begun} processes, {posts} posts, {:?}", herd.kills, began.elapsed()));
        }
        tokio::time::sleep(TURN).await;
    }
    herd.kill_all();
    say(&format!("{} of {} posts arrived meanwhile", world.arrived().await, world.published()));
    herd.begin_two(&app);
    let calm = Instant::now();
    while world.arrived().await < world.published() && calm.elapsed() < CALM {
        world.make_due(|| true).await;
        world.bury(&herd.pids()).await;
        world.help().await;
        tokio::time::sleep(TURN * 5).await;
    }
    herd.stop_all().await;
    say(&format!(
        "{} kills, {} of them at a step, {} posts, {} connected again, {:?}",
        herd.kills,
        herd.at_steps,
        world.published(),
        world.helped,
        began.elapsed()
    ));
    let verdict = world.verdict().await;
    verdict.tell();
    assert_eq!(verdict, Verdict::default(), "seed {seed}");
    world.assert_the_books_are_true().await;
}

fn setting(name: &str) -> Option<u64> {
    environment(name).map(|value| value.parse().unwrap_or_else(|_| panic!("{name}: a number, not {value:?}")))
}

/// Progress is shown as it is made, not with the test's end.
fn say(sentence: &str) {
    let _ = writeln!(std::io::stderr(), "chaos: {sentence}");
}

/// A number from 0 up to, not including, `end`.
fn below(dice: &SeededDice, end: usize) -> usize {
    ((dice.fraction() * end as f64) as usize).min(end - 1)
}
