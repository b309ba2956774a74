//! The token endpoint, with X's own idea of error names.

use super::{TwitterWorld, params::Params, switches::Switches};
use crate::simulator::faults::IfLost;
use axum::{
    Json,
    extract::State as World,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::sync::Arc;

/// The one app this X knows.
pub const CLIENT_ID: &str = "sim-twitter-client";
/// Its secret; it is a confidential client unless the switch `client_type` says `public`.
pub const CLIENT_SECRET: &str = "sim-twitter-secret";
/// Its app-only bearer token.
pub const BEARER_TOKEN: &str = "sim-twitter-bearer";

/// HTTP status, `error`, `error_description`.
type Refusal = (StatusCode, &'static str, String);

/// `POST /2/oauth2/token`
pub(super) async fn token(World(world): World<Arc<TwitterWorld>>, headers: HeaderMap, body: String) -> Response {
    let granted = grant(&world, &headers, &Params::parse(Some(&body)));
    let family = granted.as_ref().ok().map(|(_, family)| *family);
    let mut response = respond(granted.map(|(answer, _)| answer));
    if let Some(family) = family {
        response.extensions_mut().insert(IfLost(Arc::new(move || world.state().grants.lose(family))));
    }
    response
}

/// `POST /2/oauth2/revoke`. X's answer for a dead token is not known; this one says yes.
pub(super) async fn revoke(World(world): World<Arc<TwitterWorld>>, headers: HeaderMap, body: String) -> Response {
    let form = Params::parse(Some(&body));
    let mut state = world.state();
    let result = authenticate(&headers, &form, &state.switches).and_then(|()| {
        state.grants.kill(required(&form, "token")?);
        Ok(json!({ "revoked": true }))
    });
    respond(result)
}

/// The answer, and the consent that it is about.
fn grant(world: &TwitterWorld, headers: &HeaderMap, form: &Params) -> Result<(Value, u64), Refusal> {
    let mut state = world.state();
    authenticate(headers, form, &state.switches)?;
    let seconds = state.switches.token_seconds();
    let mint = world.mint(seconds);
    let pair = match required(form, "grant_type")? {
        "authorization_code" => {
            let (code, redirect_uri) = (required(form, "code")?, required(form, "redirect_uri")?);
            let verifier = required(form, "code_verifier")?;
            let allowed = state.grants.code(code, mint.now).ok_or_else(code_refusal)?;
            if allowed.redirect_uri != redirect_uri {
                return Err(invalid(
                    "Value passed for the redirect uri did not match the uri of the authorization code.",
                ));
            }
            if !allowed.challenge.fits(verifier) {
                return Err(invalid("Value passed for the code verifier did not match the code challenge."));
            }
            state.grants.exchange(code, mint).ok_or_else(code_refusal)?
        }
        "refresh_token" => {
            let refresh = required(form, "refresh_token")?;
            let family_revocation = state.switches.family_revocation;
            let pair = state.grants.rotate(refresh, family_revocation, mint);
            pair.ok_or_else(|| invalid("Value passed for the token was invalid."))?
        }
        _ => {
            return Err(invalid(
                "Value passed for the grant type was invalid. Grant type should be one of [authorization_code, \
                 refresh_token].",
            ));
        }
    };
    // Never in the order that was asked for.
    let scope = pair.scopes.iter().rev().map(String::as_str).collect::<Vec<_>>().join(" ");
    let mut answer =
        json!({ "token_type": "bearer", "expires_in": seconds, "access_token": pair.access, "scope": scope });
    if let Some(refresh) = pair.refresh {
        answer["refresh_token"] = json!(refresh);
    }
    Ok((answer, pair.family))
}

/// Confidential clients send Basic, public ones their id in the body.
fn authenticate(headers: &HeaderMap, form: &Params, switches: &Switches) -> Result<(), Refusal> {
    let unknown =
        || (StatusCode::BAD_REQUEST, "invalid_client", "Value passed for the client id was invalid.".to_owned());
    if form.get("client_id").is_some_and(|id| id != CLIENT_ID) {
        return Err(unknown());
    }
    if switches.public_client {
        let named = form.has("client_id") && !headers.contains_key(header::AUTHORIZATION);
        return if named { Ok(()) } else { Err(unknown()) };
    }
    let missing = || {
        let description = "Missing valid authorization header".to_owned();
        (StatusCode::UNAUTHORIZED, "unauthorized_client", description)
    };
    let basic = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Basic "));
    let decoded = basic.and_then(|basic| String::from_utf8(STANDARD.decode(basic).ok()?).ok()).ok_or_else(missing)?;
    match decoded.split_once(':') {
        Some((CLIENT_ID, CLIENT_SECRET)) if !switches.secret_changed => Ok(()),
        Some((CLIENT_ID, _)) | None => Err(missing()),
        Some(_) => Err(unknown()),
    }
}

fn required<'a>(form: &'a Params, name: &str) -> Result<&'a str, Refusal> {
    let given = form.get(name).filter(|value| !value.is_empty());
    given.ok_or_else(|| invalid(&format!("Missing required parameter [{name}].")))
}

fn code_refusal() -> Refusal {
    invalid("Value passed for the authorization code was invalid.")
}

/// X says so where the standard would say `invalid_grant`.
fn invalid(description: &str) -> Refusal {
    (StatusCode::BAD_REQUEST, "invalid_request", description.to_owned())
}

fn respond(result: Result<Value, Refusal>) -> Response {
    let headers = [(header::CACHE_CONTROL, "no-store")];
    match result {
        Ok(body) => (headers, Json(body)).into_response(),
        Err((status, error, description)) => {
            (status, headers, Json(json!({ "error": error, "error_description": description }))).into_response()
        }
    }
}
