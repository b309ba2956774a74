//! The program as it is deployed: two processes, the real queue, signals.

use crate::app::{ADMIN_TOKEN, App, ENCRYPTION_KEY, JWT_KEY, SHARED_SECRET, database::Database, world::account_of};
use nchat_social::{
    domain::Platform,
    simulator::{Draft, Simulator},
};
use serde_json::{Value, json};
use std::{
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

/// A process of the program; ended with the test.
pub struct Process {
    pub child: Child,
    address: String,
}

impl Process {
    pub fn command(database: &Database, simulator: &Arc<Simulator>, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nchat-social"));
        command.args(arguments).env_clear();
        command.envs(nchat_social::cli::simulator_settings(&simulator.shared().base_url));
        command
            .env("DATABASE_URL", database.url())
            .env("SOCIAL_MEDIA_ENCRYPTION_KEY", ENCRYPTION_KEY)
            .env("NCHAT_SOCIAL_SHARED_SECRET", SHARED_SECRET)
            .env("SOCIAL_ADMIN_TOKEN", ADMIN_TOKEN)
            .env("HASURA_GRAPHQL_JWT_SECRET", json!({"type": "HS256", "key": JWT_KEY}).to_string())
            .env("SOCIAL_POLL_INTERVAL", "60");
        command
    }

    /// A server and worker on the app's database and world.
    pub fn serve(app: &App) -> Self {
        Self::start(app, &["serve"])
    }

    pub fn start(app: &App, arguments: &[&str]) -> Self {
        Self::start_with::<&str>(app, arguments, &[])
    }

    /// Any command that stays, with `more` settings.
    pub fn start_with<V: AsRef<std::ffi::OsStr>>(app: &App, arguments: &[&str], more: &[(&str, V)]) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let address = format!("127.0.0.1:{port}");
        let child = Self::command(&app.database, &app.simulator, arguments)
            .env("SOCIAL_LISTEN", &address)
            .env("NEXT_PUBLIC_APP_URL", format!("http://{address}"))
            .envs(more.iter().map(|(name, value)| (name, value)))
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("the program starts");
        Self { child, address }
    }

    /// One that was started otherwise and answers at `address`.
    pub fn of(child: Child, address: &str) -> Self {
        Self { child, address: address.to_owned() }
    }

    /// Where it answers.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until it answers.
    pub async fn ready(&self) {
        let url = format!("http://{}/readyz", self.address).parse().expect("an address");
        let http = nchat_social::outbound::Outbound::new(Default::default()).expect("a client");
        until("ready", Duration::from_secs(30), async || {
            http.get(&url, None, &[]).await.is_ok_and(|reply| reply.status == 200)
        })
        .await;
    }

    /// Asks for an orderly end and waits for it.
    pub async fn stop(mut self) {
        self.signal("-TERM");
        let child = &mut self.child;
        until("stopped", Duration::from_secs(30), async || child.try_wait().expect("a child").is_some()).await;
    }

    /// Ends it at once, and waits until it is gone.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Sends a signal: `-TERM`, `-KILL`.
    pub fn signal(&self, signal: &str) {
        // The shell's own kill: not every machine has it as a program.
        let kill = format!("kill {signal} {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &kill]).status().expect("a shell");
        assert!(sent.success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Looks again and again until `done`, at most for `limit`.
pub async fn until(what: &str, limit: Duration, mut done: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !done().await {
        assert!(began.elapsed() < limit, "{what}: not within {limit:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_hundred_posts_over_two_processes_are_three_hundred_messages_in_order() {
    let app = App::start().await;
    for platform in Platform::ALL {
        let account = app.connect_one(platform).await;
        app.poll().await;
        let channel = app.chat.another_channel(platform.as_str()).await;
        app.integrate(account, channel, json!({})).await;
        if platform == Platform::Twitter {
            app.integrate(account, app.chat.announcements, json!({"filter_keywords": ["even"]})).await;
        }
    }
    let processes = [Process::serve(&app), Process::serve(&app)];
    for process in &processes {
        process.ready().await;
    }
    for n in 0..100 {
        // The world's time moves by hand, the processes' by itself: posts must lie in the past of both.
        app.clock.set(nchat_social::domain::Clock::now(&nchat_social::domain::clock::SystemClock));
        for platform in Platform::ALL {
            let world = app.simulator.world(platform.as_str()).expect("a world");
            let text = format!("Number {n} is {}", if n % 2 == 0 { "even" } else { "odd" });
            world.publish(account_of(platform), Draft::text(text)).expect("published");
        }
        if n % 10 == 9 {
            app.chat.script("UPDATE nchat_social_accounts SET next_poll_at = now() WHERE lease_id IS NULL").await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    until("300 posts", Duration::from_secs(60), async || {
        app.clock.set(nchat_social::domain::Clock::now(&nchat_social::domain::clock::SystemClock));
        app.chat.script("UPDATE nchat_social_accounts SET next_poll_at = now() WHERE lease_id IS NULL").await;
        app.chat.count("SELECT count(*) FROM nchat_social_posts WHERE content LIKE 'Number%'").await == 300
    })
    .await;

    let expected: Vec<String> =
        (0..100).map(|n| format!("Number {n} is {}", if n % 2 == 0 { "even" } else { "odd" })).collect();
    for platform in Platform::ALL {
        let texts = app
            .chat
            .value(&format!(
                "SELECT m.embeds->0->>'description' AS text FROM nchat_messages m JOIN nchat_channels c ON c.id = m.channel_id \
                 WHERE c.name = '{platform}' ORDER BY m.created_at"
            ))
            .await;
        let texts: Vec<&str> =
            texts.as_array().expect("rows").iter().map(|row| row["text"].as_str().expect("text")).collect();
        assert_eq!(texts, expected, "{platform}");
    }
    let even: Vec<String> = expected.iter().filter(|text| text.ends_with("even")).cloned().collect();
    assert_eq!(app.chat.texts().await, even);
    let logs = app
        .chat
        .value("SELECT sum(posts_imported) AS imported, sum(posts_posted) AS posted, sum(messages_posted) AS messages FROM nchat_social_import_logs WHERE posts_imported > 0 AND status = 'completed'")
        .await;
    assert_eq!(logs, json!([{"imported": 300, "posted": 300, "messages": 350}]), "the log equals what happened");
    let workers: i64 = app.chat.count("SELECT count(DISTINCT split_part(id, '-', 2)) FROM apalis.workers").await;
    assert!(workers >= 2, "both processes have workers");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_ends_a_process_in_order_and_leaves_no_lease() {
    let app = App::start().await;
    app.connect_one(Platform::Twitter).await;
    let mut process = Process::serve(&app);
    process.ready().await;
    until("polled", Duration::from_secs(30), async || {
        let polled = "SELECT count(*) FROM nchat_social_accounts WHERE last_poll_time IS NOT NULL AND lease_id IS NULL";
        app.chat.count(polled).await == 1
    })
    .await;
    process.signal("-TERM");
    let began = Instant::now();
    let status = loop {
        if let Some(status) = process.child.try_wait().expect("a process") {
            break status;
        }
        assert!(began.elapsed() < Duration::from_secs(15), "still running 15 s after SIGTERM");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(status.success(), "{status}");
    app.assert_at_rest().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_settings_are_all_named_at_once_with_exit_code_2() {
    let app = App::start().await;
    let output = Process::command(&app.database, &app.simulator, &["serve"])
        .env("SOCIAL_MEDIA_ENCRYPTION_KEY", "canary-too-short")
        .env("SOCIAL_POLL_INTERVAL", "5")
        .env("TWITTER_API_URL", "http://example.org")
        .output()
        .expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for name in ["SOCIAL_POLL_INTERVAL", "TWITTER_API_URL"] {
        assert!(said.contains(name), "{name}: {said}");
    }
    assert!(!said.contains("canary-too-short"), "no secret: {said}");
    let output = Process::command(&app.database, &app.simulator, &["serve"])
        .env("SOCIAL_MEDIA_ENCRYPTION_KEY", "canary-too-short")
        .output()
        .expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("nchat-social keys generate") && !said.contains("canary-too-short"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unmigrated_database_is_refused_with_the_command_that_helps() {
    let app = App::start().await;
    let empty = Database::empty();
    let output = Process::command(&empty, &app.simulator, &["serve"]).output().expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("nchat-social migrate"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_finds_nothing_on_a_good_installation_and_says_what_to_do_on_a_bad_one() {
    let app = App::start().await;
    let doctor = async |database: &Database| -> (bool, Value) {
        let output = Process::command(database, &app.simulator, &["doctor"]).output().expect("the program runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        for secret in [ENCRYPTION_KEY, SHARED_SECRET, nchat_social::simulator::twitter::CLIENT_SECRET] {
            assert!(!text.contains(secret), "no secret in {text}");
        }
        (output.status.success(), serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
    };
    let (good, findings) = doctor(&app.database).await;
    assert!(good, "{findings:#}");
    let troubled = "UPDATE nchat_social_accounts SET health = 'needs_reconnect', health_code = 'revoked'";
    app.connect_one(Platform::Instagram).await;
    app.chat.script(troubled).await;
    let (good, findings) = doctor(&app.database).await;
    assert!(good, "an account that waits for a person is no fault of the installation: {findings:#}");
    let told = findings["findings"].as_array().expect("a list").iter().find(|finding| finding["part"] == "accounts");
    let told = told.unwrap_or_else(|| panic!("{findings:#}"));
    assert_eq!(told["what"], "1 of Instagram: needs_reconnect, revoked");
    assert_eq!(told["advice"], "docs/troubleshooting.md#revoked");
    let (good, findings) = doctor(&Database::empty()).await;
    assert!(!good);
    assert!(findings.to_string().contains("nchat-social migrate"), "{findings:#}");
    assert!(findings.to_string().contains("docs/troubleshooting.md#doctor_database"), "{findings:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answering_and_polling_can_be_two_processes() {
    let app = App::start().await;
    app.connect_one(Platform::Twitter).await;
    let web = Process::start(&app, &["serve", "--no-worker"]);
    web.ready().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let polled = "SELECT count(*) FROM nchat_social_accounts WHERE last_poll_time IS NOT NULL AND lease_id IS NULL";
    assert_eq!(app.chat.count(polled).await, 0, "serve --no-worker polls nothing");
    let _worker = Process::start(&app, &["worker"]);
    until("polled", Duration::from_secs(30), async || app.chat.count(polled).await == 1).await;
}

/// The health answer was a constant.
#[tokio::test]
async fn defect_63_readyz_tells_the_truth_about_the_database() {
    use tower::ServiceExt;
    let mut app = App::start().await;
    let ready = async |app: &App| {
        let request = axum::http::Request::get("/readyz").body(axum::body::Body::empty()).expect("a request");
        let response = app.router.clone().oneshot(request).await.expect("an answer");
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.expect("a body");
        (status.as_u16(), serde_json::from_slice::<Value>(&body).expect("JSON")["database"].clone())
    };
    assert_eq!(ready(&app).await, (200, json!("ok")));
    let options = nchat_social::store::connect::PoolOptions {
        url: "postgres://nobody:nothing@127.0.0.1:9/none".to_owned().into(),
        size: 2,
        statement_timeout: Duration::from_secs(1),
    };
    let pool = nchat_social::store::connect::pool(&options).expect("a pool");
    app.use_service(nchat_social::service::Service {
        store: nchat_social::store::Store::new(pool),
        ..app.service.clone()
    });
    assert_eq!(ready(&app).await, (503, json!("unavailable")));
}
