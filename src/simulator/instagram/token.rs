//! Code to short-lived token, short-lived to long-lived, long-lived to fresh.
//! `<https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login>`

use super::{
    APP_ID, APP_SECRET, InstagramWorld,
    account::number,
    answer,
    errors::GraphError,
    grants::{BASIC, CodeRefusal, EXCHANGED_SECONDS, REFRESH_AGE, REFRESHED_SECONDS},
    params::Params,
    state::State as Memory,
    switches::Permissions,
    trouble::Trouble,
};
use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, Method, StatusCode},
    response::Response,
};
use serde_json::{Value, json};
use std::sync::Arc;

const WRONG_CODE: &str = "Matching code was not found or was already used";
/// Also the answer to a wrong secret.
const WRONG_REDIRECT: &str = "Error validating verification code. Please make sure your redirect_uri is identical to \
                              the one you used in the OAuth dialog request";

/// `POST /oauth/access_token`: a code for a token of one hour. Its errors have a shape of their own.
pub(super) async fn exchange_code(
    State(world): State<Arc<InstagramWorld>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let params = Params::form(&headers, &body);
    let mut state = world.state();
    let (status, body) = match redeem(&world, &mut state, &params) {
        Ok(body) => (StatusCode::OK, body),
        Err(message) => {
            (StatusCode::BAD_REQUEST, json!({ "error_type": "OAuthException", "code": 400, "error_message": message }))
        }
    };
    answer::json(&world.shared, &state.switches, status, &body)
}

fn redeem(world: &InstagramWorld, state: &mut Memory, params: &Params) -> Result<Value, &'static str> {
    if params.text("client_id") != APP_ID {
        return Err("Invalid platform app");
    }
    if params.text("grant_type") != "authorization_code" {
        return Err("Invalid grant_type"); // ours
    }
    if params.text("client_secret") != APP_SECRET || state.switches.secret_changed {
        return Err(WRONG_REDIRECT);
    }
    let now = world.shared.clock.now();
    let redeemed = state.grants.redeem(params.text("code"), params.text("redirect_uri"), now);
    let grant = redeemed.map_err(|refusal| match refusal {
        CodeRefusal::Unknown => WRONG_CODE,
        CodeRefusal::OtherRedirect => WRONG_REDIRECT,
    })?;
    let account = state.account(&grant.account).ok_or(WRONG_CODE)?;
    let switches = &state.switches;
    let user_id = if switches.token_user_id_professional { &account.user_id } else { &account.scoped_id };
    let user_id = if switches.token_user_id_text { user_id.as_str().into() } else { number(user_id) };
    let permissions = match switches.permissions {
        Permissions::Array => Some(Value::from(grant.scopes.clone())),
        Permissions::Text => Some(grant.scopes.join(",").into()),
        Permissions::Absent => None,
    };
    let wrapped = switches.token_wrapped;
    let token = state.grants.issue_short(&world.shared, grant);
    let mut body = json!({ "access_token": token, "user_id": user_id });
    if let Some(permissions) = permissions {
        body["permissions"] = permissions;
    }
    Ok(if wrapped { json!({ "data": [body] }) } else { body })
}

/// `GET /graph/access_token`: a living short-lived token for one of about 60 days.
pub(super) async fn exchange_for_long(
    State(world): State<Arc<InstagramWorld>>,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let params = Params::urlencoded(query.unwrap_or_default().as_bytes());
    let mut state = world.state();
    let trouble = state.switches.exchange_fault.draw();
    answer_graph(&world, &mut state, trouble, &method, |state| {
        if params.text("grant_type") != "ig_exchange_token" {
            return Err(GraphError::parameter("param grant_type must be ig_exchange_token"));
        }
        // The words of graph.facebook.com.
        if params.text("client_secret") != APP_SECRET || state.switches.secret_changed {
            return Err(GraphError::new(1, "Error validating client secret."));
        }
        let token = params.access_token(&headers).ok_or_else(GraphError::no_token)?;
        let token = state.grants.check(token, world.shared.clock.now())?;
        if token.long_lived {
            return Err(GraphError::malformed_session());
        }
        let grant = token.grant.clone();
        let token = state.grants.issue_long(&world.shared, grant, EXCHANGED_SECONDS);
        Ok(json!({ "access_token": token, "token_type": "bearer", "expires_in": EXCHANGED_SECONDS }))
    })
}

/// `GET /graph/refresh_access_token`: 60 more days for a living long-lived token that is at least a day old.
pub(super) async fn refresh(
    State(world): State<Arc<InstagramWorld>>,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let params = Params::urlencoded(query.unwrap_or_default().as_bytes());
    let mut state = world.state();
    let trouble = state.switches.refresh_fault.draw();
    answer_graph(&world, &mut state, trouble, &method, |state| {
        let now = world.shared.clock.now();
        if params.text("grant_type") != "ig_refresh_token" {
            return Err(GraphError::parameter("param grant_type must be ig_refresh_token"));
        }
        let text = params.access_token(&headers).ok_or_else(GraphError::no_token)?;
        let token = state.grants.check(text, now)?;
        if !token.long_lived {
            return Err(GraphError::not_long_lived());
        }
        if !token.grant.scopes.contains(&BASIC) {
            return Err(GraphError::no_permission());
        }
        if now < token.issued_at + REFRESH_AGE {
            // Ours: how the platform refuses this is not known.
            return Err(GraphError::parameter("This access token is less than 24 hours old (a simulator's words)"));
        }
        let grant = token.grant.clone();
        let permissions = grant.scopes.join(",");
        state.grants.renewed(&grant.account);
        let token = if state.switches.same_token {
            state.grants.prolong(text, REFRESHED_SECONDS, now);
            text.to_owned()
        } else {
            // The old one lives until its own end.
            state.grants.issue_long(&world.shared, grant, REFRESHED_SECONDS)
        };
        Ok(json!({
            "access_token": token, "token_type": "bearer", "expires_in": REFRESHED_SECONDS, "permissions": permissions,
        }))
    })
}

/// Runs `step` for a GET that no ordered trouble hits.
fn answer_graph(
    world: &InstagramWorld,
    state: &mut Memory,
    trouble: Option<Trouble>,
    method: &Method,
    step: impl FnOnce(&mut Memory) -> Result<Value, GraphError>,
) -> Response {
    let result = match trouble.map(|trouble| trouble.error(world.shared.clock.now())) {
        Some(None) => return answer::html_500(),
        Some(Some(error)) => Err(error),
        None if method != Method::GET => Err(GraphError::unsupported(&method.as_str().to_lowercase())),
        None => step(state),
    };
    match result {
        Ok(body) => answer::json(&world.shared, &state.switches, StatusCode::OK, &body),
        Err(error) => answer::error(&world.shared, &state.switches, &error),
    }
}
