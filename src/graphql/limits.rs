//! Limits for each request: whoever may ask Hasura's joins may ask more, this service itself anything. They are judged
//! on the parsed document before the library follows its fragments; the complexity, that is the number of values, by the
//! library's own validation.

use super::{
    access::FromHasura,
    code::INVALID,
    measure::{Measure, Unmeasurable, measure},
};
use crate::service::Actor;
use async_graphql::{ErrorExtensionValues, Request, Response, ServerError, ServerResult, Value};
use std::any::{Any, TypeId};

/// At most so many faults of a document are told.
const MAX_ERRORS: usize = 20;

/// What one request may ask.
#[derive(Clone, Copy, Debug)]
struct Limits {
    roots: usize,
    fields: usize,
    depth: usize,
}

const USUAL: Limits = Limits { roots: 30, fields: 2_000, depth: 12 };

/// A join of Hasura's asks one root field for each row: f0, f1, … f999.
const HASURA: Limits = Limits { roots: 1_000, fields: 60_000, depth: 12 };

/// The most values that an answer may have, as its document tells. A page of posts with everything around it has 30,000.
pub const USUAL_VALUES: usize = 60_000;

/// The same for Hasura and this service itself.
pub const HASURAS_VALUES: usize = 2_000_000;

const TOO_MANY_VALUES: &str =
    "The query may answer more values than are allowed: ask for smaller pages or fewer fields.";

const VALIDATION: &str = "GRAPHQL_VALIDATION_FAILED";

/// What the library says of a document that is too complex; a test would notice other words.
const LIBRARYS_TOO_COMPLEX: &str = "Query is too complex.";

/// How the library begins what it says of an argument that is none of a scalar's values.
const LIBRARYS_UNREAD: &str = "Failed to parse \"";

/// About how many values introspection may answer; the whole schema, as every tool asks for it, is half of it.
const MAX_INTROSPECTION: usize = 400_000;

/// Judges the document, before anything follows its fragments.
///
/// # Errors
/// `GRAPHQL_PARSE_FAILED`, `GRAPHQL_VALIDATION_FAILED`, `QUERY_TOO_LARGE`.
pub fn judge_document(request: &mut Request) -> ServerResult<()> {
    let limits = match whose(request) {
        Whose::Own => return Ok(()),
        Whose::Hasuras => HASURA,
        Whose::Others => USUAL,
    };
    let document = request.parsed_query().map_err(|error| coded(error, "GRAPHQL_PARSE_FAILED"))?;
    let measured = measure(document).map_err(|fault| match fault {
        Unmeasurable::TooDeep => too_large("The query nests too deep."),
        Unmeasurable::Cycle => coded(ServerError::new("A fragment contains itself.", None), VALIDATION),
    })?;
    limits.judge(&measured)
}

/// Gives every error a code. What our resolvers say has one; what has none is the library's word on a document, or on a
/// value it could not read.
pub fn with_codes(mut response: Response) -> Response {
    let never_ran = never_ran(&response);
    if never_ran {
        response.errors.truncate(MAX_ERRORS);
    }
    let told = |error: ServerError| match &*error.message {
        LIBRARYS_TOO_COMPLEX => too_large(TOO_MANY_VALUES),
        _ if never_ran && !error.message.starts_with(LIBRARYS_UNREAD) => coded(error, VALIDATION),
        _ => coded(error, INVALID),
    };
    response.errors = response.errors.into_iter().map(told).collect();
    response
}

/// Parsing or validation refused the operation: there is no data, and no error points at a field.
pub fn never_ran(answer: &Response) -> bool {
    !answer.errors.is_empty() && answer.data == Value::Null && answer.errors.iter().all(|error| error.path.is_empty())
}

/// Whose request it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// This service's itself.
    Own,
    /// Hasura's, with its secret.
    Hasuras,
    /// Anybody else's.
    Others,
}

/// Whose `request` is.
pub fn whose(request: &Request) -> Whose {
    if matches!(of_request::<Actor>(request), Some(Actor::System)) {
        Whose::Own
    } else if of_request::<FromHasura>(request).is_some() {
        Whose::Hasuras
    } else {
        Whose::Others
    }
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

fn of_request<D: Any>(request: &Request) -> Option<&D> {
    request.data.get(&TypeId::of::<D>())?.downcast_ref()
}

fn too_large(message: &str) -> ServerError {
    coded(ServerError::new(message, None), "QUERY_TOO_LARGE")
}

/// `error` with a code, unless it has one.
pub fn coded(mut error: ServerError, code: &str) -> ServerError {
    let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    if extensions.get("code").is_none() {
        extensions.set("code", code);
    }
    error
}
