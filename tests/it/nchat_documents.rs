//! nchat's own documents about social media, through Hasura's metadata, on its real tables: all are valid, they do what
//! they say, for whom they should, and nothing they get wrong does harm.

mod engine;
mod filter;
mod people;
mod rules;

use crate::app::{App, world::X_ACCOUNT};
use engine::{Engine, Session};
use nchat_social::{domain::Platform, hasura::Tenant, simulator::Draft};
use serde_json::{Value, json};
use uuid::Uuid;

/// The stand-in for Hasura on the program's database.
async fn hasura(app: &App) -> Engine {
    let catalog = app.service.store.catalog().await.expect("the tables");
    Engine::new(app.database.client().await, catalog, &Tenant::OfSession)
}

/// Hasura's administrator, as which nchat's routes and poller ask.
fn server() -> Session {
    Session { role: "admin", user: None, tenant: None }
}

/// A person of the default tenant.
fn person(role: &'static str, user: Uuid) -> Session {
    Session { role, user: Some(user), tenant: Some("primary") }
}

/// An account that follows X, with one imported post in the channel.
async fn followed(app: &App) -> (Uuid, Uuid) {
    let account = app.following(Platform::Twitter, json!({"filter_hashtags": ["news"]})).await;
    let world = app.simulator.world("twitter").expect("X");
    world.publish(X_ACCOUNT, Draft::text("Hello #news")).expect("published");
    app.poll_after(5).await;
    let post = app.chat.value("SELECT id FROM nchat_social_posts").await[0]["id"].as_str().expect("a post").parse();
    (account, post.expect("an id"))
}

/// The first row of a list, or the row.
fn first(answer: &Value) -> &Value {
    answer.as_array().map_or(answer, |rows| rows.first().expect("a row"))
}

#[tokio::test]
async fn the_page_of_an_administrator_works() {
    let app = App::start().await;
    let (account, post) = followed(&app).await;
    let mut hasura = hasura(&app).await;
    // As nchat's browser asks, whoever sits before it, and as a session with a role of its own.
    for asker in [person("user", app.chat.owner), person("owner", app.chat.owner)] {
        let mut ask = async |name: &str, variables: Value| {
            hasura
                .run(name, variables, &asker)
                .await
                .unwrap_or_else(|error| panic!("{name} as {}: {error}", asker.role))
        };
        let accounts = ask("GetSocialAccounts", json!({})).await;
        assert_eq!(first(&accounts)["platform"], "twitter");
        assert_eq!(first(&accounts)["account_id"], X_ACCOUNT);
        let posts = ask("GetSocialPosts", json!({"accountId": account})).await;
        assert_eq!(first(&posts)["content"], "Hello #news");
        assert_eq!(first(&posts)["account"]["platform"], "twitter");
        assert_eq!(first(&posts)["posted_to_channels"], json!([app.chat.announcements]));
        let latest = ask("SubscribeToSocialPosts", json!({"accountId": account})).await;
        assert_eq!(first(&latest)["id"], json!(post));
        let logs = ask("GetSocialImportLogs", json!({"accountId": account})).await;
        assert_eq!(first(&logs)["posts_posted"], 1);

        let made = ask(
            "CreateSocialIntegration",
            json!({"integration": {"account_id": account, "channel_id": app.chat.announcements, "auto_post": false,
                "filter_hashtags": ["#Launch", " "], "filter_keywords": [], "exclude_retweets": false,
                "exclude_replies": false, "min_engagement": 0, "created_by": app.chat.owner}}),
        )
        .await;
        assert_eq!(made["filter_hashtags"], json!(["Launch"]), "as it is compared");
        let shown = ask("GetSocialIntegrations", json!({})).await;
        assert_eq!(shown.as_array().map(Vec::len), Some(2));
        assert_eq!(first(&shown)["channel"]["name"], "announcements");
        assert_eq!(first(&shown)["account"]["account_name"], "Acme Example");
        let of_account = ask("GetIntegrationsByAccount", json!({"accountId": account})).await;
        assert_eq!(first(&of_account)["id"], made["id"]);
        let changed = ask("UpdateSocialIntegration", json!({"id": made["id"], "updates": {"auto_post": true}})).await;
        assert_eq!((&changed["auto_post"], &changed["filter_hashtags"]), (&json!(true), &json!(["Launch"])));
        assert_eq!(ask("DeleteSocialIntegration", json!({"id": made["id"]})).await["id"], made["id"]);

        for is_active in [false, true] {
            let switched = ask("ToggleAccountStatus", json!({"id": account, "isActive": is_active})).await;
            assert_eq!(switched, json!({"id": account, "is_active": is_active}));
        }
        let again = ask("UpdateSocialAccount", json!({"id": account, "updates": {"is_active": true}})).await;
        assert_eq!(again["is_active"], true);
    }
    let gone = hasura.run("DeleteSocialAccount", json!({"id": account}), &person("user", app.chat.owner)).await;
    assert_eq!(gone, Ok(json!({"id": account})));
    for table in ["accounts", "posts", "integrations", "deliveries", "import_logs", "credentials"] {
        let left = app.chat.count(&format!("SELECT count(*) FROM nchat_social_{table}")).await;
        assert_eq!(left, 0, "{table}");
    }
    assert_eq!(app.chat.texts().await, ["Hello #news"], "messages stay");
}

/// What nchat's routes and poller send with Hasura's admin secret.
#[tokio::test]
async fn the_documents_of_routes_and_poller_work() {
    let app = App::start().await;
    let mut hasura = hasura(&app).await;
    let mut ask = async |name: &str, variables: Value| {
        hasura.run(name, variables, &server()).await.unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let made = ask(
        "CreateSocialAccount",
        json!({"account": {"platform": "twitter", "account_id": "42", "account_name": "Old", "account_handle": "old",
            "avatar_url": null, "access_token_encrypted": "c2VhbGVk", "refresh_token_encrypted": null,
            "token_expires_at": "2026-12-01T00:00:00Z", "is_active": true,
            "created_by": "00000000-0000-0000-0000-000000000000"}}),
    )
    .await;
    let account = &made["id"];
    assert_eq!(first(&ask("GetActiveSocialAccounts", json!({})).await)["access_token_encrypted"], "c2VhbGVk");
    for one in ["GetSocialAccount", "GetSocialAccountById"] {
        assert_eq!(ask(one, json!({"id": account})).await["account_name"], "Old");
    }
    ask("UpdateLastPollTime", json!({"accountId": account})).await;
    assert!(ask("GetSocialAccount", json!({"id": account})).await["last_poll_time"].is_string());
    assert_eq!(ask("GetAccountIntegrations", json!({"accountId": account})).await, json!([]));

    let log = ask("CreateImportLog", json!({"accountId": account, "importType": "scheduled"})).await;
    let ended = json!({"id": log["id"], "fetched": 2, "imported": 1, "filtered": 1, "posted": 0, "errors": ["a", "b"],
        "status": "completed"});
    ask("UpdateImportLog", ended).await;
    let logs = ask("GetSocialImportLogs", json!({"accountId": account})).await;
    assert_eq!((&first(&logs)["errors"], &first(&logs)["status"]), (&json!(["a", "b"]), &json!("completed")));

    let post = json!({"account_id": account, "post_id": "7", "post_url": "https://x.com/old/status/7", "content": "One",
        "author_name": "Old", "media_urls": ["https://pbs.twimg.com/a.jpg"], "media_types": ["image"],
        "hashtags": ["one"], "mentions": [], "engagement": {"likes": 1}, "posted_at": "2026-11-01T00:00:00Z"});
    let saved = ask("SavePost", json!({"post": post})).await;
    assert_eq!((&saved["content"], &saved["hashtags"]), (&json!("One"), &json!(["one"])));
    let mut edited = post.clone();
    edited["content"] = json!("Two");
    let again = ask("SaveSocialPost", json!({"post": edited})).await;
    assert_eq!((&again["id"], &again["content"]), (&saved["id"], &json!("Two")), "the same row");
    assert_eq!(ask("GetLastPostId", json!({"accountId": account})).await, json!([{"post_id": "7"}]));
    for channel in [Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(1)] {
        ask("MarkPostAsPosted", json!({"postId": saved["id"], "channelId": channel})).await;
    }
    let marked = ask("GetSocialPosts", json!({"accountId": account})).await;
    assert_eq!(first(&marked)["posted_to_channels"], json!([Uuid::from_u128(1), Uuid::from_u128(2)]), "each once");
    assert_eq!(first(&marked)["was_posted_to_channel"], true);
}

/// Documents that ask for what nchat's own tables do not have: refused, with nothing written.
#[tokio::test]
async fn what_nchats_own_tables_refuse_stays_refused() {
    let app = App::start().await;
    let mut hasura = hasura(&app).await;
    let message = json!({"message": {"channel_id": app.chat.announcements, "user_id": null, "content": "{}",
        "type": "social_embed"}});
    let error = hasura.run("PostToChannel", message, &server()).await.expect_err("no such type");
    assert!(error.contains("invalid input value for enum message_type"), "{error}");
    let error = hasura.run("GetChannels", json!({}), &person("user", app.chat.owner)).await.expect_err("no such type");
    assert!(error.contains("invalid input value for enum channel_type"), "{error}");
    // Unless Hasura is told to take a variable that is not given for no condition (docs/hasura.md).
    let error = hasura.run("GetSocialPosts", json!({}), &person("user", app.chat.owner)).await.expect_err("unbound");
    assert_eq!(error, "unexpected null value for type 'uuid'");
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_messages").await, 0);
}

/// Every document is in one of the tests above, and none is there that nchat does not have.
#[tokio::test]
async fn there_are_twenty_six_documents_and_each_is_tried() {
    let app = App::start().await;
    let operations = hasura(&app).await.operations();
    assert_eq!(operations.len(), 26);
    let tests = include_str!("nchat_documents.rs");
    for name in operations {
        assert!(tests.contains(&format!("\"{name}\"")), "{name}");
    }
}

/// Switched off and on again in nchat's page while a poll is under way: what it brings is not posted.
#[tokio::test]
async fn switching_an_account_ends_its_poll_under_way() {
    let app = App::start().await;
    let account = app.following(Platform::Twitter, json!({})).await;
    let mut hasura = hasura(&app).await;
    let world = app.simulator.world("twitter").expect("X");
    for is_active in [vec![false], vec![false, true]] {
        app.chat.script("UPDATE nchat_social_accounts SET is_active = true").await;
        app.poll_after(5).await;
        app.clock.advance(chrono::Duration::minutes(5));
        world.publish(X_ACCOUNT, Draft::text(format!("Under way {}", is_active.len()))).expect("published");
        assert_eq!(app.ticker.tick().await.expect("a tick").accounts, 1);
        let job = app.queue.take().expect("a job");
        for is_active in &is_active {
            let switch = json!({"id": account, "isActive": is_active});
            hasura.run("ToggleAccountStatus", switch, &person("user", app.chat.owner)).await.expect("switched");
        }
        app.poller.work(job).await;
        assert!(app.chat.texts().await.is_empty(), "{is_active:?}");
        app.assert_at_rest().await;
    }
    app.poll_after(5).await;
    world.publish(X_ACCOUNT, Draft::text("Afterwards")).expect("published");
    app.poll_after(5).await;
    assert_eq!(app.chat.texts().await, ["Afterwards"]);
}

/// Deleted in nchat's page while a poll is under way: the poll ends without a trace, and no token is left.
#[tokio::test]
async fn deleting_an_account_ends_its_poll_and_takes_its_tokens() {
    let app = App::start().await;
    let account = app.following(Platform::Twitter, json!({})).await;
    let mut hasura = hasura(&app).await;
    let world = app.simulator.world("twitter").expect("X");
    world.publish(X_ACCOUNT, Draft::text("Too late")).expect("published");
    app.clock.advance(chrono::Duration::minutes(5));
    assert_eq!(app.ticker.tick().await.expect("a tick").accounts, 1);
    let job = app.queue.take().expect("a job");
    let owner = person("user", app.chat.owner);
    hasura.run("DeleteSocialAccount", json!({"id": account}), &owner).await.expect("deleted");
    app.poller.work(job).await;
    assert!(app.chat.texts().await.is_empty());
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_credentials").await, 0);
    assert_eq!(app.poll_after(60).await, 0, "nothing is left to poll");
    app.assert_at_rest().await;
}

/// A rule changed in nchat's page holds for the next post.
#[tokio::test]
async fn a_changed_integration_takes_effect_at_the_next_poll() {
    let app = App::start().await;
    let account = app.following(Platform::Twitter, json!({})).await;
    let mut hasura = hasura(&app).await;
    let owner = person("user", app.chat.owner);
    let world = app.simulator.world("twitter").expect("X");
    let shown = hasura.run("GetIntegrationsByAccount", json!({"accountId": account}), &owner).await.expect("rows");
    let id = first(&shown)["id"].clone();
    for (updates, text, posted) in [
        (json!({"filter_hashtags": ["#only"]}), "Not this", 0),
        (json!({"filter_hashtags": []}), "This", 1),
        (json!({"auto_post": false}), "Not this either", 1),
        (json!({"auto_post": true, "min_engagement": 0}), "And this", 2),
    ] {
        hasura.run("UpdateSocialIntegration", json!({"id": id, "updates": updates}), &owner).await.expect("changed");
        world.publish(X_ACCOUNT, Draft::text(text)).expect("published");
        app.poll_after(5).await;
        assert_eq!(app.chat.texts().await.len(), posted, "{text}");
    }
}
