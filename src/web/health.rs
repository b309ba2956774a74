//! Whether the process lives, and whether it does its work.

use super::WebState;
use crate::domain::Timestamp;
use axum::{Json, extract::State, http::StatusCode};
use serde_json::{Value, json};
use std::sync::{Mutex, PoisonError};

/// A worker that has not looked for due accounts for this long hangs.
const TICK_WITHIN: std::time::Duration = std::time::Duration::from_secs(60);
/// A probe waits no longer for the database.
const PING_WITHIN: std::time::Duration = std::time::Duration::from_secs(3);

/// How long the process lives: it only grows, whatever becomes of the clock.
type Uptime = Box<dyn Fn() -> std::time::Duration + Send + Sync>;

/// When the worker of this process last looked for due accounts.
pub struct Health {
    uptime: Uptime,
    last_tick: Mutex<Tick>,
    has_worker: bool,
}

#[derive(Clone, Copy)]
struct Tick {
    /// What the clock showed.
    at: Timestamp,
    uptime: std::time::Duration,
}

impl Health {
    /// Of a process with or without a worker. Its start counts as a first tick.
    pub fn new(has_worker: bool, now: Timestamp) -> Self {
        let start = std::time::Instant::now();
        Self::living(has_worker, now, Box::new(move || start.elapsed()))
    }

    fn living(has_worker: bool, now: Timestamp, uptime: Uptime) -> Self {
        let last_tick = Mutex::new(Tick { at: now, uptime: uptime() });
        Self { uptime, last_tick, has_worker }
    }

    /// The worker has looked for due accounts.
    pub fn tick(&self, now: Timestamp) {
        *self.last_tick.lock().unwrap_or_else(PoisonError::into_inner) = Tick { at: now, uptime: (self.uptime)() };
    }

    /// Whether the worker works; a process without one has nothing to prove.
    pub fn is_working(&self) -> bool {
        !self.has_worker || self.age() <= TICK_WITHIN
    }

    fn last_tick(&self) -> Tick {
        *self.last_tick.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn age(&self) -> std::time::Duration {
        (self.uptime)().saturating_sub(self.last_tick().uptime)
    }

    pub(super) fn describe(&self) -> Value {
        if !self.has_worker {
            return json!({ "status": "off" });
        }
        json!({
            "status": if self.is_working() { "ok" } else { "late" },
            "last_tick_at": self.last_tick().at,
            "age_seconds": self.age().as_secs(),
        })
    }
}

/// `GET /livez`: the process answers.
pub(super) async fn live() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// `GET /readyz`: the database answers and the worker ticks; 503 otherwise.
pub(super) async fn ready(State(state): State<WebState>) -> (StatusCode, Json<Value>) {
    let ping = tokio::time::timeout(PING_WITHIN, state.service.store.ping()).await;
    let database = matches!(ping, Ok(Ok(())));
    let ready = database && state.health.is_working();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({
        "status": if ready { "ok" } else { "unavailable" },
        "database": if database { "ok" } else { "unavailable" },
        "worker": state.health.describe(),
    });
    (status, Json(body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        sync::{
            Arc,
            atomic::{AtomicU64, Ordering},
        },
        time::Duration,
    };

    /// A health whose process lives as many seconds as `lives` says.
    fn health(has_worker: bool) -> (Health, Arc<AtomicU64>) {
        let lives = Arc::new(AtomicU64::new(0));
        let seconds = lives.clone();
        let uptime = move || Duration::from_secs(seconds.load(Ordering::Relaxed));
        (Health::living(has_worker, noon(), Box::new(uptime)), lives)
    }

    fn noon() -> Timestamp {
        "2026-11-22T12:00:00Z".parse().expect("a time")
    }

    #[test]
    fn a_worker_is_late_after_a_minute() {
        let (health, lives) = health(true);
        let at = |seconds| lives.store(seconds, Ordering::Relaxed);
        at(60);
        assert!(health.is_working(), "the start counts");
        at(61);
        assert!(!health.is_working());
        at(70);
        health.tick(noon());
        at(130);
        assert!(health.is_working());
        at(131);
        assert!(!health.is_working());
        assert_eq!(health.describe()["status"], "late");
        assert_eq!(health.describe()["age_seconds"], 61);
        let (without, lives) = self::health(false);
        lives.store(999, Ordering::Relaxed);
        assert!(without.is_working(), "no worker, nothing to be late");
    }

    /// It said ok for an hour, whatever became of the worker.
    #[test]
    fn defect_a_clock_put_back_hides_no_worker_that_hangs() {
        let (health, lives) = health(true);
        health.tick(noon() + chrono::Duration::hours(1));
        lives.store(10, Ordering::Relaxed);
        health.tick(noon());
        assert_eq!(health.describe()["last_tick_at"], "2026-11-22T12:00:00Z");
        lives.store(71, Ordering::Relaxed);
        assert!(!health.is_working());
    }
}
