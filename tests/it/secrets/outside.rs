//! What leaves the program as it is deployed: its log at its most talkative, traces, errors, metrics, a dump of the
//! database, and what every command says, in good order and in bad.

use super::{
    recorder::Recorder,
    scenario::{self, DATABASE_PASSWORD, know_tokens},
};
use crate::{
    app::{ADMIN_TOKEN, App, ENCRYPTION_KEY, SHARED_SECRET, world::account_of},
    hasura_cli::stand_in::{ADMIN_SECRET, StandIn},
    observe::Inbox,
    processes::{Process, until},
};
use axum::http::StatusCode;
use base64::{Engine, engine::general_purpose::STANDARD};
use nchat_social::{
    domain::{Clock, Platform, clock::SystemClock},
    hasura::{Tenant, metadata},
    outbound::Outbound,
    simulator::Draft,
};
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

const SOON: Duration = Duration::from_secs(30);
const COLLECTOR_KEY: &str = "canary-collector-key-0123456789";
const SENTRY_KEY: &str = "canarysentrykey0123456789abcdef";
const NEXT_KEY: &[u8; 32] = b"canary-the-next-encryption-key!!";

/// Every token is due for renewal, every account for a poll.
const DUE: &str = "UPDATE nchat_social_credentials SET access_expires_at = now() + interval '1 minute', \
                     obtained_at = now() - interval '2 days', refresh_not_before = NULL; \
                   UPDATE nchat_social_accounts SET next_poll_at = now(), hold_until = NULL";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_leaves_a_process_or_a_command() {
    let app = App::start().await;
    let mut recorder = Recorder::default();
    scenario::configured(&mut recorder);
    recorder.secret("the collector's key", COLLECTOR_KEY);
    recorder.secret("Sentry's key", SENTRY_KEY);
    recorder.secret("Hasura's admin secret", ADMIN_SECRET);
    recorder.secret("the next encryption key", &STANDARD.encode(NEXT_KEY));
    for platform in Platform::ALL {
        app.connect(platform).await;
    }
    know_tokens(&app, &mut recorder).await;
    let login = Login::create(&app).await;

    served(&app, &login, &mut recorder).await;
    dumped(&login, &mut recorder).await;
    commands(&app, &login, &mut recorder).await;

    login.delete(&app).await;
    assert!(recorder.texts() > 10 && recorder.secrets() > 20, "{} {}", recorder.texts(), recorder.secrets());
    recorder.assert_clean();
}

/// A login with a password worth hiding.
struct Login {
    name: String,
    url: String,
}

impl Login {
    async fn create(app: &App) -> Self {
        let name = format!("outside_{}", std::process::id());
        app.chat
            .script(&format!(
                "DROP ROLE IF EXISTS {name}; CREATE ROLE {name} SUPERUSER LOGIN PASSWORD '{DATABASE_PASSWORD}'"
            ))
            .await;
        Self { url: app.database.url_as(&name, DATABASE_PASSWORD), name }
    }

    async fn delete(self, app: &App) {
        app.chat.script(&format!("REASSIGN OWNED BY {0} TO CURRENT_USER; DROP ROLE {0}", self.name)).await;
    }
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()))
}

fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").to_string()
}

/// A process lives, with secrets in everything that is asked of it.
async fn served(app: &App, login: &Login, recorder: &mut Recorder) {
    app.clock.set(SystemClock.now());
    for platform in Platform::ALL {
        let world = app.simulator.world(platform.as_str()).expect("a world");
        world.publish(account_of(platform), Draft::text("From outside")).expect("published");
    }
    app.chat.script(DUE).await;
    let (collector, collector_address) = Inbox::open(StatusCode::OK).await;
    let (sentry, sentry_address) = Inbox::open(StatusCode::OK).await;
    let (listen, metrics) = (free_address(), free_address());
    let log = file("log-of-serve");
    let process = Process::command(&app.database, &app.simulator, &["serve"])
        .env("DATABASE_URL", &login.url)
        .env("SOCIAL_LISTEN", &listen)
        .env("NEXT_PUBLIC_APP_URL", format!("http://{listen}"))
        .env("SOCIAL_METRICS_LISTEN", &metrics)
        .env("SOCIAL_LOG", "trace")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{collector_address}"))
        .env("OTEL_EXPORTER_OTLP_HEADERS", format!("x-collector-key={COLLECTOR_KEY}"))
        .env("SENTRY_DSN", format!("http://{SENTRY_KEY}@{sentry_address}/42"))
        .stdout(File::create(&log).expect("a file"))
        .stderr(File::options().append(true).open(&log).expect("a file"))
        .spawn()
        .map(|child| Process::of(child, &listen))
        .expect("the program starts");
    process.ready().await;

    let polls = "SELECT count(DISTINCT account_id) FROM nchat_social_import_logs";
    until("polled", SOON, async || app.chat.count(polls).await >= 3).await;
    know_tokens(app, recorder).await;
    asked(&listen, recorder).await;

    // What breaks inside is an error for Sentry.
    app.chat
        .script(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$; \
             CREATE TRIGGER refuse BEFORE INSERT ON nchat_social_oauth_sessions FOR EACH ROW EXECUTE FUNCTION refuse()",
        )
        .await;
    asked(&listen, recorder).await;
    app.chat.script("DROP TRIGGER refuse ON nchat_social_oauth_sessions").await;

    for (place, address) in [("metrics", &metrics), ("metrics of the operator", &listen)] {
        let reply = http().get(&url(address, "/metrics"), Some(&ADMIN_TOKEN.into()), &[]).await.expect("an answer");
        assert_eq!(reply.status, 200, "{place}");
        recorder.keep(place, String::from_utf8_lossy(&reply.body));
    }
    until("an error told", SOON, async || !sentry.letters().is_empty()).await;
    process.stop().await;
    let said = std::fs::read_to_string(&log).expect("a log");
    assert!(said.contains("token renewed") && said.contains("request"), "the log is talkative: {said}");
    assert!(collector.text().contains("poll_lease"), "spans came");
    recorder.keep("the process's log", said);
    recorder.keep("what the collector got", collector.text());
    recorder.keep("what Sentry got", sentry.text());
    std::fs::remove_file(log).expect("a file of ours");
}

/// Everything that takes a secret is given one, right or wrong.
async fn asked(listen: &str, recorder: &mut Recorder) {
    let cookies = "nchat_social_connect=canary-presented-connect-key; nchat_social_session=canary-presented-session; \
                   nchat-session=canary-presented.jwt.token";
    for presented in ["canary-presented-code", "canary-presented-state", "canary-presented-ticket"] {
        recorder.secret("what was presented", presented);
    }
    for presented in ["canary-presented-connect-key", "canary-presented-session", "canary-presented.jwt.token"] {
        recorder.secret("a presented cookie", presented);
    }
    for path in [
        "/api/social/twitter/auth",
        "/api/social/twitter/auth?ticket=canary-presented-ticket",
        "/api/social/twitter/callback?code=canary-presented-code&state=canary-presented-state",
        "/graphql?query=%7BsocialAccounts%7Bid%7D%7D",
        "/readyz",
    ] {
        for (name, value) in [
            ("x-nchat-social-secret", SHARED_SECRET),
            ("authorization", &format!("Bearer {ADMIN_TOKEN}")),
            ("cookie", cookies),
        ] {
            let headers = [(name, value), ("x-hasura-role", "admin"), ("sec-fetch-site", "same-origin")];
            let reply = http().get(&url(listen, path), None, &headers).await.expect("an answer");
            // What begins a connection tells the platform's own page its state; the other test takes that out.
            if !path.ends_with("/auth") {
                recorder.keep(path.split('?').next().unwrap_or_default(), format!("{reply:?}"));
            }
        }
    }
}

fn http() -> Outbound {
    Outbound::new(Default::default()).expect("a client")
}

fn url(address: &str, path: &str) -> url::Url {
    format!("http://{address}{path}").parse().expect("an address")
}

/// The database as its backups hold it, where Postgres's own program for that is installed.
async fn dumped(login: &Login, recorder: &mut Recorder) {
    let url = login.url.clone();
    let dump = tokio::task::spawn_blocking(move || Command::new("pg_dump").arg("--dbname").arg(url).output());
    match dump.await.expect("no panic") {
        Ok(dump) if dump.status.success() => {
            let text = String::from_utf8_lossy(&dump.stdout).into_owned();
            assert!(text.contains("COPY public.nchat_social_credentials"), "the whole database");
            recorder.keep("a dump of the database", text);
        }
        other => println!("no dump: {:?}", other.map(|dump| String::from_utf8_lossy(&dump.stderr).into_owned())),
    }
}

/// Every command, as it should be called and with something wrong.
async fn commands(app: &App, login: &Login, recorder: &mut Recorder) {
    let hasura = StandIn::start(metadata(&Tenant::OfSession)).await;
    let away = format!("postgres://social:{DATABASE_PASSWORD}@127.0.0.1:1/nchat?connect_timeout=1");
    let crooked = format!("postgres://social:{DATABASE_PASSWORD}@127.0.0.1/nchat?sslmode=canary");
    let keys = format!("{},{ENCRYPTION_KEY}", STANDARD.encode(NEXT_KEY));
    let half_key = &ENCRYPTION_KEY[..ENCRYPTION_KEY.len() - 4];
    let endpoint = hasura.endpoint.as_str();
    let good = [
        ("DATABASE_URL", login.url.as_str()),
        ("NEXT_PUBLIC_APP_URL", "http://127.0.0.1:9"),
        ("SOCIAL_LOG", "trace"),
        ("HASURA_GRAPHQL_ENDPOINT", endpoint),
        ("HASURA_ADMIN_SECRET", ADMIN_SECRET),
    ];
    let mut said = 0;
    for arguments in [
        &["migrate"][..],
        &["doctor"],
        &["keys", "rotate"],
        &["hasura", "apply"],
        &["hasura", "check"],
        &["hasura", "diff"],
        &["hasura", "verify"],
        &["serve"],
        &["worker"],
    ] {
        let stays = matches!(arguments, ["serve"] | ["worker"]);
        for (name, wrong) in [
            ("SOCIAL_LOG", "trace"),
            ("SOCIAL_MEDIA_ENCRYPTION_KEY", &keys),
            ("SOCIAL_MEDIA_ENCRYPTION_KEY", half_key),
            ("DATABASE_URL", &away),
            ("DATABASE_URL", &crooked),
            ("HASURA_ADMIN_SECRET", "canary-wrong-admin-secret"),
            ("HASURA_GRAPHQL_JWT_SECRET", "{\"key\": \"canary-jwt-key-0123456789-0123456789-0123456789\""),
            ("SENTRY_DSN", "http://canarysentrykey0123456789abcdef@:0"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "canary-collector-key-0123456789"),
        ] {
            let is_refused =
                wrong == half_key || wrong == crooked || name.ends_with("JWT_SECRET") || name == "SENTRY_DSN";
            let concerns = name.starts_with("HASURA_ADMIN") == (arguments[0] == "hasura");
            if stays && !is_refused || !concerns && name != "SOCIAL_LOG" {
                continue;
            }
            let mut command = Process::command(&app.database, &app.simulator, arguments);
            command.envs(good).env(name, wrong).stdin(Stdio::null());
            let text = ended(command).await;
            said += usize::from(!text.trim().is_empty());
            recorder.keep(&format!("{} with {name}", arguments.join(" ")), text);
        }
    }
    recorder.secret("a wrong admin secret", "canary-wrong-admin-secret");
    assert!(said > 20, "they told something: {said}");
    know_tokens_by(app, recorder, &keys).await;
}

/// Everything that a command says until it ends.
async fn ended(mut command: Command) -> String {
    let said = file("said-by-a-command");
    let out = File::create(&said).expect("a file");
    let child = command.stderr(out.try_clone().expect("a file")).stdout(out).spawn().expect("the program starts");
    let mut process = Process::of(child, "");
    until("the command ends", 2 * SOON, async || process.child.try_wait().expect("a child").is_some()).await;
    let text = std::fs::read(&said).expect("what it said");
    std::fs::remove_file(said).expect("a file of ours");
    String::from_utf8_lossy(&text).into_owned()
}

/// After the rotation the tokens are under the next key, and the same.
async fn know_tokens_by(app: &App, recorder: &Recorder, keys: &str) {
    use nchat_social::{
        crypto::{KeyRing, Sealer},
        domain::dice::SystemDice,
        service::tokens::open,
    };
    use secrecy::ExposeSecret;
    let sealer = Sealer::new(KeyRing::parse(&keys.into()).expect("keys"), std::sync::Arc::new(SystemDice));
    let rows = app.chat.value("SELECT id FROM nchat_social_credentials").await;
    let ids: Vec<uuid::Uuid> =
        rows.as_array().expect("rows").iter().filter_map(|row| row["id"].as_str()?.parse().ok()).collect();
    for credential in app.service.store.credentials(&ids).await.expect("the database answers") {
        let tokens = open(&sealer, &credential).expect("opens");
        assert!(recorder.knows(tokens.access_token.expose_secret()), "every token was searched for");
    }
}
