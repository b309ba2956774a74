//! The schema on a real database, in this process and over HTTP.

mod accounts;
pub mod activity;
mod callers;
mod connecting;
mod hasura;
pub mod http;
mod inputs;
mod integrations;
mod limits;
mod logs;
mod paging;
mod posts;
mod reads;
mod repeats;
mod socket;
mod told;
mod trigger;
pub mod walk;
