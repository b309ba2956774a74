//! When an idle worker looks for jobs.

use apalis::prelude::{PollSnapshot, PollStrategy};
use std::{
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Interval, MissedTickBehavior};

/// Looks at a steady interval.
///
/// apalis's own strategies answer Ready without leaving a waker behind; when the fetch that follows finds nothing in the
/// same breath, the worker sleeps on until its next heartbeat. This one polls on until Pending, so a waker always stays.
/// Postgres's notifications are left out: 200 ms are nothing to a poll of every five minutes, and a listener takes a
/// connection for each worker.
#[derive(Debug)]
pub(super) struct EveryTick(Interval);

impl EveryTick {
    /// Needs a tokio runtime.
    pub(super) fn of(period: Duration) -> Self {
        let mut interval = tokio::time::interval(period);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self(interval)
    }
}

impl PollStrategy for EveryTick {
    fn poll_drive(&mut self, cx: &mut Context<'_>, _: &PollSnapshot) -> Poll<Option<()>> {
        let mut ticked = false;
        while self.0.poll_tick(cx).is_ready() {
            ticked = true;
        }
        if ticked { Poll::Ready(Some(())) } else { Poll::Pending }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::task::{ArcWake, waker};
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl ArcWake for Wakes {
        fn wake_by_ref(wakes: &Arc<Self>) {
            wakes.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[tokio::test]
    async fn a_tick_that_was_taken_leaves_a_waker_behind() {
        let wakes = Arc::new(Wakes::default());
        let waker = waker(Arc::clone(&wakes));
        let mut cx = Context::from_waker(&waker);
        let mut tick = EveryTick::of(Duration::from_millis(5));

        while tick.poll_drive(&mut cx, &PollSnapshot::new()).is_pending() {
            tokio::task::yield_now().await;
        }
        let taken = wakes.0.load(Ordering::SeqCst);
        // Nobody polls it again, yet it wakes.
        tokio::time::timeout(Duration::from_secs(10), async {
            while wakes.0.load(Ordering::SeqCst) == taken {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("woken by the next tick");
    }
}
