//! What the database's tables are, for checking Hasura's metadata against them.

use super::{Store, StoreError};
use std::collections::{BTreeMap, BTreeSet};

/// The tables of the current schema.
#[derive(Clone, Debug, Default)]
pub struct Catalog(pub BTreeMap<String, Table>);

/// A table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Its columns by name.
    pub columns: BTreeMap<String, Column>,
    /// The columns of its primary key.
    pub primary_key: Vec<String>,
    /// Its foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// The names of its unique constraints and its primary key, which `on_conflict` can name.
    pub constraints: BTreeSet<String>,
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its type as Postgres names it within: `uuid`, `_text`, `message_type`.
    pub of: String,
    /// The words of an enumeration; empty for other types.
    pub words: Vec<String>,
    /// It may be left out of an insert: it has a default, may be null, or is generated.
    pub may_be_left_out: bool,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// The columns.
    pub columns: Vec<String>,
    /// The table they point to.
    pub to: String,
    /// The columns there.
    pub to_columns: Vec<String>,
}

impl Store {
    /// Reads the tables of the current schema.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    pub async fn catalog(&self) -> Result<Catalog, StoreError> {
        let client = self.pool.get().await?;
        let mut tables: BTreeMap<String, Table> = BTreeMap::new();
        let columns = client
            .query(
                "SELECT c.relname::text, a.attname::text, t.typname::text, \
                   ARRAY(SELECT enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY enumsortorder), \
                   a.atthasdef OR NOT a.attnotnull OR a.attidentity <> '' \
                 FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid \
                 WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') \
                   AND a.attnum > 0 AND NOT a.attisdropped",
                &[],
            )
            .await?;
        for row in columns {
            let column = Column { of: row.get(2), words: row.get(3), may_be_left_out: row.get(4) };
            tables.entry(row.get(0)).or_default().columns.insert(row.get(1), column);
        }
        let constraints = client
            .query(
                "SELECT c.relname::text, k.conname::text, k.contype::text, \
                   ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS n(number, place) \
                     JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = n.number ORDER BY place), \
                   r.relname::text, \
                   ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS n(number, place) \
                     JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = n.number ORDER BY place) \
                 FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid LEFT JOIN pg_class r ON r.oid = k.confrelid \
                 WHERE c.relnamespace = current_schema()::regnamespace AND k.contype IN ('p', 'u', 'f') \
                 ORDER BY k.conname",
                &[],
            )
            .await?;
        for row in constraints {
            let table = tables.entry(row.get(0)).or_default();
            match (row.get::<_, &str>(2), row.get::<_, Option<String>>(4)) {
                ("f", Some(to)) => {
                    table.foreign_keys.push(ForeignKey { columns: row.get(3), to, to_columns: row.get(5) });
                }
                (kind, _) => {
                    table.constraints.insert(row.get(1));
                    if kind == "p" {
                        table.primary_key = row.get(3);
                    }
                }
            }
        }
        Ok(Catalog(tables))
    }
}
