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

    async fn take_back(&self) -> Result<Vec<Uuid>, QueueError> {
        Ok(self.line().jobs.drain(..).map(|job| job.lease_id).collect())
    }

    /// Forgets the leases of jobs that are no longer in line; there are no times here. Returns how many.
    async fn prune(&self, _before: Timestamp) -> Result<u64, QueueError> {
        let mut line = self.line();
        let before = line.known.len();
        line.known = line.jobs.iter().map(|job| job.lease_id).collect();
        Ok((before - line.known.len()) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, atomic::AtomicUsize, atomic::Ordering};

    fn job(number: u128) -> PollJob {
        PollJob { lease_id: Uuid::from_u128(number) }
    }

    #[tokio::test]
    async fn the_same_lease_twice_is_one_job() {
        let queue = MemoryQueue::new();
        for number in [1, 2, 1] {
            queue.push(job(number)).await.expect("pushed");
        }
        assert_eq!(queue.waiting().await.expect("counted"), 2);
        assert_eq!((queue.take(), queue.take(), queue.take()), (Some(job(1)), Some(job(2)), None));
        queue.push(job(1)).await.expect("pushed");
        assert_eq!(queue.take(), None, "done still stands for its lease");
        assert_eq!(queue.prune(Timestamp::MIN_UTC).await.expect("pruned"), 2);
        queue.push(job(1)).await.expect("pushed");
        assert_eq!(queue.take(), Some(job(1)));
    }

    #[tokio::test]
    async fn run_works_early_and_late_jobs_and_outlives_a_panic() {
        let queue = Arc::new(MemoryQueue::new());
        queue.push(job(0)).await.expect("pushed");
        let (stop, stopped) = watch::channel(false);
        let (worked, works) = watch::channel(0);
        let at_once = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let seen = Arc::clone(&at_once);
        let handler: Handler = Arc::new(move |job| {
            let (worked, at_once) = (worked.clone(), Arc::clone(&seen));
            Box::pin(async move {
                assert!(!job.lease_id.is_nil(), "on purpose");
                let now = at_once.0.fetch_add(1, Ordering::SeqCst) + 1;
                at_once.1.fetch_max(now, Ordering::SeqCst);
                tokio::task::yield_now().await;
                at_once.0.fetch_sub(1, Ordering::SeqCst);
                worked.send_modify(|count| *count += 1);
            })
        });
        let running = tokio::spawn({
            let queue = Arc::clone(&queue);
            async move { queue.run(2, handler, stopped).await }
        });
        for number in 1..=20 {
            queue.push(job(number)).await.expect("pushed");
        }
        works.clone().wait_for(|count| *count == 20).await.expect("all are worked");
        stop.send_replace(true);
        running.await.expect("ends without a panic");
        assert_eq!(at_once.1.load(Ordering::SeqCst), 2, "two at a time");
        queue.push(job(21)).await.expect("pushed");
        assert_eq!(queue.waiting().await.expect("counted"), 1, "nobody works after the stop");
    }
}
