//! What platforms post on behalf of a person who removes the app or wants the data gone, and the page that tells how a
//! deletion stands.
//! `<https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback>`

mod page;

use super::{Problem, WebState};
use crate::{domain::Platform, platforms::SignedRequestProblem, service::withdrawal::Unheard};
use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::json;
use url::form_urlencoded;

/// A signed request has some hundred bytes.
const MOST_BYTES: usize = 16 * 1024;

pub(super) fn routes() -> Router<WebState> {
    Router::new()
        .route("/api/social/{platform}/deauthorize", post(deauthorize))
        .route("/api/social/{platform}/data-deletion", post(delete_data))
        .route("/api/social/deletion/{code}", get(page::show))
}

/// `POST /api/social/{platform}/deauthorize`
async fn deauthorize(State(state): State<WebState>, Path(word): Path<String>, body: Body) -> Response {
    let answer = async {
        let (platform, signed) = read(&word, body).await?;
        state.service.deauthorize(platform, &signed).await?.map_err(|unheard| refuse(platform, unheard))?;
        Ok(Json(json!({})).into_response())
    };
    answer.await.unwrap_or_else(|problem: Problem| problem.rest())
}

/// `POST /api/social/{platform}/data-deletion`
async fn delete_data(State(state): State<WebState>, Path(word): Path<String>, body: Body) -> Response {
    let answer = async {
        let (platform, signed) = read(&word, body).await?;
        let code = state.service.delete_data(platform, &signed).await?.map_err(|unheard| refuse(platform, unheard))?;
        let url = state.service.settings.deletion_url(&code);
        Ok(Json(json!({ "url": url, "confirmation_code": code })).into_response())
    };
    answer.await.unwrap_or_else(|problem: Problem| problem.rest())
}

/// The platform, and the form's one signed request.
async fn read(word: &str, body: Body) -> Result<(Platform, String), Problem> {
    let unknown = || Problem::new(StatusCode::NOT_FOUND, "unknown_platform", "there is no such platform");
    let platform = word.parse().map_err(|_| unknown())?;
    let too_large = |_| Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the request is too large");
    let body = to_bytes(body, MOST_BYTES).await.map_err(too_large)?;
    let mut fields = form_urlencoded::parse(&body).filter(|(name, _)| name == "signed_request");
    match (fields.next(), fields.next()) {
        (Some((_, signed)), None) => Ok((platform, signed.into_owned())),
        _ => Err(Problem::bad_request("signed_request must be given, once, as a form's field")),
    }
}

fn refuse(platform: Platform, unheard: Unheard) -> Problem {
    tracing::warn!(%platform, ?unheard, "a callback about a person is not followed");
    match unheard {
        Unheard::NotConfigured => {
            Problem::new(StatusCode::NOT_FOUND, "not_configured", "this platform has no credentials")
        }
        Unheard::Unproven(SignedRequestProblem::NotOffered) => {
            Problem::new(StatusCode::NOT_FOUND, "not_found", "this platform has no such callback")
        }
        Unheard::Unproven(SignedRequestProblem::Forged) => {
            Problem::new(StatusCode::FORBIDDEN, "bad_signature", "the signature is not of this app's secret")
        }
        Unheard::Unproven(problem) => Problem::bad_request(problem.to_string()),
        Unheard::Old => Problem::new(StatusCode::BAD_REQUEST, "too_old", "the request is too old"),
    }
}

#[cfg(test)]
mod tests;
