use super::*;
use crate::hasura::{Tenant, metadata};

fn wanted() -> Value {
    metadata(&Tenant::OfSession)
}

/// An nchat that tracks some of its tables, in the way its repository does.
fn nchats() -> Value {
    json!({
        "version": 3,
        "sources": [{"name": "default", "kind": "postgres", "tables": [
            {"table": {"schema": "public", "name": "nchat_messages"}},
            {"table": {"schema": "public", "name": "nchat_channels"}, "select_permissions": [
                {"role": "user", "permission": {"columns": "*", "filter": {"source_account_id": {"_eq": "X-Source-Account"}}}},
            ]},
        ]}],
    })
}

fn empty() -> Value {
    json!({"version": 3, "sources": [{"name": "default", "kind": "postgres", "tables": []}]})
}

fn names(difference: &Difference) -> Vec<&str> {
    difference.steps.iter().map(|step| step.what.as_str()).collect()
}

/// The table of `metadata` with that name.
fn table<'a>(metadata: &'a mut Value, name: &str) -> &'a mut Value {
    let tables = metadata["sources"][0]["tables"].as_array_mut().expect("tables");
    tables.iter_mut().find(|of| table_name(&of["table"]) == name).expect("the table")
}

#[test]
fn an_empty_hasura_lacks_everything_and_a_full_one_nothing() {
    let difference = Difference::between(&wanted(), &empty(), true);
    assert!(difference.conflicts.is_empty() && difference.warnings.is_empty());
    assert!(difference.steps.iter().all(|step| step.action == Action::Add));
    assert_eq!(difference.bulk(&json!(7))["args"], json!(calls::all(&wanted())), "the same calls as the file's");
    assert_eq!(difference.bulk(&json!(7))["resource_version"], 7);
    let full = Difference::between(&wanted(), &wanted(), true);
    assert!(full.is_empty() && full.warnings.is_empty(), "{full:?}");
}

/// Hasura gives back what it was given in its own words.
#[test]
fn what_hasura_exports_is_no_difference() {
    let mut found = wanted();
    let schema = &mut found["remote_schemas"][0];
    let definition = schema["definition"].as_object_mut().expect("an object");
    definition.remove("forward_client_headers");
    definition.insert("customization".into(), json!({}));
    let reprinted = text(&schema["permissions"][0]["definition"], "schema").replace("\n  ", "\n\n      ");
    schema["permissions"][0]["definition"]["schema"] = json!(reprinted.replace("\"The account's id here.\"", ""));
    let posts = table(&mut found, "nchat_social_posts");
    posts["object_relationships"][0]["using"] = json!({"foreign_key_constraint_on": ["account_id"]});
    let permission = &mut posts["select_permissions"][0]["permission"];
    permission["columns"].as_array_mut().expect("columns").reverse();
    permission["filter"] = json!({"source_account_id": {"_eq": "x-hasura-source-account-id"}});
    permission["computed_fields"] = json!([]);
    permission["backend_only"] = json!(false);
    let difference = Difference::between(&wanted(), &found, true);
    assert!(difference.is_empty(), "{:?}", names(&difference));
}

#[test]
fn nchats_own_stays_and_only_gets_what_it_lacks() {
    let difference = Difference::between(&wanted(), &nchats(), true);
    assert!(difference.conflicts.is_empty());
    let steps = names(&difference);
    for lacking in
        ["relationship nchat_channels.social_integrations", "select permission of role owner on nchat_channels"]
    {
        assert!(steps.contains(&lacking), "{steps:?}");
    }
    for there in ["table nchat_channels", "select permission of role user on nchat_channels", "table nchat_messages"] {
        assert!(!steps.contains(&there), "{there}");
    }
    let calls = difference.bulk(&json!(1)).to_string();
    assert!(!calls.contains("drop") && !calls.contains("delete_remote"), "nothing is taken away");
    assert_eq!(difference.warnings.len(), 1, "{:?}", difference.warnings);
    assert!(difference.warnings[0].contains("`X-Source-Account`, which is no session variable"));
}

#[test]
fn what_differs_on_our_tables_is_put_right() {
    let mut found = wanted();
    let posts = table(&mut found, "nchat_social_posts");
    posts["select_permissions"][1]["permission"]["filter"] = json!({});
    posts["object_relationships"][0]["using"] = json!({"foreign_key_constraint_on": "id"});
    posts["select_permissions"].as_array_mut().expect("permissions").push(json!(
        {"role": "moderator", "permission": {"columns": ["id"], "filter": {}}}));
    found["remote_schemas"][0]["permissions"][0]["definition"]["schema"] = json!("type Query { socialAccount: Int }");
    let difference = Difference::between(&wanted(), &found, true);
    assert_eq!(
        names(&difference),
        [
            "relationship nchat_social_posts.account",
            "select permission of role user on nchat_social_posts",
            "permission of role owner on remote schema nchat_social"
        ]
    );
    assert!(difference.steps.iter().all(|step| step.action == Action::Change));
    let bulk = difference.bulk(&json!(1));
    let kinds: Vec<&str> = list(&bulk, "args").iter().map(|call| text(call, "type")).collect();
    assert_eq!(
        kinds,
        [
            "pg_drop_select_permission",
            "drop_remote_schema_permissions",
            "pg_drop_relationship",
            "pg_create_object_relationship",
            "pg_create_select_permission",
            "add_remote_schema_permissions"
        ]
    );
    assert!(!bulk.to_string().contains("moderator"), "others' permissions stay");
}

/// Updating a remote schema makes Hasura forget the relationships of its types, others' too.
#[test]
fn relationships_of_the_remote_schema_survive_its_update() {
    let mut found = wanted();
    let schema = &mut found["remote_schemas"][0];
    schema["definition"]["timeout_seconds"] = json!(10);
    let theirs = json!({"name": "message", "definition": {"to_source": {"source": "default"}}});
    schema["remote_relationships"]
        .as_array_mut()
        .expect("a list")
        .push(json!({"type_name": "SocialDelivery", "relationships": [theirs]}));
    let difference = Difference::between(&wanted(), &found, true);
    assert_eq!(
        names(&difference),
        [
            "remote schema nchat_social",
            "relationship SocialIntegration.nchat_channel",
            "relationship SocialDelivery.message"
        ]
    );
    let bulk = difference.bulk(&json!(1));
    let kinds: Vec<&str> = list(&bulk, "args").iter().map(|call| text(call, "type")).collect();
    let create = "create_remote_schema_remote_relationship";
    assert_eq!(kinds, ["update_remote_schema", create, create]);
}

#[test]
fn what_only_a_person_can_mend_is_said() {
    let no_source = json!({"version": 3, "sources": [{"name": "main", "tables": []}]});
    let said = Difference::between(&wanted(), &no_source, true).conflicts;
    assert!(said[0].contains("no database called `default` (it has main)"), "{said:?}");

    let mut found = nchats();
    let tables = found["sources"][0]["tables"].as_array_mut().expect("tables");
    tables.push(json!({"table": {"schema": "public", "name": "nchat_social_credentials"}}));
    tables.push(json!({"table": {"schema": "apalis", "name": "jobs"}}));
    tables.push(json!({"table": "nchat_workspace_members", "object_relationships": [
        {"name": "workspace", "using": {"foreign_key_constraint_on": "invited_by"}}]}));
    tables.push(json!({"table": {"schema": "public", "name": "nchat_social_accounts"}, "select_permissions": [
        {"role": "support", "permission": {"columns": ["id", "access_token_encrypted"], "filter": {}}},
        {"role": "auditor", "permission": {"columns": "*", "filter": {}}}]}));
    let difference = Difference::between(&wanted(), &found, false);
    for expected in
        ["nchat_social_credentials is tracked", "apalis.jobs is tracked", "another relationship called `workspace`"]
    {
        assert!(
            difference.conflicts.iter().any(|said| said.contains(expected)),
            "{expected}: {:?}",
            difference.conflicts
        );
    }
    for expected in [
        "role support may read access_token_encrypted of nchat_social_accounts",
        "role auditor may read every column of nchat_social_accounts",
        "HASURA_GRAPHQL_ENABLE_REMOTE_SCHEMA_PERMISSIONS",
    ] {
        assert!(
            difference.warnings.iter().any(|said| said.contains(expected)),
            "{expected}: {:?}",
            difference.warnings
        );
    }
    assert!(!difference.bulk(&json!(1)).to_string().contains("add_remote_schema_permissions"));
}
