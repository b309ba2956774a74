//! `/admin/social/session`: the built-in page changes the operator's token for a session in a cookie, and ends it.

use super::{Problem, WebState, actor, body};
use actor::operator::{self, COOKIE, SESSION};
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use serde::Deserialize;

const MOST_BODY_BYTES: usize = 4 * 1024;

pub(super) fn routes() -> Router<WebState> {
    Router::new().route("/admin/social/session", post(open).delete(end))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Presented {
    token: String,
}

async fn open(State(state): State<WebState>, request: Request) -> Response {
    match try_open(&state, request).await {
        Ok(response) => response,
        Err(problem) => problem.rest(),
    }
}

async fn try_open(state: &WebState, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    from_own_page(state, &Method::POST, &parts.headers)?;
    if !body::is_json(&parts.headers) {
        let message = r#"send {"token": "…"} as application/json"#;
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message));
    }
    let bytes = body::read(&parts.headers, body, MOST_BODY_BYTES).await?;
    let presented: Presented =
        serde_json::from_slice(&bytes).map_err(|_| Problem::bad_request(r#"send {"token": "…"}"#))?;
    let Some(token) = &state.auth.admin_token else {
        let message = "there is no SOCIAL_ADMIN_TOKEN in the settings of nchat-social";
        return Err(Problem::new(StatusCode::CONFLICT, "not_configured", message));
    };
    if !operator::is_token(&state.auth, presented.token.as_bytes()) {
        state.service.metrics.refused_proof();
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "unauthenticated", "the token is wrong"));
    }
    tracing::info!("the operator signed in");
    let value = operator::open_session(token, state.service.clock.now());
    Ok(set(state, &value, SESSION.num_seconds()))
}

async fn end(State(state): State<WebState>, request: Request) -> Response {
    match from_own_page(&state, &Method::DELETE, request.headers()) {
        Ok(()) => set(&state, "", 0),
        Err(problem) => problem.rest(),
    }
}

/// Nobody is signed in or out by a page of somebody else's.
fn from_own_page(state: &WebState, method: &Method, headers: &axum::http::HeaderMap) -> Result<(), Problem> {
    if actor::may_speak(method, headers, &state.web.app_url.origin().ascii_serialization()) {
        return Ok(());
    }
    Err(Problem::new(StatusCode::FORBIDDEN, "cross_site", "only this service's own page may do this"))
}

fn set(state: &WebState, value: &str, seconds: i64) -> Response {
    // http is allowed for loopback only, where some browsers would not keep a Secure cookie.
    let secure = if state.web.app_url.scheme() == "https" { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict{secure}; Max-Age={seconds}");
    let mut response = StatusCode::NO_CONTENT.into_response();
    // Of our own making, so always a header's text.
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}
