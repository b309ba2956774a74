//! The tracked tables: relationships, and who may do what with which rows and columns.
//!
//! `nchat_social_deliveries` is tracked too, read only: a relationship leads to tracked tables alone, and a remote one
//! could neither be filtered by nor subscribed to.

use super::Tenant;
use crate::graphql::permission::ROLES;
use serde_json::{Value, json};

/// The tables of ours that Hasura tracks. One that is added later stays closed until it stands here.
pub const TRACKED: [&str; 5] = [
    "nchat_social_accounts",
    "nchat_social_posts",
    "nchat_social_integrations",
    "nchat_social_import_logs",
    "nchat_social_deliveries",
];

/// A list that one answer can hold; a remote relationship asks the service once for each row of it.
const MOST_ROWS: u32 = 500;

/// No token, no key, nothing of the schedule's inner workings.
const ACCOUNT: &[&str] = &[
    "id",
    "platform",
    "account_id",
    "account_name",
    "account_handle",
    "profile_url",
    "avatar_url",
    "is_active",
    "health",
    "health_code",
    "health_message",
    "health_since",
    "last_poll_time",
    "next_poll_at",
    "next_poll_reason",
    "hold_until",
    "quiet_polls",
    "token_expires_at",
    "created_by",
    "created_at",
    "updated_at",
];

const POST: &[&str] = &[
    "id",
    "account_id",
    "post_id",
    "post_url",
    "content",
    "author_name",
    "author_handle",
    "author_avatar_url",
    "media_urls",
    "media_types",
    "hashtags",
    "mentions",
    "engagement",
    "posted_at",
    "imported_at",
    "edited_at",
    "was_posted_to_channel",
    "posted_to_channels",
    "import_error",
    "created_at",
    "updated_at",
];

/// What a person decides about an integration.
const RULE: &[&str] = &[
    "channel_id",
    "auto_post",
    "filter_hashtags",
    "filter_keywords",
    "exclude_retweets",
    "exclude_replies",
    "min_engagement",
    "engagement_window_hours",
];

const IMPORT_LOG: &[&str] = &[
    "id",
    "account_id",
    "import_type",
    "status",
    "code",
    "posts_fetched",
    "posts_imported",
    "posts_filtered",
    "posts_posted",
    "posts_waiting",
    "messages_posted",
    "quiet_polls",
    "errors",
    "started_at",
    "completed_at",
    "requested_by",
];

const DELIVERY: &[&str] = &[
    "id",
    "account_id",
    "post_id",
    "integration_id",
    "channel_id",
    "status",
    "reason",
    "detail",
    "message_id",
    "attempts",
    "looks",
    "next_look_at",
    "requested_by",
    "decided_at",
    "delivered_at",
];

/// Every tracked table.
pub fn tables(tenant: &Tenant) -> Vec<Value> {
    vec![
        accounts(tenant),
        posts(tenant),
        integrations(tenant),
        import_logs(tenant),
        deliveries(tenant),
        channels(tenant),
        workspaces(),
        workspace_members(),
    ]
}

fn accounts(tenant: &Tenant) -> Value {
    let rows = |role: &str| administered(role, tenant);
    json!({
        "table": table("nchat_social_accounts"),
        "array_relationships": [
            many("deliveries", "nchat_social_deliveries", "account_id"),
            many("import_logs", "nchat_social_import_logs", "account_id"),
            many("integrations", "nchat_social_integrations", "account_id"),
            many("posts", "nchat_social_posts", "account_id"),
        ],
        "remote_relationships": [super::remote::account()],
        "select_permissions": select(ACCOUNT, tenant),
        "update_permissions": each(|role| json!({"columns": ["is_active"], "filter": rows(role), "check": rows(role)})),
        "delete_permissions": each(|role| json!({"filter": rows(role)})),
    })
}

fn posts(tenant: &Tenant) -> Value {
    json!({
        "table": table("nchat_social_posts"),
        "object_relationships": [one("account", "account_id")],
        "array_relationships": [many("deliveries", "nchat_social_deliveries", "post_id")],
        "select_permissions": select(POST, tenant),
    })
}

/// nchat's hook sends `created_by`, so it cannot be a preset: Hasura takes preset columns out of the input. The check
/// lets nothing but the person's own id pass, and a trigger fills it in where a client leaves it out.
fn integrations(tenant: &Tenant) -> Value {
    let rows = |role: &str| administered(role, tenant);
    let shown =
        [&["id", "account_id"], RULE, &["backfill_count", "backfilled_at", "created_by", "created_at", "updated_at"]];
    let given = [&["account_id"], RULE, &["backfill_count", "created_by"]];
    json!({
        "table": table("nchat_social_integrations"),
        "object_relationships": [one("account", "account_id"), one("channel", "channel_id")],
        "array_relationships": [many("deliveries", "nchat_social_deliveries", "integration_id")],
        "insert_permissions": each(|role| json!({
            "columns": given.concat(),
            "check": {"_and": [rows(role), {"created_by": {"_eq": "X-Hasura-User-Id"}}]},
        })),
        "select_permissions": select(&shown.concat(), tenant),
        "update_permissions": each(|role| json!({"columns": RULE, "filter": rows(role), "check": rows(role)})),
        "delete_permissions": each(|role| json!({"filter": rows(role)})),
    })
}

fn import_logs(tenant: &Tenant) -> Value {
    json!({
        "table": table("nchat_social_import_logs"),
        "object_relationships": [one("account", "account_id")],
        "select_permissions": select(IMPORT_LOG, tenant),
    })
}

/// The channel is kept by its id alone, so that the record outlives it.
fn deliveries(tenant: &Tenant) -> Value {
    let channel = json!({
        "name": "channel",
        "using": {"manual_configuration": {
            "column_mapping": {"channel_id": "id"},
            "insertion_order": null,
            "remote_table": table("nchat_channels"),
        }},
    });
    json!({
        "table": table("nchat_social_deliveries"),
        "object_relationships": [
            one("account", "account_id"),
            channel,
            one("integration", "integration_id"),
            one("post", "post_id"),
        ],
        "select_permissions": select(DELIVERY, tenant),
    })
}

/// What nchat's own table needs: the relationship, and rows to choose from. A permission that nchat has already stays.
fn channels(tenant: &Tenant) -> Value {
    json!({
        "table": table("nchat_channels"),
        "array_relationships": [many("social_integrations", "nchat_social_integrations", "channel_id")],
        "select_permissions": each(|role| json!({
            "columns": ["id", "name", "slug", "description", "type", "is_archived"],
            "filter": administered(role, tenant),
        })),
    })
}

/// Tracked for the filter only: no role sees a row.
fn workspaces() -> Value {
    json!({"table": table("nchat_workspaces")})
}

/// Tracked for the filter only: no role sees a row.
fn workspace_members() -> Value {
    json!({
        "table": table("nchat_workspace_members"),
        "object_relationships": [one("workspace", "workspace_id")],
    })
}

/// Rows of the tenant, for who administers it: an owner by the session's role, anybody else by membership. The same
/// question as `store::people::is_administrator` asks. Flags that nchat left NULL count as unset, which Hasura's `_neq`
/// would not.
fn administered(role: &str, tenant: &Tenant) -> Value {
    let of_tenant = json!({"source_account_id": {"_eq": tenant.value()}});
    if role == "owner" {
        return of_tenant;
    }
    let member = json!({"_exists": {
        "_table": table("nchat_workspace_members"),
        "_where": {"_and": [
            {"user_id": {"_eq": "X-Hasura-User-Id"}},
            {"workspace": of_tenant.clone()},
            {"_or": [{"role": {"_in": ["owner", "admin"]}}, {"is_owner": {"_eq": true}}]},
            {"_or": [{"is_banned": {"_eq": false}}, {"is_banned": {"_is_null": true}}]},
        ]},
    }});
    json!({"_and": [of_tenant, member]})
}

/// What each role may, in Hasura's form.
fn each(permission: impl Fn(&str) -> Value) -> Vec<Value> {
    ROLES.iter().map(|role| json!({"role": role, "permission": permission(role)})).collect()
}

fn select(columns: &[&str], tenant: &Tenant) -> Vec<Value> {
    each(|role| {
        json!({
            "columns": columns,
            "filter": administered(role, tenant),
            "limit": MOST_ROWS,
            "allow_aggregations": true,
        })
    })
}

/// The row that a foreign key points to.
fn one(name: &str, column: &str) -> Value {
    json!({"name": name, "using": {"foreign_key_constraint_on": column}})
}

/// The rows of another table that point here.
fn many(name: &str, from: &str, column: &str) -> Value {
    json!({"name": name, "using": {"foreign_key_constraint_on": {"column": column, "table": table(from)}}})
}

fn table(name: &str) -> Value {
    json!({"name": name, "schema": "public"})
}
