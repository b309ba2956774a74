//! Polls that bring nothing, over a platform that takes 150 ms to say so.

use crate::{
    Bench,
    crew::{Crew, LEASES},
    database::{Database, connect},
    report::{Goal, Row},
    responder::Responder,
};
use futures_util::future::try_join_all;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;
use uuid::Uuid;

const ACCOUNTS: usize = 8_192;
const ROUNDS: usize = 3;

pub async fn measure(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let database = Database::create(bench, "idle", ACCOUNTS, 100).await?;
    let responder = Responder::start(Duration::from_millis(150), 0)?;
    let crew = Crew::of(&database, &responder)?;
    let (mut runs, mut floors, mut wal) = (Vec::new(), Vec::new(), Vec::new());
    // The first round of both opens connections and prepares statements.
    for round in 0..=ROUNDS {
        database.all_due().await?;
        let (began, written) = (Instant::now(), database.wal_bytes().await?);
        let polled = crew.work_off().await?;
        let rate = polled as f64 / began.elapsed().as_secs_f64();
        let bytes = (database.wal_bytes().await? - written) / polled as f64;
        anyhow::ensure!(polled == ACCOUNTS, "{polled} accounts were polled");
        database.all_due().await?;
        let floor = bare(&database, &responder).await?;
        eprintln!("  round {round}: {rate:.0}/s, floor {floor:.0}/s");
        if round > 0 {
            runs.push(rate);
            floors.push(floor);
            wal.push(bytes);
        }
    }
    let polled = "polls of one account that brought nothing";
    let quiet = database.count("SELECT count(*) FROM nchat_social_accounts WHERE quiet_polls > 0").await?;
    anyhow::ensure!(quiet == ACCOUNTS as i64, "only {quiet} accounts count {polled}");
    let floor = "the same GETs, one UPDATE for 64";
    Ok(vec![
        Row {
            what: "idle polls, 150 ms latency".into(),
            unit: "accounts/s",
            runs,
            floor: Some((floor, floors)),
            goals: vec![Goal::AtLeast(1_000.0), Goal::OfFloor(0.6)],
        },
        Row {
            what: "write-ahead log of an idle poll".into(),
            unit: "bytes",
            runs: wal,
            floor: None,
            goals: vec![Goal::None],
        },
    ])
}

async fn read(reply: reqwest::Response) -> anyhow::Result<serde_json::Value> {
    Ok(serde_json::from_slice(&reply.bytes().await?)?)
}

/// A bare program with as many requests under way, and nothing but what the effect needs.
async fn bare(database: &Database, responder: &Responder) -> anyhow::Result<f64> {
    #[allow(clippy::disallowed_methods, reason = "the floor shares nothing with the program")]
    let http = reqwest::Client::new();
    let rows = database.client.query("SELECT id, account_id FROM nchat_social_accounts", &[]).await?;
    let accounts: Vec<(Uuid, String)> = rows.iter().map(|row| (row.get(0), responder.timeline(row.get(1)))).collect();
    let batches = Arc::new(Mutex::new(accounts.chunks(64).map(<[_]>::to_vec).collect::<Vec<_>>()));
    let mut connections = Vec::new();
    for _ in 0..LEASES {
        connections.push(connect(&database.url).await?);
    }
    let began = Instant::now();
    let workers = connections.into_iter().map(|connection| {
        let (batches, http) = (batches.clone(), http.clone());
        tokio::spawn(async move {
            let statement = connection
                .prepare(
                    "UPDATE nchat_social_accounts SET last_poll_time = now(), next_poll_at = now() + interval '1 hour', \
                       quiet_polls = quiet_polls + 1 WHERE id = ANY($1)",
                )
                .await?;
            loop {
                let Some(batch) = batches.lock().await.pop() else { return Ok(()) };
                let get = |url: &str| {
                    let request = http.get(format!("{url}?since_id=1&max_results=100")).bearer_auth("x".repeat(100));
                    async move { read(request.send().await?).await }
                };
                try_join_all(batch.iter().map(|(_, url)| get(url))).await?;
                let ids: Vec<Uuid> = batch.iter().map(|(id, _)| *id).collect();
                connection.execute(&statement, &[&ids]).await?;
            }
        })
    });
    for worker in try_join_all(workers).await? {
        let ended: anyhow::Result<()> = worker;
        ended?;
    }
    Ok(ACCOUNTS as f64 / began.elapsed().as_secs_f64())
}
