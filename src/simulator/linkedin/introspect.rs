//! POST /oauth/v2/introspectToken and the OpenID discovery document.
//! `<https://learn.microsoft.com/linkedin/shared/authentication/token-introspection>`

use super::token::{Form, OauthRefusal};
use super::{CLIENT_ID, LinkedinWorld};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use serde_json::{Value, json};
use std::sync::Arc;

/// Times in the answer are epoch seconds.
pub(super) async fn introspect(
    State(world): State<Arc<LinkedinWorld>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, OauthRefusal> {
    let form = Form::read(&headers, &body);
    let token = form.need("token")?;
    form.authenticate(&world)?;
    let state = world.state();
    let Some(token) = state.grants.access(token) else { return Ok(Json(json!({"active": false}))) };
    let status = match token {
        token if token.revoked => "revoked",
        token if token.expires_at <= world.now() => "expired",
        _ => "active",
    };
    Ok(Json(json!({
        "active": status == "active",
        "client_id": CLIENT_ID,
        "authorized_at": token.grant.authorized_at.timestamp(),
        "created_at": token.issued_at.timestamp(),
        "status": status,
        "expires_at": token.expires_at.timestamp(),
        "scope": token.grant.scopes.iter().map(String::as_str).collect::<Vec<_>>().join(","),
        "auth_type": "3L",
    })))
}

pub(super) async fn discovery() -> Json<Value> {
    Json(json!({
        "issuer": "https://www.linkedin.com/oauth",
        "authorization_endpoint": "https://www.linkedin.com/oauth/v2/authorization",
        "token_endpoint": "https://www.linkedin.com/oauth/v2/accessToken",
        "userinfo_endpoint": "https://api.linkedin.com/v2/userinfo",
        "jwks_uri": "https://www.linkedin.com/oauth/openid/jwks",
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "profile", "email"],
    }))
}
