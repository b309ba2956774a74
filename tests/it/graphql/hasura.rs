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
    assert_eq!(code(&answer), "query_too_large");
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
