//! Every root field as an operation with as little in it as it allows, and as many nulls: taken from introspection, so
//! that a field added later is walked too.

use crate::app::App;
use nchat_social::service::Actor;
use serde_json::{Value, json};
use std::fmt::Write;

/// A root field.
pub struct Root {
    pub operation: &'static str,
    pub field: String,
    /// What it needs, and nothing else.
    pub least: String,
    /// What it needs, and null for everything else.
    pub nulls: String,
}

const INTROSPECTION: &str = "{ __schema { types { kind name enumValues { name } \
    fields { name args { ...I } type { ...R } } inputFields { ...I } } } } \
    fragment I on __InputValue { name type { ...R } } \
    fragment R on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// Every root field, in the eyes of this service itself; every id in the operations is `id`.
pub async fn roots(app: &App, id: &str) -> Vec<Root> {
    let schema = app.ask_as(Actor::System, INTROSPECTION, json!({})).await;
    let types = schema["data"]["__schema"]["types"].as_array().unwrap_or_else(|| panic!("{schema:#}")).clone();
    let mut roots = Vec::new();
    for (operation, name) in [("query", "Query"), ("mutation", "Mutation"), ("subscription", "Subscription")] {
        for field in find(&types, name)["fields"].as_array().expect("fields") {
            let document = |nulls| {
                let mut args = String::new();
                for arg in field["args"].as_array().expect("arguments") {
                    if let Some(value) = literal(&types, &arg["type"], id, nulls) {
                        write!(args, "{}: {value} ", arg["name"].as_str().expect("a name")).expect("text");
                    }
                }
                let args = if args.is_empty() { args } else { format!("({args})") };
                format!("{operation} {{ {}{args} {{ __typename }} }}", field["name"].as_str().expect("a name"))
            };
            roots.push(Root {
                operation,
                field: field["name"].as_str().expect("a name").to_owned(),
                least: document(false),
                nulls: document(true),
            });
        }
    }
    assert!(roots.len() >= 17, "{}", roots.len());
    roots
}

fn find<'a>(types: &'a [Value], name: &str) -> &'a Value {
    types.iter().find(|kind| kind["name"] == name).unwrap_or_else(|| panic!("{name}"))
}

/// A value of the type; for what is optional null or none.
fn literal(types: &[Value], of: &Value, id: &str, nulls: bool) -> Option<String> {
    if of["kind"] != "NON_NULL" {
        return nulls.then(|| "null".to_owned());
    }
    let of = &of["ofType"];
    let name = of["name"].as_str().unwrap_or_default();
    Some(match of["kind"].as_str().expect("a kind") {
        "LIST" => "[]".into(),
        "SCALAR" => match name {
            "uuid" => format!("\"{id}\""),
            "timestamptz" => "\"2026-11-22T12:00:00Z\"".into(),
            "Int" => "1".into(),
            "Boolean" => "true".into(),
            _ => "\"x\"".into(),
        },
        "ENUM" => find(types, name)["enumValues"][0]["name"].as_str().expect("a word").into(),
        _ => {
            let fields = find(types, name)["inputFields"].as_array().expect("fields").clone();
            let given = fields.iter().filter_map(|field| {
                Some(format!("{}: {}", field["name"].as_str()?, literal(types, &field["type"], id, nulls)?))
            });
            format!("{{ {} }}", given.collect::<Vec<_>>().join(", "))
        }
    })
}
