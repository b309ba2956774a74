//! `/api/social/accounts`.

use super::{admin, object};
use crate::{
    domain::{Platform, Timestamp, health::what_to_do},
    service::{accounts::Disconnected, connect::Goal},
    store::accounts::Account,
    web::{Problem, WebState, query},
};
use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// An account as nchat's page knows it, and its health.
#[derive(Serialize)]
struct Row {
    id: Uuid,
    platform: &'static str,
    account_id: String,
    account_name: String,
    account_handle: Option<String>,
    avatar_url: Option<String>,
    is_active: bool,
    last_poll_time: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    token_expires_at: Option<Timestamp>,
    health: String,
    health_code: Option<String>,
    health_message: Option<String>,
    health_action: &'static str,
    health_since: Option<Timestamp>,
    next_poll_at: Timestamp,
    next_poll_reason: String,
    hold_until: Option<Timestamp>,
}

impl From<Account> for Row {
    fn from(account: Account) -> Self {
        Self {
            id: account.id,
            platform: account.platform.as_str(),
            account_id: account.account_id,
            account_name: account.account_name,
            account_handle: account.account_handle,
            avatar_url: account.avatar_url,
            is_active: account.is_active,
            last_poll_time: account.last_poll_time,
            created_at: account.created_at,
            updated_at: account.updated_at,
            token_expires_at: account.token_expires_at,
            health_action: what_to_do(&account.health, account.health_code.as_deref()),
            health: account.health,
            health_code: account.health_code,
            health_message: account.health_message,
            health_since: account.health_since,
            next_poll_at: account.next_poll_at,
            next_poll_reason: account.next_poll_reason,
            hold_until: account.hold_until,
        }
    }
}

/// `GET`: the tenant's accounts, oldest first, at most 1,000.
pub(super) async fn list(State(state): State<WebState>, headers: HeaderMap) -> Response {
    let rows = async {
        let admin = admin(&state, &Method::GET, &headers).await?;
        let accounts = state.service.accounts(&admin, None, None).await?;
        Ok::<_, Problem>(accounts.into_iter().map(Row::from).collect::<Vec<_>>())
    };
    match rows.await {
        Ok(rows) => Json(rows).into_response(),
        Err(problem) => problem.rest(),
    }
}

/// What `POST` takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    platform: String,
    return_path: Option<String>,
}

/// `POST`: begins a connection. nchat saves an account with its tokens here; tokens from outside could be anybody's, so
/// they come from the platform alone, and the answer is the address at which a person consents.
pub(super) async fn create(State(state): State<WebState>, request: Request) -> Response {
    let started = async {
        let (parts, body) = request.into_parts();
        let admin = admin(&state, &Method::POST, &parts.headers).await?;
        let body = object(&parts, body).await?;
        if body.keys().any(|key| key.contains("token")) {
            let message = "tokens are not taken from outside: send the platform alone, and open the url in the answer";
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "tokens_not_accepted", message));
        }
        let wanted: Wanted = serde_json::from_value(Value::Object(body)).map_err(|_| {
            Problem::bad_request(r#"send {"platform": "twitter"}, with "return_path" if you like, and nothing else"#)
        })?;
        let platform: Platform = wanted.platform.parse().map_err(|_| {
            let message = "the platforms are twitter, instagram and linkedin";
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_platform", message)
        })?;
        state
            .service
            .start_connection(&admin, Goal::Connect(platform), wanted.return_path.as_deref())
            .await?
            .map_err(Problem::from)
    };
    match started.await {
        Ok(started) => {
            let body = json!({
                "connection_id": started.connection_id, "url": started.url, "expires_at": started.expires_at,
            });
            (StatusCode::CREATED, Json(body)).into_response()
        }
        Err(problem) => problem.rest(),
    }
}

/// `DELETE ?id=…`: the account goes with its tokens, posts and integrations; messages stay in their channels.
pub(super) async fn delete(State(state): State<WebState>, uri: Uri, headers: HeaderMap) -> Response {
    let deleted = async {
        let admin = admin(&state, &Method::DELETE, &headers).await?;
        let id = query::one(uri.query(), "id", 64).and_then(|id| Uuid::try_parse(&id).ok());
        let id = id.ok_or_else(|| Problem::bad_request("say which account: ?id=, with its uuid"))?;
        match state.service.disconnect(&admin, id, true).await? {
            Disconnected::Done { .. } => Ok(id),
            Disconnected::NotFound => {
                Err(Problem::new(StatusCode::NOT_FOUND, "not_found", "there is no such account in this workspace"))
            }
        }
    };
    match deleted.await {
        Ok(id) => Json(json!({ "id": id })).into_response(),
        Err(problem) => problem.rest(),
    }
}
