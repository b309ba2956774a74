//! Hasura's JWTs. `<https://hasura.io/docs/2.0/auth/authentication/jwt/>`

use super::{
    Refusal,
    session::{self, TENANT, USER_ID},
};
use crate::{
    config::{ClaimsFormat, ClaimsPlace, JwtConfig},
    domain::Timestamp,
    service::Claims,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::DateTime;
use serde_json::{Map, Value};

const MOST_BYTES: usize = 8 * 1024;
const DEFAULT_ROLE: &str = "x-hasura-default-role";
const ALLOWED_ROLES: &str = "x-hasura-allowed-roles";

/// A token that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) claims: Claims,
    /// `exp`; a token without one does not end, as with Hasura.
    pub(super) until: Option<Timestamp>,
}

/// Why a token does not hold; for the log. Nothing of the token gets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum JwtProblem {
    #[error("malformed: {0}")]
    Malformed(&'static str),
    #[error("signed by another algorithm than the configured one")]
    Algorithm,
    #[error("the signature is wrong")]
    Signature,
    #[error("expired")]
    Expired,
    #[error("not valid yet")]
    TooEarly,
    #[error("made for another audience")]
    Audience,
    #[error("made by another issuer")]
    Issuer,
    #[error("the claims say too little: {0}")]
    Claims(&'static str),
    #[error("the role asked for is not allowed")]
    Role,
    #[error(transparent)]
    Session(Refusal),
}

impl From<JwtProblem> for Refusal {
    fn from(problem: JwtProblem) -> Self {
        match problem {
            JwtProblem::Role => Self::Role,
            JwtProblem::Session(refusal) => refusal,
            _ => Self::Token,
        }
    }
}

/// Checks `token` at `now`; `role` is the role asked for, the token's default role when `None`.
pub(super) fn verify(config: &JwtConfig, token: &str, role: Option<&str>, now: Timestamp) -> Result<Token, JwtProblem> {
    let payload = signed_payload(config, token)?;
    let until = check_times(config, &payload, now)?;
    check_audience(config, &payload)?;
    if config.issuer.is_some() && payload.get("iss").and_then(Value::as_str) != config.issuer.as_deref() {
        return Err(JwtProblem::Issuer);
    }
    let claims = session_claims(&session_variables(config, payload)?, role)?;
    Ok(Token { claims, until })
}

/// The payload, once the signature holds. The header names the algorithm, but never chooses it.
fn signed_payload(config: &JwtConfig, token: &str) -> Result<Map<String, Value>, JwtProblem> {
    if token.len() > MOST_BYTES {
        return Err(JwtProblem::Malformed("too long"));
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(JwtProblem::Malformed("not three parts"))?;
    let (header, payload) = signed.split_once('.').ok_or(JwtProblem::Malformed("not three parts"))?;
    let header = object(header)?;
    if !header.get("alg").and_then(Value::as_str).is_some_and(|alg| config.key.algorithm().is_named(alg)) {
        return Err(JwtProblem::Algorithm);
    }
    if header.contains_key("crit") {
        // RFC 7515 §4.1.11: what must be understood and is not, refuses the token.
        return Err(JwtProblem::Malformed("critical header"));
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| JwtProblem::Malformed("signature"))?;
    if !config.key.is_signed(signed.as_bytes(), &signature) {
        return Err(JwtProblem::Signature);
    }
    object(payload)
}

fn object(part: &str) -> Result<Map<String, Value>, JwtProblem> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| JwtProblem::Malformed("not base64url"))?;
    serde_json::from_slice(&bytes).map_err(|_| JwtProblem::Malformed("not a JSON object"))
}

/// `exp` and `nbf` are seconds, possibly with a fraction (RFC 7519 §2); both are optional.
fn check_times(
    config: &JwtConfig,
    payload: &Map<String, Value>,
    now: Timestamp,
) -> Result<Option<Timestamp>, JwtProblem> {
    let seconds = |name| match payload.get(name) {
        None => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or(JwtProblem::Malformed("a time is not a number")),
    };
    #[allow(clippy::cast_precision_loss)] // Milliseconds stay exact for 200,000 years.
    let now = now.timestamp_millis() as f64 / 1000.0;
    let skew = config.allowed_skew.as_secs_f64();
    let exp = seconds("exp")?;
    if exp.is_some_and(|exp| now >= exp + skew) {
        return Err(JwtProblem::Expired);
    }
    if seconds("nbf")?.is_some_and(|nbf| now < nbf - skew) {
        return Err(JwtProblem::TooEarly);
    }
    // A time beyond the calendar is no end.
    #[allow(clippy::cast_possible_truncation)] // Saturates, and what saturates is beyond the calendar.
    Ok(exp.and_then(|exp| DateTime::from_timestamp((exp + skew) as i64, 0)))
}

fn check_audience(config: &JwtConfig, payload: &Map<String, Value>) -> Result<(), JwtProblem> {
    if config.audience.is_empty() {
        return Ok(());
    }
    let is_ours = |value: &Value| value.as_str().is_some_and(|aud| config.audience.iter().any(|ours| ours == aud));
    let for_us = match payload.get("aud") {
        Some(Value::Array(audiences)) => audiences.iter().any(is_ours),
        Some(audience) => is_ours(audience),
        None => false,
    };
    if for_us { Ok(()) } else { Err(JwtProblem::Audience) }
}

/// The session variables, by their names in lower case, since Hasura does not tell cases apart.
fn session_variables(config: &JwtConfig, payload: Map<String, Value>) -> Result<Map<String, Value>, JwtProblem> {
    let payload = Value::Object(payload);
    let claims = match &config.claims {
        ClaimsPlace::Namespace(name) => payload.get(name),
        ClaimsPlace::Path(path) => path.find(&payload),
        ClaimsPlace::Map(sources) => {
            let found = sources.iter().map(|(name, source)| Some((name.clone(), source.find(&payload)?.clone())));
            return found.collect::<Option<_>>().ok_or(JwtProblem::Claims("claims_map leads to nothing"));
        }
    };
    let missing = JwtProblem::Claims("no claims under the configured namespace and format");
    let claims: Map<String, Value> = match (config.claims_format, claims) {
        (ClaimsFormat::Json, Some(Value::Object(claims))) => claims.clone(),
        (ClaimsFormat::StringifiedJson, Some(Value::String(text))) => {
            serde_json::from_str(text).map_err(|_| missing)?
        }
        _ => return Err(missing),
    };
    Ok(claims.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect())
}

fn session_claims(variables: &Map<String, Value>, role: Option<&str>) -> Result<Claims, JwtProblem> {
    let text = |name: &str| match variables.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_str().map(Some).ok_or(JwtProblem::Claims("a session variable is not text")),
    };
    let default = text(DEFAULT_ROLE)?.ok_or(JwtProblem::Claims("no default role"))?;
    let allowed = variables.get(ALLOWED_ROLES).and_then(Value::as_array);
    let allowed = allowed.ok_or(JwtProblem::Claims("no allowed roles"))?;
    let role = role.unwrap_or(default);
    if !allowed.iter().any(|allowed| allowed.as_str() == Some(role)) {
        return Err(JwtProblem::Role);
    }
    session::claims(role, text(USER_ID)?, text(TENANT)?).map_err(JwtProblem::Session)
}

#[cfg(test)]
pub(in crate::web) mod tests;
