//! Floor 3: the schema. Thin resolvers: input, service, payload.
//!
//! Names are made to live beside Hasura's: types `Social…`, root fields `social…`, all other fields and arguments like
//! the tables' columns, scalars like Postgres' types. Optional inputs are nullable and have no defaults, since Hasura
//! sends null for what a client leaves out; null means not given.

mod access;
mod code;
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
pub use code::code;
pub use fault::RequestId;
pub use import::{ImportAnswer, ImportFault, ImportSummary, import_request, read_import};
pub use limits::never_ran;

use crate::service::{Actor, Service, activity::Activity};
use async_graphql::{Request, Response, SDLExportOptions, Schema, SchemaBuilder, parser::types::OperationType};
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use limits::Whose;
use std::{
    any::TypeId,
    pin::pin,
    task::{Poll, Waker},
    time::Duration,
};

type Of = Schema<query::Query, mutation::Mutation, subscription::Subscription>;
type Builder = SchemaBuilder<query::Query, mutation::Mutation, subscription::Subscription>;

/// The schema that everybody executes: browsers, Hasura, the worker. Limits and codes stand round the library's execution
/// and not in an extension of it, for an extension costs every field of an answer several allocations.
#[derive(Clone)]
pub struct SocialSchema {
    usual: Of,
    /// For whoever may ask for more values.
    wide: Of,
}

impl SocialSchema {
    /// The answer to a query or mutation.
    pub async fn execute(&self, request: impl Into<Request>) -> Response {
        let mut request = request.into();
        match limits::judge_document(&mut request) {
            Ok(()) => limits::with_codes(self.of(&request).execute(request).await),
            Err(error) => Response::from_errors(vec![error]),
        }
    }

    /// The answers to a subscription; of anything else the one.
    pub fn execute_stream(&self, request: impl Into<Request>) -> BoxStream<'static, Response> {
        let mut request = request.into();
        match limits::judge_document(&mut request) {
            Ok(()) => self.of(&request).execute_stream(request).map(limits::with_codes).boxed(),
            Err(error) => stream::iter([Response::from_errors(vec![error])]).boxed(),
        }
    }

    fn of(&self, request: &Request) -> &Of {
        match limits::whose(request) {
            Whose::Others => &self.usual,
            Whose::Hasuras | Whose::Own => &self.wide,
        }
    }
}

/// How often the database is asked for news while somebody watches.
pub const NEWS_EVERY: Duration = Duration::from_secs(1);

/// Directives on one field: no client needs more.
const MAX_DIRECTIVES: usize = 4;

fn builder() -> Builder {
    Schema::build(query::Query, mutation::Mutation::default(), subscription::Subscription)
        .limit_recursive_depth(measure::MAX_NESTING)
        .limit_directives(MAX_DIRECTIVES)
        .disable_suggestions()
}

/// Builds the schema on `service`.
pub fn schema(service: Service) -> SocialSchema {
    schema_with_news_every(service, NEWS_EVERY)
}

/// Builds the schema on `service`, its subscription asking for news every `period`.
pub fn schema_with_news_every(service: Service, period: Duration) -> SocialSchema {
    let activity = Activity::of(&service, period);
    let of = |values| builder().limit_complexity(values).data(activity.clone()).data(service.clone()).finish();
    SocialSchema { usual: of(limits::USUAL_VALUES), wide: of(limits::HASURAS_VALUES) }
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
