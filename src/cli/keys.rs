//! `keys`.

use super::{Fault, build::App, print::Style};
use crate::{
    config::{Config, environment},
    crypto::KeyRing,
    domain::dice::SystemDice,
    service::reseal::Pass,
};
use anyhow::{Context, anyhow};
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// Values whose rows are locked by a renewal are looked at again after this.
const BETWEEN_PASSES: Duration = Duration::from_secs(1);
/// So many passes that bring nothing are enough; a renewal takes less.
const IDLE_PASSES: u32 = 60;

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Print a new key for `SOCIAL_MEDIA_ENCRYPTION_KEY`
    Generate,
    /// Seal everything anew with the newest key, while polls go on; stopped in the middle, it goes on when run again
    Rotate,
}

/// Runs a command on keys.
pub async fn keys(command: Keys) -> Result<(), Fault> {
    match command {
        Keys::Generate => {
            println!("{}", KeyRing::generate(&SystemDice));
            Ok(())
        }
        Keys::Rotate => rotate().await,
    }
}

async fn rotate() -> Result<(), Fault> {
    let app = App::build(Config::from_env(&environment)?, false)?;
    let service = &app.service;
    let before = service.key_census().await.context("counting what is sealed")?;
    let bar = bar(u64::try_from(before.older + before.unknown).unwrap_or(0));
    let (mut resealed, mut idle) = (0, 0);
    let last = loop {
        let pass = service.reseal(|so_far| bar.set_position(resealed + so_far)).await.context("sealing anew")?;
        resealed += pass.resealed;
        idle = if pass.resealed == 0 { idle + 1 } else { 0 };
        let census = service.key_census().await.context("counting what is sealed")?;
        let left = usize::try_from(census.older + census.unknown).unwrap_or(0);
        if left <= pass.unreadable.len() || idle == IDLE_PASSES {
            break pass;
        }
        tracing::info!(resealed, left, "sealing anew");
        tokio::time::sleep(BETWEEN_PASSES).await;
    };
    bar.finish_and_clear();
    tell(&app, resealed, &last).await
}

/// A bar on a terminal, nothing elsewhere: there the log tells.
fn bar(length: u64) -> ProgressBar {
    if !Style::stdout().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("sealing anew {wide_bar} {pos}/{len} ({eta} left)");
    ProgressBar::new(length).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// The summary: sentences on a terminal, one JSON object elsewhere.
async fn tell(app: &App, resealed: u64, last: &Pass) -> Result<(), Fault> {
    let census = app.service.key_census().await.context("counting what is sealed")?;
    let unreadable = app.service.names_of(&last.unreadable).await.context("naming the accounts")?;
    let needs_older_keys = census.older + census.unknown > 0;
    if Style::stdout().is_terminal() {
        println!("{resealed} values are sealed anew; {} are under the newest key.", census.newest);
        for (name, error) in &unreadable {
            println!("  left as it is: {name}: {error}");
        }
        if !needs_older_keys {
            println!(
                "Nothing needs an older key any more: remove the older ones from SOCIAL_MEDIA_ENCRYPTION_KEY once every \
                 process has been started with the newest key first. Keep them as long as backups of the database."
            );
        }
    } else {
        let unreadable: Vec<_> = unreadable
            .iter()
            .map(|(name, error)| serde_json::json!({"what": name, "error": error.to_string()}))
            .collect();
        println!(
            "{}",
            serde_json::json!({
                "resealed": resealed, "newest": census.newest, "older": census.older, "unknown": census.unknown,
                "needs_older_keys": needs_older_keys, "unreadable": unreadable,
            })
        );
    }
    if needs_older_keys {
        let left = census.older + census.unknown;
        return Err(
            anyhow!("{left} values are still under other keys: keep those, mend what is named, run it again").into()
        );
    }
    Ok(())
}
