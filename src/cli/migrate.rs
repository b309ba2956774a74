//! `migrate`.

use super::Fault;
use crate::{
    config::{Config, environment},
    store::migrate,
    worker::queue::apalis::ApalisQueue,
};
use anyhow::Context;

/// Brings tables and queue up to date, or takes our tables away.
pub async fn migrate(down: bool) -> Result<(), Fault> {
    let url = Config::from_env(&environment)?.database.url;
    if down {
        migrate::down(&url, 0).await.context("taking the tables away")?;
        println!("The tables of nchat-social are gone.");
        return Ok(());
    }
    up(&url).await?;
    println!("The database is up to date (version {}).", migrate::newest_version());
    Ok(())
}

/// Brings tables and queue up to date.
pub async fn up(url: &secrecy::SecretString) -> anyhow::Result<()> {
    migrate::up(url).await.context("migrating")?;
    ApalisQueue::setup(url).await.context("setting up the queue")
}
