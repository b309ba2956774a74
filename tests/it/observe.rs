//! Traces and errors that leave: what arrives at a collector and at Sentry, and that no secret does.

use crate::{
    app::{ADMIN_TOKEN, App, JWT_KEY, SHARED_SECRET, world::X_ACCOUNT},
    connect::{get, send},
    graphql::http,
    processes::{Process, until},
    secrets::recorder::Recorder,
};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
};
use nchat_social::{
    config::{ObserveConfig, SentryConfig, TraceConfig},
    domain::{Platform, dice::SystemDice},
    outbound::{Limits, Outbound},
    simulator::Draft,
    telemetry::{sentry::Sentry, traces::Traces},
};
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tracing_subscriber::prelude::*;

/// Takes whatever is sent to it.
#[derive(Clone, Default)]
pub struct Inbox(Arc<Mutex<Vec<Letter>>>);

/// Path, headers and body of a request.
pub type Letter = (String, HeaderMap, Vec<u8>);

impl Inbox {
    /// An inbox and its address.
    pub async fn open(status: StatusCode) -> (Self, String) {
        let inbox = Self::default();
        let take = move |State(inbox): State<Self>, uri: Uri, headers: HeaderMap, body: Bytes| async move {
            inbox.0.lock().expect("no panic").push((uri.to_string(), headers, body.to_vec()));
            status
        };
        let router = Router::new().fallback(take).with_state(inbox.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        tokio::spawn(async move { axum::serve(listener, router).await });
        (inbox, address)
    }

    pub fn letters(&self) -> Vec<Letter> {
        self.0.lock().expect("no panic").clone()
    }

    pub fn text(&self) -> String {
        let letters = self.letters();
        letters.iter().map(|(_, _, body)| String::from_utf8_lossy(body).into_owned() + "\n").collect()
    }
}

fn http_client() -> Outbound {
    Outbound::new(Limits::default()).expect("a client")
}

fn trace_config(address: &str) -> TraceConfig {
    let env = |name: &str| match name {
        "OTEL_EXPORTER_OTLP_ENDPOINT" => Some(format!("http://{address}")),
        "OTEL_EXPORTER_OTLP_HEADERS" => Some("x-collector-key=canary-collector-key".to_owned()),
        "OTEL_SERVICE_NAME" => Some("social-in-tests".to_owned()),
        _ => None,
    };
    ObserveConfig::from_env(&env).expect("settings").traces.expect("on")
}

fn sentry_config(address: &str) -> SentryConfig {
    let env = |name: &str| match name {
        "SENTRY_DSN" => Some(format!("http://canarysentrykey@{address}/42")),
        "SENTRY_ENVIRONMENT" => Some("tests".to_owned()),
        _ => None,
    };
    ObserveConfig::from_env(&env).expect("settings").sentry.expect("on")
}

/// Requests, polls, renewals, and faults with secrets in their texts.
async fn live(app: &App) {
    app.following(Platform::Twitter, json!({})).await;
    app.simulator.world("twitter").expect("X").publish(X_ACCOUNT, Draft::text("canary-post-text")).expect("published");
    app.poll_after(180).await;
    let operator = format!("Bearer {ADMIN_TOKEN}");
    for uri in
        ["/api/social/accounts?x=canary-query", "/api/social/twitter/callback?code=canary-code&state=canary-state"]
    {
        get(app, uri, &[("authorization", &operator), ("cookie", "nchat-session=canary-cookie")]).await;
    }
    app.chat
        .script(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
               RAISE EXCEPTION 'canary-driver-text' USING DETAIL = 'canary-driver-detail'; END $$; \
             CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON nchat_social_oauth_sessions FOR EACH ROW \
             EXECUTE FUNCTION refuse(); \
             CREATE TRIGGER refuse BEFORE INSERT ON nchat_social_posts FOR EACH ROW EXECUTE FUNCTION refuse()",
        )
        .await;
    let admin = [("x-nchat-social-secret", SHARED_SECRET), ("x-hasura-role", "admin"), ("x-request-id", "a-request")];
    let answer = send(app, "GET", "/api/social/twitter/auth", &admin, String::new()).await;
    assert_eq!(answer.status, 500, "{}", answer.body);
    app.simulator.world("twitter").expect("X").publish(X_ACCOUNT, Draft::text("canary-second")).expect("published");
    app.poll_after(6).await;
    http::post(app, &[("authorization", &operator)], "{ socialAccounts { id } }", Value::Null).await;
}

/// Everything secret or private that was about.
async fn secrets(app: &App) -> Recorder {
    let mut recorder = Recorder::default();
    recorder.secret("the shared secret", SHARED_SECRET);
    recorder.secret("the operator's token", ADMIN_TOKEN);
    recorder.secret("the JWT key", JWT_KEY);
    for (name, text) in [
        ("a query", "canary-query"),
        ("a code", "canary-code"),
        ("a state", "canary-state"),
        ("a cookie", "canary-cookie"),
        ("a driver's words", "canary-driver-text"),
        ("a driver's detail", "canary-driver-detail"),
        ("a post", "canary-post-text"),
        ("another post", "canary-second"),
    ] {
        recorder.secret(name, text);
    }
    crate::secrets::scenario::know_tokens(app, &mut recorder).await;
    recorder
}

#[tokio::test]
async fn a_collector_gets_spans_of_requests_and_polls_and_no_secret() {
    let (inbox, address) = Inbox::open(StatusCode::OK).await;
    let traces =
        Traces::start(&trace_config(&address), http_client(), tokio::runtime::Handle::current()).expect("built");
    let app = App::start().await;
    {
        let _on = tracing::subscriber::set_default(tracing_subscriber::registry().with(traces.layer()));
        live(&app).await;
    }
    tokio::task::spawn_blocking(move || traces.finish()).await.expect("sent");

    let letters = inbox.letters();
    assert!(!letters.is_empty());
    for (path, headers, _) in &letters {
        assert_eq!(path, "/v1/traces");
        assert_eq!(headers["content-type"], "application/x-protobuf");
        assert_eq!(headers["x-collector-key"], "canary-collector-key", "where it belongs");
    }
    // Protobuf writes texts as they are.
    let text = inbox.text();
    for word in [
        "social-in-tests",
        "service.version",
        "request",
        "poll_lease",
        "/api/social/accounts",
        "http.route",
        "/api/social/{platform}/auth",
        "http.response.status_code",
        "a-request",
        "twitter",
    ] {
        assert!(text.contains(word), "{word}");
    }
    let mut recorder = secrets(&app).await;
    recorder.secret("the collector's key", "canary-collector-key");
    recorder.keep("what the collector got", text);
    recorder.assert_clean();
}

#[tokio::test]
async fn a_collector_that_is_away_costs_nothing_but_its_traces() {
    let traces =
        Traces::start(&trace_config("127.0.0.1:1"), http_client(), tokio::runtime::Handle::current()).expect("built");
    let app = App::start().await;
    {
        let _on = tracing::subscriber::set_default(tracing_subscriber::registry().with(traces.layer()));
        assert_eq!(get(&app, "/livez", &[]).await.status, 200);
    }
    tokio::task::spawn_blocking(move || traces.finish()).await.expect("no panic");
}

#[tokio::test]
async fn sentry_gets_errors_reduced_to_what_is_harmless() {
    let (inbox, address) = Inbox::open(StatusCode::OK).await;
    let app = App::start().await;
    let (errors, sending) =
        Sentry::start(sentry_config(&address), http_client(), app.clock.clone(), Arc::new(SystemDice));
    let sending = tokio::spawn(sending);
    {
        let _on = tracing::subscriber::set_default(tracing_subscriber::registry().with(errors.layer()));
        live(&app).await;
    }
    // Without the layer nothing more can come, and what waits is sent.
    tokio::time::timeout(Duration::from_secs(10), sending).await.expect("it ends").expect("no panic");

    let letters = inbox.letters();
    let mut messages = Vec::new();
    for (path, headers, body) in &letters {
        assert_eq!(path, "/api/42/envelope/");
        assert_eq!(headers["content-type"], "application/x-sentry-envelope");
        let proof = headers["x-sentry-auth"].to_str().expect("text");
        assert!(
            proof.starts_with("Sentry sentry_version=7,") && proof.ends_with("sentry_key=canarysentrykey"),
            "{proof}"
        );
        let text = std::str::from_utf8(body).expect("text");
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let [head, item, event] = &lines[..] else { panic!("{text}") };
        assert_eq!(item["length"], json!(text.lines().nth(2).expect("an event").len()));
        assert_eq!((&item["type"], &head["event_id"]), (&json!("event"), &event["event_id"]));
        assert_eq!(event["event_id"].as_str().map(str::len), Some(32));
        assert_eq!((&event["level"], &event["environment"]), (&json!("error"), &json!("tests")));
        assert_eq!(event["timestamp"].as_str().map(|at| at.ends_with('Z')), Some(true));
        assert!(event["culprit"].as_str().expect("a place").starts_with("src/"), "{event:#}");
        messages.push((event["message"]["formatted"].as_str().expect("words").to_owned(), event["tags"].clone()));
    }
    let of =
        |message: &str| &messages.iter().find(|(said, _)| said == message).unwrap_or_else(|| panic!("{messages:?}")).1;
    assert_eq!(of("internal fault")["id"], "a-request", "by which the log is searched");
    assert!(of("the import failed")["account"].is_string());
    let mut recorder = secrets(&app).await;
    recorder.keep("what Sentry got", inbox.text());
    recorder.assert_clean();
}

#[tokio::test]
async fn sentry_is_left_alone_when_it_says_so() {
    let (inbox, address) = Inbox::open(StatusCode::TOO_MANY_REQUESTS).await;
    let app = App::start().await;
    let (errors, sending) =
        Sentry::start(sentry_config(&address), http_client(), app.clock.clone(), Arc::new(SystemDice));
    let sending = tokio::spawn(sending);
    let subscriber = tracing_subscriber::registry().with(errors.layer());
    tracing::subscriber::with_default(subscriber, || {
        for _ in 0..500 {
            tracing::error!(target: "nchat_social::tests", code = "x", token = "canary", "again and again");
        }
        tracing::error!(target: "sqlx", "a library's");
        tracing::warn!(target: "nchat_social::tests", "a warning");
    });
    tokio::time::timeout(Duration::from_secs(10), sending).await.expect("it ends").expect("no panic");
    assert_eq!(inbox.letters().len(), 1, "the rest is dropped while it wants no more");
    assert!(!inbox.text().contains("canary"));
}

/// As it is deployed: a process that only polls shows its metrics, and its spans reach the collector before it ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_shows_metrics_and_sends_traces() {
    let (inbox, address) = Inbox::open(StatusCode::OK).await;
    let app = App::start().await;
    app.connect_one(Platform::Twitter).await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let settings = [
        ("SOCIAL_METRICS_LISTEN", format!("127.0.0.1:{port}")),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{address}")),
    ];
    let worker = Process::start_with(&app, &["worker"], &settings);
    let url = format!("http://127.0.0.1:{port}/metrics").parse().expect("an address");
    let polled = "nchat_social_polls_total{platform=\"twitter\",outcome=\"imported\"} 1\n";
    until("polled", Duration::from_secs(30), async || {
        let reply = http_client().get(&url, None, &[]).await;
        reply.is_ok_and(|reply| String::from_utf8_lossy(&reply.body).contains(polled))
    })
    .await;
    worker.stop().await;
    let text = inbox.text();
    assert!(text.contains("poll_lease") && text.contains("nchat-social"), "{} letters", inbox.letters().len());
}
