//! nchat's own poller did the same work one account after another. A stand-in in Node makes the same calls, as
//! they were counted there: for each account the tokens opened by 100,000 rounds of PBKDF2, one GET of 150 ms, and
//! GraphQL round trips of 5 ms: five for the account and three for each post. Ours polls the same platform.

use crate::{
    Bench,
    crew::Crew,
    database::Database,
    report::{Goal, Row},
    responder::Responder,
};
use anyhow::Context;
use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const STAND_IN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/speed/nchat.mjs");
const LATENCY: Duration = Duration::from_millis(150);
const ROUNDS: usize = 3;

pub async fn measure(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    if Command::new("node").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("  no Node here: left out");
        return Ok(Vec::new());
    }
    let idle = compare(bench, 0, 4_096, 12).await?;
    let busy = compare(bench, 100, 160, 2).await?;
    let row = |what: &str, unit, (runs, floor), goal| Row {
        what: what.into(),
        unit,
        runs,
        floor: Some(("a stand-in for nchat's poller", floor)),
        goals: vec![Goal::OfFloor(goal)],
    };
    Ok(vec![
        row("nchat's poller's work: accounts, nothing new", "accounts/s", idle, 200.0),
        row("nchat's poller's work: pages of 100 posts", "posts/s", busy, 70.0),
    ])
}

/// Accounts, or posts, a second: ours and the stand-in's.
async fn compare(bench: &Bench, posts: usize, ours: usize, theirs: usize) -> anyhow::Result<(Vec<f64>, Vec<f64>)> {
    let database = Database::create(bench, "nchat", ours, 10).await?;
    let responder = Responder::start(LATENCY, posts)?;
    let crew = Crew::of(&database, &responder)?;
    let (mut runs, mut floors) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        database.all_due().await?;
        let began = Instant::now();
        let polled = crew.work_off().await?;
        let rate = (polled * posts.max(1)) as f64 / began.elapsed().as_secs_f64();
        let node = Command::new("node").arg(STAND_IN).arg(&responder.base).arg(theirs.to_string()).output()?;
        anyhow::ensure!(node.status.success(), "{}", String::from_utf8_lossy(&node.stderr));
        let seconds: f64 = String::from_utf8(node.stdout)?.trim().parse().context("the stand-in's seconds")?;
        let floor = (theirs * posts.max(1)) as f64 / seconds;
        eprintln!("  round {round}: {rate:.0}/s, stand-in {floor:.1}/s");
        if round > 0 {
            runs.push(rate);
            floors.push(floor);
        }
    }
    Ok((runs, floors))
}
