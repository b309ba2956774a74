//! Floor 4: polls. Claim what is due, nudge the queue, work what it hands out.

pub mod fetch;
pub mod halt;
pub mod poll;
pub mod queue;
pub mod round;
pub mod tick;

pub use poll::Poller;
pub use tick::Ticker;

use crate::{
    domain::Timestamp,
    service::{Service, import::Chain},
};
use chrono::Duration;
use halt::Halt;
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

/// After the stop, what was begun may go on for so long; then the process gives back what it still holds.
const BEGUN_ENDS_WITHIN: std::time::Duration = std::time::Duration::from_secs(7);

/// Giving it back may take no longer.
const GIVEN_BACK_WITHIN: std::time::Duration = std::time::Duration::from_secs(2);

/// A process's share of the polling.
pub struct Worker {
    /// Claims.
    pub ticker: Ticker,
    /// Polls.
    pub poller: Poller,
    /// Hands claims to whoever is free.
    pub queue: Arc<dyn JobQueue>,
    /// Leases worked at a time in this process.
    pub leases: usize,
    /// Told the time of every tick that reached the database.
    pub on_tick: Arc<dyn Fn(Timestamp) + Send + Sync>,
}

impl Worker {
    /// Works until `stop` turns true, then ends what it has begun and gives back what nobody has: within ten seconds no
    /// lease is held by this process.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        let Self { ticker, poller, queue, leases, on_tick } = self;
        let (service, halt) = (poller.service.clone(), Halt::on(stop.clone()));
        let poller = Arc::new(Poller { halt: halt.clone(), ..poller });
        let handler: Handler = Arc::new(move |job| {
            let poller = poller.clone();
            Box::pin(async move { poller.work(job).await })
        });
        let begun = async {
            tokio::join!(
                queue.run(leases, handler, stop.clone()),
                every(TICK_EVERY, stop.clone(), async || tick(&ticker, &*on_tick).await),
                // Cleaning goes on where it was left, so it is dropped when the process stops.
                every(CLEAN_EVERY, stop.clone(), async || {
                    tokio::select! {
                        () = clean(&service, &*queue) => {}
                        () = halt.after(std::time::Duration::ZERO) => {}
                    }
                }),
                every(ALERT_EVERY, stop, async || alert(&service).await),
            );
        };
        tokio::select! {
            () = begun => {}
            () = halt.after(BEGUN_ENDS_WITHIN) => tracing::warn!("stopped before all that had begun was over"),
        }
        if tokio::time::timeout(GIVEN_BACK_WITHIN, give_back(&service, &*queue)).await.is_err() {
            tracing::warn!("the database does not answer: leases of this process run out by themselves");
        }
    }
}

/// Gives back the leases that wait in line: whoever goes on claims them again.
async fn give_back(service: &Service, queue: &dyn JobQueue) {
    let leases = match queue.take_back().await {
        Ok(leases) => leases,
        Err(error) => return tracing::warn!(error = %Chain(&error), "leases in line run out by themselves"),
    };
    match service.store.release(&leases, service.clock.now(), None).await {
        Ok(0) => {}
        Ok(accounts) => tracing::info!(leases = leases.len(), accounts, "given back: the process stops"),
        Err(error) => tracing::warn!(error = %Chain(&error), "leases in line run out by themselves"),
    }
}

/// Does `work` now and again until `stop` turns true; what was begun is ended first.
async fn every(period: std::time::Duration, mut stop: watch::Receiver<bool>, work: impl AsyncFn()) {
    let mut times = tokio::time::interval(period);
    times.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = times.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        work().await;
    }
}

async fn tick(ticker: &Ticker, on_tick: &(dyn Fn(Timestamp) + Send + Sync)) {
    match ticker.tick().await {
        Ok(_) => on_tick(ticker.service.clock.now()),
        Err(error) => tracing::warn!(error = %Chain(&error), "no claim this time"),
    }
}

async fn clean(service: &Service, queue: &dyn JobQueue) {
    if let Err(error) = service.clean_up().await {
        tracing::warn!(error = %Chain(&error), "cleaning up has to wait");
    }
    if let Err(error) = queue.prune(service.clock.now() - KEEP_JOBS).await {
        tracing::warn!(error = %Chain(&error), "cleaning the queue has to wait");
    }
}

async fn alert(service: &Service) {
    if let Err(error) = service.alert().await {
        tracing::warn!(error = %Chain(&error), "telling who must act has to wait");
    }
}
