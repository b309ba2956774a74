//! The whole program against a small world with memory: real Postgres, real HTTP, the clock moved and jobs worked by
//! hand. `make test` gives TEST_DATABASE_URL.

mod apalis_contract;
mod app;
mod connect;
mod costs;
mod delivery;
mod filters;
mod floors;
mod graphql;
mod import;
mod limits;
mod migrations;
mod platform_contract;
mod polling;
mod processes;
mod rights;
mod schema;
mod secrets;
mod tenants;
