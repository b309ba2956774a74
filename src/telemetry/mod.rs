//! Logs. One line for each failure, where it is handled, with names and units; never a secret: tokens and keys are
//! `SecretString`s, whose debug output is empty.

use crate::config::{LogConfig, LogFormat};
use std::io::{IsTerminal, stderr};
use tracing::Subscriber;
use tracing_subscriber::filter::{EnvFilter, ParseError};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::prelude::*;
use tracing_subscriber::util::TryInitError;

/// Libraries that tell at `info` what only their authors need. SOCIAL_LOG comes after and can raise each of them.
const QUIET: &str = "sqlx=warn,apalis=warn,apalis_core=warn,apalis_postgres=warn,hyper=warn,hyper_util=warn,h2=warn,\
                     reqwest=warn,rustls=warn,tokio_postgres=warn,tower=warn";

/// Why there are no logs.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// SOCIAL_LOG cannot be understood.
    #[error("SOCIAL_LOG={filter:?} is no level or list of directives: {source}")]
    Filter {
        /// As given.
        filter: String,
        /// What is wrong with it.
        source: ParseError,
    },
    /// Something else has set logs up before.
    #[error("logs are set up already")]
    AlreadySet(#[from] TryInitError),
}

/// Sends logs to standard error, since standard output belongs to what a command prints.
///
/// # Errors
/// See [`TelemetryError`].
pub fn init(log: &LogConfig) -> Result<(), TelemetryError> {
    let pretty = match log.format {
        LogFormat::Auto => stderr().is_terminal(),
        LogFormat::Pretty => true,
        LogFormat::Json => false,
    };
    subscriber(&log.filter, pretty, stderr)?.try_init()?;
    Ok(())
}

/// The subscriber behind [`init`], with any writer.
fn subscriber<W>(filter: &str, pretty: bool, writer: W) -> Result<impl Subscriber + Send + Sync, TelemetryError>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let directives = EnvFilter::try_new(format!("{QUIET},{filter}"))
        .map_err(|source| TelemetryError::Filter { filter: filter.to_owned(), source })?;
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = if pretty {
        let colour = stderr().is_terminal();
        lines.with_ansi(colour).compact().boxed()
    } else {
        lines.with_ansi(false).json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
    };
    Ok(tracing_subscriber::registry().with(directives).with(lines))
}

#[cfg(test)]
mod tests;
