//! The administrator's page in a real browser against the running program: `console/tests/walk` holds the walk.

use crate::{
    app::{ADMIN_TOKEN, App},
    processes::Process,
};
use nchat_social::domain::{Clock, clock::SystemClock};
use std::{
    io::{BufRead, BufReader, Write},
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
    // Its figures go to stderr, for everybody to see.
    let mut walk = Command::new("node")
        .args(["tests/walk/walk.mjs"])
        .current_dir(&folder)
        .env("SOCIAL_ORIGIN", program.origin())
        .env("SIMULATOR_ORIGIN", &app.simulator.shared().base_url)
        .env("SOCIAL_ADMIN_TOKEN", ADMIN_TOKEN)
        .env("CHROMIUM", CHROMIUM)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs");
    let mut reply = walk.stdin.take().expect("its input");
    let output = BufReader::new(walk.stdout.take().expect("its output"));
    let (tell, mut hear) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
    while let Some(line) = hear.recv().await {
        // What no page and no platform could do: nchat's side of the database, and years of posts.
        if let Some(statements) = line.strip_prefix("sql ") {
            app.chat.script(&serde_json::from_str::<String>(statements).expect("statements as JSON")).await;
            writeln!(reply, "done").expect("the walk listens");
        } else {
            println!("{line}");
        }
    }
    let ended = tokio::task::spawn_blocking(move || walk.wait()).await.expect("no panic").expect("node ends");
    assert!(ended.success(), "the walk's words are above");
}
