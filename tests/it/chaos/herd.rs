//! One to four worker processes that come and go.

use super::below;
use crate::{
    app::App,
    killed::{POST, RENEWAL},
    processes::{Process, until},
};
use nchat_social::domain::{Dice, dice::SeededDice};
use std::{
    os::unix::process::ExitStatusExt,
    time::{Duration, Instant},
};

/// The most at a time.
const MOST: usize = 4;
/// None lives longer than this many times what it takes to begin its work; many are killed while they start.
const LIFE: u32 = 3;
/// As far as this is between these.
const BOUNDS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(3));
/// How many lives a process has that is to die at a step, and has not got there.
const LONG_LIFE: u32 = 2;
/// So many are first asked to end in order.
const ASKED: f64 = 0.1;
/// For so long.
const GRACE: Duration = Duration::from_secs(1);

/// The processes, and how many there were.
pub struct Herd {
    living: Vec<Mortal>,
    /// The longest life of one that is to die at no step.
    life: Duration,
    /// Processes begun.
    pub begun: u64,
    /// Processes killed.
    pub kills: u64,
    /// Of those, at a step.
    pub at_steps: u64,
}

struct Mortal {
    process: Process,
    dies_at: Instant,
    /// To end in order.
    is_asked: bool,
}

impl Herd {
    /// None yet. How long they live depends on how long the first one, which is not counted, takes to claim what is due.
    pub async fn gather(app: &App) -> Self {
        let began = Instant::now();
        let mut first = Process::start_with(app, &["worker"], &[("SOCIAL_DIE_AT", POST[0].as_str())]);
        until("claimed", Duration::from_secs(60), async || first.child.try_wait().expect("a process").is_some()).await;
        let life = (began.elapsed() * LIFE).clamp(BOUNDS.0, BOUNDS.1);
        Self { living: Vec::new(), life, begun: 0, kills: 0, at_steps: 0 }
    }

    /// Kills whose time has come, and begins others.
    pub fn turn(&mut self, app: &App, dice: &SeededDice) {
        let Self { living, kills, at_steps, .. } = self;
        living.retain_mut(|mortal| {
            if let Some(ended) = mortal.process.child.try_wait().expect("a process") {
                assert!(ended.signal().is_some() || mortal.is_asked, "a process ended by itself: {ended}");
                *kills += u64::from(ended.signal().is_some());
                *at_steps += u64::from(ended.signal().is_some());
                return false;
            }
            if mortal.dies_at > Instant::now() {
                return true;
            }
            if !mortal.is_asked && dice.fraction() < ASKED {
                mortal.process.signal("-TERM");
                (mortal.is_asked, mortal.dies_at) = (true, Instant::now() + GRACE);
                return true;
            }
            mortal.process.kill();
            *kills += 1;
            false
        });
        while self.living.len() < 1 + below(dice, MOST) {
            // Every other one is to die at a step, if it gets there.
            let steps = [&POST[..], &RENEWAL].concat();
            let step = (dice.fraction() < 0.5).then(|| steps[below(dice, steps.len())].as_str());
            let life = if step.is_some() { self.life * LONG_LIFE } else { self.life.mul_f64(dice.fraction()) };
            let settings: Vec<_> = step.into_iter().map(|step| ("SOCIAL_DIE_AT", step)).collect();
            let process = Process::start_with(app, &["worker"], &settings);
            self.living.push(Mortal { process, dies_at: Instant::now() + life, is_asked: false });
            self.begun += 1;
        }
    }

    /// Whoever lives.
    pub fn pids(&self) -> Vec<i32> {
        self.living.iter().map(|mortal| mortal.process.child.id().cast_signed()).collect()
    }

    /// Kills every one.
    pub fn kill_all(&mut self) {
        self.living.drain(..).for_each(|mut mortal| mortal.process.kill());
    }

    /// Begins two that nobody kills.
    pub fn begin_two(&mut self, app: &App) {
        for _ in 0..2 {
            let process = Process::start(app, &["worker"]);
            self.living.push(Mortal { process, dies_at: Instant::now(), is_asked: false });
        }
    }

    /// Ends every one in order.
    pub async fn stop_all(&mut self) {
        for mortal in self.living.drain(..) {
            mortal.process.stop().await;
        }
    }
}
