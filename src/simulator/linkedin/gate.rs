//! What every call passes before its resource is asked: token, then version. Which check LinkedIn runs first when both
//! fail is not published.

use super::grants::AccessToken;
use super::refusal::Refusal;
use super::state::State;
use crate::domain::Timestamp;
use axum::http::{HeaderMap, header};
use std::collections::BTreeSet;

/// Whoever holds a living token.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    scopes: BTreeSet<String>,
}

impl Caller {
    /// Refuses unless the token has one of `scopes`.
    pub fn require(&self, scopes: &[&str], permission: &str) -> Result<(), Refusal> {
        if self.has_any(scopes) { Ok(()) } else { Err(Refusal::denied(permission)) }
    }

    pub fn has_any(&self, scopes: &[&str]) -> bool {
        scopes.iter().any(|scope| self.scopes.contains(*scope))
    }
}

/// Reads the bearer token.
pub(super) fn admit(state: &State, headers: &HeaderMap, now: Timestamp) -> Result<Caller, Refusal> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let bearer = header.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let value = bearer.map(|(_, token)| token.trim()).filter(|token| !token.is_empty());
    let token = state.grants.access(value.ok_or_else(Refusal::empty_token)?).ok_or_else(Refusal::unknown_token)?;
    if token.revoked || is_racing(token, state.switches.fresh_race_seconds, now) {
        return Err(Refusal::revoked_token());
    }
    if token.expires_at <= now {
        return Err(Refusal::expired_token());
    }
    Ok(Caller { scopes: token.grant.scopes.clone() })
}

/// A token just issued may not have reached every server.
/// Seen in fastapi-sso issue 196, omniauth-linkedin-oauth2 issues 17 and 81.
fn is_racing(token: &AccessToken, seconds: i64, now: Timestamp) -> bool {
    (now - token.issued_at).num_seconds() < seconds
}

/// Reads `LinkedIn-Version`; only `/rest` asks for it. Eight digits are read as the month they begin with.
/// `<https://learn.microsoft.com/linkedin/marketing/versioning>`
pub(super) fn version(state: &State, headers: &HeaderMap) -> Result<String, Refusal> {
    let header = headers.get("linkedin-version").ok_or_else(Refusal::version_missing)?;
    let text = header.to_str().map_err(|_| Refusal::version_malformed())?;
    if ![6, 8].contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::version_malformed());
    }
    let month = &text[..6];
    if state.switches.versions.contains(month) { Ok(month.to_owned()) } else { Err(Refusal::version_inactive(month)) }
}
