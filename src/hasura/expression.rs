//! Hasura's boolean expressions, which it reads and writes in several forms, in one.
//! `<https://hasura.io/docs/2.0/api-reference/syntax-defs/#boolexp>`

use super::table_name;
use serde_json::{Map, Value, json};

/// The one form: a list of conditions is `_and` (left out around a single one) or `_or`, sorted; a condition is `_not`,
/// `_exists`, a column with one operator, or a relationship with an expression.
pub fn canonical(expression: &Value) -> Value {
    let mut conditions = conditions(expression);
    conditions.sort_by_key(Value::to_string);
    conditions.dedup();
    match conditions.len() {
        0 => json!({}),
        1 => conditions.remove(0),
        _ => json!({"_and": conditions}),
    }
}

/// Conditions that must all hold.
fn conditions(expression: &Value) -> Vec<Value> {
    let Value::Object(map) = expression else { return vec![expression.clone()] };
    map.iter().flat_map(|(key, value)| condition(key, value)).collect()
}

fn condition(key: &str, value: &Value) -> Vec<Value> {
    let several = || value.as_array().map_or(&[] as &[Value], Vec::as_slice);
    match key.replacen('$', "_", 1).as_str() {
        "_and" => several().iter().flat_map(conditions).collect(),
        "_or" => {
            let mut any: Vec<Value> = several().iter().map(canonical).collect();
            any.sort_by_key(Value::to_string);
            vec![json!({"_or": any})]
        }
        "_not" => vec![json!({"_not": canonical(value)})],
        "_exists" => {
            let (table, rows) = (table_name(&value["_table"]), canonical(&value["_where"]));
            vec![json!({"_exists": {"_table": table, "_where": rows}})]
        }
        _ => match value {
            Value::Object(inner) if is_operators(inner) => inner
                .iter()
                .map(|(operator, operand)| json!({key: {operator.replacen('$', "_", 1): session_variable(operand)}}))
                .collect(),
            Value::Object(_) => vec![json!({key: canonical(value)})],
            // A bare value is compared for equality.
            other => vec![json!({key: {"_eq": session_variable(other)}})],
        },
    }
}

/// Whether the keys compare a column; otherwise they are conditions on the rows of a relationship.
fn is_operators(inner: &Map<String, Value>) -> bool {
    const CONNECTIVES: [&str; 4] = ["_and", "_or", "_not", "_exists"];
    !inner.is_empty()
        && inner
            .keys()
            .all(|key| key.starts_with(['_', '$']) && !CONNECTIVES.contains(&key.replacen('$', "_", 1).as_str()))
}

/// Session variables in lower case, since Hasura does not tell cases apart; other values as they are.
fn session_variable(value: &Value) -> Value {
    match value.as_str() {
        Some(text) if is_session_variable(text) => json!(text.to_ascii_lowercase()),
        _ => value.clone(),
    }
}

/// Whether the text stands for a part of the session. Anything else is taken literally.
pub fn is_session_variable(text: &str) -> bool {
    text.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("x-hasura-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As written by hand, and as Hasura's export gives it back.
    #[test]
    fn the_same_in_other_words_is_the_same() {
        let tenant = json!({"source_account_id": {"_eq": "X-Hasura-Source-Account-Id"}});
        let same = [
            json!({"_and": [tenant, {"is_active": {"_eq": true}}]}),
            json!({"_and": [{"is_active": {"_eq": true}}, tenant]}),
            json!({"$and": [{"_and": [tenant]}, {"is_active": {"$eq": true}}, {}]}),
            json!({"is_active": true, "source_account_id": "x-hasura-source-account-id"}),
        ];
        for other in &same {
            assert_eq!(canonical(other), canonical(&same[0]), "{other}");
        }
        assert_eq!(canonical(&json!({"_and": []})), json!({}));
        let nested =
            json!({"_exists": {"_table": {"schema": "public", "name": "t"}, "_where": {"of": {"_not": {"a": 1}}}}});
        let written = json!({"_exists": {"_table": "t", "_where": {"of": {"_not": {"a": {"_eq": 1}}}}}});
        assert_eq!(canonical(&nested), written);
    }

    #[test]
    fn what_means_something_else_stays_different() {
        let base = json!({"_or": [{"a": {"_eq": 1}}, {"b": {"_eq": 2}}]});
        for other in [
            json!({"_and": [{"a": {"_eq": 1}}, {"b": {"_eq": 2}}]}),
            json!({"_or": [{"a": {"_eq": 1}}]}),
            json!({"_or": [{"a": {"_neq": 1}}, {"b": {"_eq": 2}}]}),
            json!({"_not": base}),
            json!({}),
        ] {
            assert_ne!(canonical(&other), canonical(&base), "{other}");
        }
        assert_ne!(
            canonical(&json!({"a": "X-Source-Account"})),
            canonical(&json!({"a": "x-source-account"})),
            "literal"
        );
    }
}
