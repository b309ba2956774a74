//! Housekeeping.

use super::bench::{Bench, Tally, Workers, execute, hasty, job};
use nchat_social::{
    domain::{Clock, clock::SystemClock},
    worker::queue::JobQueue,
};

#[tokio::test]
async fn prune_deletes_what_is_done_and_nothing_else() {
    let mut bench = Bench::new().await;
    let queue = bench.queue(hasty());
    let tally = Tally::default();
    let workers = Workers::start(&queue, 1, tally.handler());
    for _ in 0..3 {
        queue.push(job()).await.expect("pushed");
    }
    bench.until_done(3).await;
    workers.end().await;
    let worker: String =
        sqlx::query_scalar("SELECT id FROM apalis.workers").fetch_one(&mut bench.eye).await.expect("a worker");
    execute(
        &mut bench.eye,
        &format!(
            "UPDATE apalis.jobs SET done_at = now() - interval '3 days' WHERE id IN (SELECT id FROM apalis.jobs LIMIT 2);
             INSERT INTO apalis.workers (id, worker_type, storage_name, last_seen) VALUES
               ('lost', 'nchat-social-poll', 'PgStorage', now() - interval '3 days'),
               ('idle', 'nchat-social-poll', 'PgStorage', now() - interval '3 days'),
               ('foreign', 'somebody-else', 'PgStorage', now() - interval '3 days');
             INSERT INTO apalis.jobs (id, job_type, job, status, attempts, max_attempts, run_at, done_at, lock_at, lock_by)
             VALUES
               ('pending', 'nchat-social-poll', '{{}}', 'Pending', 0, 1, now() - interval '3 days', NULL, NULL, NULL),
               ('running', 'nchat-social-poll', '{{}}', 'Running', 0, 1, now(), NULL, now() - interval '3 days', '{worker}'),
               ('orphan', 'nchat-social-poll', '{{}}', 'Running', 0, 1, now(), NULL, now() - interval '3 days', 'lost'),
               ('failed', 'nchat-social-poll', '{{}}', 'Failed', 1, 1, now(), now() - interval '3 days', NULL, NULL),
               ('failing', 'nchat-social-poll', '{{}}', 'Failed', 1, 2, now(), now() - interval '3 days', NULL, NULL),
               ('theirs', 'somebody-else', '{{}}', 'Done', 1, 1, now(), now() - interval '3 days', NULL, NULL)"
        ),
    )
    .await;

    let before = SystemClock.now() - chrono::Duration::days(2);
    assert_eq!(queue.prune(before).await.expect("pruned"), 4, "two done, one failed, one orphan");
    let left: Vec<String> = sqlx::query_scalar("SELECT id FROM apalis.jobs WHERE length(id) < 20 ORDER BY 1")
        .fetch_all(&mut bench.eye)
        .await
        .expect("jobs");
    assert_eq!(left, ["failing", "pending", "running", "theirs"]);
    assert_eq!(bench.count("SELECT count(*) FROM apalis.jobs WHERE status = 'Done'").await, 2, "the young and theirs");
    let left: Vec<String> = sqlx::query_scalar("SELECT id FROM apalis.workers WHERE id <> $1 ORDER BY 1")
        .bind(&worker)
        .fetch_all(&mut bench.eye)
        .await
        .expect("workers");
    assert_eq!(left, ["foreign"]);
    assert_eq!(queue.prune(before).await.expect("pruned"), 0, "all at once");
    bench.end().await;
}
