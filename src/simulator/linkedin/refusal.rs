//! How the API says no: `{message, serviceErrorCode?, status, code?}`.
//! `<https://learn.microsoft.com/linkedin/shared/api-guide/concepts/error-handling>`

use crate::simulator::Preset;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// What a fault can be named after: the refusal's name and whether it passes by itself.
pub(super) const PRESETS: [(&str, bool); 11] = [
    ("app_limit", false),
    ("member_limit", false),
    ("throttled", true),
    ("server_error", true),
    ("unavailable", true),
    ("gateway_timeout", true),
    ("invalid_token", false),
    ("revoked", false),
    ("expired", false),
    ("denied", false),
    ("version_inactive", false),
];

/// The refusal called `name`.
pub(super) fn preset(name: &str) -> Option<Preset> {
    let refusal = match name {
        "app_limit" => Refusal::throttled("APPLICATION"),
        "member_limit" => Refusal::throttled("APPLICATION_AND_MEMBER"),
        // Without either of the two words: not a day's limit but the protection of LinkedIn's own machines.
        "throttled" => Refusal::new(429, Some(101), Some("TOO_MANY_REQUESTS"), "Too many requests"),
        "server_error" => Refusal::new(500, Some(0), None, "Internal Server Error"),
        "unavailable" => Refusal::new(503, Some(0), None, "Service Unavailable"),
        "gateway_timeout" => Refusal::new(504, Some(0), None, "Gateway Timeout"),
        "invalid_token" => Refusal::unknown_token(),
        "revoked" => Refusal::revoked_token(),
        "expired" => Refusal::expired_token(),
        "denied" => Refusal::denied("partnerApiPostsExternal.FINDER-author.20260901"),
        "version_inactive" => Refusal::version_inactive("202501"),
        _ => return None,
    };
    Some(Preset { status: refusal.status, headers: Vec::new(), body: refusal.body() })
}

/// A refused call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub status: u16,
    service_error_code: Option<u32>,
    code: Option<&'static str>,
    message: String,
}

impl Refusal {
    fn new(
        status: u16,
        service_error_code: Option<u32>,
        code: Option<&'static str>,
        message: impl Into<String>,
    ) -> Self {
        Self { status, service_error_code, code, message: message.into() }
    }

    /// No bearer token came.
    pub fn empty_token() -> Self {
        Self::new(401, Some(401), None, "Empty oauth2_access_token")
    }

    /// Nobody ever issued this token.
    pub fn unknown_token() -> Self {
        Self::new(401, Some(65600), Some("INVALID_ACCESS_TOKEN"), "Invalid access token")
    }

    /// The member, or a newer grant, ended it.
    pub fn revoked_token() -> Self {
        let message = "The token used in the request has been revoked by the user";
        Self::new(401, Some(65601), Some("REVOKED_ACCESS_TOKEN"), message)
    }

    /// Its 60 days are over.
    pub fn expired_token() -> Self {
        let message = "The token used in the request has expired";
        Self::new(401, Some(65602), Some("EXPIRED_ACCESS_TOKEN"), message)
    }

    pub fn version_missing() -> Self {
        let message = "A version must be present. Please specify a version by adding the Linkedin-Version header.";
        Self::new(400, None, Some("VERSION_MISSING"), message)
    }

    pub fn version_malformed() -> Self {
        Self::new(400, None, Some("INVALID_VERSION"), "The requested version is not of the form YYYYMM")
    }

    /// Past its sunset or not released; the message names the first day of the version's month.
    pub fn version_inactive(version: &str) -> Self {
        let message = format!("Requested version {version}01 is not active");
        Self::new(426, None, Some("NONEXISTENT_VERSION"), message)
    }

    /// The token's scope or the member's role does not reach `permission`
    /// (`partnerApiPostsExternal.FINDER-author.20260901`).
    pub fn denied(permission: &str) -> Self {
        let message = format!("Not enough permissions to access: {permission}");
        Self::new(403, Some(100), Some("ACCESS_DENIED"), message)
    }

    /// Media answer in words of their own.
    pub fn media_forbidden(kind: &str) -> Self {
        let message = format!("Accessing this {kind} resource is forbidden");
        Self::new(403, Some(100), Some("ACCESS_DENIED"), message)
    }

    /// A page token asked for a person's posts.
    pub fn member_as_author() -> Self {
        Self::new(400, None, None, "Member permissions must be used when using member as author")
    }

    /// A value, or the query's syntax, is wrong.
    pub fn illegal(message: impl Into<String>) -> Self {
        Self::new(400, Some(100), Some("ILLEGAL_ARGUMENT"), message)
    }

    pub fn missing_field(name: &str) -> Self {
        Self::new(400, Some(100), Some("MISSING_FIELD"), format!("Parameter '{name}' is required"))
    }

    pub fn urn_kind(urn: &str) -> Self {
        Self::new(400, Some(100), Some("INVALID_URN_TYPE"), format!("URN type is not supported here: {urn}"))
    }

    pub fn param_not_allowed(name: &str) -> Self {
        let message = format!("Query parameter '{name}' is not allowed");
        Self::new(400, Some(100), Some("QUERY_PARAM_NOT_ALLOWED"), message)
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, Some(0), Some("NOT_FOUND"), message)
    }

    pub fn method_not_allowed() -> Self {
        Self::new(405, Some(0), Some("METHOD_NOT_ALLOWED"), "Method not allowed")
    }

    pub fn uri_too_long() -> Self {
        Self::new(414, None, None, "Request-URI Too Long: tunnel the query")
    }

    /// A day's calls are used up. `whose`: `APPLICATION` or `APPLICATION_AND_MEMBER`.
    pub fn throttled(whose: &str) -> Self {
        let message = format!("Resource level throttle {whose} DAY limit for calls to this resource is reached.");
        Self::new(429, Some(101), Some("TOO_MANY_REQUESTS"), message)
    }

    /// The error's JSON.
    pub fn body(&self) -> Value {
        let mut body = json!({"status": self.status, "message": self.message});
        if let Some(number) = self.service_error_code {
            body["serviceErrorCode"] = number.into();
        }
        if let Some(code) = self.code {
            body["code"] = code.into();
        }
        body
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(self.body())).into_response()
    }
}
