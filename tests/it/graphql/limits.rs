//! Requests that ask too much or come in the wrong form are refused as JSON, and the next one is served.

use super::http::{self, AS_ADMIN, code};
use crate::app::App;
use axum::{body::Body, http::Request};
use nchat_social::domain::Platform;
use serde_json::{Value, json};

fn nested(levels: usize) -> String {
    let inner = (0..levels).fold("id".to_owned(), |inner, n| match n % 2 {
        0 => format!("account {{ {inner} }}"),
        _ => format!("integrations {{ {inner} }}"),
    });
    format!("{{ socialAccounts {{ integrations {{ {inner} }} }} }}")
}

#[tokio::test]
async fn questions_beyond_the_limits_are_refused() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    let token = http::bearer(&app, "admin", None);
    let person = [("authorization", token.as_str())];
    let ask = async |query: String| http::post(&app, &person, &query, Value::Null).await.1;

    assert!(ask(nested(1)).await.get("errors").is_none());
    let page = "account { id } deliveries { id channel { name } integration { id } }";
    let whole = ask(format!("{{ socialPosts(first: 200) {{ nodes {{ id content {page} }} }} }}")).await;
    assert!(whole.get("errors").is_none(), "a full page with what hangs on it: {whole:#}");

    assert_eq!(code(&ask(nested(20)).await), "QUERY_TOO_LARGE", "too deep");
    assert_eq!(
        http::post(&app, &AS_ADMIN, &nested(20), Value::Null).await.1["errors"].as_array().map(Vec::len),
        Some(1)
    );
    let wide = format!("{{ socialPlatforms {{ {} }} }}", (0..3000).map(|n| format!("a{n}: name ")).collect::<String>());
    assert_eq!(code(&ask(wide).await), "QUERY_TOO_LARGE", "too many fields");
    let heavy = "{ socialAccounts { integrations { account { integrations { account { integrations { account \
                 { integrations { id account_id channel_id } } } } } } } } }";
    assert_eq!(code(&ask(heavy.into()).await), "QUERY_TOO_LARGE", "too many values");
    let cycle = "{ socialAccounts { ...a } } fragment a on SocialAccount { integrations { account { ...a } } }";
    assert!(ask(cycle.into()).await["errors"].is_array());
    let brackets = format!("{{ socialAccounts(ids: {}{}) {{ id }} }}", "[".repeat(5000), "]".repeat(5000));
    assert!(ask(brackets).await["errors"].is_array());
    let bomb: String = (0..30).map(|n| format!("fragment f{n} on Query {{ ...f{0} ...f{0} }} ", n + 1)).collect();
    assert!(ask(format!("{{ ...f0 }} {bomb} fragment f30 on Query {{ __typename }}")).await["errors"].is_array());

    assert!(ask(nested(1)).await.get("errors").is_none(), "and the next one is served");
}

#[tokio::test]
async fn requests_in_a_wrong_form_are_refused_as_json() {
    let app = App::start().await;
    let question = json!({"query": "{ socialAccounts { id } }"});
    let refused = async |status: u16, request: Request<Body>| {
        let (got, answer) = http::answer(&app, request).await;
        assert_eq!(got.as_u16(), status, "{answer:#}");
        assert!(answer.get("data").is_none() && answer["errors"][0]["message"].is_string(), "{answer:#}");
    };
    let from_hasura = |method: &str, uri: &str| {
        AS_ADMIN.iter().fold(Request::builder().method(method).uri(uri), |r, (name, value)| r.header(*name, *value))
    };
    let post = |kind: &str, body: String| {
        from_hasura("POST", "/graphql").header("content-type", kind).body(Body::from(body)).expect("a request")
    };
    refused(400, post("application/json", json!([question, question]).to_string())).await;
    refused(400, post("application/json", "{\"query\": ".into())).await;
    refused(415, post("text/plain", question.to_string())).await;
    refused(415, post("application/x-www-form-urlencoded", "query={__typename}".into())).await;
    let huge = json!({"query": format!("{{ socialAccounts {{ id }} }} #{}", "x".repeat(1 << 20))});
    refused(413, post("application/json", huge.to_string())).await;
    let mutation = "/graphql?query=mutation%7BsocialTriggerImport(input%3A%7B%7D)%7Bstatus%7D%7D";
    refused(405, from_hasura("GET", mutation).body(Body::empty()).expect("a request")).await;
    refused(405, from_hasura("PUT", "/graphql").body(Body::empty()).expect("a request")).await;

    let query = from_hasura("GET", "/graphql?query=%7BsocialAccounts%7Bid%7D%7D").body(Body::empty());
    let (status, answer) = http::answer(&app, query.expect("a request")).await;
    assert_eq!((status.as_u16(), answer), (200, json!({"data": {"socialAccounts": []}})));
}
