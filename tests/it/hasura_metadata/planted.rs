//! Planted mistakes: each is found, and named so that it can be mended.

use super::catalog;
use nchat_social::hasura::{Tenant, metadata, verify};
use serde_json::{Value, json};

/// Where in the metadata a table stands.
fn table(metadata: &Value, name: &str) -> usize {
    let tables = metadata["sources"][0]["tables"].as_array().expect("tables");
    tables.iter().position(|of| of["table"]["name"] == name).expect("the table")
}

#[tokio::test]
async fn planted_mistakes_are_found() {
    let catalog = catalog().await;
    let good = metadata(&Tenant::OfSession);
    let at = |name: &str, path: &str| format!("/sources/0/tables/{}{path}", table(&good, name));
    let (accounts, posts, rules) = ("nchat_social_accounts", "nchat_social_posts", "nchat_social_integrations");
    let select = "/select_permissions/1/permission";
    let exists = "/filter/_and/1/_exists/_where/_and";
    let cases: Vec<(String, Value, &str)> = vec![
        (at(posts, "/table/name"), json!("nchat_articles"), "there is no table nchat_articles"),
        (at(posts, "/table/name"), json!("nchat_social_credentials"), "must not be tracked"),
        (at(posts, "/table/schema"), json!("apalis"), "must not be tracked"),
        (at(posts, "/table/name"), json!(rules), "nchat_social_integrations is tracked twice"),
        (
            at(posts, "/object_relationships/0/using/foreign_key_constraint_on"),
            json!("post_id"),
            "no foreign key on post_id",
        ),
        (at(posts, "/object_relationships/0/name"), json!("content"), "nchat_social_posts.content is a column"),
        (
            at(accounts, "/array_relationships/0/using/foreign_key_constraint_on/column"),
            json!("id"),
            "no foreign key from",
        ),
        (
            at(accounts, "/array_relationships/0/using/foreign_key_constraint_on/table/name"),
            json!("nchat_messages"),
            "no foreign key from",
        ),
        (
            at("nchat_social_deliveries", "/object_relationships/1/using/manual_configuration/column_mapping"),
            json!({"status": "id"}),
            "of different types",
        ),
        (
            at("nchat_social_deliveries", "/object_relationships/1/using/manual_configuration/column_mapping"),
            json!({"nothing": "id"}),
            "there is no column",
        ),
        (at(accounts, &format!("{select}/columns/0")), json!("identifier"), "there is no column identifier"),
        (
            at(accounts, &format!("{select}/columns/0")),
            json!("access_token_encrypted"),
            "access_token_encrypted must not be seen",
        ),
        (at(accounts, &format!("{select}/columns/0")), json!("credential_id"), "credential_id must not be seen"),
        (at(accounts, &format!("{select}/columns")), json!("*"), "columns must be named"),
        (at(accounts, &format!("{select}/filter")), json!({}), "open for every row"),
        (
            at(accounts, &format!("{select}/filter")),
            json!({"tenant": {"_eq": "a"}}),
            "neither column nor relationship tenant",
        ),
        (
            at(accounts, &format!("{select}/filter")),
            json!({"source_account_id": {"_eq": "X-Source-Account"}}),
            "no session variable",
        ),
        (at(accounts, &format!("{select}/filter")), json!({"id": {"_lik": "a"}}), "_lik is no operator"),
        (at(accounts, &format!("{select}/filter")), json!({"is_active": {"_eq": "true"}}), "a text"),
        (at(accounts, &format!("{select}/filter")), json!({"quiet_polls": {"_gt": true}}), "true or false"),
        (at(accounts, &format!("{select}/filter")), json!({"account_name": {"_eq": 1}}), "a number"),
        (at(accounts, &format!("{select}/filter")), json!({"account_name": {"_eq": null}}), "which is nothing"),
        (
            at(accounts, &format!("{select}/filter")),
            json!({"posts": {"nothing": true}}),
            "nchat_social_posts has neither column",
        ),
        (
            at(accounts, &format!("{select}{exists}/2/_or/0/role/_in/0")),
            json!("boss"),
            "is compared with \"boss\", which it never is",
        ),
        (at(accounts, &format!("{select}{exists}/3/_or/1/is_banned/_is_null")), json!("yes"), "neither true nor false"),
        (
            at(accounts, &format!("{select}/filter/_and/1/_exists/_table/name")),
            json!("nchat_channel_members"),
            "nchat_channel_members is not tracked",
        ),
        (at(accounts, "/select_permissions/1/role"), json!("admin"), "admin may do everything"),
        (at(accounts, "/select_permissions/1/role"), json!("moderator"), "the role may do nothing"),
        (at(accounts, "/select_permissions/1/role"), json!("owner"), "given twice"),
        (
            at(rules, "/insert_permissions/0/permission/columns"),
            json!(["channel_id"]),
            "account_id has no default and cannot be given",
        ),
        (at(rules, "/insert_permissions/0/permission/check"), Value::Null, "without a check it is open"),
        (
            at(rules, "/insert_permissions/0/permission/set"),
            json!({"made_by": "x-hasura-user-id"}),
            "no column made_by to preset",
        ),
        (
            at(rules, "/insert_permissions/0/permission/set"),
            json!({"created_by": "X-User-Id"}),
            "is a text and no session variable",
        ),
        (
            at(accounts, "/remote_relationships/0/definition/to_remote_schema/remote_schema"),
            json!("social"),
            "no remote schema \"social\"",
        ),
        (
            at(accounts, "/remote_relationships/0/definition/to_remote_schema/lhs_fields/0"),
            json!("uid"),
            "no column uid",
        ),
        (
            at(accounts, "/remote_relationships/0/definition/to_remote_schema/remote_field"),
            json!({"socialPerson": {"arguments": {}}}),
            "no query socialPerson",
        ),
        (
            at(accounts, "/remote_relationships/0/definition/to_remote_schema/remote_field/socialAccount/arguments"),
            json!({}),
            "socialAccount needs id",
        ),
        (
            at(accounts, "/remote_relationships/0/definition/to_remote_schema/remote_field/socialAccount/arguments"),
            json!({"id": "$account_name"}),
            "id is uuid, and \"$account_name\" is text",
        ),
        (
            at(accounts, "/remote_relationships/0/definition/to_remote_schema/remote_field/socialAccount/arguments"),
            json!({"id": "$id", "of": 1}),
            "takes no of",
        ),
        (
            "/remote_schemas/0/definition/headers/0".into(),
            json!({"name": "X-Nchat-Social-Secret", "value": "hunter2"}),
            "the secret must come from the environment",
        ),
        ("/remote_schemas/0/definition/url_from_env".into(), Value::Null, "its address must come from the environment"),
        ("/remote_schemas/0/permissions/0/role".into(), json!("public"), "role public has no permission"),
        ("/remote_schemas/0/permissions/0/role".into(), json!("public"), "role owner lacks its permission"),
        (
            "/remote_schemas/0/permissions/0/definition/schema".into(),
            json!("type Query { socialSecrets: String }"),
            "no field Query.socialSecrets",
        ),
        ("/remote_schemas/0/remote_relationships/0/type_name".into(), json!("SocialRule"), "no type SocialRule"),
        (
            "/remote_schemas/0/remote_relationships/0/relationships/0/name".into(),
            json!("channel"),
            "is a field of the schema",
        ),
        (
            "/remote_schemas/0/remote_relationships/0/relationships/0/definition/to_source/field_mapping".into(),
            json!({"auto_post": "id"}),
            "do not go together",
        ),
        (
            "/remote_schemas/0/remote_relationships/0/relationships/0/definition/to_source/table/name".into(),
            json!("nchat_messages"),
            "nchat_messages is not tracked",
        ),
    ];
    for (path, value, expected) in cases {
        let mut bad = good.clone();
        match bad.pointer_mut(&path) {
            Some(place) => *place = value.clone(),
            None => {
                let (parent, key) = path.rsplit_once('/').expect("a path");
                bad.pointer_mut(parent).unwrap_or_else(|| panic!("{path} is nowhere"))[key] = value.clone();
            }
        }
        let found = verify::misfits(&bad, &catalog);
        assert!(found.iter().any(|found| found.contains(expected)), "{path} = {value}: {found:#?}");
    }
}

/// The tables change under the metadata: found as well.
#[tokio::test]
async fn a_changed_database_is_found() {
    let good = metadata(&Tenant::OfSession);
    let catalog = catalog().await;
    let mut without_key = catalog.clone();
    without_key.0.get_mut("nchat_social_posts").expect("posts").primary_key.clear();
    let mut without_channel = catalog.clone();
    without_channel
        .0
        .get_mut("nchat_social_integrations")
        .expect("rules")
        .foreign_keys
        .retain(|key| key.to != "nchat_channels");
    let mut twice = catalog.clone();
    let keys = &mut twice.0.get_mut("nchat_social_integrations").expect("rules").foreign_keys;
    let again = keys.iter().find(|key| key.to == "nchat_channels").expect("a key").clone();
    keys.push(again);
    let mut without_column = catalog;
    without_column.0.get_mut("nchat_social_accounts").expect("accounts").columns.remove("health");
    for (catalog, expected) in [
        (without_key, "nchat_social_posts has no primary key"),
        (without_channel, "nchat_social_integrations.channel: there is no foreign key on channel_id"),
        (twice, "nchat_social_integrations.channel: there are several foreign keys on channel_id"),
        (without_column, "there is no column health"),
    ] {
        let found = verify::misfits(&good, &catalog);
        assert!(found.iter().any(|found| found.contains(expected)), "{expected}: {found:#?}");
    }
}
