//! `serve` as it is deployed, with 100,000 accounts that are polled 1,000 times a second: its memory, how late polls
//! begin, what it costs.

use crate::{
    Bench,
    crew::SECRET,
    database::{Database, cpu_of},
    report::{Goal, Row},
    responder::Responder,
    start::Serve,
};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

const ACCOUNTS: usize = 100_000;

/// Each account is polled once in so many seconds.
const EVERY: i32 = 100;

/// Polls of an hour at the usual interval of five minutes, at 1,000 a second.
const HOUR: Duration = Duration::from_secs(1_200);
const SHORT: Duration = Duration::from_secs(60);

/// What became due before the program was up is late through no fault of its own.
const WARM_UP: Duration = Duration::from_secs(10);

pub async fn measure(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let database = Database::create(bench, "serving", ACCOUNTS, 1_000).await?;
    database
        .client
        .batch_execute(&format!(
            "UPDATE nchat_social_accounts SET poll_interval_s = {EVERY}, \
               next_poll_at = now() + random() * interval '{EVERY} s'"
        ))
        .await?;
    database.client.batch_execute("VACUUM ANALYZE nchat_social_accounts").await?;
    let responder = Responder::start(Duration::from_millis(150), 0)?;
    let serve = Serve::start(&database, &responder, &[("SOCIAL_POLL_CONCURRENCY", "1024")]).await?;
    let length = if bench.is_long { HOUR } else { SHORT };
    tokio::time::sleep(WARM_UP).await;
    let (began, cpu, server) = (Instant::now(), cpu_of(serve.pid())?, database.server_cpu().await?);
    let at_first = serve.metrics().await?;
    let before = polls(&at_first);
    let mut memory = Vec::new();
    while began.elapsed() < length {
        tokio::time::sleep(Duration::from_secs(2)).await;
        memory.push(resident(serve.pid())?);
        if memory.len() % 10 == 0 {
            eprintln!("  {:.0} s: {:.1} MB", began.elapsed().as_secs_f64(), memory[memory.len() - 1]);
        }
    }
    let in_the_end = serve.metrics().await?;
    let polls = polls(&in_the_end) - before;
    let seconds = began.elapsed().as_secs_f64();
    let (cpu, server) = (cpu_of(serve.pid())? - cpu, database.server_cpu().await? - server);
    let late = lateness(&at_first, &in_the_end, 0.99);
    let most = memory.iter().copied().fold(0.0, f64::max);
    // Flat: the last third needs no more than the one before it.
    let third = memory.len() / 3;
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len().max(1) as f64;
    let grown = mean(&memory[2 * third..]) / mean(&memory[third..2 * third]);
    let figure = |what: &str, unit, figure, goal| Row {
        what: what.into(),
        unit,
        runs: vec![figure],
        floor: None,
        goals: vec![goal],
    };
    Ok(vec![
        figure(
            &format!("`serve`, 100,000 accounts, {seconds:.0} s: polls"),
            "/s",
            polls / seconds,
            Goal::AtLeast(950.0),
        ),
        figure("its p99 lateness of a poll at 1,000/s, at most", "s", late, Goal::AtMost(2.0)),
        figure("its resident memory, at most", "MB", most, Goal::AtMost(80.0)),
        figure("its memory in the last third against the middle one", "×", grown, Goal::AtMost(1.05)),
        figure("its processor time of a poll", "µs", cpu * 1e6 / polls, Goal::None),
        figure("Postgres's processor time of a poll", "µs", server * 1e6 / polls, Goal::None),
    ])
}

fn polls(metrics: &str) -> f64 {
    samples(metrics, "nchat_social_polls_total{").map(|(_, value)| value).sum()
}

/// Megabytes that a process has in memory.
fn resident(pid: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}

/// The upper bound of the histogram's step in which the `part` lies, of the polls between two readings.
fn lateness(at_first: &str, in_the_end: &str, part: f64) -> f64 {
    let steps = |metrics: &str| -> BTreeMap<String, f64> {
        let steps = samples(metrics, "nchat_social_poll_lateness_seconds_bucket");
        steps.map(|(labels, value)| (labels.to_owned(), value)).collect()
    };
    let (before, after) = (steps(at_first), steps(in_the_end));
    let new = after.iter().filter_map(|(labels, value)| {
        let bound = labels.split_once("le=\"")?.1.split('"').next()?;
        Some((bound.parse().unwrap_or(f64::INFINITY), value - before.get(labels).unwrap_or(&0.0)))
    });
    let new: Vec<(f64, f64)> = new.collect();
    let all = new.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    new.iter().filter(|(_, value)| *value >= all * part).map(|(bound, _)| *bound).fold(f64::INFINITY, f64::min)
}

fn samples<'a>(metrics: &'a str, name: &'a str) -> impl Iterator<Item = (&'a str, f64)> {
    let lines = metrics.lines().filter(move |line| line.starts_with(name));
    lines.filter_map(|line| line.rsplit_once(' ')).filter_map(|(labels, value)| Some((labels, value.parse().ok()?)))
}

/// The operator's proof, for /metrics.
pub const OPERATOR: &str = SECRET;
