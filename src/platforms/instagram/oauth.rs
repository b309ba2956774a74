//! Business login for Instagram: code → short-lived token → long-lived token, and its renewal.
//! `<https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login>`

use super::{errors::Refusal, flavour::INSTAGRAM, graph::Graph, wire};
use crate::{
    config::InstagramLoginConfig,
    domain::{Timestamp, TokenSet},
    outbound::Reply,
    platforms::{AuthorizeRequest, CodeGrant, LimitScope, PlatformError},
};
use chrono::Duration;
use http::{Request, header::CONTENT_TYPE};
use secrecy::{ExposeSecret, SecretString};
use url::{Url, form_urlencoded};

/// The documented life of a long-lived token, for an answer that does not name it.
const DOCUMENTED_LIFE: Duration = Duration::days(60);

/// The consent page. No PKCE: the endpoint does not know it.
pub(super) fn authorize_url(config: &InstagramLoginConfig, request: &AuthorizeRequest<'_>) -> Url {
    let mut url = config.authorize_url.clone();
    url.query_pairs_mut()
        .append_pair("client_id", &config.app_id)
        .append_pair("redirect_uri", request.redirect_uri)
        .append_pair("response_type", "code")
        .append_pair("scope", INSTAGRAM.read_scope)
        .append_pair("state", request.state);
    url
}

/// Exchanges the code for an hour's token, and that at once for the one to keep.
pub(super) async fn exchange(
    config: &InstagramLoginConfig,
    graph: &Graph,
    grant: &CodeGrant<'_>,
) -> Result<TokenSet, PlatformError> {
    let code = grant.code.expose_secret();
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", &config.app_id)
        .append_pair("client_secret", config.app_secret.expose_secret())
        .append_pair("grant_type", "authorization_code")
        .append_pair("redirect_uri", grant.redirect_uri)
        // The redirect ends in the fragment `#_`, which stays on the code when people copy it.
        .append_pair("code", code.strip_suffix("#_").unwrap_or(code))
        .finish();
    let request = Request::post(config.token_url.as_str())
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form.into_bytes())
        .map_err(|_| crate::outbound::OutboundError::Invalid)?;
    let reply = graph.http().send(request).await?;
    if let Some(error) = refused_code(&reply, grant.now) {
        return Err(start_again(error));
    }
    let short: wire::Token = wire::object(&reply.body)?;
    let short_token = short.access_token.filter(|token| !token.is_empty()).ok_or_else(no_token)?;
    let query = [
        ("grant_type", "ig_exchange_token"),
        ("client_secret", config.app_secret.expose_secret()),
        ("access_token", short_token.as_str()),
    ];
    let reply = graph.token(&["access_token"], &query, Some(grant.now)).await.map_err(start_again)?;
    long_lived(&reply, grant.now, short.permissions)
}

/// A token rejected seconds after it was granted did not die of age, and no refresh can help.
pub(super) fn start_again(error: PlatformError) -> PlatformError {
    match error {
        PlatformError::TokenRejected { detail } => PlatformError::Refused { detail },
        other => other,
    }
}

/// Renews a long-lived token by itself. One that has ended cannot be renewed: the person must log in again.
pub(super) async fn refresh(graph: &Graph, tokens: &TokenSet, now: Timestamp) -> Result<TokenSet, PlatformError> {
    let query = [("grant_type", "ig_refresh_token"), ("access_token", tokens.access_token.expose_secret())];
    let reply = graph.token(&["refresh_access_token"], &query, Some(now)).await.map_err(|error| match error {
        PlatformError::TokenRejected { detail } => PlatformError::Revoked { detail },
        other => other,
    })?;
    long_lived(&reply, now, tokens.scopes.clone())
}

/// The token to keep. `scopes` are those known before; an answer that names them knows better.
fn long_lived(reply: &Reply, now: Timestamp, scopes: Option<Vec<String>>) -> Result<TokenSet, PlatformError> {
    let token: wire::Token = wire::object(&reply.body)?;
    let access_token = token.access_token.filter(|token| !token.is_empty()).ok_or_else(no_token)?;
    let life = token.expires_in.map_or(Some(DOCUMENTED_LIFE), |seconds| Duration::try_seconds(seconds.max(0)));
    Ok(TokenSet {
        access_token: SecretString::from(access_token),
        access_expires_at: life.and_then(|life| now.checked_add_signed(life)),
        refresh_token: None,
        refresh_expires_at: None,
        scopes: token.permissions.or(scopes),
    })
}

pub(super) fn no_token() -> PlatformError {
    wire::missing("access_token", "the answer holds no token")
}

/// Why the code was not taken, if it was not.
fn refused_code(reply: &Reply, now: Timestamp) -> Option<PlatformError> {
    let error: wire::CodeError = serde_json::from_slice(&reply.body).unwrap_or_default();
    if error.error_type.is_none() && error.error_message.is_none() {
        return Refusal::of(reply).map(|refusal| refusal.into_error(&INSTAGRAM, Some(now)));
    }
    let status = reply.status.as_u16();
    let message = error.error_message.unwrap_or_default().to_ascii_lowercase();
    let refused = |detail: &str| PlatformError::Refused { detail: detail.to_owned() };
    Some(if message.contains("redirect_uri") || message.contains("client secret") {
        refused(
            "Instagram does not accept the code. Either the callback address is not registered exactly as sent (a \
             slash at its end counts), or INSTAGRAM_APP_SECRET is wrong: Instagram answers both the same way",
        )
    } else if message.contains("invalid platform app") {
        PlatformError::AppRejected {
            detail: "INSTAGRAM_APP_ID is not an Instagram app id: use the one under Instagram > API setup with \
                     Instagram login, not the Meta app id"
                .to_owned(),
        }
    } else if message.contains("matching code was not found") {
        refused("the code is unknown, used or older than an hour: connect again")
    } else if error.code == Some(429) || status == 429 {
        PlatformError::RateLimited {
            scope: LimitScope::App,
            until: now.checked_add_signed(Duration::minutes(15)),
            detail: "too many logins through this app".to_owned(),
        }
    } else if status >= 500 || error.code.is_some_and(|code| (500..600).contains(&code)) {
        let detail = "the token endpoint failed".to_owned();
        PlatformError::Upstream { status, retry_at: None, detail }
    } else {
        refused("Instagram does not accept the code: connect again")
    })
}

#[cfg(test)]
mod tests;
