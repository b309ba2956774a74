//! Trouble with the database, and with the machine.

use super::bench::{Bench, PATIENCE, Tally, Workers, breathe, execute, handler, hasty, job, open, server, until, wire};
use nchat_social::worker::queue::{JobQueue, PollJob, apalis::Timing};
use sqlx::{Connection as _, PgConnection};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::{Notify, watch};

const CUT: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
    WHERE datname = current_database() AND application_name = 'nchat-social-queue'";

#[tokio::test]
async fn cut_connections_are_made_anew() {
    let mut bench = Bench::new().await;
    let queue = bench.queue(hasty());
    let tally = Tally::default();
    let workers = Workers::start(&queue, 2, tally.handler());
    for round in 1..=3 {
        let job = job();
        queue.push(job).await.expect("pushed");
        until("the job", || tally.of(job) == 1).await;
        bench.until_done(round).await;
        assert!(bench.count(CUT).await > 0, "somebody was connected");
    }
    workers.end().await;
    assert_eq!(tally.leases(), 3);
    bench.end().await;
}

#[tokio::test]
async fn an_absent_database_is_waited_for() {
    let mut bench = Bench::new().await;
    // So patient that nobody is given up within the test.
    let queue = bench.queue(Timing { missed_heartbeats: 30, ..hasty() });
    let tally = Tally::default();
    let gate = Arc::new(Notify::new());
    let work = {
        let (tally, gate) = (tally.clone(), Arc::clone(&gate));
        handler(move |job| {
            tally.add(job);
            let gate = Arc::clone(&gate);
            async move { gate.notified().await }
        })
    };
    let workers = Workers::start(&queue, 1, work);
    let begun = job();
    queue.push(begun).await.expect("pushed");
    until("a job begins", || tally.of(begun) == 1).await;

    // Refused at once, again and again: the hardest kind of absence.
    let mut server_connection = PgConnection::connect(&server()).await.expect("the server answers");
    let name = url::Url::parse(&bench.url).expect("a URL").path().trim_start_matches('/').to_owned();
    execute(&mut server_connection, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await;
    bench.count(CUT).await;
    assert!(queue.push(job()).await.is_err(), "it is absent");
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert!(!workers.running.is_finished(), "never gives up");
    execute(&mut server_connection, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await;

    // The job that had begun went on; its worker's successor works the next one.
    let next = job();
    queue.push(next).await.expect("pushed");
    let opening = tokio::spawn(async move {
        loop {
            gate.notify_one();
            breathe().await;
        }
    });
    until("the next job", || tally.of(next) == 1).await;
    workers.end().await;
    opening.abort();
    assert_eq!(tally.of(begun), 1);
    assert_eq!(bench.count("SELECT count(*) FROM apalis.jobs WHERE status = 'Done'").await, 1, "the next one");
    // A worker's name ends with its number of restarts.
    let restarts = bench.count("SELECT max(substring(id FROM '[0-9]+$')::bigint) FROM apalis.workers").await;
    assert!((1..12).contains(&restarts), "paced: {restarts}");
    bench.end().await;
}

const WAITING: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
    AND application_name = 'nchat-social-queue' AND wait_event_type = 'Lock'";

#[tokio::test]
async fn a_server_that_falls_silent_is_left() {
    let mut bench = Bench::new().await;
    let (silence, silent) = watch::channel(false);
    let direct = bench.queue(hasty());
    let through = open(&wire(&bench.url, silent).await, hasty());
    let tally = Tally::default();
    let workers = Workers::start(&through, 2, tally.handler());
    let (first, second) = (job(), job());
    direct.push(first).await.expect("pushed");
    until("the first job", || tally.of(first) == 1).await;
    bench.until_done(1).await;

    // In the middle of a statement, where the driver waits for ever.
    execute(&mut bench.eye, "BEGIN; LOCK TABLE apalis.jobs").await;
    let started = Instant::now();
    while bench.count(WAITING).await < 2 {
        assert!(started.elapsed() < PATIENCE, "nobody looks for jobs");
        breathe().await;
    }
    silence.send_replace(true);
    breathe().await;
    execute(&mut bench.eye, "COMMIT").await;
    direct.push(second).await.expect("pushed");
    until("the second job", || tally.of(second) == 1).await;
    bench.until_done(2).await;
    workers.end().await;
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_is_seen_within_two_seconds_under_load() {
    let bench = Bench::new().await;
    // A heartbeat that cannot help within the test.
    let queue = bench.queue(Timing::with_job_limit(Duration::from_secs(20)));
    let seen = Arc::new(Mutex::new(HashMap::new()));
    let noted = Arc::clone(&seen);
    let workers = Workers::start(
        &queue,
        1,
        handler(move |job: PollJob| {
            noted.lock().expect("seen").insert(job.lease_id, Instant::now());
            std::future::ready(())
        }),
    );
    let over = Arc::new(AtomicBool::new(false));
    let burners: Vec<_> = (0..4)
        .map(|_| {
            let over = Arc::clone(&over);
            std::thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            })
        })
        .collect();
    let mut slowest = Duration::ZERO;
    for _ in 0..12 {
        let job = job();
        queue.push(job).await.expect("pushed");
        let pushed = Instant::now();
        until("the job", || seen.lock().expect("seen").contains_key(&job.lease_id)).await;
        let at = seen.lock().expect("seen")[&job.lease_id];
        slowest = slowest.max(at.saturating_duration_since(pushed));
        // A quiet moment, so that the worker finds nothing and must be woken.
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    over.store(true, Ordering::Relaxed);
    for burner in burners {
        burner.join().expect("a busy loop ends");
    }
    workers.end().await;
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    bench.end().await;
}
