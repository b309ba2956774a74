//! Jobs: once, and only once.

use super::bench::{Bench, Tally, Workers, execute, handler, hasty, job};
use nchat_social::worker::queue::{JobQueue, apalis::Timing};
use std::time::Duration;

#[tokio::test]
async fn the_same_lease_twice_is_one_job() {
    let mut bench = Bench::new().await;
    let queue = bench.queue(hasty());
    let job = job();
    let (first, second) = tokio::join!(queue.push(job), queue.push(job));
    first.expect("pushed");
    second.expect("already there is success");
    assert_eq!(queue.waiting().await.expect("counted"), 1);

    let tally = Tally::default();
    let workers = Workers::start(&queue, 1, tally.handler());
    bench.until_done(1).await;
    queue.push(job).await.expect("a job that is done stands for its lease");
    queue.push(self::job()).await.expect("pushed");
    bench.until_done(2).await;
    workers.end().await;
    assert_eq!((tally.of(job), tally.leases()), (1, 2));
    bench.end().await;
}

#[tokio::test]
async fn a_job_is_done_once() {
    let mut bench = Bench::new().await;
    let queue = bench.queue(hasty());
    assert_eq!(queue.waiting().await.expect("counted"), 0);
    let jobs: Vec<_> = (0..3).map(|_| job()).collect();
    for job in &jobs {
        queue.push(*job).await.expect("pushed");
    }
    assert_eq!(queue.waiting().await.expect("counted"), 3);
    let tally = Tally::default();
    let workers = Workers::start(&queue, 2, tally.handler());
    bench.until_done(3).await;
    workers.end().await;
    assert_eq!(queue.waiting().await.expect("counted"), 0);
    assert_eq!(jobs.iter().map(|job| tally.of(*job)).collect::<Vec<_>>(), [1, 1, 1]);
    assert_eq!(bench.jobs().await, vec![("Done".to_owned(), 1); 3]);
    bench.end().await;
}

#[tokio::test]
async fn a_panic_ends_its_job_and_neither_worker_nor_queue() {
    let mut bench = Bench::new().await;
    let queue = bench.queue(hasty());
    let (bad, good) = (job(), job());
    queue.push(bad).await.expect("pushed");
    let tally = Tally::default();
    let counted = tally.clone();
    let workers = Workers::start(
        &queue,
        1,
        handler(move |job| {
            counted.add(job);
            assert!(job != bad, "on purpose");
            std::future::ready(())
        }),
    );
    bench.until_done(1).await;
    queue.push(good).await.expect("pushed");
    bench.until_done(2).await;
    workers.end().await;
    assert_eq!((tally.of(bad), tally.of(good)), (1, 1));
    assert_eq!(bench.count("SELECT count(*) FROM apalis.workers").await, 1, "the worker lived on");
    bench.end().await;
}

#[tokio::test]
async fn a_job_that_takes_too_long_is_cut_off() {
    let mut bench = Bench::new().await;
    let queue = bench.queue(Timing { job_limit: Duration::from_millis(100), ..hasty() });
    let (endless, next) = (job(), job());
    queue.push(endless).await.expect("pushed");
    queue.push(next).await.expect("pushed");
    let tally = Tally::default();
    let counted = tally.clone();
    let workers = Workers::start(
        &queue,
        1,
        handler(move |job| {
            counted.add(job);
            async move {
                if job == endless {
                    std::future::pending::<()>().await;
                }
            }
        }),
    );
    bench.until_done(2).await;
    workers.end().await;
    assert_eq!((tally.of(endless), tally.of(next)), (1, 1));
    bench.end().await;
}

#[tokio::test]
async fn what_cannot_be_read_is_put_away() {
    let mut bench = Bench::new().await;
    let queue = bench.queue(hasty());
    execute(
        &mut bench.eye,
        "INSERT INTO apalis.jobs (id, job_type, job, status, attempts, max_attempts, run_at, priority) \
         VALUES (apalis.generate_ulid(), 'nchat-social-poll', '{\"of\": \"another version\"}', 'Pending', 0, 1, now(), 1)",
    )
    .await;
    let good = job();
    queue.push(good).await.expect("pushed");
    let tally = Tally::default();
    let workers = Workers::start(&queue, 1, tally.handler());
    bench.until_done(2).await;
    workers.end().await;
    assert_eq!((tally.of(good), tally.leases()), (1, 1));
    bench.end().await;
}
