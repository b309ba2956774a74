//! What the headers of a request prove, in the order in which proofs count.

use super::{
    Refusal, browser, jwt, nhost, operator,
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
    /// The operator's token was presented, or a session made of it.
    pub(in crate::web) is_operator: bool,
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
    let role = text(headers, ROLE)?;
    if let Some(token) = brought(auth, headers)? {
        if operator::is_token(auth, token) {
            return Ok(Proof { is_operator: true, ..Proof::default() });
        }
        let config = auth.jwt.as_ref().ok_or(Refusal::Token)?;
        let token = std::str::from_utf8(token).map_err(|_| Refusal::Token)?;
        let token = jwt::verify(config, token, role, now).map_err(|problem| {
            tracing::info!(%problem, "a token is refused");
            Refusal::from(problem)
        })?;
        return Ok(Proof { claims: Some(token.claims), until: token.until, ..Proof::default() });
    }
    Ok(in_cookies(auth, app_origin, now, method, headers, role).unwrap_or_default())
}

/// Whether the request claims a session that nothing beside it proves: somebody reaches this service past Hasura, or
/// Hasura lacks the secret.
pub(in crate::web) fn claims_in_vain(proof: &Proof, headers: &HeaderMap) -> bool {
    let is_session = |name: &&axum::http::HeaderName| name.as_str().starts_with("x-hasura-");
    // With a token the role is asked for among the token's own, and counts.
    let counts = |name: &axum::http::HeaderName| proof.claims.is_some() && *name == ROLE;
    !proof.from_hasura && headers.keys().filter(is_session).any(|name| !counts(name))
}

/// Hasura's own session headers. It reads the schema with the secret alone, without a session.
fn of_hasura(headers: &HeaderMap) -> Result<Proof, Refusal> {
    let claims = match text(headers, ROLE)? {
        Some(role) => Some(session::claims(role, text(headers, USER_ID)?, text(headers, TENANT)?)?),
        None => None,
    };
    Ok(Proof { claims, from_hasura: true, ..Proof::default() })
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
    let operators = || cookies::values(headers, operator::COOKIE);
    let names = auth.session_cookies.iter().chain(auth.jwt.as_ref().and_then(|jwt| jwt.cookie.as_ref()));
    let tokens = || names.clone().flat_map(|name| cookies::values(headers, name));
    operators().chain(tokens()).next()?;
    if !browser::may_speak(method, headers, app_origin) {
        tracing::debug!("a session cookie from elsewhere is ignored");
        return None;
    }
    if let Some(until) = operators().find_map(|value| operator::session_until(auth, value, now)) {
        return Some(Proof { is_operator: true, until: Some(until), ..Proof::default() });
    }
    let config = auth.jwt.as_ref()?;
    let token = tokens().flat_map(nhost::tokens).find_map(|token| jwt::verify(config, &token, role, now).ok())?;
    Some(Proof { claims: Some(token.claims), until: token.until, ..Proof::default() })
}

/// The token in the Authorization header, or in the header that HASURA_GRAPHQL_JWT_SECRET names beside it.
fn brought<'a>(auth: &'a AuthConfig, headers: &'a HeaderMap) -> Result<Option<&'a [u8]>, Refusal> {
    if let Some(token) = one(headers, AUTHORIZATION)?.and_then(bearer) {
        return Ok(Some(token));
    }
    let Some(name) = auth.jwt.as_ref().and_then(|jwt| jwt.header.as_deref()) else { return Ok(None) };
    Ok(one(headers, name)?.map(|value| bearer(value).unwrap_or(value)))
}

/// The token of an Authorization header; other schemes than Bearer are a proxy's business.
pub(in crate::web) fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked("bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

/// The header's one value; an empty one is none.
fn one<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a [u8]>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().map(|value| value.as_bytes()).filter(|value| !value.is_empty());
    if values.next().is_some() { Err(Refusal::Twice(name_of(name))) } else { Ok(value) }
}

/// The name for a person. A configured one is not a constant, and needs no repetition.
fn name_of(name: &str) -> &'static str {
    [SECRET, AUTHORIZATION].into_iter().find(|known| *known == name).unwrap_or("of the token")
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
