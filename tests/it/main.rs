//! The whole program against a small world with memory: real Postgres, real HTTP, the clock moved and jobs worked by
//! hand. `make test` gives TEST_DATABASE_URL.

mod apalis_contract;
mod api_check;
mod app;
mod audit;
mod callbacks;
mod clients;
mod connect;
mod delivery;
mod filters;
mod floors;
mod graphql;
mod hasura_cli;
mod hasura_metadata;
mod import;
mod migrations;
mod nchat_documents;
mod platform_contract;
mod polling;
mod processes;
mod rights;
mod schema;
mod secrets;
mod tenants;
mod troubleshooting;
