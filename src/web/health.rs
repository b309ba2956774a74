//! Whether the process lives, and whether it does its work.

use super::WebState;
use crate::domain::Timestamp;
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Duration};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, Ordering};

/// A worker that has not looked for due accounts for this long hangs.
const TICK_WITHIN: Duration = Duration::seconds(60);
/// A probe waits no longer for the database.
const PING_WITHIN: std::time::Duration = std::time::Duration::from_secs(3);

/// When the worker of this process last looked for due accounts.
#[derive(Debug)]
pub struct Health {
    /// Milliseconds since 1970.
    last_tick: AtomicI64,
    has_worker: bool,
}

impl Health {
    /// Of a process with or without a worker. Its start counts as a first tick.
    pub fn new(has_worker: bool, now: Timestamp) -> Self {
        Self { last_tick: AtomicI64::new(now.timestamp_millis()), has_worker }
    }

    /// The worker has looked for due accounts.
    pub fn tick(&self, now: Timestamp) {
        self.last_tick.fetch_max(now.timestamp_millis(), Ordering::Relaxed);
    }

    /// Whether the worker works; a process without one has nothing to prove.
    pub fn is_working(&self, now: Timestamp) -> bool {
        !self.has_worker || self.age(now) <= TICK_WITHIN
    }

    fn age(&self, now: Timestamp) -> Duration {
        Duration::milliseconds(now.timestamp_millis().saturating_sub(self.last_tick.load(Ordering::Relaxed)))
    }

    pub(super) fn describe(&self, now: Timestamp) -> Value {
        if !self.has_worker {
            return json!({ "status": "off" });
        }
        let last_tick_at = DateTime::from_timestamp_millis(self.last_tick.load(Ordering::Relaxed));
        json!({
            "status": if self.is_working(now) { "ok" } else { "late" },
            "last_tick_at": last_tick_at,
            "age_seconds": self.age(now).num_seconds(),
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
    let now = state.service.clock.now();
    let ready = database && state.health.is_working(now);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({
        "status": if ready { "ok" } else { "unavailable" },
        "database": if database { "ok" } else { "unavailable" },
        "worker": state.health.describe(now),
    });
    (status, Json(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_late_after_a_minute() {
        let start = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
        let at = |seconds| start + Duration::seconds(seconds);
        let health = Health::new(true, start);
        assert!(health.is_working(at(60)), "the start counts");
        assert!(!health.is_working(at(61)));
        health.tick(at(50));
        assert!(health.is_working(at(110)));
        health.tick(at(40));
        assert!(health.is_working(at(110)), "an older tick takes nothing back");
        assert!(!health.is_working(at(111)));
        assert_eq!(health.describe(at(111))["status"], "late");
        assert!(Health::new(false, start).is_working(at(999)), "no worker, nothing to be late");
    }
}
