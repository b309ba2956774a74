use super::*;
use http::{HeaderMap, StatusCode};
use serde_json::json;

fn reply(status: u16, body: &Value, headers: &[(&'static str, &str)]) -> Reply {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, value.parse().expect("a header"));
    }
    Reply { status: StatusCode::from_u16(status).expect("a status"), headers: map, body: body.to_string().into_bytes() }
}

fn error(status: u16, body: &Value) -> PlatformError {
    let now = "2026-11-22T19:30:00Z".parse().expect("a time");
    Refusal::of(&reply(status, body, &[])).into_error(Call::Posts, now)
}

#[test]
fn every_refusal_names_who_acts() {
    for (status, body, code) in [
        (400, json!({"code": "VERSION_MISSING", "status": 400}), "app_rejected"),
        (400, json!({"code": "INVALID_VERSION"}), "app_rejected"),
        (400, json!({"code": "ILLEGAL_ARGUMENT", "serviceErrorCode": 100}), "upstream"),
        (400, json!({"code": "MISSING_FIELD"}), "upstream"),
        (400, json!({"code": "INVALID_URN_TYPE"}), "upstream"),
        (400, json!({"code": "QUERY_PARAM_NOT_ALLOWED", "errorDetails": {"inputErrors": []}}), "upstream"),
        (400, json!({"message": "Member permissions must be used when using member as author"}), "account_gone"),
        (401, json!({"code": "INVALID_ACCESS_TOKEN", "serviceErrorCode": 65600}), "token_rejected"),
        (401, json!({"code": "REVOKED_ACCESS_TOKEN", "serviceErrorCode": 65601}), "token_rejected"),
        (401, json!({"code": "EXPIRED_ACCESS_TOKEN", "serviceErrorCode": 65602}), "token_rejected"),
        (401, json!({"serviceErrorCode": 401, "message": "Empty oauth2_access_token"}), "token_rejected"),
        (401, json!("<html>"), "token_rejected"),
        (403, json!({"code": "ACCESS_DENIED", "serviceErrorCode": 100}), "missing_scope"),
        (403, json!({"message": "Accessing this image resource is forbidden"}), "missing_scope"),
        (404, json!({"code": "NOT_FOUND", "serviceErrorCode": 0}), "account_gone"),
        (405, json!({}), "upstream"),
        (409, json!({"code": "CONFLICT"}), "upstream"),
        (411, json!({}), "upstream"),
        (414, json!({}), "upstream"),
        (422, json!({}), "upstream"),
        (
            426,
            json!({"code": "NONEXISTENT_VERSION", "message": "Requested version 20250401 is not active"}),
            "app_rejected",
        ),
        (429, json!({"code": "TOO_MANY_REQUESTS", "serviceErrorCode": 101}), "rate_limited"),
        (500, json!({}), "upstream"),
        (502, json!("<html>"), "upstream"),
        (503, json!({}), "upstream"),
        (504, json!({}), "upstream"),
        (302, json!({}), "upstream"),
    ] {
        assert_eq!(error(status, &body).code(), code, "{status} {body}");
    }
}

#[test]
fn token_faults_are_told_apart() {
    for (service_code, words) in
        [(65600, "not valid"), (65601, "revoked"), (65602, "expired"), (401, "no access token")]
    {
        let text = error(401, &json!({"serviceErrorCode": service_code})).to_string();
        assert!(text.contains(words), "{service_code}: {text}");
    }
    let revoked = |status, body: Value| Refusal::of(&reply(status, &body, &[])).says_revoked_token();
    assert!(revoked(401, json!({"serviceErrorCode": 65601})));
    assert!(revoked(401, json!({"code": "REVOKED_ACCESS_TOKEN"})));
    assert!(!revoked(401, json!({"serviceErrorCode": 65602})));
    assert!(!revoked(403, json!({"serviceErrorCode": 65601})));
}

#[test]
fn limits_end_at_midnight_utc_where_they_are_daily() {
    let midnight = Some("2026-11-23T00:00:00Z".parse().expect("a time"));
    let message = |which: &str| format!("Resource level throttle {which} limit for calls to this resource is reached.");
    for (message, scope, until) in [
        (message("APPLICATION_AND_MEMBER DAY"), LimitScope::Login, midnight),
        (message("APPLICATION DAY"), LimitScope::App, midnight),
        ("Too many requests".to_owned(), LimitScope::Account, None),
    ] {
        match error(429, &json!({"message": message})) {
            PlatformError::RateLimited { scope: found, until: end, .. } => {
                assert_eq!((found, end), (scope, until), "{message}")
            }
            other => panic!("{message}: {other:?}"),
        }
    }
}

#[test]
fn a_missing_permission_is_named() {
    let body = json!({
        "status": 403, "serviceErrorCode": 100, "code": "ACCESS_DENIED",
        "message": "Not enough permissions to access: partnerApiPostsExternal.FINDER-author.20260901"
    });
    let refusal = Refusal::of(&reply(403, &body, &[("x-li-uuid", "AAYx+/g==")]));
    let PlatformError::MissingScope { missing, detail } =
        refusal.into_error(Call::Posts, "2026-11-22T19:30:00Z".parse().expect("a time"))
    else {
        panic!("scope")
    };
    assert_eq!(missing, "r_organization_social");
    assert!(detail.contains("partnerApiPostsExternal.FINDER-author.20260901"), "{detail}");
    assert!(detail.ends_with("[ACCESS_DENIED] (request AAYx+/g==)"), "{detail}");
}

#[test]
fn a_dead_version_names_the_setting() {
    assert!(error(426, &json!({"code": "NONEXISTENT_VERSION"})).to_string().contains("LINKEDIN_VERSION"));
}

#[test]
fn the_platform_s_prose_is_never_repeated() {
    for status in [400, 401, 403, 404, 426, 429, 500] {
        let body = json!({
            "message": "Not enough permissions to access: <b>AQXtoken secret</b>", "code": "AQX token secret", "status": "x"
        });
        let text = error(status, &body).to_string();
        assert!(!text.contains("AQX") && !text.contains("<b>"), "{status}: {text}");
    }
}
