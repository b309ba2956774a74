//! Floor 4: this service as a part of Hasura's metadata. What Hasura should hold is built here once ([`metadata`]); the
//! files of Hasura's command line tool, the one bulk call, and what a running Hasura still lacks all follow from it.
//!
//! Facts of Hasura's API: `<https://hasura.io/docs/2.0/api-reference/metadata-api/index/>`

pub mod calls;
pub mod client;
pub mod difference;
pub mod expression;
pub mod files;
mod normal;
pub mod problem;
mod rebuild;
mod remote;
mod tables;
pub mod verify;
pub mod yaml;

pub use rebuild::rebuilt;
pub use tables::TRACKED;

use serde_json::{Value, json};

/// The database's name in Hasura.
pub const SOURCE: &str = "default";

/// The remote schema's name in Hasura.
pub const REMOTE_SCHEMA: &str = "nchat_social";

/// The variable of Hasura's environment that holds the address of this service's `/graphql`.
pub const URL_VARIABLE: &str = "NCHAT_SOCIAL_GRAPHQL_URL";

/// The variable of Hasura's environment, and of ours, that holds the shared secret.
pub const SECRET_VARIABLE: &str = "NCHAT_SOCIAL_SHARED_SECRET";

/// Which tenant (`source_account_id`) a session of Hasura's is in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tenant {
    /// The one its `x-hasura-source-account-id` names.
    #[default]
    OfSession,
    /// Always this one: for a deployment with one tenant whose sessions name none.
    Fixed(String),
}

impl Tenant {
    /// What a filter compares with.
    fn value(&self) -> Value {
        match self {
            Self::OfSession => json!("X-Hasura-Source-Account-Id"),
            Self::Fixed(tenant) => json!(tenant),
        }
    }
}

/// Everything that Hasura should hold for this service, as its `replace_metadata` would take it.
pub fn metadata(tenant: &Tenant) -> Value {
    json!({
        "version": 3,
        "sources": [{
            "name": SOURCE,
            "kind": "postgres",
            "configuration": {
                "connection_info": {
                    "database_url": {"from_env": "HASURA_GRAPHQL_DATABASE_URL"},
                    "isolation_level": "read-committed",
                    "use_prepared_statements": false,
                },
            },
            "tables": tables::tables(tenant),
        }],
        "remote_schemas": [remote::schema()],
        "api_limits": limits(),
    })
}

/// Whether nobody may reach the table through Hasura: the queue's, and of ours all that are not meant to be [`TRACKED`],
/// tokens, keys of connections being made and the audit log among them.
pub fn is_closed(table: &str) -> bool {
    table.starts_with("apalis.") || is_ours(table) && !TRACKED.contains(&table)
}

/// Whether the table is ours, so that its relationships and permissions are ours to change; nchat's own tables only get
/// what they lack.
pub fn is_ours(table: &str) -> bool {
    table.starts_with("nchat_social_")
}

/// What one request of a person may ask of Hasura. Hasura keeps these limits in its Cloud and Enterprise editions and
/// ignores them elsewhere; the service keeps its own, and each list has a `limit`.
/// `<https://hasura.io/docs/2.0/security/api-limits/>`
fn limits() -> Value {
    json!({
        "disabled": false,
        "depth_limit": {"global": 20, "per_role": {}},
        "node_limit": {"global": 500, "per_role": {}},
        "time_limit": {"global": 60, "per_role": {}},
        "rate_limit": {
            "global": {"unique_params": "IP", "max_reqs_per_min": 1200},
            "per_role": {},
        },
    })
}

/// A table's name, in whichever of its two forms Hasura writes it; tables outside schema `public` carry their schema.
pub(crate) fn table_name(table: &Value) -> String {
    let part = |key: &str| table[key].as_str().unwrap_or_default();
    match table.as_str() {
        Some(name) => name.to_owned(),
        None if matches!(part("schema"), "" | "public") => part("name").to_owned(),
        None => format!("{}.{}", part("schema"), part("name")),
    }
}

/// A list under a key; none where the key is missing.
pub(crate) fn list<'a>(of: &'a Value, key: &str) -> &'a [Value] {
    of[key].as_array().map_or(&[], Vec::as_slice)
}

/// A text under a key; empty where the key is missing.
pub(crate) fn text<'a>(of: &'a Value, key: &str) -> &'a str {
    of[key].as_str().unwrap_or_default()
}
