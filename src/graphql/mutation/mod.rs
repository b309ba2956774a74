//! What administrators change. Every mutation takes one input and answers a status, a sentence that says what happened
//! or what to do, and the rows it is about; an expected refusal is a status and not an error.

mod account;
mod connect;
mod integration;
mod poll;
mod post;
mod reconnect;

use async_graphql::MergedObject;

/// What can be changed. Everything needs an administrator of the workspace.
#[derive(MergedObject, Default)]
pub struct Mutation(
    connect::Connecting,
    reconnect::Reconnecting,
    account::Accounts,
    integration::Integrations,
    poll::Polls,
    post::Posts,
    super::import::Importing,
);
