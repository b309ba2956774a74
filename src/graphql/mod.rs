//! Floor 3: the schema. Thin resolvers: input, service, payload.
//!
//! Names are made to live beside Hasura's: types `Social…`, root fields `social…`, all other fields and arguments like
//! the tables' columns, scalars like Postgres' types. Optional inputs are nullable and have no defaults, since Hasura
//! sends null for what a client leaves out; null means not given.

mod access;
mod extension;
mod fault;
mod import;
mod limits;
mod loader;
mod measure;
mod mutation;
mod once;
mod page;
pub mod permission;
mod query;
mod scalar;
mod subscription;
mod types;
mod word;

#[cfg(test)]
mod tests;

pub use access::FromHasura;
pub use fault::RequestId;
pub use import::{ImportAnswer, ImportFault, ImportSummary, import_request, read_import};

use crate::service::{Actor, Service, activity::Activity};
use async_graphql::{Request, SDLExportOptions, Schema, SchemaBuilder, parser::types::OperationType};
use std::{
    any::TypeId,
    pin::pin,
    task::{Poll, Waker},
    time::Duration,
};

/// The schema that everybody executes: browsers, Hasura, the worker.
pub type SocialSchema = Schema<query::Query, mutation::Mutation, subscription::Subscription>;

/// How often the database is asked for news while somebody watches.
pub const NEWS_EVERY: Duration = Duration::from_secs(1);

/// Directives on one field: no client needs more.
const MAX_DIRECTIVES: usize = 4;

fn builder() -> SchemaBuilder<query::Query, mutation::Mutation, subscription::Subscription> {
    Schema::build(query::Query, mutation::Mutation::default(), subscription::Subscription)
        .limit_recursive_depth(measure::MAX_NESTING)
        .limit_directives(MAX_DIRECTIVES)
        .disable_suggestions()
        .extension(extension::Rules)
}

/// Builds the schema on `service`.
pub fn schema(service: Service) -> SocialSchema {
    schema_with_news_every(service, NEWS_EVERY)
}

/// Builds the schema on `service`, its subscription asking for news every `period`.
pub fn schema_with_news_every(service: Service, period: Duration) -> SocialSchema {
    builder().data(Activity::of(&service, period)).data(service).finish()
}

/// Puts who asks, and what one request shares, into `request`. A [`RequestId`] is put in before, [`FromHasura`] at any
/// time.
pub fn prepare(mut request: Request, service: &Service, actor: Actor) -> Request {
    let is_query = request
        .parsed_query()
        .is_ok_and(|document| document.operations.iter().all(|(_, of)| of.node.ty == OperationType::Query));
    let request_id = request.data.get(&TypeId::of::<RequestId>()).and_then(|id| id.downcast_ref::<RequestId>());
    let reads = match &actor {
        Actor::Admin(admin) => Some(loader::Reads::of(service, admin, request_id.map(|id| id.0.as_str()), is_query)),
        Actor::System | Actor::Member | Actor::Nobody => None,
    };
    let request = request.data(actor);
    match reads {
        Some(reads) => request.data(reads),
        None => request,
    }
}

/// The whole schema in GraphQL's schema language, with what only this service itself may use.
pub fn sdl() -> String {
    let options = SDLExportOptions::new().prefer_single_line_descriptions().use_space_ident();
    let sdl = builder().finish().sdl_with_options(options);
    // Every server knows these directives, and some tools stumble over their being defined again.
    let mut lines: Vec<&str> = Vec::new();
    for line in sdl.lines().map(str::trim_end) {
        if line.starts_with("directive @") {
            lines.pop_if(|description| description.starts_with('"'));
        } else {
            lines.push(line);
        }
    }
    lines.join("\n").trim_end().to_owned() + "\n"
}

/// The schema as its introspection shows it to everybody but this service itself, as JSON.
pub fn introspection() -> String {
    let schema = builder().finish();
    let mut answer = pin!(schema.execute(include_str!("introspection.graphql")));
    // Introspection waits for nothing, so it needs no runtime, and can be called inside one.
    let mut context = std::task::Context::from_waker(Waker::noop());
    let answer = loop {
        if let Poll::Ready(answer) = answer.as_mut().poll(&mut context) {
            break answer;
        }
    };
    let json = serde_json::to_value(&answer.data).and_then(|data| serde_json::to_string_pretty(&data));
    json.unwrap_or_default() + "\n"
}
