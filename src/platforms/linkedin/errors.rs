//! LinkedIn's refusals in our words. Read in this order: HTTP status, `code`, `serviceErrorCode`; messages are wording
//! and change, except for the two things only they tell. Sources:
//! `<https://learn.microsoft.com/linkedin/shared/api-guide/concepts/error-handling>`,
//! `<https://learn.microsoft.com/linkedin/shared/api-guide/concepts/rate-limits>`.

use super::api::Call;
use crate::{
    domain::Timestamp,
    outbound::Reply,
    platforms::{LimitScope, PlatformError},
};
use chrono::{DateTime, Days, NaiveTime, Utc};
use serde_json::Value;

/// An answer that is not 2xx.
#[derive(Debug)]
pub(super) struct Refusal {
    pub status: u16,
    code: String,
    service_code: i64,
    message: String,
    request_id: Option<String>,
    /// The platform's own clock, for calls that are made without one.
    answered_at: Option<Timestamp>,
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
            answered_at: reply
                .header("date")
                .and_then(|date| DateTime::parse_from_rfc2822(date).ok())
                .map(|date| date.with_timezone(&Utc)),
        }
    }

    /// The token is reported as revoked; seconds after it was issued that may be untrue.
    pub fn says_revoked_token(&self) -> bool {
        self.status == 401 && (self.service_code == 65601 || self.code == "REVOKED_ACCESS_TOKEN")
    }

    /// The error for whoever must act. `now` only serves to name the end of a daily limit.
    pub fn into_error(self, call: Call, now: Option<Timestamp>) -> PlatformError {
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
            429 => self.limit(now),
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
    fn limit(&self, now: Option<Timestamp>) -> PlatformError {
        let midnight = now.or(self.answered_at).and_then(next_midnight);
        let (scope, until, detail) = if self.message.contains("APPLICATION_AND_MEMBER DAY") {
            (LimitScope::Account, midnight, "the member's daily calls to this resource are used up")
        } else if self.message.contains("APPLICATION DAY") {
            (LimitScope::App, midnight, "the app's daily calls to this resource are used up")
        } else {
            (LimitScope::Account, None, "LinkedIn asks for fewer calls")
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

fn next_midnight(now: Timestamp) -> Option<Timestamp> {
    Some(now.date_naive().checked_add_days(Days::new(1))?.and_time(NaiveTime::MIN).and_utc())
}

#[cfg(test)]
#[path = "tests/errors.rs"]
mod tests;
