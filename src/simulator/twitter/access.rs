//! Who calls, how often they may, and what they are refused: what every read goes through.

use super::{
    TwitterWorld,
    problem::{Problem, preset},
    state::State,
    token::BEARER_TOKEN,
};
use crate::domain::Timestamp;
use axum::{
    Json,
    extract::State as World,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::Duration;
use serde_json::Value;
use std::{collections::HashMap, sync::Arc};

/// A read that has its own limit. `<https://docs.x.com/x-api/fundamentals/rate-limits>`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Endpoint {
    Me,
    Timeline,
    Tweets,
    Tweet,
}

impl Endpoint {
    /// Calls in 15 minutes: for one user's tokens, for the app's own.
    const fn limits(self) -> (u32, u32) {
        match self {
            Self::Me => (75, 75),
            Self::Timeline => (900, 10_000),
            Self::Tweets => (5_000, 3_500),
            Self::Tweet => (900, 450),
        }
    }
}

/// Who calls: a person's token, or (`None`) the app's own.
pub(super) type Caller = Option<u64>;

/// Calls in the present quarter of an hour.
#[derive(Default)]
pub(super) struct Windows(HashMap<(Endpoint, Caller), Window>);

#[derive(Clone, Copy)]
struct Window {
    resets_at: Timestamp,
    used: u32,
}

/// What the rate-limit headers say.
struct Limit {
    limit: u32,
    remaining: u32,
    resets_at: Timestamp,
    exceeded: bool,
}

impl Windows {
    fn take(&mut self, endpoint: Endpoint, caller: Caller, now: Timestamp) -> Limit {
        let (user, app) = endpoint.limits();
        let limit = if caller.is_some() { user } else { app };
        let window = self.0.entry((endpoint, caller)).or_insert(Window { resets_at: now, used: 0 });
        if window.resets_at <= now {
            *window = Window { resets_at: now + Duration::minutes(15), used: 0 };
        }
        let exceeded = window.used >= limit;
        window.used = (window.used + 1).min(limit);
        Limit { limit, remaining: limit - window.used, resets_at: window.resets_at, exceeded }
    }
}

/// Answers a read: who calls, their limit, their scopes, then `read`.
pub(super) fn answer(
    world: &TwitterWorld,
    endpoint: Endpoint,
    headers: &HeaderMap,
    read: impl FnOnce(&mut State, Caller, Timestamp) -> Result<Value, Problem>,
) -> Response {
    let now = world.now();
    let mut guard = world.state();
    let state = &mut *guard;
    let Some((caller, scopes)) = authenticate(state, headers, now) else {
        return respond(world, Err(Problem::unauthorized()), None);
    };
    let mut limit = state.windows.take(endpoint, caller, now);
    let result = if let Some(refusal) = state.switches.refusal.as_deref().and_then(|name| preset(name, now)) {
        if refusal.status == 401 {
            return respond(world, Err(Problem { status: 401, body: refusal.body }), None);
        }
        if refusal.headers.iter().any(|header| *header == ("x-rate-limit-remaining", "0".to_owned())) {
            limit.remaining = 0;
        }
        Err(Problem { status: refusal.status, body: refusal.body })
    } else if limit.exceeded {
        Err(Problem::rate_limited())
    } else if caller.is_some_and(|user| state.switches.locked.contains(&user)) {
        Err(Problem::locked())
    } else if caller.is_some() && !["tweet.read", "users.read"].iter().all(|need| scopes.iter().any(|has| has == need))
    {
        Err(Problem::forbidden())
    } else {
        read(state, caller, now)
    };
    respond(world, result, Some(&limit))
}

/// A path X does not have.
pub(super) async fn unknown_path(World(world): World<Arc<TwitterWorld>>) -> Response {
    respond(&world, Err(Problem::not_found()), None)
}

fn authenticate(state: &State, headers: &HeaderMap, now: Timestamp) -> Option<(Caller, Vec<String>)> {
    let token = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
    if token == BEARER_TOKEN {
        return Some((None, Vec::new()));
    }
    let (user, scopes) = state.grants.caller(token, now)?;
    Some((Some(user), scopes))
}

fn respond(world: &TwitterWorld, result: Result<Value, Problem>, limit: Option<&Limit>) -> Response {
    let (status, content_type, body) = match result {
        Ok(body) => (200, "application/json; charset=utf-8", body),
        Err(problem) => (problem.status, "application/problem+json", problem.body),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Json(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert("x-response-time", HeaderValue::from_static("12"));
    let mut number = [0; 8];
    world.shared.dice.fill(&mut number);
    let mut insert = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    insert("x-transaction-id", format!("{:016x}", u64::from_le_bytes(number)));
    if let Some(limit) = limit {
        insert("x-access-level", "read".to_owned());
        insert("x-rate-limit-limit", limit.limit.to_string());
        insert("x-rate-limit-remaining", limit.remaining.to_string());
        insert("x-rate-limit-reset", limit.resets_at.timestamp().to_string());
    }
    response
}
