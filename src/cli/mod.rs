//! Floor 5: the commands. The only place that builds things, reads the environment and listens to signals.

mod build;
mod demo;
mod doctor;
mod hasura;
mod keys;
mod migrate;
mod print;
mod schema;
mod serve;
mod signals;
mod simulate;

pub use simulate::settings as simulator_settings;

use crate::{config, telemetry};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Brings a company's X, Instagram and LinkedIn posts into nchat's announcement channels.
///
/// Settings come from environment variables; .env.example explains every one of them, and `nchat-social doctor` says
/// which are missing or wrong.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = "Exit codes: 0 done, 1 failed, 2 wrong use or settings")]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer requests and poll
    Serve {
        /// Only answer requests; polls are another process's work
        #[arg(long)]
        no_worker: bool,
    },
    /// Only poll
    Worker,
    /// Bring the database up to date; any number of processes may do it at once
    Migrate {
        /// Take everything back instead: imported posts and tokens are deleted, messages stay
        #[arg(long)]
        down: bool,
    },
    /// Print the GraphQL schema
    Schema {
        /// The answer to the introspection query, as JSON, instead of SDL
        #[arg(long)]
        introspection: bool,
        /// What Hasura lets this role see of it: owner or user
        #[arg(long, conflicts_with = "introspection")]
        role: Option<String>,
    },
    /// Put this service into Hasura's metadata
    Hasura {
        #[command(subcommand)]
        command: hasura::Hasura,
    },
    /// Simulate the three platforms, for development
    Simulate(simulate::Simulate),
    /// Keys that seal tokens
    Keys {
        #[command(subcommand)]
        command: keys::Keys,
    },
    /// Check settings, database, keys and platforms, and say what to do
    Doctor,
    /// What `make run` runs
    #[command(hide = true)]
    Demo,
}

/// Runs a command to its end.
pub fn run(cli: Cli) -> ExitCode {
    let env = &config::environment;
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let log = match config::LogConfig::from_env(env) {
        Ok(log) => log,
        Err(problems) => {
            eprintln!("{problems}");
            return ExitCode::from(2);
        }
    };
    // What is wrong with these is said by whoever reads all settings; here they are off then.
    let stays = matches!(cli.command, Command::Serve { .. } | Command::Worker);
    let observe = config::ObserveConfig::from_env(env).ok().filter(|_| stays).unwrap_or_default();
    let telemetry = match telemetry::init(&log, &observe, runtime.handle()) {
        Ok(telemetry) => telemetry,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let result = runtime.block_on(async {
        match cli.command {
            Command::Serve { no_worker } => Box::pin(serve::serve(!no_worker)).await,
            Command::Worker => serve::worker().await,
            Command::Migrate { down } => migrate::migrate(down).await,
            Command::Schema { introspection, role } => schema::schema(introspection, role.as_deref()),
            Command::Hasura { command } => hasura::hasura(command).await,
            Command::Simulate(options) => simulate::simulate(options).await,
            Command::Keys { command } => keys::keys(command).await,
            Command::Doctor => doctor::doctor().await,
            Command::Demo => Box::pin(demo::demo()).await,
        }
    });
    telemetry.finish();
    // Nothing may outlive the command: connections in the middle of a wait are dropped.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault}");
            fault.code
        }
    }
}

/// Why a command failed, for a person.
#[derive(Debug)]
struct Fault {
    message: String,
    code: ExitCode,
}

impl Fault {
    /// Wrong use or settings.
    fn usage(message: impl ToString) -> Self {
        Self { message: message.to_string(), code: ExitCode::from(2) }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<anyhow::Error> for Fault {
    fn from(error: anyhow::Error) -> Self {
        Self { message: format!("{error:#}"), code: ExitCode::FAILURE }
    }
}

impl From<config::Problems> for Fault {
    fn from(problems: config::Problems) -> Self {
        Self::usage(problems)
    }
}
