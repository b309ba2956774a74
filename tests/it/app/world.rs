//! The simulated platforms, and an administrator's way through them.

use super::{ADMIN_TOKEN, App, JWT_KEY, SHARED_SECRET};
use axum::{body::Body, http::Request};
use nchat_social::{
    config::{AuthConfig, Config, WebConfig},
    domain::{Platform, clock::ManualClock, dice::SystemDice},
    outbound::{Limits, Outbound, Reply},
    platforms::Platforms,
    simulator::{NewAccount, Shared, Simulator, instagram, linkedin, twitter},
};
use serde_json::json;
use std::sync::Arc;
use tower::ServiceExt;
use url::Url;
use uuid::Uuid;

/// The X account's id in the world.
pub const X_ACCOUNT: &str = "1700000000000000001";
/// The Instagram account's id in the world.
pub const INSTAGRAM_ACCOUNT: &str = "17841400000000001";
/// The LinkedIn page's id in the world.
pub const LINKEDIN_PAGE: &str = "urn:li:organization:5590506";

/// The account's id in the world.
pub const fn account_of(platform: Platform) -> &'static str {
    match platform {
        Platform::Twitter => X_ACCOUNT,
        Platform::Instagram => INSTAGRAM_ACCOUNT,
        Platform::Linkedin => LINKEDIN_PAGE,
    }
}

/// Starts the three platforms with one account each.
pub async fn start(clock: Arc<ManualClock>) -> Arc<Simulator> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base_url = format!("http://{}", listener.local_addr().expect("an address"));
    let shared = Shared::new(clock, Arc::new(SystemDice), base_url);
    let simulator = Simulator::new(
        shared.clone(),
        vec![twitter::new(shared.clone()), instagram::new(shared.clone()), linkedin::new(shared)],
    );
    for platform in Platform::ALL {
        let world = simulator.world(platform.as_str()).expect("a world");
        let (id, name) = (account_of(platform).to_owned(), "Acme Example".to_owned());
        world.add_account(NewAccount { id, handle: "acme_example".into(), name }).expect("an account");
    }
    tokio::spawn(simulator.clone().serve(listener, std::future::pending()));
    simulator
}

fn settings(base: &str) -> Config {
    settings_with(base, &[])
}

/// The settings for the simulator at `base`, and `more`.
fn settings_with(base: &str, more: &[(&'static str, &str)]) -> Config {
    let mut given = nchat_social::cli::simulator_settings(base);
    given.retain(|(name, _)| more.iter().all(|(replaced, _)| replaced != name));
    given.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    given.extend([
        ("DATABASE_URL", "postgres://unused/unused".to_owned()),
        ("SOCIAL_MEDIA_ENCRYPTION_KEY", super::ENCRYPTION_KEY.to_owned()),
        ("NEXT_PUBLIC_APP_URL", "http://127.0.0.1:9".to_owned()),
        ("NCHAT_SOCIAL_SHARED_SECRET", SHARED_SECRET.to_owned()),
        ("HASURA_GRAPHQL_JWT_SECRET", json!({"type": "HS256", "key": JWT_KEY}).to_string()),
        ("SOCIAL_ADMIN_TOKEN", ADMIN_TOKEN.to_owned()),
    ]);
    Config::from_env(&|name| given.iter().find(|(n, _)| *n == name).map(|(_, value)| value.clone())).expect("settings")
}

/// Clients of the simulated platforms.
pub fn platforms(base: &str) -> Platforms {
    platforms_with(base, &[])
}

/// The same with `more` settings.
pub fn platforms_with(base: &str, more: &[(&'static str, &str)]) -> Platforms {
    let config = settings_with(base, more);
    let http = Outbound::new(Limits::default()).expect("a client");
    Platforms::configured(&config, &http)
}

/// Who may call.
pub fn auth() -> AuthConfig {
    settings("http://127.0.0.1:9").auth
}

/// What the web floor offers.
pub fn web() -> WebConfig {
    settings("http://127.0.0.1:9").web
}

/// An administrator's way from the button to the connected accounts.
pub async fn connect(app: &App, platform: Platform) -> Vec<Uuid> {
    let (cookie, page) = depart(app, platform).await;
    let back = consent(&page).await;
    let end = arrive(app, &back, Some(&cookie)).await;
    if let Some(connection) = query(&end, "choose") {
        return choose_all(app, &connection).await;
    }
    assert_eq!(query(&end, "success").as_deref(), Some(&*format!("{platform}_connected")), "{end}");
    let document = "query ($p: SocialPlatform!) { socialAccounts(platform: $p) { id } }";
    let data = app.ask(document, json!({"p": platform})).await;
    ids(&data["socialAccounts"])
}

/// Our redirect to the platform: the browser's cookie and the platform's page.
pub async fn depart(app: &App, platform: Platform) -> (String, Url) {
    let request = Request::get(format!("/api/social/{platform}/auth"))
        .header("x-nchat-social-secret", SHARED_SECRET)
        .header("x-hasura-role", "admin")
        .header("accept", "text/html")
        .body(Body::empty())
        .expect("a request");
    at_the_platform(app, request).await
}

/// The same by the address that a connection was begun with.
pub async fn depart_by(app: &App, address: &Url) -> (String, Url) {
    let path = &address[url::Position::BeforePath..url::Position::AfterQuery];
    let request = Request::get(path).header("accept", "text/html").body(Body::empty()).expect("a request");
    at_the_platform(app, request).await
}

async fn at_the_platform(app: &App, request: Request<Body>) -> (String, Url) {
    let response = app.router.clone().oneshot(request).await.expect("an answer");
    let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let cookie = header("set-cookie").expect("a cookie");
    let location = header("location").expect("a redirect");
    (cookie.split(';').next().expect("a name and value").to_owned(), location.parse().expect("an address"))
}

/// The person approves; where the platform sends the browser.
pub async fn consent(page: &Url) -> Url {
    approve(page, None).await
}

/// The person who owns `account` approves.
pub async fn consent_as(page: &Url, account: &str) -> Url {
    approve(page, Some(account)).await
}

async fn approve(page: &Url, account: Option<&str>) -> Url {
    let mut page = page.clone();
    page.query_pairs_mut().append_pair("auto", "1").extend_pairs(account.map(|account| ("account", account)));
    let reply = get(&page).await;
    reply.header("location").unwrap_or_else(|| panic!("{page} answered {}", reply.status)).parse().expect("an address")
}

/// The browser comes back to us; where we send it.
pub async fn arrive(app: &App, back: &Url, cookie: Option<&str>) -> Url {
    let mut request = Request::get(&back[url::Position::BeforePath..url::Position::AfterQuery]);
    if let Some(cookie) = cookie {
        request = request.header("cookie", cookie);
    }
    let response =
        app.router.clone().oneshot(request.body(Body::empty()).expect("a request")).await.expect("an answer");
    let location = response.headers().get("location").unwrap_or_else(|| panic!("{}", response.status()));
    location.to_str().expect("text").parse().expect("an address")
}

/// Chooses everything a connection offers.
pub async fn choose_all(app: &App, connection: &str) -> Vec<Uuid> {
    let document = "query ($id: uuid!) { socialConnection(id: $id) { status identities { identity_id } } }";
    let data = app.ask(document, json!({"id": connection})).await;
    let offered: Vec<_> = data["socialConnection"]["identities"]
        .as_array()
        .expect("identities")
        .iter()
        .map(|identity| identity["identity_id"].clone())
        .collect();
    let document = "mutation ($i: SocialChooseIdentitiesInput!) { socialChooseIdentities(input: $i) \
                    { status message accounts { id } } }";
    let data = app.ask(document, json!({"i": {"connection_id": connection, "identity_ids": offered}})).await;
    let payload = &data["socialChooseIdentities"];
    assert_eq!(payload["status"], "connected", "{payload:#}");
    ids(&payload["accounts"])
}

/// A parameter of an address.
pub fn query(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// A GET without cookies.
pub async fn get(url: &Url) -> Reply {
    let http = Outbound::new(Limits::default()).expect("a client");
    http.get(url, None, &[]).await.expect("the simulator answers")
}

fn ids(list: &serde_json::Value) -> Vec<Uuid> {
    let ids = list.as_array().expect("a list").iter();
    ids.map(|item| item["id"].as_str().and_then(|id| id.parse().ok()).expect("an id")).collect()
}
