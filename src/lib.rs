//! nchat-social brings a company's X, Instagram and LinkedIn posts into nchat's announcement channels.
//!
//! The floors, each of which sees only lower ones (tests/it/floors.rs reads the `use` lines):
//!
//! | floor | modules | what |
//! |---|---|---|
//! | 0 | `domain` | pure: posts, rules, plans, times |
//! | 1 | `config` `telemetry` `crypto` `outbound` `platforms` `store` | one outside thing each |
//! | 2 | `service` | use cases |
//! | 3 | `graphql` | the schema, thin |
//! | 4 | `worker` `web` `hasura` | polls; HTTP; Hasura's metadata |
//! | 5 | `cli` | builds everything from the settings, once |
//! | – | `simulator` | the platforms as a small world with memory; shares nothing with `platforms` |

pub mod cli;
pub mod config;
pub mod crypto;
pub mod domain;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod graphql;
pub mod hasura;
pub mod outbound;
pub mod platforms;
pub mod service;
pub mod simulator;
pub mod store;
pub mod telemetry;
pub mod web;
pub mod worker;
