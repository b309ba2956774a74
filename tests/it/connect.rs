//! Connections, from the button to tokens that work, and their end.

mod again;
mod callback;
mod choice;
mod departure;
pub mod disconnect;
mod mishaps;
mod pages;
mod reconnect;
mod renewals;
mod scopes;
mod tokens;

use crate::app::{
    App, ENCRYPTION_KEY,
    world::{arrive, consent, depart, query},
};
use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request},
};
use nchat_social::{
    config::Config,
    domain::{Platform, TokenSet},
    outbound::{Limits, Outbound},
    platforms::{Platforms, instagram::Instagram, linkedin::Linkedin, twitter::Twitter},
    service::{Service, tokens::open},
    store::credentials::Credential,
};
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;
use url::Url;
use uuid::Uuid;

/// An answer of our routes.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// The header's text, empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// The body as JSON, null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// Where the browser is sent.
    pub fn location(&self) -> Url {
        self.header("location").parse().unwrap_or_else(|_| panic!("no redirect: {} {}", self.status, self.body))
    }
}

/// A GET of our routes.
pub async fn get(app: &App, uri: &str, headers: &[(&str, &str)]) -> Answer {
    send(app, "GET", uri, headers, String::new()).await
}

/// Any request to our routes.
pub async fn send(app: &App, method: &str, uri: &str, headers: &[(&str, &str)], body: String) -> Answer {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body)).expect("a request");
    let response = app.router.clone().oneshot(request).await.expect("an answer");
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    let body = String::from_utf8(body.to_vec()).expect("text");
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

/// Path and query, for our router.
pub fn below_origin(url: &str) -> String {
    let url: Url = url.parse().expect("an address");
    url[url::Position::BeforePath..url::Position::AfterQuery].to_owned()
}

/// To the platform, consent, and back to our door: the browser's cookie and the callback's address.
async fn to_the_door(app: &App, platform: Platform) -> (String, Url) {
    let (cookie, page) = depart(app, platform).await;
    (cookie, consent(&page).await)
}

/// The whole way; the word that the connection failed with.
async fn refusal(app: &App, platform: Platform) -> String {
    let (cookie, back) = to_the_door(app, platform).await;
    error_of(&arrive(app, &back, Some(&cookie)).await)
}

fn error_of(end: &Url) -> String {
    assert_eq!(end.path(), "/admin/social", "{end}");
    assert_eq!(end.query_pairs().count(), 1, "nothing but our word: {end}");
    query(end, "error").unwrap_or_else(|| panic!("a refusal, not {end}"))
}

/// The row of the connection that was written last; the clock stands still, so its times do not tell.
async fn last_connection(app: &App) -> Value {
    let rows = "SELECT * FROM nchat_social_oauth_sessions ORDER BY xmin::text::bigint DESC LIMIT 1";
    app.chat.value(rows).await[0].clone()
}

/// The connection failed with `code` and a sentence, and kept no key and no token.
async fn assert_failed(app: &App, code: &str) -> String {
    let row = last_connection(app).await;
    assert_eq!((row["status"].as_str(), row["code"].as_str()), (Some("failed"), Some(code)), "{row:#}");
    for column in ["ticket_hash", "state_hash", "browser_hash", "verifier_sealed", "login_sealed"] {
        assert!(row[column].is_null(), "{column} is kept");
    }
    let message = row["message"].as_str().expect("a sentence").to_owned();
    assert!(message.len() > 20 && message.contains(' '), "{message}");
    message
}

/// No account and no token came of it.
async fn assert_nothing_stored(app: &App) {
    for table in ["nchat_social_accounts", "nchat_social_credentials"] {
        assert_eq!(app.chat.count(&format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
    }
}

/// How often the platform was called at a path by `method`.
fn calls(app: &App, platform: &str, method: &str, path: &str) -> usize {
    let calls = app.simulator.calls();
    calls.iter().filter(|call| (&*call.platform, &*call.method, &*call.path) == (platform, method, path)).count()
}

/// Sets a switch of the simulated platform.
fn switch(app: &App, platform: Platform, name: &str, value: &str) {
    app.simulator.world(platform.as_str()).expect("a world").switch(name, value).expect("a switch");
}

/// Goes on with clients that are set up otherwise.
pub fn set_up(app: &mut App, otherwise: &[(&'static str, &str)]) {
    let mut given = nchat_social::cli::simulator_settings(&app.simulator.shared().base_url);
    given.retain(|(name, _)| otherwise.iter().all(|(other, _)| other != name));
    given.extend(otherwise.iter().map(|(name, value)| (*name, (*value).to_owned())));
    given.extend([
        ("DATABASE_URL", "postgres://unused/unused".to_owned()),
        ("SOCIAL_MEDIA_ENCRYPTION_KEY", ENCRYPTION_KEY.to_owned()),
        ("NEXT_PUBLIC_APP_URL", "http://127.0.0.1:9".to_owned()),
        ("NCHAT_SOCIAL_SHARED_SECRET", crate::app::SHARED_SECRET.to_owned()),
    ]);
    let read = |name: &str| given.iter().find(|(n, _)| *n == name).map(|(_, value)| value.clone());
    let config = Config::from_env(&read).expect("settings");
    let http = Outbound::new(Limits::default()).expect("a client");
    let mut platforms = Platforms::default();
    platforms.insert(Arc::new(Twitter::new(config.twitter.expect("X"), http.clone())));
    platforms.insert(Arc::new(Instagram::new(config.instagram.expect("Instagram"), http.clone())));
    platforms.insert(Arc::new(Linkedin::new(config.linkedin.expect("LinkedIn"), http)));
    app.use_service(Service { platforms, ..app.service.clone() });
}

/// The stored login of an account.
pub async fn credential(app: &App, account: Uuid) -> Credential {
    let row = app.chat.value(&format!("SELECT credential_id FROM nchat_social_accounts WHERE id = '{account}'")).await;
    let id: Uuid = row[0]["credential_id"].as_str().and_then(|id| id.parse().ok()).expect("a login");
    app.service.store.credentials(&[id]).await.expect("the database answers").pop().expect("a login")
}

/// An account's tokens, opened.
pub async fn tokens_of(app: &App, account: Uuid) -> TokenSet {
    open(&app.service.sealer, &credential(app, account).await).expect("tokens that open")
}

/// An account as its administrator sees it.
async fn account(app: &App, id: Uuid) -> Value {
    let document = "query ($id: uuid!) { socialAccount(id: $id) \
                    { id account_id is_active health health_code next_poll_reason } }";
    app.ask(document, json!({ "id": id })).await["socialAccount"].clone()
}

/// Begins a connection for another interface; the whole payload.
pub async fn start_connection(app: &App, platform: Platform, return_path: Option<&str>) -> Value {
    let document = "mutation ($i: SocialStartConnectionInput!) { socialStartConnection(input: $i) \
                    { status message connection_id url expires_at } }";
    let input = json!({"platform": platform, "return_path": return_path});
    app.ask(document, json!({ "i": input })).await["socialStartConnection"].clone()
}
