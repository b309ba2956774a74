//! The metadata as the files of Hasura's command line tool (config v3), and as one call.

use super::{SOURCE, Tenant, calls, list, metadata, table_name, text, yaml};
use serde_json::{Value, json};

/// A file: its path below `hasura-metadata/`, and its text.
pub type File = (String, String);

/// Every file of `hasura-metadata/` that is generated. Lists that this service has nothing for are there, empty, because
/// Hasura's tool takes a missing file for a mistake.
pub fn files() -> Vec<File> {
    let metadata = metadata(&Tenant::OfSession);
    let empty_list = json!([]);
    let empty = json!({});
    let mut files = vec![
        yaml_file("version.yaml", &json!({"version": metadata["version"]})),
        yaml_file("databases/databases.yaml", &databases(&metadata)),
        yaml_file("remote_schemas.yaml", &metadata["remote_schemas"]),
        yaml_file("api_limits.yaml", &metadata["api_limits"]),
        yaml_file("graphql_schema_introspection.yaml", &json!({"disabled_for_roles": []})),
        yaml_file(
            "actions.yaml",
            &json!({"actions": [], "custom_types": {"enums": [], "input_objects": [], "objects": [], "scalars": []}}),
        ),
        ("actions.graphql".to_owned(), String::new()),
        ("bulk.json".to_owned(), bulk(&metadata)),
    ];
    for name in ["allow_list", "cron_triggers", "inherited_roles", "query_collections", "rest_endpoints"] {
        files.push(yaml_file(&format!("{name}.yaml"), &empty_list));
    }
    for name in ["backend_configs", "metrics_config", "network", "opentelemetry"] {
        files.push(yaml_file(&format!("{name}.yaml"), &empty));
    }
    let folder = format!("databases/{SOURCE}/tables");
    let tables = list(&metadata["sources"][0], "tables");
    for table in tables {
        files.push(yaml_file(&format!("{folder}/{}", file_of(table)), table));
    }
    let includes: Vec<Value> = tables.iter().map(|table| json!(format!("!include {}", file_of(table)))).collect();
    files.push(yaml_file(&format!("{folder}/tables.yaml"), &json!(includes)));
    files.sort();
    files
}

fn yaml_file(path: &str, value: &Value) -> File {
    (path.to_owned(), yaml::file(value))
}

/// `public_nchat_social_posts.yaml`
fn file_of(table: &Value) -> String {
    format!("{}_{}.yaml", text(&table["table"], "schema"), table_name(&table["table"]))
}

fn databases(metadata: &Value) -> Value {
    let mut sources = metadata["sources"].clone();
    for source in sources.as_array_mut().into_iter().flatten() {
        source["tables"] = json!(format!("!include {}/tables/tables.yaml", text(source, "name")));
    }
    sources
}

/// One call that brings an empty Hasura, whose database is called `default`, to the same state.
fn bulk(metadata: &Value) -> String {
    let calls = calls::all(metadata);
    let bulk = json!({"type": "bulk", "args": calls});
    serde_json::to_string_pretty(&bulk).unwrap_or_default() + "\n"
}
