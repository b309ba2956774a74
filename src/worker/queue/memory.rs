//! The queue in memory, for tests: jobs are worked by hand with [`MemoryQueue::take`], or by [`JobQueue::run`].

use super::{Handler, JobQueue, PollJob, QueueError};
use crate::domain::Timestamp;
use std::{
    collections::{HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
};
use uuid::Uuid;

/// A queue that forgets with the process.
#[derive(Debug, Default)]
pub struct MemoryQueue {
    line: Mutex<Line>,
    added: Notify,
}

#[derive(Debug, Default)]
struct Line {
    jobs: VecDeque<PollJob>,
    /// Every lease pushed since the last prune: as in Postgres, a job that is done still stands for its lease.
    known: HashSet<Uuid>,
}

impl MemoryQueue {
    /// An empty queue.
    pub fn new() -> Self {
        Self::default()
    }

    /// The job that waits longest, to be worked by hand.
    pub fn take(&self) -> Option<PollJob> {
        self.line().jobs.pop_front()
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait::async_trait]
impl JobQueue for MemoryQueue {
    async fn push(&self, job: PollJob) -> Result<(), QueueError> {
        {
            let mut line = self.line();
            if line.known.insert(job.lease_id) {
                line.jobs.push_back(job);
            }
        }
        self.added.notify_one();
        Ok(())
    }

    async fn waiting(&self) -> Result<usize, QueueError> {
        Ok(self.line().jobs.len())
    }

    async fn run(&self, workers: usize, handler: Handler, mut stop: watch::Receiver<bool>) {
        let mut working = JoinSet::new();
        loop {
            // Before the look at the line, so that no push falls between the look and the wait.
            let added = self.added.notified();
            while working.len() < workers.max(1) && !*stop.borrow() {
                let Some(job) = self.take() else { break };
                let handler = Handler::clone(&handler);
                working.spawn(async move { handler(job).await });
            }
            tokio::select! {
                biased;
                Ok(_) = stop.wait_for(|stop| *stop) => break,
                Some(_) = working.join_next() => {} // a panic ends its own job only
                () = added => {}
            }
        }
        while working.join_next().await.is_some() {}
    }

    /// Forgets the leases of jobs that are no longer in line; there are no times here. Returns how many.
    async fn prune(&self, _before: Timestamp) -> Result<u64, QueueError> {
        let mut line = self.line();
        let before = line.known.len();
        line.known = line.jobs.iter().map(|job| job.lease_id).collect();
        Ok((before - line.known.len()) as u64)
    }
}
