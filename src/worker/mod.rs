//! Floor 4: polls. Claim what is due, nudge the queue, work what it hands out.

mod batch;
pub mod ending;
pub mod fetch;
pub mod halt;
mod line;
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
use line::Line;
use queue::{Handler, JobQueue};
use std::sync::Arc;
use tokio::{sync::watch, time::Instant};
use uuid::Uuid;

/// A lease ends by itself after this long.
pub const LEASE: Duration = Duration::minutes(5);

/// All polls of a lease together may take this long, so that the lease is never outlived.
pub const JOB_LIMIT: std::time::Duration = std::time::Duration::from_secs(240);

/// How often a process looks for accounts that are due.
const TICK_EVERY: std::time::Duration = std::time::Duration::from_secs(1);

/// How often it looks while its line is full and more may be due.
const TICK_WHEN_FULL: std::time::Duration = std::time::Duration::from_millis(100);

/// How often a process cleans up.
const CLEAN_EVERY: std::time::Duration = std::time::Duration::from_secs(600);

/// How often a process looks whether somebody must act.
const ALERT_EVERY: std::time::Duration = std::time::Duration::from_secs(60);

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
    /// Told the time of every tick that reached the database, unless nobody works what is in line.
    pub on_tick: Arc<dyn Fn(Timestamp) + Send + Sync>,
}

impl Worker {
    /// Works until `stop` turns true, then ends what it has begun and gives back what nobody has: within ten seconds no
    /// lease is held by this process.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        let Self { ticker, poller, queue, leases, on_tick } = self;
        let (service, halt) = (poller.service.clone(), Halt::on(stop.clone()));
        let poller = Arc::new(Poller { halt: halt.clone(), ..poller });
        let line = Arc::new(Line::at(Instant::now()));
        let moving = line.clone();
        let handler: Handler = Arc::new(move |job| {
            moving.moves(Instant::now());
            let poller = poller.clone();
            Box::pin(async move { poller.work(job).await })
        });
        let begun = async {
            tokio::join!(
                queue.run(leases, handler, stop.clone()),
                again_and_again(stop.clone(), async || tick(&ticker, &line, &*on_tick).await),
                // Cleaning goes on where it was left, so it is dropped when the process stops.
                again_and_again(stop.clone(), async || {
                    tokio::select! {
                        () = clean(&service, &*queue) => {}
                        () = halt.after(std::time::Duration::ZERO) => {}
                    }
                    CLEAN_EVERY
                }),
                again_and_again(stop, async || {
                    alert(&service).await;
                    ALERT_EVERY
                }),
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

/// Gives back the leases that wait in line, and those that are lost: whoever goes on claims them again.
async fn give_back(service: &Service, queue: &dyn JobQueue) {
    let lost = service.store.lost(service.clock.now());
    let in_line = async {
        match queue.take_back().await {
            Ok(leases) => release(service, leases).await,
            Err(error) => tracing::warn!(error = %Chain(&error), "leases in line run out by themselves"),
        }
    };
    tokio::join!(in_line, release(service, lost));
}

async fn release(service: &Service, leases: Vec<Uuid>) {
    if leases.is_empty() {
        return;
    }
    match service.store.release(&leases, service.clock.now(), None).await {
        Ok(0) => {}
        Ok(accounts) => tracing::info!(leases = leases.len(), accounts, "given back: the process stops"),
        Err(error) => tracing::warn!(error = %Chain(&error), "leases run out by themselves"),
    }
}

/// Does `work` until `stop` turns true, so often as it says: it tells the time from one beginning to the next. What was
/// begun is ended first.
async fn again_and_again(mut stop: watch::Receiver<bool>, work: impl AsyncFn() -> std::time::Duration) {
    let mut next = Instant::now();
    loop {
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep_until(next) => {}
        }
        let began = Instant::now();
        next = began + work().await;
    }
}

async fn tick(ticker: &Ticker, line: &Line, on_tick: &(dyn Fn(Timestamp) + Send + Sync)) -> std::time::Duration {
    match ticker.tick().await {
        Ok(ticked) => {
            if !ticked.is_full || ticked.accounts > 0 {
                line.moves(Instant::now());
            }
            if line.stands(Instant::now()) {
                tracing::warn!("the line is full, and this process has begun none of it for minutes");
            } else {
                on_tick(ticker.service.clock.now());
            }
            if ticked.is_full { TICK_WHEN_FULL } else { TICK_EVERY }
        }
        Err(error) => {
            tracing::warn!(error = %Chain(&error), "no claim this time");
            TICK_EVERY
        }
    }
}

async fn clean(service: &Service, queue: &dyn JobQueue) {
    if let Err(error) = service.clean_up().await {
        tracing::warn!(error = %Chain(&error), "cleaning up has to wait");
    }
    if let Err(error) = queue.prune(service.clock.now() - service.settings.keep.jobs).await {
        tracing::warn!(error = %Chain(&error), "cleaning the queue has to wait");
    }
}

async fn alert(service: &Service) {
    if let Err(error) = service.alert().await {
        tracing::warn!(error = %Chain(&error), "telling who must act has to wait");
    }
}
