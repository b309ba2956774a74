//! What a refusal of a Graph host means. Its code decides, not the HTTP status: nearly everything comes as 400.
//! `<https://developers.facebook.com/docs/graph-api/guides/error-handling>`
//! `<https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/error-codes>`

use super::{flavour::Flavour, usage::Usage};
use crate::{
    domain::Timestamp,
    outbound::Reply,
    platforms::{LimitScope, PlatformError},
};
use chrono::Duration;
use serde_json::Value;

/// An answer that is no success, whatever its status. No Debug: the platform's text is for decisions only.
pub(super) struct Refusal {
    status: u16,
    error: Option<GraphError>,
    pause: Duration,
}

/// The `error` object; only `message`, `type` and `code` are certain.
#[derive(Default)]
struct GraphError {
    message: String,
    kind: String,
    code: Option<i64>,
    subcode: Option<i64>,
    transient: bool,
    trace: Option<String>,
}

impl GraphError {
    fn read(error: &Value) -> Self {
        let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = |name: &str| {
            let value = error.get(name)?;
            value.as_i64().or_else(|| value.as_str()?.parse().ok())
        };
        let trace = text("fbtrace_id");
        // Longer ones, real ones have 11 or 23 characters, could be a secret that was repeated.
        let plausible = (1..=24).contains(&trace.len())
            && trace.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-/+".contains(&byte));
        Self {
            message: text("message"),
            kind: text("type"),
            code: number("code"),
            subcode: number("error_subcode").filter(|subcode| *subcode != 0),
            transient: error.get("is_transient").and_then(Value::as_bool).unwrap_or(false),
            trace: plausible.then_some(trace),
        }
    }

    /// `text`, with what Meta's support asks for.
    fn explain(&self, text: &str) -> String {
        let code = match (self.code, self.subcode) {
            (Some(code), Some(subcode)) => format!("code {code}/{subcode}"),
            (Some(code), None) => format!("code {code}"),
            _ => "no code".to_owned(),
        };
        let trace = self.trace.as_ref().map(|trace| format!(", trace {trace}")).unwrap_or_default();
        format!("{text} ({code}{trace})")
    }
}

impl Refusal {
    /// The refusal in `reply`, if it is one. A success may carry an `error` too, and an outage may come as a page for
    /// browsers with status 200.
    pub(super) fn of(reply: &Reply) -> Option<Self> {
        let error = match serde_json::from_slice::<Value>(&reply.body) {
            Ok(Value::Object(answer)) => answer.get("error").filter(|error| !error.is_null()).map(GraphError::read),
            _ => None,
        };
        let html = reply.body.trim_ascii_start().first() == Some(&b'<');
        (error.is_some() || html || !reply.status.is_success()).then(|| Self {
            status: reply.status.as_u16(),
            error,
            pause: Usage::of(reply).pause(),
        })
    }

    /// Whether the refusal is about `field`: the one in brackets where there is one, else any word of its text.
    pub(super) fn is_about(&self, field: &str) -> bool {
        let Some(error) = self.error.as_ref().filter(|error| error.code == Some(100)) else { return false };
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        match named_field(&error.message) {
            Some(named) => named == field,
            None => error.message.split(|c| !is_part(c)).any(|word| word == field),
        }
    }

    /// Meta's code and, where there is one, subcode.
    pub(super) fn code(&self) -> (Option<i64>, Option<i64>) {
        self.error.as_ref().map_or((None, None), |error| (error.code, error.subcode))
    }

    /// The answer would be too heavy: ask for fewer posts.
    pub(super) fn asks_for_less(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.code == Some(1) && error.message.contains("reduce the amount"))
    }

    /// Who must act, and when. `now` turns waiting times into points in time.
    pub(super) fn into_error(self, flavour: &Flavour, now: Option<Timestamp>) -> PlatformError {
        let Self { status, error, pause } = self;
        let Some(error) = error else {
            let detail = "no answer of the Graph API, a page or nothing in its place".to_owned();
            return PlatformError::Upstream { status, retry_at: None, detail };
        };
        let explain = |text: &str| error.explain(text);
        let limited = |scope, wait: Duration, text: &str| PlatformError::RateLimited {
            scope,
            until: now.and_then(|now| now.checked_add_signed(wait)),
            detail: explain(text),
        };
        let failed = |text: &str| PlatformError::Upstream { status, retry_at: None, detail: explain(text) };
        let missing =
            |what: &str, text: &str| PlatformError::MissingScope { missing: what.to_owned(), detail: explain(text) };
        let rejected = |text: String| PlatformError::AppRejected { detail: explain(&text) };
        let message = error.message.to_ascii_lowercase();
        match error.code {
            Some(190 | 102) => PlatformError::TokenRejected { detail: explain(&why_dead(&error, &message, flavour)) },
            Some(104) => {
                rejected(format!("signature not accepted: check {} and \"Require App Secret\"", flavour.app_secret))
            }
            Some(100) if message.contains("appsecret_proof") => rejected(format!(
                "the call's signature is not accepted: {} is not the secret of the app that the token was made for",
                flavour.app_secret
            )),
            Some(101) => rejected(format!("{} is no app that Meta knows", flavour.app_id)),
            Some(4) => limited(LimitScope::App, pause, "the app made too many calls"),
            Some(17 | 32 | 341 | 613 | 80001 | 80002) => {
                limited(LimitScope::Account, pause, "too many calls for this account")
            }
            // Waiting alone may not end it, and calls would lengthen it: a person is told, and a day is waited.
            Some(368) => PlatformError::Refused {
                detail: explain(
                    "Meta blocks it for a while over its policies: look at the account's status in the Instagram app, \
                     and at the alerts of the app at developers.facebook.com",
                ),
            },
            Some(3) => missing(flavour.read_scope, "the Meta app lacks the capability: check its Instagram product"),
            Some(10 | 200..=299) => {
                missing(flavour.read_scope, "the token may not read posts: reconnect and leave every permission ticked")
            }
            _ if message.contains("client secret") => {
                rejected(format!("app id and secret do not belong together: check {}", flavour.app_secret))
            }
            Some(1 | 2) => failed("temporary fault"),
            _ if error.transient => failed("temporary fault"),
            Some(100) if error.kind == "IGApiException" && message.contains("unsupported request") => missing(
                "Instagram Tester role",
                "the account does not belong to the app: accept its tester invitation in Instagram (website, \
                 Settings, Apps and websites, Tester invites), then reconnect",
            ),
            Some(803) => PlatformError::Gone { detail: explain("the account or post does not exist") },
            Some(100) if error.subcode == Some(33) => {
                PlatformError::Gone { detail: explain("the account or post does not exist or is not shown to us") }
            }
            Some(100) => PlatformError::Unreadable {
                at: named_field(&error.message).map_or_else(|| "request".to_owned(), |name| format!("field {name}")),
                detail: explain("Instagram does not accept the request as this version writes it"),
            },
            Some(2500) => PlatformError::Unreadable {
                at: "request path".to_owned(),
                detail: explain("Instagram does not know the path or saw no token"),
            },
            None if status == 429 => limited(LimitScope::Account, pause, "too many calls"),
            None if status < 500 => {
                PlatformError::Unreadable { at: "error.code".to_owned(), detail: explain("a refusal without a code") }
            }
            _ => failed("a fault we have no word for"),
        }
    }
}

/// Why a token is dead, as far as the answer tells; Instagram's own host mostly sends no subcode.
fn why_dead(error: &GraphError, message: &str, flavour: &Flavour) -> String {
    let why = match error.subcode {
        Some(458) => return format!("the app was removed in {}", flavour.place),
        Some(459 | 464) => return format!("{} wants the person to log in and confirm something first", flavour.place),
        Some(460) => "the password was changed or the session was reset",
        Some(463) => "the token has expired",
        Some(492) => "the person who connected it has no role on the Facebook Page any more",
        _ if message.contains("changed their password") => "the password was changed or the session was reset",
        _ if message.contains("has expired") => "the token has expired",
        _ => "the token is not valid any more",
    };
    why.to_owned()
}

/// The field a complaint names in brackets: `(#100) Tried accessing nonexisting field (name) on …`.
fn named_field(message: &str) -> Option<&str> {
    let (_, behind) = message.split_once("field (")?;
    let (name, _) = behind.split_once(')')?;
    let is_name = !name.is_empty()
        && name.len() <= 40
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    is_name.then_some(name)
}

#[cfg(test)]
mod tests;
