//! `hasura-metadata/`: the committed files are the code's and valid, and what they say fits the migrated database.

mod deploy;
mod planted;

use crate::app::database::Database;
use nchat_social::{
    graphql::permission::{ROLES, permission},
    hasura::{TRACKED, Tenant, calls, files, is_closed, metadata, verify},
    store::{
        Store,
        catalog::Catalog,
        connect::{PoolOptions, pool},
    },
};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("hasura-metadata")
}

/// The migrated database's tables.
async fn catalog() -> Catalog {
    let database = Database::create();
    let url = SecretString::from(database.url());
    let options = PoolOptions { url, size: 2, statement_timeout: Duration::from_secs(20) };
    Store::new(pool(&options).expect("a pool")).catalog().await.expect("the tables")
}

/// A file of YAML, with the files it includes, as Hasura's tool reads it.
fn read(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let value: Value = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    include(value, path.parent().expect("a folder"))
}

fn include(value: Value, folder: &Path) -> Value {
    match value {
        Value::String(text) => match text.strip_prefix("!include ") {
            Some(path) => read(&folder.join(path)),
            None => Value::String(text),
        },
        Value::Array(list) => list.into_iter().map(|value| include(value, folder)).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, include(value, folder))).collect(),
        other => other,
    }
}

/// What Hasura's tool would send: every file, assembled.
fn assembled() -> Value {
    let part = |name: &str| read(&folder().join(name));
    json!({
        "version": part("version.yaml")["version"],
        "sources": part("databases/databases.yaml"),
        "remote_schemas": part("remote_schemas.yaml"),
        "api_limits": part("api_limits.yaml"),
    })
}

#[test]
fn the_committed_files_are_the_codes() {
    let written = files::files();
    for (name, text) in &written {
        let committed = fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(committed == *text, "hasura-metadata/{name} is stale: run make schema");
    }
    let mut known: BTreeSet<PathBuf> = written.iter().map(|(name, _)| folder().join(name)).collect();
    known.insert(folder().join("README.md"));
    let mut open = vec![folder()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path)
            } else {
                assert!(known.contains(&path), "{} is nobody's", path.display())
            }
        }
    }
}

#[test]
fn the_committed_permissions_are_the_codes() {
    for role in ROLES {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/permissions/{role}.graphql"));
        let committed = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(committed == permission(), "{} is stale: run make schema", path.display());
    }
}

/// A parser that is not ours reads from the files what the code meant.
#[test]
fn the_files_say_what_is_meant() {
    assert!(assembled() == metadata(&Tenant::OfSession), "the files say something else");
    let bulk: Value =
        serde_json::from_str(&fs::read_to_string(folder().join("bulk.json")).expect("bulk.json")).expect("JSON");
    let calls = calls::all(&metadata(&Tenant::OfSession));
    assert!(bulk == json!({"type": "bulk", "args": calls}), "bulk.json says something else");
}

/// Every key is one that Hasura knows; it ignores others silently nearly everywhere.
/// `<https://hasura.io/docs/2.0/api-reference/syntax-defs/>`
#[test]
fn no_key_is_mistyped() {
    let known = |place: &str, of: &Value, keys: &[&str]| {
        for key in of.as_object().unwrap_or_else(|| panic!("{place} is no mapping")).keys() {
            assert!(keys.contains(&key.as_str()), "{place}: Hasura knows no {key}");
        }
    };
    let metadata = assembled();
    for table in metadata["sources"][0]["tables"].as_array().expect("tables") {
        let name = table["table"]["name"].as_str().expect("a name");
        known(
            name,
            table,
            &[
                "table",
                "object_relationships",
                "array_relationships",
                "remote_relationships",
                "insert_permissions",
                "select_permissions",
                "update_permissions",
                "delete_permissions",
            ],
        );
        for (operation, keys) in [
            ("insert", &["columns", "check", "set", "backend_only"][..]),
            ("select", &["columns", "filter", "limit", "allow_aggregations", "computed_fields"]),
            ("update", &["columns", "filter", "check", "set", "backend_only"]),
            ("delete", &["filter", "backend_only"]),
        ] {
            for of in table[format!("{operation}_permissions")].as_array().into_iter().flatten() {
                known(name, of, &["role", "permission", "comment"]);
                known(name, &of["permission"], keys);
            }
        }
    }
    let schema = &metadata["remote_schemas"][0];
    known("remote schema", schema, &["name", "comment", "definition", "permissions", "remote_relationships"]);
    let definition = &schema["definition"];
    known("definition", definition, &["url_from_env", "timeout_seconds", "forward_client_headers", "headers"]);
    assert_eq!(
        definition["headers"],
        json!([{"name": "X-Nchat-Social-Secret", "value_from_env": "NCHAT_SOCIAL_SHARED_SECRET"}])
    );
    assert_eq!(definition["forward_client_headers"], false, "people's own tokens stay out");
}

#[tokio::test]
async fn it_fits_the_migrated_database() {
    let catalog = catalog().await;
    assert_eq!(verify::misfits(&assembled(), &catalog), Vec::<String>::new());
    let fixed = metadata(&Tenant::Fixed("primary".into()));
    assert_eq!(verify::misfits(&fixed, &catalog), Vec::<String>::new());
    assert!(!fixed.to_string().contains("Source-Account"));
}

/// Tokens, keys of connections, the audit log, the queue: not tracked, and neither is any table that is added later.
#[tokio::test]
async fn secrets_are_not_tracked() {
    let metadata = metadata(&Tenant::OfSession);
    let tables = metadata["sources"][0]["tables"].as_array().expect("tables");
    let tracked: BTreeSet<&str> = tables.iter().map(|of| of["table"]["name"].as_str().expect("a name")).collect();
    let catalog = catalog().await;
    let ours: Vec<&str> =
        catalog.0.keys().map(String::as_str).filter(|name| name.starts_with("nchat_social_")).collect();
    for name in &ours {
        assert_eq!(tracked.contains(name), TRACKED.contains(name), "{name}");
        assert_eq!(is_closed(name), !TRACKED.contains(name), "{name}");
        let holds_secrets = catalog.0[*name].columns.keys().any(|column| verify::is_secret(column));
        assert!(!holds_secrets || is_closed(name) || *name == "nchat_social_accounts", "{name} holds secrets");
    }
    for closed in ["credentials", "oauth_sessions", "audit_log", "requests", "deletions", "migrations"] {
        assert!(ours.contains(&&*format!("nchat_social_{closed}")), "{closed} is no table any more");
        assert!(!tracked.contains(&*format!("nchat_social_{closed}")), "{closed}");
    }
    assert!(is_closed("apalis.jobs") && !is_closed("nchat_channels"));
    assert!(tables.iter().all(|of| of["table"]["schema"] == "public"), "no table of the queue");
    let columns: Vec<&str> = tables
        .iter()
        .flat_map(|table| ["select", "insert", "update"].map(|kind| table[format!("{kind}_permissions")].clone()))
        .flat_map(|permissions| permissions.as_array().cloned().unwrap_or_default())
        .flat_map(|of| of["permission"]["columns"].as_array().cloned().expect("columns"))
        .map(|column| &*column.as_str().expect("a name").to_owned().leak())
        .collect();
    assert!(columns.len() > 200 && columns.iter().all(|column| !verify::is_secret(column)));
}
