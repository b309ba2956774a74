//! What can be switched on X alone.

use super::problem::PRESETS;
use std::collections::BTreeSet;

/// An access token's life in seconds.
const TOKEN_SECONDS: i64 = 7200;

#[derive(Default)]
pub(super) struct Switches {
    /// `redirect_uri`: the registered ones, separated by spaces; none: every https or `http://127.0.0.1` one.
    pub(super) redirect_uris: Vec<String>,
    /// `family_revocation`: using a spent refresh token kills the newest too.
    pub(super) family_revocation: bool,
    /// `client_type`: `public` instead of `confidential`.
    pub(super) public_client: bool,
    /// `client_secret`: `changed` at the platform, so that the one we know is wrong.
    pub(super) secret_changed: bool,
    /// `token_seconds`: 1 and more.
    token_seconds: Option<i64>,
    /// `refusal`: every read gets this refusal, by the name of a preset; `none`.
    pub(super) refusal: Option<String>,
    /// `protected`, `suspended`, `missing`, `locked`: these accounts (ids or handles) and no others.
    pub(super) protected: BTreeSet<u64>,
    pub(super) suspended: BTreeSet<u64>,
    pub(super) missing: BTreeSet<u64>,
    pub(super) locked: BTreeSet<u64>,
}

/// For the error that lists them.
const KNOWN: &str = "redirect_uri, family_revocation (on, off), client_type (confidential, public), \
    client_secret (known, changed), token_seconds, refusal, and with account ids or handles protected, suspended, missing, locked";

impl Switches {
    pub(super) fn token_seconds(&self) -> i64 {
        self.token_seconds.unwrap_or(TOKEN_SECONDS)
    }

    /// Sets the switch `name`; `accounts` is `value` read as a list of accounts.
    pub(super) fn set(
        &mut self,
        name: &str,
        value: &str,
        accounts: Result<BTreeSet<u64>, String>,
    ) -> Result<(), String> {
        match (name, value) {
            ("redirect_uri", _) => self.redirect_uris = value.split_whitespace().map(str::to_owned).collect(),
            ("family_revocation", "on") => self.family_revocation = true,
            ("family_revocation", "off") => self.family_revocation = false,
            ("client_type", "public") => self.public_client = true,
            ("client_type", "confidential") => self.public_client = false,
            ("client_secret", "known") => self.secret_changed = false,
            ("client_secret", "changed") => self.secret_changed = true,
            ("token_seconds", _) => match value.parse() {
                Ok(seconds @ 1..=1_000_000) => self.token_seconds = Some(seconds),
                _ => return Err("token_seconds: a number from 1 to 1000000".into()),
            },
            ("refusal", "none") => self.refusal = None,
            ("refusal", preset) if PRESETS.contains(&preset) => self.refusal = Some(preset.to_owned()),
            ("refusal", _) => return Err(format!("refusal: none, {}", PRESETS.join(", "))),
            ("protected", _) => self.protected = accounts?,
            ("suspended", _) => self.suspended = accounts?,
            ("missing", _) => self.missing = accounts?,
            ("locked", _) => self.locked = accounts?,
            _ => return Err(format!("no switch {name:?} with a value {value:?}: there are {KNOWN}")),
        }
        Ok(())
    }
}
