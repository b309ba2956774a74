//! Parts of the metadata in one form, to compare what is wanted with what Hasura's export gives back: it leaves defaults
//! out, lists columns in any order, and prints permissions of remote schemas in its own way.

use super::{expression, table_name};
use crate::graphql::permission;
use serde_json::{Map, Value, json};

/// A permission on a table.
pub fn permission(of: &Value) -> Value {
    let mut normal = without_defaults(of);
    for key in ["filter", "check"] {
        let expression = expression::canonical(normal.get(key).unwrap_or(&json!({})));
        if expression == json!({}) {
            normal.remove(key);
        } else {
            normal.insert(key.into(), expression);
        }
    }
    if let Some(Value::Object(presets)) = normal.get_mut("set") {
        for value in presets.values_mut() {
            if let Some(text) = value.as_str().filter(|text| expression::is_session_variable(text)) {
                *value = json!(text.to_ascii_lowercase());
            }
        }
    }
    sort(normal.get_mut("columns"));
    sort(normal.get_mut("computed_fields"));
    Value::Object(normal)
}

/// What a relationship between tables goes by.
pub fn using(of: &Value) -> Value {
    match &of["foreign_key_constraint_on"] {
        Value::Null => {
            let manual = &of["manual_configuration"];
            json!({"to": table_name(&manual["remote_table"]), "by": manual["column_mapping"]})
        }
        Value::Object(key) => {
            let columns = key.get("column").or_else(|| key.get("columns")).unwrap_or(&Value::Null);
            json!({"from": table_name(&key["table"]), "columns": as_list(columns)})
        }
        columns => json!({"columns": as_list(columns)}),
    }
}

fn as_list(value: &Value) -> Value {
    if value.is_array() { value.clone() } else { json!([value]) }
}

/// The definition of a relationship to or from the remote schema.
pub fn remote_relationship(definition: &Value) -> Value {
    let mut normal = definition.clone();
    if let Some(Value::Object(to)) = normal.get_mut("to_source") {
        let table = to.get("table").map(table_name);
        to.insert("table".into(), json!(table));
    }
    sort(normal.pointer_mut("/to_remote_schema/lhs_fields"));
    normal
}

/// Where and how a remote schema is reached.
pub fn remote_schema(definition: &Value) -> Value {
    let mut normal = without_defaults(definition);
    // Hasura's default.
    normal.entry("timeout_seconds").or_insert(json!(60));
    if let Some(Value::Array(headers)) = normal.get_mut("headers") {
        for header in headers.iter_mut() {
            header["name"] = json!(header["name"].as_str().unwrap_or_default().to_ascii_lowercase());
        }
    }
    sort(normal.get_mut("headers"));
    Value::Object(normal)
}

/// What a permission on a remote schema allows, whatever its text looks like.
pub fn remote_permission(definition: &Value) -> Value {
    json!(permission::declarations(definition["schema"].as_str().unwrap_or_default()))
}

/// Without what Hasura leaves out because it is the default.
fn without_defaults(of: &Value) -> Map<String, Value> {
    let is_default = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    };
    let kept = of.as_object().into_iter().flatten().filter(|(_, value)| !is_default(value));
    kept.map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn sort(list: Option<&mut Value>) {
    if let Some(Value::Array(list)) = list {
        list.sort_by_key(Value::to_string);
    }
}
