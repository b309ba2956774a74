//! Whether metadata fits the database and the schema, without a Hasura: what it would call inconsistent, and what it
//! would not notice (columns with secrets, texts that were meant as session variables).

mod condition;

use super::{
    REMOTE_SCHEMA,
    calls::{OPERATIONS, RELATIONSHIPS},
    expression::{self, is_session_variable},
    is_closed, list, table_name, text,
};
use crate::{
    graphql::permission::{self, ROLES},
    store::catalog::{Catalog, Column, Table},
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that does not fit.
pub fn misfits(metadata: &Value, catalog: &Catalog) -> Vec<String> {
    let mut verifier = Verifier { metadata, catalog, found: Vec::new() };
    let tables = list(&metadata["sources"][0], "tables");
    let mut seen = BTreeSet::new();
    for table in tables {
        let name = table_name(&table["table"]);
        if !seen.insert(name.clone()) {
            verifier.say(format!("{name} is tracked twice"));
        }
        verifier.table(&name, table);
    }
    for schema in list(metadata, "remote_schemas") {
        verifier.remote_schema(schema);
    }
    verifier.found
}

/// Whether the column holds what nobody may read through Hasura.
pub fn is_secret(column: &str) -> bool {
    const WORDS: [&str; 8] = ["token", "secret", "password", "sealed", "encrypted", "verifier", "lease_", "credential"];
    column != "token_expires_at" && (column.ends_with("_hash") || WORDS.into_iter().any(|word| column.contains(word)))
}

struct Verifier<'a> {
    metadata: &'a Value,
    catalog: &'a Catalog,
    found: Vec<String>,
}

impl<'a> Verifier<'a> {
    fn say(&mut self, what: String) {
        self.found.push(what);
    }

    /// The table in the database.
    fn known(&self, name: &str) -> Option<&'a Table> {
        self.catalog.0.get(name)
    }

    /// The table in the metadata.
    fn tracked(&self, name: &str) -> Option<&'a Value> {
        list(&self.metadata["sources"][0], "tables").iter().find(|of| table_name(&of["table"]) == name)
    }

    fn table(&mut self, name: &str, of: &Value) {
        if is_closed(name) || name.contains('.') {
            return self.say(format!("{name} must not be tracked"));
        }
        let Some(table) = self.known(name) else { return self.say(format!("there is no table {name}")) };
        if table.primary_key.is_empty() {
            self.say(format!("{name} has no primary key, so it has no `{name}_by_pk`"));
        }
        for kind in RELATIONSHIPS {
            for relationship in list(of, &format!("{kind}_relationships")) {
                let place = format!("{name}.{}", text(relationship, "name"));
                if table.columns.contains_key(text(relationship, "name")) {
                    self.say(format!("{place} is a column, so no relationship can have its name"));
                }
                if let Err(why) = self.target(name, kind, &relationship["using"]) {
                    self.say(format!("{place}: {why}"));
                }
            }
        }
        for relationship in list(of, "remote_relationships") {
            self.check_remote_schema(name, table, relationship);
        }
        for operation in OPERATIONS {
            let mut roles = BTreeSet::new();
            for permission in list(of, &format!("{operation}_permissions")) {
                let role = text(permission, "role");
                let place = format!("{operation} permission of role {role} on {name}");
                if !roles.insert(role) {
                    self.say(format!("{place}: given twice"));
                }
                self.permission(&place, operation, role, name, table, &permission["permission"]);
            }
        }
    }

    /// The table that a relationship leads to.
    fn target(&self, name: &str, kind: &str, using: &Value) -> Result<String, String> {
        let key = &using["foreign_key_constraint_on"];
        let to = match (kind, key.as_str()) {
            ("object", Some(column)) => {
                let keys = self.known(name).map_or(&[] as &[_], |table| &table.foreign_keys);
                let mut leading = keys.iter().filter(|key| key.columns == [column]);
                let key = leading.next().ok_or_else(|| format!("there is no foreign key on {column}"))?;
                if leading.next().is_some() {
                    return Err(format!("there are several foreign keys on {column}"));
                }
                key.to.clone()
            }
            ("array", None) if key.is_object() => {
                let (from, column) = (table_name(&key["table"]), text(key, "column"));
                let keys = self.known(&from).map_or(&[] as &[_], |table| &table.foreign_keys);
                if !keys.iter().any(|key| key.columns == [column] && key.to == name) {
                    return Err(format!("there is no foreign key from {from}.{column}"));
                }
                from
            }
            (_, None) if using["manual_configuration"].is_object() => {
                self.manual(name, &using["manual_configuration"])?
            }
            _ => return Err("it goes by nothing that is known".into()),
        };
        self.tracked(&to).map(|_| to.clone()).ok_or_else(|| format!("{to} is not tracked"))
    }

    fn manual(&self, name: &str, of: &Value) -> Result<String, String> {
        let to = table_name(&of["remote_table"]);
        for (from, there) in of["column_mapping"].as_object().into_iter().flatten() {
            let there = there.as_str().unwrap_or_default();
            let (Some(a), Some(b)) = (self.column(name, from), self.column(&to, there)) else {
                return Err(format!("there is no column {name}.{from} or {to}.{there}"));
            };
            if a.of != b.of {
                return Err(format!("{name}.{from} and {to}.{there} are of different types"));
            }
        }
        Ok(to)
    }

    fn column(&self, table: &str, column: &str) -> Option<&'a Column> {
        self.known(table).and_then(|table| table.columns.get(column))
    }

    fn permission(&mut self, place: &str, operation: &str, role: &str, name: &str, table: &Table, of: &Value) {
        if !ROLES.contains(&role) {
            let why =
                if role == "admin" { "admin may do everything and can have none" } else { "the role may do nothing" };
            self.say(format!("{place}: {why}"));
        }
        for column in list(of, "columns").iter().filter_map(Value::as_str) {
            if !table.columns.contains_key(column) {
                self.say(format!("{place}: there is no column {column}"));
            }
            if is_secret(column) {
                self.say(format!("{place}: {column} must not be seen"));
            }
        }
        if of["columns"] == "*" {
            self.say(format!("{place}: columns must be named, so that a new one is closed"));
        }
        for (column, value) in of["set"].as_object().into_iter().flatten() {
            if !table.columns.contains_key(column) {
                self.say(format!("{place}: there is no column {column} to preset"));
            }
            if value
                .as_str()
                .is_some_and(|text| text.to_ascii_lowercase().starts_with("x-") && !is_session_variable(text))
            {
                self.say(format!("{place}: {value} is a text and no session variable"));
            }
        }
        if operation == "insert" {
            let is_given =
                |column: &str| list(of, "columns").iter().any(|given| given == column) || !of["set"][column].is_null();
            let needed = table.columns.iter().filter(|(_, column)| !column.may_be_left_out);
            for (column, _) in needed.filter(|(column, _)| !is_given(column)) {
                self.say(format!("{place}: {column} has no default and cannot be given"));
            }
        }
        for key in ["filter", "check"] {
            // An insert has no filter, the others need one; what is unfiltered is open to everybody of the role.
            let must = key == if operation == "insert" { "check" } else { "filter" };
            let condition = expression::canonical(&of[key]);
            if must && (of[key].is_null() || condition == serde_json::json!({})) {
                self.say(format!("{place}: without a {key} it is open for every row"));
            } else if !of[key].is_null() {
                self.condition(&format!("{place}: {key}"), name, &condition);
            }
        }
    }

    /// A relationship from a row to a field of the remote schema.
    fn check_remote_schema(&mut self, name: &str, table: &Table, of: &Value) {
        let place = format!("{name}.{}", text(of, "name"));
        let to = &of["definition"]["to_remote_schema"];
        if !list(self.metadata, "remote_schemas").iter().any(|schema| schema["name"] == to["remote_schema"]) {
            return self.say(format!("{place}: there is no remote schema {}", to["remote_schema"]));
        }
        for column in list(to, "lhs_fields").iter().filter_map(Value::as_str) {
            if !table.columns.contains_key(column) {
                self.say(format!("{place}: there is no column {column}"));
            }
        }
        let arguments = permission::query_arguments();
        for (field, how) in to["remote_field"].as_object().into_iter().flatten() {
            let Some(known) = arguments.get(field) else {
                self.say(format!("{place}: the schema has no query {field}"));
                continue;
            };
            let given: BTreeMap<&str, &Value> = how["arguments"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, value)| (name.as_str(), value))
                .collect();
            for (argument, value) in &given {
                let column = value.as_str().and_then(|text| text.strip_prefix('$'));
                let wanted = known.get(*argument).map(|of| of.trim_end_matches('!'));
                match (wanted, column.map(|column| table.columns.get(column))) {
                    (None, _) => self.say(format!("{place}: {field} takes no {argument}")),
                    (_, Some(None)) => self.say(format!("{place}: {value} is no column")),
                    (Some(wanted), Some(Some(column))) if graphql_type(&column.of) != wanted => {
                        self.say(format!("{place}: {argument} is {wanted}, and {value} is {}", column.of));
                    }
                    _ => {}
                }
            }
            for (argument, _) in
                known.iter().filter(|(name, of)| of.ends_with('!') && !given.contains_key(name.as_str()))
            {
                self.say(format!("{place}: {field} needs {argument}"));
            }
        }
    }

    fn remote_schema(&mut self, of: &Value) {
        let name = text(of, "name");
        if name != REMOTE_SCHEMA {
            return;
        }
        let definition = &of["definition"];
        if !definition["url_from_env"].is_string() {
            self.say(format!("remote schema {name}: its address must come from the environment"));
        }
        if !list(definition, "headers").iter().any(|header| header["value_from_env"].is_string())
            || list(definition, "headers").iter().any(|header| header.get("value").is_some())
        {
            self.say(format!("remote schema {name}: the secret must come from the environment"));
        }
        let mut roles = BTreeSet::new();
        for permission in list(of, "permissions") {
            let role = text(permission, "role");
            if !ROLES.contains(&role) || !roles.insert(role) {
                self.say(format!("remote schema {name}: role {role} has no permission, or has it twice"));
            }
            for misfit in permission::misfits(text(&permission["definition"], "schema")) {
                self.say(format!("remote schema {name}, role {role}: {misfit}"));
            }
        }
        for role in ROLES.into_iter().filter(|role| !roles.contains(role)) {
            self.say(format!("remote schema {name}: role {role} lacks its permission"));
        }
        for of_type in list(of, "remote_relationships") {
            for relationship in list(of_type, "relationships") {
                self.check_source(text(of_type, "type_name"), relationship);
            }
        }
    }

    /// A relationship from a type of the remote schema to a table.
    fn check_source(&mut self, type_name: &str, of: &Value) {
        let place = format!("{type_name}.{}", text(of, "name"));
        let to = &of["definition"]["to_source"];
        let table = table_name(&to["table"]);
        let fields = permission::fields_of(type_name);
        if fields.is_empty() {
            return self.say(format!("{place}: the schema has no type {type_name}"));
        }
        if fields.contains_key(text(of, "name")) {
            self.say(format!("{place} is a field of the schema"));
        }
        if self.tracked(&table).is_none() {
            self.say(format!("{place}: {table} is not tracked"));
        }
        for (field, column) in to["field_mapping"].as_object().into_iter().flatten() {
            let known = self.column(&table, column.as_str().unwrap_or_default());
            match (fields.get(field).map(|of| of.trim_end_matches('!')), known) {
                (Some(of), Some(column)) if of == graphql_type(&column.of) => {}
                _ => self.say(format!("{place}: {field} and {table}.{column} do not go together")),
            }
        }
    }
}

/// Hasura's name of a column's type.
fn graphql_type(of: &str) -> &str {
    match of {
        "text" | "varchar" | "bpchar" => "String",
        "int4" => "Int",
        "bool" => "Boolean",
        "float8" => "Float",
        other => other,
    }
}
