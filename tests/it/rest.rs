//! The REST routes as nchat's page and scripts call them, each answer held against docs/openapi.json.

pub mod shape;

use crate::{
    app::{ADMIN_TOKEN, App, SHARED_SECRET, world::X_ACCOUNT},
    connect::{Answer, below_origin, get, send},
    graphql::http,
};
use nchat_social::{
    domain::Platform,
    simulator::{Draft, Fault, FaultKind},
};
use serde_json::{Value, json};
use shape::assert_described;
use uuid::Uuid;

const ADMIN: [(&str, &str); 2] = [("x-nchat-social-secret", SHARED_SECRET), ("x-hasura-role", "admin")];
const JSON: (&str, &str) = ("content-type", "application/json");

/// A request whose answer is one that is described.
async fn call(app: &App, method: &str, uri: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let answer = send(app, method, uri, headers, body.to_owned()).await;
    assert_described(method, uri.split('?').next().expect("a path"), &answer);
    answer
}

/// Asks for polls while `work` happens; who waits gets the result.
async fn poll_while(app: &App, headers: &[(&str, &str)], body: &str, work: impl AsyncFn()) -> Answer {
    let asking = call(app, "POST", "/api/social/poll", headers, body);
    let working = async {
        // The request is there once it is written on the accounts.
        let asked = "SELECT count(*) FROM nchat_social_accounts WHERE poll_requested_at IS NOT NULL";
        while app.chat.count(asked).await == 0 {
            tokio::task::yield_now().await;
        }
        work().await;
    };
    let (answer, ()) = tokio::join!(asking, working);
    answer
}

#[tokio::test]
async fn accounts_are_rows_as_nchat_knows_them() {
    let app = App::start().await;
    assert_eq!(call(&app, "GET", "/api/social/accounts", &ADMIN, "").await.json(), json!([]));
    let x = app.connect_one(Platform::Twitter).await;
    app.clock.advance(chrono::Duration::seconds(1));
    let page = app.connect_one(Platform::Instagram).await;
    app.poll().await;
    let rows = call(&app, "GET", "/api/social/accounts", &ADMIN, "").await.json();
    let keys: Vec<&String> = rows[0].as_object().expect("a row").keys().collect();
    assert_eq!(
        keys,
        [
            "account_handle",
            "account_id",
            "account_name",
            "avatar_url",
            "created_at",
            "health",
            "health_action",
            "health_code",
            "health_message",
            "health_since",
            "hold_until",
            "id",
            "is_active",
            "last_poll_time",
            "next_poll_at",
            "next_poll_reason",
            "platform",
            "token_expires_at",
            "updated_at"
        ]
    );
    assert_eq!(
        (&rows[0]["id"], &rows[0]["platform"], &rows[0]["is_active"]),
        (&json!(x), &json!("twitter"), &json!(true))
    );
    assert_eq!(rows[1]["id"], json!(page));
    assert_eq!(rows[0]["health_action"], "Nothing: all is well, or a limit of the platform's is waited for.");
    assert!(rows[0]["last_poll_time"].is_string() && rows[0]["token_expires_at"].is_string());

    let delete = async |id: &str| call(&app, "DELETE", &format!("/api/social/accounts?id={id}"), &ADMIN, "").await;
    for crooked in ["", "x", "1;drop"] {
        assert_eq!(delete(crooked).await.status, 400, "{crooked}");
    }
    let nobodys = delete(&Uuid::from_u128(7).to_string()).await;
    assert_eq!((nobodys.status, &nobodys.json()["error"]), (404, &json!("not_found")));
    assert_eq!(delete(&x.to_string()).await.json(), json!({ "id": x }));
    let left = call(&app, "GET", "/api/social/accounts", &ADMIN, "").await.json();
    assert_eq!(left.as_array().map(|rows| rows.len()), Some(1));
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_credentials").await, 1, "its tokens are gone");
    assert_eq!(delete(&x.to_string()).await.status, 404, "once");
}

/// nchat's own route takes tokens from anybody who can reach it.
#[tokio::test]
async fn defect_17_no_token_comes_in_by_post() {
    let app = App::start().await;
    let post = async |body: Value| {
        call(&app, "POST", "/api/social/accounts", &[ADMIN[0], ADMIN[1], JSON], &body.to_string()).await
    };
    let nchats = json!({"platform": "twitter", "account_id": "1", "account_name": "n", "created_by": app.chat.owner,
        "access_token_encrypted": "canary", "refresh_token_encrypted": null, "token_expires_at": null});
    let refused = post(nchats).await;
    assert_eq!((refused.status, &refused.json()["error"]), (422, &json!("tokens_not_accepted")));
    assert!(!refused.body.contains("canary"));
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_accounts").await, 0);

    let started = post(json!({"platform": "twitter", "return_path": "/admin/social"})).await;
    let body = started.json();
    assert_eq!(started.status, 201, "{}", started.body);
    // The address works, once.
    let url = below_origin(body["url"].as_str().expect("an address"));
    let departed = get(&app, &url, &[]).await;
    assert!(departed.location().as_str().contains("/twitter/i/oauth2/authorize"), "{}", departed.body);
    assert_eq!(get(&app, &url, &[]).await.json()["error"], "bad_ticket");
    let find = "query ($id: uuid!) { socialConnection(id: $id) { status } }";
    let found = app.ask(find, json!({"id": body["connection_id"]})).await;
    assert_eq!(found["socialConnection"]["status"], "waiting", "{found:#}");

    for (wrong, status, code) in [
        (json!({"platform": "myspace"}), 422, "unknown_platform"),
        (json!({"platform": 7}), 400, "bad_request"),
        (json!({}), 400, "bad_request"),
        (json!({"platform": "twitter", "more": 1}), 400, "bad_request"),
        (json!([]), 400, "bad_request"),
        (json!({"platform": "twitter", "return_path": "//evil.example"}), 400, "bad_return_path"),
    ] {
        let refused = post(wrong.clone()).await;
        assert_eq!((refused.status, &refused.json()["error"]), (status, &json!(code)), "{wrong}");
    }
    let typed = [ADMIN[0], ADMIN[1], ("content-type", "text/plain")];
    let form = call(&app, "POST", "/api/social/accounts", &typed, r#"{"platform":"twitter"}"#).await;
    assert_eq!(form.status, 415, "no form of another page can send it");
    let large = format!(r#"{{"platform":"{}"}}"#, "x".repeat(70_000));
    let large = call(&app, "POST", "/api/social/accounts", &[ADMIN[0], ADMIN[1], JSON], &large).await;
    assert_eq!(large.status, 413);
}

#[tokio::test]
async fn a_poll_is_waited_for_and_its_counts_are_true() {
    let app = App::start().await;
    let x = app.following(Platform::Twitter, json!({"filter_keywords": ["launch"]})).await;
    app.connect_one(Platform::Instagram).await;
    app.poll().await;
    let world = app.simulator.world("twitter").expect("X");
    for text in ["The launch", "Lunch"] {
        world.publish(X_ACCOUNT, Draft::text(text)).expect("published");
    }
    let work = async || {
        app.poll().await;
    };
    let one = poll_while(&app, &[ADMIN[0], ADMIN[1], JSON], &json!({"accountId": x}).to_string(), work).await;
    let expected = json!({"fetched": 2, "imported": 2, "filtered": 1, "posted": 1, "errors": []});
    assert_eq!((one.status, one.json()), (200, json!({"success": true, "result": expected})));
    assert_eq!(app.chat.texts().await, ["The launch"]);

    // All accounts, by a cron's curl without a body.
    let all = poll_while(&app, &ADMIN, "", work).await;
    let nothing = json!({"fetched": 0, "imported": 0, "filtered": 0, "posted": 0, "errors": []});
    assert_eq!((all.status, all.json()), (200, json!({"success": true, "result": nothing})));
    app.assert_at_rest().await;
}

#[tokio::test]
async fn waiting_ends_and_holds_no_connection() {
    let app = App::start().await;
    let x = app.connect_one(Platform::Twitter).await;
    app.poll().await;
    let hurry = [ADMIN[0], ADMIN[1], ("prefer", "respond-async, wait=0")];
    let asked = call(&app, "POST", "/api/social/poll", &hurry, "").await;
    assert_eq!(asked.status, 202, "{}", asked.body);
    assert_eq!(asked.json()["pending"], json!([x]));
    assert_eq!(app.poll().await, 1, "it goes on all the same");

    // More requests wait than there are connections, and the polls still get through.
    let waiting = (0..12).map(|_| call(&app, "POST", "/api/social/poll", &ADMIN, ""));
    let working = async {
        // All of them have asked, and now wait, when the database is at rest.
        let mut rests = 0;
        while rests < 50 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            let load = app.service.store.pool_load();
            rests = if load.used == 0 && load.waiting == 0 { rests + 1 } else { 0 };
        }
        app.poll().await;
    };
    let (answers, ()) = tokio::join!(futures_util::future::join_all(waiting), working);
    for answer in answers {
        assert_eq!((answer.status, &answer.json()["success"]), (200, &json!(true)), "{}", answer.body);
    }
}

#[tokio::test]
async fn what_cannot_be_polled_says_why() {
    let app = App::start().await;
    let post = async |body: Value| {
        call(&app, "POST", "/api/social/poll", &[ADMIN[0], ADMIN[1], JSON], &body.to_string()).await
    };
    let refused = async |body: Value, status: u16, code: &str| {
        let answer = post(body).await;
        let json = answer.json();
        assert_eq!(
            (answer.status, &json["success"], &json["error"]),
            (status, &json!(false), &json!(code)),
            "{json:#}"
        );
        assert!(json["message"].as_str().is_some_and(|words| words.len() > 10));
        answer
    };
    let nothing = post(json!({})).await;
    assert_eq!((nothing.status, &nothing.json()["result"]["fetched"]), (200, &json!(0)), "nothing is connected");
    refused(json!({"accountId": Uuid::from_u128(7)}), 404, "not_found").await;
    refused(json!({"accountId": "x"}), 400, "bad_request").await;
    refused(json!({"account_id": Uuid::from_u128(7)}), 400, "bad_request").await;
    refused(json!([1]), 400, "bad_request").await;

    let x = app.connect_one(Platform::Twitter).await;
    app.poll().await;
    let until = nchat_social::domain::Clock::now(&*app.clock) + chrono::Duration::minutes(15);
    app.chat.run("UPDATE nchat_social_accounts SET hold_until = $2 WHERE id = $1", &[&x, &until]).await;
    let held = refused(json!({"accountId": x}), 409, "held").await;
    assert_eq!((held.header("retry-after"), &held.json()["held"][0]["account_id"]), ("900", &json!(x)));
    let document = "mutation ($i: SocialSetAccountActiveInput!) { socialSetAccountActive(input: $i) { status } }";
    app.ask(document, json!({"i": {"id": x, "is_active": false}})).await;
    refused(json!({"accountId": x}), 409, "not_pollable").await;
    app.ask(document, json!({"i": {"id": x, "is_active": true}})).await;
    app.clock.advance(chrono::Duration::minutes(16));

    let broken =
        FaultKind::Status { status: 503, headers: Default::default(), body: json!({"title": "canary-platform-text"}) };
    app.simulator.fault(Fault::new("twitter", "/2/", broken)).expect("a fault");
    let work = async || {
        app.poll().await;
    };
    let failed = poll_while(&app, &[ADMIN[0], ADMIN[1], JSON], &json!({"accountId": x}).to_string(), work).await;
    let body = failed.json();
    assert_eq!(
        (failed.status, &body["success"], &body["error"]),
        (502, &json!(false), &json!("poll_failed")),
        "{body:#}"
    );
    assert_eq!(body["result"]["errors"].as_array().map(Vec::len), Some(1), "{body:#}");
}

/// nchat's answer is a constant.
#[tokio::test]
async fn defect_63_health_is_what_is_so() {
    let app = App::start().await;
    let ask = async || call(&app, "GET", "/api/social/poll", &ADMIN, "").await;
    let well = ask().await;
    assert_eq!(
        (well.status, &well.json()["status"], &well.json()["worker"]),
        (200, &json!("ok"), &json!({"status": "off"}))
    );
    app.connect_one(Platform::Twitter).await;
    app.poll().await;
    app.clock.advance(chrono::Duration::minutes(6));
    let due = ask().await.json();
    assert_eq!((&due["status"], &due["queue"]["accounts_overdue"]), (&json!("ok"), &json!(1)), "{due:#}");
    app.clock.advance(chrono::Duration::minutes(60));
    let late = ask().await.json();
    assert_eq!(late["status"], "late", "{late:#}");
    assert!(late["queue"]["oldest_due_seconds"].as_i64().expect("seconds") > 3600, "{late:#}");
    app.poll().await;
    let again = ask().await.json();
    assert_eq!((&again["status"], &again["queue"]["accounts_overdue"]), (&json!("ok"), &json!(0)), "{again:#}");
    assert_eq!(again["queue"]["jobs_waiting"], 0);
    // Another tenant's lateness is none of this one's.
    app.chat.script("UPDATE nchat_social_accounts SET next_poll_at = now() - interval '1 day', due_at = NULL").await;
    let others = [ADMIN[0], ADMIN[1], ("x-hasura-source-account-id", "other")];
    assert_eq!(call(&app, "GET", "/api/social/poll", &others, "").await.json()["status"], "ok");
}

#[tokio::test]
async fn only_administrators_of_the_tenant_get_through() {
    let app = App::start().await;
    let x = app.connect_one(Platform::Twitter).await;
    app.poll().await;
    let member = http::bearer(&app, "user", Some(app.chat.member));
    let owner = http::bearer(&app, "user", Some(app.chat.owner));
    let operator = format!("Bearer {ADMIN_TOKEN}");
    let cookie = format!("nhostSession={}", &owner["Bearer ".len()..]);
    let delete = format!("/api/social/accounts?id={x}");
    let routes = [
        ("GET", "/api/social/accounts"),
        ("POST", "/api/social/accounts"),
        ("DELETE", delete.as_str()),
        ("GET", "/api/social/poll"),
        ("POST", "/api/social/poll"),
    ];
    for (method, uri) in routes {
        let call = async |headers: &[(&str, &str)]| call(&app, method, uri, headers, "").await.status;
        assert_eq!(call(&[]).await, 401, "{method} {uri}");
        assert_eq!(call(&[("x-hasura-role", "admin")]).await, 401, "{method} {uri}");
        assert_eq!(call(&[("authorization", "Bearer x.y.z")]).await, 401, "{method} {uri}");
        assert_eq!(call(&[("authorization", &member)]).await, 403, "{method} {uri}");
        let foreign =
            [("cookie", cookie.as_str()), ("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")];
        assert_eq!(call(&foreign).await, 401, "{method} {uri}: a page of somebody else's");
        if method != "GET" {
            assert_eq!(call(&[("cookie", &cookie)]).await, 401, "{method} {uri}: nothing says whose page asks");
        }
    }
    let others = [ADMIN[0], ADMIN[1], ("x-hasura-source-account-id", "other")];
    assert_eq!(call(&app, "GET", "/api/social/accounts", &others, "").await.json(), json!([]));
    assert_eq!(call(&app, "DELETE", &delete, &others, "").await.status, 404);
    assert_eq!(call(&app, "POST", "/api/social/poll", &others, "").await.json()["result"]["fetched"], 0);
    assert_eq!(app.poll().await, 0, "no poll of the other tenant's was asked for");

    for headers in [
        &[("authorization", owner.as_str())][..],
        &[("authorization", operator.as_str())],
        &[("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")],
        &[("cookie", cookie.as_str()), ("origin", "http://127.0.0.1:9")],
    ] {
        let accounts = call(&app, "GET", "/api/social/accounts", headers, "").await.json();
        assert_eq!(accounts[0]["id"], json!(x), "{headers:?}");
        let hurry: Vec<_> = headers.iter().copied().chain([("prefer", "wait=0")]).collect();
        assert_eq!(call(&app, "POST", "/api/social/poll", &hurry, "").await.status, 202, "{headers:?}");
    }
}
