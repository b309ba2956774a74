//! OAuth 2.0 with PKCE: tokens for one person's account, read only.
//! `<https://docs.x.com/fundamentals/authentication/oauth-2-0/user-access-token>`

use super::{SCOPES, errors};
use crate::{
    config::platforms::TwitterConfig,
    domain::{Timestamp, TokenSet},
    outbound::{Outbound, OutboundError, Reply},
    platforms::{AuthorizeRequest, CodeGrant, PlatformError, Revocation},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::future::BoxFuture;
use http::{HeaderValue, Request, header};
use oauth2::{
    AuthType, AuthorizationCode, ClientId, HttpRequest, HttpResponse, PkceCodeVerifier, RedirectUrl, RefreshToken,
    RequestTokenError, TokenResponse, TokenUrl,
    basic::{BasicClient, BasicErrorResponse, BasicTokenResponse},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

/// The address of X's consent page.
pub(super) fn authorize_url(config: &TwitterConfig, request: &AuthorizeRequest<'_>) -> Url {
    let scopes = SCOPES.map(|(scope, _)| scope).join(" ");
    let mut url = config.authorize_url.clone();
    {
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &config.client_id)
            .append_pair("redirect_uri", request.redirect_uri)
            .append_pair("scope", &scopes)
            .append_pair("state", request.state);
        if let Some(challenge) = request.pkce_challenge {
            query.append_pair("code_challenge", challenge).append_pair("code_challenge_method", "S256");
        }
    }
    // X's page breaks on `+` for a space; a plus sign itself is already written `%2B`.
    let query = url.query().map(|query| query.replace('+', "%20"));
    url.set_query(query.as_deref());
    url
}

/// Exchanges a code, which lives for 30 seconds and works once.
pub(super) async fn exchange(
    config: &TwitterConfig,
    http: &Outbound,
    grant: &CodeGrant<'_>,
) -> Result<TokenSet, PlatformError> {
    let redirect = RedirectUrl::new(grant.redirect_uri.to_owned())
        .map_err(|_| PlatformError::Refused { detail: "our callback is not an address".to_owned() })?;
    let client = client(config).set_redirect_uri(redirect);
    let mut request = client.exchange_code(AuthorizationCode::new(grant.code.expose_secret().to_owned()));
    if let Some(verifier) = grant.pkce_verifier {
        request = request.set_pkce_verifier(PkceCodeVerifier::new(verifier.expose_secret().to_owned()));
    }
    let send = sender(config, http, Grant::Code);
    token_set(request.request_async(&send).await, grant.now)
}

/// Refreshes the tokens. The answer's refresh token replaces the one sent, which is dead from then on: keep the new pair
/// before using it, and let one caller at a time refresh a login. Without an answer nobody knows whether X rotated; trying
/// the old token again can only help.
pub(super) async fn refresh(
    config: &TwitterConfig,
    http: &Outbound,
    tokens: &TokenSet,
    now: Timestamp,
) -> Result<TokenSet, PlatformError> {
    let Some(token) = &tokens.refresh_token else {
        return Err(PlatformError::Revoked { detail: "the connection has no refresh token".to_owned() });
    };
    let token = RefreshToken::new(token.expose_secret().to_owned());
    let send = sender(config, http, Grant::Refresh);
    token_set(client(config).exchange_refresh_token(&token).request_async(&send).await, now)
}

/// Ends the grant: the refresh token first, since it lives longer.
pub(super) async fn revoke(
    config: &TwitterConfig,
    http: &Outbound,
    tokens: &TokenSet,
) -> Result<Revocation, PlatformError> {
    let refresh = match &tokens.refresh_token {
        Some(token) => revoke_one(config, http, token, "refresh_token").await,
        None => Ok(()),
    };
    // Also when the first call failed: each token that is gone is one less.
    let access = revoke_one(config, http, &tokens.access_token, "access_token").await;
    refresh.and(access).map(|()| Revocation::Done)
}

async fn revoke_one(
    config: &TwitterConfig,
    http: &Outbound,
    token: &SecretString,
    hint: &str,
) -> Result<(), PlatformError> {
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("token", token.expose_secret())
        .append_pair("token_type_hint", hint)
        .append_pair("client_id", &config.client_id)
        .finish();
    let request = Request::post(config.revoke_url.as_str())
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form.into_bytes())
        .map_err(|_| OutboundError::Invalid)?;
    let reply = post(config, http, request).await?;
    match reply.status.as_u16() {
        429 => Err(errors::rate_limited(&reply)),
        // What X answers for a token that is dead already is not written anywhere: any refusal counts as over.
        200..=299 | 400..=499 => Ok(()),
        status => Err(errors::upstream(status)),
    }
}

/// The request builder. It never gets the secret: it would percent-encode id and secret inside the Basic header, while X
/// documents them as they are, so [`post`] writes that header. What stays is `client_id` in the body, which public clients
/// need and confidential ones may send.
fn client(
    config: &TwitterConfig,
) -> BasicClient<
    oauth2::EndpointNotSet,
    oauth2::EndpointNotSet,
    oauth2::EndpointNotSet,
    oauth2::EndpointNotSet,
    oauth2::EndpointSet,
> {
    BasicClient::new(ClientId::new(config.client_id.clone()))
        .set_auth_type(AuthType::RequestBody)
        .set_token_uri(TokenUrl::from_url(config.token_url.clone()))
}

/// Which call of the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grant {
    Code,
    Refresh,
}

/// Sends the requests of the `oauth2` crate through [`Outbound`]. Refusals are sorted here, where the status is still
/// known. It owns what it needs, since futures that borrow would not be `Send` inside the crate's.
fn sender(
    config: &TwitterConfig,
    http: &Outbound,
    grant: Grant,
) -> impl Fn(HttpRequest) -> BoxFuture<'static, Result<HttpResponse, PlatformError>> + Send + Sync + use<> {
    let (config, http) = (config.clone(), http.clone());
    move |request| {
        let (config, http) = (config.clone(), http.clone());
        Box::pin(async move {
            let reply = post(&config, &http, request).await?;
            if reply.status.is_success() { Ok(HttpResponse::new(reply.body)) } else { Err(refusal(grant, &reply)) }
        })
    }
}

/// Sends a form as this app: a confidential client signs with Basic (its secret in the body is refused), a public one must
/// not.
async fn post(config: &TwitterConfig, http: &Outbound, mut request: Request<Vec<u8>>) -> Result<Reply, PlatformError> {
    if let Some(secret) = &config.client_secret {
        let pair = Zeroizing::new(format!("{}:{}", config.client_id, secret.expose_secret()));
        let basic = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
        let mut value = HeaderValue::from_str(&basic).map_err(|_| OutboundError::Invalid)?;
        value.set_sensitive(true);
        request.headers_mut().insert(header::AUTHORIZATION, value);
    }
    Ok(http.send(request).await?)
}

type TokenAnswer = Result<BasicTokenResponse, RequestTokenError<PlatformError, BasicErrorResponse>>;

fn token_set(answer: TokenAnswer, now: Timestamp) -> Result<TokenSet, PlatformError> {
    let unreadable =
        |at: &str, detail: &str| PlatformError::Unreadable { at: at.to_owned(), detail: detail.to_owned() };
    let granted = answer.map_err(|error| match error {
        RequestTokenError::Request(refusal) => refusal,
        // The other kinds carry the body, and with it perhaps a token.
        _ => unreadable("$", "not the answer of a token endpoint"),
    })?;
    if granted.access_token().secret().is_empty() {
        return Err(unreadable("access_token", "the answer holds no token"));
    }
    let lifetime = granted.expires_in().and_then(|lifetime| chrono::Duration::from_std(lifetime).ok());
    Ok(TokenSet {
        access_token: granted.access_token().secret().as_str().into(),
        access_expires_at: lifetime.and_then(|lifetime| now.checked_add_signed(lifetime)),
        refresh_token: granted.refresh_token().map(|token| token.secret().as_str().into()),
        // X names no end of it.
        refresh_expires_at: None,
        scopes: granted.scopes().map(|scopes| scopes.iter().map(|scope| scope.to_string()).collect()),
    })
}

/// The token endpoint's own form of error.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TokenError {
    error: String,
    error_description: String,
}

/// What a refusal of the token endpoint means. X uses the RFC's words in its own way: a dead refresh token is
/// `invalid_request`, a wrong secret `unauthorized_client`.
/// `<https://github.com/gptme/gptme-contrib/issues/285>`, `<https://github.com/better-auth/better-auth/issues/2095>`
fn refusal(grant: Grant, reply: &Reply) -> PlatformError {
    let status = reply.status.as_u16();
    let TokenError { error, error_description } = serde_json::from_slice(&reply.body).unwrap_or_default();
    match (status, error.as_str(), grant) {
        (429, ..) => errors::rate_limited(reply),
        (400, "invalid_client", _) => {
            app_rejected("X does not know the client id, or the app is of the other client type")
        }
        (401, ..) | (400, "unauthorized_client", _) => app_rejected("X refuses the app's client id and secret"),
        (400, _, Grant::Code) => PlatformError::Refused { detail: code_refusal(&error_description).to_owned() },
        (400, "invalid_request" | "invalid_grant", Grant::Refresh) if !is_our_fault(&error_description) => {
            PlatformError::Revoked { detail: "X no longer accepts the refresh token".to_owned() }
        }
        (402 | 403, ..) => match errors::refusal(reply) {
            about_the_app @ (PlatformError::UsageCapped { .. } | PlatformError::AppRejected { .. }) => about_the_app,
            _ => errors::upstream(status),
        },
        _ => errors::upstream(status),
    }
}

fn app_rejected(detail: &str) -> PlatformError {
    PlatformError::AppRejected { detail: detail.to_owned() }
}

/// A request that X finds malformed says nothing about the connection: nobody is disconnected for it.
fn is_our_fault(description: &str) -> bool {
    description.starts_with("Missing required parameter") || description.contains("grant type")
}

fn code_refusal(description: &str) -> &'static str {
    if description.contains("code verifier") || description.contains("code_verifier") {
        "the connection was not started in this browser: start again"
    } else if description.contains("redirect uri") {
        "the callback address differs from the one registered at X"
    } else if description.contains("authorization code") {
        "the permission was used or is older than 30 seconds: start again"
    } else {
        "X did not accept the permission: start again"
    }
}

#[cfg(test)]
mod tests;
