//! Several `serve` processes on one Postgres: how many polls they make together, and how the work is shared.

use crate::{
    Bench,
    database::Database,
    report::{Goal, Row},
    responder::Responder,
    start::Serve,
};
use std::time::{Duration, Instant};

const ACCOUNTS: usize = 20_000;
const ROUNDS: usize = 2;

pub async fn measure(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let database = Database::create(bench, "processes", ACCOUNTS, 100).await?;
    let responder = Responder::start(Duration::from_millis(150), 0)?;
    let mut rows = Vec::new();
    for count in [1, 2, 4] {
        let mut processes = Vec::new();
        for _ in 0..count {
            processes.push(Serve::start(&database, &responder, &[("SOCIAL_POLL_CONCURRENCY", "512")]).await?);
        }
        let mut runs = Vec::new();
        for round in 0..=ROUNDS {
            let before = database.count(POLLED).await?;
            database.all_due().await?;
            let began = Instant::now();
            while database.count(POLLED).await? - before < ACCOUNTS as i64 {
                anyhow::ensure!(began.elapsed() < Duration::from_secs(120), "not all accounts were polled");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            let rate = ACCOUNTS as f64 / began.elapsed().as_secs_f64();
            eprintln!("  {count} processes, round {round}: {rate:.0}/s");
            if round > 0 {
                runs.push(rate);
            }
        }
        rows.push(Row {
            what: format!("idle polls of {count} `serve` at SOCIAL_POLL_CONCURRENCY=512"),
            unit: "accounts/s",
            runs,
            floor: None,
            goals: vec![Goal::None],
        });
    }
    Ok(rows)
}

const POLLED: &str = "SELECT sum(quiet_polls)::int8 FROM nchat_social_accounts";
