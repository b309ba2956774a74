//! `migrate`.

use super::Fault;
use crate::{
    config::{Migration, environment},
    crypto::{KeyRing, NchatKeys, Sealer},
    domain::{Clock, clock::SystemClock, dice::SystemDice},
    service::adopt::{Adoption, adopt},
    store::{
        Store, adoption,
        connect::{PoolOptions, pool},
        migrate,
    },
    worker::queue::apalis::ApalisQueue,
};
use anyhow::Context;
use std::sync::Arc;

/// Brings tables and queue up to date, or takes our tables away.
pub async fn migrate(down: bool) -> Result<(), Fault> {
    let settings = Migration::from_env(&environment)?;
    let url = &settings.database.url;
    if down {
        migrate::down(url, 0).await.context("taking the tables away")?;
        println!("The tables of nchat-social are gone.");
        return Ok(());
    }
    up(url).await?;
    println!("The database is up to date (version {}).", migrate::newest_version());
    take_over(&settings).await
}

/// Brings tables and queue up to date.
pub async fn up(url: &secrecy::SecretString) -> anyhow::Result<()> {
    migrate::up(url).await.context("migrating")?;
    ApalisQueue::setup(url).await.context("setting up the queue")
}

/// Takes over what nchat's own code stored in the accounts' token columns.
async fn take_over(settings: &Migration) -> Result<(), Fault> {
    let options = PoolOptions {
        url: settings.database.url.clone(),
        size: 2,
        statement_timeout: settings.database.statement_timeout,
    };
    let store = Store::new(pool(&options).context("the database's address")?);
    let mut connection = store.connection().await.context("looking for tokens that nchat stored")?;
    let count = adoption::count(&mut connection).await.context("looking for tokens that nchat stored")?;
    drop(connection);
    if count == 0 {
        return Ok(());
    }
    let Some(setting) = &settings.encryption_key else {
        println!(
            "{count} accounts hold tokens that nchat stored. They were left alone, for SOCIAL_MEDIA_ENCRYPTION_KEY is \
             not set: set it as nchat has it and run `nchat-social migrate` again to take them over."
        );
        return Ok(());
    };
    let ring = KeyRing::parse(setting).context("SOCIAL_MEDIA_ENCRYPTION_KEY")?;
    let sealer = Sealer::new(ring, Arc::new(SystemDice));
    let keys = NchatKeys::derive(setting);
    let adoption = adopt(&store, &sealer, &SystemDice, &keys, SystemClock.now()).await;
    let Adoption { adopted, superseded, unreadable } = adoption.context("taking over tokens that nchat stored")?;
    println!("{adopted} accounts go on with the tokens that nchat stored; they are sealed anew.");
    if superseded > 0 {
        println!("{superseded} accounts were connected since: what nchat had stored for them is deleted.");
    }
    if !unreadable.is_empty() {
        println!(
            "{} accounts hold tokens that SOCIAL_MEDIA_ENCRYPTION_KEY does not open. Add nchat's key to it, behind the \
             newest one, and run `nchat-social migrate` again, or connect them again:",
            unreadable.len()
        );
        for account in unreadable {
            println!("  {account}");
        }
    }
    Ok(())
}
