//! Whether every worker still lives.

use std::{sync::Mutex, time::Duration};
use tokio::time::Instant;

/// The last sign of life of each worker.
///
/// apalis waits without limit for the answer to a statement. When the server's machine is gone, none comes, and nothing
/// ends the worker: only its missing heartbeat shows.
pub(super) struct Pulse {
    beats: Mutex<Vec<Instant>>,
    limit: Duration,
}

impl Pulse {
    /// Of `workers` that live now, and are given up after `limit` without a beat.
    pub(super) fn of(workers: usize, limit: Duration) -> Self {
        Self { beats: Mutex::new(vec![Instant::now(); workers]), limit }
    }

    /// Worker number `index` lives.
    pub(super) fn beat(&self, index: usize) {
        if let Some(beat) = self.beats.lock().expect("no panic under this lock").get_mut(index) {
            *beat = Instant::now();
        }
    }

    /// Returns when a worker has been silent for too long.
    pub(super) async fn lost(&self) {
        loop {
            let weakest = self.beats.lock().expect("no panic under this lock").iter().min().copied();
            let Some(deadline) = weakest.and_then(|beat| beat.checked_add(self.limit)) else {
                return std::future::pending().await;
            };
            if deadline <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(deadline).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[tokio::test]
    async fn one_silent_worker_is_enough() {
        let pulse = Pulse::of(2, Duration::from_millis(40));
        let started = Instant::now();
        let beating = async {
            loop {
                pulse.beat(0);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            () = pulse.lost() => {}
            () = beating => {}
        }
        assert!(started.elapsed() >= Duration::from_millis(40));
    }

    #[tokio::test]
    async fn a_beating_heart_is_not_lost() {
        let pulse = Pulse::of(1, Duration::from_secs(3600));
        pulse.beat(0);
        pulse.beat(7); // no such worker
        assert!(pulse.lost().now_or_never().is_none());
    }
}
