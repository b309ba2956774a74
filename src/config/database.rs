//! The database that nchat and this service share.

use super::reader::{Reader, Refused};
use super::{Env, Problems};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// How to reach Postgres, and how hard to lean on it.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// DATABASE_URL: `postgres://login:password@host:port/database`
    pub url: SecretString,
    /// SOCIAL_DATABASE_POOL_SIZE: connections of one process.
    pub pool_size: u32,
    /// SOCIAL_STATEMENT_TIMEOUT, in whole seconds: no statement runs longer.
    pub statement_timeout: Duration,
}

impl DatabaseConfig {
    /// Only these settings: for commands that need no others.
    ///
    /// # Errors
    /// As [`super::Config::from_env`].
    pub fn from_env(env: Env<'_>) -> Result<Self, Problems> {
        let mut reader = Reader::new(env);
        let database = Self::read(&mut reader);
        reader.finish(database)
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Refused> {
        let example = "such as postgres://login:password@127.0.0.1:5432/nchat";
        let url = reader.required_secret("DATABASE_URL", &format!("is needed, {example}")).and_then(|url| {
            let text = url.expose_secret();
            if text.starts_with("postgres://") || text.starts_with("postgresql://") {
                Ok(url)
            } else {
                Err(reader.refuse("DATABASE_URL", None, format!("must be an address of Postgres, {example}")))
            }
        });
        let pool_size = reader.number("SOCIAL_DATABASE_POOL_SIZE", 2..=500, "connections");
        let statement_timeout = reader.number("SOCIAL_STATEMENT_TIMEOUT", 1..=600, "seconds");
        Ok(Self {
            url: url?,
            pool_size: pool_size?,
            statement_timeout: Duration::from_secs(u64::from(statement_timeout?)),
        })
    }
}
