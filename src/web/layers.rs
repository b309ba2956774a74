//! What every request passes: it gets a name, its answer gets safe headers, and nothing it does takes the process down.

use super::{Problem, WebState};
use crate::graphql::RequestId;
use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use futures_util::FutureExt;
use std::{
    any::Any,
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;
use tracing::{Instrument, field::Empty};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Below Hasura's 60 s, so that its users read our words and not its time-out.
const LONGEST: Duration = Duration::from_secs(55);
/// Far above what the pool of connections can work on; above it, waiting helps nobody.
const MOST_AT_ONCE: usize = 512;
/// Longer paths are cut in the log.
const LOGGED_PATH_CHARS: usize = 200;

/// How much goes on at the same time.
#[derive(Clone)]
pub(super) struct Bounds {
    running: Arc<Semaphore>,
    longest: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self::new(MOST_AT_ONCE, LONGEST)
    }
}

impl Bounds {
    pub(super) fn new(at_once: usize, longest: Duration) -> Self {
        Self { running: Arc::new(Semaphore::new(at_once)), longest }
    }
}

/// Names the request and writes its one line in the log: path, never the query, which holds codes and tickets.
pub(super) async fn observe(State(state): State<WebState>, mut request: Request, next: Next) -> Response {
    let id = given_id(request.headers()).unwrap_or_else(|| {
        let service = &state.service;
        service.dice.uuid(service.clock.now()).to_string()
    });
    request.extensions_mut().insert(RequestId(id.clone()));
    let path: String = request.uri().path().chars().take(LOGGED_PATH_CHARS).collect();
    let (method, route) = (word_of(request.method()), route_of(&request));
    // Those that are empty are for traces, whose readers know these names.
    let span = tracing::info_span!(
        "request", id = %id, method = %request.method(), path = %path,
        "http.route" = Empty, "http.response.status_code" = Empty, "otel.status_code" = Empty,
    );
    async move {
        let started = Instant::now();
        let mut response = next.run(request).await;
        let (status, took) = (response.status().as_u16(), started.elapsed());
        let ms = took.as_millis();
        if matches!(path.as_str(), "/livez" | "/readyz") {
            tracing::debug!(status, ms, "answered");
        } else {
            tracing::info!(status, ms, "answered");
        }
        state.service.metrics.answered(&route, method, status, took);
        let span = tracing::Span::current();
        span.record("http.route", &*route).record("http.response.status_code", status);
        if response.status().is_server_error() {
            span.record("otel.status_code", "ERROR");
        }
        if let Ok(id) = HeaderValue::try_from(id) {
            response.headers_mut().insert(&REQUEST_ID, id);
        }
        response
    }
    .instrument(span)
    .await
}

/// The route that answers, as it is written in the router: as many as there are, whatever is asked for.
fn route_of(request: &Request) -> Box<str> {
    request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).into()
}

/// A method as a bounded label.
fn word_of(method: &Method) -> &'static str {
    KNOWN.iter().find(|known| *known == method).map_or("other", |known| known.as_str())
}

/// The caller's own id, if it is short and plain enough for a log.
fn given_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(&REQUEST_ID)?.to_str().ok()?;
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    (plain && (1..=64).contains(&id.len())).then(|| id.to_owned())
}

/// Headers that keep browsers from doing more with an answer than it is for. A route's own stay. Where the application is
/// reached by https, browsers are told to keep to it (RFC 6797); over plain http they ignore that.
pub(super) async fn secure(State(is_https): State<bool>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let defaults = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    ];
    for (name, value) in defaults {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if is_https {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(year);
    }
    response
}

/// Refuses unknown methods and crowds, ends what takes too long, and turns a panic into an answer.
pub(super) async fn guard(State(bounds): State<Bounds>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    if !KNOWN.contains(request.method()) {
        let message = "that method is not for this server";
        let mut response = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message).at(&path);
        // RFC 9110 §15.5.6 wants it with every 405. Routes name their own.
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, POST, DELETE, OPTIONS"));
        return response;
    }
    let Ok(_running) = bounds.running.try_acquire() else {
        tracing::warn!("too many requests at once");
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "too many requests at once, try again").at(&path);
    };
    let answer = AssertUnwindSafe(tokio::time::timeout(bounds.longest, next.run(request))).catch_unwind();
    match answer.await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => {
            tracing::warn!(limit_ms = bounds.longest.as_millis(), "took too long");
            Problem::new(StatusCode::GATEWAY_TIMEOUT, "timeout", "this took too long, try again").at(&path)
        }
        Err(panic) => {
            tracing::error!(panic = said(panic.as_ref()), "panicked");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "internal fault").at(&path)
        }
    }
}

/// Methods that a route may take; what it does not take it refuses itself.
const KNOWN: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without words")
}
