//! Single calls of Hasura's metadata API, and the order in which one bulk holds them.

use super::{SOURCE, list, text};
use serde_json::{Value, json};

/// When a call comes: what others lean on comes before them, what leans on others goes before they do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    DropRemoteRelationship,
    DropPermission,
    DropRelationship,
    DropRemoteSchema,
    Track,
    Relationship,
    RemoteSchema,
    Permission,
    RemoteRelationship,
}

/// A call and when it comes.
pub type Call = (Phase, Value);

/// The kinds of permission on a table, in the words of Hasura's calls.
pub const OPERATIONS: [&str; 4] = ["insert", "select", "update", "delete"];

/// Both kinds of relationship between tables.
pub const RELATIONSHIPS: [&str; 2] = ["object", "array"];

fn call(kind: impl Into<String>, args: Value) -> Value {
    json!({"type": kind.into(), "args": args})
}

/// Tracks a table.
pub fn track(table: &Value) -> Call {
    (Phase::Track, call("pg_track_table", json!({"source": SOURCE, "table": table})))
}

/// Adds a relationship; `kind` is one of [`RELATIONSHIPS`].
pub fn relationship(table: &Value, kind: &str, of: &Value) -> Call {
    let args = json!({"source": SOURCE, "table": table, "name": of["name"], "using": of["using"]});
    (Phase::Relationship, call(format!("pg_create_{kind}_relationship"), args))
}

/// Takes a relationship away.
pub fn drop_relationship(table: &Value, name: &str) -> Call {
    let args = json!({"source": SOURCE, "table": table, "relationship": name});
    (Phase::DropRelationship, call("pg_drop_relationship", args))
}

/// Gives a role a permission; `operation` is one of [`OPERATIONS`].
pub fn permission(table: &Value, operation: &str, of: &Value) -> Call {
    let args = json!({"source": SOURCE, "table": table, "role": of["role"], "permission": of["permission"]});
    (Phase::Permission, call(format!("pg_create_{operation}_permission"), args))
}

/// Takes a permission from a role.
pub fn drop_permission(table: &Value, operation: &str, role: &str) -> Call {
    let args = json!({"source": SOURCE, "table": table, "role": role});
    (Phase::DropPermission, call(format!("pg_drop_{operation}_permission"), args))
}

/// Adds a relationship from a table to the remote schema.
pub fn remote_relationship(table: &Value, of: &Value) -> Call {
    let args = json!({"source": SOURCE, "table": table, "name": of["name"], "definition": of["definition"]});
    (Phase::RemoteRelationship, call("pg_create_remote_relationship", args))
}

/// Takes a relationship from a table to the remote schema away.
pub fn drop_remote_relationship(table: &Value, name: &str) -> Call {
    let args = json!({"source": SOURCE, "table": table, "name": name});
    (Phase::DropRemoteRelationship, call("pg_delete_remote_relationship", args))
}

/// Adds the remote schema without permissions and relationships.
pub fn remote_schema(of: &Value) -> Call {
    (Phase::RemoteSchema, call("add_remote_schema", remote_schema_args(of)))
}

/// Changes where and how the remote schema is reached. Hasura forgets its relationships to tables on the way.
pub fn update_remote_schema(of: &Value) -> Call {
    (Phase::RemoteSchema, call("update_remote_schema", remote_schema_args(of)))
}

/// Takes the remote schema away, with its permissions and the relationships of its types. Relationships of tables to it
/// must be gone before.
pub fn remove_remote_schema(schema: &str) -> Call {
    (Phase::DropRemoteSchema, call("remove_remote_schema", json!({"name": schema})))
}

fn remote_schema_args(of: &Value) -> Value {
    json!({"name": of["name"], "definition": of["definition"], "comment": of["comment"]})
}

/// Lets a role see a part of the remote schema.
pub fn remote_permission(schema: &str, of: &Value) -> Call {
    let args = json!({"remote_schema": schema, "role": of["role"], "definition": of["definition"]});
    (Phase::Permission, call("add_remote_schema_permissions", args))
}

/// Takes a role's part of the remote schema away.
pub fn drop_remote_permission(schema: &str, role: &str) -> Call {
    let args = json!({"remote_schema": schema, "role": role});
    (Phase::DropPermission, call("drop_remote_schema_permissions", args))
}

/// Adds a relationship from a type of the remote schema to a table.
pub fn relationship_of_type(schema: &str, type_name: &str, of: &Value) -> Call {
    let args =
        json!({"remote_schema": schema, "type_name": type_name, "name": of["name"], "definition": of["definition"]});
    (Phase::RemoteRelationship, call("create_remote_schema_remote_relationship", args))
}

/// Takes a relationship from a type of the remote schema to a table away.
pub fn drop_relationship_of_type(schema: &str, type_name: &str, name: &str) -> Call {
    let args = json!({"remote_schema": schema, "type_name": type_name, "name": name});
    (Phase::DropRemoteRelationship, call("delete_remote_schema_remote_relationship", args))
}

/// Has Hasura read the remote schema again.
pub fn reload_remote_schema(schema: &str) -> Value {
    call("reload_remote_schema", json!({"name": schema}))
}

/// `calls` in the order in which they work.
pub fn in_order(mut calls: Vec<Call>) -> Vec<Value> {
    calls.sort_by_key(|(phase, _)| *phase);
    calls.into_iter().map(|(_, call)| call).collect()
}

/// Every call that makes `metadata` from nothing.
pub fn all(metadata: &Value) -> Vec<Value> {
    let mut calls = Vec::new();
    for of in list(&metadata["sources"][0], "tables") {
        let table = &of["table"];
        calls.push(track(table));
        for kind in RELATIONSHIPS {
            let relationships = list(of, &format!("{kind}_relationships")).iter();
            calls.extend(relationships.map(|relationship_of| relationship(table, kind, relationship_of)));
        }
        for operation in OPERATIONS {
            let permissions = list(of, &format!("{operation}_permissions")).iter();
            calls.extend(permissions.map(|permission_of| permission(table, operation, permission_of)));
        }
        calls.extend(list(of, "remote_relationships").iter().map(|of| remote_relationship(table, of)));
    }
    for schema in list(metadata, "remote_schemas") {
        let name = text(schema, "name");
        calls.push(remote_schema(schema));
        calls.extend(list(schema, "permissions").iter().map(|of| remote_permission(name, of)));
        for of_type in list(schema, "remote_relationships") {
            let relationships = list(of_type, "relationships").iter();
            calls.extend(relationships.map(|of| relationship_of_type(name, text(of_type, "type_name"), of)));
        }
    }
    in_order(calls)
}
