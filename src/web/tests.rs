//! The router as a client meets it, without a database.

use super::*;
use crate::{
    config::{AuthConfig, InstagramConfig, InstagramLogin, InstagramLoginConfig, WebConfig},
    crypto::{KeyRing, Sealer},
    domain::{clock::ManualClock, dice::SeededDice},
    outbound::{Limits, Outbound},
    platforms::{Platforms, instagram::Instagram},
    service::Settings,
    store::{
        Store,
        connect::{PoolOptions, pool},
    },
};
use axum::{
    body::Body,
    http::{HeaderMap, Request, header},
};
use serde_json::Value;
use std::time::Duration;
use tower::ServiceExt;

pub(super) const SECRET: &str = "a shared secret of some length";
pub(super) const ADMIN_TOKEN: &str = "a token for operators, 32 characters or more";

/// Everything but a database: nothing listens where the pool looks for one. Instagram alone is configured.
pub(super) fn state() -> WebState {
    rustls::crypto::ring::default_provider().install_default().ok();
    let url = "postgres://nobody@127.0.0.1:1/none".into();
    let options = PoolOptions { url, size: 1, statement_timeout: Duration::from_secs(1) };
    let pool = pool(&options).expect("a pool");
    let now = chrono::DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
    let dice: Arc<dyn crate::domain::Dice> = Arc::new(SeededDice::new(1));
    let key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=".into();
    let url = |text: &str| text.parse().expect("a URL");
    let instagram = InstagramConfig {
        login: InstagramLogin::Instagram(InstagramLoginConfig {
            app_id: "app".into(),
            app_secret: "secret".into(),
            authorize_url: url("http://127.0.0.1:1/authorize"),
            token_url: url("http://127.0.0.1:1/token"),
        }),
        graph_url: url("http://127.0.0.1:1"),
        facebook: None,
        app_secrets: Vec::new(),
    };
    let mut platforms = Platforms::default();
    let http = Outbound::new(Limits::default()).expect("a client");
    platforms.insert(Arc::new(Instagram::new(instagram, http)));
    let service = Service {
        store: Store::new(pool),
        platforms,
        sealer: Arc::new(Sealer::new(KeyRing::parse(&key).expect("a key"), Arc::clone(&dice))),
        clock: Arc::new(ManualClock::at(now)),
        dice,
        settings: Arc::new(Settings {
            app_url: "https://chat.example.com".into(),
            poll_interval: chrono::Duration::seconds(300),
            least_interval: chrono::Duration::minutes(1),
            interval_floor: None,
            default_tenant: "primary".into(),
            admin_roles: vec!["admin".into(), "owner".into()],
            alert_channel: None,
            keep: Default::default(),
        }),
        metrics: Arc::default(),
        steps: Default::default(),
    };
    WebState {
        schema: crate::graphql::schema(service.clone()),
        service,
        auth: Arc::new(AuthConfig {
            shared_secret: Some(SECRET.into()),
            jwt: Some(actor::jwt_for_tests::config()),
            admin_token: Some(ADMIN_TOKEN.into()),
            admin_roles: vec!["admin".into(), "owner".into()],
            session_cookies: vec!["nchat-session".into()],
        }),
        web: Arc::new(WebConfig {
            listen: "127.0.0.1:8095".parse().expect("an address"),
            app_url: url("https://chat.example.com"),
            graphiql: true,
            cors_origins: vec!["https://other.example".into()],
            metrics_listen: None,
        }),
        health: Arc::new(Health::new(true, now)),
    }
}

/// What came back.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&self.body)))
    }

    pub(super) fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// Sends one request through a router of its own.
pub(super) async fn send(method: &str, uri: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Reply {
    send_to(router(state()), method, uri, headers, body).await
}

pub(super) async fn send_to(
    router: Router,
    method: &str,
    uri: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Reply {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.oneshot(request.body(body.into()).expect("a request")).await.expect("infallible");
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body").to_vec();
    Reply { status: parts.status.as_u16(), headers: parts.headers, body }
}

#[tokio::test]
async fn every_answer_is_labelled_and_safe() {
    for (method, uri) in [("GET", "/livez"), ("GET", "/nowhere"), ("POST", "/graphql"), ("TRACE", "/livez")] {
        let reply = send(method, uri, &[], "").await;
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{uri}");
        assert_eq!(reply.header("cache-control"), "no-store", "{uri}");
        assert_eq!(reply.header("referrer-policy"), "no-referrer", "{uri}");
        assert!(reply.header("content-security-policy").contains("frame-ancestors 'none'"), "{uri}");
        assert_eq!(reply.header("x-request-id").len(), 36, "{uri}");
        assert_eq!(reply.header("server"), "", "{uri}");
        assert_eq!(reply.header("strict-transport-security"), "max-age=31536000", "{uri}");
        assert!(reply.header("content-type").starts_with("application/json"), "{uri}");
    }
}

#[tokio::test]
async fn a_plain_request_id_is_kept_and_a_crooked_one_replaced() {
    assert_eq!(send("GET", "/livez", &[("x-request-id", "abc-1.2_3")], "").await.header("x-request-id"), "abc-1.2_3");
    let long = "x".repeat(65);
    for crooked in ["", "a b", "a\"b", long.as_str()] {
        let reply = send("GET", "/livez", &[("x-request-id", crooked)], "").await;
        assert_eq!(reply.header("x-request-id").len(), 36, "{crooked:?}");
    }
}

#[tokio::test]
async fn strangers_learn_no_version_and_plain_http_no_rule_of_https() {
    let mut state = state();
    let web =
        WebConfig { graphiql: false, app_url: "http://127.0.0.1:9".parse().expect("a URL"), ..(*state.web).clone() };
    state.web = Arc::new(web);
    let reply = send_to(router(state), "GET", "/", &[], "").await;
    assert_eq!(reply.json(), serde_json::json!({"service": "nchat-social"}));
    assert_eq!(reply.header("strict-transport-security"), "");
}

#[tokio::test]
async fn what_is_not_there_is_told_as_json() {
    let cases = [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/api/social/myspace/auth", 404, "unknown_platform"),
        ("GET", "/api/social/myspace/callback", 404, "unknown_platform"),
        ("DELETE", "/livez", 405, "method_not_allowed"),
        ("TRACE", "/nowhere", 405, "method_not_allowed"),
        ("BREW", "/livez", 405, "method_not_allowed"),
        ("GET", "/graphiql/assets/..%2Fpage.html", 404, "not_found"),
    ];
    for (method, uri, status, code) in cases {
        let reply = send(method, uri, &[], "").await;
        assert_eq!((reply.status, reply.json()["error"].as_str()), (status, Some(code)), "{method} {uri}");
    }
    let reply = send("PUT", "/graphql", &[], "").await;
    assert_eq!((reply.status, reply.header("allow").is_empty()), (405, false));
    assert_eq!(reply.json()["errors"][0]["extensions"]["code"], "METHOD_NOT_ALLOWED", "GraphQL's shape");
}

#[tokio::test]
async fn a_process_without_database_lives_but_is_not_ready() {
    assert_eq!(send("GET", "/livez", &[], "").await.status, 200);
    let reply = send("GET", "/readyz", &[], "").await;
    assert_eq!(reply.status, 503);
    assert_eq!(reply.json()["database"], "unavailable");
    assert_eq!(reply.json()["worker"]["status"], "ok");
}

#[tokio::test]
async fn the_explorer_is_whole_and_only_there_when_wanted() {
    let page = send("GET", "/graphiql", &[], "").await;
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.header("content-security-policy").contains("script-src 'self';"));
    let asset = send("GET", "/graphiql/assets/graphiql-3.9.0.js", &[], "").await;
    assert_eq!((asset.status, asset.header("content-encoding")), (200, "gzip"));
    assert!(asset.header("cache-control").contains("immutable"));
    assert_eq!(send("GET", "/", &[], "").await.header("location"), "graphiql");
    let visit = send("GET", "/graphql", &[("accept", "text/html,*/*;q=0.8")], "").await;
    assert_eq!((visit.status, visit.header("location")), (302, "graphiql"));

    let mut plain = state();
    plain.web = Arc::new(WebConfig { graphiql: false, ..(*plain.web).clone() });
    assert_eq!(send_to(router(plain.clone()), "GET", "/graphiql", &[], "").await.status, 404);
    assert_eq!(send_to(router(plain), "GET", "/", &[], "").await.json()["service"], "nchat-social");
}

#[tokio::test]
async fn a_panic_a_crowd_and_a_slow_answer_are_answers() {
    let routes = |bounds: layers::Bounds| {
        Router::new()
            .route(
                "/graphql",
                get(|| async {
                    if true {
                        panic!("boom")
                    }
                }),
            )
            .route("/slow", get(std::future::pending::<()>))
            .layer(from_fn_with_state(bounds, layers::guard))
    };
    let roomy = || layers::Bounds::new(1, Duration::from_millis(1));
    let reply = send_to(routes(roomy()), "GET", "/graphql", &[], "").await;
    assert_eq!((reply.status, reply.json()["errors"][0]["message"].as_str()), (500, Some("internal fault")));
    assert_eq!(send_to(routes(roomy()), "GET", "/slow", &[], "").await.json()["error"], "timeout");
    let crowded = layers::Bounds::new(0, Duration::from_secs(1));
    let reply = send_to(routes(crowded), "GET", "/slow", &[], "").await;
    assert_eq!((reply.status, reply.json()["error"].as_str(), reply.header("retry-after")), (503, Some("busy"), "5"));
}

#[tokio::test]
async fn the_stand_in_page_repeats_nothing_foreign() {
    let reply = send("GET", "/admin/social/plain?error=%3Cscript%3Ealert(1)%3C/script%3E", &[], "").await;
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    assert_eq!(reply.status, 200);
    assert!(text.contains("The connection failed") && !text.contains("alert"), "{text}");
    assert_eq!(text.contains("make console"), !console::is_built(), "how the whole page is built");
}
