//! The queue: a nudge, never the truth. A job names a lease; lost, doubled or late it costs a delay, never a post.

pub mod apalis;
pub mod memory;

use crate::domain::Timestamp;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::sync::watch;
use uuid::Uuid;

/// Polls the accounts of a lease. The name and fields are stored: they never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollJob {
    /// The lease on the accounts' rows.
    pub lease_id: Uuid,
}

/// Works a job to its end. It never fails: what went wrong is written on the rows.
pub type Handler = Arc<dyn Fn(PollJob) -> BoxFuture<'static, ()> + Send + Sync>;

/// The queue cannot be reached.
#[derive(Debug, thiserror::Error)]
#[error("the queue is not available")]
pub struct QueueError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// A queue of polls.
#[async_trait::async_trait]
pub trait JobQueue: Send + Sync + 'static {
    /// Puts a job in line. The same lease twice is one job.
    async fn push(&self, job: PollJob) -> Result<(), QueueError>;

    /// How many jobs wait to be started.
    async fn waiting(&self) -> Result<usize, QueueError>;

    /// Works jobs with `handler`, up to `workers` at a time, until `stop` turns true; then finishes those it has begun.
    /// Rides out an absent database.
    async fn run(&self, workers: usize, handler: Handler, stop: watch::Receiver<bool>);

    /// Takes out of the line what nobody has begun, and what this queue's own workers have left behind: for a process
    /// that stops, after [`Self::run`]. Returns the leases, which are the caller's to give back.
    async fn take_back(&self) -> Result<Vec<Uuid>, QueueError>;

    /// Deletes what is done since before `before`. Returns how many jobs went.
    async fn prune(&self, before: Timestamp) -> Result<u64, QueueError>;
}
