//! The scheduler: how long it takes to claim 100,000 accounts that are all due.

use crate::{
    Bench,
    crew::Crew,
    database::Database,
    report::{Goal, Row},
    responder::Responder,
};
use nchat_social::worker::{Ticker, queue::memory::MemoryQueue};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

const ACCOUNTS: usize = 100_000;
const ROUNDS: usize = 3;

pub async fn measure(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let database = Database::create(bench, "claims", ACCOUNTS, 1_000).await?;
    let responder = Responder::start(Duration::ZERO, 0)?;
    let crew = Crew::of(&database, &responder)?;
    let (mut runs, mut floors) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        database.all_due().await?;
        let queue = Arc::new(MemoryQueue::default());
        let ticker =
            Ticker { service: crew.service.clone(), queue, most_waiting: ACCOUNTS, latest: Default::default() };
        let began = Instant::now();
        let claimed = ticker.tick().await?.accounts;
        let took = began.elapsed().as_secs_f64();
        anyhow::ensure!(claimed == ACCOUNTS, "{claimed} accounts were claimed");
        database.all_due().await?;
        let began = Instant::now();
        database
            .client
            .batch_execute("UPDATE nchat_social_accounts SET lease_id = gen_random_uuid(), next_poll_at = now() + interval '5 min'")
            .await?;
        let floor = began.elapsed().as_secs_f64();
        eprintln!("  round {round}: {took:.2} s, floor {floor:.2} s");
        if round > 0 {
            runs.push(took);
            floors.push(floor);
        }
    }
    let floor = Some(("one UPDATE of all rows", floors));
    Ok(vec![Row {
        what: "claiming 100,000 due accounts of 1,000 workspaces".into(),
        unit: "s",
        runs,
        floor,
        goals: vec![Goal::AtMost(1.0)],
    }])
}
