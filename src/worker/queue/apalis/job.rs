//! A job at work. apalis sees only that it has ended: it must not know of failures, which it would repeat at once or,
//! by its own limits of time and panics, keep as running for ever.

use crate::worker::queue::{Handler, PollJob};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tokio::sync::{Semaphore, watch};

/// What all jobs of a run share.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) handler: Handler,
    pub(super) limit: Duration,
    /// One permit for each job that may run. apalis drops a worker whose connection breaks; its job goes on (it may
    /// have spent a refresh token that is not stored yet) and keeps its permit, so that the worker's successor waits.
    pub(super) slots: Arc<Semaphore>,
    /// Jobs end when its sender goes.
    pub(super) cut: watch::Receiver<()>,
}

impl Desk {
    /// Works the job in `payload`. Returns when it has ended, in whatever way.
    ///
    /// The payload is read here: a job that apalis cannot read stays queued for as long as its worker lives.
    pub(super) async fn work(self, payload: Value) {
        let job = match serde_json::from_value::<PollJob>(payload) {
            Ok(job) => job,
            Err(problem) => return tracing::error!(%problem, "a job of the queue cannot be read: left out"),
        };
        let lease_id = job.lease_id;
        let Self { handler, limit, slots, mut cut } = self;
        let Ok(slot) = slots.acquire_owned().await else { return };
        let work = tokio::spawn(async move {
            let _slot = slot;
            tokio::select! {
                _ = cut.changed() => tracing::warn!(%lease_id, "poll job cut off by the stop; its lease runs out"),
                ended = tokio::time::timeout(limit, handler(job)) => if ended.is_err() {
                    tracing::warn!(%lease_id, limit_s = limit.as_secs(), "poll job took too long; its lease runs out");
                }
            }
        });
        if let Err(problem) = work.await
            && problem.is_panic()
        {
            // What it panicked with may hold anything: the panic hook decides about it.
            tracing::error!(%lease_id, "poll job panicked; its lease runs out");
        }
    }
}
