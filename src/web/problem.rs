//! Refusals and faults as answers. Always JSON, also where a proxy's or a library's default would be text: Hasura shows
//! its users a parser's message for everything else.

use crate::{
    graphql,
    service::{ServiceError, import::Chain},
};
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;
use std::borrow::Cow;

/// A refusal or fault, in words that anybody may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The status of the answer.
    pub status: StatusCode,
    /// A stable word for programs.
    pub code: &'static str,
    /// A sentence for people.
    pub message: Cow<'static, str>,
}

impl Problem {
    /// A problem.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// What a client did wrong in the form of its request.
    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    /// As the route at `path` answers.
    pub fn at(&self, path: &str) -> Response {
        if path == "/graphql" || path.starts_with("/graphql/") { self.graphql() } else { self.rest() }
    }

    /// As a GraphQL answer without `data`.
    pub fn graphql(&self) -> Response {
        let errors =
            json!({ "errors": [{ "message": self.message, "extensions": { "code": graphql::code(self.code) } }] });
        self.finish((self.status, Json(errors)).into_response())
    }

    /// As nchat's REST routes refuse.
    pub fn rest(&self) -> Response {
        self.finish((self.status, Json(json!({ "error": self.code, "message": self.message }))).into_response())
    }

    fn finish(&self, mut response: Response) -> Response {
        match self.status {
            // RFC 9110 §11.6.1 wants a challenge with every 401.
            StatusCode::UNAUTHORIZED => {
                response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            }
            _ => {}
        }
        response
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        let status = match &error {
            ServiceError::Unauthenticated => StatusCode::UNAUTHORIZED,
            ServiceError::Forbidden => StatusCode::FORBIDDEN,
            ServiceError::Invalid(_) => StatusCode::BAD_REQUEST,
            ServiceError::Internal(source) => {
                tracing::error!(error = %Chain(source.as_ref()), "internal fault");
                StatusCode::INTERNAL_SERVER_ERROR
            }
            ServiceError::Unavailable(source) => {
                tracing::warn!(error = %Chain(source), "the database is not available");
                StatusCode::SERVICE_UNAVAILABLE
            }
        };
        Self::new(status, error.code(), error.to_string())
    }
}

/// 302 to `location`, which is ours.
pub(super) fn found(location: &str) -> Response {
    match HeaderValue::try_from(location) {
        Ok(location) => (StatusCode::FOUND, [(header::LOCATION, location)]).into_response(),
        Err(_) => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "internal fault").rest(),
    }
}
