use super::*;
use http::{HeaderMap, StatusCode};
use serde_json::json;

fn reply(status: u16, body: impl ToString) -> Reply {
    let status = StatusCode::from_u16(status).expect("a status");
    Reply { status, headers: HeaderMap::new(), body: body.to_string().into_bytes() }
}

/// A body of the general form.
fn problem(kind: &str, title: &str, detail: &str) -> String {
    json!({"type": kind, "title": title, "detail": detail}).to_string()
}

#[test]
fn every_refusal_finds_the_one_who_acts() {
    let plain = |status: u16, title: &str| {
        json!({"title": title, "type": "about:blank", "status": status, "detail": title}).to_string()
    };
    let v1 = |code: u32, message: &str| json!({"errors": [{"code": code, "message": message}]}).to_string();
    let x = "https://api.x.com/2/problems";
    let old = "https://api.twitter.com/2/problems";
    let html = || "<html><body>Something went wrong</body></html>".to_owned();
    for (status, body, code) in [
        (400, problem(&format!("{x}/invalid-request"), "Invalid Request", "One or more parameters…"), "upstream"),
        (401, plain(401, "Unauthorized"), "token_rejected"),
        (401, v1(89, "Invalid or expired token."), "token_rejected"),
        (401, html(), "token_rejected"),
        (402, problem(&format!("{x}/credits-depleted"), "Payment Required", "credits depleted"), "usage_capped"),
        (402, problem(&format!("{old}/credits"), "CreditsDepleted", "Your enrolled account [1] …"), "usage_capped"),
        (402, html(), "usage_capped"),
        (403, problem(&format!("{x}/credits"), "SpendCapReached", ""), "usage_capped"),
        (403, plain(403, "Forbidden"), "missing_scope"),
        (403, problem(&format!("{x}/unsupported-authentication"), "Unsupported Authentication", ""), "app_rejected"),
        (403, problem(&format!("{x}/client-forbidden"), "Client Forbidden", "When authenticating"), "app_rejected"),
        (403, problem("about:blank", "Forbidden", "Your account is temporarily locked. Please log in"), "account_gone"),
        (
            403,
            problem("about:blank", "Forbidden", "Your account is not permitted to access this feature."),
            "account_gone",
        ),
        (403, v1(64, "Your account is suspended and is not permitted to access this feature."), "account_gone"),
        (403, problem(&format!("{x}/something-new"), "Forbidden", ""), "upstream"),
        (403, html(), "upstream"),
        (404, json!({"type": format!("{x}/resource-not-found"), "resource_type": "user"}).to_string(), "account_gone"),
        (404, plain(404, "Not Found"), "upstream"),
        (429, plain(429, "Too Many Requests"), "rate_limited"),
        (429, problem(&format!("{x}/rate-limit-exceeded"), "Rate Limit Exceeded", ""), "rate_limited"),
        (429, v1(88, "Rate limit exceeded"), "rate_limited"),
        (429, problem(&format!("{old}/usage-capped"), "UsageCapExceeded", "Usage cap exceeded"), "usage_capped"),
        (429, html(), "rate_limited"),
        (500, plain(500, "Internal Server Error"), "upstream"),
        (502, html(), "upstream"),
        (503, plain(503, "Service Unavailable"), "upstream"),
        (503, String::new(), "upstream"),
        (302, String::new(), "upstream"),
    ] {
        assert_eq!(refusal(&reply(status, &body)).code(), code, "{status} {body}");
    }
}

#[test]
fn a_full_window_names_its_end_for_this_account_only() {
    let mut full = reply(429, "{}");
    full.headers.insert("x-rate-limit-reset", http::HeaderValue::from_static("1795341600"));
    let until = DateTime::from_timestamp(1_795_341_600, 0);
    let RateLimited { scope, until: told, .. } = refusal(&full) else { panic!("rate limited") };
    assert_eq!((scope, told), (LimitScope::Account, until));
    for odd in ["soon", "", "99999999999999999999", "-99999999999999999"] {
        full.headers.insert("x-rate-limit-reset", odd.parse().expect("a header"));
        assert_eq!(resets_at(&full), None, "{odd}");
    }
    full.headers.clear();
    assert_eq!((resets_at(&full), window(&full)), (None, None));
}

#[test]
fn a_spending_limit_names_its_day() {
    for (text, expected) in [
        ("2026-12-01", Some("2026-12-01T00:00:00Z")),
        ("2026-12-01T08:00:00Z", Some("2026-12-01T08:00:00Z")),
        ("next month", None),
    ] {
        let body = json!({"title": "SpendCapReached", "reset_date": text});
        let UsageCapped { until, .. } = refusal(&reply(403, body)) else { panic!("capped") };
        assert_eq!(until, expected.and_then(|text| text.parse().ok()), "{text}");
    }
}

#[test]
fn a_refused_request_names_our_parameters_and_nothing_of_theirs() {
    let body = json!({
        "errors": [
            {"parameters": {"max_results": ["canary"]}, "message": "canary"},
            {"parameters": {"canary": ["1"], "since_id": ["x"]}}
        ],
        "title": "canary", "detail": "canary", "type": "https://api.x.com/2/problems/invalid-request"
    });
    let error = refusal(&reply(400, body));
    assert_eq!(error.to_string(), "the platform failed (HTTP 400): X refused our request: max_results, since_id");
}

#[test]
fn no_body_gets_into_an_error() {
    for status in [400, 401, 402, 403, 404, 429, 500] {
        for body in [problem("canary", "canary", "canary suspended"), "canary".to_owned()] {
            let error = refusal(&reply(status, body));
            assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
        }
    }
}

#[test]
fn an_answer_without_data_is_never_no_posts() {
    let entry = |kind: &str, title: &str, detail: &str| json!([{"type": format!("https://api.x.com/2/problems/{kind}"), "title": title, "detail": detail}]);
    for (errors, code, word) in [
        (entry("resource-not-found", "Forbidden", "User has been suspended: [1]."), "account_gone", "suspended"),
        (entry("not-authorized-for-resource", "Authorization Error", "Sorry, …"), "account_gone", "protected"),
        (
            entry("resource-not-found", "Not Found Error", "Could not find user with id: [1]."),
            "account_gone",
            "deleted",
        ),
        (entry("resource-unavailable", "", ""), "account_gone", "deleted"),
        (entry("internal-error", "", ""), "upstream", "errors"),
        (json!([5]), "upstream", "errors"),
        (json!([]), "unreadable", "neither"),
    ] {
        let list: Readable<Problem> = serde_json::from_value(errors.clone()).expect("a list");
        let error = nothing_shown(&list);
        assert_eq!(error.code(), code, "{errors}");
        assert!(error.to_string().contains(word), "{error}");
    }
}
