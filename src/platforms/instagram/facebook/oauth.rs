//! Facebook Login: consent, code → token of the person → long-lived token.
//! `<https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow>`,
//! `<https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived>`

use super::{Facebook, inspect::inspect, scopes};
use crate::{
    config::FacebookLoginConfig,
    domain::{Timestamp, TokenSet},
    platforms::{
        AuthorizeRequest, CodeGrant, PlatformError,
        instagram::{
            errors::Refusal,
            graph::VERSION,
            oauth::{no_token, start_again},
            token::{self, Kind},
            wire as shared,
        },
    },
};
use chrono::Duration;
use secrecy::ExposeSecret;
use url::Url;

/// The consent dialog. A configuration of Facebook Login for Business stands for the permissions.
pub(super) fn authorize_url(config: &FacebookLoginConfig, request: &AuthorizeRequest<'_>) -> Url {
    let mut url = config.authorize_url.clone();
    let mut query = url.query_pairs_mut();
    query
        .append_pair("client_id", &config.app_id)
        .append_pair("redirect_uri", request.redirect_uri)
        .append_pair("response_type", "code")
        .append_pair("state", request.state);
    match &config.config_id {
        Some(id) => query.append_pair("config_id", id),
        None => {
            let names: Vec<String> = scopes().into_iter().map(|need| need.scope).collect();
            query.append_pair("scope", &names.join(","))
        }
    };
    drop(query);
    url
}

/// Exchanges the code for the person's token, and that at once for one that lives 60 days: the tokens of Pages live as
/// long as the one they were asked for with.
pub(super) async fn exchange(facebook: &Facebook, grant: &CodeGrant<'_>) -> Result<TokenSet, PlatformError> {
    let code = grant.code.expose_secret();
    let query = [
        ("client_id", facebook.config.app_id.as_str()),
        ("redirect_uri", grant.redirect_uri),
        ("client_secret", facebook.config.app_secret.expose_secret()),
        // The redirect ends in the fragment `#_=_`, which stays on the code when people copy it.
        ("code", code.strip_suffix("#_=_").unwrap_or(code)),
    ];
    let reply = facebook.graph.ask(&[VERSION, "oauth", "access_token"], &query).await?;
    if let Some(refusal) = Refusal::of(&reply) {
        return Err(refused_code(refusal, facebook, grant.now));
    }
    let short: shared::Token = shared::object(&reply.body)?;
    let short_token = short.access_token.filter(|token| !token.is_empty()).ok_or_else(no_token)?;
    long_lived(facebook, &short_token, grant.now).await.map_err(start_again)
}

/// A long-lived token for one that is alive. What it may and when it ends, the answer does not always say, so it is
/// inspected.
pub(super) async fn long_lived(
    facebook: &Facebook,
    user_token: &str,
    now: Timestamp,
) -> Result<TokenSet, PlatformError> {
    let query = [
        ("grant_type", "fb_exchange_token"),
        ("client_id", facebook.config.app_id.as_str()),
        ("client_secret", facebook.config.app_secret.expose_secret()),
        ("fb_exchange_token", user_token),
    ];
    let reply = facebook.token_endpoint(&["oauth", "access_token"], &query, Some(now)).await?;
    let answer: shared::Token = shared::object(&reply.body)?;
    let text = answer.access_token.filter(|token| !token.is_empty()).ok_or_else(no_token)?;
    let inspected = inspect(facebook, &text, Some(now)).await?;
    let life = answer.expires_in.filter(|seconds| *seconds > 0).and_then(Duration::try_seconds);
    Ok(TokenSet {
        access_token: token::marked(Kind::FacebookUser, &text),
        access_expires_at: life.and_then(|life| now.checked_add_signed(life)).or(inspected.ends_at),
        refresh_token: None,
        refresh_expires_at: inspected.data_ends_at,
        scopes: Some(inspected.scopes).filter(|scopes| !scopes.is_empty()),
    })
}

/// Why the code was not taken. `<https://developers.facebook.com/docs/graph-api/guides/error-handling>`
fn refused_code(refusal: Refusal, facebook: &Facebook, now: Timestamp) -> PlatformError {
    let detail = match refusal.code() {
        (Some(100), Some(36007)) => "the code has expired: connect again",
        (Some(100), Some(36008)) => {
            "the callback address is not the one the dialog was opened with: register it at Facebook Login exactly as \
             `nchat-social doctor` prints it"
        }
        (Some(100), Some(36009)) => "the code was used already: connect again",
        (Some(100), _) => "Facebook does not accept the code: connect again",
        _ => return start_again(refusal.into_error(facebook.graph.flavour, Some(now))),
    };
    PlatformError::Refused { detail: detail.to_owned() }
}
