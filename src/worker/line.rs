//! Whether the line moves. A full one is no trouble as long as this process begins something of it now and then; otherwise
//! nothing is polled although every tick gets through.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Whoever works has ended a job by then and begun the next one.
const STANDS_AFTER: Duration = super::JOB_LIMIT.saturating_add(Duration::from_secs(60));

/// When this process last began a job, or found room in the line.
#[derive(Debug)]
pub struct Line(Mutex<Instant>);

impl Line {
    /// The start counts as a first move.
    pub fn at(now: Instant) -> Self {
        Self(Mutex::new(now))
    }

    /// A job was begun, or there was room.
    pub fn moves(&self, now: Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// It is full and has not moved for too long.
    pub fn stands(&self, now: Instant) -> bool {
        now.duration_since(*self.0.lock().unwrap_or_else(PoisonError::into_inner)) > STANDS_AFTER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stands_when_no_job_could_take_so_long() {
        let start = Instant::now();
        let line = Line::at(start);
        assert!(!line.stands(start + STANDS_AFTER), "the start counts");
        assert!(line.stands(start + STANDS_AFTER + Duration::from_millis(1)));
        line.moves(start + STANDS_AFTER);
        assert!(!line.stands(start + STANDS_AFTER * 2));
        assert!(line.stands(start + STANDS_AFTER * 2 + Duration::from_secs(1)));
    }
}
