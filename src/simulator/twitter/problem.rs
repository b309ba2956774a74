//! X's refusals, to the letter where they were seen. `<https://docs.x.com/x-api/fundamentals/response-codes-and-errors>`

use crate::{domain::Timestamp, simulator::Preset};
use serde_json::{Value, json};

/// An answer that is no success.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) status: u16,
    pub(super) body: Value,
}

/// The names [`preset`] knows.
pub const PRESETS: [&str; 12] = [
    "rate_limited",
    "rate_limited_documented",
    "rate_limited_old",
    "usage_cap",
    "credits_depleted",
    "credits_depleted_old",
    "spend_cap",
    "locked",
    "client_forbidden",
    "unauthorized",
    "unauthorized_old",
    "unavailable",
];

/// The refusal called `name`; its window, where it has one, ends a quarter of an hour after `now`.
pub fn preset(name: &str, now: Timestamp) -> Option<Preset> {
    let problem = match name {
        "rate_limited" => Problem::rate_limited(),
        "rate_limited_documented" => Problem {
            status: 429,
            body: json!({ "title": "Rate Limit Exceeded", "detail": "Rate limit exceeded", "status": 429,
                "type": "https://api.x.com/2/problems/rate-limit-exceeded" }),
        },
        "rate_limited_old" => {
            Problem { status: 429, body: json!({ "errors": [{ "code": 88, "message": "Rate limit exceeded" }] }) }
        }
        "usage_cap" => Problem {
            status: 429,
            body: json!({ "account_id": 1_700_000_000_000_000_099_u64, "product_name": "standard-basic",
                "title": "UsageCapExceeded", "period": "Monthly", "scope": "Product",
                "detail": "Usage cap exceeded: Monthly product cap",
                "type": "https://api.twitter.com/2/problems/usage-capped" }),
        },
        "credits_depleted" => Problem {
            status: 402,
            body: json!({ "detail": "credits depleted", "status": 402, "title": "Payment Required",
                "type": "https://api.x.com/2/problems/credits-depleted" }),
        },
        "credits_depleted_old" => Problem {
            status: 402,
            body: json!({ "account_id": 1_700_000_000_000_000_099_u64, "title": "CreditsDepleted",
                "detail": "Your enrolled account [1700000000000000099] does not have any credits to fulfill this request.",
                "type": "https://api.twitter.com/2/problems/credits" }),
        },
        "spend_cap" => Problem {
            status: 403,
            body: json!({ "account_id": 1_700_000_000_000_000_099_u64, "title": "SpendCapReached",
                "reset_date": first_of_next_month(now), "detail": "Spend cap reached",
                "type": "https://api.x.com/2/problems/credits" }),
        },
        "locked" => Problem::locked(),
        "client_forbidden" => Problem {
            status: 403,
            body: json!({ "client_id": "17000099", "title": "Client Forbidden", "reason": "client-not-enrolled",
                "required_enrollment": "Appropriate Level of API Access",
                "registration_url": "https://developer.x.com/en/docs/projects/overview",
                "detail": "When authenticating requests to the Twitter API v2 endpoints, you must use keys and tokens \
                    from a Twitter developer App that is attached to a Project.",
                "type": "https://api.x.com/2/problems/client-forbidden" }),
        },
        "unauthorized" => Problem::unauthorized(),
        "unauthorized_old" => {
            Problem { status: 401, body: json!({ "errors": [{ "code": 89, "message": "Invalid or expired token." }] }) }
        }
        "unavailable" => Problem {
            status: 503,
            body: json!({ "title": "Service Unavailable", "detail": "Service Unavailable", "type": "about:blank",
                "status": 503 }),
        },
        _ => return None,
    };
    let remaining = if name.starts_with("rate_limited") { "0" } else { "895" };
    let headers = match problem.status {
        401 | 503 => Vec::new(),
        _ => vec![
            ("x-rate-limit-limit", "900".to_owned()),
            ("x-rate-limit-remaining", remaining.to_owned()),
            ("x-rate-limit-reset", (now.timestamp() + 900).to_string()),
        ],
    };
    Some(Preset { status: problem.status, headers, body: problem.body })
}

fn first_of_next_month(now: Timestamp) -> String {
    let next = now.date_naive().checked_add_months(chrono::Months::new(1)).unwrap_or_default();
    next.format("%Y-%m-01").to_string()
}

impl Problem {
    pub(super) fn invalid(errors: Vec<Value>) -> Self {
        Self {
            status: 400,
            body: json!({ "errors": errors, "title": "Invalid Request",
                "detail": "One or more parameters to your request was invalid.",
                "type": "https://api.x.com/2/problems/invalid-request" }),
        }
    }

    pub(super) fn unauthorized() -> Self {
        Self::blank(401, "Unauthorized")
    }

    /// A scope is missing.
    pub(super) fn forbidden() -> Self {
        Self::blank(403, "Forbidden")
    }

    pub(super) fn rate_limited() -> Self {
        Self::blank(429, "Too Many Requests")
    }

    pub(super) fn not_found() -> Self {
        Self::blank(404, "Not Found")
    }

    pub(super) fn locked() -> Self {
        let detail = "Your account is temporarily locked. Please log in to https://x.com to unlock your account.";
        Self {
            status: 403,
            body: json!({ "title": "Forbidden", "detail": detail, "type": "about:blank", "status": 403 }),
        }
    }

    /// The caller's own account is suspended. X's present body is not known; this is the one of older days.
    pub(super) fn suspended() -> Self {
        let message = "Your account is suspended and is not permitted to access this feature.";
        Self { status: 403, body: json!({ "errors": [{ "code": 64, "message": message }] }) }
    }

    /// An app's token where a person's is needed. The two spaces are X's.
    pub(super) fn app_only() -> Self {
        let detail = "Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.  Supported \
            authentication types are [OAuth 1.0a User Context, OAuth 2.0 User Context].";
        Self {
            status: 403,
            body: json!({ "title": "Unsupported Authentication", "detail": detail, "status": 403,
                "type": "https://api.x.com/2/problems/unsupported-authentication" }),
        }
    }

    fn blank(status: u16, title: &str) -> Self {
        Self { status, body: json!({ "title": title, "detail": title, "type": "about:blank", "status": status }) }
    }
}
