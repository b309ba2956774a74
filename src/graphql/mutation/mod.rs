//! What administrators change. Every mutation takes one input and answers a status, a sentence that says what happened
//! or what to do, and the rows it is about; an expected refusal is a status and not an error.

mod account;
mod connect;
mod integration;
mod poll;
mod post;
mod reconnect;

use super::once::once;
use async_graphql::{
    Context, ContextSelectionSet, MergedObject, ObjectType, OutputType, Positioned, ServerResult, Value,
    parser::types::Field,
    registry::Registry,
    resolver_utils::{ContainerType, resolve_container_serial},
};
use std::borrow::Cow;

/// What can be changed. Everything needs an administrator of the workspace.
#[derive(MergedObject, Default)]
#[graphql(name = "Mutation")]
struct Changes(
    connect::Connecting,
    reconnect::Reconnecting,
    account::Accounts,
    integration::Integrations,
    poll::Polls,
    post::Posts,
    super::import::Importing,
);

/// What can be changed, each once for a client's key.
#[derive(Default)]
pub struct Mutation(Changes);

impl ContainerType for Mutation {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        // On the heap: it has room for the largest mutation, and `once` would have it twice.
        once(ctx, Box::pin(self.0.resolve_field(ctx))).await
    }
}

impl OutputType for Mutation {
    fn type_name() -> Cow<'static, str> {
        Changes::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Changes::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        resolve_container_serial(ctx, self).await
    }
}

impl ObjectType for Mutation {}
