//! The administrator's page in a real browser against the running program: `console/tests/walk` holds the walk.

use crate::{
    app::{ADMIN_TOKEN, App},
    processes::Process,
};
use nchat_social::domain::{Clock, clock::SystemClock};
use std::{
    path::Path,
    process::{Command, Stdio},
};

/// Where Debian has it.
const CHROMIUM: &str = "/usr/bin/chromium";

#[expect(clippy::disallowed_methods, reason = "a setting of the test run, not of the program")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_walks_through_the_page() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("console");
    let there = folder.join("node_modules").exists() && folder.join("dist/page/index.html").exists();
    if !there || !Path::new(CHROMIUM).exists() {
        // `scripts/console` builds it where there is Node; .ci/run installs Chromium.
        assert!(std::env::var_os("NEED_CONSOLE").is_none(), "the console is not built, or Chromium is not there");
        eprintln!("skipped: needs `make console` and Chromium");
        return;
    }
    let app = App::start().await;
    app.chat.another_channel("product-news").await;
    app.clock.set(SystemClock.now());
    let program = Process::serve(&app);
    program.ready().await;
    let mut node = Command::new("node");
    node.args(["tests/walk/walk.mjs"])
        .current_dir(&folder)
        .env("SOCIAL_ORIGIN", program.origin())
        .env("SIMULATOR_ORIGIN", &app.simulator.shared().base_url)
        .env("SOCIAL_ADMIN_TOKEN", ADMIN_TOKEN)
        .env("CHROMIUM", CHROMIUM)
        .stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || node.output()).await.expect("no panic").expect("node runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
}
