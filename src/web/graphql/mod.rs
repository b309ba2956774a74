//! `/graphql`: GraphQL over HTTP (`<https://graphql.github.io/graphql-over-http/draft/>`) and, upgraded, over WebSocket.
//! One operation a request; only JSON bodies, so that no form on a foreign page can send one.

mod accept;
mod answer;
mod execute;
mod nesting;
mod params;
mod socket;

#[cfg(any(test, fuzzing))]
pub use socket::converse;

use super::{Problem, WebState, actor, body, problem};
use crate::graphql::RequestId;
use accept::Media;
use axum::{
    Extension, Router,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::Response,
    routing::get,
};
use params::Params;

/// A body beyond this is refused; the largest honest one (Hasura's join over 500 rows) has some 100 kB.
const MOST_BODY_BYTES: usize = 1024 * 1024;

pub(super) fn routes() -> Router<WebState> {
    Router::new().route("/graphql", get(by_get).post(by_post)).layer(Extension(socket::Places::default()))
}

async fn by_get(
    State(state): State<WebState>,
    Extension(places): Extension<socket::Places>,
    request: Request,
) -> Response {
    let (mut parts, _) = request.into_parts();
    if parts.headers.get(header::UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket")) {
        return socket::upgrade(state, places, &mut parts).await.unwrap_or_else(|problem| problem.graphql());
    }
    if state.web.graphiql && is_page_visit(&parts) {
        return problem::found("graphiql");
    }
    let Some(media) = Media::of(&parts.headers) else { return not_acceptable() };
    let params = Params::from_query(parts.uri.query().unwrap_or_default());
    answer_to(&state, &parts, params, media).await
}

async fn by_post(State(state): State<WebState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(media) = Media::of(&parts.headers) else { return not_acceptable() };
    if !body::is_json(&parts.headers) {
        let message = "send the operation as application/json in UTF-8";
        return Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message).graphql();
    }
    let params = match body::read(&parts.headers, body, MOST_BODY_BYTES).await {
        Ok(body) => Params::from_json(&body),
        Err(problem) => Err(problem),
    };
    answer_to(&state, &parts, params, media).await
}

async fn answer_to(state: &WebState, parts: &Parts, params: Result<Params, Problem>, media: Media) -> Response {
    let answered = async {
        let params = params?;
        let caller = actor::identify(state, &parts.method, &parts.headers).await?;
        let id = parts.extensions.get::<RequestId>().cloned();
        let request = execute::Operation { params, caller: &caller, request_id: id };
        execute::once(&state.schema, &state.service, request, &parts.method).await
    };
    match answered.await {
        Ok(response) => answer::render(response, media),
        Err(problem) => answer::refuse(&problem, media),
    }
}

/// A person's browser that asks for a page, not for an answer.
fn is_page_visit(parts: &Parts) -> bool {
    let wants_html = |value: &HeaderValue| value.to_str().is_ok_and(|value| value.contains("text/html"));
    parts.uri.query().is_none() && parts.headers.get(header::ACCEPT).is_some_and(wants_html)
}

fn not_acceptable() -> Response {
    let message = "accept application/json or application/graphql-response+json";
    Problem::new(StatusCode::NOT_ACCEPTABLE, "not_acceptable", message).graphql()
}

#[cfg(test)]
mod tests;
