//! docs/permissions.md is true: every field of the schema's roots and every route, asked for by every kind of caller,
//! lets in exactly whom the tables say. What has no row fails.

use crate::{
    app::{ADMIN_TOKEN, App, SHARED_SECRET},
    connect::send,
    graphql::{http, walk},
    rest::shape,
};
use futures_util::StreamExt;
use nchat_social::{
    domain::Platform,
    graphql,
    service::{Actor, Claims},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use uuid::Uuid;

const TABLES: &str = include_str!("../../docs/permissions.md");

/// The columns of the tables, in their order.
const CALLERS: [&str; 8] =
    ["anonymous", "hasura alone", "member", "owner", "hasura admin", "other tenant", "operator", "system"];

/// The rows below a heading: what is asked for, and the word for each caller.
fn table(heading: &str) -> BTreeMap<String, Vec<String>> {
    let (_, section) = TABLES.split_once(&format!("## {heading}\n")).unwrap_or_else(|| panic!("no section {heading}"));
    let section = section.split("\n## ").next().expect("a section");
    let mut lines = section.lines().filter(|line| line.starts_with('|'));
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
    };
    assert_eq!(cells(lines.next().expect("a head"))[1..], CALLERS, "the columns of {heading}");
    let rows = lines.skip(1).map(|line| {
        let mut row = cells(line);
        let name = row.remove(0);
        assert_eq!(row.len(), CALLERS.len(), "{name}");
        assert!(row.iter().all(|cell| matches!(cell.as_str(), "yes" | "no" | "own" | "null" | "–")), "{name}: {row:?}");
        (name, row)
    });
    rows.collect()
}

/// The headers of a caller.
fn headers(app: &App, caller: &str) -> Vec<(&'static str, String)> {
    let secret = ("x-nchat-social-secret", SHARED_SECRET.to_owned());
    let bearer = |user| vec![("authorization", http::bearer(app, "user", Some(user)))];
    match caller {
        "anonymous" => Vec::new(),
        "hasura alone" => vec![secret],
        "member" => bearer(app.chat.member),
        "owner" => bearer(app.chat.owner),
        "hasura admin" => vec![secret, ("x-hasura-role", "admin".into())],
        "other tenant" => {
            vec![secret, ("x-hasura-role", "admin".into()), ("x-hasura-source-account-id", "other".into())]
        }
        "operator" => vec![("authorization", format!("Bearer {ADMIN_TOKEN}"))],
        other => panic!("{other}"),
    }
}

/// The same in the service's eyes, for what is not asked over HTTP.
async fn actor(app: &App, caller: &str) -> Actor {
    let person = |user| Claims { role: "user".into(), user_id: Some(user), tenant: None };
    match caller {
        "anonymous" | "hasura alone" => Actor::Nobody,
        "member" => app.service.actor(&person(app.chat.member)).await.expect("known"),
        "owner" => app.service.actor(&person(app.chat.owner)).await.expect("known"),
        "hasura admin" => Actor::Admin(app.admin_of("primary").await),
        "other tenant" => Actor::Admin(app.admin_of("other").await),
        "operator" => app.service.operator(),
        "system" => Actor::System,
        other => panic!("{other}"),
    }
}

/// Asks for a root field: whether it was let in.
async fn ask(app: &App, root: &walk::Root, document: &str, caller: &str) -> (bool, Value) {
    let answer = if root.operation == "subscription" {
        let request = graphql::prepare(async_graphql::Request::new(document), &app.service, actor(app, caller).await);
        let mut news = app.schema.execute_stream(request);
        // A refusal comes at once; whoever is let in waits for news.
        match tokio::time::timeout(Duration::from_millis(500), news.next()).await {
            Ok(answer) => serde_json::to_value(answer).expect("JSON"),
            Err(_) => return (true, Value::Null),
        }
    } else if caller == "system" {
        app.ask_as(Actor::System, document, Value::Null).await
    } else {
        let headers = headers(app, caller);
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        http::post(app, &headers, document, Value::Null).await.1
    };
    let error = &answer["errors"][0];
    let code = error["extensions"]["code"].as_str().unwrap_or_default();
    // What only this service itself may use is not even there for others.
    let is_hidden = error["message"].as_str().is_some_and(|words| words.contains("Unknown"));
    (!(matches!(code, "UNAUTHENTICATED" | "FORBIDDEN") || is_hidden), answer)
}

/// Everything that a caller could change.
const STATE: &str = "SELECT (SELECT jsonb_agg(to_jsonb(a) ORDER BY a.id) FROM nchat_social_accounts a) AS accounts, \
    (SELECT jsonb_agg(to_jsonb(i) ORDER BY i.id) FROM nchat_social_integrations i) AS integrations, \
    (SELECT count(*) FROM nchat_social_posts) AS posts, (SELECT count(*) FROM nchat_messages) AS messages, \
    (SELECT count(*) FROM nchat_social_credentials) AS logins";

#[tokio::test]
async fn every_root_field_lets_in_whom_the_table_says() {
    let app = App::start().await;
    let account = app.following(Platform::Twitter, json!({})).await;
    let mut rows = table("GraphQL");
    // What is allowed is asked for with an id that names nothing, so that nothing is lost to the walk.
    let (real, none) = (account.to_string(), Uuid::from_u128(7).to_string());
    let (with_real, with_none) = (walk::roots(&app, &real).await, walk::roots(&app, &none).await);
    let mut problems = Vec::new();
    for (root, harmless) in with_real.iter().zip(&with_none) {
        let Some(row) = rows.remove(&root.field) else {
            problems.push(format!("`{}` needs a row in docs/permissions.md", root.field));
            continue;
        };
        for (caller, expected) in CALLERS.iter().zip(&row) {
            let before = app.chat.value(STATE).await;
            let document = if expected == "yes" { &harmless.least } else { &root.least };
            let (is_in, answer) = ask(&app, root, document, caller).await;
            let about = format!("{} for {caller}, {expected} in the table: {answer}", root.field);
            if is_in != (expected != "no") || (!is_in && !answer["data"].is_null()) {
                problems.push(about.clone());
            }
            if expected == "null" && !answer["data"][&root.field].is_null() {
                problems.push(about.clone());
            }
            if expected != "yes" {
                assert!(!answer.to_string().contains("acme_example"), "it shows something: {about}");
                assert_eq!(app.chat.value(STATE).await, before, "it changed something: {about}");
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(rows.is_empty(), "rows for nothing: {:?}", rows.keys());
}

#[tokio::test]
async fn every_route_lets_in_whom_the_table_says() {
    let app = App::start().await;
    let account = app.following(Platform::Twitter, json!({})).await;
    let mut rows = table("Routes");
    let mut problems = Vec::new();
    for (method, path) in shape::routes() {
        let Some(row) = rows.remove(&format!("{method} {path}")) else {
            problems.push(format!("`{method} {path}` needs a row in docs/permissions.md"));
            continue;
        };
        for (caller, expected) in CALLERS.iter().zip(&row) {
            if *caller == "system" {
                assert_eq!(expected, "–", "{method} {path}: this service itself asks by no route");
                continue;
            }
            let before = app.chat.value(STATE).await;
            let id = if expected == "yes" { Uuid::from_u128(7) } else { account };
            let mut uri = path.replace("{platform}", "twitter").replace("{code}", "x");
            if method == "DELETE" {
                uri += &format!("?id={id}");
            }
            let mut headers = headers(&app, caller);
            // As the own page's browser, so that nobody is refused for want of one.
            headers.extend([("sec-fetch-site", "same-origin".to_owned()), ("prefer", "wait=0".to_owned())]);
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = send(&app, &method, &uri, &headers, String::new()).await;
            let is_in = !matches!(answer.status, 401 | 403);
            if is_in != (expected != "no") || answer.status >= 500 {
                let status = answer.status;
                problems
                    .push(format!("{method} {path} for {caller}, {expected} in the table: {status} {}", answer.body));
            }
            if expected != "yes" {
                assert!(!answer.body.contains("acme_example"), "{method} {path} for {caller} shows something");
                assert_eq!(app.chat.value(STATE).await, before, "{method} {path} for {caller} changed something");
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(rows.is_empty(), "rows for nothing: {:?}", rows.keys());
}

/// A route that is added later is described, and by that has a row above, or is one of those open to everybody.
#[test]
fn every_route_of_the_router_is_described() {
    const OPEN: [&str; 7] = [
        "/",
        "/graphql",
        "/graphiql",
        "/graphiql/assets/{name}",
        "/admin/social",
        "/admin/social/plain",
        "/admin/social/assets/{name}",
    ];
    let described: Vec<String> = shape::routes().into_iter().map(|(_, path)| path).collect();
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web")];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let is_test = path.ends_with("tests.rs");
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
            for (at, start) in code.match_indices(".route(\"").filter(|_| !is_test) {
                let route = code[at + start.len()..].split('"').next().expect("an end");
                let is_known = OPEN.contains(&route) || described.iter().any(|path| path == route);
                assert!(is_known, "{route} is not in docs/openapi.json");
                seen += 1;
            }
        }
    }
    assert!(seen > 15, "{seen}");
}

/// Nobody can read what is nobody's to read, administrators included.
#[tokio::test]
async fn no_field_of_the_schema_holds_a_secret() {
    let app = App::start().await;
    let names = "{ __schema { types { name fields { name } inputFields { name } } } }";
    let schema = app.ask_as(Actor::System, names, json!({})).await;
    let mut seen = 0;
    for kind in schema["data"]["__schema"]["types"].as_array().expect("types") {
        for list in ["fields", "inputFields"] {
            for field in kind[list].as_array().into_iter().flatten() {
                let name = field["name"].as_str().expect("a name");
                let is_secret =
                    ["secret", "sealed", "credential", "password", "verifier"].iter().any(|w| name.contains(w))
                        || name.contains("token") && name != "token_expires_at";
                assert!(!is_secret, "{}.{name}", kind["name"]);
                seen += 1;
            }
        }
    }
    assert!(seen > 150, "{seen}");
}
