//! What this project relies on apalis for, fact by fact, on a real Postgres: an upgrade that changes one fails here.

mod bench;
mod jobs;
mod prune;
mod setup;
mod trouble;
mod workers;
