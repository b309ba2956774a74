//! What rows tell beyond their own columns: people's names, the alert channel, a login's end, the day's calls.

use crate::app::{App, world::account_of};
use nchat_social::{domain::Platform, service::Claims, simulator::Draft};
use serde_json::{Value, json};

async fn as_owner(app: &App, document: &str, input: Value) -> Value {
    let claims = Claims { role: "owner".into(), user_id: Some(app.chat.owner), tenant: None };
    let owner = app.service.actor(&claims).await.expect("an actor");
    let answer = app.ask_as(owner, document, json!({ "i": input })).await;
    assert!(answer["errors"].is_null(), "{answer:#}");
    answer["data"].clone()
}

#[tokio::test]
async fn people_are_told_by_name() {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    app.poll().await;
    let integration = app.integrate(account, app.chat.announcements, json!({"filter_hashtags": ["launch"]})).await;
    app.clock.advance(chrono::Duration::seconds(1));
    let world = app.simulator.world("twitter").expect("X");
    world.publish(account_of(Platform::Twitter), Draft::text("No hashtag")).expect("published");
    app.poll_after(5).await;
    let post = app.chat.value("SELECT id FROM nchat_social_posts").await[0]["id"].clone();
    let anyway = "mutation ($i: SocialPostAnywayInput!) { socialPostAnyway(input: $i) { status } }";
    let done = as_owner(&app, anyway, json!({"post_id": post, "integration_id": integration})).await;
    assert_eq!(done["socialPostAnyway"]["status"], "posted", "{done:#}");
    let off = "mutation ($i: SocialSetAccountActiveInput!) { socialSetAccountActive(input: $i) { status } }";
    as_owner(&app, off, json!({"id": account, "is_active": false})).await;

    let names = async || {
        let deliveries = app.ask("{ socialPosts { nodes { deliveries { requested_by_name } } } }", json!({})).await;
        let log = app.ask("{ socialAuditLog { nodes { action user_name } } }", json!({})).await;
        let delivery = deliveries["socialPosts"]["nodes"][0]["deliveries"][0]["requested_by_name"].clone();
        let entries = log["socialAuditLog"]["nodes"].as_array().expect("a list").clone();
        let of = |action: &str| {
            entries.iter().find(|entry| entry["action"] == action).expect("an entry")["user_name"].clone()
        };
        (delivery, of("account_switched_off"), of("account_connected"))
    };
    assert_eq!(names().await, (json!("Owner"), json!("Owner"), Value::Null), "an admin secret names nobody");
    app.chat.script("UPDATE nchat_users SET deleted_at = now()").await;
    assert_eq!(names().await, (Value::Null, Value::Null, Value::Null), "who is gone has no name");
    app.chat.script("UPDATE nchat_users SET deleted_at = NULL, source_account_id = 'other'").await;
    assert_eq!(names().await, (Value::Null, Value::Null, Value::Null), "nor has another workspace's person");
}

#[tokio::test]
async fn an_account_tells_its_alert_channel_until_it_is_gone() {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    let channel = app.chat.another_channel("alarms").await;
    let told = async || {
        let data = app.ask("{ socialAccounts { alert_channel { id name } } }", json!({})).await;
        data["socialAccounts"][0]["alert_channel"].clone()
    };
    assert_eq!(told().await, Value::Null);
    let set = "mutation ($i: SocialSetAlertChannelInput!) { socialSetAlertChannel(input: $i) { status } }";
    app.ask(set, json!({"i": {"account_id": account, "channel_id": channel}})).await;
    assert_eq!(told().await, json!({"id": channel, "name": "alarms"}));
    app.chat.script(&format!("DELETE FROM nchat_channels WHERE id = '{channel}'")).await;
    assert_eq!(told().await, Value::Null);
}

#[tokio::test]
async fn an_account_tells_the_end_of_its_login_where_no_renewal_moves_it() {
    let app = App::start().await;
    let end = async |platform: Platform| {
        let data = app
            .ask(
                "query ($p: SocialPlatform) { socialAccounts(platform: $p) { login_ends_at token_expires_at } }",
                json!({"p": platform.as_str()}),
            )
            .await;
        data["socialAccounts"][0].clone()
    };
    for platform in Platform::ALL {
        app.connect_one(platform).await;
        let told = end(platform).await;
        assert!(told["token_expires_at"].is_string(), "{platform}: {told}");
        let expected = if platform == Platform::Linkedin { &told["token_expires_at"] } else { &Value::Null };
        assert_eq!(&told["login_ends_at"], expected, "{platform}: X and Instagram are renewed without end");
    }
    app.chat.script("UPDATE nchat_social_credentials SET refresh_token_sealed = NULL, refresh_expires_at = NULL").await;
    assert!(end(Platform::Linkedin).await["login_ends_at"].is_string(), "without a refresh token");
    assert!(end(Platform::Twitter).await["login_ends_at"].is_string(), "without a refresh token");
    assert_eq!(end(Platform::Instagram).await["login_ends_at"], Value::Null, "it needs none");
    app.chat.script("UPDATE nchat_social_accounts SET credential_id = NULL").await;
    assert_eq!(end(Platform::Linkedin).await["login_ends_at"], Value::Null, "disconnected");
}

#[tokio::test]
async fn a_platform_tells_the_days_calls_where_we_count_them() {
    let mut app = App::start().await;
    app.set(&[("LINKEDIN_TIER", "development")]);
    app.following(Platform::Linkedin, json!({})).await;
    app.poll_after(5).await;
    let calls = async || {
        let document = "{ socialPlatforms { platform calls { used most most_of_login resets_at \
                        endpoints { endpoint used most } } } }";
        let data = app.ask(document, json!({})).await;
        let platforms = data["socialPlatforms"].as_array().expect("a list").clone();
        platforms.into_iter().partition::<Vec<_>, _>(|platform| platform["platform"] == "linkedin")
    };
    let (linkedin, others) = calls().await;
    assert!(others.iter().all(|platform| platform["calls"].is_null()), "{others:#?}: they tell themselves");
    let told = &linkedin[0]["calls"];
    assert_eq!((&told["most"], &told["most_of_login"]), (&json!(500), &json!(100)), "{told:#}");
    let sum: i64 =
        told["endpoints"].as_array().expect("a list").iter().filter_map(|endpoint| endpoint["used"].as_i64()).sum();
    assert!(sum > 0 && told["used"] == sum, "{told:#}");
    app.clock.advance(chrono::Duration::days(1));
    assert_eq!(calls().await.0[0]["calls"]["used"], 0, "a new day");
}
