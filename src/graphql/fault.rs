//! From the service's errors to GraphQL's: clients learn a stable code and a sentence, the log learns the causes, once.

use super::code::code;
use crate::service::{Service, ServiceError, import::Chain};
use async_graphql::{Context, Error, ErrorExtensions, Result};

/// The request's id, which joins a client's error with the log. Put into the request's data before
/// [`prepare`](super::prepare).
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// What a client may know of an error.
#[derive(Clone, Debug)]
pub struct Fault {
    code: &'static str,
    message: String,
    request_id: Option<String>,
}

impl Fault {
    /// Writes the causes to the log and keeps what a client may know.
    pub fn of(error: &ServiceError, request_id: Option<&str>) -> Self {
        if matches!(error, ServiceError::Internal(_) | ServiceError::Unavailable(_)) {
            tracing::error!(code = error.code(), request_id, error = %Chain(error), "a request failed");
        }
        Self { code: error.code(), message: error.to_string(), request_id: request_id.map(str::to_owned) }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::new(fault.message).extend_with(|_, extensions| {
            extensions.set("code", code(fault.code));
            if let Some(id) = &fault.request_id {
                extensions.set("request_id", id.as_str());
            }
        })
    }
}

/// Turns a service's error into a client's.
pub trait OrFault<T> {
    /// # Errors
    /// The client's form of the error.
    fn or_fault(self, ctx: &Context<'_>) -> Result<T>;
}

impl<T, E: Into<ServiceError>> OrFault<T> for Result<T, E> {
    fn or_fault(self, ctx: &Context<'_>) -> Result<T> {
        self.map_err(|error| Fault::of(&error.into(), request_id(ctx)).into())
    }
}

/// The request's id, if it has one.
pub fn request_id<'a>(ctx: &Context<'a>) -> Option<&'a str> {
    ctx.data_opt::<RequestId>().map(|id| id.0.as_str())
}

/// The service that the schema was built on.
pub fn service<'a>(ctx: &Context<'a>) -> Result<&'a Service> {
    let service = ctx.data_opt::<Service>();
    service.ok_or_else(|| ServiceError::Internal("the schema was built without a service".into())).or_fault(ctx)
}
