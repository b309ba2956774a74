//! `serve` and `worker`.

use super::{
    Fault,
    build::App,
    signals::{let_renewals_end, stop_on_signal, stopped},
};
use crate::{config::Config, config::environment, web};
use anyhow::{Context, anyhow};
use tokio::net::TcpListener;

/// Answers requests, and polls with `with_worker`, until a signal.
pub async fn serve(with_worker: bool) -> Result<(), Fault> {
    let app = App::build(config()?, with_worker)?;
    ready_or_say_why(&app).await?;
    let listen = app.config.web.listen;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen}: is the port taken? Choose another with SOCIAL_LISTEN"))?;
    let stop = stop_on_signal()?;
    tracing::info!(%listen, with_worker, "ready");
    let worker = if with_worker { Some(app.worker()?) } else { None };
    let polls = async {
        if let Some(worker) = worker {
            worker.run(stop.clone()).await;
        }
    };
    let (served, ()) = tokio::join!(web::serve(listener, app.router(), stopped(stop.clone())), polls);
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
    tracing::info!("ready");
    app.worker()?.run(stop).await;
    let_renewals_end(&app.service.store).await;
    tracing::info!("stopped");
    Ok(())
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
