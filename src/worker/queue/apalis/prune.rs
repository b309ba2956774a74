//! Housekeeping: apalis never deletes a job or a worker.

use super::{ApalisQueue, QUEUE};
use crate::{domain::Timestamp, worker::queue::QueueError};

/// Jobs of one statement: small enough to end well within the time limit and to hold no locks for long.
const BATCH: i64 = 5_000;

/// Jobs that have ended. SKIP LOCKED: several processes may clean at once.
const ENDED: &str = "WITH old AS ( \
       SELECT id FROM apalis.jobs \
       WHERE job_type = $1 AND done_at < $2::text::timestamptz \
         AND (status IN ('Done', 'Killed') OR status = 'Failed' AND attempts >= max_attempts) \
       LIMIT $3 FOR UPDATE SKIP LOCKED), \
     gone AS (DELETE FROM apalis.jobs j USING old WHERE j.id = old.id RETURNING j.id) \
     SELECT count(*) FROM gone";

/// Jobs whose worker has been dead since before, and that no live worker has taken back: their leases are long over.
const ORPHANED: &str = "WITH old AS ( \
       SELECT j.id FROM apalis.jobs j JOIN apalis.workers w ON w.id = j.lock_by \
       WHERE j.job_type = $1 AND j.status IN ('Queued', 'Running') AND j.lock_at < $2::text::timestamptz AND w.last_seen < $2::text::timestamptz \
         AND w.last_seen < now() - interval '1 hour' \
       LIMIT $3 FOR UPDATE OF j SKIP LOCKED), \
     gone AS (DELETE FROM apalis.jobs j USING old WHERE j.id = old.id RETURNING j.id) \
     SELECT count(*) FROM gone";

/// Workers long dead. Their jobs point at them, so those go first.
const DEAD_WORKERS: &str = "WITH old AS ( \
       SELECT w.id FROM apalis.workers w \
       WHERE w.worker_type = $1 AND w.last_seen < $2::text::timestamptz AND w.last_seen < now() - interval '1 hour' \
         AND NOT EXISTS (SELECT FROM apalis.jobs j WHERE j.lock_by = w.id) \
       LIMIT $3 FOR UPDATE OF w SKIP LOCKED), \
     gone AS (DELETE FROM apalis.workers w USING old WHERE w.id = old.id RETURNING w.id) \
     SELECT count(*) FROM gone";

/// Deletes what has ended before `before`. Returns the number of jobs.
pub(super) async fn prune(queue: &ApalisQueue, before: Timestamp) -> Result<u64, QueueError> {
    let jobs = delete_all(queue, ENDED, before).await? + delete_all(queue, ORPHANED, before).await?;
    let workers = delete_all(queue, DEAD_WORKERS, before).await?;
    if jobs + workers > 0 {
        tracing::debug!(jobs, workers, "pruned the queue");
    }
    Ok(jobs)
}

async fn delete_all(queue: &ApalisQueue, statement: &'static str, before: Timestamp) -> Result<u64, QueueError> {
    let before = before.to_rfc3339();
    let mut deleted = 0;
    loop {
        let gone: i64 = queue.ask(sqlx::query_scalar(statement).bind(QUEUE).bind(&before).bind(BATCH)).await?;
        deleted += u64::try_from(gone).unwrap_or(0);
        if gone < BATCH {
            return Ok(deleted);
        }
    }
}
