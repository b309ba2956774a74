//! Hasura as the caller: its introspection, its joins, and tools that introspect as people.

use super::http::{self, AS_ADMIN, SECRET, code};
use crate::app::App;
use axum::http::StatusCode;
use nchat_social::domain::Platform;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The text that arrives when a remote schema is added: fragments inlined, on one line, two blanks behind a leaf.
/// `https://github.com/hasura/graphql-engine/blob/master/server/src-rsr/introspection.json`
fn hasuras_introspection() -> String {
    let reference = (0..7).fold("kind  name ".to_owned(), |inner, _| format!("kind  name  ofType {{ {inner} }}"));
    let reference = format!("... on __Type{{ {reference} }}");
    let input = format!("... on __InputValue{{ name  description  type {{ {reference} }} defaultValue  }}");
    let of_type = format!(
        "... on __Type{{ kind  name  description  fields(includeDeprecated: true) {{ name  description  \
         args {{ {input} }} type {{ {reference} }} isDeprecated  deprecationReason  }} inputFields {{ {input} }} \
         interfaces {{ {reference} }} enumValues(includeDeprecated: true) {{ name  description  isDeprecated  \
         deprecationReason  }} possibleTypes {{ {reference} }} }}"
    );
    format!(
        "query IntrospectionQuery {{ __schema {{ queryType {{ name  }} mutationType {{ name  }} \
         subscriptionType {{ name  }} types {{ {of_type} }} directives {{ name  description  locations  \
         args {{ {input} }} }} }} }}"
    )
}

/// What graphql-js's getIntrospectionQuery writes with all its options.
const GRAPHQL_JS: &str = "query IntrospectionQuery { __schema { description queryType { name kind } mutationType { name kind } \
    subscriptionType { name kind } types { ...FullType } directives { name description isRepeatable locations \
    args(includeDeprecated: true) { ...InputValue } } } } \
    fragment FullType on __Type { kind name description specifiedByURL fields(includeDeprecated: true) { name description \
    args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason } \
    inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef } \
    enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } \
    possibleTypes { ...TypeRef } } \
    fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason } \
    fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name \
    ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";

/// The rules by which Hasura takes or refuses a remote schema, as far as they can be told from the answer.
fn assert_hasura_takes(schema: &Value) {
    let types: BTreeMap<&str, &Value> = schema["types"]
        .as_array()
        .expect("types")
        .iter()
        .map(|of| (of["name"].as_str().expect("a name"), of))
        .collect();
    let assert_known = |reference: &Value| {
        let mut of = reference;
        while of["kind"] == "NON_NULL" || of["kind"] == "LIST" {
            assert!(of["ofType"].is_object(), "cut off: {reference}");
            of = &of["ofType"];
        }
        let known = types.get(of["name"].as_str().expect("a name"));
        assert_eq!(known.map(|known| &known["kind"]), Some(&of["kind"]), "{reference}");
    };
    for root in ["queryType", "mutationType", "subscriptionType"] {
        assert_eq!(types[schema[root]["name"].as_str().expect("a root")]["kind"], "OBJECT");
    }
    for (name, of) in &types {
        let list = |key: &str| of[key].as_array().cloned().unwrap_or_default();
        let kind = of["kind"].as_str().expect("a kind");
        assert!(["SCALAR", "OBJECT", "INTERFACE", "UNION", "ENUM", "INPUT_OBJECT"].contains(&kind), "{name}: {kind}");
        assert_eq!(kind == "ENUM", !list("enumValues").is_empty(), "{name}");
        for field in list("fields") {
            assert_known(&field["type"]);
            field["args"].as_array().expect("a list").iter().for_each(|arg| assert_known(&arg["type"]));
        }
        for input in list("inputFields") {
            assert_known(&input["type"]);
            assert_eq!(input["defaultValue"], Value::Null, "{name}: Hasura sends null for what has a default");
        }
    }
}

#[tokio::test]
async fn introspection_passes_with_the_secret_alone() {
    let app = App::start().await;
    let body = json!({"query": hasuras_introspection(), "operationName": "IntrospectionQuery"}).to_string();
    let (status, answer) = http::send(&app, &[SECRET], &body).await;
    assert_eq!(status, StatusCode::OK);
    assert!(answer.get("errors").is_none(), "{:#}", answer["errors"]);
    assert_hasura_takes(&answer["data"]["__schema"]);
    assert!(!answer.to_string().contains("socialImportPosts"), "the service's own door");
}

#[tokio::test]
async fn the_introspection_of_tools_passes_for_an_administrator() {
    let app = App::start().await;
    let token = http::bearer(&app, "admin", None);
    for headers in [&AS_ADMIN[..], &[("authorization", token.as_str())]] {
        let (status, answer) = http::post(&app, headers, GRAPHQL_JS, Value::Null).await;
        assert_eq!(status, StatusCode::OK);
        assert!(answer.get("errors").is_none(), "{:#}", answer["errors"]);
        let text = answer.to_string();
        assert!(text.contains("socialTriggerImport") && text.contains("\"timestamptz\""));
        for hidden in ["socialImportPosts", "SocialImportPostsInput", "SocialPostInput", "SocialImportPostsPayload"] {
            assert!(!text.contains(hidden), "{hidden}");
        }
    }
}

/// One root field for each row that Hasura joins.
fn join(ids: impl Iterator<Item = Uuid>) -> String {
    let fields = ids.enumerate().map(|(n, id)| {
        format!("f{n}: socialAccount(id: \"{id}\") {{ id account_name integrations {{ channel {{ name }} }} }}")
    });
    format!("query  {{ {} }}", fields.collect::<Vec<_>>().join(" "))
}

#[tokio::test]
async fn a_join_over_three_hundred_rows_is_answered_alias_by_alias() {
    let app = App::start().await;
    let account = app.following(Platform::Twitter, json!({})).await;
    let document = join((1..300).map(Uuid::from_u128).chain([account]));
    let (status, answer) = http::post(&app, &AS_ADMIN, &document, Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    assert!(answer.get("errors").is_none(), "{:#}", answer["errors"]);
    let rows = answer["data"].as_object().expect("rows");
    assert_eq!(rows.len(), 300);
    assert!((0..299).all(|n| rows[&format!("f{n}")].is_null()), "unknown is null and no error");
    assert_eq!(rows["f299"]["integrations"][0]["channel"]["name"], "announcements");

    let token = http::bearer(&app, "admin", None);
    let (_, answer) = http::post(&app, &[("authorization", &token)], &document, Value::Null).await;
    assert_eq!(code(&answer), "QUERY_TOO_LARGE");
    assert_eq!(answer.get("data"), None, "nothing was asked of the database");
    let few = join((1..=30).map(Uuid::from_u128));
    let (_, answer) = http::post(&app, &[("authorization", &token)], &few, Value::Null).await;
    assert_eq!(answer["data"].as_object().map(serde_json::Map::len), Some(30), "{answer:#}");
}

/// A client's document through Hasura: declared nulls, literals, its own operation name.
#[tokio::test]
async fn a_root_field_arrives_as_hasura_writes_it() {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    let body = json!({
        "query": "query Mine($first: Int = null,$status: SocialPostStatus = null,$id: uuid!) { p: socialPosts(account_id: \
                  $id,first: $first,status: $status) { nodes { id  } page_info { has_next_page  } } }",
        "variables": {"first": null, "status": null, "id": account},
        "operationName": "Mine",
    });
    let (status, answer) = http::send(&app, &AS_ADMIN, &body.to_string()).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer, json!({"data": {"p": {"nodes": [], "page_info": {"has_next_page": false}}}}));
}

/// nchat's members through Hasura: a join over rows that are not theirs is answered alias by alias, with null.
#[tokio::test]
async fn a_join_for_who_administers_nothing_is_null_and_no_error() {
    let app = App::start().await;
    let account = app.following(Platform::Twitter, json!({})).await;
    let member = app.chat.member.to_string();
    let document = join([account, Uuid::from_u128(9)].into_iter());
    let as_member: [http::Header<'_>; 3] = [SECRET, ("x-hasura-role", "user"), ("x-hasura-user-id", &member)];
    for headers in [&as_member[..], &[SECRET, ("x-hasura-role", "public")], &[SECRET]] {
        let (status, answer) = http::post(&app, headers, &document, Value::Null).await;
        assert_eq!((status, answer), (StatusCode::OK, json!({"data": {"f0": null, "f1": null}})), "{headers:?}");
    }
    // Asked directly, and for what is no join, the refusal is said.
    let token = http::bearer(&app, "user", Some(app.chat.member));
    let (_, answer) = http::post(&app, &[("authorization", &token)], &join([account].into_iter()), Value::Null).await;
    assert_eq!(code(&answer), "FORBIDDEN");
    let (_, answer) = http::post(&app, &as_member, "{ socialAccounts { id } }", Value::Null).await;
    assert_eq!(code(&answer), "FORBIDDEN");
    let owner = app.chat.owner.to_string();
    let as_owner: [http::Header<'_>; 3] = [SECRET, ("x-hasura-role", "user"), ("x-hasura-user-id", &owner)];
    let (_, answer) = http::post(&app, &as_owner, &document, Value::Null).await;
    assert_eq!(answer["data"]["f0"]["id"], json!(account));
}

/// Each root field of a client's operation arrives by itself, in the order of the document, anonymous and without
/// variables it does not use; mutations too.
#[tokio::test]
async fn an_operation_arrives_one_field_at_a_time() {
    let app = App::start().await;
    let account = app.following(Platform::Twitter, json!({})).await;
    for (query, variables, path) in [
        (
            "mutation  { off: socialSetAccountActive(input: $input) { status  account { is_active  } } }",
            json!({"input": {"id": account, "is_active": false, "catch_up": null}}),
            "/data/off/account/is_active",
        ),
        (
            "mutation  { on: socialSetAccountActive(input: $input) { status  account { is_active  } } }",
            json!({"input": {"id": account, "is_active": true}}),
            "/data/on/status",
        ),
        ("query  { socialAccounts(ids: null,platform: null) { id  } }", Value::Null, "/data/socialAccounts/0/id"),
    ] {
        let query = query.replacen("mutation  {", "mutation  ($input: SocialSetAccountActiveInput!) {", 1);
        let mut body = json!({"query": query});
        if !variables.is_null() {
            body["variables"] = variables;
        }
        let (status, answer) = http::send(&app, &AS_ADMIN, &body.to_string()).await;
        assert_eq!((status, answer.get("errors")), (StatusCode::OK, None), "{answer:#}");
        assert!(answer.pointer(path).is_some_and(|value| !value.is_null()), "{path}: {answer:#}");
    }
}

/// Optional inputs are sent as null when a client leaves them out, in variables and in whole objects.
#[tokio::test]
async fn an_explicit_null_means_not_given() {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    let create = "mutation ($input: SocialCreateIntegrationInput!) { socialCreateIntegration(input: $input) { status \
                  integration { auto_post filter_hashtags min_engagement backfill_count } } }";
    let input = json!({"account_id": account, "channel_id": app.chat.announcements, "auto_post": null,
        "filter_hashtags": null, "filter_keywords": null, "exclude_retweets": null, "exclude_replies": null,
        "min_engagement": null, "backfill_count": null});
    let (_, answer) = http::post(&app, &AS_ADMIN, create, json!({"input": input})).await;
    assert_eq!(
        answer["data"]["socialCreateIntegration"],
        json!({"status": "created", "integration": {"auto_post": true, "filter_hashtags": [], "min_engagement": 0,
            "backfill_count": 0}})
    );
    let trigger = "mutation ($input: SocialTriggerImportInput!) { socialTriggerImport(input: $input) { status } }";
    let (_, answer) = http::post(&app, &AS_ADMIN, trigger, json!({"input": {"account_id": null}})).await;
    assert_eq!(answer["data"]["socialTriggerImport"]["status"], "requested", "{answer:#}");
}

/// Whatever goes wrong, the body is JSON in GraphQL's shape, for Hasura shows its users a parser's words for all else.
#[tokio::test]
async fn every_refusal_is_a_graphql_answer() {
    let app = App::start().await;
    let json_type = ("content-type", "application/json");
    let ask = r#"{"query":"{ socialPlatforms { name } }"}"#.to_owned();
    let large =
        format!(r#"{{"query":"{{ socialPlatforms {{ name }} }}","variables":{{"a":"{}"}}}}"#, "x".repeat(2 << 20));
    let deep = format!(r#"{{"query":"{{ a(b: {}{}) }}"}}"#, "[".repeat(5000), "]".repeat(5000));
    for (headers, body, expected) in [
        (vec![json_type, ("x-nchat-social-secret", "wrong-wrong-wrong-wrong")], ask.clone(), StatusCode::UNAUTHORIZED),
        (vec![json_type, ("authorization", "Bearer nonsense")], ask.clone(), StatusCode::UNAUTHORIZED),
        (
            vec![json_type, SECRET, ("x-hasura-role", "user"), ("x-hasura-user-id", "7")],
            ask.clone(),
            StatusCode::UNAUTHORIZED,
        ),
        (vec![json_type, SECRET], large, StatusCode::PAYLOAD_TOO_LARGE),
        (vec![json_type, SECRET], deep, StatusCode::BAD_REQUEST),
        (vec![json_type, SECRET], "{".into(), StatusCode::BAD_REQUEST),
        (vec![("content-type", "text/plain"), SECRET], ask.clone(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (vec![json_type, SECRET, ("accept", "text/html")], ask.clone(), StatusCode::NOT_ACCEPTABLE),
        (vec![json_type, SECRET], r#"{"query":"{ nothing }"}"#.into(), StatusCode::OK),
    ] {
        let request = axum::http::Request::post("/graphql");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let request = request.body(axum::body::Body::from(body)).expect("a request");
        let (status, answer) = http::answer(&app, request).await;
        assert_eq!(status, expected, "{headers:?}");
        assert!(answer["errors"][0]["message"].is_string() && answer.get("data").is_none(), "{answer:#}");
        assert!(answer["errors"][0]["extensions"]["code"].is_string(), "{answer:#}");
    }
    let elsewhere = axum::http::Request::post("/graphql/").body(axum::body::Body::empty()).expect("a request");
    let (status, answer) = http::answer(&app, elsewhere).await;
    assert_eq!(
        (status, answer["errors"][0]["extensions"]["code"].as_str()),
        (StatusCode::NOT_FOUND, Some("NOT_FOUND"))
    );
}

/// A fault behind the schema: an error with a request id, in the same shape.
#[tokio::test]
async fn a_fault_is_a_graphql_answer_too() {
    let app = App::start().await;
    app.chat.script("ALTER TABLE nchat_social_accounts RENAME TO gone").await;
    let (status, answer) = http::post(&app, &AS_ADMIN, "{ socialAccounts { id } }", Value::Null).await;
    assert_eq!((status, code(&answer)), (StatusCode::OK, "INTERNAL_SERVER_ERROR"));
    assert!(answer["errors"][0]["extensions"]["request_id"].is_string());
    assert!(!answer.to_string().contains("relation"), "the database's words stay inside: {answer}");
}
