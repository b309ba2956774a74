//! Workers: alive, dead and stopping.

use super::bench::{Bench, PATIENCE, Tally, Workers, breathe, handler, hasty, job, open, until};
use nchat_social::worker::queue::{
    JobQueue,
    apalis::{ApalisQueue, Timing},
};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::{Notify, watch};

#[tokio::test]
async fn the_job_of_a_killed_process_is_taken_up_again() {
    let mut bench = Bench::new().await;
    let queue = bench.queue(hasty());
    let orphan = job();
    queue.push(orphan).await.expect("pushed");
    let tally = Tally::default();

    // A process that dies in the middle: its runtime goes, and nothing of it says goodbye.
    let doomed = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let counted = tally.clone();
    let dying = bench.url.clone();
    doomed.spawn(async move {
        let queue = open(&dying, hasty());
        let stuck = handler(move |job| {
            counted.add(job);
            std::future::pending()
        });
        let (_stop, stopped) = watch::channel(false);
        queue.run(1, stuck, stopped).await;
    });
    until("the job begins", || tally.of(orphan) == 1).await;
    let started = Instant::now();
    while bench.jobs().await[0].0 != "Running" {
        assert!(started.elapsed() < PATIENCE, "never marked as running");
        breathe().await;
    }
    doomed.shutdown_background();

    // At least once: the second run finds the lease over, or goes on with it. Both are harmless.
    let killed = Instant::now();
    let workers = Workers::start(&queue, 1, tally.handler());
    bench.until_done(1).await;
    workers.end().await;
    assert_eq!(tally.of(orphan), 2);
    assert!(
        killed.elapsed() < Duration::from_secs(8),
        "dead after 2 s, noticed within a heartbeat: {:?}",
        killed.elapsed()
    );
    bench.end().await;
}

#[tokio::test]
async fn two_processes_share_the_jobs_without_doing_one_twice() {
    let mut bench = Bench::new().await;
    // Nobody may be taken for dead here, however busy the machine is.
    let patient = || Timing { heartbeat: Duration::from_secs(10), missed_heartbeats: 6, ..hasty() };
    let (here, there) = (bench.queue(patient()), bench.queue(patient()));
    let jobs: Vec<_> = (0..200).map(|_| job()).collect();
    for job in &jobs {
        here.push(*job).await.expect("pushed");
    }
    let tally = Tally::default();
    let shares = [Tally::default(), Tally::default()];
    let crew = |queue: &Arc<ApalisQueue>, share: &Tally| {
        let (all, share) = (tally.clone(), share.clone());
        Workers::start(
            queue,
            3,
            handler(move |job| {
                all.add(job);
                share.add(job);
                tokio::time::sleep(Duration::from_millis(5))
            }),
        )
    };
    let (left, right) = (crew(&here, &shares[0]), crew(&there, &shares[1]));
    bench.until_done(200).await;
    left.end().await;
    right.end().await;
    assert!(jobs.iter().all(|job| tally.of(*job) == 1), "each exactly once");
    assert!(shares.iter().all(|share| share.leases() > 0), "both took part");
    assert_eq!(bench.count("SELECT count(DISTINCT id) FROM apalis.workers").await, 6, "six names");
    bench.end().await;
}

#[tokio::test]
async fn a_slow_job_keeps_its_worker_alive() {
    let mut bench = Bench::new().await;
    let queue = bench.queue(hasty());
    let (slow, waiting) = (job(), job());
    queue.push(slow).await.expect("pushed");
    queue.push(waiting).await.expect("pushed");
    let tally = Tally::default();
    let counted = tally.clone();
    let busy = Workers::start(
        &queue,
        1,
        handler(move |job| {
            counted.add(job);
            // Twice as long as a worker may be silent.
            tokio::time::sleep(Duration::from_secs(if job == slow { 4 } else { 0 }))
        }),
    );
    until("the slow job begins", || tally.of(slow) == 1).await;
    let other = Workers::start(&bench.queue(hasty()), 1, tally.handler());
    bench.until_done(2).await;
    busy.end().await;
    other.end().await;
    assert_eq!((tally.of(slow), tally.of(waiting)), (1, 1));
    bench.end().await;
}

#[tokio::test]
async fn the_stop_lets_begun_jobs_end_and_begins_no_other() {
    let mut bench = Bench::new().await;
    let queue = bench.queue(hasty());
    let (first, second) = (job(), job());
    queue.push(first).await.expect("pushed");
    let (begun, ended) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let gate = Arc::new(Notify::new());
    let work = {
        let (begun, ended, gate) = (Arc::clone(&begun), Arc::clone(&ended), Arc::clone(&gate));
        handler(move |_| {
            let (begun, ended, gate) = (Arc::clone(&begun), Arc::clone(&ended), Arc::clone(&gate));
            async move {
                begun.store(true, Ordering::SeqCst);
                gate.notified().await;
                ended.store(true, Ordering::SeqCst);
            }
        })
    };
    let workers = Workers::start(&queue, 1, work);
    until("the job begins", || begun.load(Ordering::SeqCst)).await;
    queue.push(second).await.expect("pushed");
    workers.stop.send_replace(true);
    breathe().await;
    assert!(!workers.running.is_finished(), "waits for what has begun");
    gate.notify_one();
    workers.end().await;
    assert!(ended.load(Ordering::SeqCst));
    assert_eq!(bench.jobs().await, [("Done".to_owned(), 1), ("Pending".to_owned(), 0)]);
    bench.end().await;
}

#[tokio::test]
async fn a_stopped_process_takes_back_what_waits_and_what_it_left_but_not_what_others_work() {
    let mut bench = Bench::new().await;
    let timing = Timing { grace: Duration::from_millis(300), ..hasty() };
    let (stopping, going_on) = (bench.queue(timing), bench.queue(timing));
    let (left, others, waits) = (job(), job(), job());
    let begun = Tally::default();
    let for_ever = || {
        let begun = begun.clone();
        handler(move |job| {
            begun.add(job);
            std::future::pending()
        })
    };
    let first = Workers::start(&stopping, 1, for_ever());
    stopping.push(left).await.expect("pushed");
    until("the first begins", || begun.leases() == 1).await;
    let second = Workers::start(&going_on, 1, for_ever());
    stopping.push(others).await.expect("pushed");
    until("the second begins", || begun.leases() == 2).await;
    stopping.push(waits).await.expect("pushed");
    first.end().await;
    let mut taken = stopping.take_back().await.expect("an answer");
    taken.sort();
    let mut expected = [left.lease_id, waits.lease_id];
    expected.sort();
    assert_eq!(taken, expected);
    assert_eq!(bench.count("SELECT count(*) FROM apalis.jobs WHERE status IN ('Queued', 'Running')").await, 1);
    assert_eq!(bench.jobs().await.len(), 1, "the other process's job is its own");
    assert!(stopping.take_back().await.expect("an answer").is_empty());
    second.end().await;
    bench.end().await;
}

#[tokio::test]
async fn the_stop_does_not_wait_for_ever() {
    let bench = Bench::new().await;
    let queue = bench.queue(Timing { grace: Duration::from_millis(300), ..hasty() });
    queue.push(job()).await.expect("pushed");
    let tally = Tally::default();
    let counted = tally.clone();
    // Lives as long as the job does.
    let (life, jobs_life) = (Arc::new(()), Mutex::new(None));
    *jobs_life.lock().expect("life") = Some(Arc::clone(&life));
    let workers = Workers::start(
        &queue,
        1,
        handler(move |job| {
            counted.add(job);
            let life = jobs_life.lock().expect("life").take();
            async move {
                std::future::pending::<()>().await;
                drop(life);
            }
        }),
    );
    until("the job begins", || tally.leases() == 1).await;
    let stopping = Instant::now();
    workers.end().await;
    assert!(stopping.elapsed() < Duration::from_secs(5));
    until("the job is dropped", || Arc::strong_count(&life) == 1).await;
    bench.end().await;
}
