//! Keys: changed while the program runs, lost, and those of an nchat that was there before.

mod adoption;
mod rotation;
mod speed;

use crate::app::{App, ENCRYPTION_KEY};
use nchat_social::{
    crypto::{KeyRing, Sealer},
    domain::dice::SystemDice,
    service::Service,
};
use secrecy::SecretString;
use std::sync::Arc;

/// The key that comes after [`ENCRYPTION_KEY`].
const NEXT_KEY: &str = "Y2FuYXJ5LW5leHQta2V5LTAxMjM0NTY3ODktMDEyMzQ=";

fn sealer(keys: &[&str]) -> Arc<Sealer> {
    let ring = KeyRing::parse(&SecretString::from(keys.join(","))).expect("keys");
    Arc::new(Sealer::new(ring, Arc::new(SystemDice)))
}

/// The same program with other keys.
fn with_keys(app: &App, keys: &[&str]) -> Service {
    Service { sealer: sealer(keys), ..app.service.clone() }
}

/// Both keys, the new one first.
fn both() -> String {
    format!("{NEXT_KEY},{ENCRYPTION_KEY}")
}
