//! The first signal asks for an orderly end, the second ends at once.

use crate::store::Store;
use std::time::Duration;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    time::timeout,
};

/// Turns true at the first SIGINT or SIGTERM. At the second the process ends with 130.
pub fn stop_on_signal() -> anyhow::Result<watch::Receiver<bool>> {
    let (sender, receiver) = watch::channel(false);
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::spawn(async move {
        for times in 0.. {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if times > 0 {
                std::process::exit(130);
            }
            tracing::info!("stopping; once more to stop at once");
            let _ = sender.send(true);
        }
    });
    Ok(receiver)
}

/// A renewal asks its platform twice at most, and a call takes up to 20 s.
const RENEWALS_END_WITHIN: Duration = Duration::from_secs(45);

/// A renewal asked for a moment ago is answered within this.
const SOON: Duration = Duration::from_secs(1);

/// What a platform is about to grant is stored before the process ends: the refresh token that was sent for it may be
/// spent, and nobody else has the new one. No lease is held meanwhile.
pub async fn let_renewals_end(store: &Store) {
    let end = store.end_patient_work();
    tokio::pin!(end);
    if timeout(SOON, &mut end).await.is_ok() {
        return;
    }
    tracing::info!("waiting for a platform's answer to the renewal of a token; a second signal does not");
    if timeout(RENEWALS_END_WITHIN, end).await.is_err() {
        tracing::error!("a renewal did not end: its account may have to be connected again");
    }
}

/// Ends when `stop` turns true.
pub async fn stopped(mut stop: watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
