//! docs/openapi.json as a test reads it: which routes there are, and whether an answer is what it says.

use crate::connect::Answer;
use serde_json::Value;

/// The document.
pub fn document() -> Value {
    serde_json::from_str(include_str!("../../../docs/openapi.json")).expect("JSON")
}

/// Every route: method in capitals, path as it is written.
pub fn routes() -> Vec<(String, String)> {
    let document = document();
    let paths = document["paths"].as_object().expect("paths").iter();
    let routes = paths.flat_map(|(path, item)| {
        let methods = item.as_object().expect("methods").keys().filter(|key| *key != "parameters");
        methods.map(|method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
    });
    routes.collect()
}

/// The answer is one that the document describes.
pub fn assert_described(method: &str, path: &str, answer: &Answer) {
    let document = document();
    let place = format!("{method} {path} {}", answer.status);
    let response = &document["paths"][path][method.to_lowercase()]["responses"][answer.status.to_string()];
    assert!(response.is_object(), "{place} is not described: {}", answer.body);
    let content = &response["content"];
    if content.is_null() {
        return assert_eq!(answer.body, "", "{place} has no body");
    }
    let media = answer.header("content-type").split(';').next().unwrap_or_default().to_owned();
    let schema = &content[&media]["schema"];
    assert!(schema.is_object(), "{place}: {media} is not described");
    if media == "application/json" {
        let problems = check(&document, schema, &answer.json(), "$");
        assert!(problems.is_empty(), "{place}: {}\n{}", problems.join("; "), answer.body);
    }
}

/// As much of JSON Schema as the document uses; an unknown keyword is a failure of the test.
fn check(document: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let mut wrong = |what: &str| problems.push(format!("{at} {what}"));
    let keywords = schema.as_object().expect("a schema");
    if let Some(reference) = keywords.get("$ref").and_then(Value::as_str) {
        let target = document.pointer(reference.trim_start_matches('#')).expect("a target");
        return check(document, target, value, at);
    }
    for (keyword, rule) in keywords {
        match keyword.as_str() {
            "description" | "maxLength" => {}
            "type" => {
                let types: Vec<&str> = match rule {
                    Value::String(one) => vec![one],
                    many => many.as_array().expect("types").iter().filter_map(Value::as_str).collect(),
                };
                if !types.iter().any(|kind| is(kind, value)) {
                    wrong(&format!("is no {types:?}"));
                }
            }
            "const" if rule != value => wrong("is not the constant"),
            "const" => {}
            "enum" if !rule.as_array().expect("values").contains(value) => wrong("is not among the values"),
            "enum" => {}
            "format" if value.is_string() && !is_formatted(rule, value) => wrong("has another format"),
            "format" => {}
            "minimum" if value.as_f64() < rule.as_f64() => wrong("is too small"),
            "minimum" => {}
            "minItems" if value.as_array().map(Vec::len) < rule.as_u64().map(|n| n as usize) => wrong("is too short"),
            "minItems" => {}
            "maxItems" if value.as_array().map(Vec::len) > rule.as_u64().map(|n| n as usize) => wrong("is too long"),
            "maxItems" => {}
            "anyOf" => {
                let any = rule.as_array().expect("schemas").iter();
                if !any.clone().any(|one| check(document, one, value, at).is_empty()) {
                    wrong("is none of them");
                }
            }
            "required" => {
                for name in rule.as_array().expect("names").iter().filter_map(Value::as_str) {
                    if value.get(name).is_none() {
                        wrong(&format!("lacks {name}"));
                    }
                }
            }
            "additionalProperties" => {
                let known = keywords["properties"].as_object().expect("properties");
                for name in value.as_object().into_iter().flatten().map(|(name, _)| name) {
                    if !known.contains_key(name) {
                        wrong(&format!("has {name}, which is not described"));
                    }
                }
            }
            "properties" | "items" => {}
            other => panic!("the test does not know {other}"),
        }
    }
    for (name, of) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(inner) = value.get(name) {
            problems.extend(check(document, of, inner, &format!("{at}.{name}")));
        }
    }
    if keywords.contains_key("items") {
        for (n, item) in value.as_array().into_iter().flatten().enumerate() {
            problems.extend(check(document, &schema["items"], item, &format!("{at}[{n}]")));
        }
    }
    problems
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the test does not know {other}"),
    }
}

fn is_formatted(format: &Value, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    match format.as_str().expect("a format") {
        "uuid" => uuid::Uuid::try_parse(text).is_ok(),
        "date-time" => chrono::DateTime::parse_from_rfc3339(text).is_ok(),
        "uri" => url::Url::parse(text).is_ok(),
        other => panic!("the test does not know {other}"),
    }
}
