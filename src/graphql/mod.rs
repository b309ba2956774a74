//! Floor 3: the schema. Thin resolvers: input, service, payload.

use crate::service::{Actor, Service};
use async_graphql::{EmptyMutation, EmptySubscription, Object, Request, Schema};

/// The schema that everybody executes: browsers, Hasura, the worker.
pub type SocialSchema = Schema<Query, EmptyMutation, EmptySubscription>;

/// The root of queries.
pub struct Query;

#[Object(rename_args = "snake_case")]
impl Query {
    /// The service's version.
    async fn social_version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}

/// Builds the schema on `service`.
pub fn schema(service: Service) -> SocialSchema {
    Schema::build(Query, EmptyMutation, EmptySubscription).data(service).finish()
}

/// Puts who asks, and what one request shares, into `request`.
pub fn prepare(request: Request, service: &Service, actor: Actor) -> Request {
    let _ = service;
    request.data(actor)
}

/// The id of the HTTP request, for the log and for errors that say no more.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// The request came with Hasura's secret.
#[derive(Clone, Copy, Debug)]
pub struct FromHasura;
