//! The remote schema taken away and put back as a whole, for a Hasura that still knows it as it was and does not read it
//! anew: permissions are checked against what Hasura read last, and adding it is what makes Hasura read it for sure.

use super::{
    REMOTE_SCHEMA, SOURCE,
    calls::{self, Call},
    difference::{Action, Difference, Step, find},
    list, text,
};
use serde_json::{Value, json};

/// What is to be done when the remote schema goes first. What others added to it is put back as it is. `None`: it is not
/// there, so nothing can be taken away.
pub fn rebuilt(wanted: &Value, found: &Value, remote_permissions: bool) -> Option<Difference> {
    let name = json!(REMOTE_SCHEMA);
    let there = find(found, "remote_schemas", "name", &name)?;
    let ours = find(wanted, "remote_schemas", "name", &name)?;
    let mut without = found.clone();
    let mut calls: Vec<Call> = others_of_schema(ours, there, remote_permissions);
    without["remote_schemas"].as_array_mut()?.retain(|schema| schema["name"] != name);
    let sources = without["sources"].as_array_mut()?;
    let source = sources.iter_mut().find(|source| source["name"] == SOURCE)?;
    for of_table in source["tables"].as_array_mut().into_iter().flatten() {
        let table = of_table["table"].clone();
        let ours = find(&wanted["sources"][0], "tables", "table", &table).unwrap_or(&Value::Null);
        for of in list(of_table, "remote_relationships").iter().filter(|of| leads_here(of)) {
            calls.push(calls::drop_remote_relationship(&table, text(of, "name")));
            if find(ours, "remote_relationships", "name", &of["name"]).is_none() {
                calls.push(calls::remote_relationship(&table, of));
            }
        }
        if let Some(relationships) = of_table["remote_relationships"].as_array_mut() {
            relationships.retain(|of| !leads_here(of));
        }
    }
    calls.push(calls::remove_remote_schema(REMOTE_SCHEMA));
    let mut difference = Difference::between(wanted, &without, remote_permissions);
    let what = format!("remote schema {REMOTE_SCHEMA}, with everything that leans on it");
    difference.steps.insert(0, Step { action: Action::Change, what, calls });
    Some(difference)
}

/// Calls that put back what others gave the schema `there`.
fn others_of_schema(ours: &Value, there: &Value, remote_permissions: bool) -> Vec<Call> {
    let mut calls = Vec::new();
    for of in list(there, "permissions").iter().filter(|_| remote_permissions) {
        if find(ours, "permissions", "role", &of["role"]).is_none() {
            calls.push(calls::remote_permission(REMOTE_SCHEMA, of));
        }
    }
    for of_type in list(there, "remote_relationships") {
        let known = find(ours, "remote_relationships", "type_name", &of_type["type_name"]).unwrap_or(&Value::Null);
        for of in list(of_type, "relationships") {
            if find(known, "relationships", "name", &of["name"]).is_none() {
                calls.push(calls::relationship_of_type(REMOTE_SCHEMA, text(of_type, "type_name"), of));
            }
        }
    }
    calls
}

/// Whether a table's relationship leads to this service, in either of the two forms that Hasura writes.
fn leads_here(of: &Value) -> bool {
    let definition = &of["definition"];
    definition["to_remote_schema"]["remote_schema"] == REMOTE_SCHEMA || definition["remote_schema"] == REMOTE_SCHEMA
}
