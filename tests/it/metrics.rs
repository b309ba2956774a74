//! What the operator's Prometheus reads.

use crate::{
    app::{ADMIN_TOKEN, App, SHARED_SECRET, world::X_ACCOUNT},
    connect::{Answer, get, send},
    graphql::http,
};
use nchat_social::{
    domain::Platform,
    simulator::{Draft, Fault, FaultKind},
    telemetry::metrics::{METRICS, PREFIX, table},
    web,
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc};
use tower::ServiceExt;

async fn scrape(app: &App) -> Answer {
    let bearer = format!("Bearer {ADMIN_TOKEN}");
    get(app, "/metrics", &[("authorization", &bearer)]).await
}

/// The value of a line; zero when there is none.
fn value(text: &str, name: &str, labels: &str) -> f64 {
    let start = if labels.is_empty() { format!("{PREFIX}_{name} ") } else { format!("{PREFIX}_{name}{{{labels}}} ") };
    let line = text.lines().find_map(|line| line.strip_prefix(&start));
    line.map_or(0.0, |value| value.parse().expect("a number"))
}

#[tokio::test]
async fn a_life_is_counted_truly() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({"filter_keywords": ["launch"]})).await;
    let world = app.simulator.world("twitter").expect("X");
    for text in ["The launch", "Lunch"] {
        world.publish(X_ACCOUNT, Draft::text(text)).expect("published");
    }
    app.poll_after(6).await;
    app.poll_after(6).await;
    app.poll_after(180).await;
    let broken = FaultKind::Status { status: 503, headers: Default::default(), body: json!({}) };
    app.simulator.fault(Fault::new("twitter", "", broken)).expect("a fault");
    app.poll_after(6).await;
    app.simulator.clear_faults();
    app.clock.advance(chrono::Duration::minutes(60));
    http::post(&app, &[("x-hasura-role", "admin")], "{ socialAccounts { id } }", Value::Null).await;
    http::post(&app, &[("authorization", "Bearer x.y.z")], "{ socialAccounts { id } }", Value::Null).await;
    get(&app, "/made/up/by/strangers", &[]).await;
    send(&app, "BREW", "/livez", &[], String::new()).await;

    let answer = scrape(&app).await;
    assert_eq!(answer.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let text = answer.body;
    let outcome =
        |name: &str, outcome: &str| value(&text, name, &format!("platform=\"twitter\",outcome=\"{outcome}\""));
    assert_eq!(outcome("polls_total", "imported"), 2.0, "taking stock, and the posts\n{text}");
    assert_eq!((outcome("polls_total", "quiet"), outcome("polls_total", "failed")), (2.0, 1.0), "{text}");
    assert_eq!(value(&text, "poll_faults_total", "platform=\"twitter\",code=\"upstream\""), 1.0, "{text}");
    for (word, count) in [("fetched", 2.0), ("imported", 2.0), ("posted", 1.0), ("filtered", 1.0)] {
        assert_eq!(outcome("posts_total", word), count, "{word}");
    }
    assert_eq!((outcome("deliveries_total", "delivered"), outcome("deliveries_total", "filtered")), (1.0, 1.0));
    assert_eq!(value(&text, "messages_total", "platform=\"twitter\""), 1.0);
    assert!(outcome("token_renewals_total", "renewed") >= 1.0, "X's tokens last two hours");
    assert_eq!(value(&text, "accounts", "platform=\"twitter\",health=\"connected\""), 1.0);
    assert_eq!(value(&text, "accounts_overdue", "platform=\"twitter\""), 1.0);
    assert!(value(&text, "oldest_due_seconds", "platform=\"twitter\"") > 3000.0);
    assert!(value(&text, "poll_lateness_seconds_sum", "platform=\"twitter\"") > 174.0 * 60.0, "three hours late once");
    assert_eq!(value(&text, "poll_seconds_count", "platform=\"twitter\""), 5.0);
    assert!(value(&text, "last_tick_timestamp_seconds", "") > 1e9);
    assert_eq!((value(&text, "queue_jobs_waiting", ""), value(&text, "database_up", "")), (0.0, 1.0));
    assert_eq!(value(&text, "database_connections", "state=\"most\""), 8.0);
    assert_eq!((value(&text, "claims_ignored_total", ""), value(&text, "proofs_refused_total", "")), (1.0, 1.0));
    let of = |route: &str, method: &str, status| format!("route=\"{route}\",method=\"{method}\",status=\"{status}\"");
    assert_eq!(value(&text, "http_requests_total", &of("/graphql", "POST", 401)), 1.0);
    assert_eq!(value(&text, "http_requests_total", &of("none", "GET", 404)), 1.0, "strangers make no labels");
    assert_eq!(value(&text, "http_requests_total", &of("/livez", "other", 405)), 1.0);
    assert!(!text.contains("strangers") && !text.contains("BREW"));
    assert!(text.ends_with("# EOF\n"));
}

#[tokio::test]
async fn metrics_are_for_the_operator() {
    let app = App::start().await;
    let owner = http::bearer(&app, "user", Some(app.chat.owner));
    for headers in [
        &[][..],
        &[("authorization", owner.as_str())],
        &[("authorization", "Bearer canary")],
        &[("x-nchat-social-secret", SHARED_SECRET), ("x-hasura-role", "admin")],
        &[("x-forwarded-for", "127.0.0.1")],
    ] {
        let answer = get(&app, "/metrics", headers).await;
        assert_eq!((answer.status, &answer.json()["error"]), (401, &json!("unauthenticated")), "{headers:?}");
    }
    assert_eq!(scrape(&app).await.status, 200);

    // On the listener of its own it is open, and nothing else is there.
    let open = web::open_router(web::WebState {
        service: app.service.clone(),
        schema: app.schema.clone(),
        auth: Arc::new(crate::app::world::auth()),
        web: Arc::new(crate::app::world::web()),
        health: Arc::new(web::Health::new(false, nchat_social::domain::Clock::now(&*app.clock))),
    });
    for (path, status) in [
        ("/metrics", 200),
        ("/livez", 200),
        ("/readyz", 200),
        ("/graphql", 404),
        ("/api/social/accounts", 404),
        ("/admin/social", 404),
        ("/", 404),
    ] {
        let request = axum::http::Request::get(path).body(axum::body::Body::empty()).expect("a request");
        let answer = open.clone().oneshot(request).await.expect("an answer");
        assert_eq!(answer.status().as_u16(), status, "{path}");
    }
}

/// Every series there is comes from the list, with its labels, and the list is described.
#[tokio::test]
async fn the_list_and_what_is_shown_are_the_same() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    let text = scrape(&app).await.body;
    let described: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let listed: BTreeSet<String> = METRICS.iter().map(|metric| format!("{PREFIX}_{}", metric.name)).collect();
    // What has never happened is not shown.
    assert!(described.len() > 12 && described.iter().all(|name| listed.contains(*name)), "{described:?}");
    for metric in METRICS {
        let series = format!("{PREFIX}_{}", metric.name);
        for line in text
            .lines()
            .filter(|line| line.starts_with(&format!("{series}{{")) || line.starts_with(&format!("{series}_total{{")))
        {
            let labels = &line[line.find('{').expect("labels") + 1..line.rfind('}').expect("an end")];
            let names: Vec<&str> = labels.split(',').filter_map(|label| label.split('=').next()).collect();
            assert_eq!(names, metric.labels, "{line}");
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/metrics.md");
    let written = std::fs::read_to_string(path).expect("docs/metrics.md");
    assert!(written.contains(&table()), "docs/metrics.md lacks this table:\n{}", table());
    // Alert rules speak of metrics that there are.
    for word in written.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| word.starts_with(PREFIX))
    {
        let name = ["_total", "_bucket", "_sum", "_count"].iter().fold(word, |word, end| word.trim_end_matches(end));
        assert!(name == PREFIX || listed.contains(name), "docs/metrics.md: {word}");
    }
}
