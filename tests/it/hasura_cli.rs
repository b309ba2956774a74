//! `nchat-social hasura` against a stand-in for Hasura, run as people run it.

pub mod stand_in;

use axum::http::StatusCode;
use nchat_social::hasura::{Tenant, metadata};
use serde_json::{Value, json};
use stand_in::{ADMIN_SECRET, StandIn};
use std::process::{Command, Output};

/// A Hasura that tracks nothing.
fn empty() -> Value {
    json!({"version": 3, "sources": [{"name": "default", "kind": "postgres", "tables": [],
        "configuration": {"connection_info": {"database_url": {"from_env": "HASURA_GRAPHQL_DATABASE_URL"}}}}]})
}

/// nchat's Hasura: tables, a permission, an action of its own.
fn nchats() -> Value {
    let mut metadata = empty();
    metadata["sources"][0]["tables"] = json!([
        {"table": {"schema": "public", "name": "nchat_messages"},
         "select_permissions": [{"role": "user", "permission": {"columns": "*", "filter": {}}}]},
        {"table": {"schema": "public", "name": "nchat_channels"},
         "select_permissions": [{"role": "user", "permission": {"columns": "*", "filter": {}}}]},
        {"table": {"schema": "public", "name": "nchat_workspaces"}},
    ]);
    metadata["actions"] = json!([{"name": "searchQuery", "definition": {"kind": "synchronous"}}]);
    metadata["remote_schemas"] = json!([{"name": "billing", "definition": {"url": "https://billing.example.com"}}]);
    metadata
}

fn command(endpoint: &str, secret: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nchat-social"))
        .arg("hasura")
        .args(arguments)
        .env_clear()
        .env("HASURA_GRAPHQL_ENDPOINT", endpoint)
        .env("HASURA_ADMIN_SECRET", secret)
        .output()
        .expect("the program runs")
}

/// Runs a command to its end; exit code, report, what was said.
async fn run(hasura: &StandIn, arguments: &[&str]) -> (i32, Value, String) {
    let (endpoint, arguments): (String, Vec<String>) =
        (hasura.endpoint.clone(), arguments.iter().map(|of| (*of).to_owned()).collect());
    let output = tokio::task::spawn_blocking(move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        command(&endpoint, ADMIN_SECRET, &arguments)
    })
    .await
    .expect("it ran");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!out.contains(ADMIN_SECRET) && !err.contains(ADMIN_SECRET), "the secret is shown: {out}{err}");
    (output.status.code().expect("a code"), serde_json::from_str(&out).unwrap_or_default(), err.into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_hasura_gets_everything_and_keeps_it() {
    let hasura = StandIn::start(empty()).await;
    let (code, report, _) = run(&hasura, &["diff"]).await;
    assert_eq!((code, report["steps"].as_array().map(|steps| steps.len() > 50)), (1, Some(true)));
    assert_eq!(hasura.calls(), ["export_metadata"], "diff changes nothing");
    let (code, ..) = run(&hasura, &["check"]).await;
    assert_eq!(code, 1);
    hasura.calls();

    let (code, report, said) = run(&hasura, &["apply"]).await;
    assert_eq!(code, 0, "{said}");
    assert_eq!(report["steps"][0], json!({"action": "add", "what": "table nchat_social_accounts"}));
    let calls = hasura.calls();
    assert_eq!(calls[..2], ["export_metadata", "get_inconsistent_metadata"]);
    assert_eq!(calls[2..10], vec!["pg_track_table"; 8][..]);
    assert_eq!(calls[calls.len() - 2..], ["reload_remote_schema", "get_inconsistent_metadata"]);
    assert_eq!(hasura.world().version, 9, "one change, and the schema read anew");
    let held = hasura.world().metadata.clone();
    assert_eq!(held["sources"][0]["tables"].as_array().map(Vec::len), Some(8));

    let (code, report, _) = run(&hasura, &["apply"]).await;
    assert_eq!((code, &report["steps"]), (0, &json!([])));
    assert_eq!(
        hasura.calls(),
        ["export_metadata", "get_inconsistent_metadata", "reload_remote_schema", "get_inconsistent_metadata"]
    );
    assert!(hasura.world().metadata == held, "the second time changes nothing");
    for look in ["check", "diff"] {
        assert_eq!(run(&hasura, &[look]).await.0, 0, "{look}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_hold_stays_theirs() {
    let hasura = StandIn::start(nchats()).await;
    let (code, _, said) = run(&hasura, &["apply"]).await;
    assert_eq!(code, 0, "{said}");
    let held = hasura.world().metadata.clone();
    assert_eq!(held["actions"], nchats()["actions"]);
    assert_eq!(held["remote_schemas"][0], nchats()["remote_schemas"][0]);
    let tables = held["sources"][0]["tables"].as_array().expect("tables");
    assert_eq!(tables[0], nchats()["sources"][0]["tables"][0], "nchat_messages");
    assert_eq!(tables[1]["select_permissions"][0], nchats()["sources"][0]["tables"][1]["select_permissions"][0]);
    assert_eq!(tables[1]["select_permissions"][1]["role"], "owner", "what was missing");
    assert!(hasura.calls().iter().all(|call| !call.contains("_drop_") && !call.starts_with("pg_delete")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_by_hand_is_put_right() {
    let mut changed = metadata(&Tenant::OfSession);
    changed["remote_schemas"][0]["definition"]["timeout_seconds"] = json!(5);
    changed["sources"][0]["tables"][1]["select_permissions"][1]["permission"]["filter"] = json!({});
    let hasura = StandIn::start(changed).await;
    let (code, report, _) = run(&hasura, &["check"]).await;
    assert_eq!(code, 1);
    assert!(report["steps"].as_array().expect("steps").iter().all(|step| step["action"] == "change"), "{report:#}");
    let (code, _, said) = run(&hasura, &["apply"]).await;
    assert_eq!(code, 0, "{said}");
    assert_eq!(run(&hasura, &["check"]).await.0, 0);
    let relationships = hasura.world().metadata["remote_schemas"][0]["remote_relationships"].clone();
    assert_eq!(relationships[0]["type_name"], "SocialIntegration", "survives the update");
}

/// What Hasura holds of a version of the service whose accounts lacked a field and had another.
fn of_an_older_version() -> (Value, String) {
    let mut held = metadata(&Tenant::OfSession);
    let schema = &mut held["remote_schemas"][0];
    let sdl = schema["permissions"][0]["definition"]["schema"].as_str().expect("a schema");
    assert!(sdl.contains("  is_polling: Boolean!"));
    let older = sdl.replace("  is_polling: Boolean!", "  polls_now: Boolean!");
    for permission in schema["permissions"].as_array_mut().expect("permissions") {
        permission["definition"]["schema"] = json!(older);
    }
    (held, older)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_schema_is_read_before_its_permissions() {
    let (held, older) = of_an_older_version();
    let hasura = StandIn::start(held).await;
    hasura.world().read = older;
    let (code, _, said) = run(&hasura, &["apply"]).await;
    assert_eq!(code, 0, "{said}");
    let calls = hasura.calls();
    assert_eq!(calls[2..4], ["reload_remote_schema", "export_metadata"], "{calls:?}");
    assert!(!calls.contains(&"remove_remote_schema".to_owned()), "{calls:?}");
    assert_eq!(run(&hasura, &["check"]).await.0, 0);
}

/// Hasura does not read the schema anew, so its parts go and come back with it, and what others leant on it too.
#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_is_not_read_anew_is_taken_away_and_put_back() {
    let (mut held, older) = of_an_older_version();
    let support = json!({"role": "support", "definition": {"schema": "type SocialAccount { id: uuid! }"}});
    let of_type = json!({"name": "messages", "definition": {"to_source": {"relationship_type": "array"}}});
    let of_table = json!({"name": "social", "definition": {"to_remote_schema": {"remote_schema": "nchat_social"}}});
    let schema = &mut held["remote_schemas"][0];
    schema["permissions"].as_array_mut().expect("a list").push(support.clone());
    schema["remote_relationships"][0]["relationships"].as_array_mut().expect("a list").push(of_type.clone());
    let tables = held["sources"][0]["tables"].as_array_mut().expect("tables");
    let theirs = json!({"table": {"schema": "public", "name": "their_table"}, "remote_relationships": [of_table]});
    tables.push(theirs.clone());
    let hasura = StandIn::start(held).await;
    hasura.world().read = older;
    let away = json!({"path": "$.args", "code": "remote-schema-error", "error": "inconsistent"});
    hasura.world().refusal = Some(("reload_remote_schema", StatusCode::BAD_REQUEST, away));
    let (code, report, said) = run(&hasura, &["apply"]).await;
    assert_eq!(code, 0, "{said}");
    assert!(report["steps"].to_string().contains("with everything that leans on it"), "{report:#}");
    assert_eq!(run(&hasura, &["check"]).await.0, 0);
    let held = hasura.world().metadata.clone();
    let schema = &held["remote_schemas"][0];
    assert!(schema["permissions"].as_array().expect("a list").contains(&support), "{schema:#}");
    assert!(schema["remote_relationships"].to_string().contains(&of_type.to_string()), "{schema:#}");
    assert!(held["sources"][0]["tables"].as_array().expect("tables").contains(&theirs), "{held:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_can_be_fixed() {
    let hasura = StandIn::start(empty()).await;
    let fixed = ["--source-account", "primary"];
    assert_eq!(run(&hasura, &[&["apply"], &fixed[..]].concat()).await.0, 0);
    assert!(!hasura.world().metadata.to_string().to_lowercase().contains("x-hasura-source-account-id"));
    assert_eq!(run(&hasura, &[&["check"], &fixed[..]].concat()).await.0, 0);
    assert_eq!(run(&hasura, &["check"]).await.0, 1, "something else is wanted");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_permissions_for_remote_schemas_it_warns() {
    let hasura = StandIn::start(empty()).await;
    hasura.world().remote_permissions = false;
    let (code, report, said) = run(&hasura, &["apply"]).await;
    assert_eq!(code, 0, "{said}");
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("HASURA_GRAPHQL_ENABLE_REMOTE_SCHEMA_PERMISSIONS"), "{warnings}");
    assert!(!hasura.calls().contains(&"add_remote_schema_permissions".to_owned()));
    hasura.world().remote_permissions = true;
    assert_eq!(run(&hasura, &["apply"]).await.0, 0);
    assert_eq!(hasura.world().metadata["remote_schemas"][0]["permissions"].as_array().map(Vec::len), Some(2));
}

/// Each refusal says who must do what, and leaves everything as it was.
#[tokio::test(flavor = "multi_thread")]
async fn refusals_say_what_to_do() {
    let error = |code: &str, error: &str| json!({"path": "$", "code": code, "error": error});
    let bad = StatusCode::BAD_REQUEST;
    let cases: Vec<(&'static str, StatusCode, Value, &[&str])> = vec![
        (
            "add_remote_schema",
            bad,
            error(
                "remote-schema-error",
                "HTTP exception occurred while sending the request to \"NCHAT_SOCIAL_GRAPHQL_URL\"",
            ),
            &["Hasura cannot reach nchat-social", "refused add_remote_schema nchat_social, and nothing was done"],
        ),
        (
            "add_remote_schema",
            bad,
            error("invalid-params", "environment variable 'NCHAT_SOCIAL_GRAPHQL_URL' not set"),
            &["set NCHAT_SOCIAL_GRAPHQL_URL and NCHAT_SOCIAL_SHARED_SECRET where Hasura runs"],
        ),
        (
            "add_remote_schema",
            bad,
            error("remote-schema-error", "Error in $: key \"data\" not found"),
            &["NCHAT_SOCIAL_SHARED_SECRET must be the same"],
        ),
        (
            "add_remote_schema",
            StatusCode::INTERNAL_SERVER_ERROR,
            error("unexpected", "Found conflicting definitions for \"SocialPost\".  The definition at …"),
            &["has the name of another", "SocialPost"],
        ),
        (
            "add_remote_schema",
            bad,
            error("remote-schema-conflicts", "Duplicate remote field 'socialAccount'"),
            &["is there already"],
        ),
        (
            "add_remote_schema_permissions",
            bad,
            error(
                "constraint-violation",
                "remote schema permissions can only be added when remote schema permissions are enabled",
            ),
            &["HASURA_GRAPHQL_ENABLE_REMOTE_SCHEMA_PERMISSIONS=true"],
        ),
        (
            "pg_track_table",
            bad,
            error("not-exists", "no such table/view exists in source: \"nchat_social_accounts\""),
            &["nchat-social migrate", "refused pg_track_table nchat_social_accounts"],
        ),
        (
            "pg_create_select_permission",
            bad,
            error("not-exists", "\"health\" does not exist"),
            &[
                "refused pg_create_select_permission nchat_social_accounts, and nothing was done: \"health\" does not exist",
            ],
        ),
    ];
    for (call, status, body, expected) in cases {
        let hasura = StandIn::start(empty()).await;
        hasura.world().refusal = Some((call, status, body));
        let (code, report, said) = run(&hasura, &["apply"]).await;
        assert_eq!((code, report), (1, Value::Null), "{said}");
        for words in expected {
            assert!(said.contains(words), "{words}: {said}");
        }
        assert!(hasura.world().metadata == empty(), "nothing was done");
        assert_eq!(run(&hasura, &["apply"]).await.0, 0, "the next time it works");
    }
}

/// Everything was added, but the service went away before Hasura read its schema again.
#[tokio::test(flavor = "multi_thread")]
async fn a_reload_that_fails_is_said_as_such() {
    let hasura = StandIn::start(empty()).await;
    let away = json!({"path": "$.args", "code": "remote-schema-error",
        "error": "HTTP exception occurred while sending the request to \"NCHAT_SOCIAL_GRAPHQL_URL\""});
    hasura.world().refusal = Some(("reload_remote_schema", StatusCode::BAD_REQUEST, away));
    let (code, _, said) = run(&hasura, &["apply"]).await;
    assert_eq!(code, 1);
    assert!(said.contains("Hasura cannot reach nchat-social") && !said.contains("nothing was done"), "{said}");
    assert_eq!(run(&hasura, &["check"]).await.0, 0, "it is all there");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_faster_wins() {
    let hasura = StandIn::start(empty()).await;
    hasura.world().somebody_is_faster = true;
    let (code, _, said) = run(&hasura, &["apply"]).await;
    assert_eq!(code, 1);
    assert!(said.contains("somebody else changed") && said.contains("try again"), "{said}");
    assert!(hasura.world().metadata == empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_way_is_said_before_anything_is_done() {
    let mut metadata = empty();
    metadata["sources"][0]["tables"] = json!([{"table": {"schema": "public", "name": "nchat_social_credentials"}}]);
    let hasura = StandIn::start(metadata.clone()).await;
    let (code, report, said) = run(&hasura, &["apply"]).await;
    assert_eq!(code, 1);
    assert!(said.contains("nothing was done: 1 things stand in the way"), "{said}");
    assert!(
        report["conflicts"][0]
            .as_str()
            .is_some_and(|conflict| conflict.contains("nchat_social_credentials is tracked"))
    );
    assert_eq!(hasura.calls(), ["export_metadata"]);
    assert_eq!(run(&hasura, &["check"]).await.0, 1);
}

/// Trouble of ours fails; trouble that others had before does not.
#[tokio::test(flavor = "multi_thread")]
async fn inconsistencies_are_told_apart() {
    let hasura = StandIn::start(empty()).await;
    let theirs = json!({"type": "select_permission", "name": "role admin on nchat_search_history", "definition": {},
        "reason": "cannot define permission for admin role"});
    hasura.world().inconsistent = vec![theirs];
    let (code, report, said) = run(&hasura, &["apply"]).await;
    assert_eq!(code, 0, "{said}");
    assert_eq!(report["inconsistent"][0]["is_ours"], false);
    assert_eq!(run(&hasura, &["check"]).await.0, 0);

    let ours = json!({"type": "remote_schema", "name": "remote_schema nchat_social", "definition": "nchat_social",
        "reason": "HTTP exception occurred while sending the request"});
    hasura.world().inconsistent = vec![ours];
    for command in ["apply", "check"] {
        let (code, report, said) = run(&hasura, &[command]).await;
        assert_eq!((code, &report["inconsistent"][0]["is_ours"]), (1, &json!(true)), "{command}");
        assert!(said.contains("inconsistent"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_settings_are_told_from_trouble() {
    let hasura = StandIn::start(empty()).await;
    let said = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let wrong = command(&hasura.endpoint, "wrong", &["apply"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(said(&wrong).contains("Hasura refuses the admin secret"), "{}", said(&wrong));
    let elsewhere = command(&format!("{}/v1", hasura.endpoint), ADMIN_SECRET, &["check"]);
    assert!(said(&elsewhere).contains("no Hasura 2 (status 404"), "{}", said(&elsewhere));
    let nobody = command("http://127.0.0.1:9", ADMIN_SECRET, &["diff"]);
    assert_eq!(nobody.status.code(), Some(1));
    assert!(said(&nobody).contains("cannot be reached (no connection)"), "{}", said(&nobody));
    for endpoint in ["http://hasura.example.com", "hasura", ""] {
        let refused = command(endpoint, ADMIN_SECRET, &["apply"]);
        assert_eq!(refused.status.code(), Some(2), "{endpoint}: {}", said(&refused));
    }
    assert_eq!(command(&hasura.endpoint, "", &["apply"]).status.code(), Some(2), "no secret");
    assert_eq!(command(&hasura.endpoint, ADMIN_SECRET, &["reply"]).status.code(), Some(2));
    assert!(hasura.calls().is_empty());
}
