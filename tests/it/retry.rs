//! One bad post stops no other; what failed can be tried again, and what was left out can be posted anyway.

use crate::app::{App, world::account_of};
use nchat_social::{
    domain::Platform,
    service::{Actor, Claims},
    simulator::Draft,
};
use serde_json::{Value, json};
use uuid::Uuid;

fn publish(app: &App, platform: Platform, text: &str) -> String {
    let world = app.simulator.world(platform.as_str()).expect("a world");
    world.publish(account_of(platform), Draft::text(text)).expect("published")
}

/// The row of the post with this text.
async fn row(app: &App, text: &str) -> Uuid {
    let rows = app.chat.value(&format!("SELECT id FROM nchat_social_posts WHERE content = '{text}'")).await;
    rows[0]["id"].as_str().and_then(|id| id.parse().ok()).expect("a post")
}

/// Asks as the workspace's owner.
async fn as_owner(app: &App, document: &str, input: Value) -> Value {
    let claims = Claims { role: "admin".into(), user_id: Some(app.chat.owner), tenant: None };
    let actor = app.service.actor(&claims).await.expect("an administrator");
    let answer = app.ask_as(actor, document, json!({"i": input})).await;
    assert!(answer["errors"].is_null(), "{answer:#}");
    answer["data"].as_object().expect("data").values().next().expect("a field").clone()
}

async fn retry(app: &App, post: Uuid, integration: Option<Uuid>) -> Value {
    let document = "mutation ($i: SocialRetryPostInput!) { socialRetryPost(input: $i) { status message \
        post { content import_error was_posted_to_channel } deliveries { status attempts requested_by } } }";
    as_owner(app, document, json!({"post_id": post, "integration_id": integration})).await
}

async fn post_anyway(app: &App, post: Uuid, integration: Uuid) -> Value {
    let document = "mutation ($i: SocialPostAnywayInput!) { socialPostAnyway(input: $i) { status message \
        post { was_posted_to_channel } delivery { status reason detail message_id requested_by } } }";
    as_owner(app, document, json!({"post_id": post, "integration_id": integration})).await
}

/// A trigger of the operator's that refuses rows of `table` for which `condition` holds.
async fn refuse(app: &App, table: &str, condition: &str) {
    app.chat
        .script(&format!(
            "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
               IF {condition} THEN RAISE EXCEPTION 'canary-driver-text'; END IF; RETURN NEW; END $$; \
             CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()"
        ))
        .await;
}

async fn relent(app: &App, table: &str) {
    app.chat.script(&format!("DROP TRIGGER refuse ON {table}")).await;
}

#[tokio::test]
async fn a_post_the_database_refuses_is_parked_and_posted_when_it_is_tried_again() {
    for platform in Platform::ALL {
        let app = App::start().await;
        app.following(platform, json!({})).await;
        refuse(&app, "nchat_social_posts", "NEW.content LIKE '%poison%' OR NEW.details::text LIKE '%poison%'").await;
        for text in ["One", "A poisoned one", "Three"] {
            publish(&app, platform, text);
        }
        app.poll_after(20).await;
        assert_eq!(app.chat.texts().await, ["One", "Three"], "{platform}");
        let parked = app
            .chat
            .value("SELECT id, post_id, content, import_error FROM nchat_social_posts WHERE import_error IS NOT NULL")
            .await;
        let [parked] = parked.as_array().expect("rows").as_slice() else { panic!("{platform}: {parked:#}") };
        assert_eq!(parked["content"], "");
        assert!(!parked["import_error"].to_string().contains("canary"), "{parked}");
        let log = app
            .chat
            .value("SELECT errors, posts_imported, posts_posted FROM nchat_social_import_logs WHERE posts_fetched > 0")
            .await;
        assert_eq!((&log[0]["posts_imported"], &log[0]["posts_posted"]), (&json!(3), &json!(2)), "{platform}");
        assert!(log[0]["errors"][0].as_str().is_some_and(|error| error.starts_with("post ")), "{log}");
        app.poll_after(20).await;
        assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_posts").await, 3, "{platform}: polls go on");

        let id: Uuid = parked["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
        let again = retry(&app, id, None).await;
        assert_eq!(again["status"], "failed", "{platform}: {again}");
        assert!(again["post"]["import_error"].is_string() && !again.to_string().contains("canary"));
        relent(&app, "nchat_social_posts").await;
        let again = retry(&app, id, None).await;
        assert_eq!(again["status"], "retried", "{platform}: {again}");
        assert_eq!(
            again["post"],
            json!({"content": "A poisoned one", "import_error": null, "was_posted_to_channel": true})
        );
        assert_eq!(
            again["deliveries"],
            json!([{"status": "delivered", "attempts": 1, "requested_by": app.chat.owner}])
        );
        assert_eq!(app.chat.texts().await, ["One", "Three", "A poisoned one"]);
        let edited = app.chat.count("SELECT count(*) FROM nchat_social_posts WHERE edited_at IS NOT NULL").await;
        assert_eq!(edited, 0, "{platform}: nobody edited anything");
        assert_eq!(retry(&app, id, None).await["status"], "nothing_to_retry");
        app.poll_after(20).await;
        assert_eq!(app.chat.texts().await.len(), 3, "{platform}");
        app.assert_at_rest().await;
    }
}

#[tokio::test]
async fn a_post_that_cannot_even_be_parked_is_left_out_with_a_notice() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    publish(&app, Platform::Twitter, "One");
    let bad = publish(&app, Platform::Twitter, "Two");
    publish(&app, Platform::Twitter, "Three");
    refuse(&app, "nchat_social_posts", &format!("NEW.post_id = '{bad}'")).await;
    app.poll_after(5).await;
    assert_eq!(app.chat.texts().await, ["One", "Three"]);
    let log = app.chat.value("SELECT errors FROM nchat_social_import_logs WHERE posts_fetched > 0").await;
    assert!(log[0]["errors"][0].as_str().is_some_and(|error| error.contains(&bad)), "{log}");
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_posts").await, 2);
    let health = app.chat.value("SELECT health FROM nchat_social_accounts").await;
    assert_eq!(health, json!([{"health": "connected"}]));
}

#[tokio::test]
async fn a_poisoned_edit_leaves_the_post_as_it_was() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    let id = publish(&app, Platform::Twitter, "As it was");
    app.poll_after(5).await;
    refuse(&app, "nchat_social_posts", "NEW.content LIKE '%poison%'").await;
    app.simulator.world("twitter").expect("X").edit(&id, "Edited into poison").expect("edited");
    publish(&app, Platform::Twitter, "Another");
    app.poll_after(5).await;
    assert_eq!(app.chat.texts().await, ["As it was", "Another"]);
    relent(&app, "nchat_social_posts").await;

    // And a correction that the chat's table refuses stops nobody either.
    let other = publish(&app, Platform::Twitter, "Before");
    app.poll_after(5).await;
    refuse(&app, "nchat_messages", "NEW.content LIKE '%poison%'").await;
    app.simulator.world("twitter").expect("X").edit(&other, "After, with poison").expect("edited");
    publish(&app, Platform::Twitter, "And another");
    app.poll_after(5).await;
    assert_eq!(app.chat.texts().await, ["As it was", "Another", "Before", "And another"]);
}

#[tokio::test]
async fn one_message_that_is_refused_fails_alone_in_its_channel() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    refuse(&app, "nchat_messages", "NEW.content LIKE '%poison%'").await;
    for text in ["One", "A poisoned one", "Three"] {
        publish(&app, Platform::Twitter, text);
    }
    app.poll_after(5).await;
    assert_eq!(app.chat.texts().await, ["One", "Three"]);
    let failed = app.chat.value("SELECT reason, attempts FROM nchat_social_deliveries WHERE status = 'failed'").await;
    assert_eq!(failed, json!([{"reason": "message_refused", "attempts": 1}]));
    for _ in 0..6 {
        app.poll_after(20).await;
    }
    let given_up = app.chat.value("SELECT attempts FROM nchat_social_deliveries WHERE status = 'failed'").await;
    assert_eq!(given_up, json!([{"attempts": 5}]));
    let id = row(&app, "A poisoned one").await;
    let again = retry(&app, id, None).await;
    assert_eq!(again["status"], "failed", "{again}");
    assert_eq!(again["deliveries"][0]["attempts"], 1, "counted anew: {again}");
    relent(&app, "nchat_messages").await;
    app.poll_after(20).await;
    assert_eq!(app.chat.texts().await.len(), 3, "and tried on by itself");
}

#[tokio::test]
async fn what_was_given_up_is_tried_again_for_whom_it_is_asked() {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    app.poll().await;
    let second = app.chat.another_channel("second").await;
    let mut integrations = Vec::new();
    for channel in [app.chat.announcements, second] {
        integrations.push(app.integrate(account, channel, json!({})).await);
    }
    app.chat.script("UPDATE nchat_channels SET is_archived = true").await;
    publish(&app, Platform::Twitter, "Late");
    for _ in 0..6 {
        app.poll_after(20).await;
    }
    let failed = app.chat.value("SELECT DISTINCT reason, attempts FROM nchat_social_deliveries").await;
    assert_eq!(failed, json!([{"reason": "channel_archived", "attempts": 5}]));
    app.chat.script("UPDATE nchat_channels SET is_archived = false").await;
    app.poll_after(20).await;
    assert!(app.chat.texts().await.is_empty(), "given up");
    let id = row(&app, "Late").await;
    let again = retry(&app, id, Some(integrations[1])).await;
    assert_eq!(again["status"], "retried", "{again}");
    assert_eq!((app.chat.texts().await.len(), app.chat.messages(second).await.len()), (0, 1));
    assert_eq!(retry(&app, id, None).await["status"], "retried");
    assert_eq!((app.chat.texts().await.len(), app.chat.messages(second).await.len()), (1, 1));
    assert_eq!(retry(&app, id, None).await["status"], "nothing_to_retry");
    assert_eq!(retry(&app, Uuid::from_u128(1), None).await["status"], "not_found");
    assert_eq!(retry(&app, id, Some(Uuid::from_u128(1))).await["status"], "not_found");
}

#[tokio::test]
async fn a_filtered_and_a_waiting_post_are_posted_anyway_once_and_recorded() {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    app.poll().await;
    let rule = json!({"filter_keywords": ["launch"], "min_engagement": 5, "auto_post": true});
    let integration = app.integrate(account, app.chat.announcements, rule).await;
    for text in ["Cake", "A launch"] {
        publish(&app, Platform::Twitter, text);
    }
    app.poll_after(5).await;
    assert!(app.chat.texts().await.is_empty());
    for (text, number) in [("A launch", 1), ("Cake", 2)] {
        let id = row(&app, text).await;
        let posted = post_anyway(&app, id, integration).await;
        assert_eq!(posted["status"], "posted", "{posted}");
        assert_eq!(posted["post"]["was_posted_to_channel"], true);
        let delivery = &posted["delivery"];
        assert_eq!((&delivery["status"], &delivery["reason"]), (&json!("delivered"), &json!("posted_anyway")));
        assert_eq!(delivery["requested_by"], json!(app.chat.owner));
        assert!(delivery["detail"].is_string() && delivery["message_id"].is_string());
        let again = post_anyway(&app, id, integration).await;
        assert_eq!((&again["status"], &again["delivery"]), (&json!("already_posted"), delivery));
        assert_eq!(app.chat.texts().await.len(), number);
    }
    assert_eq!(app.chat.texts().await, ["A launch", "Cake"], "in the order asked for");
    for _ in 0..30 {
        app.poll_after(60).await;
    }
    assert_eq!(app.chat.texts().await.len(), 2, "no look posts it again");
    let messages = app.chat.messages(app.chat.announcements).await;
    assert_eq!(messages[0].embeds[0]["type"], "social");
    let log = app.ask("{ socialAuditLog { nodes { action user_id detail } } }", json!({})).await;
    let actions = log["socialAuditLog"]["nodes"].as_array().expect("a list");
    let asked: Vec<&Value> = actions.iter().filter(|entry| entry["action"] == "post_posted_anyway").collect();
    assert_eq!(asked.len(), 2, "what changed nothing is not recorded: {log}");
    assert!(asked.iter().all(|entry| entry["user_id"] == json!(app.chat.owner)), "{log}");
    assert_eq!(messages[0].metadata["social"]["integration_id"], json!(integration));
}

#[tokio::test]
async fn however_many_ask_at_once_there_is_one_message() {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    app.poll().await;
    let integration = app.integrate(account, app.chat.announcements, json!({"min_engagement": 5})).await;
    let post = publish(&app, Platform::Twitter, "Wanted");
    app.poll_after(5).await;
    // A look finds enough at the same moment.
    let liked = nchat_social::simulator::Counters { likes: Some(9), ..Default::default() };
    app.simulator.world("twitter").expect("X").count(&post, liked).expect("counted");
    app.clock.advance(chrono::Duration::minutes(15));
    let id = row(&app, "Wanted").await;
    let asks = futures_util::future::join_all((0..8).map(|_| post_anyway(&app, id, integration)));
    let (asked, _) = tokio::join!(asks, app.poll());
    let posted = asked.iter().filter(|answer| answer["status"] == "posted").count();
    let there = asked.iter().filter(|answer| answer["status"] == "already_posted").count();
    assert!(posted <= 1 && posted + there == 8, "{asked:#?}");
    assert_eq!(app.chat.texts().await, ["Wanted"]);
    app.assert_at_rest().await;
}

#[tokio::test]
async fn an_archived_channel_another_integration_and_another_tenant_are_told_apart() {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    app.poll().await;
    let (closed, open) = (app.chat.another_channel("closed").await, app.chat.announcements);
    let strict = json!({"filter_keywords": ["launch"]});
    let archived = app.integrate(account, closed, strict.clone()).await;
    let twin = app.integrate(account, open, strict).await;
    app.integrate(account, open, json!({})).await;
    publish(&app, Platform::Twitter, "Cake");
    app.poll_after(5).await;
    assert_eq!(app.chat.texts().await, ["Cake"]);
    let id = row(&app, "Cake").await;
    assert_eq!(post_anyway(&app, id, twin).await["status"], "already_posted", "by the other integration");
    app.chat.run("UPDATE nchat_channels SET is_archived = true WHERE id = $1", &[&closed]).await;
    let refused = post_anyway(&app, id, archived).await;
    assert_eq!(refused["status"], "channel_archived");
    assert!(refused["message"].as_str().is_some_and(|it| it.contains("archived")));
    assert_eq!(refused["delivery"]["status"], "filtered", "nothing is changed");
    assert_eq!(post_anyway(&app, id, Uuid::from_u128(5)).await["status"], "not_found");

    for (field, input_type) in
        [("socialPostAnyway", "SocialPostAnywayInput"), ("socialRetryPost", "SocialRetryPostInput")]
    {
        let document = format!("mutation ($i: {input_type}!) {{ {field}(input: $i) {{ status post {{ id }} }} }}");
        let input = json!({"i": {"post_id": id, "integration_id": archived}});
        let other = app.try_ask("other", &document, input.clone()).await;
        assert_eq!(other["data"][field], json!({"status": "not_found", "post": null}), "{other}");
        for actor in [Actor::Member, Actor::Nobody, Actor::System] {
            let refused = app.ask_as(actor, &document, input.clone()).await;
            assert!(refused["errors"].is_array(), "{refused}");
        }
    }
    assert!(app.chat.messages(closed).await.is_empty());
}

/// A channel that refuses its message: nothing is posted, and it is told without the driver's words.
#[tokio::test]
async fn a_refused_message_is_told_and_can_be_asked_for_again() {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    app.poll().await;
    let integration = app.integrate(account, app.chat.announcements, json!({"filter_keywords": ["launch"]})).await;
    publish(&app, Platform::Twitter, "Cake");
    app.poll_after(5).await;
    let id = row(&app, "Cake").await;
    refuse(&app, "nchat_messages", "true").await;
    let refused = post_anyway(&app, id, integration).await;
    assert_eq!(refused["status"], "failed", "{refused}");
    assert!(!refused.to_string().contains("canary") && !refused["message"].as_str().unwrap_or_default().is_empty());
    relent(&app, "nchat_messages").await;
    assert_eq!(post_anyway(&app, id, integration).await["status"], "posted");
}
