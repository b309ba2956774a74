//! POST /oauth/v2/accessToken: a code or a refresh token for an access token. Everything comes in the form body; HTTP
//! Basic is not read, and a PKCE verifier breaks the exchange of a confidential web app.
//! `<https://learn.microsoft.com/linkedin/shared/authentication/authorization-code-flow>`; the verifier:
//! `<https://github.com/UsefulSoftwareCo/executor/issues/2087>`

use super::grants::{CodeRefusal, Issued};
use super::{CLIENT_ID, CLIENT_SECRET, LinkedinWorld};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use url::form_urlencoded;

/// What the token and the introspection endpoint say when they refuse.
#[derive(Debug)]
pub(super) struct OauthRefusal {
    status: u16,
    error: &'static str,
    description: String,
}

impl OauthRefusal {
    fn new(status: u16, error: &'static str, description: impl Into<String>) -> Self {
        Self { status, error, description: description.into() }
    }

    fn invalid_client() -> Self {
        Self::new(401, "invalid_client", "Client authentication failed")
    }

    fn missing(name: &str) -> Self {
        Self::new(400, "invalid_request", format!("A required parameter \"{name}\" is missing"))
    }
}

impl IntoResponse for OauthRefusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let body = json!({"error": self.error, "error_description": self.description});
        (status, Json(body)).into_response()
    }
}

/// The fields of a form body.
pub(super) struct Form(HashMap<String, String>);

impl Form {
    /// Reads the body if it says that it is a form; otherwise every field is missing.
    pub fn read(headers: &HeaderMap, body: &[u8]) -> Self {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return Self(HashMap::new());
        }
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    pub fn need(&self, name: &str) -> Result<&str, OauthRefusal> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| OauthRefusal::missing(name))
    }

    /// The app's own id and secret, in the body.
    pub fn authenticate(&self, world: &LinkedinWorld) -> Result<(), OauthRefusal> {
        let known = self.need("client_id")? == CLIENT_ID && self.need("client_secret")? == CLIENT_SECRET;
        if known && !world.state().switches.secret_changed { Ok(()) } else { Err(OauthRefusal::invalid_client()) }
    }
}

pub(super) async fn exchange(
    State(world): State<Arc<LinkedinWorld>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, OauthRefusal> {
    let form = Form::read(&headers, &body);
    let issued = match form.need("grant_type")? {
        "authorization_code" => by_code(&world, &form)?,
        "refresh_token" => by_refresh_token(&world, &form)?,
        _ => return Err(OauthRefusal::new(400, "invalid_request", "The grant type is not supported")),
    };
    Ok(Json(reply(&world, issued)))
}

fn by_code(world: &LinkedinWorld, form: &Form) -> Result<Issued, OauthRefusal> {
    let (code, redirect_uri) = (form.need("code")?, form.need("redirect_uri")?);
    form.authenticate(world)?;
    if form.0.contains_key("code_verifier") {
        return Err(OauthRefusal::invalid_client());
    }
    let mut state = world.state();
    let now = world.now();
    let grant = state.grants.redeem(code, redirect_uri, now).map_err(|refusal| match refusal {
        CodeRefusal::Unknown => OauthRefusal::new(
            state.switches.unknown_code_status,
            "invalid_request",
            "Unable to retrieve access token: authorization code not found",
        ),
        CodeRefusal::Mismatch => OauthRefusal::new(
            400,
            "invalid_request",
            "Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code. Or \
             authorization code expired. Or external member binding exists",
        ),
    })?;
    let access = world.mint("AQX", state.switches.token_length);
    let refresh = state.switches.refresh.then(|| world.mint("AQW", state.switches.token_length));
    Ok(state.grants.issue(grant, access, refresh, now))
}

fn by_refresh_token(world: &LinkedinWorld, form: &Form) -> Result<Issued, OauthRefusal> {
    let refresh = form.need("refresh_token")?;
    form.authenticate(world)?;
    let mut state = world.state();
    let access = world.mint("AQX", state.switches.token_length);
    state.grants.renew(refresh, access, world.now()).ok_or_else(|| {
        let description = "The provided authorization grant or refresh token is invalid, expired or revoked";
        OauthRefusal::new(400, "invalid_request", description)
    })
}

fn reply(world: &LinkedinWorld, issued: Issued) -> Value {
    let scope = issued.scopes.iter().map(String::as_str).collect::<Vec<_>>().join(",");
    let mut body = json!({"access_token": issued.access_token, "expires_in": issued.expires_in, "scope": scope});
    if let Some((token, left)) = issued.refresh {
        body["refresh_token"] = token.into();
        body["refresh_token_expires_in"] = left.into();
    }
    if issued.scopes.contains("openid") {
        body["id_token"] = id_token(world).into();
    }
    body
}

/// In the shape of a signed token, with a signature that nobody can check.
fn id_token(world: &LinkedinWorld) -> String {
    let now = world.now().timestamp();
    let claims = json!({
        "iss": "https://www.linkedin.com/oauth", "aud": CLIENT_ID, "sub": super::identity::PERSON_ID,
        "iat": now, "exp": now + 3600,
    });
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(json!({"alg": "RS256", "typ": "JWT"})), part(claims), world.mint("", 43))
}
