//! The browser's way to a platform and back: `/api/social/{platform}/auth` and `/callback`.

mod callback;
mod cookie;
mod depart;

use super::{Problem, WebState, problem};
use crate::domain::Platform;
use axum::{
    Router,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
    routing::get,
};

pub(super) fn routes() -> Router<WebState> {
    Router::new()
        .route("/api/social/{platform}/auth", get(depart::depart))
        .route("/api/social/{platform}/callback", get(callback::arrive))
}

fn platform(word: &str) -> Result<Platform, Problem> {
    word.parse().map_err(|_| {
        Problem::new(StatusCode::NOT_FOUND, "unknown_platform", "the platforms are twitter, instagram and linkedin")
    })
}

/// A refusal: a person is led to nchat's page, which has the words for it; a program gets JSON.
fn refuse(state: &WebState, headers: &HeaderMap, problem: &Problem) -> Response {
    if is_navigation(headers) {
        let page = state.web.link(crate::service::connect::DEFAULT_RETURN_PATH);
        problem::found(&format!("{page}?error={}", problem.code))
    } else {
        problem.rest()
    }
}

/// Whether a browser shows the answer as a page.
fn is_navigation(headers: &HeaderMap) -> bool {
    match headers.get("sec-fetch-mode") {
        Some(mode) => mode == HeaderValue::from_static("navigate"),
        None => headers
            .get(header::ACCEPT)
            .and_then(|accept| accept.to_str().ok())
            .is_some_and(|accept| accept.contains("text/html")),
    }
}

#[cfg(test)]
mod tests;
