//! What the headers of a request prove, in the order in which proofs count.

use super::{
    Refusal, browser, jwt,
    session::{self, ROLE, TENANT, USER_ID},
    shared_secret,
};
use crate::{config::AuthConfig, domain::Timestamp, service::Claims, web::cookies};
use axum::http::{HeaderMap, Method};

/// The header in which Hasura presents its secret. Not `x-hasura-…`: such a name would hide a session variable.
pub(in crate::web) const SECRET: &str = "x-nchat-social-secret";
const AUTHORIZATION: &str = "authorization";

/// What a request proves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::web) struct Proof {
    /// The session; `None`: nobody's.
    pub(in crate::web) claims: Option<Claims>,
    /// Hasura's secret was presented.
    pub(in crate::web) from_hasura: bool,
    /// When the proof ends.
    pub(in crate::web) until: Option<Timestamp>,
}

/// What these headers prove at `now`, to an application at `app_origin`.
pub(in crate::web) fn prove(
    auth: &AuthConfig,
    app_origin: &str,
    now: Timestamp,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Proof, Refusal> {
    if let Some(presented) = one(headers, SECRET)? {
        let is_right = auth.shared_secret.as_ref().is_some_and(|secret| shared_secret::is_right(secret, presented));
        return if is_right { of_hasura(headers) } else { Err(Refusal::Secret) };
    }
    let ignored = headers.keys().filter(|name| name.as_str().starts_with("x-hasura-") && *name != ROLE).count();
    if ignored > 0 {
        tracing::debug!(ignored, "session headers without the secret are ignored");
    }
    let role = text(headers, ROLE)?;
    if let Some(token) = one(headers, AUTHORIZATION)?.and_then(bearer) {
        let config = auth.jwt.as_ref().ok_or(Refusal::Token)?;
        let token = jwt::verify(config, token, role, now).map_err(|problem| {
            tracing::info!(%problem, "a token is refused");
            Refusal::from(problem)
        })?;
        return Ok(Proof { claims: Some(token.claims), from_hasura: false, until: token.until });
    }
    Ok(in_cookies(auth, app_origin, now, method, headers, role).unwrap_or_default())
}

/// Hasura's own session headers. It reads the schema with the secret alone, without a session.
fn of_hasura(headers: &HeaderMap) -> Result<Proof, Refusal> {
    let claims = match text(headers, ROLE)? {
        Some(role) => Some(session::claims(role, text(headers, USER_ID)?, text(headers, TENANT)?)?),
        None => None,
    };
    Ok(Proof { claims, from_hasura: true, until: None })
}

/// A token in a cookie. One that does not hold is nothing: browsers keep old cookies, and an unsigned one is anybody's.
fn in_cookies(
    auth: &AuthConfig,
    app_origin: &str,
    now: Timestamp,
    method: &Method,
    headers: &HeaderMap,
    role: Option<&str>,
) -> Option<Proof> {
    let config = auth.jwt.as_ref()?;
    let mut tokens = auth.session_cookies.iter().flat_map(|name| cookies::values(headers, name)).peekable();
    tokens.peek()?;
    if !browser::may_speak(method, headers, app_origin) {
        tracing::debug!("a session cookie from elsewhere is ignored");
        return None;
    }
    let token = tokens.find_map(|token| jwt::verify(config, token, role, now).ok())?;
    Some(Proof { claims: Some(token.claims), from_hasura: false, until: token.until })
}

/// The token of an Authorization header; other schemes than Bearer are a proxy's business.
fn bearer(value: &[u8]) -> Option<&str> {
    let (scheme, token) = std::str::from_utf8(value).ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The header's one value; an empty one is none.
fn one<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a [u8]>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().map(|value| value.as_bytes()).filter(|value| !value.is_empty());
    if values.next().is_some() { Err(Refusal::Twice(name)) } else { Ok(value) }
}

/// The same as text, where an empty value is a value.
fn text<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().map(|value| value.to_str()).transpose();
    let value = value.map_err(|_| Refusal::Session("a session header is not plain text"))?;
    if values.next().is_some() { Err(Refusal::Twice(name)) } else { Ok(value) }
}

#[cfg(test)]
mod tests;
