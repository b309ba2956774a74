//! `keys`.

use super::Fault;
use crate::{crypto::KeyRing, domain::dice::SystemDice};
use clap::Subcommand;

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Print a new key for `SOCIAL_MEDIA_ENCRYPTION_KEY`
    Generate,
}

/// Runs a command on keys.
pub fn keys(command: Keys) -> Result<(), Fault> {
    match command {
        Keys::Generate => println!("{}", KeyRing::generate(&SystemDice)),
    }
    Ok(())
}
