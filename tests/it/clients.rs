//! Other people's clients against the running program: `tests/clients` holds them, Node runs them.

use crate::{
    app::{App, JWT_KEY, SHARED_SECRET, world::account_of},
    graphql::http::jwt,
    processes::Process,
};
use nchat_social::{
    domain::{Clock, Platform, clock::SystemClock},
    simulator::Draft,
};
use serde_json::json;
use std::{
    path::Path,
    process::{Command, Stdio},
};

#[expect(clippy::disallowed_methods, reason = "a setting of the test run, not of the program")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn off_the_shelf_clients_find_nothing_wrong() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    if !folder.join("node_modules").exists() {
        // `scripts/test` installs them where there is Node; .ci/run sees to it that there is.
        assert!(std::env::var_os("NEED_CLIENTS").is_none(), "tests/clients is not installed");
        eprintln!("skipped: tests/clients is not installed (needs Node 20)");
        return;
    }
    let app = App::start().await;
    let account = app.following(Platform::Twitter, json!({})).await;
    let world = app.simulator.world("twitter").expect("a world");
    for n in 0..5 {
        world.publish(account_of(Platform::Twitter), Draft::text(format!("Post {n}"))).expect("published");
    }
    app.poll_after(5).await;
    assert_eq!(app.chat.texts().await.len(), 5);
    app.clock.set(SystemClock.now());

    let program = Process::serve(&app);
    program.ready().await;
    let now = SystemClock.now().timestamp();
    let token = |user| jwt(JWT_KEY, "user", Some(user), now + 3600);
    let mut node = Command::new("node");
    node.args(["--test", "--test-concurrency=1", "--test-reporter=spec", "--test-timeout=120000"])
        .current_dir(&folder)
        .env("SOCIAL_ORIGIN", program.origin())
        .env("SOCIAL_SECRET", SHARED_SECRET)
        .env("SOCIAL_OWNER_JWT", token(app.chat.owner))
        .env("SOCIAL_MEMBER_JWT", token(app.chat.member))
        .env("SOCIAL_ACCOUNT", account.to_string())
        .env("SOCIAL_CHANNEL", app.chat.announcements.to_string())
        .env("SOCIAL_JWT_KEY", JWT_KEY)
        .stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || node.output()).await.expect("no panic").expect("node runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("fail 0") && said.contains("skipped 0"), "{said}");
}
