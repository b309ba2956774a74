//! As much of Hasura as nchat's documents use: they are held against metadata and tables as Hasura would hold them, and
//! executed as SQL with the role's columns, filters and checks, in a transaction that says who asks.

use async_graphql::parser::{
    parse_query,
    types::{DocumentOperations, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet},
};
use nchat_social::{
    hasura::{Tenant, metadata},
    store::catalog::Catalog,
};
use serde_json::{Map, Value, json};
use tokio_postgres::{Client, Transaction};
use uuid::Uuid;

const DOCUMENTS: &str = include_str!("../../fixtures/nchat/documents.graphql");

/// Who asks.
#[derive(Clone, Debug)]
pub struct Session {
    pub role: &'static str,
    pub user: Option<Uuid>,
    pub tenant: Option<&'static str>,
}

impl Session {
    /// A session variable, by its name in any case.
    pub fn variable(&self, name: &str) -> Option<String> {
        match name.to_ascii_lowercase().as_str() {
            "x-hasura-role" => Some(self.role.to_owned()),
            "x-hasura-user-id" => self.user.map(|id| id.to_string()),
            "x-hasura-source-account-id" => self.tenant.map(str::to_owned),
            _ => None,
        }
    }

    fn as_json(&self) -> Value {
        let names = ["x-hasura-role", "x-hasura-user-id", "x-hasura-source-account-id"];
        names.into_iter().filter_map(|name| Some((name, self.variable(name)?))).collect()
    }
}

/// A stand-in for Hasura on a database.
pub struct Engine {
    metadata: Value,
    pub catalog: Catalog,
    documents: ExecutableDocument,
    client: Client,
}

impl Engine {
    /// With our metadata, and nchat's messages tracked as nchat has them.
    pub fn new(client: Client, catalog: Catalog, tenant: &Tenant) -> Self {
        let mut metadata = metadata(tenant);
        let tables = metadata["sources"][0]["tables"].as_array_mut().expect("tables");
        tables.push(json!({"table": {"name": "nchat_messages", "schema": "public"}}));
        Self { metadata, catalog, documents: parse_query(DOCUMENTS).expect("nchat's documents"), client }
    }

    /// The names of all documents.
    pub fn operations(&self) -> Vec<String> {
        let DocumentOperations::Multiple(operations) = &self.documents.operations else { panic!("several operations") };
        operations.keys().map(ToString::to_string).collect()
    }

    /// Executes a document; an error in Hasura's or Postgres' words.
    pub async fn run(&mut self, name: &str, variables: Value, session: &Session) -> Result<Value, String> {
        let DocumentOperations::Multiple(operations) = &self.documents.operations else { panic!("several operations") };
        let operation = operations.get(name).unwrap_or_else(|| panic!("no document {name}")).node.clone();
        let variables = self.variables(&operation, variables, session)?;
        let Selection::Field(root) = &operation.selection_set.node.items[0].node else { panic!("a field") };
        let sql = self.plan(&root.node, &variables, session)?;
        let transaction = self.client.transaction().await.expect("a transaction");
        let settings = format!("SET LOCAL \"hasura.user\" = {}", quoted(&session.as_json().to_string()));
        transaction.batch_execute(&settings).await.expect("the session");
        let answer = sql.run(&transaction).await?;
        transaction.commit().await.map_err(|error| words(&error))?;
        Ok(answer)
    }

    /// Variables with their defaults; inputs of a role's that has none are unknown types.
    fn variables(&self, of: &OperationDefinition, given: Value, session: &Session) -> Result<Value, String> {
        let mut variables = given;
        for definition in &of.variable_definitions {
            let (name, written) = (definition.node.name.node.as_str(), definition.node.var_type.node.to_string());
            let named = written.trim_matches(['[', ']', '!']);
            let is_input =
                [("_insert_input", "insert"), ("_set_input", "update")].into_iter().find_map(|(end, operation)| {
                    let table = named.strip_suffix(end)?;
                    Some(self.permission(table, operation, session).is_ok())
                });
            if !is_input.unwrap_or_else(|| ["uuid", "Boolean", "Int", "String"].contains(&named)) {
                return Err(format!("no such type exists in the schema: '{named}'"));
            }
            if variables.get(name).is_none() {
                if !definition.node.var_type.node.nullable {
                    return Err(format!("expecting a value for non-nullable variable: {name:?}"));
                }
                let default = definition.node.default_value.as_ref().map(|value| value.node.clone().into_json());
                variables[name] = default.transpose().expect("JSON").unwrap_or_default();
            }
        }
        Ok(variables)
    }

    fn plan(&self, root: &Field, variables: &Value, session: &Session) -> Result<Plan, String> {
        let name = root.name.node.as_str();
        let args: Map<String, Value> =
            root.arguments
                .iter()
                .map(|(name, value)| {
                    let value = value.node.clone().into_const_with(|variable| {
                        async_graphql::Value::from_json(variables[variable.as_str()].clone())
                    });
                    (name.node.to_string(), value.expect("JSON").into_json().expect("JSON"))
                })
                .collect();
        let selection = &root.selection_set.node;
        let operations = [
            ("insert_", "_one", "insert"),
            ("update_", "_by_pk", "update"),
            ("delete_", "_by_pk", "delete"),
            ("", "_by_pk", "select"),
            ("", "", "select"),
        ];
        let (table, operation, by_key) = operations
            .into_iter()
            .find_map(|(start, end, operation)| {
                let table = name.strip_prefix(start)?.strip_suffix(end)?;
                self.tracked(table).ok().map(|_| (table, operation, end == "_by_pk"))
            })
            .ok_or_else(|| not_found(name))?;
        let permission = self.permission(table, operation, session).map_err(|_| not_found(name))?;
        match operation {
            "insert" => self.insert(table, &permission, &args, selection, session),
            "update" => self.update(table, &permission, &args, selection, session),
            "delete" => {
                let row = self.row(table, selection, session)?;
                let rows = self.rows(table, &permission["filter"], &args, session)?;
                Ok(Plan {
                    change: Some(format!("DELETE FROM {table} a WHERE {rows} RETURNING {row}")),
                    ..Plan::default()
                })
            }
            _ => {
                let row = self.row(table, selection, session)?;
                let given =
                    if by_key { by_columns(&args) } else { args.get("where").cloned().unwrap_or_else(|| json!({})) };
                let rows = self.rows(table, &permission["filter"], &Map::new(), session)?;
                let asked = self.condition(&given, table, "a", session)?;
                let order: Vec<String> = args
                    .get("order_by")
                    .and_then(Value::as_object)
                    .into_iter()
                    .flatten()
                    .map(|(column, way)| format!("a.{column} {}", way.as_str().expect("a direction")))
                    .collect();
                let order = if order.is_empty() { String::new() } else { format!("ORDER BY {}", order.join(", ")) };
                let most =
                    [args.get("limit"), permission.get("limit")].into_iter().flatten().filter_map(Value::as_i64).min();
                let limit = most.map(|most| format!("LIMIT {most}")).unwrap_or_default();
                let query = format!("SELECT {row} FROM {table} a WHERE ({rows}) AND ({asked}) {order} {limit}");
                Ok(Plan { query: Some(query), is_one: by_key, ..Plan::default() })
            }
        }
    }

    fn insert(
        &self,
        table: &str,
        permission: &Value,
        args: &Map<String, Value>,
        selection: &SelectionSet,
        session: &Session,
    ) -> Result<Plan, String> {
        let mut columns = Vec::new();
        let mut values = Vec::new();
        for (column, value) in args["object"].as_object().expect("an object") {
            let known = self.allowed(table, permission, column, "insert_input")?;
            columns.push(column.clone());
            values.push(literal(value, known));
        }
        let conflict = match args.get("on_conflict") {
            None => String::new(),
            Some(on) => {
                let constraint = on["constraint"].as_str().expect("a constraint");
                if !self.catalog.0[table].constraints.contains(constraint) {
                    return Err(format!("unexpected value {constraint:?} for enum: '{table}_constraint'"));
                }
                let set = on["update_columns"].as_array().expect("columns").iter().map(|column| {
                    let column = column.as_str().expect("a column");
                    format!("{column} = excluded.{column}")
                });
                format!("ON CONFLICT ON CONSTRAINT {constraint} DO UPDATE SET {}", set.collect::<Vec<_>>().join(", "))
            }
        };
        let change = format!(
            "INSERT INTO {table} AS a ({}) VALUES ({}) {conflict} RETURNING jsonb_build_object('id', a.id)",
            columns.join(", "),
            values.join(", ")
        );
        self.checked(change, table, permission, selection, session)
    }

    fn update(
        &self,
        table: &str,
        permission: &Value,
        args: &Map<String, Value>,
        selection: &SelectionSet,
        session: &Session,
    ) -> Result<Plan, String> {
        let mut set = Vec::new();
        for (column, value) in args["_set"].as_object().expect("an object") {
            set.push(format!("{column} = {}", literal(value, self.allowed(table, permission, column, "set_input")?)));
        }
        let key = args["pk_columns"].as_object().expect("a key");
        let rows = self.rows(table, &permission["filter"], key, session)?;
        let change =
            format!("UPDATE {table} a SET {} WHERE {rows} RETURNING jsonb_build_object('id', a.id)", set.join(", "));
        self.checked(change, table, permission, selection, session)
    }

    /// The change, then the check on the row that came of it, then what is returned of it.
    fn checked(
        &self,
        change: String,
        table: &str,
        permission: &Value,
        selection: &SelectionSet,
        session: &Session,
    ) -> Result<Plan, String> {
        let row = self.row(table, selection, session)?;
        let check = match &permission["check"] {
            Value::Null => "true".to_owned(),
            check => self.condition(check, table, "a", session)?,
        };
        let check = Some(format!("SELECT coalesce({check}, false) FROM {table} a WHERE a.id = $1"));
        let query = Some(format!("SELECT {row} FROM {table} a WHERE a.id = $1"));
        Ok(Plan { change: Some(change), check, query, is_one: true })
    }

    fn rows(&self, table: &str, filter: &Value, key: &Map<String, Value>, session: &Session) -> Result<String, String> {
        let filter = if filter.is_null() { json!({}) } else { filter.clone() };
        let (filter, key) =
            (self.condition(&filter, table, "a", session)?, self.condition(&by_columns(key), table, "a", session)?);
        Ok(format!("({filter}) AND ({key})"))
    }

    /// The type of a column that the role may write.
    fn allowed(&self, table: &str, permission: &Value, column: &str, input: &str) -> Result<&str, String> {
        let may = match permission["columns"].as_array() {
            None => true,
            Some(columns) => columns.iter().any(|of| of == column) && permission["set"][column].is_null(),
        };
        let known = self.catalog.0[table].columns.get(column).filter(|_| may);
        known
            .map(|known| known.of.as_str())
            .ok_or_else(|| format!("field '{column}' not found in type: '{table}_{input}'"))
    }

    /// A row as JSON: the columns and relationships that the role may see.
    fn row(&self, table: &str, selection: &SelectionSet, session: &Session) -> Result<String, String> {
        self.row_as(table, "a", selection, session)
    }

    fn row_as(&self, table: &str, alias: &str, selection: &SelectionSet, session: &Session) -> Result<String, String> {
        let unknown = |field: &str| format!("field '{field}' not found in type: '{table}'");
        let permission = self.permission(table, "select", session).map_err(|_| unknown("*"))?;
        let mut parts = Vec::new();
        for item in &selection.items {
            let Selection::Field(field) = &item.node else { panic!("nchat uses no fragments here") };
            let name = field.node.name.node.as_str();
            if let Some(columns) = permission["columns"].as_array()
                && self.catalog.0[table].columns.contains_key(name)
                && !columns.iter().any(|column| column == name)
            {
                return Err(unknown(name));
            }
            let value = if self.catalog.0[table].columns.contains_key(name) {
                format!("{alias}.{name}")
            } else {
                let inner = format!("{alias}o");
                let (other, join) = self.relationship(table, name, alias, &inner).map_err(|_| unknown(name))?;
                let row = self.row_as(&other, &inner, &field.node.selection_set.node, session)?;
                let filter = self.permission(&other, "select", session)?["filter"].clone();
                let filter = if filter.is_null() { json!({}) } else { filter };
                let rows = self.condition(&filter, &other, &inner, session)?;
                format!("(SELECT {row} FROM {other} {inner} WHERE ({join}) AND ({rows}))")
            };
            parts.push(format!("'{name}', {value}"));
        }
        Ok(format!("jsonb_build_object({})", parts.join(", ")))
    }

    /// The table that a relationship leads to, and how rows are joined.
    pub fn relationship(&self, table: &str, name: &str, from: &str, to: &str) -> Result<(String, String), String> {
        let known = ["object_relationships", "array_relationships"]
            .into_iter()
            .find_map(|kind| self.tracked(table).ok()?[kind].as_array()?.iter().find(|of| of["name"] == name));
        let using = &known.ok_or_else(|| format!("{table} has no {name}"))?["using"];
        let key = &using["foreign_key_constraint_on"];
        if let Some(column) = key.as_str() {
            let keys = &self.catalog.0[table].foreign_keys;
            let key = keys.iter().find(|key| key.columns == [column]).expect("a foreign key");
            return Ok((key.to.clone(), format!("{to}.{} = {from}.{column}", key.to_columns[0])));
        }
        if key.is_object() {
            let (other, column) =
                (key["table"]["name"].as_str().expect("a table"), key["column"].as_str().expect("a column"));
            return Ok((other.to_owned(), format!("{to}.{column} = {from}.id")));
        }
        let manual = &using["manual_configuration"];
        let mapping = manual["column_mapping"].as_object().expect("a mapping").iter();
        let join = mapping.map(|(a, b)| format!("{from}.{a} = {to}.{}", b.as_str().expect("a column")));
        Ok((
            manual["remote_table"]["name"].as_str().expect("a table").to_owned(),
            join.collect::<Vec<_>>().join(" AND "),
        ))
    }

    /// The table as it is tracked.
    pub fn tracked(&self, table: &str) -> Result<&Value, String> {
        let tables = self.metadata["sources"][0]["tables"].as_array().expect("tables");
        tables.iter().find(|of| of["table"]["name"] == table).ok_or_else(|| format!("{table} is not tracked"))
    }

    /// What the role may; Hasura's administrator may everything.
    fn permission(&self, table: &str, operation: &str, session: &Session) -> Result<Value, String> {
        let of = self.tracked(table)?;
        if session.role == "admin" {
            return Ok(json!({}));
        }
        let permissions = of[format!("{operation}_permissions")].as_array();
        let of_role = permissions.and_then(|all| all.iter().find(|of| of["role"] == session.role));
        of_role.map(|of| of["permission"].clone()).ok_or_else(|| format!("no {operation} on {table}"))
    }
}

/// What a document comes to.
#[derive(Debug, Default)]
struct Plan {
    change: Option<String>,
    check: Option<String>,
    query: Option<String>,
    is_one: bool,
}

impl Plan {
    async fn run(&self, transaction: &Transaction<'_>) -> Result<Value, String> {
        let mut id = None;
        if let Some(change) = &self.change {
            let Some(row) = transaction.query_opt(change, &[]).await.map_err(|error| words(&error))? else {
                return Ok(Value::Null);
            };
            let row: Value = row.get(0);
            if self.query.is_none() {
                return Ok(row);
            }
            id = row["id"].as_str().and_then(|id| id.parse::<Uuid>().ok());
        }
        if let Some(check) = &self.check {
            let row = transaction.query_one(check, &[&id]).await.map_err(|error| words(&error))?;
            if !row.get::<_, bool>(0) {
                return Err("check constraint of an insert/update permission has failed".into());
            }
        }
        let query = self.query.as_ref().expect("a query");
        let rows = match id {
            Some(_) => transaction.query(query, &[&id]).await,
            None => transaction.query(query, &[]).await,
        };
        let mut rows: Vec<Value> = rows.map_err(|error| words(&error))?.iter().map(|row| row.get(0)).collect();
        Ok(if self.is_one { rows.pop().unwrap_or_default() } else { json!(rows) })
    }
}

fn by_columns(key: &Map<String, Value>) -> Value {
    key.iter().map(|(column, value)| (column.clone(), json!({"_eq": value}))).collect::<Map<_, _>>().into()
}

fn not_found(field: &str) -> String {
    format!("field '{field}' not found in the role's root")
}

fn words(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |db| db.message().to_owned())
}

/// JSON as a value of a Postgres type.
pub fn literal(value: &Value, of: &str) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        _ if of == "jsonb" => format!("{}::jsonb", quoted(&value.to_string())),
        Value::Array(_) if of.starts_with('_') => {
            format!("ARRAY(SELECT jsonb_array_elements_text({}::jsonb))::{}", quoted(&value.to_string()), of)
        }
        Value::String(text) => format!("{}::{of}", quoted(text)),
        other => format!("{}::{of}", quoted(&other.to_string())),
    }
}

/// Text as SQL.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
