//! How polls end when their process stops: first none is begun any more, then what still reads is cut off. What a cut
//! reading had been billed is booked, and its account goes back to be claimed by another process.

use std::time::Duration;
use tokio::{sync::watch, time::sleep};

/// Readings under way may go on for so long after the stop.
pub const READINGS_END_WITHIN: Duration = Duration::from_secs(4);

/// Told of the stop; the default is never told.
#[derive(Clone)]
pub struct Halt(watch::Receiver<bool>);

impl Default for Halt {
    fn default() -> Self {
        Self(watch::channel(false).1)
    }
}

impl Halt {
    /// Once `stop` turns true.
    pub fn on(stop: watch::Receiver<bool>) -> Self {
        Self(stop)
    }

    /// Nothing is to be begun any more.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when readings must end.
    pub async fn overtime(&self) {
        self.after(READINGS_END_WITHIN).await;
    }

    /// Returns `grace` after the stop; never without one.
    pub fn after(&self, grace: Duration) -> impl Future<Output = ()> + use<> {
        let mut stop = self.0.clone();
        async move {
            if stop.wait_for(|stop| *stop).await.is_err() {
                std::future::pending::<()>().await;
            }
            sleep(grace).await;
        }
    }
}
