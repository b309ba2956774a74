//! The queue in Postgres: apalis, used only as far as its behaviour is pinned by tests/it/apalis_contract.rs.
//!
//! apalis fetches jobs, hands each to one worker, and takes jobs back from workers that died. Everything else is ours:
//! jobs never fail or retry (their rows know when they are next due), time limits and panics are handled inside the
//! job, and what is done is deleted here, since apalis keeps it for ever.

mod job;
mod prune;
mod pulse;
mod setup;
mod tick;
mod work;

pub use setup::SetupProblem;

use super::{Handler, JobQueue, PollJob, QueueError};
use crate::domain::{Clock, Dice, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    Executor, FromRow, PgPool, Postgres,
    postgres::{PgArguments, PgConnectOptions, PgPoolOptions, PgRow},
    query::QueryScalar,
};
use std::{str::FromStr, sync::Arc, time::Duration};
use tokio::sync::watch;
use uuid::Uuid;

/// The name under which our jobs are stored. Never changes.
const QUEUE: &str = "nchat-social-poll";

/// How long a statement may take, from asking for a connection to the answer. A server that vanished without a word
/// never answers, and the driver would wait for it.
const PATIENCE: Duration = Duration::from_secs(10);

/// The rhythm of the queue.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// No job runs longer: it is dropped then, and its lease runs out.
    pub job_limit: Duration,
    /// How often an idle worker looks for jobs.
    pub poll_every: Duration,
    /// How often a worker says that it lives; in whole seconds.
    pub heartbeat: Duration,
    /// After so many missing heartbeats a worker's job is given to another.
    pub missed_heartbeats: usize,
    /// How long begun jobs may go on after the stop. Shorter than the heartbeats' patience: nobody says that a stopping
    /// worker lives.
    pub grace: Duration,
}

impl Timing {
    /// The usual rhythm, for jobs that may take up to `job_limit`.
    pub fn with_job_limit(job_limit: Duration) -> Self {
        Self {
            job_limit,
            poll_every: Duration::from_millis(200),
            heartbeat: Duration::from_secs(10),
            missed_heartbeats: 3,
            grace: Duration::from_secs(6),
        }
    }

    /// A worker that has been silent for so long is dead.
    fn dead_after(&self) -> Duration {
        self.heartbeat.saturating_mul(u32::try_from(self.missed_heartbeats).unwrap_or(u32::MAX))
    }
}

/// The queue in Postgres.
pub struct ApalisQueue {
    options: PgConnectOptions,
    /// For statements of our own; a run of workers brings its own connections.
    pool: PgPool,
    clock: Arc<dyn Clock>,
    dice: Arc<dyn Dice>,
    timing: Timing,
    /// How the names of this queue's workers begin: host, process and a random id.
    name: String,
}

impl ApalisQueue {
    /// A queue in the database at `url`, with the parameters that sqlx understands (`sslmode=verify-full`,
    /// `sslrootcert`, `options=-csearch_path=…`). Connects when first used; needs a tokio runtime.
    ///
    /// # Errors
    /// When the URL cannot be read.
    pub fn connect(
        url: &SecretString,
        clock: Arc<dyn Clock>,
        dice: Arc<dyn Dice>,
        timing: Timing,
    ) -> Result<Self, QueueError> {
        let options = PgConnectOptions::from_str(url.expose_secret())
            .map_err(unavailable)?
            .application_name("nchat-social-queue");
        let pool = open_pool(&options, 2);
        let name = format!("{}-{}-{}", host(), std::process::id(), dice.uuid(clock.now()));
        Ok(Self { options, pool, clock, dice, timing, name })
    }

    /// Creates or updates apalis's own tables (schema `apalis`, extensions hstore and pgcrypto). Any number of
    /// processes may call it at once. Needs a login that may CREATE in the database; afterwards any login will do that
    /// has USAGE on the schema and may SELECT, INSERT, UPDATE and DELETE in `apalis.jobs` and `apalis.workers`.
    ///
    /// # Errors
    /// A [`SetupProblem`] as the source, in words for the administrator.
    pub async fn setup(url: &SecretString) -> Result<(), QueueError> {
        setup::up(url).await.map_err(|problem| QueueError(problem.into()))
    }

    /// Asks for the one value that every statement of ours answers with.
    async fn ask<T>(&self, question: QueryScalar<'_, Postgres, T, PgArguments>) -> Result<T, QueueError>
    where
        (T,): for<'r> FromRow<'r, PgRow>,
        T: Send + Unpin,
    {
        let mut connection = self.pool.acquire().await.map_err(unavailable)?;
        match tokio::time::timeout(PATIENCE, question.fetch_one(&mut *connection)).await {
            Ok(answer) => answer.map_err(unavailable),
            Err(_) => {
                // Back in the pool it would first be waited for.
                connection.close_on_drop();
                Err(QueueError(format!("the database has not answered for {} s", PATIENCE.as_secs()).into()))
            }
        }
    }
}

#[async_trait::async_trait]
impl JobQueue for ApalisQueue {
    /// Our own INSERT and not apalis's push: that one stamps `run_at` with this machine's clock while jobs are fetched
    /// by the database's, and answers a repeated key with an error.
    async fn push(&self, job: PollJob) -> Result<(), QueueError> {
        let payload = serde_json::to_vec(&job).map_err(|problem| QueueError(problem.into()))?;
        let question = sqlx::query_scalar(
            "WITH added AS ( \
               INSERT INTO apalis.jobs (id, job_type, job, status, attempts, max_attempts, run_at, priority, \
                 idempotency_key) \
               VALUES (apalis.generate_ulid(), $1, $2, 'Pending', 0, 1, now(), 0, $3) \
               ON CONFLICT (job_type, idempotency_key) DO NOTHING RETURNING id) \
             SELECT count(*) FROM added",
        );
        let _added: i64 = self.ask(question.bind(QUEUE).bind(payload).bind(job.lease_id.to_string())).await?;
        Ok(())
    }

    async fn waiting(&self) -> Result<usize, QueueError> {
        // Answered from apalis's partial index on (job_type, …) of jobs that can be fetched.
        let question =
            sqlx::query_scalar("SELECT count(*) FROM apalis.jobs WHERE job_type = $1 AND status = 'Pending'");
        let waiting: i64 = self.ask(question.bind(QUEUE)).await?;
        Ok(usize::try_from(waiting).unwrap_or(0))
    }

    /// As the trait says; each call is a set of workers of its own. When [`Timing::grace`] is over, or when this future
    /// is dropped, what still runs is dropped too. A dropped sender of `stop` never stops it.
    async fn run(&self, workers: usize, handler: Handler, stop: watch::Receiver<bool>) {
        work::run(self, workers.max(1), handler, stop).await;
    }

    async fn take_back(&self) -> Result<Vec<Uuid>, QueueError> {
        // A fetch that comes first changes the row, and it is passed over here.
        let question = sqlx::query_scalar(
            "WITH taken AS ( \
               DELETE FROM apalis.jobs WHERE job_type = $1 AND (status = 'Pending' \
                 OR status IN ('Queued', 'Running') AND starts_with(lock_by, $2)) RETURNING idempotency_key) \
             SELECT coalesce(array_agg(idempotency_key), '{}') FROM taken",
        );
        let leases: Vec<String> = self.ask(question.bind(QUEUE).bind(&self.name)).await?;
        Ok(leases.iter().filter_map(|lease| lease.parse().ok()).collect())
    }

    async fn prune(&self, before: Timestamp) -> Result<u64, QueueError> {
        prune::prune(self, before).await
    }
}

/// A pool that connects when first used.
fn open_pool(options: &PgConnectOptions, size: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(Duration::from_secs(5))
        // Not as a parameter of the connection: poolers refuse those.
        .after_connect(|connection, _| {
            Box::pin(async move { connection.execute("SET statement_timeout = '10s'").await.map(drop) })
        })
        .connect_lazy_with(options.clone())
}

/// This machine's name.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "host".to_owned() } else { name.to_owned() }
}

fn unavailable(problem: sqlx::Error) -> QueueError {
    QueueError(problem.into())
}
