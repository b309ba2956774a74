//! GraphQL over HTTP, as its specification and Hasura expect it.

use crate::web::{
    actor::jwt_for_tests::session,
    tests::{Reply, SECRET, send},
};

const JSON: (&str, &str) = ("content-type", "application/json");
const NEW: (&str, &str) = ("accept", "application/graphql-response+json");
/// Every schema answers it.
const GOOD: &str = r#"{"query":"{__typename}"}"#;

async fn post(headers: &[(&str, &str)], body: &str) -> Reply {
    send("POST", "/graphql", headers, body.to_owned()).await
}

/// The message of a refusal, which never has data.
fn refused(reply: &Reply) -> String {
    let json = reply.json();
    assert!(json.get("data").is_none(), "{json}");
    json["errors"][0]["message"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn answers_come_as_the_client_accepts_them() {
    let old = post(&[JSON], GOOD).await;
    assert_eq!((old.status, old.header("content-type")), (200, "application/json; charset=utf-8"));
    assert!(old.json()["data"]["__typename"].is_string());
    assert!(old.json().get("errors").is_none(), "Hasura takes an empty list for a fault");
    let new = post(&[JSON, NEW], GOOD).await;
    assert_eq!((new.status, new.header("content-type")), (200, "application/graphql-response+json; charset=utf-8"));
    let neither = post(&[JSON, ("accept", "text/html")], GOOD).await;
    assert_eq!(neither.status, 406);
    assert!(!refused(&neither).is_empty());
}

#[tokio::test]
async fn operations_that_never_ran_have_no_data() {
    for query in ["{", "{no_such_field}", "query A {__typename} query B {__typename}", "query($a: Int!) {__typename}"] {
        let body = serde_json::json!({ "query": query }).to_string();
        let old = post(&[JSON], &body).await;
        assert_eq!((old.status, refused(&old).is_empty()), (200, false), "{query}");
        let new = post(&[JSON, NEW], &body).await;
        assert_eq!((new.status, refused(&new).is_empty()), (400, false), "{query}");
    }
}

#[tokio::test]
async fn malformed_requests_are_400_in_either_type() {
    for body in
        ["", "{", "[]", r#"[{"query":"{__typename}"}]"#, "{}", r#"{"query":1}"#, r#"{"query":"{a}","variables":[]}"#]
    {
        for accept in ["application/json", NEW.1] {
            let reply = post(&[JSON, ("accept", accept)], body).await;
            assert_eq!((reply.status, refused(&reply).is_empty()), (400, false), "{body} {accept}");
            assert!(reply.header("content-type").starts_with(accept));
        }
    }
}

#[tokio::test]
async fn only_json_bodies_are_read() {
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin1",
    ] {
        let reply = post(&[("content-type", kind)], GOOD).await;
        assert_eq!((reply.status, refused(&reply).is_empty()), (415, false), "{kind}");
    }
    assert_eq!(post(&[], GOOD).await.status, 415);
    assert_eq!(post(&[("content-type", "Application/JSON; charset=\"UTF-8\"")], GOOD).await.status, 200);
}

#[tokio::test]
async fn large_requests_are_refused_as_json() {
    let large = format!(r#"{{"query":"{}"}}"#, " ".repeat(1024 * 1024));
    let announced = large.len().to_string();
    for headers in [vec![JSON], vec![JSON, ("content-length", announced.as_str())]] {
        let reply = post(&headers, &large).await;
        assert_eq!((reply.status, refused(&reply).as_str()), (413, "the request is larger than 1 MiB"));
    }
}

#[tokio::test]
async fn deep_documents_are_refused_and_use_no_stack_up() {
    for levels in [40, 125, 300, 800, 100_000] {
        let lists = format!("{{no_such_field(a: {}1{})}}", "[".repeat(levels), "]".repeat(levels));
        let objects = format!("{{no_such_field(a: {}1{})}}", "{a:".repeat(levels), "}".repeat(levels));
        let fields = format!("{}{}", "{a".repeat(levels), "}".repeat(levels));
        for query in [lists, objects, fields] {
            let reply = post(&[JSON, NEW], &serde_json::json!({ "query": query }).to_string()).await;
            assert_eq!((reply.status, refused(&reply).is_empty()), (400, false), "{levels}");
        }
    }
}

#[tokio::test]
async fn get_is_for_queries() {
    let get = |query: &str| {
        let uri = format!("/graphql?{query}");
        async move { send("GET", &uri, &[], "").await }
    };
    let good = get("query=%7B__typename%7D").await;
    assert!(good.json()["data"]["__typename"].is_string());
    for query in ["mutation{a}", "subscription{a}", "query A{__typename} mutation B{a}&operationName=B"] {
        let reply = get(&format!("query={}", query.replace(' ', "%20"))).await;
        assert_eq!((reply.status, reply.header("allow")), (405, "POST"), "{query}");
    }
    let chosen = get("query=query%20A%7B__typename%7D%20mutation%20B%7Ba%7D&operationName=A").await;
    assert_ne!(chosen.status, 405, "the query is chosen");
    assert_eq!(get("").await.status, 400);
    assert_eq!(get("query=%7B__typename%7D&variables=1").await.status, 400);
}

#[tokio::test]
async fn wrong_proofs_are_401_with_a_body_and_say_nothing() {
    let forged = format!("Bearer {}x", session("owner"));
    for (name, value) in [("x-nchat-social-secret", "guessed"), ("authorization", forged.as_str())] {
        let reply = post(&[JSON, (name, value)], GOOD).await;
        assert_eq!((reply.status, reply.header("www-authenticate")), (401, "Bearer"), "{name}");
        assert!(!refused(&reply).contains(value), "{name}");
        assert_eq!(reply.json()["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    }
    assert_eq!(post(&[JSON, ("x-nchat-social-secret", SECRET)], GOOD).await.status, 200, "Hasura's introspection");
}

#[tokio::test]
async fn sockets_need_a_proper_handshake() {
    let reply = send("GET", "/graphql", &[("upgrade", "websocket"), ("connection", "upgrade")], "").await;
    assert_eq!((reply.status, refused(&reply).is_empty()), (400, false));
}

#[tokio::test]
async fn fragments_use_neither_stack_nor_time_up() {
    let doubled: String = (0..60).map(|at| format!("fragment f{at} on Query{{...f{0} ...f{0}}}", at + 1)).collect();
    for start in ["...f0", "__typename"] {
        let query = format!("{{{start}}}{doubled}fragment f60 on Query{{__typename}}");
        let reply = post(&[JSON, NEW], &serde_json::json!({ "query": query }).to_string()).await;
        assert_eq!((reply.status, refused(&reply).is_empty()), (400, false), "{start}");
    }
    for start in ["...f0", "__typename"] {
        let chain: String = (0..10_000).map(|at| format!("fragment f{at} on Query{{...f{}}}", at + 1)).collect();
        let query = format!("{{{start}}}{chain}fragment f10000 on Query{{__typename}}");
        let reply = post(&[JSON, NEW], &serde_json::json!({ "query": query }).to_string()).await;
        assert_eq!((reply.status, refused(&reply).is_empty()), (400, false), "{start}");
    }
}
