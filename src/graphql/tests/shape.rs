//! Names and shapes that Hasura and its clients need. Its rules: hasura/graphql-engine, remote schema documentation.

use super::introspect;
use crate::{
    graphql::{introspection, sdl},
    service::Actor,
};
use serde_json::Value;

const ROOTS: [&str; 3] = ["Query", "Mutation", "Subscription"];
const SCALARS: [&str; 5] = ["uuid", "timestamptz", "jsonb", "numeric", "date"];
const BUILT_IN: [&str; 5] = ["Int", "Float", "String", "Boolean", "ID"];

/// The types of the whole schema, but those that every schema has.
async fn types() -> Vec<Value> {
    let schema = introspect(Actor::System).await;
    let types = schema["types"].as_array().unwrap().clone();
    types.into_iter().filter(|kind| !name(kind).starts_with("__") && !BUILT_IN.contains(&name(kind))).collect()
}

fn name(entry: &Value) -> &str {
    entry["name"].as_str().unwrap()
}

fn list<'a>(entry: &'a Value, of: &str) -> &'a [Value] {
    entry[of].as_array().map_or(&[], Vec::as_slice)
}

/// Every argument and field of an input, each with a name for people.
fn inputs(types: &[Value]) -> Vec<(String, &Value)> {
    let mut all = Vec::new();
    for kind in types {
        for field in list(kind, "fields") {
            let called = |arg| format!("{}.{}({})", name(kind), name(field), name(arg));
            all.extend(list(field, "args").iter().map(|arg| (called(arg), arg)));
        }
        all.extend(list(kind, "inputFields").iter().map(|field| (format!("{}.{}", name(kind), name(field)), field)));
    }
    assert!(all.len() > 80);
    all
}

fn is_snake_case(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[tokio::test]
async fn types_begin_with_social_roots_too_and_all_else_is_named_like_columns() {
    for kind in types().await {
        let (called, what) = (name(&kind), kind["kind"].as_str().unwrap());
        match what {
            "SCALAR" => assert!(SCALARS.contains(&called), "{called}"),
            _ if ROOTS.contains(&called) => {
                for field in list(&kind, "fields") {
                    let rest = name(field).strip_prefix("social").unwrap_or_default();
                    assert!(
                        rest.starts_with(|c: char| c.is_ascii_uppercase()) && !rest.contains('_'),
                        "{}",
                        name(field)
                    );
                }
            }
            _ => {
                assert!(called.starts_with("Social") && !called.contains('_'), "{called}");
                for field in list(&kind, "fields").iter().chain(list(&kind, "inputFields")) {
                    assert!(is_snake_case(name(field)), "{called}.{}", name(field));
                }
                for value in list(&kind, "enumValues") {
                    assert!(is_snake_case(name(value)), "{called}.{}", name(value));
                }
            }
        }
        for field in list(&kind, "fields") {
            for arg in list(field, "args") {
                assert!(is_snake_case(name(arg)), "{called}.{}({})", name(field), name(arg));
            }
        }
    }
}

#[tokio::test]
async fn everything_is_described() {
    let described = |entry: &Value, what: String| {
        assert!(entry["description"].as_str().is_some_and(|text| text.len() >= 5), "{what} has no description");
    };
    let types = types().await;
    for kind in &types {
        described(kind, name(kind).to_owned());
        for part in ["fields", "enumValues"] {
            list(kind, part).iter().for_each(|entry| described(entry, format!("{}.{}", name(kind), name(entry))));
        }
    }
    inputs(&types).into_iter().for_each(|(what, input)| described(input, what));
}

#[tokio::test]
async fn optional_inputs_are_nullable_without_defaults_and_none_is_deprecated() {
    for (what, input) in inputs(&types().await) {
        assert_eq!(input["defaultValue"], Value::Null, "{what}");
    }
    assert!(!sdl().contains("@deprecated"));
}

#[tokio::test]
async fn mutations_take_one_input_and_answer_status_and_message() {
    let types = types().await;
    let of_name = |called: &str| types.iter().find(|kind| name(kind) == called).unwrap();
    for mutation in list(of_name("Mutation"), "fields") {
        let args = list(mutation, "args");
        assert_eq!(args.iter().map(name).collect::<Vec<_>>(), ["input"], "{}", name(mutation));
        let stem = format!("S{}", name(mutation).strip_prefix('s').unwrap());
        assert_eq!(args[0]["type"]["ofType"]["name"], format!("{stem}Input"));
        assert_eq!(mutation["type"]["ofType"]["name"], format!("{stem}Payload"));
        let payload = list(of_name(&format!("{stem}Payload")), "fields");
        let of =
            |field: &str| payload.iter().find(|entry| name(entry) == field).unwrap()["type"]["ofType"]["name"].clone();
        assert_eq!(of("status"), format!("{stem}Status"));
        assert_eq!(of("message"), "String");
    }
}

#[tokio::test]
async fn entities_have_an_id_that_clients_cache_by() {
    let types = types().await;
    for entity in ["Account", "Integration", "Channel", "Post", "Delivery", "ImportLog", "Connection", "AuditEntry"] {
        let kind = types.iter().find(|kind| name(kind) == format!("Social{entity}")).unwrap();
        let id = list(kind, "fields").iter().find(|field| name(field) == "id").unwrap();
        assert_eq!((&id["type"]["kind"], &id["type"]["ofType"]["name"]), (&"NON_NULL".into(), &"uuid".into()));
    }
}

#[test]
fn the_schemas_text_parses_and_defines_no_directives() {
    let text = sdl();
    async_graphql::parser::parse_schema(&text).unwrap();
    assert!(!text.contains("directive @") && text.ends_with("}\n") && !text.contains(" \n"));
    for line in ["scalar uuid", "scalar timestamptz", "scalar jsonb", "  twitter"] {
        assert!(text.lines().any(|found| found == line), "{line}");
    }
    assert_eq!(text, sdl());
}

#[tokio::test]
async fn introspection_as_a_file_is_what_everybody_sees() {
    let file: Value = serde_json::from_str(&introspection()).unwrap();
    assert_eq!(file["__schema"], introspect(Actor::Nobody).await);
}
