//! The control routes, faults and the call log, with X as the world.

use super::*;
use crate::domain::{clock::ManualClock, dice::SeededDice};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, header},
};
use serde_json::{Value, json};
use tower::ServiceExt;

fn simulator() -> Arc<Simulator> {
    let start = "2026-10-19T12:00:00Z".parse().expect("a time");
    let shared = Shared::new(Arc::new(ManualClock::at(start)), Arc::new(SeededDice::new(1)), "http://127.0.0.1:8096");
    Simulator::new(shared.clone(), vec![twitter::new(shared)])
}

async fn send(router: &Router, method: &str, path: &str, body: Value) -> (u16, Value) {
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    let bearer = format!("Bearer {}", twitter::BEARER_TOKEN);
    let request = Request::builder().method(method).uri(path).header(header::AUTHORIZATION, bearer).body(body);
    let response = router.clone().oneshot(request.expect("a request")).await.expect("an answer");
    let status = response.status().as_u16();
    let bytes = to_bytes(response.into_body(), 10_000_000).await.expect("a body");
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

#[tokio::test]
async fn the_world_is_told_and_looked_at_over_http() {
    let router = simulator().router();
    let (_, account) = send(&router, "POST", "/_control/twitter/accounts", json!({ "handle": "acme_example" })).await;
    let account = account["id"].as_str().expect("an id").to_owned();
    let (_, list) = send(&router, "GET", "/_control/twitter/accounts", Value::Null).await;
    assert_eq!(list, json!({ "accounts": [account] }));

    let publication = json!({ "account": account, "draft": { "text": "Helo #news" } });
    let (_, post) = send(&router, "POST", "/_control/twitter/posts", publication).await;
    let path = format!("/_control/twitter/posts/{}", post["id"].as_str().expect("an id"));
    assert_eq!(send(&router, "PUT", &format!("{path}/counters"), json!({ "likes": 3 })).await.0, 200);
    let (_, version) = send(&router, "PATCH", &path, json!({ "text": "Hello #news" })).await;
    let timeline = format!("/twitter/2/users/{account}/tweets?tweet.fields=public_metrics");
    let (_, page) = send(&router, "GET", &timeline, Value::Null).await;
    assert_eq!(page["data"][0]["id"], version["id"]);
    assert_eq!(page["data"][0]["text"], "Hello #news");
    assert_eq!(page["data"][0]["public_metrics"]["like_count"], 3);
    let (_, ledger) = send(&router, "GET", "/_control/twitter/ledger", Value::Null).await;
    assert_eq!((&ledger[0]["day"], &ledger[0]["posts"]), (&json!("2026-10-19"), &json!(1)));

    assert_eq!(send(&router, "DELETE", &path, Value::Null).await.0, 200);
    let recording = json!({ "account": account, "page": { "data": [{ "id": "7", "text": "old" }] } });
    assert_eq!(send(&router, "POST", "/_control/twitter/load", recording).await.1, json!({ "posts": 1 }));
    let (_, page) = send(&router, "GET", &timeline, Value::Null).await;
    assert_eq!(page["data"].as_array().map(Vec::len), Some(1));

    for what in ["revoke", "expire"] {
        assert_eq!(
            send(&router, "POST", &format!("/_control/twitter/{what}"), json!({ "account": account })).await.0,
            200
        );
    }
    let setting = json!({ "name": "suspended", "value": account });
    assert_eq!(send(&router, "POST", "/_control/twitter/switch", setting).await.0, 200);
    assert_eq!(send(&router, "GET", &timeline, Value::Null).await.1["errors"][0]["title"], "Forbidden");
}

#[tokio::test]
async fn control_errors_say_what_is_wrong() {
    let router = simulator().router();
    let cases = [
        ("GET", "/_control/myspace/accounts", Value::Null, 404, "unknown platform \"myspace\": use twitter"),
        ("POST", "/_control/twitter/accounts", json!({ "handel": "x" }), 400, "unknown field `handel`"),
        ("POST", "/_control/twitter/posts", json!({ "account": "1", "draft": {} }), 400, "no account \"1\" here"),
        ("DELETE", "/_control/twitter/posts/urn%3Ali%3Ashare%3A1", Value::Null, 400, "no post \"urn:li:share:1\""),
        (
            "POST",
            "/_control/faults",
            json!({ "platform": "twitter", "kind": { "rain": 1 } }),
            400,
            "unknown variant `rain`",
        ),
        ("POST", "/_control/faults", json!({ "platform": "twitter", "kind": { "preset": "x" } }), 400, "usage_cap"),
        ("POST", "/_control/faults", json!({ "platform": "x", "kind": "cut" }), 400, "unknown platform"),
        ("PUT", "/_control/weather", json!({ "share": 2, "seed": 1 }), 400, "0 to 1"),
        ("POST", "/_control/twitter/rotate", json!({ "account": "1" }), 400, "no account"),
        (
            "POST",
            "/_control/twitter/push",
            json!({ "push": { "account": "1", "kind": "deauthorize" }, "url": "http://127.0.0.1:1/" }),
            400,
            "pushes nothing",
        ),
        ("GET", "/_control/nothing", Value::Null, 404, "GET /_control/ lists them"),
        ("PUT", "/_control/faults", Value::Null, 404, "GET /_control/ lists them"),
    ];
    for (method, path, body, status, part) in cases {
        let answer = send(&router, method, path, body).await;
        let sentence = answer.1["error"].as_str().unwrap_or_default();
        assert!(answer.0 == status && sentence.contains(part), "{method} {path}: {answer:?}");
    }
}

#[tokio::test]
async fn the_list_of_routes_is_the_truth() {
    let router = simulator().router();
    let (status, list) = send(&router, "GET", "/_control/", Value::Null).await;
    assert_eq!((status, &list["platforms"]), (200, &json!(["twitter"])));
    for entry in list["routes"].as_array().expect("routes") {
        let (method, path) = entry["route"].as_str().and_then(|route| route.split_once(' ')).expect("method and path");
        let path = path.replace("{platform}", "twitter").replace("{id}", "1");
        let (status, answer) = send(&router, method, &path, Value::Null).await;
        let sentence = answer["error"].as_str().unwrap_or_default();
        assert!(status != 404 && !sentence.contains("no such route"), "{method} {path}: {answer}");
    }
}

#[tokio::test]
async fn faults_happen_where_and_as_often_as_told() {
    let simulator = simulator();
    let router = simulator.router();
    let path = "/twitter/2/users/1/tweets";
    let usual = send(&router, "GET", path, Value::Null).await;
    let throttle =
        json!({ "platform": "twitter", "path_prefix": "/2/users", "kind": { "preset": "rate_limited" }, "times": 2 });
    assert_eq!(send(&router, "POST", "/_control/faults", throttle).await.0, 200);
    assert_eq!(send(&router, "GET", "/twitter/2/tweets?ids=1", Value::Null).await.0, 200, "another path");
    for _ in 0..2 {
        assert_eq!(send(&router, "GET", path, Value::Null).await.1["title"], "Too Many Requests");
    }
    assert_eq!(send(&router, "GET", path, Value::Null).await, usual);

    simulator.fault(Fault::new("*", "", FaultKind::Html(502))).expect("armed");
    assert_eq!(send(&router, "GET", path, Value::Null).await, (502, Value::Null));
    simulator.clear_faults();
    simulator.fault(Fault::new("twitter", "", FaultKind::TruncatedJson).times(1)).expect("armed");
    assert_eq!(send(&router, "GET", path, Value::Null).await, (200, Value::Null), "half the JSON is none");
    simulator.fault(Fault::new("twitter", "", FaultKind::Slow(0)).times(1)).expect("armed");
    assert_eq!(send(&router, "GET", path, Value::Null).await, usual, "late, and otherwise the same");
    let never = Fault { probability: 0.0, ..Fault::new("twitter", "", FaultKind::Html(502)) };
    simulator.fault(never).expect("armed");
    assert_eq!(send(&router, "GET", path, Value::Null).await, usual);
    assert!(simulator.fault(Fault::new("twitter", "", FaultKind::Html(99))).is_err());
    assert!(simulator.fault(Fault::new("linkedin", "", FaultKind::Cut)).is_err());
}

#[tokio::test]
async fn a_fault_may_last_for_a_while_of_the_platforms_time() {
    let clock = Arc::new(ManualClock::at("2026-10-19T12:00:00Z".parse().expect("a time")));
    let shared = Shared::new(clock.clone(), Arc::new(SeededDice::new(1)), "http://127.0.0.1:8096");
    let simulator = Simulator::new(shared.clone(), vec![twitter::new(shared)]);
    let router = simulator.router();
    let path = "/twitter/2/users/1/tweets";
    simulator.fault(Fault::new("twitter", "", FaultKind::Preset("unavailable".into())).seconds(3600)).expect("armed");
    for (minutes, status) in [(0, 503), (59, 503), (60, 200)] {
        clock.set(
            "2026-10-19T12:00:00Z".parse::<crate::domain::Timestamp>().expect("a time")
                + chrono::Duration::minutes(minutes),
        );
        assert_eq!(send(&router, "GET", path, Value::Null).await.0, status, "{minutes}");
    }
}

#[tokio::test]
async fn an_answer_can_be_patched() {
    let simulator = simulator();
    let router = simulator.router();
    let patch = json!({ "errors": null, "data": { "id": "7", "list": [1] } });
    simulator.fault(Fault::new("twitter", "", FaultKind::Patch(patch)).times(1)).expect("armed");
    let patched = send(&router, "GET", "/twitter/2/users/1/tweets", Value::Null).await;
    assert_eq!(patched, (200, json!({ "data": { "id": "7", "list": [1] } })));
}

#[tokio::test]
async fn the_weather_is_told_over_http_and_clears() {
    let simulator = simulator();
    let router = simulator.router();
    let path = "/twitter/2/users/1/tweets";
    assert_eq!(send(&router, "PUT", "/_control/weather", json!({ "share": 1, "seed": 7 })).await.0, 200);
    for _ in 0..5 {
        send(&router, "GET", path, Value::Null).await;
    }
    assert!(simulator.calls().iter().all(|call| call.fault.is_some()));
    simulator.fault(Fault::new("twitter", "", FaultKind::Html(418)).times(1)).expect("armed");
    assert_eq!(send(&router, "GET", path, Value::Null).await.0, 418, "armed faults come first");
    assert_eq!(send(&router, "DELETE", "/_control/faults", Value::Null).await.0, 200);
    assert_eq!(send(&router, "GET", path, Value::Null).await.0, 200);
}

#[tokio::test]
async fn the_platforms_clock_may_be_wrong() {
    let simulator = simulator();
    let before = simulator.shared().clock.now();
    let put = send(&simulator.router(), "PUT", "/_control/clock", json!({ "ahead_seconds": -300 })).await;
    assert_eq!((put.0, simulator.shared().clock.now() - before), (200, chrono::Duration::minutes(-5)));
}

#[tokio::test]
async fn a_cut_answer_ends_after_half_of_what_it_announced() {
    let simulator = simulator();
    let router = simulator.router();
    for kind in [FaultKind::Cut, FaultKind::CutAfter] {
        simulator.clear_faults();
        simulator.fault(Fault::new("twitter", "", kind)).expect("armed");
        let request = Request::get("/twitter/2/users/1/tweets").body(Body::empty()).expect("a request");
        let response = router.clone().oneshot(request).await.expect("an answer");
        let announced: usize = response.headers()[header::CONTENT_LENGTH].to_str().unwrap().parse().unwrap();
        assert!(announced > 10);
        assert!(to_bytes(response.into_body(), 1000).await.is_err(), "the body breaks off");
    }
}

#[tokio::test]
async fn calls_are_noted_without_their_secrets() {
    let simulator = simulator();
    let router = simulator.router();
    simulator.fault(Fault::new("twitter", "/2/users/me", FaultKind::Html(503))).expect("armed");
    send(&router, "GET", "/twitter/2/users/me?access_token=canary&user.fields=id", Value::Null).await;
    send(&router, "POST", "/twitter/2/oauth2/token?code=canary", json!("canary")).await;
    send(&router, "GET", "/_control/", Value::Null).await;
    let calls = simulator.calls();
    assert_eq!(calls.len(), 2, "control is not a platform");
    assert_eq!((calls[0].path.as_str(), calls[0].status, calls[0].fault), ("/2/users/me", Some(503), Some("html")));
    assert_eq!(calls[0].query, "access_token=***&user.fields=id");
    assert_eq!((calls[1].method.as_str(), calls[1].status), ("POST", Some(401)));
    let (_, shown) = send(&router, "GET", "/_control/calls", Value::Null).await;
    assert_eq!(shown["calls"].as_array().map(Vec::len), Some(2));
    assert!(!shown.to_string().contains("canary"));
    send(&router, "DELETE", "/_control/calls", Value::Null).await;
    assert!(simulator.calls().is_empty());
}

#[tokio::test]
async fn it_listens_on_loopback_only_and_a_cut_reaches_the_client() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let anywhere = tokio::net::TcpListener::bind("0.0.0.0:0").await.expect("a port");
    let error = simulator().serve(anywhere, std::future::ready(())).await.expect_err("refused");
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);

    let simulator = simulator();
    simulator.fault(Fault::new("twitter", "", FaultKind::CutAfter)).expect("armed");
    let here = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = here.local_addr().expect("an address");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(simulator.serve(here, async { _ = stopped.await }));
    let mut client = tokio::net::TcpStream::connect(address).await.expect("a connection");
    client.write_all(b"GET /twitter/2/users/me HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
    let mut text = String::new();
    // Ended or reset: either way short of what was announced.
    _ = client.read_to_string(&mut text).await;
    assert!(text.starts_with("HTTP/1.1 401"), "{text}");
    assert!(text.contains("{\"") && !text.contains("Unauthorized\"}"), "{text}");
    stop.send(()).expect("still serving");
    serving.await.expect("no panic").expect("a soft end");
}

#[tokio::test]
async fn seeding_happens_once_and_the_feed_ends_when_told() {
    let simulator = simulator();
    feed::seed(&simulator).expect("seeded");
    feed::seed(&simulator).expect("seeded again");
    let accounts = simulator.world("twitter").expect("X").accounts();
    assert_eq!(accounts.len(), 1);
    let path = format!("/twitter/2/users/{}/tweets", accounts[0]);
    let (_, page) = send(&simulator.router(), "GET", &path, Value::Null).await;
    assert_eq!(page["meta"]["result_count"], 4);
    feed::feed(simulator.clone(), 60.0, std::future::ready(())).await;
}
