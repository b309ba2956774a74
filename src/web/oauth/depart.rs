//! `GET /api/social/{platform}/auth`: sends an administrator's browser to the platform. It proves itself by a ticket from
//! `socialStartConnection` or `socialReconnectAccount`, or as any other request does; then `account_id` names the account
//! to be reconnected.

use super::{cookie, platform, refuse};
use crate::{
    domain::Platform,
    service::{
        ServiceError,
        connect::{Departure, Goal, StartRefusal},
    },
    web::{Problem, WebState, actor, problem, query},
};
use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::Response,
};
use uuid::Uuid;

const MOST_TICKET_BYTES: usize = 128;
const MOST_PATH_BYTES: usize = 512;
const MOST_ID_BYTES: usize = 64;

pub(super) async fn depart(
    State(state): State<WebState>,
    Path(word): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let platform = match platform(&word) {
        Ok(platform) => platform,
        Err(problem) => return problem.rest(),
    };
    if method != Method::GET {
        // A HEAD must change nothing, and this begins a connection.
        return Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "use GET").rest();
    }
    match begin(&state, platform, &uri, &headers).await {
        Ok(departure) => leave(&state, platform, &departure),
        Err(problem) => refuse(&state, &headers, &problem),
    }
}

async fn begin(state: &WebState, platform: Platform, uri: &Uri, headers: &HeaderMap) -> Result<Departure, Problem> {
    let has = |name: &str| {
        url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).any(|(key, _)| key == name)
    };
    let started = if has("ticket") {
        match query::one(uri.query(), "ticket", MOST_TICKET_BYTES) {
            Some(ticket) => state.service.depart_with_ticket(platform, &ticket).await?,
            None => Err(StartRefusal::BadTicket),
        }
    } else {
        let caller = actor::identify(state, &Method::GET, headers).await?;
        let admin = caller.actor.admin().map_err(sign_in)?;
        let account = query::one(uri.query(), "account_id", MOST_ID_BYTES).and_then(|id| Uuid::try_parse(&id).ok());
        let goal = match account {
            None if has("account_id") => return Err(StartRefusal::NoAccount.into()),
            None => Goal::Connect(platform),
            Some(account) => Goal::Reconnect { account, at: Some(platform) },
        };
        match query::one(uri.query(), "return_path", MOST_PATH_BYTES) {
            None if has("return_path") => Err(StartRefusal::BadReturnPath),
            path => state.service.depart(admin, goal, path.as_deref()).await?,
        }
    };
    started.map_err(Problem::from)
}

/// The words nchat's page knows.
fn sign_in(error: ServiceError) -> Problem {
    let code = match &error {
        ServiceError::Unauthenticated => "not_signed_in",
        ServiceError::Forbidden => "not_admin",
        other => other.code(),
    };
    Problem { code, ..Problem::from(error) }
}

impl From<StartRefusal> for Problem {
    fn from(refusal: StartRefusal) -> Self {
        let (status, code, message) = match refusal {
            StartRefusal::NotConfigured => (StatusCode::CONFLICT, "not_configured", "this platform has no credentials"),
            StartRefusal::BadReturnPath => (
                StatusCode::BAD_REQUEST,
                "bad_return_path",
                "return_path must be a plain path of nchat, such as /admin/social",
            ),
            StartRefusal::BadTicket => {
                (StatusCode::BAD_REQUEST, "bad_ticket", "the ticket was used, is too old or of another platform")
            }
            StartRefusal::NoAccount => {
                (StatusCode::NOT_FOUND, "no_account", "there is no such account of this platform in this workspace")
            }
        };
        Self::new(status, code, message)
    }
}

fn leave(state: &WebState, platform: Platform, departure: &Departure) -> Response {
    let mut response = problem::found(departure.authorize_url.as_str());
    // A token of our own dice, so always a header's text.
    if let Ok(value) = HeaderValue::try_from(cookie::set(&state.web, platform, &departure.browser_key)) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}
