//! What the database itself makes of rows written past the service: each is refused, or becomes harmless.

use super::{hasura, server};
use crate::app::App;
use serde_json::{Value, json};
use uuid::Uuid;

async fn account(app: &App) -> Uuid {
    let id = Uuid::from_u128(0xacc);
    app.chat
        .script(&format!(
            "INSERT INTO nchat_social_accounts (id, platform, account_id) VALUES ('{id}', 'twitter', '1')"
        ))
        .await;
    id
}

#[tokio::test]
async fn bad_rows_are_refused() {
    let app = App::start().await;
    let account = account(&app).await;
    let mut hasura = hasura(&app).await;
    app.chat.channel(Uuid::from_u128(0x77), "elsewhere", "other").await;
    let rule = |field: &str, value: Value| {
        let mut rule = json!({"account_id": account, "channel_id": app.chat.announcements});
        rule[field] = value;
        json!({"integration": rule})
    };
    let post = |field: &str, value: Value| {
        let mut post = json!({"account_id": account, "post_id": "1", "posted_at": "2026-11-01T00:00:00Z"});
        post[field] = value;
        json!({"post": post})
    };
    let many: Vec<String> = (0..51).map(|n| format!("tag{n}")).collect();
    for (name, variables, said) in [
        ("CreateSocialAccount", json!({"account": {"platform": "mastodon", "account_id": "1"}}), "platform_check"),
        ("CreateSocialAccount", json!({"account": {"platform": "twitter", "account_id": ""}}), "account_id_check"),
        ("CreateSocialAccount", json!({"account": {"platform": "twitter", "account_id": "1"}}), "duplicate key"),
        (
            "UpdateSocialAccount",
            json!({"id": account, "updates": {"source_account_id": "other"}}),
            "stays in its workspace",
        ),
        ("UpdateSocialAccount", json!({"id": account, "updates": {"is_active": null}}), "null value"),
        ("CreateSocialIntegration", rule("min_engagement", json!(-1)), "min_engagement_check"),
        ("CreateSocialIntegration", rule("backfill_count", json!(51)), "backfill_count_check"),
        ("CreateSocialIntegration", rule("filter_hashtags", json!(many)), "check"),
        ("CreateSocialIntegration", rule("channel_id", json!(Uuid::from_u128(0x77))), "another workspace"),
        ("CreateSocialIntegration", rule("channel_id", json!(Uuid::from_u128(0x99))), "foreign key"),
        ("CreateSocialIntegration", rule("account_id", json!(Uuid::from_u128(0x99))), "foreign key"),
        ("CreateSocialIntegration", rule("channel_id", json!("")), "uuid"),
        ("SavePost", post("engagement", json!("many")), "engagement_check"),
        ("SavePost", post("id", json!("")), "uuid"),
        ("SavePost", post("post_id", json!("")), "post_id_check"),
        ("SavePost", post("account_id", json!(Uuid::from_u128(0x99))), "foreign key"),
        ("CreateImportLog", json!({"accountId": account, "importType": "sometimes"}), "import_type_check"),
    ] {
        let error = hasura.run(name, variables.clone(), &server()).await.expect_err(&variables.to_string());
        assert!(error.contains(said), "{name} {variables}: {error}");
    }
    for table in ["integrations", "posts", "import_logs"] {
        assert_eq!(app.chat.count(&format!("SELECT count(*) FROM nchat_social_{table}")).await, 0, "{table}");
    }
}

#[tokio::test]
async fn null_means_not_given() {
    let app = App::start().await;
    let account = account(&app).await;
    let mut hasura = hasura(&app).await;
    let nulls = json!({"auto_post": null, "filter_hashtags": null, "filter_keywords": null, "exclude_retweets": null,
        "exclude_replies": null, "min_engagement": null});
    let mut rule = nulls.clone();
    rule["account_id"] = json!(account);
    rule["channel_id"] = json!(app.chat.announcements);
    let made = hasura.run("CreateSocialIntegration", json!({"integration": rule}), &server()).await.expect("created");
    let id = made["id"].clone();
    assert_eq!(
        made,
        json!({"id": id, "account_id": account, "channel_id": app.chat.announcements, "auto_post": true,
            "filter_hashtags": [], "filter_keywords": [], "exclude_retweets": false, "exclude_replies": false,
            "min_engagement": 0})
    );
    let given = json!({"id": id, "updates": {"auto_post": false, "exclude_replies": true, "min_engagement": 7,
        "filter_hashtags": ["#News", null, "＃tips", "#"], "filter_keywords": ["launch", null, " ", "*"]}});
    hasura.run("UpdateSocialIntegration", given, &server()).await.expect("changed");
    let mut nulls = nulls;
    nulls.as_object_mut().expect("an object").retain(|field, _| !field.starts_with("filter_"));
    let kept =
        hasura.run("UpdateSocialIntegration", json!({"id": id, "updates": nulls}), &server()).await.expect("kept");
    assert_eq!(
        kept,
        json!({"id": id, "auto_post": false, "filter_hashtags": ["News", "tips"], "filter_keywords": ["launch"],
            "exclude_retweets": false, "exclude_replies": true, "min_engagement": 7})
    );
}

/// What nchat's old poller and clients write: holes in lists, links that run scripts, lists that are none.
#[tokio::test]
async fn posts_and_logs_are_cleaned() {
    let app = App::start().await;
    let account = account(&app).await;
    let mut hasura = hasura(&app).await;
    let post = json!({"account_id": account, "post_id": "1", "posted_at": "2026-11-01T00:00:00Z",
        "post_url": "javascript:alert(1)", "media_urls": ["https://cdn.example/a.jpg", null], "media_types": null,
        "hashtags": [null], "mentions": null, "engagement": {}, "posted_to_channels": "x", "was_posted_to_channel": null});
    let saved = hasura.run("SavePost", json!({"post": post}), &server()).await.expect("saved");
    assert_eq!(saved["post_url"], "");
    assert_eq!(saved["media_urls"], json!(["https://cdn.example/a.jpg"]));
    assert_eq!((&saved["media_types"], &saved["hashtags"], &saved["mentions"]), (&json!([]), &json!([]), &json!([])));
    let channels =
        async || app.chat.value("SELECT posted_to_channels AS c FROM nchat_social_posts").await[0]["c"].clone();
    assert_eq!(channels().await, json!([]));
    for (written, expected) in [
        (json!({"_append": ["a", null, 7]}), json!(["a"])),
        (json!({"_append": ["b", "a"]}), json!(["a", "b"])),
        (json!({"_append": null}), json!(["a", "b"])),
        (json!("nonsense"), json!(["a", "b"])),
        (json!({"other": 1}), json!(["a", "b"])),
        (json!(["c", "c"]), json!(["c"])),
        (json!([]), json!([])),
    ] {
        app.chat.run("UPDATE nchat_social_posts SET posted_to_channels = $1", &[&written]).await;
        assert_eq!(channels().await, expected, "{written}");
    }

    let log = hasura.run("CreateImportLog", json!({"accountId": account, "importType": "manual"}), &server()).await;
    let ended = json!({"id": log.expect("a log")["id"], "fetched": 0, "imported": 0, "filtered": 0, "posted": 0,
        "errors": null, "status": "failed"});
    hasura.run("UpdateImportLog", ended, &server()).await.expect("ended");
    assert_eq!(app.chat.value("SELECT errors FROM nchat_social_import_logs").await, json!([{"errors": []}]));
    // The service itself can read all of it.
    let data = app.ask("{ socialPosts { nodes { media_urls hashtags posted_to_channels } } socialImportLogs { nodes { errors } } }", json!({})).await;
    assert_eq!(data["socialPosts"]["nodes"][0]["media_urls"], json!(["https://cdn.example/a.jpg"]));
    assert_eq!(data["socialImportLogs"]["nodes"][0]["errors"], json!([]));
}

#[tokio::test]
async fn rows_are_of_their_accounts_tenant() {
    let app = App::start().await;
    app.chat
        .script(
            "INSERT INTO nchat_social_accounts (platform, account_id, source_account_id) VALUES ('twitter', '1', 'other'); \
             INSERT INTO nchat_social_posts (account_id, post_id, posted_at) SELECT id, 'p', now() FROM nchat_social_accounts; \
             INSERT INTO nchat_social_import_logs (account_id) SELECT id FROM nchat_social_accounts; \
             INSERT INTO nchat_social_deliveries (id, account_id, post_id, channel_id, status, decided_at) \
               SELECT gen_random_uuid(), account_id, id, gen_random_uuid(), 'filtered', now() FROM nchat_social_posts",
        )
        .await;
    for table in ["posts", "import_logs", "deliveries"] {
        let tenants = app.chat.value(&format!("SELECT source_account_id AS of FROM nchat_social_{table}")).await;
        assert_eq!(tenants, json!([{"of": "other"}]), "{table}");
    }
}

/// nchat's own route stores accounts without a login of ours: shown as not connected, and never polled.
#[tokio::test]
async fn an_account_that_nobody_connected_says_so() {
    let app = App::start().await;
    account(&app).await;
    let data = app.ask("{ socialAccounts { is_connected health health_code health_message } }", json!({})).await;
    assert_eq!(
        data["socialAccounts"],
        json!([{"is_connected": false, "health": "needs_reconnect", "health_code": "not_connected",
            "health_message": "Not connected yet: connect it to import its posts"}])
    );
    assert_eq!(app.poll_after(60).await, 0);
}

/// A platform that said when to come again is not asked before, whatever is switched meanwhile.
#[tokio::test]
async fn switching_on_waits_for_the_platform() {
    let app = App::start().await;
    account(&app).await;
    app.chat
        .script(
            "UPDATE nchat_social_accounts SET hold_until = now() + interval '1 hour', is_active = false; \
             UPDATE nchat_social_accounts SET is_active = true",
        )
        .await;
    let held = app.chat.count("SELECT count(*) FROM nchat_social_accounts WHERE next_poll_at = hold_until").await;
    assert_eq!(held, 1);
    app.chat
        .script("UPDATE nchat_social_accounts SET hold_until = NULL, is_active = false; UPDATE nchat_social_accounts SET is_active = true")
        .await;
    let due = app.chat.count("SELECT count(*) FROM nchat_social_accounts WHERE next_poll_at <= now()").await;
    assert_eq!(due, 1);
}

/// A login of Hasura's that may not touch tokens, and is bound to rows: the rules hold for it as well.
#[tokio::test]
async fn the_rules_hold_for_a_login_with_few_rights() {
    let app = App::start().await;
    let account = app.following(nchat_social::domain::Platform::Twitter, json!({})).await;
    app.chat.channel(Uuid::from_u128(0x77), "elsewhere", "other").await;
    let login = format!("hasura_{}", app.service.dice.uuid(app.service.clock.now()).simple());
    app.chat
        .script(&format!(
            "CREATE ROLE {login}; GRANT SELECT, INSERT, UPDATE, DELETE ON nchat_social_accounts, nchat_social_integrations \
             TO {login}; GRANT SELECT ON nchat_channels TO {login}"
        ))
        .await;
    let client = app.database.client().await;
    let settings = format!("SELECT set_config('app.current_source_account_id', 'primary', false); SET ROLE {login}");
    client.batch_execute(&settings).await.expect("the login");
    let insert = format!(
        "INSERT INTO nchat_social_integrations (account_id, channel_id, backfill_count) VALUES ('{account}', $1, 5)"
    );
    let error = client.execute(&insert, &[&Uuid::from_u128(0x77)]).await.expect_err("a channel it cannot even see");
    assert!(error.as_db_error().is_some_and(|db| db.message().contains("another workspace")), "{error}");
    client.execute(&insert, &[&app.chat.announcements]).await.expect("an integration");
    let soon = app.chat.value("SELECT next_poll_reason FROM nchat_social_accounts").await;
    assert_eq!(soon, json!([{"next_poll_reason": "backfill"}]));
    for change in ["UPDATE nchat_social_integrations SET min_engagement = 5", "DELETE FROM nchat_social_integrations"] {
        client.execute(change, &[]).await.unwrap_or_else(|error| panic!("{change}: {error:?}"));
    }
    assert!(client.query("SELECT FROM nchat_social_credentials", &[]).await.is_err(), "tokens are not its to read");
    client.execute("DELETE FROM nchat_social_accounts", &[]).await.expect("deleted");
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_credentials").await, 0);
}
