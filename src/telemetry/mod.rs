//! Logs, metrics, and by wish traces and errors for others to keep. One line for each failure, where it is handled, with names and units; never a secret: tokens and keys are
//! `SecretString`s, whose debug output is empty.

pub mod metrics;
pub mod sentry;
pub mod traces;

pub use metrics::Metrics;

use crate::{
    config::{LogConfig, LogFormat, ObserveConfig},
    domain::{clock::SystemClock, dice::SystemDice},
    outbound::{Limits, Outbound},
};
use std::{
    io::{IsTerminal, stderr},
    sync::Arc,
};
use tokio::runtime::Handle;
use tracing::Subscriber;
use tracing_subscriber::filter::{EnvFilter, ParseError};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::LookupSpan;
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
    /// The way to the collector or to Sentry cannot be built.
    #[error("traces or errors cannot be sent: {0}")]
    Sending(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Something else has set logs up before.
    #[error("logs are set up already")]
    AlreadySet(#[from] TryInitError),
}

/// What must be ended before the process is.
#[derive(Default)]
pub struct Telemetry {
    traces: Option<traces::Traces>,
}

impl Telemetry {
    /// Sends the last traces. Not on a thread of the runtime, which it waits for.
    pub fn finish(&self) {
        if let Some(traces) = &self.traces {
            traces.finish();
        }
    }
}

/// Sends logs to standard error, since standard output belongs to what a command prints; and traces and errors where
/// `observe` says, with `runtime`.
///
/// # Errors
/// See [`TelemetryError`].
pub fn init(log: &LogConfig, observe: &ObserveConfig, runtime: &Handle) -> Result<Telemetry, TelemetryError> {
    let pretty = match log.format {
        LogFormat::Auto => stderr().is_terminal(),
        LogFormat::Pretty => true,
        LogFormat::Json => false,
    };
    let http = || Outbound::new(Limits::default()).map_err(|error| TelemetryError::Sending(error.into()));
    let traces = match &observe.traces {
        Some(config) => {
            let traces = traces::Traces::start(config, http()?, runtime.clone());
            Some(traces.map_err(|error| TelemetryError::Sending(error.into()))?)
        }
        None => None,
    };
    let errors = match &observe.sentry {
        Some(config) => {
            let (clock, dice) = (Arc::new(SystemClock), Arc::new(SystemDice));
            let (errors, sending) = sentry::Sentry::start(config.clone(), http()?, clock, dice);
            runtime.spawn(sending);
            Some(errors.layer())
        }
        None => None,
    };
    let spans = traces.as_ref().map(traces::Traces::layer);
    subscriber(&log.filter, pretty, stderr)?.with(errors).with(spans).try_init()?;
    Ok(Telemetry { traces })
}

/// The log's part of the subscriber behind [`init`], with any writer.
fn subscriber<W>(
    filter: &str,
    pretty: bool,
    writer: W,
) -> Result<impl Subscriber + Send + Sync + for<'span> LookupSpan<'span>, TelemetryError>
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
    Ok(tracing_subscriber::registry().with(lines.with_filter(directives)))
}

#[cfg(test)]
mod tests;
