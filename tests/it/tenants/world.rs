//! Two tenants on the same account of a platform, and a second tenant's way through the platform's pages.

use crate::app::{
    App, SHARED_SECRET,
    world::{arrive, consent, query},
};
use axum::{body::Body, http::Request};
use nchat_social::domain::Platform;
use serde_json::{Value, json};
use tower::ServiceExt;
use url::Url;
use uuid::Uuid;

/// The tenant beside `primary`.
pub const OTHER: &str = "other";

/// `primary` and [`OTHER`], in this order everywhere.
pub struct TwoTenants {
    pub app: App,
    pub accounts: [Uuid; 2],
    pub channels: [Uuid; 2],
    pub integrations: [Uuid; 2],
}

impl TwoTenants {
    /// Both follow the platform's one account in a channel called `announcements`, with stock taken.
    pub async fn start(platform: Platform) -> Self {
        let app = App::start().await;
        let channels = [app.chat.announcements, Uuid::from_u128(0xd)];
        app.chat.channel(channels[1], "announcements", OTHER).await;
        let mut accounts = [Uuid::nil(); 2];
        let mut integrations = [Uuid::nil(); 2];
        for (n, tenant) in ["primary", OTHER].into_iter().enumerate() {
            let (cookie, page) = depart(&app, tenant, platform).await;
            let end = arrive(&app, &consent(&page).await, Some(&cookie)).await;
            assert_eq!(query(&end, "success"), Some(format!("{platform}_connected")), "{tenant}: {end}");
            accounts[n] = id(&ask_in(&app, tenant, "{ socialAccounts { id } }", json!({})).await["socialAccounts"][0]);
            let document = "mutation ($i: SocialCreateIntegrationInput!) { socialCreateIntegration(input: $i) \
                            { message integration { id } } }";
            let input = json!({"account_id": accounts[n], "channel_id": channels[n]});
            let data = ask_in(&app, tenant, document, json!({"i": input})).await;
            integrations[n] = id(&data["socialCreateIntegration"]["integration"]);
        }
        assert_eq!(app.poll().await, 2, "both take stock");
        app.clock.advance(chrono::Duration::minutes(1));
        Self { app, accounts, channels, integrations }
    }
}

/// Asks as an administrator of `tenant`; an error is a failure of the test.
pub async fn ask_in(app: &App, tenant: &str, document: &str, variables: Value) -> Value {
    let answer = app.try_ask(tenant, document, variables).await;
    assert!(answer["errors"].is_null(), "{tenant}: {answer:#}");
    answer["data"].clone()
}

/// Goes to the platform and back with a login of several accounts; the connection that waits for the choice.
pub async fn offer(app: &App, tenant: &str, platform: Platform) -> String {
    let (cookie, page) = depart(app, tenant, platform).await;
    let end = arrive(app, &consent(&page).await, Some(&cookie)).await;
    query(&end, "choose").unwrap_or_else(|| panic!("a choice: {end}"))
}

/// Our redirect to the platform for a browser whose session is of `tenant`.
async fn depart(app: &App, tenant: &str, platform: Platform) -> (String, Url) {
    let request = Request::get(format!("/api/social/{platform}/auth"))
        .header("x-nchat-social-secret", SHARED_SECRET)
        .header("x-hasura-role", "admin")
        .header("x-hasura-source-account-id", tenant)
        .body(Body::empty())
        .expect("a request");
    let response = app.router.clone().oneshot(request).await.expect("an answer");
    let header = |name: &str| response.headers()[name].to_str().expect("text").to_owned();
    let cookie = header("set-cookie");
    (cookie.split(';').next().expect("a value").to_owned(), header("location").parse().expect("an address"))
}

fn id(row: &Value) -> Uuid {
    row["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_else(|| panic!("an id: {row:#}"))
}
