//! Conditions on rows: columns, relationships and operators exist, and what is compared fits.

use super::{RELATIONSHIPS, Verifier, is_session_variable, list, text};
use crate::store::catalog::Column;
use serde_json::Value;

/// Operators that every type has; the metadata uses no others.
const OPERATORS: [&str; 9] = ["_eq", "_neq", "_in", "_nin", "_gt", "_lt", "_gte", "_lte", "_is_null"];

impl Verifier<'_> {
    /// Looks through an expression in its canonical form, which filters rows of the table `name`.
    pub(super) fn condition(&mut self, place: &str, name: &str, expression: &Value) {
        for (key, value) in expression.as_object().into_iter().flatten() {
            match key.as_str() {
                "_and" | "_or" => {
                    value.as_array().into_iter().flatten().for_each(|part| self.condition(place, name, part));
                }
                "_not" => self.condition(place, name, value),
                "_exists" => {
                    let table = text(value, "_table").to_owned();
                    if self.tracked(&table).is_none() {
                        self.say(format!("{place}: {table} is not tracked, so it cannot be asked"));
                    }
                    self.condition(place, &table, &value["_where"]);
                }
                _ => self.on_field(place, name, key, value),
            }
        }
    }

    fn on_field(&mut self, place: &str, name: &str, field: &str, value: &Value) {
        if let Some(column) = self.column(name, field) {
            for (operator, operand) in value.as_object().into_iter().flatten() {
                if !OPERATORS.contains(&operator.as_str()) {
                    self.say(format!("{place}: {operator} is no operator for {name}.{field}"));
                }
                for operand in operand.as_array().map_or(std::slice::from_ref(operand), Vec::as_slice) {
                    if let Some(why) = unfit(operator, operand, column) {
                        self.say(format!("{place}: {name}.{field} is compared with {operand}, {why}"));
                    }
                }
            }
            return;
        }
        let relationship = self.tracked(name).and_then(|table| {
            RELATIONSHIPS.into_iter().find_map(|kind| {
                let mut known = list(table, &format!("{kind}_relationships")).iter();
                known.find(|of| text(of, "name") == field).map(|of| (kind, of))
            })
        });
        let target = relationship.map(|(kind, of)| self.target(name, kind, &of["using"]));
        match target {
            None => self.say(format!("{place}: {name} has neither column nor relationship {field}")),
            // A relationship that leads nowhere is named where it is defined.
            Some(Err(_)) => {}
            Some(Ok(target)) => self.condition(place, &target, value),
        }
    }
}

/// Why the column cannot equal the operand.
fn unfit(operator: &str, operand: &Value, column: &Column) -> Option<&'static str> {
    if operator == "_is_null" {
        return (!operand.is_boolean()).then_some("which is neither true nor false");
    }
    let of = column.of.as_str();
    match operand {
        Value::String(text) if is_session_variable(text) => None,
        Value::String(text) if text.to_ascii_lowercase().starts_with("x-") => {
            Some("a text that is no session variable")
        }
        Value::String(text) if !column.words.is_empty() && !column.words.contains(text) => Some("which it never is"),
        Value::String(_) if ["bool", "int4", "int8"].contains(&of) => Some("a text"),
        Value::Bool(_) if of != "bool" => Some("true or false"),
        Value::Number(_) if !["int4", "int8", "float8", "numeric"].contains(&of) => Some("a number"),
        Value::Null => Some("which is nothing"),
        _ => None,
    }
}
