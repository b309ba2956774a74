//! JSON columns that others than this service can write.

use serde_json::Value;
use tokio_postgres::Row;

/// The JSON in a column. What cannot be read counts as `null`: Postgres keeps JSON nested more deeply than our reader
/// goes, and one such row must not end the work on all the others.
pub fn json(row: &Row, column: usize) -> Option<Value> {
    row.try_get(column).unwrap_or(Some(Value::Null))
}
