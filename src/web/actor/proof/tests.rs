//! Which proof counts, and what is refused.

use super::*;
use crate::{config::AuthConfig, web::actor::jwt::tests as jwt};
use axum::http::{HeaderName, HeaderValue};
use chrono::DateTime;

const SHARED: &str = "a shared secret of some length";
const OPERATOR: &str = "a token for operators, 32 characters or more";

fn auth() -> AuthConfig {
    AuthConfig {
        shared_secret: Some(SHARED.into()),
        jwt: Some(jwt::config()),
        admin_token: Some(OPERATOR.into()),
        admin_roles: vec!["admin".into()],
        session_cookies: vec!["nchat-session".into(), "nhostSession".into()],
    }
}

fn proof(auth: &AuthConfig, method: &Method, pairs: &[(&'static str, &str)]) -> Result<Proof, Refusal> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"));
    }
    let now = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
    prove(auth, "https://chat.example.com", now, method, &headers)
}

fn role(proof: Result<Proof, Refusal>) -> Option<String> {
    proof.expect("not refused").claims.map(|claims| claims.role)
}

#[test]
fn hasura_is_known_by_its_secret_and_speaks_for_its_session() {
    let session = [
        (SECRET, SHARED),
        (ROLE, "owner"),
        (USER_ID, "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"),
        (TENANT, "acme"),
        (AUTHORIZATION, "Bearer nonsense that Hasura passed on"),
    ];
    let known = proof(&auth(), &Method::POST, &session).expect("known");
    assert!(known.from_hasura);
    let claims = known.claims.expect("a session");
    assert_eq!(
        (claims.role.as_str(), claims.tenant.as_deref(), claims.user_id.is_some()),
        ("owner", Some("acme"), true)
    );

    let introspection = proof(&auth(), &Method::POST, &[(SECRET, SHARED)]).expect("known");
    assert!(introspection.from_hasura && introspection.claims.is_none());

    let without = AuthConfig { shared_secret: None, ..auth() };
    for (auth, secret) in [(auth(), "wrong"), (without, SHARED)] {
        assert_eq!(proof(&auth, &Method::POST, &[(SECRET, secret), (ROLE, "admin")]), Err(Refusal::Secret));
    }
    let twice = [(SECRET, SHARED), (ROLE, "user"), (ROLE, "admin")];
    assert_eq!(proof(&auth(), &Method::POST, &twice), Err(Refusal::Twice(ROLE)));
    for tenant in ["", "*"] {
        let all = [(SECRET, SHARED), (ROLE, "admin"), (TENANT, tenant)];
        assert!(matches!(proof(&auth(), &Method::POST, &all), Err(Refusal::Session(_))), "{tenant:?}");
    }
}

#[test]
fn session_headers_without_the_secret_are_nothing() {
    let forged = [(ROLE, "admin"), (USER_ID, "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"), (TENANT, "acme")];
    assert_eq!(proof(&auth(), &Method::POST, &forged), Ok(Proof::default()));
    let empty = [(SECRET, ""), (ROLE, "admin")];
    assert_eq!(proof(&auth(), &Method::POST, &empty), Ok(Proof::default()), "an unset secret proves nothing");
    let unset = AuthConfig { shared_secret: None, jwt: None, admin_token: None, ..auth() };
    assert_eq!(proof(&unset, &Method::POST, &empty), Ok(Proof::default()));
}

#[test]
fn a_bearer_token_counts_and_a_bad_one_is_refused() {
    let good = format!("bearer {}", jwt::session("owner"));
    assert_eq!(role(proof(&auth(), &Method::POST, &[(AUTHORIZATION, &good)])).as_deref(), Some("owner"));
    let chosen = [(AUTHORIZATION, good.as_str()), (ROLE, "user")];
    assert_eq!(role(proof(&auth(), &Method::POST, &chosen)).as_deref(), Some("user"), "a role asked for");
    let stolen = [(AUTHORIZATION, good.as_str()), (ROLE, "admin")];
    assert_eq!(proof(&auth(), &Method::POST, &stolen), Err(Refusal::Role));
    let bad = format!("{good}x");
    assert_eq!(proof(&auth(), &Method::POST, &[(AUTHORIZATION, &bad)]), Err(Refusal::Token));
    let unset = AuthConfig { jwt: None, ..auth() };
    assert_eq!(
        proof(&unset, &Method::POST, &[(AUTHORIZATION, &good)]),
        Err(Refusal::Token),
        "nothing to check it with"
    );
    assert_eq!(proof(&auth(), &Method::POST, &[(AUTHORIZATION, "Basic dTpw")]), Ok(Proof::default()), "a proxy's");
}

#[test]
fn a_cookie_counts_where_a_browser_may_speak() {
    let token = jwt::session("owner");
    let cookie = format!("theme=dark; nhostSession={token}");
    let own = [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
    assert_eq!(role(proof(&auth(), &Method::POST, &own)).as_deref(), Some("owner"));
    assert_eq!(role(proof(&auth(), &Method::GET, &[("cookie", &cookie)])).as_deref(), Some("owner"));
    assert_eq!(role(proof(&auth(), &Method::POST, &[("cookie", &cookie)])), None);
    let foreign = [("cookie", cookie.as_str()), ("sec-fetch-site", "cross-site")];
    assert_eq!(role(proof(&auth(), &Method::GET, &foreign)), None);

    let stale = format!("nchat-session=old.old.old; nhostSession={token}");
    assert_eq!(
        role(proof(&auth(), &Method::GET, &[("cookie", &stale)])).as_deref(),
        Some("owner"),
        "the next one holds"
    );
    let unsigned = r#"nchat-session={"userId":"6f9619ff-8b86-4d01-b42d-00cf4fc964ff","role":"owner"}"#;
    assert_eq!(proof(&auth(), &Method::GET, &[("cookie", unsigned)]), Ok(Proof::default()));
    assert_eq!(role(proof(&auth(), &Method::GET, &[("cookie", &format!("other={token}"))])), None);
}

#[test]
fn the_operators_token_counts_as_bearer_alone() {
    let bearer = format!("Bearer {OPERATOR}");
    let operator = Proof { is_operator: true, ..Proof::default() };
    assert_eq!(proof(&auth(), &Method::POST, &[(AUTHORIZATION, &bearer)]), Ok(operator.clone()));
    let without_jwt = AuthConfig { jwt: None, ..auth() };
    assert_eq!(proof(&without_jwt, &Method::POST, &[(AUTHORIZATION, &bearer)]), Ok(operator));
    // Roles and tenants are no business of it.
    let more = [(AUTHORIZATION, bearer.as_str()), (ROLE, "user"), (TENANT, "acme")];
    assert_eq!(proof(&auth(), &Method::POST, &more).expect("known").claims, None);
    let unset = AuthConfig { admin_token: None, ..auth() };
    assert_eq!(proof(&unset, &Method::POST, &[(AUTHORIZATION, &bearer)]), Err(Refusal::Token));
    for wrong in [&bearer[..bearer.len() - 1], "Bearer ", "Bearer x"] {
        assert_eq!(proof(&auth(), &Method::POST, &[(AUTHORIZATION, wrong)]), Err(Refusal::Token), "{wrong:?}");
    }
    for (name, value) in [("cookie", format!("nchat_social_session={OPERATOR}")), (SECRET, OPERATOR.into())] {
        assert!(!proof(&auth(), &Method::GET, &[(name, &value)]).is_ok_and(|proof| proof.is_operator), "{name}");
    }
}

#[test]
fn the_operators_session_is_a_cookie_of_the_own_page() {
    let now = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
    let cookie = format!("{}={}", operator::COOKIE, operator::open_session(&OPERATOR.into(), now));
    let of = |method: Method, site: &str| {
        proof(&auth(), &method, &[("cookie", &cookie), ("sec-fetch-site", site)]).expect("not refused")
    };
    let known = of(Method::POST, "same-origin");
    assert_eq!((known.is_operator, known.until), (true, Some(now + operator::SESSION)));
    for (method, site) in [(Method::POST, "cross-site"), (Method::POST, "same-site"), (Method::GET, "cross-site")] {
        assert_eq!(of(method, site), Proof::default(), "{site}");
    }
    let forged = format!("{}=9999999999.AAAA", operator::COOKIE);
    assert_eq!(proof(&auth(), &Method::GET, &[("cookie", &forged)]), Ok(Proof::default()));
}

/// Nhost's cookie holds JSON, whose token counts by its signature alone.
#[test]
fn a_session_of_nhosts_counts_by_its_tokens_signature() {
    let session = |token: &str| {
        let json = serde_json::json!({"accessToken": token, "refreshToken": "r", "user": {"roles": ["admin"]}});
        percent_encoding::utf8_percent_encode(&json.to_string(), percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let token = jwt::session("owner");
    let of = |value: String, site: &str| {
        let cookie = format!("nhostSession={value}");
        role(proof(&auth(), &Method::POST, &[("cookie", &cookie), ("sec-fetch-site", site)]))
    };
    assert_eq!(of(session(&token), "same-origin").as_deref(), Some("owner"));
    assert_eq!(of(session(&token), "cross-site"), None);
    assert_eq!(of(session(&format!("{token}x")), "same-origin"), None, "not signed so");
    let unsigned = r#"{"userId":"x","role":"owner","accessToken":"eyJhbGciOiJub25lIn0.e30."}"#;
    assert_eq!(of(unsigned.into(), "same-origin"), None);
}

#[test]
fn a_token_may_come_where_hasuras_setting_says() {
    let token = jwt::session("owner");
    let elsewhere = |header: Option<&str>, cookie: Option<&str>| {
        let jwt = crate::config::JwtConfig {
            header: header.map(Into::into),
            cookie: cookie.map(Into::into),
            ..jwt::config()
        };
        AuthConfig { jwt: Some(jwt), ..auth() }
    };
    let custom = elsewhere(Some("x-token"), None);
    assert_eq!(role(proof(&custom, &Method::POST, &[("x-token", &token)])).as_deref(), Some("owner"));
    let bearer = format!("Bearer {token}");
    assert_eq!(role(proof(&custom, &Method::POST, &[("x-token", &bearer)])).as_deref(), Some("owner"));
    assert_eq!(role(proof(&custom, &Method::POST, &[(AUTHORIZATION, &bearer)])).as_deref(), Some("owner"), "as ever");
    assert_eq!(proof(&custom, &Method::POST, &[("x-token", "x")]), Err(Refusal::Token));
    assert_eq!(role(proof(&auth(), &Method::POST, &[("x-token", &token)])), None, "only where it is configured");
    let cookie = format!("mine={token}");
    assert_eq!(
        role(proof(&elsewhere(None, Some("mine")), &Method::GET, &[("cookie", &cookie)])).as_deref(),
        Some("owner")
    );
    assert_eq!(role(proof(&auth(), &Method::GET, &[("cookie", &cookie)])), None);
}

#[test]
fn claims_that_nothing_proves_are_noticed() {
    let token = format!("Bearer {}", jwt::session("owner"));
    for (pairs, in_vain) in [
        (&[(ROLE, "admin")][..], true),
        (&[(USER_ID, "x")], true),
        (&[], false),
        (&[(SECRET, SHARED), (ROLE, "admin"), (TENANT, "acme")], false),
        (&[(AUTHORIZATION, token.as_str()), (ROLE, "user")], false),
        (&[(AUTHORIZATION, token.as_str()), (TENANT, "acme")], true),
    ] {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"));
        }
        let proven = proof(&auth(), &Method::POST, pairs).expect("not refused");
        assert_eq!(claims_in_vain(&proven, &headers), in_vain, "{pairs:?}");
    }
}
