//! The remote schema: where it is, what each role sees of it, and how it and the tables lead to each other.

use super::{REMOTE_SCHEMA, SECRET_VARIABLE, SOURCE, URL_VARIABLE};
use crate::graphql::permission;
use serde_json::{Value, json};

/// Above the service's own limit for a request (55 s), so that its words arrive instead of Hasura's.
const TIMEOUT_SECONDS: u32 = 60;

/// The remote schema with its permissions.
pub fn schema() -> Value {
    let sdl = permission::permission();
    let permissions = permission::ROLES.map(|role| json!({"role": role, "definition": {"schema": sdl}}));
    json!({
        "name": REMOTE_SCHEMA,
        "comment": "Posts of X, Instagram and LinkedIn in nchat's channels",
        "definition": {
            "url_from_env": URL_VARIABLE,
            "timeout_seconds": TIMEOUT_SECONDS,
            "forward_client_headers": false,
            "headers": [{"name": "X-Nchat-Social-Secret", "value_from_env": SECRET_VARIABLE}],
        },
        "permissions": permissions,
        "remote_relationships": [{
            "type_name": "SocialIntegration",
            "relationships": [{
                "name": "nchat_channel",
                "definition": {"to_source": {
                    "relationship_type": "object",
                    "source": SOURCE,
                    "table": {"name": "nchat_channels", "schema": "public"},
                    "field_mapping": {"channel_id": "id"},
                }},
            }],
        }],
    })
}

/// From an account's row to the account as the service knows it: whether it is connected, whether it is being polled.
/// To be asked for where it is needed only, for then the answer needs this service as well.
pub fn account() -> Value {
    json!({
        "name": "social_account",
        "definition": {"to_remote_schema": {
            "remote_schema": REMOTE_SCHEMA,
            "lhs_fields": ["id"],
            "remote_field": {"socialAccount": {"arguments": {"id": "$id"}}},
        }},
    })
}
