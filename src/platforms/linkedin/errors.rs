//! LinkedIn's refusals in our words. Read in this order: HTTP status, `code`, `serviceErrorCode`; messages are wording
//! and change, except for the two things only they tell. Sources:
//! `<https://learn.microsoft.com/linkedin/shared/api-guide/concepts/error-handling>`,
//! `<https://learn.microsoft.com/linkedin/shared/api-guide/concepts/rate-limits>`.

use super::api::Call;
use crate::{
    domain::{Timestamp, limits::next_midnight},
    outbound::Reply,
    platforms::{LimitScope, PlatformError},
};
use serde_json::Value;

/// An answer that is not 2xx.
#[derive(Debug)]
pub(super) struct Refusal {
    pub status: u16,
    code: String,
    service_code: i64,
    message: String,
    request_id: Option<String>,
}

/// Whose calls are used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    /// The member's to this endpoint, until 00:00 UTC.
    Member,
    /// The app's to this endpoint, until 00:00 UTC.
    App,
    /// Something else asks for fewer calls.
    Other,
}

impl Refusal {
    /// Reads what the answer tells; a body that is no JSON tells nothing.
    pub fn of(reply: &Reply) -> Self {
        let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self {
            status: reply.status.as_u16(),
            code: word(&text("code")).unwrap_or_default(),
            service_code: body.get("serviceErrorCode").and_then(Value::as_i64).unwrap_or_default(),
            message: text("message"),
            request_id: reply.header("x-li-uuid").and_then(word),
        }
    }

    /// The token is reported as revoked; seconds after it was issued that may be untrue.
    pub fn says_revoked_token(&self) -> bool {
        self.status == 401 && (self.service_code == 65601 || self.code == "REVOKED_ACCESS_TOKEN")
    }

    /// Which limit is met, if one is: only the message tells.
    pub fn limit(&self) -> Option<Limit> {
        (self.status == 429).then(|| {
            if self.message.contains("APPLICATION_AND_MEMBER DAY") {
                Limit::Member
            } else if self.message.contains("APPLICATION DAY") {
                Limit::App
            } else {
                Limit::Other
            }
        })
    }

    /// The error for whoever must act. `now` only serves to name the end of a daily limit.
    pub fn into_error(self, call: Call, now: Timestamp) -> PlatformError {
        let what = call.what();
        match self.status {
            400 if self.code.contains("VERSION") => self.version_fault("is missing or malformed"),
            // No code comes with this one: a page's token was used to read a person.
            400 if self.message.starts_with("Member permissions must be used") => {
                PlatformError::Gone { detail: self.told("only company pages can be read, not a member's own posts") }
            }
            401 => PlatformError::TokenRejected { detail: self.told(self.token_fault()) },
            403 => PlatformError::MissingScope {
                missing: call.scope().to_owned(),
                detail: self.told(&format!(
                    "LinkedIn does not allow reading {what}{}: the scope was not granted, or the member lost the role \
                     on the page",
                    self.permission().map(|name| format!(" (permission {name})")).unwrap_or_default()
                )),
            },
            404 => PlatformError::Gone { detail: self.told(&format!("{what} is gone or not visible to the member")) },
            426 => self.version_fault("is not active: it is past its sunset or not yet released"),
            429 => self.limited(now),
            500..=599 => self.upstream(&format!("reading {what}")),
            _ => self.upstream(&format!("LinkedIn did not accept how {what} was asked for")),
        }
    }

    fn token_fault(&self) -> &'static str {
        match (self.code.as_str(), self.service_code) {
            ("INVALID_ACCESS_TOKEN", _) | (_, 65600) => "the access token is not valid",
            ("REVOKED_ACCESS_TOKEN", _) | (_, 65601) => "the access token was revoked",
            ("EXPIRED_ACCESS_TOKEN", _) | (_, 65602) => "the access token has expired",
            ("EMPTY_ACCESS_TOKEN", _) | (_, 401) => "LinkedIn saw no access token",
            _ => "LinkedIn does not accept the access token",
        }
    }

    fn version_fault(&self, why: &str) -> PlatformError {
        PlatformError::AppRejected {
            detail: self.told(&format!("the API version in LINKEDIN_VERSION {why}; set a supported month and restart")),
        }
    }

    /// Daily counters start again at 00:00 UTC; LinkedIn sends no header that says so.
    fn limited(&self, now: Timestamp) -> PlatformError {
        let midnight = Some(next_midnight(now));
        let (scope, until, detail) = match self.limit() {
            Some(Limit::Member) => {
                (LimitScope::Login, midnight, "the member's daily calls to this resource are used up")
            }
            Some(Limit::App) => (LimitScope::App, midnight, "the app's daily calls to this resource are used up"),
            Some(Limit::Other) | None => (LimitScope::Account, None, "LinkedIn asks for fewer calls"),
        };
        PlatformError::RateLimited { scope, until, detail: self.told(detail) }
    }

    fn upstream(&self, detail: &str) -> PlatformError {
        PlatformError::Upstream { status: self.status, retry_at: None, detail: self.told(detail) }
    }

    /// `partnerApiPostsExternal.FINDER-author.20260901` out of "Not enough permissions to access: …".
    fn permission(&self) -> Option<String> {
        word(self.message.strip_prefix("Not enough permissions to access: ")?.split_whitespace().next()?)
    }

    /// `detail` with the code, where there is one, and the id that LinkedIn's support asks for.
    fn told(&self, detail: &str) -> String {
        let mut told = detail.to_owned();
        if !self.code.is_empty() {
            told.push_str(&format!(" [{}]", self.code));
        }
        if let Some(id) = &self.request_id {
            told.push_str(&format!(" (request {id})"));
        }
        told
    }
}

/// A short name of the platform's that may be shown; anything that could be prose or markup is not.
fn word(text: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-+/=".contains(&byte);
    (!text.is_empty() && text.len() <= 100 && text.bytes().all(plain)).then(|| text.to_owned())
}

#[cfg(test)]
#[path = "tests/errors.rs"]
mod tests;
