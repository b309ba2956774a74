//! Limits for each request: whoever may ask Hasura's joins may ask more, this service itself anything. They are judged
//! on the parsed document before the library follows its fragments, and on the complexity that validation finds.

use super::{
    access::FromHasura,
    measure::{Measure, Unmeasurable, measure},
};
use crate::service::Actor;
use async_graphql::{
    ErrorExtensionValues, Request, Response, ServerError, ServerResult, ValidationResult, extensions::ExtensionContext,
};
use std::any::{Any, TypeId};

/// At most so many faults of a document are told.
const MAX_ERRORS: usize = 20;

/// What one request may ask.
#[derive(Clone, Copy, Debug)]
struct Limits {
    roots: usize,
    fields: usize,
    depth: usize,
    complexity: usize,
}

/// A page of posts with everything around it costs about 30,000.
const USUAL: Limits = Limits { roots: 30, fields: 2_000, depth: 12, complexity: 60_000 };

/// A join of Hasura's asks one root field for each row: f0, f1, … f999.
const HASURA: Limits = Limits { roots: 1_000, fields: 60_000, depth: 12, complexity: 2_000_000 };

/// About how many values introspection may answer; the whole schema, as every tool asks for it, is half of it.
const MAX_INTROSPECTION: usize = 400_000;

/// Judges the document, before anything follows its fragments.
///
/// # Errors
/// `graphql_parse_failed`, `graphql_validation_failed`, `query_too_large`.
pub fn judge_document(request: &mut Request, ctx: &ExtensionContext<'_>) -> ServerResult<()> {
    let limits = limits(has::<FromHasura>(request, ctx), actor(request, ctx));
    let Some(limits) = limits else { return Ok(()) };
    let document = request.parsed_query().map_err(|error| coded(error, "graphql_parse_failed"))?;
    let measured = measure(document).map_err(|fault| match fault {
        Unmeasurable::TooDeep => too_large("The query nests too deep."),
        Unmeasurable::Cycle => {
            coded(ServerError::new("A fragment contains itself.", None), "graphql_validation_failed")
        }
    })?;
    limits.judge(&measured)
}

/// Judges what validation found.
///
/// # Errors
/// `graphql_validation_failed`, `query_too_large`.
pub fn judge_validated(
    validated: Result<ValidationResult, Vec<ServerError>>,
    ctx: &ExtensionContext<'_>,
) -> Result<ValidationResult, Vec<ServerError>> {
    let validated = validated.map_err(|mut errors| {
        errors.truncate(MAX_ERRORS);
        errors.into_iter().map(|error| coded(error, "graphql_validation_failed")).collect::<Vec<_>>()
    })?;
    match limits(ctx.data_opt::<FromHasura>().is_some(), ctx.data_opt::<Actor>()) {
        Some(limits) if validated.complexity > limits.complexity => Err(vec![too_large(&format!(
            "The query may answer {} values, {} are allowed: ask for smaller pages or fewer fields.",
            validated.complexity, limits.complexity
        ))]),
        _ => Ok(validated),
    }
}

/// What our resolvers say has a code; what has none is the library's word on a value it could not read.
pub fn with_codes(mut response: Response) -> Response {
    response.errors = response.errors.into_iter().map(|error| coded(error, "invalid")).collect();
    response
}

impl Limits {
    fn judge(&self, measured: &Measure) -> ServerResult<()> {
        let Self { roots, fields, depth, .. } = self;
        let over = if measured.roots > *roots {
            format!("{} root fields, {roots} are allowed", measured.roots)
        } else if measured.fields > *fields {
            format!("{} fields, {fields} are allowed", measured.fields)
        } else if measured.depth > *depth {
            format!("fields {} deep, {depth} are allowed", measured.depth)
        } else if measured.introspection > MAX_INTROSPECTION {
            "more introspection than is allowed".to_owned()
        } else {
            return Ok(());
        };
        Err(too_large(&format!("The query asks for {over}.")))
    }
}

/// The limits of a request; none for this service itself.
fn limits(is_from_hasura: bool, actor: Option<&Actor>) -> Option<Limits> {
    match actor {
        Some(Actor::System) => None,
        _ if is_from_hasura => Some(HASURA),
        _ => Some(USUAL),
    }
}

// While a request is prepared its data is still in it, and not in the context.
fn of_request<D: Any>(request: &Request) -> Option<&D> {
    request.data.get(&TypeId::of::<D>())?.downcast_ref()
}

fn has<D: Any + Send + Sync>(request: &Request, ctx: &ExtensionContext<'_>) -> bool {
    of_request::<D>(request).is_some() || ctx.data_opt::<D>().is_some()
}

fn actor<'a>(request: &'a Request, ctx: &'a ExtensionContext<'_>) -> Option<&'a Actor> {
    of_request::<Actor>(request).or_else(|| ctx.data_opt::<Actor>())
}

fn too_large(message: &str) -> ServerError {
    coded(ServerError::new(message, None), "query_too_large")
}

/// `error` with a code, unless it has one.
fn coded(mut error: ServerError, code: &str) -> ServerError {
    let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    if extensions.get("code").is_none() {
        extensions.set("code", code);
    }
    error
}
