use super::*;
use crate::platforms::instagram::flavour::{FACEBOOK, INSTAGRAM};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;

fn now() -> Timestamp {
    "2026-11-22T10:00:00Z".parse().unwrap()
}

fn reply(status: u16, body: &str) -> Reply {
    let status = StatusCode::from_u16(status).unwrap();
    Reply { status, headers: HeaderMap::new(), body: body.as_bytes().to_vec() }
}

fn error_of(status: u16, body: &str) -> PlatformError {
    Refusal::of(&reply(status, body)).expect("a refusal").into_error(&INSTAGRAM, Some(now()))
}

fn graph(error: serde_json::Value) -> String {
    json!({ "error": error }).to_string()
}

/// A code with a message, a kind and, where not 0, a subcode.
fn coded(code: i64, subcode: i64, kind: &str, message: &str) -> String {
    graph(json!({"message": message, "type": kind, "code": code, "error_subcode": subcode, "fbtrace_id": "Atrace-1"}))
}

#[test]
fn every_code_has_its_meaning() {
    let oauth = "OAuthException";
    let table = [
        (190, 0, oauth, "Error validating access token: Session has expired on Monday", "token_rejected"),
        (190, 458, oauth, "", "token_rejected"),
        (190, 460, oauth, "", "token_rejected"),
        (190, 492, oauth, "", "token_rejected"),
        (102, 0, oauth, "Session key invalid", "token_rejected"),
        (104, 0, oauth, "Incorrect signature", "app_rejected"),
        (101, 0, oauth, "Error validating application.", "app_rejected"),
        (
            100,
            0,
            "GraphMethodException",
            "API calls from the server require an appsecret_proof argument",
            "app_rejected",
        ),
        (100, 0, "GraphMethodException", "Invalid appsecret_proof provided in the API argument", "app_rejected"),
        (3, 0, oauth, "Capability", "missing_scope"),
        (10, 0, "IGApiException", "Application does not have permission for this action", "missing_scope"),
        (200, 0, oauth, "Permissions error", "missing_scope"),
        (299, 0, oauth, "Permissions error", "missing_scope"),
        (4, 0, oauth, "Application request limit reached", "rate_limited"),
        (17, 0, oauth, "User request limit reached", "rate_limited"),
        (32, 0, oauth, "Page request limit reached", "rate_limited"),
        (341, 0, oauth, "", "rate_limited"),
        (613, 1996, oauth, "", "rate_limited"),
        (80001, 0, oauth, "", "rate_limited"),
        (80002, 0, oauth, "(#80002) There have been too many calls", "rate_limited"),
        (368, 0, oauth, "", "refused"),
        (1, 0, oauth, "An unknown error has occurred.", "upstream"),
        (2, 0, oauth, "Service temporarily unavailable", "upstream"),
        (1, 0, oauth, "Error validating client secret.", "app_rejected"),
        (100, 33, "GraphMethodException", "Object does not exist", "account_gone"),
        (803, 0, oauth, "Some of the aliases you requested do not exist", "account_gone"),
        (100, 0, "IGApiException", "Unsupported request - method type: get", "missing_scope"),
        (100, 0, oauth, "(#100) Tried accessing nonexisting field (alt_text) on node type (X)", "unreadable"),
        (2500, 0, oauth, "Unknown path components: /me", "unreadable"),
        (9005, 0, oauth, "", "upstream"),
    ];
    for (code, subcode, kind, message, word) in table {
        // The status says nothing: the same code comes with several.
        for status in [200, 400, 403, 500] {
            let error = error_of(status, &coded(code, subcode, kind, message));
            assert_eq!(error.code(), word, "{code}/{subcode} with HTTP {status}: {error}");
            assert!(error.to_string().contains("trace Atrace-1"), "{error}");
        }
    }
}

#[test]
fn limits_say_whom_they_stop_and_until_when() {
    let minutes = |minutes| Some(now() + Duration::minutes(minutes));
    for (code, scope, regain, until) in [
        (4, LimitScope::App, 0, minutes(15)),
        (17, LimitScope::Account, 7, minutes(15)),
        (80002, LimitScope::Account, 40, minutes(40)),
        (80002, LimitScope::Account, 9_999, minutes(24 * 60)),
    ] {
        let mut reply = reply(400, &coded(code, 0, "OAuthException", ""));
        let header = format!(r#"{{"1":[{{"type":"instagram","estimated_time_to_regain_access":{regain}}}]}}"#);
        reply.headers.insert("x-business-use-case-usage", HeaderValue::from_str(&header).unwrap());
        let error = Refusal::of(&reply).unwrap().into_error(&INSTAGRAM, Some(now()));
        let PlatformError::RateLimited { scope: stopped, until: at, .. } = error else { panic!("{error}") };
        assert_eq!((stopped, at), (scope, until), "{code} {regain}");
    }
    let error = Refusal::of(&reply(400, &coded(17, 0, "", ""))).unwrap().into_error(&INSTAGRAM, None);
    assert!(matches!(error, PlatformError::RateLimited { until: None, .. }));
}

#[test]
fn recorded_refusals_are_understood() {
    macro_rules! fixture {
        ($name:literal) => {
            include_str!(concat!("../../../../tests/fixtures/instagram/", $name))
        };
    }
    for (body, expected) in [
        (fixture!("error-190-expired.json"), "access token rejected: the token has expired (code 190, trace Afake)"),
        (fixture!("error-80002.json"), "rate limited: too many calls for this account (code 80002, trace Afake)"),
        (
            fixture!("error-nonexistent-field.json"),
            "unreadable answer at field account_type: Instagram does not accept the request as this version writes it \
             (code 100, trace Afake)",
        ),
    ] {
        assert_eq!(error_of(400, body).to_string(), expected);
    }
    let error = error_of(400, fixture!("error-unsupported-request.json"));
    assert_eq!(error.code(), "missing_scope");
    assert!(error.to_string().contains("tester invitation"), "{error}");
}

#[test]
fn outages_without_a_graph_error_are_the_platforms() {
    for (status, body) in [
        (500, "<!DOCTYPE html><html>Sorry</html>"),
        (200, "\n <html>Sorry</html>"),
        (502, ""),
        (503, "upstream connect error"),
        (404, "not here"),
        (302, ""),
        (429, "[]"),
    ] {
        let PlatformError::Upstream { status: seen, .. } = error_of(status, body) else { panic!("{status} {body}") };
        assert_eq!(seen, status);
    }
}

#[test]
fn odd_error_objects_are_still_refusals() {
    for (status, body, word) in [
        (400, r#"{"error":"invalid_request"}"#.to_owned(), "unreadable"),
        (503, r#"{"error":{}}"#.to_owned(), "upstream"),
        (200, graph(json!({"code": "190"})), "token_rejected"),
        (400, graph(json!({"code": 77, "is_transient": true})), "upstream"),
        (400, graph(json!({"code": 100, "is_transient": true})), "upstream"),
        (400, graph(json!({"code": 190, "is_transient": true})), "token_rejected"),
        (400, graph(json!({"code": 1e300})), "unreadable"),
    ] {
        assert_eq!(error_of(status, &body).code(), word, "{body}");
    }
}

#[test]
fn successes_are_no_refusals() {
    for body in [r#"{"data":[]}"#, r#"{"data":[],"error":null}"#, "", "[", r#"{"id":"1"}"#] {
        assert!(Refusal::of(&reply(200, body)).is_none(), "{body}");
    }
}

#[test]
fn the_platforms_text_stays_out() {
    let body = graph(json!({
        "message": "Cannot parse access token IGAAsecret", "type": "OAuthException", "code": 190,
        "fbtrace_id": "IGAAsecret with spaces",
    }));
    let error = error_of(400, &body);
    assert!(!format!("{error} {error:?}").contains("IGAAsecret"));
    let named = coded(100, 0, "OAuthException", "nonexisting field (https://secret) on node");
    assert!(!error_of(400, &named).to_string().contains("secret"));
}

#[test]
fn a_trace_has_no_room_for_a_secret() {
    let told = |trace: &str| {
        let error = json!({"message": "x", "type": "OAuthException", "code": 80002, "fbtrace_id": trace});
        error_of(400, &graph(error)).to_string()
    };
    assert!(told("AIfn3yvkqzGXUcTdY2nqLCg").contains("trace AIfn3yvkqzGXUcTdY2nqLCg"));
    // An app secret has 32 characters.
    assert!(!told("0123456789abcdef0123456789abcdef").contains("0123456789"));
}

#[test]
fn complaints_name_a_field() {
    let about = |message: &str, field: &str| {
        Refusal::of(&reply(400, &coded(100, 0, "OAuthException", message))).unwrap().is_about(field)
    };
    let bracketed = "(#100) Tried accessing nonexisting field (alt_text) on node type (caption)";
    assert!(about(bracketed, "alt_text"));
    assert!(!about(bracketed, "caption"));
    assert!(about("(#100) like_count is not available here", "like_count"));
    assert!(!about("(#100) like_counter is not available here", "like_count"));
    let other = Refusal::of(&reply(400, &coded(190, 0, "", "field (alt_text)"))).unwrap();
    assert!(!other.is_about("alt_text"));
}

#[test]
fn too_heavy_a_page_is_told_from_other_faults() {
    let asks = |code, message: &str| Refusal::of(&reply(500, &coded(code, 0, "", message))).unwrap().asks_for_less();
    assert!(asks(1, "Please reduce the amount of data you're asking for, then retry your request"));
    assert!(!asks(1, "An unknown error has occurred."));
    assert!(!asks(190, "Please reduce the amount of data"));
}

#[test]
fn each_login_names_its_own_settings_and_permission() {
    for (flavour, secret, id, scope, place) in [
        (&INSTAGRAM, "INSTAGRAM_APP_SECRET", "INSTAGRAM_APP_ID", "instagram_business_basic", "Instagram"),
        (&FACEBOOK, "FACEBOOK_APP_SECRET", "FACEBOOK_APP_ID", "instagram_basic", "Facebook"),
    ] {
        let told = |code, subcode, message: &str| {
            let body = coded(code, subcode, "OAuthException", message);
            Refusal::of(&reply(400, &body)).unwrap().into_error(flavour, None).to_string()
        };
        assert!(told(104, 0, "").contains(secret));
        assert!(told(1, 0, "Error validating client secret.").contains(secret));
        assert!(told(100, 0, "Invalid appsecret_proof provided in the API argument").contains(secret));
        assert!(told(101, 0, "").contains(id));
        assert!(told(10, 0, "").contains(&format!("({scope})")));
        assert!(told(190, 458, "").contains(&format!("removed in {place}")));
    }
}
