//! From parameters and a caller to the schema's answer.

use super::{nesting, params::Params};
use crate::{
    graphql::{FromHasura, RequestId, SocialSchema, prepare},
    service::Service,
    web::{Problem, actor::Caller},
};
use async_graphql::{
    Request, Response,
    parser::types::{DocumentOperations, OperationType},
};
use axum::http::{Method, StatusCode};

/// One operation and who asks for it.
pub(super) struct Operation<'a> {
    pub(super) params: Params,
    pub(super) caller: &'a Caller,
    pub(super) request_id: Option<RequestId>,
}

/// Executes an operation that came by HTTP.
pub(super) async fn once(
    schema: &SocialSchema,
    service: &Service,
    operation: Operation<'_>,
    method: &Method,
) -> Result<Response, Problem> {
    let mut request = operation.params.into_request();
    check_size(&request)?;
    if *method != Method::POST && changes_something(&mut request) {
        let message = "GET is for queries: send mutations by POST, subscriptions by WebSocket";
        return Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message));
    }
    Ok(schema.execute(prepared(request, service, operation.caller, operation.request_id)).await)
}

/// The request with who asks.
pub(super) fn prepared(
    mut request: Request,
    service: &Service,
    caller: &Caller,
    request_id: Option<RequestId>,
) -> Request {
    if let Some(id) = request_id {
        request = request.data(id);
    }
    if caller.proof.from_hasura {
        request = request.data(FromHasura);
    }
    prepare(request, service, caller.actor.clone())
}

/// Refuses what would end the process before any limit of the schema counts.
pub(super) fn check_size(request: &Request) -> Result<(), Problem> {
    if nesting::is_too_deep(&request.query) {
        return Err(Problem::bad_request("the operation is nested too deeply"));
    }
    Ok(())
}

/// Whether the operation chosen is no query. What cannot be parsed or chosen is left to the schema's own words.
fn changes_something(request: &mut Request) -> bool {
    let name = request.operation_name.clone();
    let Ok(document) = request.parsed_query() else { return false };
    let operation = match (&document.operations, &name) {
        (DocumentOperations::Single(operation), _) => Some(operation),
        (DocumentOperations::Multiple(operations), Some(name)) => operations.get(name.as_str()),
        (DocumentOperations::Multiple(_), None) => None,
    };
    operation.is_some_and(|operation| operation.node.ty != OperationType::Query)
}
