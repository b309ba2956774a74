//! `/api/social/poll`: asks for polls and waits for what they bring; and how the polling stands.

use super::{admin, object};
use crate::{
    domain::Timestamp,
    service::{
        AdminActor, ServiceError,
        activity::{Activity, News},
    },
    store::logs::ImportLog,
    web::{Problem, WebState},
};
use axum::{
    Extension, Json,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::{Stream, StreamExt, pin_mut};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Below the time-outs of proxies (nginx: 60 s) and of the server itself.
const LONGEST_WAIT: Duration = Duration::from_secs(25);
/// Requests that wait at the same time; whoever comes on top is answered at once.
const MOST_WAITING: usize = 64;
/// Errors that one answer lists.
const MOST_ERRORS: usize = 100;
/// Accounts that have been due for longer are late: something does not keep up.
const LATE_AFTER: chrono::Duration = chrono::Duration::minutes(2);
/// Nobody waits longer for the database's word about itself.
const HEALTH_WITHIN: Duration = Duration::from_secs(5);

/// Where requests wait for news. No connection of the database is held meanwhile.
#[derive(Clone)]
pub(super) struct Waits {
    activity: Activity,
    places: Arc<Semaphore>,
}

impl Waits {
    pub(super) fn new(activity: Activity) -> Self {
        Self { activity, places: Arc::new(Semaphore::new(MOST_WAITING)) }
    }
}

/// What polls brought, each post counted once.
#[derive(Debug, Default, Serialize)]
struct Brought {
    fetched: i64,
    imported: i64,
    filtered: i64,
    posted: i64,
    errors: Vec<String>,
}

impl Brought {
    fn add(&mut self, log: &ImportLog) {
        self.fetched += i64::from(log.posts_fetched);
        self.imported += i64::from(log.posts_imported);
        self.filtered += i64::from(log.posts_filtered);
        self.posted += i64::from(log.posts_posted);
        let room = MOST_ERRORS.saturating_sub(self.errors.len());
        self.errors.extend(log.errors.iter().take(room).cloned());
    }
}

/// What `POST` takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(rename = "accountId")]
    account_id: Option<Uuid>,
}

/// `POST`: polls one account or all at once, and waits for them as long as `Prefer: wait=…` says, at most 25 seconds.
pub(super) async fn trigger(
    State(state): State<WebState>,
    Extension(waits): Extension<Waits>,
    request: Request,
) -> Response {
    let polled = async {
        let (parts, body) = request.into_parts();
        let admin = admin(&state, &Method::POST, &parts.headers).await?;
        let body = object(&parts, body).await?;
        let wanted: Wanted = serde_json::from_value(Value::Object(body))
            .map_err(|_| Problem::bad_request(r#"send {} or {"accountId": "…"} with an account's uuid"#))?;
        poll(&state, &waits, &admin, wanted.account_id, patience(&parts.headers)).await
    };
    polled.await.unwrap_or_else(|problem| refuse(&problem, None))
}

/// A refusal as nchat's page reads it here, with `more` to tell.
fn refuse(problem: &Problem, more: Option<(&'static str, Value)>) -> Response {
    let mut body = json!({ "success": false, "error": problem.code, "message": problem.message });
    if let Some((name, value)) = more {
        body[name] = value;
    }
    let (parts, _) = problem.rest().into_parts();
    (parts.status, parts.headers, Json(body)).into_response()
}

async fn poll(
    state: &WebState,
    waits: &Waits,
    admin: &AdminActor,
    account: Option<Uuid>,
    patience: Duration,
) -> Result<Response, Problem> {
    let service = &state.service;
    // Watched before they are asked for, so that nothing is missed.
    let news = waits.activity.watch(admin.tenant()).await?;
    let asked = service.request_polls(admin, account).await?;
    if asked.is_empty()
        && let Some(id) = account
    {
        return Err(match service.accounts(admin, None, Some(&[id])).await?.pop() {
            None => Problem::new(StatusCode::NOT_FOUND, "not_found", "there is no such account in this workspace"),
            Some(account) if !account.is_active => conflict("not_pollable", "the account is switched off"),
            Some(_) => conflict("not_pollable", "the account must be connected again first"),
        });
    }
    let held =
        asked.iter().filter_map(|poll| Some(json!({ "account_id": poll.account_id, "until": poll.held_until? })));
    let held: Vec<Value> = held.collect();
    let mut pending: HashSet<Uuid> =
        asked.iter().filter(|poll| poll.held_until.is_none()).map(|poll| poll.account_id).collect();
    if pending.is_empty() && !held.is_empty() {
        let until = asked.iter().filter_map(|poll| poll.held_until).min();
        let seconds = until.map_or(1, |until| (until - service.clock.now()).num_seconds().max(1));
        let problem = conflict("held", "the platform allows no poll yet; the next one is when it does");
        let mut response = refuse(&problem, Some(("held", held.into())));
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        return Ok(response);
    }
    let patience = if waits.places.available_permits() == 0 { Duration::ZERO } else { patience };
    let _place = waits.places.try_acquire();
    let (brought, failed) = gather(news, &mut pending, patience).await;
    let polled = asked.len() - held.len() - pending.len();
    if polled > 0 && failed == polled && pending.is_empty() {
        let message = brought.errors.first().cloned().unwrap_or_else(|| "the platform did not answer".to_owned());
        let problem = Problem::new(StatusCode::BAD_GATEWAY, "poll_failed", message);
        return Ok(refuse(&problem, Some(("result", json!(brought)))));
    }
    let status = if pending.is_empty() { StatusCode::OK } else { StatusCode::ACCEPTED };
    let mut body = json!({ "success": true, "result": brought });
    if !pending.is_empty() {
        body["pending"] = json!(pending);
    }
    if !held.is_empty() {
        body["held"] = json!(held);
    }
    Ok((status, Json(body)).into_response())
}

/// Takes the asked-for polls out of `pending` as they end. What they brought, and how many failed.
async fn gather(news: impl Stream<Item = News>, pending: &mut HashSet<Uuid>, patience: Duration) -> (Brought, usize) {
    let (mut brought, mut failed) = (Brought::default(), 0);
    let deadline = tokio::time::Instant::now() + patience;
    pin_mut!(news);
    while !pending.is_empty() {
        // News that are missed leave their accounts pending: the answer says so.
        let Ok(Some(item)) = tokio::time::timeout_at(deadline, news.next()).await else { break };
        let News::Import(log) = item else { continue };
        // A poll that was under way already is not the one that was asked for.
        if log.import_type == "manual" && pending.remove(&log.account_id) {
            brought.add(&log);
            failed += usize::from(log.status == "failed");
        }
    }
    (brought, failed)
}

/// `Prefer: wait=10`, RFC 7240 §4.3.
fn patience(headers: &HeaderMap) -> Duration {
    let values = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let mut preferences = values.flat_map(|value| value.split(','));
    let wait = preferences.find_map(|preference| preference.trim().strip_prefix("wait=")?.trim().parse().ok());
    wait.map_or(LONGEST_WAIT, |seconds| Duration::from_secs(seconds).min(LONGEST_WAIT))
}

fn conflict(code: &'static str, message: &'static str) -> Problem {
    Problem::new(StatusCode::CONFLICT, code, message)
}

/// `GET`: whether this tenant's accounts are polled in time, and why not.
pub(super) async fn health(State(state): State<WebState>, headers: HeaderMap) -> Response {
    let admin = match admin(&state, &Method::GET, &headers).await {
        Ok(admin) => admin,
        Err(problem) => return problem.rest(),
    };
    let now = state.service.clock.now();
    let load = tokio::time::timeout(HEALTH_WITHIN, state.service.store.load(Some(admin.tenant()), now)).await;
    let queue = match load {
        Ok(Ok(load)) => {
            Some((load.iter().map(|row| row.overdue).sum(), load.iter().filter_map(|row| row.oldest_due_at).min()))
        }
        Ok(Err(error)) => {
            // Logged, and told as the database's state.
            let _ = Problem::from(ServiceError::from(error));
            None
        }
        Err(_) => None,
    };
    let (status, body) = told(&state, now, queue);
    (status, Json(body)).into_response()
}

fn told(state: &WebState, now: Timestamp, queue: Option<(i64, Option<Timestamp>)>) -> (StatusCode, Value) {
    let oldest = queue.and_then(|(_, oldest)| oldest).map(|at| now - at);
    let (status, word, message) = match queue {
        None => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "The database does not answer."),
        Some(_) if !state.health.is_working() => {
            (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "The worker of this process hangs.")
        }
        Some(_) if oldest.is_some_and(|oldest| oldest > LATE_AFTER) => {
            (StatusCode::OK, "late", "Accounts are due and not being polled: is a worker running?")
        }
        Some(_) => (StatusCode::OK, "ok", "Accounts are polled in time."),
    };
    let body = json!({
        "status": word,
        "message": message,
        "database": if queue.is_some() { "ok" } else { "unavailable" },
        "queue": {
            "accounts_overdue": queue.map(|(overdue, _)| overdue),
            "oldest_due_seconds": oldest.map(|oldest| oldest.num_seconds()),
            "jobs_waiting": state.service.metrics.jobs_waiting(),
        },
        "worker": state.health.describe(),
    });
    (status, body)
}
