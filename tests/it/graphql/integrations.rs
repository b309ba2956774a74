//! Creating, changing and deleting integrations.

use crate::app::App;
use nchat_social::domain::Platform;
use serde_json::{Value, json};
use uuid::Uuid;

const FIELDS: &str = "{ status message problems { field message } integration { id account_id channel_id auto_post \
    filter_hashtags filter_keywords exclude_retweets exclude_replies min_engagement backfill_count } }";

async fn create(app: &App, input: Value) -> Value {
    let document =
        format!("mutation ($i: SocialCreateIntegrationInput!) {{ socialCreateIntegration(input: $i) {FIELDS} }}");
    app.ask(&document, json!({"i": input})).await["socialCreateIntegration"].clone()
}

async fn update(app: &App, input: Value) -> Value {
    let document =
        format!("mutation ($i: SocialUpdateIntegrationInput!) {{ socialUpdateIntegration(input: $i) {FIELDS} }}");
    app.ask(&document, json!({"i": input})).await["socialUpdateIntegration"].clone()
}

fn fields(payload: &Value) -> Vec<&str> {
    let problems = payload["problems"].as_array().expect("a list").iter();
    problems
        .map(|problem| {
            assert!(problem["message"].as_str().expect("a sentence").len() > 5, "{payload:#}");
            problem["field"].as_str().expect("a field")
        })
        .collect()
}

#[tokio::test]
async fn what_is_not_given_has_the_documented_meaning() {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    let ids = json!({"account_id": account, "channel_id": app.chat.announcements});
    let mut with_nulls = ids.clone();
    for field in [
        "auto_post",
        "filter_hashtags",
        "filter_keywords",
        "exclude_retweets",
        "exclude_replies",
        "min_engagement",
        "backfill_count",
    ] {
        with_nulls[field] = Value::Null;
    }
    let mut created = Vec::new();
    for input in [ids, with_nulls] {
        let payload = create(&app, input).await;
        assert_eq!((&payload["status"], &payload["problems"]), (&json!("created"), &json!([])));
        assert!(payload["message"].as_str().expect("a sentence").contains("next poll"));
        let mut integration = payload["integration"].clone();
        created.push(integration.as_object_mut().expect("an object").remove("id"));
        assert_eq!(
            integration,
            json!({"account_id": account, "channel_id": app.chat.announcements, "auto_post": true,
                   "filter_hashtags": [], "filter_keywords": [], "exclude_retweets": false, "exclude_replies": false,
                   "min_engagement": 0, "backfill_count": 0})
        );
    }
    assert_ne!(created[0], created[1], "two rules for one channel are two integrations");
}

#[tokio::test]
async fn every_problem_of_an_input_is_named_at_once() {
    let app = App::start().await;
    let archived = app.chat.another_channel("old-news").await;
    app.chat.run("UPDATE nchat_channels SET is_archived = true WHERE id = $1", &[&archived]).await;
    let account = app.connect_one(Platform::Twitter).await;
    let many: Vec<String> = (0..51).map(|n| format!("tag{n}")).collect();
    let refused = create(
        &app,
        json!({"account_id": account, "channel_id": archived, "min_engagement": -1, "backfill_count": 51,
               "filter_hashtags": many, "filter_keywords": ["x".repeat(1000)]}),
    )
    .await;
    assert_eq!((&refused["status"], &refused["integration"]), (&json!("invalid"), &Value::Null));
    let mut found = fields(&refused);
    found.sort_unstable();
    assert_eq!(found, ["backfill_count", "channel_id", "filter_hashtags", "filter_keywords", "min_engagement"]);
    assert!(refused["message"].as_str().expect("a sentence").contains("#old-news is archived"), "{refused:#}");

    let unknown = create(&app, json!({"account_id": account, "channel_id": Uuid::from_u128(7)})).await;
    assert_eq!(fields(&unknown), ["channel_id"]);
    let unknown = create(&app, json!({"account_id": Uuid::from_u128(7), "channel_id": archived})).await;
    assert_eq!((&unknown["status"], &unknown["problems"]), (&json!("not_found"), &json!([])));
    assert_eq!(unknown["message"], "There is no such account in this workspace.");
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_integrations").await, 0);
}

#[tokio::test]
async fn defect_posts_cannot_go_into_direct_and_group_conversations() {
    let app = App::start().await;
    let theirs = app.chat.another_channel("theirs").await;
    let account = app.connect_one(Platform::Twitter).await;
    let id = app.integrate(account, app.chat.announcements, json!({})).await;
    for kind in ["direct", "group"] {
        app.chat.run("UPDATE nchat_channels SET type = $2::text::channel_type WHERE id = $1", &[&theirs, &kind]).await;
        let created = create(&app, json!({"account_id": account, "channel_id": theirs})).await;
        let updated = update(&app, json!({"id": id, "channel_id": theirs})).await;
        for refused in [created, updated] {
            assert_eq!((&refused["status"], fields(&refused)), (&json!("invalid"), vec!["channel_id"]), "{kind}");
            assert!(refused["message"].as_str().expect("a sentence").contains("conversation"), "{refused:#}");
        }
    }
}

#[tokio::test]
async fn changing_leaves_what_is_not_given() {
    let app = App::start().await;
    let second = app.chat.another_channel("second").await;
    let account = app.connect_one(Platform::Twitter).await;
    let rule = json!({"filter_hashtags": ["#Tea"], "filter_keywords": ["launch*"], "exclude_replies": true,
                      "min_engagement": 4, "auto_post": false});
    let id = app.integrate(account, app.chat.announcements, rule).await;
    let as_it_was = update(&app, json!({"id": id})).await["integration"].clone();
    assert_eq!(as_it_was["filter_hashtags"], json!(["tea"]));

    let nulls = json!({"id": id, "channel_id": null, "auto_post": null, "filter_hashtags": null, "filter_keywords": null,
                       "exclude_retweets": null, "exclude_replies": null, "min_engagement": null});
    let same = update(&app, nulls).await;
    assert_eq!((&same["status"], &same["integration"]), (&json!("updated"), &as_it_was), "null is not given");

    let mut expected = as_it_was.clone();
    for (field, value, stored) in [
        ("channel_id", json!(second), json!(second)),
        ("auto_post", json!(true), json!(true)),
        ("filter_hashtags", json!([]), json!([])),
        ("filter_keywords", json!(["news"]), json!(["news"])),
        ("exclude_retweets", json!(true), json!(true)),
        ("exclude_replies", json!(false), json!(false)),
        ("min_engagement", json!(0), json!(0)),
    ] {
        expected[field] = stored;
        let mut input = json!({"id": id});
        input[field] = value;
        for _ in 0..2 {
            let payload = update(&app, input.clone()).await;
            assert_eq!((&payload["status"], &payload["integration"]), (&json!("updated"), &expected), "{field}");
        }
    }

    let refused = update(&app, json!({"id": id, "channel_id": Uuid::from_u128(7), "min_engagement": -2})).await;
    assert_eq!((&refused["status"], fields(&refused).len()), (&json!("invalid"), 2));
    assert_eq!(update(&app, json!({"id": id})).await["integration"], expected, "a refusal changes nothing");
    let unknown = update(&app, json!({"id": Uuid::from_u128(7), "auto_post": true})).await;
    assert_eq!((&unknown["status"], &unknown["integration"]), (&json!("not_found"), &Value::Null));
}

#[tokio::test]
async fn deleting_is_done_once_and_said_twice() {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    let id = app.integrate(account, app.chat.announcements, json!({})).await;
    let kept = app.integrate(account, app.chat.announcements, json!({})).await;
    let document =
        "mutation ($i: SocialDeleteIntegrationInput!) { socialDeleteIntegration(input: $i) { status message id } }";
    let delete = async || app.ask(document, json!({"i": {"id": id}})).await["socialDeleteIntegration"].clone();
    let done = delete().await;
    assert_eq!((&done["status"], &done["id"]), (&json!("deleted"), &json!(id)));
    let again = delete().await;
    assert_eq!((&again["status"], &again["id"]), (&json!("not_found"), &Value::Null));
    assert!(again["message"].as_str().expect("a sentence").contains("no such integration"));
    let left = app.ask("{ socialIntegrations { id } }", json!({})).await;
    assert_eq!(left["socialIntegrations"], json!([{"id": kept}]));
}
