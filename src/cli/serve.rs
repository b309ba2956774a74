//! `serve` and `worker`.

use super::{
    Fault,
    build::App,
    signals::{let_renewals_end, stop_on_signal, stopped},
};
use crate::{config::Config, config::environment, web, worker::halt::Halt};
use anyhow::{Context, anyhow};
use std::{net::SocketAddr, time::Duration};
use tokio::{net::TcpListener, sync::watch};

/// Requests under way may go on for so long after the stop, however slowly somebody reads or writes.
const REQUESTS_END_WITHIN: Duration = Duration::from_secs(8);

/// Answers requests, and polls with `with_worker`, until a signal.
pub async fn serve(with_worker: bool) -> Result<(), Fault> {
    let app = App::build(config()?, with_worker)?;
    ready_or_say_why(&app).await?;
    let listen = app.config.web.listen;
    let listener = bind(listen, "SOCIAL_LISTEN").await?;
    let stop = stop_on_signal()?;
    let metrics = show_metrics(&app, stop.clone()).await?;
    tracing::info!(%listen, with_worker, "ready");
    let worker = if with_worker { Some(app.worker()?) } else { None };
    let polls = async {
        if let Some(worker) = worker {
            worker.run(stop.clone()).await;
        }
    };
    let requests = async {
        tokio::select! {
            served = web::serve(listener, app.router(), stopped(stop.clone())) => served,
            () = Halt::on(stop.clone()).after(REQUESTS_END_WITHIN) => Ok(()),
        }
    };
    let (served, (), ()) = tokio::join!(requests, polls, metrics);
    let_renewals_end(&app.service.store).await;
    served.context("the server ended")?;
    tracing::info!("stopped");
    Ok(())
}

/// Polls until a signal.
pub async fn worker() -> Result<(), Fault> {
    let app = App::build(config()?, true)?;
    ready_or_say_why(&app).await?;
    let stop = stop_on_signal()?;
    let metrics = show_metrics(&app, stop.clone()).await?;
    tracing::info!("ready");
    tokio::join!(app.worker()?.run(stop), metrics);
    let_renewals_end(&app.service.store).await;
    tracing::info!("stopped");
    Ok(())
}

async fn bind(address: SocketAddr, setting: &str) -> Result<TcpListener, Fault> {
    Ok(TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}: is the port taken? Choose another with {setting}"))?)
}

/// Metrics and health on a listener of their own, where one is configured.
async fn show_metrics(app: &App, stop: watch::Receiver<bool>) -> Result<impl Future<Output = ()> + use<>, Fault> {
    let served = match app.config.web.metrics_listen {
        Some(address) => Some((bind(address, "SOCIAL_METRICS_LISTEN").await?, app.open_router())),
        None => None,
    };
    Ok(async move {
        let Some((listener, router)) = served else { return };
        tokio::select! {
            shown = web::serve(listener, router, stopped(stop.clone())) => if let Err(error) = shown {
                tracing::error!(%error, "metrics are not shown any more");
            },
            () = Halt::on(stop).after(REQUESTS_END_WITHIN) => {}
        }
    })
}

/// The settings, with what deserves a second look in the log.
fn config() -> Result<Config, Fault> {
    let config = Config::from_env(&environment)?;
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    Ok(config)
}

/// A database that is there must be up to date; one that is away may come back.
async fn ready_or_say_why(app: &App) -> Result<(), Fault> {
    match app.service.store.schema_version().await {
        Ok(Some(version)) if version == crate::store::migrate::newest_version() => Ok(()),
        Ok(Some(version)) if version > crate::store::migrate::newest_version() => {
            Err(anyhow!("the database was migrated by a newer version of this program ({version}): start that one")
                .into())
        }
        Ok(_) => Err(anyhow!("the database is not up to date: run `nchat-social migrate` first").into()),
        Err(error) => {
            tracing::warn!(error = %crate::service::import::Chain(&error), "the database does not answer yet");
            Ok(())
        }
    }
}
