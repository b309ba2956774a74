//! Floor 4: polls. Claim what is due, nudge the queue, work what it hands out.

pub mod fetch;
pub mod poll;
pub mod queue;
pub mod round;
pub mod tick;

pub use poll::Poller;
pub use tick::Ticker;

use crate::{domain::Timestamp, service::Service};
use chrono::Duration;
use queue::{Handler, JobQueue};
use std::sync::Arc;
use tokio::sync::watch;

/// A lease ends by itself after this long.
pub const LEASE: Duration = Duration::minutes(5);

/// All polls of a lease together may take this long, so that the lease is never outlived.
pub const JOB_LIMIT: std::time::Duration = std::time::Duration::from_secs(240);

/// How often a process looks for accounts that are due.
const TICK_EVERY: std::time::Duration = std::time::Duration::from_secs(1);

/// How often a process cleans up.
const CLEAN_EVERY: std::time::Duration = std::time::Duration::from_secs(600);

/// How often a process looks whether somebody must act.
const ALERT_EVERY: std::time::Duration = std::time::Duration::from_secs(60);

/// Finished jobs are kept this long, for people who look into the queue.
const KEEP_JOBS: Duration = Duration::hours(1);

/// A process's share of the polling.
pub struct Worker {
    /// Claims.
    pub ticker: Ticker,
    /// Polls.
    pub poller: Arc<Poller>,
    /// Hands claims to whoever is free.
    pub queue: Arc<dyn JobQueue>,
    /// Leases worked at a time in this process.
    pub leases: usize,
    /// Told the time of every tick that reached the database.
    pub on_tick: Arc<dyn Fn(Timestamp) + Send + Sync>,
}

impl Worker {
    /// Works until `stop` turns true, then ends what it has begun.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        let poller = self.poller.clone();
        let handler: Handler = Arc::new(move |job| {
            let poller = poller.clone();
            Box::pin(async move { poller.work(job).await })
        });
        tokio::join!(
            self.queue.run(self.leases, handler, stop.clone()),
            tick_until(&self, stop.clone()),
            clean_until(&self.poller.service, &*self.queue, stop.clone()),
            alert_until(&self.poller.service, stop),
        );
    }
}

async fn tick_until(worker: &Worker, mut stop: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(TICK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        match worker.ticker.tick().await {
            Ok(_) => (worker.on_tick)(worker.poller.service.clock.now()),
            Err(error) => tracing::warn!(error = %crate::service::import::Chain(&error), "no claim this time"),
        }
    }
}

async fn clean_until(service: &Service, queue: &dyn JobQueue, mut stop: watch::Receiver<bool>) {
    let mut times = tokio::time::interval(CLEAN_EVERY);
    loop {
        tokio::select! {
            _ = times.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        if let Err(error) = service.clean_up().await {
            tracing::warn!(error = %crate::service::import::Chain(&error), "cleaning up has to wait");
        }
        if let Err(error) = queue.prune(service.clock.now() - KEEP_JOBS).await {
            tracing::warn!(error = %crate::service::import::Chain(&error), "cleaning the queue has to wait");
        }
    }
}

async fn alert_until(service: &Service, mut stop: watch::Receiver<bool>) {
    let mut times = tokio::time::interval(ALERT_EVERY);
    times.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = times.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        if let Err(error) = service.alert().await {
            tracing::warn!(error = %crate::service::import::Chain(&error), "telling who must act has to wait");
        }
    }
}
