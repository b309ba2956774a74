//! X's refusals, sorted by who acts next. Bodies echo what was sent, so nothing of them gets into an error: the details
//! are ours, and at most name parameters that we send ourselves.
//! `<https://docs.x.com/x-api/fundamentals/response-codes-and-errors>`

use super::{tolerance::Readable, wire::Problem};
use crate::{
    domain::{Timestamp, limits::Window},
    outbound::Reply,
    platforms::{
        LimitScope,
        PlatformError::{
            self, AppRejected, Gone, MissingScope, RateLimited, TokenRejected, Unreadable, Upstream, UsageCapped,
        },
    },
};
use chrono::{DateTime, NaiveDate, NaiveTime};
use serde::de::DeserializeOwned;

/// What an answer outside 2xx means.
pub(super) fn refusal(reply: &Reply) -> PlatformError {
    let status = reply.status.as_u16();
    tracing::debug!(status, transaction = transaction(reply), "X refused a request");
    let body: Option<Problem> = serde_json::from_slice(&reply.body).ok();
    let is_json = body.is_some();
    let problem = body.unwrap_or_default();
    if let Some(detail) = cap(&problem, status) {
        let until = problem.reset_date.as_deref().and_then(day);
        return UsageCapped { until, detail: detail.to_owned() };
    }
    match status {
        400 => Upstream { status, retry_at: None, detail: bad_request(&problem) },
        401 => TokenRejected { detail: "the access token has ended or was withdrawn".to_owned() },
        403 if is_json => forbidden(&problem),
        404 if problem.kind() == "resource-not-found" && problem.resource_type.as_deref() == Some("user") => {
            Gone { detail: "X does not find the account".to_owned() }
        }
        429 => rate_limited(reply),
        _ => upstream(status),
    }
}

/// What an answer of 200 without any data means. X answers so for accounts that cannot be shown; it never means that
/// there are no posts.
pub(super) fn nothing_shown(errors: &Readable<Problem>) -> PlatformError {
    if errors.items.is_empty() && errors.unreadable.is_empty() {
        return Unreadable { at: "data".to_owned(), detail: "neither data nor errors".to_owned() };
    }
    let tells = |kinds: &[&str]| errors.items.iter().any(|problem| kinds.contains(&problem.kind()));
    let suspended = errors.items.iter().any(|problem| mentions(problem, "suspended"));
    if tells(&["internal-error", "field-hydration-failure", "invalid-request"]) || errors.items.is_empty() {
        Upstream { status: 200, retry_at: None, detail: "an answer with errors in place of posts".to_owned() }
    } else if suspended {
        Gone { detail: "X has suspended the account".to_owned() }
    } else if tells(&["not-authorized-for-resource"]) {
        Gone { detail: "the account is protected".to_owned() }
    } else {
        Gone { detail: "X does not show the account: deleted, suspended or protected".to_owned() }
    }
}

/// An answer's JSON.
pub(super) fn decode<T: DeserializeOwned>(reply: &Reply) -> Result<T, PlatformError> {
    serde_json::from_slice(&reply.body)
        .map_err(|_| Unreadable { at: "$".to_owned(), detail: "not the JSON object that was expected".to_owned() })
}

/// A full window, which is one token's: it opens again at the time in the header, where there is one.
/// `<https://docs.x.com/x-api/fundamentals/rate-limits>`
pub(super) fn rate_limited(reply: &Reply) -> PlatformError {
    RateLimited {
        scope: LimitScope::Account,
        until: resets_at(reply),
        detail: "too many requests in X's window".to_owned(),
    }
}

/// A fault of X's or of something on the way.
pub(super) fn upstream(status: u16) -> PlatformError {
    Upstream { status, retry_at: None, detail: "no usable answer".to_owned() }
}

/// When the window starts again. The headers are missing on some answers, which says nothing about the limit.
pub(super) fn resets_at(reply: &Reply) -> Option<Timestamp> {
    DateTime::from_timestamp(reply.header("x-rate-limit-reset")?.trim().parse().ok()?, 0)
}

/// Calls left in the window of the token that called.
pub(super) fn window(reply: &Reply) -> Option<Window> {
    let remaining = reply.header("x-rate-limit-remaining")?.trim().parse().ok()?;
    Some(Window { remaining, resets_at: resets_at(reply)? })
}

/// Money or a cap, not a window: every call of the app fails alike while the window's headers look healthy. 402 is
/// always about money.
/// `<https://docs.x.com/x-api/getting-started/pricing>`
fn cap(problem: &Problem, status: u16) -> Option<&'static str> {
    if !matches!(status, 402 | 403 | 429) {
        return None;
    }
    match (problem.title.as_deref().unwrap_or(""), problem.kind()) {
        ("SpendCapReached", _) => Some("the spending limit of the developer account is reached"),
        ("UsageCapExceeded", _) | (_, "usage-capped") => Some("the plan's cap of posts is used up"),
        ("CreditsDepleted", _) | (_, "credits" | "credits-depleted") => {
            Some("the developer account has no credits left")
        }
        _ if status == 402 => Some("X asks for payment"),
        _ => None,
    }
}

fn forbidden(problem: &Problem) -> PlatformError {
    match problem.kind() {
        "client-forbidden" => {
            return AppRejected { detail: "the app is in no project, or its plan does not allow this call".to_owned() };
        }
        "unsupported-authentication" => {
            return AppRejected { detail: "X wants a person's token for this call".to_owned() };
        }
        _ => {}
    }
    // API 1.1's code 64 and the sentences of API 2 for accounts that X has stopped.
    let code =
        |wanted| problem.code == Some(wanted) || problem.errors.items.iter().any(|inner| inner.code == Some(wanted));
    if mentions(problem, "temporarily locked") {
        Gone { detail: "X has locked the account until its owner unlocks it at x.com".to_owned() }
    } else if code(64) || mentions(problem, "suspended") || mentions(problem, "is not permitted to access this feature")
    {
        Gone { detail: "X has suspended the account".to_owned() }
    } else if matches!(problem.kind(), "" | "about:blank") {
        MissingScope {
            missing: "tweet.read users.read".to_owned(),
            detail: "the connection lacks the right to read posts: connect the account again".to_owned(),
        }
    } else {
        upstream(403)
    }
}

/// Whether any of the problem's sentences holds `words`.
fn mentions(problem: &Problem, words: &str) -> bool {
    let sentences = [&problem.title, &problem.detail, &problem.message];
    sentences.into_iter().flatten().any(|sentence| sentence.contains(words))
        || problem.errors.items.iter().any(|inner| mentions(inner, words))
}

/// Names the refused parameters, which are our own words.
fn bad_request(problem: &Problem) -> String {
    const SENT: [&str; 11] = [
        "id",
        "ids",
        "max_results",
        "since_id",
        "pagination_token",
        "exclude",
        "expansions",
        "tweet.fields",
        "post.fields",
        "media.fields",
        "user.fields",
    ];
    let errors = [problem].into_iter().chain(&problem.errors.items);
    let refused: Vec<&str> = errors
        .filter_map(|error| error.parameters.as_ref())
        .flat_map(|parameters| parameters.keys())
        .filter_map(|name| SENT.into_iter().find(|sent| sent == name))
        .collect();
    match refused.as_slice() {
        [] => "X refused our request".to_owned(),
        names => format!("X refused our request: {}", names.join(", ")),
    }
}

fn day(text: &str) -> Option<Timestamp> {
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    text.parse().ok().or_else(|| text.parse().ok().map(midnight))
}

/// X's own number of the exchange, for a question to its support.
fn transaction(reply: &Reply) -> Option<&str> {
    reply.header("x-transaction-id").filter(|id| id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests;
