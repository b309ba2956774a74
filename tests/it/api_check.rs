//! Schemathesis against the running program; `make api-check SECONDS=120`. It asks whatever the schema allows and takes
//! every server error and every answer that the schema does not describe for a finding.

use crate::{
    app::{App, JWT_KEY},
    graphql::http::jwt,
    processes::Process,
};
use nchat_social::domain::{Clock, Platform, clock::SystemClock};
use serde_json::json;
use std::{process::Command, process::Stdio};

#[expect(clippy::disallowed_methods, reason = "settings of the test run, not of the program")]
async fn check(path: &str, checks: &[&str]) {
    let program = std::env::var("SCHEMATHESIS").expect("run it by `make api-check`");
    let seconds = std::env::var("SECONDS_EACH").unwrap_or_else(|_| "120".into());
    let app = App::start().await;
    for platform in Platform::ALL {
        app.following(platform, json!({})).await;
    }
    let server = Process::serve(&app);
    server.ready().await;
    let token = jwt(JWT_KEY, "user", Some(app.chat.owner), SystemClock.now().timestamp() + 3600);
    let mut command = Command::new(program);
    command
        .args(["run", &format!("{}{path}", server.origin())])
        .args(["--header", &format!("Authorization: Bearer {token}"), "--max-time", &seconds])
        .args(["--workers", "2", "--seed", "20261122", "--no-color"])
        .args(checks)
        // Made-up bodies must not live on in a folder of the checkout.
        .args(["--generation-database", "none", "--request-timeout", "30"])
        .stdin(Stdio::null());
    let status = tokio::task::spawn_blocking(move || command.status()).await.expect("no panic").expect("it runs");
    assert!(status.success(), "findings: see above");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: make api-check"]
async fn rest() {
    // Each poll waits for its result; positive data alone cannot know which accounts there are.
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,\
                  response_headers_conformance,negative_data_rejection,unsupported_method";
    check("/api/social/openapi.json", &["--checks", checks, "--header", "Prefer: wait=0"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: make api-check"]
async fn graphql() {
    check("/graphql", &["--checks", "only_refusals"]).await;
}
