//! The whole program against a small world with memory: real Postgres, real HTTP, the clock moved and jobs worked by
//! hand. `make test` gives TEST_DATABASE_URL.

mod apalis_contract;
mod api_check;
mod app;
mod audit;
mod callbacks;
mod callers;
mod clients;
mod connect;
mod delivery;
mod engagement;
mod faults;
mod filters;
mod floors;
mod graphql;
mod import;
mod keys;
mod killed;
mod long_run;
mod metrics;
mod migrations;
mod observe;
mod platform_contract;
mod polling;
mod preview;
mod processes;
mod rest;
mod retry;
mod rights;
mod schema;
mod secrets;
mod tenants;
mod token_answers;
mod troubleshooting;
