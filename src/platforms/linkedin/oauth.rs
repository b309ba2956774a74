//! LinkedIn's three-legged OAuth: `<https://learn.microsoft.com/linkedin/shared/authentication/authorization-code-flow>`
//! and `…/programmatic-refresh-tokens`.
//!
//! The token endpoint is asked by plain form: its answers have no `token_type` and commas between scopes, so little of
//! the oauth2 crate's reading would be left. There is no PKCE: LinkedIn answers a `code_verifier` from a web
//! application with `invalid_client`.

use super::restli;
use crate::{
    config::LinkedinConfig,
    domain::{Timestamp, TokenSet},
    outbound::{Outbound, OutboundError, Reply},
    platforms::{AuthorizeRequest, CodeGrant, LimitScope, PlatformError},
};
use chrono::Duration;
use http::{Request, header};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

/// The address of the consent page. Spaces become `%20`.
pub(super) fn authorize_url(config: &LinkedinConfig, request: &AuthorizeRequest<'_>) -> Url {
    let scopes = config.scopes.join(" ");
    let parameters = [
        ("response_type", "code"),
        ("client_id", &config.client_id),
        ("redirect_uri", request.redirect_uri),
        ("state", request.state),
        ("scope", &scopes),
    ];
    let mut query = config.authorize_url.query().map(str::to_owned).into_iter().collect::<Vec<_>>();
    query.extend(parameters.map(|(name, text)| format!("{name}={}", restli::value(text))));
    let mut url = config.authorize_url.clone();
    url.set_query(Some(&query.join("&")));
    url
}

/// Exchanges the code of the callback.
pub(super) async fn exchange(
    http: &Outbound,
    config: &LinkedinConfig,
    grant: &CodeGrant<'_>,
) -> Result<TokenSet, PlatformError> {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", grant.code.expose_secret()),
        ("redirect_uri", grant.redirect_uri),
    ];
    let reply = ask(http, config, &form).await?;
    if reply.status.is_success() {
        return tokens(&reply, grant.now);
    }
    Err(refusal(&reply, |error| PlatformError::Refused {
        detail: match error {
            "invalid_redirect_uri" => "LinkedIn does not accept the code for this callback address".into(),
            "invalid_request" => "LinkedIn does not accept the code: it is used, older than 30 minutes, or was issued \
                                  for another callback address"
                .into(),
            _ => "LinkedIn does not accept the authorization".into(),
        },
    }))
}

/// Gets a fresh access token. LinkedIn hands the same refresh token out again, or none at all: the old one stays, and
/// so does its end, which no refresh moves.
pub(super) async fn refresh(
    http: &Outbound,
    config: &LinkedinConfig,
    old: &TokenSet,
    now: Timestamp,
) -> Result<TokenSet, PlatformError> {
    let Some(refresh_token) = &old.refresh_token else {
        return Err(PlatformError::Revoked { detail: "LinkedIn granted no refresh token: connect again".into() });
    };
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose_secret())];
    let reply = ask(http, config, &form).await?;
    if !reply.status.is_success() {
        return Err(refusal(&reply, |_| PlatformError::Revoked {
            detail: "LinkedIn no longer accepts the refresh token: connect again".into(),
        }));
    }
    let mut fresh = tokens(&reply, now)?;
    let same = fresh.refresh_token.as_ref().is_none_or(|fresh| fresh.expose_secret() == refresh_token.expose_secret());
    if same {
        fresh.refresh_token = old.refresh_token.clone();
        fresh.refresh_expires_at = old.refresh_expires_at.or(fresh.refresh_expires_at);
    }
    fresh.scopes = fresh.scopes.or_else(|| old.scopes.clone());
    Ok(fresh)
}

/// Posts `form` with the app's credentials, which LinkedIn wants in the body.
async fn ask(http: &Outbound, config: &LinkedinConfig, form: &[(&str, &str)]) -> Result<Reply, PlatformError> {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .append_pair("client_id", &config.client_id)
        .append_pair("client_secret", config.client_secret.expose_secret())
        .finish();
    let request = Request::post(config.token_url.as_str())
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "application/json")
        .body(body.into_bytes())
        .map_err(|_| OutboundError::Invalid)?;
    Ok(http.send(request).await?)
}

/// What both grants answer alike; `other` names the remaining 4xx.
fn refusal(reply: &Reply, other: impl FnOnce(&str) -> PlatformError) -> PlatformError {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let error = body.get("error").and_then(Value::as_str).unwrap_or_default();
    match reply.status.as_u16() {
        429 => PlatformError::RateLimited {
            scope: LimitScope::App,
            until: None,
            detail: "LinkedIn asks for fewer token requests".into(),
        },
        400..=499 if error == "invalid_client" => PlatformError::AppRejected {
            detail: "LinkedIn does not accept LINKEDIN_CLIENT_ID with LINKEDIN_CLIENT_SECRET".into(),
        },
        400..=499 => other(error),
        status => PlatformError::Upstream { status, retry_at: None, detail: "the token endpoint".into() },
    }
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    /// Seconds.
    #[serde(default)]
    expires_in: Option<i64>,
    #[serde(default)]
    refresh_token: Option<String>,
    /// Seconds, counted down from the first grant.
    #[serde(default)]
    refresh_token_expires_in: Option<i64>,
    #[serde(default)]
    scope: Option<String>,
}

fn tokens(reply: &Reply, now: Timestamp) -> Result<TokenSet, PlatformError> {
    // Neither the body nor serde's words about it may be told: both can hold the token.
    let unreadable = |detail: &str| PlatformError::Unreadable { at: "token answer".into(), detail: detail.into() };
    let answer: Answer = serde_json::from_slice(&reply.body).map_err(|_| unreadable("not in the expected form"))?;
    if answer.access_token.is_empty() {
        return Err(unreadable("the access token is empty"));
    }
    let end = |seconds: i64| now.checked_add_signed(Duration::try_seconds(seconds)?);
    Ok(TokenSet {
        access_token: answer.access_token.into(),
        access_expires_at: answer.expires_in.and_then(end),
        refresh_token: answer.refresh_token.filter(|token| !token.is_empty()).map(SecretString::from),
        refresh_expires_at: answer.refresh_token_expires_in.and_then(end),
        scopes: answer.scope.map(|scope| scopes(&scope)),
    })
}

/// Documented URL-encoded with spaces between them, sent with commas. No scope holds any of what is split at.
fn scopes(list: &str) -> Vec<String> {
    let list = percent_encoding::percent_decode_str(list).decode_utf8_lossy();
    list.split([',', ' ', '+']).filter(|scope| !scope.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
#[path = "tests/oauth.rs"]
mod tests;
