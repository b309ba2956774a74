//! What a Hasura lacks. Tables, relationships and permissions of others stay as they are, whatever they are: on nchat's
//! tables only what is missing is added, and on ours nothing is taken away that is not put back changed.

use super::{
    SOURCE,
    calls::{self, Call, OPERATIONS, RELATIONSHIPS},
    expression::is_session_variable,
    is_closed, is_ours, list, normal, table_name, text,
    verify::is_secret,
};
use serde::Serialize;
use serde_json::{Value, json};

/// What is to be done, and what only a person can do.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Difference {
    /// The steps to take.
    pub steps: Vec<Step>,
    /// What stands in the way: nothing can be done before it is gone.
    pub conflicts: Vec<String>,
    /// What should be looked at, though the steps can be taken.
    pub warnings: Vec<String>,
}

/// One thing that Hasura lacks or holds otherwise.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// What is done.
    pub action: Action,
    /// To what.
    pub what: String,
    #[serde(skip)]
    pub(super) calls: Vec<Call>,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is not there.
    Add,
    /// It is there and different.
    Change,
}

impl Difference {
    /// Compares what is `wanted` with what is `found`, both as metadata. Without `remote_permissions` Hasura takes none for
    /// remote schemas, so none are asked for.
    pub fn between(wanted: &Value, found: &Value, remote_permissions: bool) -> Self {
        let mut difference = Self::default();
        let sources = list(found, "sources");
        let Some(source) = sources.iter().find(|source| text(source, "name") == SOURCE) else {
            let names: Vec<&str> = sources.iter().map(|source| text(source, "name")).collect();
            let known =
                if names.is_empty() { "it has none".to_owned() } else { format!("it has {}", names.join(", ")) };
            difference.conflicts.push(format!(
                "Hasura has no database called `{SOURCE}` ({known}): set HASURA_GRAPHQL_DATABASE_URL where Hasura runs"
            ));
            return difference;
        };
        for table in list(&wanted["sources"][0], "tables") {
            difference.table(table, find(source, "tables", "table", &table["table"]));
        }
        for schema in list(wanted, "remote_schemas") {
            difference.remote_schema(
                schema,
                find(found, "remote_schemas", "name", &schema["name"]),
                remote_permissions,
            );
        }
        difference.look_around(source);
        if !remote_permissions {
            difference.warnings.push(
                "Hasura has HASURA_GRAPHQL_ENABLE_REMOTE_SCHEMA_PERMISSIONS off, so every role sees the fields of the \
                 remote schema, and only the service refuses who may not use them: set it to true where Hasura runs"
                    .into(),
            );
        }
        difference
    }

    /// Nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.conflicts.is_empty()
    }

    /// The steps as one call that Hasura takes wholly or not at all, as long as nobody else changed `resource_version`.
    pub fn bulk(&self, resource_version: &Value) -> Value {
        let calls = self.steps.iter().flat_map(|step| step.calls.iter().cloned()).collect();
        json!({"type": "bulk", "source": SOURCE, "resource_version": resource_version, "args": calls::in_order(calls)})
    }

    fn add(&mut self, what: String, call: Call) {
        self.steps.push(Step { action: Action::Add, what, calls: vec![call] });
    }

    fn change(&mut self, what: String, calls: Vec<Call>) {
        self.steps.push(Step { action: Action::Change, what, calls });
    }

    fn table(&mut self, wanted: &Value, found: Option<&Value>) {
        let (table, name) = (&wanted["table"], table_name(&wanted["table"]));
        let nothing = Value::Null;
        if found.is_none() {
            self.add(format!("table {name}"), calls::track(table));
        }
        let found = found.unwrap_or(&nothing);
        for kind in RELATIONSHIPS {
            for of in list(wanted, &format!("{kind}_relationships")) {
                self.relationship(table, &name, kind, of, found);
            }
        }
        for of in list(wanted, "remote_relationships") {
            let what = format!("relationship {name}.{}", text(of, "name"));
            let add = calls::remote_relationship(table, of);
            match find(found, "remote_relationships", "name", &of["name"]) {
                None => self.add(what, add),
                Some(there) if same(normal::remote_relationship, &there["definition"], &of["definition"]) => {}
                Some(_) => self.change(what, vec![calls::drop_remote_relationship(table, text(of, "name")), add]),
            }
        }
        for operation in OPERATIONS {
            let key = format!("{operation}_permissions");
            for of in list(wanted, &key) {
                let what = format!("{operation} permission of role {} on {name}", text(of, "role"));
                let add = calls::permission(table, operation, of);
                match find(found, &key, "role", &of["role"]) {
                    None => self.add(what, add),
                    Some(there) if same(normal::permission, &there["permission"], &of["permission"]) => {}
                    Some(there) if !is_ours(&name) => self.look_at_filter(&what, there),
                    Some(_) => {
                        self.change(what, vec![calls::drop_permission(table, operation, text(of, "role")), add]);
                    }
                }
            }
        }
    }

    fn relationship(&mut self, table: &Value, name: &str, kind: &str, of: &Value, found: &Value) {
        let what = format!("relationship {name}.{}", text(of, "name"));
        let add = calls::relationship(table, kind, of);
        let known = RELATIONSHIPS.into_iter().chain(["remote"]).find_map(|kind| {
            find(found, &format!("{kind}_relationships"), "name", &of["name"]).map(|there| (kind, there))
        });
        match known {
            None => self.add(what, add),
            Some((there, known)) if there == kind && same(normal::using, &known["using"], &of["using"]) => {}
            Some((there, _)) if is_ours(name) && there != "remote" => {
                self.change(what, vec![calls::drop_relationship(table, text(of, "name")), add]);
            }
            Some(_) => self.conflicts.push(format!(
                "{name} has another relationship called `{}`: rename it, so that this one can be added",
                text(of, "name")
            )),
        }
    }

    fn remote_schema(&mut self, wanted: &Value, found: Option<&Value>, with_permissions: bool) {
        let name = text(wanted, "name");
        let nothing = Value::Null;
        let is_updated = match found {
            None => {
                self.add(format!("remote schema {name}"), calls::remote_schema(wanted));
                false
            }
            Some(there) if same(normal::remote_schema, &there["definition"], &wanted["definition"]) => false,
            Some(_) => {
                self.change(format!("remote schema {name}"), vec![calls::update_remote_schema(wanted)]);
                true
            }
        };
        let found = found.unwrap_or(&nothing);
        for of in list(wanted, "permissions").iter().filter(|_| with_permissions) {
            let role = text(of, "role");
            let what = format!("permission of role {role} on remote schema {name}");
            let add = calls::remote_permission(name, of);
            match find(found, "permissions", "role", &of["role"]) {
                None => self.add(what, add),
                Some(there) if same(normal::remote_permission, &there["definition"], &of["definition"]) => {}
                Some(_) => self.change(what, vec![calls::drop_remote_permission(name, role), add]),
            }
        }
        // Those that others added are put back too.
        let kept = list(found, "remote_relationships");
        for of_type in list(wanted, "remote_relationships") {
            let type_name = text(of_type, "type_name");
            let there = find(found, "remote_relationships", "type_name", &of_type["type_name"]).unwrap_or(&nothing);
            for of in list(of_type, "relationships") {
                let what = format!("relationship {type_name}.{}", text(of, "name"));
                let add = calls::relationship_of_type(name, type_name, of);
                match find(there, "relationships", "name", &of["name"]) {
                    None => self.add(what, add),
                    Some(there) if same(normal::remote_relationship, &there["definition"], &of["definition"]) => {}
                    Some(_) => {
                        let drop = calls::drop_relationship_of_type(name, type_name, text(of, "name"));
                        self.change(what, vec![drop, add]);
                    }
                }
            }
        }
        if is_updated {
            self.put_back(name, kept);
        }
    }

    /// Relationships of the remote schema's types, which updating it makes Hasura forget. Those that are added or changed
    /// anyway have their step.
    fn put_back(&mut self, schema: &str, kept: &[Value]) {
        for of_type in kept {
            let type_name = text(of_type, "type_name");
            for of in list(of_type, "relationships") {
                let what = format!("relationship {type_name}.{}", text(of, "name"));
                match self.steps.iter_mut().find(|step| step.what == what) {
                    // It goes with the update: there is nothing to drop any more.
                    Some(step) => step.calls.retain(|(phase, _)| *phase != calls::Phase::DropRemoteRelationship),
                    None => self.change(what, vec![calls::relationship_of_type(schema, type_name, of)]),
                }
            }
        }
    }

    /// What others did to our tables and must not have, and what of theirs lets ours down.
    fn look_around(&mut self, source: &Value) {
        for table in list(source, "tables") {
            let name = table_name(&table["table"]);
            if is_closed(&name) {
                self.conflicts.push(format!("{name} is tracked, and must not be: untrack it in Hasura"));
            }
            if !is_ours(&name) {
                continue;
            }
            for permission in list(table, "select_permissions") {
                let columns = &permission["permission"]["columns"];
                let secret =
                    columns.as_array().into_iter().flatten().filter_map(Value::as_str).find(|of| is_secret(of));
                if secret.is_some() || columns == "*" {
                    self.warnings.push(format!(
                        "role {} may read {} of {name}, which holds tokens or keys: change that permission",
                        text(permission, "role"),
                        secret.unwrap_or("every column"),
                    ));
                }
            }
        }
    }

    /// A permission of nchat's that stays, though its filter may let no row pass.
    fn look_at_filter(&mut self, what: &str, there: &Value) {
        let filter = &there["permission"]["filter"];
        if let Some(literal) = literal_variable(filter) {
            self.warnings.push(format!(
                "{what} stays as it is; its filter compares with the text `{literal}`, which is no session variable (those \
                 begin with X-Hasura-), so the role sees no row and `channel` is null"
            ));
        }
    }
}

/// A text that was meant as a session variable and is none.
fn literal_variable(filter: &Value) -> Option<&str> {
    match filter {
        Value::String(text) => {
            let looks =
                text.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("x-")) && !is_session_variable(text);
            looks.then_some(text)
        }
        Value::Array(values) => values.iter().find_map(literal_variable),
        Value::Object(map) => map.values().find_map(literal_variable),
        _ => None,
    }
}

fn same(normal: fn(&Value) -> Value, a: &Value, b: &Value) -> bool {
    normal(a) == normal(b)
}

/// The element of the list under `key` that goes by this name, role or table.
pub(super) fn find<'a>(of: &'a Value, key: &str, by: &str, value: &Value) -> Option<&'a Value> {
    let is_it = |element: &&Value| match by {
        "table" => table_name(&element["table"]) == table_name(value),
        _ => element[by] == *value,
    };
    list(of, key).iter().find(is_it)
}

#[cfg(test)]
mod tests;
