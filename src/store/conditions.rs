//! A WHERE clause of only those conditions that were asked for. A statement that tests `$1 IS NULL OR …` instead cannot
//! use an index for it.

use std::fmt::Write;
use tokio_postgres::types::ToSql;

/// Conditions and their values.
pub struct Conditions<'a> {
    sql: String,
    values: Vec<&'a (dyn ToSql + Sync)>,
}

impl<'a> Conditions<'a> {
    /// The condition that always holds good, such as the tenant's. `?` stands for the value.
    pub fn new(condition: &str, value: &'a (dyn ToSql + Sync)) -> Self {
        let mut conditions = Self { sql: String::new(), values: Vec::new() };
        conditions.push(condition, &[value]);
        conditions
    }

    /// Adds a condition if there is a value for it.
    pub fn and<T: ToSql + Sync>(&mut self, condition: &str, value: Option<&'a T>) {
        if let Some(value) = value {
            self.push(condition, &[value]);
        }
    }

    /// Adds a condition whose `?` stand for `values`, in their order.
    pub fn push(&mut self, condition: &str, values: &[&'a (dyn ToSql + Sync)]) {
        self.sql.push_str(if self.sql.is_empty() { "WHERE " } else { " AND " });
        let mut parts = condition.split('?');
        self.sql.push_str(parts.next().unwrap_or_default());
        for (part, value) in parts.zip(values) {
            self.values.push(*value);
            let _ = write!(self.sql, "${}{part}", self.values.len());
        }
    }

    /// `$n` for a value outside of the conditions.
    pub fn place(&mut self, value: &'a (dyn ToSql + Sync)) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    /// `WHERE …`
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The values, in their places.
    pub fn values(&self) -> &[&'a (dyn ToSql + Sync)] {
        &self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_asked_for_is_asked() {
        let (tenant, id, none) = ("primary", 7_i32, None::<i32>);
        let mut conditions = Conditions::new("t.tenant = ?", &tenant);
        conditions.and("t.id = ?", Some(&id));
        conditions.and("t.other = ?", none.as_ref());
        conditions.push("(t.a, t.b) < (?, ?)", &[&id, &id]);
        let limit = conditions.place(&id);
        assert_eq!(conditions.sql(), "WHERE t.tenant = $1 AND t.id = $2 AND (t.a, t.b) < ($3, $4)");
        assert_eq!((limit.as_str(), conditions.values().len()), ("$5", 5));
    }
}
