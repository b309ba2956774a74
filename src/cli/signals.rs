//! The first signal asks for an orderly end, the second ends at once.

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
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

/// What a platform has just granted is stored before the process ends; a call takes no longer than this.
pub async fn let_renewals_end(store: &crate::store::Store) {
    let _ = tokio::time::timeout(std::time::Duration::from_secs(20), store.patient_work_done()).await;
}

/// Ends when `stop` turns true.
pub async fn stopped(mut stop: watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
