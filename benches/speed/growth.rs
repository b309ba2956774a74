//! What a poll costs with many accounts against few: processor time of the service and of Postgres.

use crate::{
    Bench,
    crew::Crew,
    database::{Database, cpu_of},
    report::{Goal, Row},
    responder::Responder,
};
use std::time::Duration;

const FEW: usize = 1_000;
const MANY: usize = 100_000;
const ROUNDS: usize = 3;

/// Polls of a round.
const POLLS: usize = 10_000;

pub async fn measure(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let responder = Responder::start(Duration::ZERO, 0)?;
    let worlds = [Database::create(bench, "few", FEW, 100).await?, Database::create(bench, "many", MANY, 100).await?];
    let crews = [Crew::of(&worlds[0], &responder)?, Crew::of(&worlds[1], &responder)?];
    let mut runs = [Vec::new(), Vec::new()];
    for round in 0..=ROUNDS {
        for ((database, crew), runs) in worlds.iter().zip(&crews).zip(&mut runs) {
            let micros = cost(database, crew).await?;
            eprintln!("  round {round}: {micros:.0} µs a poll");
            if round > 0 {
                runs.push(micros);
            }
        }
    }
    let [few, many] = runs;
    Ok(vec![Row {
        what: "processor time of a poll, 100,000 accounts (floor: 1,000)".into(),
        unit: "µs",
        runs: many,
        floor: Some(("the same with 1,000 accounts", few)),
        goals: vec![Goal::TimesFloor(1.2)],
    }])
}

/// Microseconds of processor time for a poll, Postgres's included.
async fn cost(database: &Database, crew: &Crew) -> anyhow::Result<f64> {
    let (mut polled, mut used) = (0, 0.0);
    while polled < POLLS {
        let due = format!(
            "UPDATE nchat_social_accounts SET next_poll_at = CASE WHEN id IN ( \
               SELECT id FROM nchat_social_accounts ORDER BY last_poll_time NULLS FIRST LIMIT {POLLS}) \
             THEN now() ELSE now() + interval '1 hour' END"
        );
        database.client.batch_execute(&due).await?;
        database.client.batch_execute("VACUUM nchat_social_accounts").await?;
        let began = cpu_of(std::process::id())? + database.server_cpu().await?;
        polled += crew.work_off().await?;
        used += cpu_of(std::process::id())? + database.server_cpu().await? - began;
    }
    Ok(used * 1e6 / polled as f64)
}
