//! Rows of a database, taken out and written again in one statement for each table: the floor of an import.

use chrono::{DateTime, NaiveDate, Utc};
use tokio_postgres::{Client, Row, Transaction, types::ToSql};
use uuid::Uuid;

type Column = Box<dyn ToSql + Send + Sync>;

/// Some rows of a table, as arrays.
pub struct Rows {
    insert: String,
    columns: Vec<Column>,
}

impl Rows {
    /// The rows of `table` for which `condition` holds, all of whose columns are written as they are.
    pub async fn take(
        from: &Client,
        table: &str,
        condition: &str,
        parameter: &(dyn ToSql + Sync),
    ) -> anyhow::Result<Self> {
        let described = from
            .query(
                "SELECT attname::text, format_type(atttypid, NULL) FROM pg_attribute \
                 WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
                &[&table],
            )
            .await?;
        let described: Vec<(String, String)> = described.iter().map(|row| (row.get(0), row.get(1))).collect();
        // Arrays of arrays are rectangles to Postgres, so arrays go as text; as do a schema's own types.
        let plain = ["uuid", "text", "timestamp with time zone", "integer", "bigint", "boolean", "jsonb", "date"];
        let sent = |kind: &str| if plain.contains(&kind) { kind.to_owned() } else { "text".to_owned() };
        let parts: Vec<(String, String, String)> = described
            .iter()
            .zip(1..)
            .map(|((name, kind), place)| {
                let cast = if sent(kind) == *kind { String::new() } else { format!("::{kind}") };
                (
                    format!("array_agg(r.{name}::{} ORDER BY r.ctid)", sent(kind)),
                    format!("n.{name}{cast}"),
                    format!("${place}::{}[]", sent(kind)),
                )
            })
            .collect();
        let list = |of: fn(&(String, String, String)) -> &str| parts.iter().map(of).collect::<Vec<_>>().join(", ");
        let names: Vec<&str> = described.iter().map(|(name, _)| name.as_str()).collect();
        let names = names.join(", ");
        let row = from
            .query_one(&format!("SELECT {} FROM {table} r WHERE {condition}", list(|part| &part.0)), &[parameter])
            .await?;
        let columns = described.iter().enumerate().map(|(place, (_, kind))| column(&row, place, &sent(kind))).collect();
        let insert = format!(
            "INSERT INTO {table} ({names}) SELECT {} FROM unnest({}) AS n({names})",
            list(|part| &part.1),
            list(|part| &part.2)
        );
        Ok(Self { insert, columns })
    }

    /// The statement that writes them.
    pub fn statement(&self) -> &str {
        &self.insert
    }

    /// Writes them by the prepared `statement`.
    pub async fn write(
        &self,
        to: &Transaction<'_>,
        statement: &tokio_postgres::Statement,
    ) -> Result<(), tokio_postgres::Error> {
        let parameters: Vec<&(dyn ToSql + Sync)> =
            self.columns.iter().map(|column| &**column as &(dyn ToSql + Sync)).collect();
        to.execute(statement, &parameters).await.map(drop)
    }
}

fn column(row: &Row, place: usize, kind: &str) -> Column {
    match kind {
        "uuid" => Box::new(row.get::<_, Vec<Option<Uuid>>>(place)),
        "timestamp with time zone" => Box::new(row.get::<_, Vec<Option<DateTime<Utc>>>>(place)),
        "date" => Box::new(row.get::<_, Vec<Option<NaiveDate>>>(place)),
        "integer" => Box::new(row.get::<_, Vec<Option<i32>>>(place)),
        "bigint" => Box::new(row.get::<_, Vec<Option<i64>>>(place)),
        "boolean" => Box::new(row.get::<_, Vec<Option<bool>>>(place)),
        "jsonb" => Box::new(row.get::<_, Vec<Option<serde_json::Value>>>(place)),
        _ => Box::new(row.get::<_, Vec<Option<String>>>(place)),
    }
}
