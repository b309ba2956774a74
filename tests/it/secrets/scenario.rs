//! The life that is recorded. Every secret in it is known: from the settings, from the browser's own steps, and from
//! the database by the key that opens it.

use super::recorder::Recorder;
use crate::{
    app::{
        ADMIN_TOKEN, App, ENCRYPTION_KEY, JWT_KEY, SHARED_SECRET,
        world::{account_of, consent, query},
    },
    callbacks::sign,
    connect::{Answer, below_origin, send, set_up},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use nchat_social::{
    crypto::aad,
    domain::Platform,
    service::{Service, tokens::open},
    simulator::{Draft, Fault, FaultKind, instagram, linkedin, twitter},
    store::{
        Store,
        connect::{PoolOptions, pool},
    },
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::{process::Command, time::Duration};
use url::Url;
use uuid::Uuid;

pub const DATABASE_PASSWORD: &str = "canary-database-password";
const BEARER_TOKEN: &str = "canary-app-only-bearer-token";
/// Secrets that are set wrongly stay secrets.
const WRONG_SECRETS: [(&str, &str); 3] = [
    ("TWITTER_CLIENT_SECRET", "x-canary-wrong-client-secret"),
    ("INSTAGRAM_APP_SECRET", "instagram-canary-wrong-app-secret"),
    ("LINKEDIN_CLIENT_SECRET", "linkedin-canary-wrong-client-secret"),
];

/// What the operator set.
pub fn configured(recorder: &mut Recorder) {
    recorder.secret("the shared secret", SHARED_SECRET);
    recorder.secret("the JWT key", JWT_KEY);
    recorder.secret("the operator's token", ADMIN_TOKEN);
    recorder.secret("the encryption key", ENCRYPTION_KEY);
    let key = STANDARD.decode(ENCRYPTION_KEY).expect("base64");
    recorder.secret("the encryption key's bytes", std::str::from_utf8(&key).expect("text"));
    recorder.secret("X's client secret", twitter::CLIENT_SECRET);
    let basic = STANDARD.encode(format!("{}:{}", twitter::CLIENT_ID, twitter::CLIENT_SECRET));
    recorder.secret("X's Basic credentials", &basic);
    recorder.secret("Instagram's app secret", instagram::APP_SECRET);
    recorder.secret("LinkedIn's client secret", linkedin::CLIENT_SECRET);
    recorder.secret("the database's password", DATABASE_PASSWORD);
    recorder.secret("X's app-only token", BEARER_TOKEN);
    for (name, secret) in WRONG_SECRETS {
        recorder.secret(name, secret);
    }
}

/// All three platforms through every door, one refused at the end.
pub async fn connect_all(app: &mut App, recorder: &mut Recorder) {
    for platform in Platform::ALL {
        connect(app, recorder, platform).await;
    }
    // Knocks with wrong keys.
    for (name, value) in [
        ("x-nchat-social-secret", "canary-guessed-shared-secret"),
        ("authorization", "Bearer canary-guessed.session.token"),
        ("cookie", "nchat-session=canary-guessed-session-cookie; nchat_social_connect=canary-guessed-connect-key"),
    ] {
        for guessed in value.split([' ', ';', '=']).filter(|part| part.starts_with("canary")) {
            recorder.secret("what a stranger presented", guessed);
        }
        for uri in [
            "/api/social/twitter/auth",
            "/graphql?query=%7BsocialAccounts%7Bid%7D%7D",
            "/api/social/twitter/callback?code=canary-guessed-code&state=canary-guessed-state",
        ] {
            visit(app, recorder, "GET", uri, &[(name, value)], String::new()).await;
        }
    }
    recorder.secret("a guessed code", "canary-guessed-code");
    recorder.secret("a guessed state", "canary-guessed-state");
    read_everything(app, recorder).await;
}

/// Posts, polls, renewals, a rejected token.
pub async fn live(app: &mut App, recorder: &mut Recorder) {
    app.poll().await;
    let accounts = app.chat.value("SELECT id FROM nchat_social_accounts").await;
    for account in accounts.as_array().expect("rows") {
        let input = json!({"account_id": account["id"], "channel_id": app.chat.announcements});
        let document =
            "mutation ($i: SocialCreateIntegrationInput!) { socialCreateIntegration(input: $i) { status message } }";
        graphql(app, recorder, document, json!({ "i": input })).await;
    }
    for hours in [0, 2, 2, 24 * 54] {
        app.clock.advance(chrono::Duration::hours(hours));
        for platform in Platform::ALL {
            let world = app.simulator.world(platform.as_str()).expect("a world");
            world.publish(account_of(platform), Draft::text(format!("After {hours} hours"))).expect("published");
        }
        app.poll_after(20).await;
        know_tokens(app, recorder).await;
    }
    for platform in Platform::ALL {
        app.simulator.world(platform.as_str()).expect("a world").expire(account_of(platform)).expect("expired");
    }
    app.poll_after(20).await;
    know_tokens(app, recorder).await;
    assert!(app.chat.texts().await.len() >= 12, "posts came through");
    read_everything(app, recorder).await;
}

/// Everything that goes wrong, with answers that repeat what was sent.
pub async fn fail(app: &mut App, recorder: &mut Recorder) {
    for platform in Platform::ALL {
        connect(app, recorder, platform).await;
        let tokens = know_tokens(app, recorder).await;
        for kind in mishaps(&tokens) {
            app.simulator.clear_faults();
            app.simulator.fault(Fault::new(platform.as_str(), "", kind)).expect("a fault");
            app.poll_after(24 * 60 + 30).await;
        }
        app.simulator.clear_faults();
        for kind in mishaps(&tokens) {
            refused(app, recorder, platform, Some(kind)).await;
        }
        planted_tokens(app, recorder, platform).await;
        connect(app, recorder, platform).await;
        app.poll_after(60).await;
        read_everything(app, recorder).await;
    }
    set_up(app, &WRONG_SECRETS);
    app.poll_after(24 * 60).await;
    for platform in Platform::ALL {
        refused(app, recorder, platform, None).await;
    }
    set_up(app, &[]);
    app.poll_after(60).await;
    know_tokens(app, recorder).await;
    read_everything(app, recorder).await;
}

/// Connections end, one of them at a platform that is down.
pub async fn part(app: &mut App, recorder: &mut Recorder) {
    for platform in Platform::ALL {
        connect(app, recorder, platform).await;
        let world = app.simulator.world(platform.as_str()).expect("a world");
        if platform == Platform::Instagram {
            world.revoke(account_of(platform)).expect("revoked");
            app.poll_after(60).await;
            app.poll_after(60).await;
        }
        let tokens = know_tokens(app, recorder).await;
        if platform == Platform::Twitter {
            app.simulator.fault(Fault::new("twitter", "/2/oauth2/revoke", echo(400, &tokens))).expect("a fault");
        }
    }
    told_by_meta(app, recorder).await;
    let accounts = app.chat.value("SELECT id FROM nchat_social_accounts").await;
    for account in accounts.as_array().expect("rows") {
        let document =
            "mutation ($i: SocialDisconnectAccountInput!) { socialDisconnectAccount(input: $i) { status message } }";
        let data = graphql(app, recorder, document, json!({"i": {"id": account["id"]}})).await;
        assert_eq!(data["data"]["socialDisconnectAccount"]["status"], "disconnected", "{data:#}");
    }
    read_everything(app, recorder).await;
}

/// Callbacks about a person, with signatures good and bad.
async fn told_by_meta(app: &App, recorder: &mut Recorder) {
    let row = app.chat.value("SELECT callback_id AS id FROM nchat_social_accounts WHERE callback_id IS NOT NULL").await;
    let payload = json!({"user_id": row[0]["id"], "algorithm": "HMAC-SHA256", "oauth_token": "canary-callbacks-token"});
    recorder.secret("a token in a callback", "canary-callbacks-token");
    for secret in [instagram::APP_SECRET, "canary-guessed-app-secret"] {
        let request = sign(secret, &payload);
        recorder.secret("a signature", &request["signed_request=".len()..][..43]);
        for route in ["deauthorize", "data-deletion"] {
            let uri = format!("/api/social/instagram/{route}");
            visit(app, recorder, "POST", &uri, &[], request.clone()).await;
            visit(app, recorder, "POST", &uri, &[], format!("{request}{}", "x".repeat(20_000))).await;
        }
    }
}

/// The same routes while the database is away.
pub async fn without_a_database(app: &mut App, recorder: &mut Recorder) {
    let url = format!("postgres://social:{DATABASE_PASSWORD}@127.0.0.1:1/nchat?connect_timeout=1");
    let options = PoolOptions { url: SecretString::from(url), size: 1, statement_timeout: Duration::from_secs(1) };
    recorder.keep("the pool's options", format!("{options:?}"));
    let store = Store::new(pool(&options).expect("a pool"));
    app.use_service(Service { store, ..app.service.clone() });
    let admin = [("x-nchat-social-secret", SHARED_SECRET), ("x-hasura-role", "admin")];
    for uri in ["/api/social/twitter/auth", "/api/social/twitter/auth?ticket=canary-guessed-ticket", "/readyz"] {
        visit(app, recorder, "GET", uri, &admin, String::new()).await;
    }
    recorder.secret("a guessed ticket", "canary-guessed-ticket");
    graphql(app, recorder, "{ socialAccounts { id } }", json!({})).await;
    let fault = app.ticker.tick().await.expect_err("no database");
    recorder.keep("a tick's fault", format!("{fault} {fault:?}"));

    for bad in ["social:canary-database-password@nowhere", "postgres://u:canary-database-password@h/d?sslmode=canary"] {
        let options = PoolOptions { url: SecretString::from(bad), ..options.clone() };
        let problem = pool(&options).err().expect("no address");
        recorder.keep("a bad address", format!("{problem} {problem:?}"));
    }
}

/// `doctor` with good settings and with bad ones.
pub async fn doctor(app: &App, recorder: &mut Recorder) {
    let login = format!("canary_{:016x}", u64::from(std::process::id()) << 20);
    app.chat
        .script(&format!("DROP ROLE IF EXISTS {login}; CREATE ROLE {login} LOGIN PASSWORD '{DATABASE_PASSWORD}'"))
        .await;
    let good = vec![
        ("DATABASE_URL", app.database.url_as(&login, DATABASE_PASSWORD)),
        ("SOCIAL_MEDIA_ENCRYPTION_KEY", ENCRYPTION_KEY.to_owned()),
        ("NEXT_PUBLIC_APP_URL", "http://127.0.0.1:9".to_owned()),
        ("NCHAT_SOCIAL_SHARED_SECRET", SHARED_SECRET.to_owned()),
        ("HASURA_GRAPHQL_JWT_SECRET", json!({"type": "HS256", "key": JWT_KEY}).to_string()),
        ("TWITTER_BEARER_TOKEN", BEARER_TOKEN.to_owned()),
    ];
    let wrong = |name: &str, value: String| {
        let mut settings = good.clone();
        settings.retain(|(known, _)| *known != name);
        let name = good.iter().map(|(known, _)| *known).find(|known| *known == name).expect("a setting");
        settings.push((name, value));
        settings
    };
    let half_key = &ENCRYPTION_KEY[..ENCRYPTION_KEY.len() - 4];
    for settings in [
        good.clone(),
        wrong("DATABASE_URL", format!("postgres://social:{DATABASE_PASSWORD}@127.0.0.1:1/nchat")),
        wrong("DATABASE_URL", format!("postgres//social:{DATABASE_PASSWORD}@h")),
        wrong("SOCIAL_MEDIA_ENCRYPTION_KEY", half_key.to_owned()),
        wrong("HASURA_GRAPHQL_JWT_SECRET", JWT_KEY.to_owned()),
        wrong("HASURA_GRAPHQL_JWT_SECRET", json!({"type": "RS256", "key": JWT_KEY}).to_string()),
        wrong("HASURA_GRAPHQL_JWT_SECRET", format!("{{\"key\": \"{JWT_KEY}\"")),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nchat-social"));
        command.arg("doctor").env_clear();
        command.envs(nchat_social::cli::simulator_settings(&app.simulator.shared().base_url)).envs(settings);
        // The simulator answers on this thread, so waiting must not hold it.
        let output = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic").expect("it runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(text.contains("SOCIAL_MEDIA_ENCRYPTION_KEY"), "it told something: {text}");
        recorder.keep("doctor", text);
    }
    app.chat.script(&format!("DROP ROLE {login}")).await;
}

/// A connection begun elsewhere, by ticket, to its end.
async fn connect(app: &App, recorder: &mut Recorder, platform: Platform) {
    let (cookie, back) = to_the_door(app, recorder, platform).await;
    let answer = visit(app, recorder, "GET", &below_origin(back.as_str()), &[("cookie", &cookie)], String::new()).await;
    assert!(query(&answer.location(), "success").is_some(), "{platform}: {}", answer.location());
    know_tokens(app, recorder).await;
}

/// The same, refused: by a fault of the token endpoint, or by the settings.
async fn refused(app: &App, recorder: &mut Recorder, platform: Platform, fault: Option<FaultKind>) {
    let (cookie, back) = to_the_door(app, recorder, platform).await;
    let code = query(&back, "code").expect("a code");
    if let Some(mut fault) = fault {
        if let FaultKind::Status { body: body @ Value::Object(_), .. } = &mut fault {
            body["error_description"] = json!(format!("code {code} of {cookie}"));
            body["error_message"] = json!(format!("code {code}"));
        }
        app.simulator.fault(Fault::new(platform.as_str(), "", fault)).expect("a fault");
    }
    let answer = visit(app, recorder, "GET", &below_origin(back.as_str()), &[("cookie", &cookie)], String::new()).await;
    assert!(query(&answer.location(), "error").is_some(), "{platform}: {}", answer.location());
    app.simulator.clear_faults();
}

/// Tokens that are granted and then of no use never reach the database: these come from a token endpoint of our own.
async fn planted_tokens(app: &App, recorder: &mut Recorder, platform: Platform) {
    let (access, refresh) =
        (format!("canary-{platform}-unused-access-token"), format!("canary-{platform}-unused-refresh"));
    recorder.secret("an unused access token", &access);
    recorder.secret("an unused refresh token", &refresh);
    let path = match platform {
        Platform::Twitter => "/2/oauth2/token",
        Platform::Instagram => "/oauth/access_token",
        Platform::Linkedin => "/oauth/v2/accessToken",
    };
    let scopes =
        "tweet.read users.read offline.access instagram_business_basic r_organization_social rw_organization_admin";
    let granted = json!({"access_token": access, "refresh_token": refresh, "token_type": "bearer", "expires_in": 7200,
        "scope": scopes});
    // Whole, of the wrong shape, and cut in the middle of the token.
    let text = granted.to_string();
    let half = text[..text.find("unused").expect("the token") + 12].to_owned();
    let shapes =
        [granted, json!({"access_token": {"value": access}, "expires_in": refresh}), json!([access]), json!(half)];
    for body in shapes {
        let kind = FaultKind::Status { status: 200, headers: Default::default(), body };
        app.simulator.fault(Fault::new(platform.as_str(), path, kind)).expect("a fault");
        let (cookie, back) = to_the_door(app, recorder, platform).await;
        let uri = below_origin(back.as_str());
        let answer = visit(app, recorder, "GET", &uri, &[("cookie", &cookie)], String::new()).await;
        assert!(query(&answer.location(), "error").is_some(), "{platform}: {}", answer.location());
        app.simulator.clear_faults();
    }
}

/// By ticket to the platform, consent, and back: the cookie and the callback's address. Notes every key on the way.
async fn to_the_door(app: &App, recorder: &mut Recorder, platform: Platform) -> (String, Url) {
    let document = "mutation ($i: SocialStartConnectionInput!) { socialStartConnection(input: $i) \
                    { status message connection_id url } }";
    let body = json!({"query": document, "variables": {"i": {"platform": platform}}}).to_string();
    let answer = send(app, "POST", "/graphql", &admin_headers(), body).await;
    let started = answer.json()["data"]["socialStartConnection"].clone();
    let url: Url = started["url"].as_str().and_then(|url| url.parse().ok()).expect("an address");
    let ticket = query(&url, "ticket").expect("a ticket");
    recorder.secret("a ticket", &ticket);
    recorder.keep_but("socialStartConnection", whole(&answer), &[&ticket]);

    let answer = send(app, "GET", &below_origin(url.as_str()), &[], String::new()).await;
    let page = answer.location();
    let state = query(&page, "state").expect("a state");
    let cookie = answer.header("set-cookie").split(';').next().expect("a cookie").to_owned();
    let key = cookie.split_once('=').expect("a value").1;
    recorder.secret("a state", &state);
    recorder.secret("a cookie", key);
    recorder.keep_but("the departure", whole(&answer), &[&state, key]);
    let id: Uuid = started["connection_id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    if platform == Platform::Twitter {
        recorder.secret("a verifier", &verifier(app, id).await);
    }
    let rows = app.chat.value("SELECT * FROM nchat_social_oauth_sessions").await;
    recorder.keep("the connections' rows", rows.to_string());

    let back = consent(&page).await;
    recorder.secret("a code", &query(&back, "code").expect("a code"));
    (cookie, back)
}

async fn verifier(app: &App, connection: Uuid) -> String {
    let client = app.database.client().await;
    let query = "SELECT verifier_sealed FROM nchat_social_oauth_sessions WHERE id = $1";
    let sealed: Vec<u8> = client.query_one(query, &[&connection]).await.expect("a row").get(0);
    let plain = app.service.sealer.open(&sealed, &aad(connection, "verifier")).expect("opens");
    String::from_utf8(plain.to_vec()).expect("text")
}

/// Notes the tokens that are stored now. Returns them.
pub async fn know_tokens(app: &App, recorder: &mut Recorder) -> Vec<String> {
    let rows = app.chat.value("SELECT id FROM nchat_social_credentials").await;
    let ids: Vec<Uuid> =
        rows.as_array().expect("rows").iter().filter_map(|row| row["id"].as_str()?.parse().ok()).collect();
    let mut known = Vec::new();
    for credential in app.service.store.credentials(&ids).await.expect("the database answers") {
        recorder.keep("a credential's debug output", format!("{credential:?}"));
        let tokens = open(&app.service.sealer, &credential).expect("opens");
        recorder.keep("tokens' debug output", format!("{tokens:?}"));
        for token in [Some(&tokens.access_token), tokens.refresh_token.as_ref()].into_iter().flatten() {
            recorder.secret("a token", token.expose_secret());
            known.push(token.expose_secret().to_owned());
        }
    }
    known
}

/// Answers that break, or that repeat `secrets`.
fn mishaps(secrets: &[String]) -> Vec<FaultKind> {
    let page = format!("<html><p>bad request: {}</p></html>", secrets.join(" "));
    let mut kinds = vec![FaultKind::Html(502), FaultKind::TruncatedJson, FaultKind::Cut, FaultKind::CutAfter];
    kinds.extend([400, 401, 403, 404, 429, 500].map(|status| echo(status, secrets)));
    kinds.push(FaultKind::Status { status: 500, headers: Default::default(), body: json!(page) });
    kinds
}

/// A refusal in all platforms' shapes at once, full of what it should keep to itself.
fn echo(status: u16, secrets: &[String]) -> FaultKind {
    let said = secrets.join(" ");
    let body = json!({
        "error": {"message": said, "type": secrets.first(), "code": 190, "fbtrace_id": secrets.first()},
        "error_description": said, "error_message": said, "error_type": said, "code": said, "message": said,
        "title": said, "detail": said, "type": said, "serviceErrorCode": 65601,
        "errors": [{"message": said, "title": said, "detail": said, "type": said, "parameter": said, "value": said}],
    });
    let headers = secrets.iter().take(1).map(|secret| ("x-echo".to_owned(), secret.clone())).collect();
    FaultKind::Status { status, headers, body }
}

/// What people can look at: by GraphQL, in the database, in answers to wrong questions.
async fn read_everything(app: &App, recorder: &mut Recorder) {
    let operator = [("authorization", format!("Bearer {ADMIN_TOKEN}"))];
    let operator = operator.each_ref().map(|(name, value)| (*name, value.as_str()));
    for uri in ["/api/social/accounts", "/api/social/poll", "/metrics"] {
        assert_eq!(visit(app, recorder, "GET", uri, &operator, String::new()).await.status, 200, "{uri}");
    }
    let hurry = [operator[0], ("prefer", "wait=0")];
    visit(app, recorder, "POST", "/api/social/poll", &hurry, String::new()).await;
    for document in [
        "{ socialAccounts { id account_id account_name health health_code health_message token_expires_at } }",
        "{ socialImportLogs { nodes { id status errors code } } }",
        "{ socialPosts { nodes { id content post_url } } }",
        "{ socialPlatforms { platform } }",
        "{ socialAccounts { missing_scopes { scope feature } } }",
        "{ socialAuditLog { nodes { action account_name detail } } }",
        "{ socialAccounts { access_token refresh_token credential_id } }",
        "{ __schema { types { name fields { name } } } }",
        "{ socialAccount(id: \"no id\") { id } }",
        "{ broken",
    ] {
        graphql(app, recorder, document, json!({})).await;
    }
    let sessions = app.chat.value("SELECT id FROM nchat_social_oauth_sessions").await;
    for session in sessions.as_array().expect("rows") {
        let document = "query ($id: uuid!) { socialConnection(id: $id) { status code message logged_in_as \
                        missing_scopes { scope } } }";
        graphql(app, recorder, document, json!({"id": session["id"]})).await;
    }
    // The platform's own page is where a state belongs.
    let calls = app.simulator.calls().into_iter().filter(|call| !call.path.contains("/auth"));
    recorder.keep("the simulator's calls", serde_json::to_string(&calls.collect::<Vec<_>>()).expect("JSON"));
    app.simulator.clear_calls();
    keep_rows(app, recorder).await;
}

/// Every row of every table, the queue's too, bytes in hex; and the statements that sessions ran last.
async fn keep_rows(app: &App, recorder: &mut Recorder) {
    let statements = "SELECT query FROM pg_stat_activity WHERE datname = current_database()";
    recorder.keep("the sessions' statements", app.chat.value(statements).await.to_string());
    let tables = "SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables \
                  WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'";
    for table in app.chat.value(tables).await.as_array().expect("rows") {
        let table = table["name"].as_str().expect("a name");
        let rows = app.chat.value(&format!("SELECT * FROM {table}")).await;
        recorder.keep(&format!("the rows of {table}"), rows.to_string());
    }
}

const fn admin_headers() -> [(&'static str, &'static str); 3] {
    [("x-nchat-social-secret", SHARED_SECRET), ("x-hasura-role", "admin"), ("content-type", "application/json")]
}

/// Asks by HTTP, as Hasura does for an administrator.
async fn graphql(app: &App, recorder: &mut Recorder, document: &str, variables: Value) -> Value {
    let body = json!({"query": document, "variables": variables}).to_string();
    visit(app, recorder, "POST", "/graphql", &admin_headers(), body).await.json()
}

/// A request whose whole answer is kept.
async fn visit(
    app: &App,
    recorder: &mut Recorder,
    method: &str,
    uri: &str,
    headers: &[(&str, &str)],
    body: String,
) -> Answer {
    let answer = send(app, method, uri, headers, body).await;
    let path = uri.split('?').next().unwrap_or_default();
    recorder.keep(&format!("{method} {path}"), whole(&answer));
    answer
}

fn whole(answer: &Answer) -> String {
    format!("{} {:?}\n{}", answer.status, answer.headers, answer.body)
}
