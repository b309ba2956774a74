//! Hasura's row filters as SQL, in the way Hasura writes them: session variables are values, and two NULLs are equal.

use super::engine::{Engine, Session, literal, quoted};
use nchat_social::hasura::expression::{canonical, is_session_variable};
use serde_json::Value;

impl Engine {
    /// `expression` as a condition on the rows of `table`, which are called `alias`.
    pub fn condition(&self, expression: &Value, table: &str, alias: &str, session: &Session) -> Result<String, String> {
        self.all(&canonical(expression), table, alias, session)
    }

    fn all(&self, of: &Value, table: &str, alias: &str, session: &Session) -> Result<String, String> {
        let map = of.as_object().ok_or_else(|| format!("{of} is no condition"))?;
        let mut parts = vec!["true".to_owned()];
        for (key, value) in map {
            parts.push(match key.as_str() {
                "_and" | "_or" => {
                    let each = value.as_array().expect("a list").iter();
                    let each: Vec<_> = each.map(|of| self.all(of, table, alias, session)).collect::<Result<_, _>>()?;
                    each.join(if key == "_or" { " OR " } else { " AND " })
                }
                "_not" => format!("NOT ({})", self.all(value, table, alias, session)?),
                "_exists" => {
                    let other = value["_table"].as_str().expect("a table");
                    self.tracked(other)?;
                    let inner = format!("{alias}e");
                    let rows = self.all(&value["_where"], other, &inner, session)?;
                    format!("EXISTS (SELECT FROM {other} {inner} WHERE {rows})")
                }
                field => self.on_field(field, value, table, alias, session)?,
            });
        }
        Ok(format!("({})", parts.join(") AND (")))
    }

    fn on_field(&self, field: &str, of: &Value, table: &str, alias: &str, session: &Session) -> Result<String, String> {
        let Some(column) = self.catalog.0[table].columns.get(field) else {
            let inner = format!("{alias}r");
            let (other, join) = self.relationship(table, field, alias, &inner)?;
            let rows = self.all(of, &other, &inner, session)?;
            return Ok(format!("EXISTS (SELECT FROM {other} {inner} WHERE ({join}) AND ({rows}))"));
        };
        let value = |value: &Value| match value.as_str() {
            Some(text) if is_session_variable(text) => {
                let given = session.variable(text).ok_or_else(|| format!("missing session variable: {text:?}"))?;
                Ok(format!("({}::{})", quoted(&given), column.of))
            }
            _ if value.is_null() => Err(format!("unexpected null value for type '{}'", column.of)),
            _ => Ok(literal(value, &column.of)),
        };
        let place = format!("{alias}.{field}");
        let (operator, operand) = of.as_object().and_then(|map| map.iter().next()).expect("an operator");
        Ok(match operator.as_str() {
            "_eq" => {
                let value = value(operand)?;
                format!("({place} = {value}) OR ({place} IS NULL AND {value} IS NULL)")
            }
            "_in" => {
                let each = operand.as_array().expect("a list").iter();
                let each: Vec<_> = each.map(value).collect::<Result<_, String>>()?;
                format!("{place} = ANY (ARRAY[{}])", each.join(", "))
            }
            "_is_null" if operand == &Value::Bool(true) => format!("{place} IS NULL"),
            "_is_null" => format!("{place} IS NOT NULL"),
            other => return Err(format!("{other} is not understood here")),
        })
    }
}
