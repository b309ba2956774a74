//! Time is given, not fetched.

use super::Timestamp;
use std::sync::Mutex;

/// Where the time comes from.
pub trait Clock: Send + Sync + 'static {
    /// The present time in UTC.
    fn now(&self) -> Timestamp;
}

/// The machine's clock. The one place that asks it.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)]
    fn now(&self) -> Timestamp {
        // Postgres keeps microseconds: cut here, so that what is written is what is read.
        let now = chrono::Utc::now();
        chrono::DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
    }
}

/// A clock that moves only by hand, for tests and simulated years.
#[derive(Debug)]
pub struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    /// A clock standing at `start`.
    pub fn at(start: Timestamp) -> Self {
        Self(Mutex::new(start))
    }

    /// Moves the clock by `step` (negative steps go back).
    pub fn advance(&self, step: chrono::Duration) {
        *self.0.lock().expect("the clock's lock is never held over a panic") += step;
    }

    /// Sets the clock to `at`.
    pub fn set(&self, at: Timestamp) {
        *self.0.lock().expect("the clock's lock is never held over a panic") = at;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("the clock's lock is never held over a panic")
    }
}
