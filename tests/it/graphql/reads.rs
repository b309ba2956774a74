//! Platforms, accounts and integrations.

use crate::app::{
    App,
    world::{X_ACCOUNT, account_of},
};
use nchat_social::domain::Platform;
use serde_json::{Value, json};
use uuid::Uuid;

#[tokio::test]
async fn platforms_say_how_they_are_set_up() {
    let app = App::start().await;
    let data = app
        .ask(
            "{ socialPlatforms { platform name icon color is_configured callback_url offers_several_accounts \
             poll_interval_seconds scopes { scope required feature } } }",
            json!({}),
        )
        .await;
    let platforms = data["socialPlatforms"].as_array().expect("a list");
    assert_eq!(platforms.len(), Platform::ALL.len());
    for (platform, told) in Platform::ALL.iter().zip(platforms) {
        assert_eq!(told["platform"], platform.as_str());
        assert_eq!(told["is_configured"], true);
        assert_eq!(told["callback_url"], format!("http://127.0.0.1:9/api/social/{platform}/callback"));
        assert!(told["poll_interval_seconds"].as_i64() >= Some(300), "{told:#}");
        let scopes = told["scopes"].as_array().expect("a list");
        assert!(scopes.iter().any(|scope| scope["required"] == true), "{told:#}");
        assert!(scopes.iter().all(|scope| !scope["feature"].as_str().expect("text").is_empty()), "{told:#}");
    }
}

#[tokio::test]
async fn accounts_come_with_their_integrations_and_channels() {
    let app = App::start().await;
    let second = app.chat.another_channel("second").await;
    let x = app.following(Platform::Twitter, json!({"filter_hashtags": ["#Launch"]})).await;
    app.clock.advance(chrono::Duration::seconds(1));
    app.integrate(x, second, json!({"auto_post": false, "min_engagement": 3})).await;
    app.clock.advance(chrono::Duration::seconds(1));
    let instagram = app.connect_one(Platform::Instagram).await;

    let account = "id platform account_id account_name account_handle is_active is_connected health health_code \
                   is_polling next_poll_reason integrations { account_id auto_post filter_hashtags min_engagement \
                   account { id } channel { id name slug type is_archived } }";
    let data = app.ask(&format!("{{ socialAccounts {{ {account} }} }}"), json!({})).await;
    let accounts = data["socialAccounts"].as_array().expect("a list");
    assert_eq!(ids(&data["socialAccounts"]), [x, instagram], "oldest first");
    assert_eq!(accounts[0]["account_id"], X_ACCOUNT);
    assert_eq!(accounts[0]["account_name"], "Acme Example");
    assert_eq!((&accounts[0]["is_active"], &accounts[0]["is_connected"]), (&json!(true), &json!(true)));
    assert_eq!((&accounts[0]["health"], &accounts[0]["health_code"]), (&json!("connected"), &Value::Null));
    assert_eq!(accounts[1]["integrations"], json!([]));
    let integrations = accounts[0]["integrations"].as_array().expect("a list");
    assert_eq!(integrations.len(), 2);
    assert_eq!(integrations[0]["filter_hashtags"], json!(["launch"]));
    assert_eq!(integrations[0]["account"]["id"], json!(x));
    assert_eq!(
        integrations[1]["channel"],
        json!({"id": second, "name": "second", "slug": format!("second-{}", second.simple()), "type": "announcement",
               "is_archived": false})
    );
    assert_eq!((&integrations[1]["auto_post"], &integrations[1]["min_engagement"]), (&json!(false), &json!(3)));

    let one =
        app.ask(&format!("query ($id: uuid!) {{ socialAccount(id: $id) {{ {account} }} }}"), json!({"id": x})).await;
    assert_eq!(one["socialAccount"], accounts[0]);
    let none = app.ask("query ($id: uuid!) { socialAccount(id: $id) { id } }", json!({"id": Uuid::from_u128(7)})).await;
    assert_eq!(none["socialAccount"], Value::Null);

    let some = async |variables: Value| {
        let document = "query ($p: SocialPlatform, $ids: [uuid!]) { socialAccounts(platform: $p, ids: $ids) { id } }";
        ids(&app.ask(document, variables).await["socialAccounts"])
    };
    assert_eq!(some(json!({"p": "instagram"})).await, [instagram]);
    assert!(some(json!({"p": "linkedin"})).await.is_empty());
    assert_eq!(some(json!({"ids": [x, Uuid::from_u128(7)]})).await, [x]);
    assert!(some(json!({"ids": []})).await.is_empty(), "an empty list is none of them");
    assert!(some(json!({"p": "instagram", "ids": [x]})).await.is_empty());
}

#[tokio::test]
async fn integrations_are_listed_for_all_or_for_one_account() {
    let app = App::start().await;
    let mut accounts = Vec::new();
    for platform in [Platform::Twitter, Platform::Instagram] {
        accounts.push(app.following(platform, json!({})).await);
        app.clock.advance(chrono::Duration::seconds(1));
    }
    let document = "query ($a: uuid) { socialIntegrations(account_id: $a) { account_id account { account_id } \
                    channel { id } created_by backfilled_at } }";
    let all = app.ask(document, json!({})).await;
    let all = all["socialIntegrations"].as_array().expect("a list").clone();
    assert_eq!(
        all.iter().map(|i| i["account_id"].clone()).collect::<Vec<_>>(),
        [json!(accounts[0]), json!(accounts[1])]
    );
    assert_eq!(all[1]["account"]["account_id"], account_of(Platform::Instagram));
    let one = app.ask(document, json!({"a": accounts[1]})).await;
    assert_eq!(one["socialIntegrations"], json!([all[1]]));
    let none = app.ask(document, json!({"a": Uuid::from_u128(7)})).await;
    assert_eq!(none["socialIntegrations"], json!([]));
    // A channel that nchat deleted takes its integrations with it.
    app.chat.run("DELETE FROM nchat_channels WHERE id = $1", &[&app.chat.announcements]).await;
    assert_eq!(app.ask(document, json!({})).await["socialIntegrations"], json!([]));
}

pub fn ids(list: &Value) -> Vec<Uuid> {
    let list = list.as_array().unwrap_or_else(|| panic!("a list, not {list:#}"));
    list.iter().map(|row| row["id"].as_str().and_then(|id| id.parse().ok()).expect("an id")).collect()
}
