//! `/graphql` as its callers reach it: requests, and the proofs they bring.

use crate::app::{App, JWT_KEY, SHARED_SECRET};
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use nchat_social::domain::Clock;
use serde_json::{Value, json};
use sha2::Sha256;
use tower::ServiceExt;
use uuid::Uuid;

/// A header.
pub type Header<'a> = (&'a str, &'a str);

/// What Hasura always brings.
pub const SECRET: Header<'static> = ("x-nchat-social-secret", SHARED_SECRET);

/// Hasura asking for its administrator.
pub const AS_ADMIN: [Header<'static>; 2] = [SECRET, ("x-hasura-role", "admin")];

/// Sends one operation by POST; status and JSON.
pub async fn post(app: &App, headers: &[Header<'_>], query: &str, variables: Value) -> (StatusCode, Value) {
    send(app, headers, &json!({"query": query, "variables": variables}).to_string()).await
}

/// Sends a body as JSON by POST.
pub async fn send(app: &App, headers: &[Header<'_>], body: &str) -> (StatusCode, Value) {
    let request = Request::post("/graphql").header("content-type", "application/json");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    answer(app, request.body(Body::from(body.to_owned())).expect("a request")).await
}

/// The answer to any request; whatever happens, it is JSON.
pub async fn answer(app: &App, request: Request<Body>) -> (StatusCode, Value) {
    let response = app.router.clone().oneshot(request).await.expect("an answer");
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), 64 << 20).await.expect("a body");
    let text = String::from_utf8_lossy(&bytes);
    let json = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status} without JSON: {text}"));
    (status, json)
}

/// `Authorization` of a person with a token of an hour.
pub fn bearer(app: &App, role: &str, user: Option<Uuid>) -> String {
    let until = app.clock.now().timestamp() + 3600;
    format!("Bearer {}", jwt(JWT_KEY, role, user, until))
}

/// A token as nchat's authentication issues it.
pub fn jwt(key: &str, role: &str, user: Option<Uuid>, until: i64) -> String {
    let mut session = json!({"x-hasura-default-role": role, "x-hasura-allowed-roles": [role]});
    if let Some(user) = user {
        session["x-hasura-user-id"] = json!(user);
    }
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({"exp": until, "https://hasura.io/jwt/claims": session});
    let signed = format!("{}.{}", part(json!({"alg": "HS256", "typ": "JWT"})), part(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any length");
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// The code of the answer's only error.
pub fn code(answer: &Value) -> &str {
    assert_eq!(answer["errors"].as_array().map(Vec::len), Some(1), "one error: {answer:#}");
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("no code: {answer:#}"))
}
