//! The REST routes that nchat's page and scripts call, in nchat's shapes: `/api/social/accounts` and
//! `/api/social/poll`. What they take and answer is written down in docs/openapi.json.

mod accounts;
mod poll;

use super::{Problem, WebState, actor, body};
use crate::{graphql::NEWS_EVERY, service::AdminActor, service::activity::Activity};
use axum::{
    Extension, Router,
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::Value;

const MOST_BODY_BYTES: usize = 64 * 1024;
const OPENAPI: &str = include_str!("../../../docs/openapi.json");

pub(super) fn routes(state: &WebState) -> Router<WebState> {
    let waits = poll::Waits::new(Activity::of(&state.service, NEWS_EVERY));
    Router::new()
        .route("/api/social/accounts", get(accounts::list).post(accounts::create).delete(accounts::delete))
        .route("/api/social/poll", get(poll::health).post(poll::trigger))
        .route("/api/social/openapi.json", get(openapi))
        .layer(Extension(waits))
}

/// The description of all this; anybody may read it, as anybody may read the schema.
async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], OPENAPI).into_response()
}

/// The administrator who asks.
async fn admin(state: &WebState, method: &Method, headers: &HeaderMap) -> Result<AdminActor, Problem> {
    let caller = actor::identify(state, method, headers).await?;
    Ok(caller.actor.admin()?.clone())
}

/// The body as a JSON object; none at all is an empty one, since a cron's `curl -X POST` sends none.
async fn object(parts: &Parts, body: Body) -> Result<serde_json::Map<String, Value>, Problem> {
    let bytes = body::read(&parts.headers, body, MOST_BODY_BYTES).await?;
    if bytes.is_empty() {
        return Ok(serde_json::Map::new());
    }
    if !body::is_json(&parts.headers) {
        let message = "send the body as application/json in UTF-8";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message));
    }
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(Problem::bad_request("the body must be a JSON object")),
    }
}

#[cfg(test)]
mod tests;
