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

#[cfg(test)]
mod tests {
    use crate::web::{
        actor::operator::COOKIE,
        router,
        tests::{ADMIN_TOKEN, Reply, send, send_to, state},
    };
    use std::sync::Arc;

    const URI: &str = "/admin/social/session";
    const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");
    const JSON: (&str, &str) = ("content-type", "application/json");

    fn body() -> String {
        serde_json::json!({ "token": ADMIN_TOKEN }).to_string()
    }

    async fn sign_in() -> Reply {
        send("POST", URI, &[OWN, JSON], body()).await
    }

    #[tokio::test]
    async fn the_token_becomes_a_cookie_that_no_script_reads() {
        let reply = sign_in().await;
        assert_eq!((reply.status, reply.body.len()), (204, 0));
        let cookie = reply.header("set-cookie");
        assert!(cookie.starts_with(&format!("{COOKIE}=")), "{cookie}");
        assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=28800"), "{cookie}");
        assert!(!cookie.contains(ADMIN_TOKEN));
        assert_eq!(reply.header("cache-control"), "no-store");

        let pair = cookie.split(';').next().expect("a pair");
        let known = [("cookie", pair), OWN];
        // Past the door; behind it there is no database here.
        assert_eq!(send("POST", "/api/social/poll", &known, "").await.status, 503);
        assert_eq!(send("GET", "/api/social/accounts", &known, "").await.status, 503);
        let foreign = [("cookie", pair), ("sec-fetch-site", "cross-site")];
        assert_eq!(send("POST", "/api/social/poll", &foreign, "").await.status, 401);
        assert_eq!(send("GET", "/metrics", &known, "").await.status, 401, "metrics want the token itself");

        let out = send("DELETE", URI, &known, "").await;
        assert_eq!(out.status, 204);
        assert_eq!(
            out.header("set-cookie"),
            format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0")
        );
    }

    #[tokio::test]
    async fn nobody_is_signed_in_otherwise() {
        let wrong = body().replace("operators", "Operators");
        for (headers, body, status, code) in [
            (&[OWN, JSON][..], wrong.as_str(), 401, "unauthenticated"),
            (&[OWN, JSON], "{\"token\":\"\"}", 401, "unauthenticated"),
            (&[OWN, JSON], "{}", 400, "bad_request"),
            (&[OWN, ("content-type", "text/plain")], "{}", 415, "unsupported_media_type"),
            (&[JSON], "{}", 403, "cross_site"),
            (&[("sec-fetch-site", "cross-site"), JSON], "{}", 403, "cross_site"),
            (&[("origin", "https://other.example"), JSON], "{}", 403, "cross_site"),
        ] {
            let reply = send("POST", URI, headers, body.to_owned()).await;
            assert_eq!((reply.status, reply.json()["error"].as_str()), (status, Some(code)), "{headers:?} {body}");
            assert_eq!(reply.header("set-cookie"), "");
        }
        let large = format!("{{\"token\":\"{}\"}}", "x".repeat(5000));
        assert_eq!(send("POST", URI, &[OWN, JSON], large).await.status, 413);
        assert_eq!(send("DELETE", URI, &[("sec-fetch-site", "cross-site")], "").await.status, 403);

        let mut without = state();
        without.auth = Arc::new(crate::config::AuthConfig { admin_token: None, ..(*without.auth).clone() });
        let reply = send_to(router(without), "POST", URI, &[OWN, JSON], body()).await;
        assert_eq!((reply.status, reply.json()["error"].as_str()), (409, Some("not_configured")));
    }
}
