//! `/metrics`: for whoever has the operator's token; and on a listener of its own, for whoever can reach that.

use super::{Problem, WebState, actor};
use crate::{
    domain::Timestamp,
    service::import::Chain,
    store::load::{Load, PoolLoad},
    telemetry::metrics::{AccountsNow, PoolNow},
};
use axum::{
    Extension, Router,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

const MEDIA: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// The accounts are counted no more often, however many ask.
const COUNTED_EVERY: Duration = Duration::from_secs(15);
/// Nobody waits longer for the database.
const COUNTED_WITHIN: Duration = Duration::from_secs(5);

/// What was counted last. Its lock is held while it is counted and shown: one at a time.
#[derive(Clone, Default)]
struct Last(Arc<Mutex<Option<Counted>>>);

/// When, and what.
type Counted = (Instant, Option<Vec<AccountsNow>>);

pub(super) fn routes() -> Router<WebState> {
    Router::new().route("/metrics", get(with_token)).layer(Extension(Last::default()))
}

pub(super) fn open_routes() -> Router<WebState> {
    Router::new().route("/metrics", get(show)).layer(Extension(Last::default()))
}

async fn with_token(State(state): State<WebState>, last: Extension<Last>, headers: HeaderMap) -> Response {
    let presented = headers.get(header::AUTHORIZATION).and_then(|value| actor::bearer(value.as_bytes()));
    if !presented.is_some_and(|token| actor::operator::is_token(&state.auth, token)) {
        let message = "metrics are for whoever has SOCIAL_ADMIN_TOKEN, or at SOCIAL_METRICS_LISTEN";
        return Problem::new(StatusCode::UNAUTHORIZED, "unauthenticated", message).rest();
    }
    show(State(state), last).await
}

async fn show(State(state): State<WebState>, Extension(last): Extension<Last>) -> Response {
    let mut last = last.0.lock().await;
    if last.as_ref().is_none_or(|(at, _)| at.elapsed() >= COUNTED_EVERY) {
        *last = Some((Instant::now(), count(&state).await));
    }
    let accounts = last.as_ref().and_then(|(_, accounts)| accounts.as_deref());
    let PoolLoad { idle, used, most, waiting } = state.service.store.pool_load();
    let text = state.service.metrics.show(accounts, PoolNow { idle, used, most, waiting });
    ([(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA))], text).into_response()
}

/// `None`: the database does not answer.
async fn count(state: &WebState) -> Option<Vec<AccountsNow>> {
    let now = state.service.clock.now();
    let counting = tokio::time::timeout(COUNTED_WITHIN, state.service.store.load(None, now));
    match counting.await {
        Ok(Ok(rows)) => Some(rows.into_iter().map(|row| accounts(row, now)).collect()),
        Ok(Err(error)) => {
            tracing::warn!(error = %Chain(&error), "accounts cannot be counted");
            None
        }
        Err(_) => None,
    }
}

fn accounts(row: Load, now: Timestamp) -> AccountsNow {
    AccountsNow {
        platform: row.platform,
        health: row.health,
        accounts: row.accounts,
        overdue: row.overdue,
        held: row.held,
        oldest_due_seconds: row.oldest_due_at.map_or(0, |at| (now - at).num_seconds().max(0)),
    }
}
