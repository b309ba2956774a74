//! What an administrator types: every problem named, nothing half stored.

use super::update;
use crate::app::App;
use nchat_social::domain::Platform;
use serde_json::{Value, json};
use uuid::Uuid;

/// The problems of creating an integration by `input`, and proof that nothing was stored.
async fn refused(app: &App, input: Value) -> (String, Vec<(String, String)>) {
    let document = "mutation ($i: SocialCreateIntegrationInput!) { socialCreateIntegration(input: $i) { status message \
                    problems { field message } integration { id } } }";
    let before = app.chat.count("SELECT count(*) FROM nchat_social_integrations").await;
    let data = app.ask(document, json!({"i": input})).await;
    let payload = &data["socialCreateIntegration"];
    assert!(payload["integration"].is_null(), "{payload:#}");
    assert!(payload["message"].as_str().is_some_and(|message| message.len() > 10), "{payload:#}");
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_integrations").await, before, "{input}");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let problems = payload["problems"].as_array().expect("a list");
    (text(&payload["status"]), problems.iter().map(|p| (text(&p["field"]), text(&p["message"]))).collect())
}

#[tokio::test]
async fn every_problem_is_told_with_its_field_and_advice() {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    let archived = app.chat.another_channel("archived").await;
    app.chat.run("UPDATE nchat_channels SET is_archived = true WHERE id = $1", &[&archived]).await;
    let foreign = Uuid::from_u128(0xf0);
    app.chat.channel(foreign, "foreign", "other-tenant").await;
    let many: Vec<String> = (0..51).map(|n| format!("tag{n}")).collect();
    let long = "a".repeat(300);

    for (field, value, advice) in [
        ("filter_hashtags", json!(many), "at most 50"),
        ("filter_keywords", json!(many), "at most 50"),
        ("filter_hashtags", json!(["two words"]), "one word"),
        ("filter_hashtags", json!(["#one#two"]), "one word"),
        ("filter_hashtags", json!(["#"]), "no word"),
        ("filter_hashtags", json!([""]), "no word"),
        ("filter_hashtags", json!([long]), "at most 100"),
        ("filter_keywords", json!([""]), "cannot be empty"),
        ("filter_keywords", json!(["  \u{200b} "]), "cannot be empty"),
        ("filter_keywords", json!(["*"]), "launch*"),
        ("filter_keywords", json!(["*launch"]), "at the end"),
        ("filter_keywords", json!([long]), "at most 200"),
        ("min_engagement", json!(-1), "from 0"),
        ("min_engagement", json!(3_000_000_000_i64), "2147483647"),
        ("backfill_count", json!(51), "0 to 50"),
        ("backfill_count", json!(-1), "0 to 50"),
        ("channel_id", json!(archived), "archived"),
        ("channel_id", json!(foreign), "channel"),
        ("channel_id", json!(Uuid::from_u128(0xdead)), "channel"),
    ] {
        let mut input = json!({"account_id": account, "channel_id": app.chat.announcements});
        input[field] = value;
        let (status, problems) = refused(&app, input).await;
        assert_eq!(status, "invalid", "{field}: {problems:?}");
        assert_eq!(problems.len(), 1, "{field}: {problems:?}");
        assert_eq!(problems[0].0, field, "{problems:?}");
        assert!(problems[0].1.contains(advice), "{field}: {problems:?}");
    }
}

#[tokio::test]
async fn several_problems_are_told_at_once() {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    let input = json!({
        "account_id": account, "channel_id": Uuid::from_u128(0xdead), "filter_hashtags": ["#", "a b"],
        "filter_keywords": ["*"], "min_engagement": -5, "backfill_count": 99
    });
    let (status, problems) = refused(&app, input).await;
    let mut fields: Vec<&str> = problems.iter().map(|(field, _)| field.as_str()).collect();
    fields.sort_unstable();
    assert_eq!(status, "invalid");
    assert_eq!(
        fields,
        ["backfill_count", "channel_id", "filter_hashtags", "filter_hashtags", "filter_keywords", "min_engagement"]
    );
}

#[tokio::test]
async fn accounts_and_integrations_of_other_tenants_are_not_there() {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    let id = app.integrate(account, app.chat.announcements, json!({"filter_hashtags": ["news"]})).await;
    let unknown = json!({"account_id": Uuid::from_u128(0xdead), "channel_id": app.chat.announcements});
    assert_eq!(refused(&app, unknown).await.0, "not_found");

    let foreign = Uuid::from_u128(0xf0);
    app.chat.channel(foreign, "foreign", "other-tenant").await;
    let create = "mutation ($i: SocialCreateIntegrationInput!) { socialCreateIntegration(input: $i) { status } }";
    let answer =
        app.try_ask("other-tenant", create, json!({"i": {"account_id": account, "channel_id": foreign}})).await;
    assert_eq!(answer["data"]["socialCreateIntegration"]["status"], "not_found", "{answer:#}");
    let change = "mutation ($i: SocialUpdateIntegrationInput!) { socialUpdateIntegration(input: $i) { status } }";
    let answer = app.try_ask("other-tenant", change, json!({"i": {"id": id, "filter_hashtags": []}})).await;
    assert_eq!(answer["data"]["socialUpdateIntegration"]["status"], "not_found", "{answer:#}");
    let stored = app.chat.value("SELECT filter_hashtags FROM nchat_social_integrations").await;
    assert_eq!(stored, json!([{"filter_hashtags": ["news"]}]));
}

#[tokio::test]
async fn a_change_touches_what_is_given_alone() {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    let rule = json!({
        "filter_hashtags": ["#News"], "filter_keywords": ["Cake"], "exclude_retweets": true, "exclude_replies": true,
        "min_engagement": 7, "auto_post": false
    });
    let id = app.integrate(account, app.chat.announcements, rule).await;
    let mut expected = json!({
        "channel_id": app.chat.announcements, "auto_post": false, "filter_hashtags": ["news"],
        "filter_keywords": ["cake"], "exclude_retweets": true, "exclude_replies": true, "min_engagement": 7
    });
    let nothing = json!({
        "id": id, "channel_id": null, "auto_post": null, "filter_hashtags": null, "filter_keywords": null,
        "exclude_retweets": null, "exclude_replies": null, "min_engagement": null
    });
    for unchanged in [json!({"id": id}), nothing] {
        let payload = update(&app, unchanged).await;
        assert_eq!(payload["status"], "updated", "{payload:#}");
        assert_eq!(payload["integration"], expected, "null means: not given");
    }
    let second = app.chat.another_channel("second").await;
    for (field, typed, stored) in [
        ("filter_hashtags", json!([]), json!([])),
        ("filter_keywords", json!(["Tea", "TEA"]), json!(["tea"])),
        ("filter_keywords", json!([]), json!([])),
        ("exclude_retweets", json!(false), json!(false)),
        ("exclude_replies", json!(false), json!(false)),
        ("min_engagement", json!(0), json!(0)),
        ("min_engagement", json!(2_147_483_647), json!(2_147_483_647)),
        ("auto_post", json!(true), json!(true)),
        ("channel_id", json!(second), json!(second)),
        (
            "filter_hashtags",
            json!((0..50).map(|n| format!("#T{n}")).collect::<Vec<_>>()),
            json!((0..50).map(|n| format!("t{n}")).collect::<Vec<_>>()),
        ),
    ] {
        let mut input = json!({"id": id});
        input[field] = typed;
        expected[field] = stored;
        let payload = update(&app, input).await;
        assert_eq!(payload["integration"], expected, "{field}: {payload:#}");
    }
}

#[tokio::test]
async fn a_refused_change_changes_nothing() {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    let id = app.integrate(account, app.chat.announcements, json!({"filter_hashtags": ["news"]})).await;
    let archived = app.chat.another_channel("archived").await;
    app.chat.run("UPDATE nchat_channels SET is_archived = true WHERE id = $1", &[&archived]).await;
    for (field, value) in [
        ("filter_keywords", json!(["*"])),
        ("min_engagement", json!(-1)),
        ("channel_id", json!(archived)),
        ("channel_id", json!(Uuid::from_u128(0xdead))),
    ] {
        // The rest of the input is fine, and is not taken either.
        let mut input = json!({"id": id, "filter_hashtags": ["cake"]});
        input[field] = value;
        let payload = update(&app, input).await;
        assert_eq!((&payload["status"], &payload["problems"][0]["field"]), (&json!("invalid"), &json!(field)));
        let stored =
            app.chat.value("SELECT channel_id, filter_hashtags, filter_keywords FROM nchat_social_integrations").await;
        let expected = json!([{
            "channel_id": app.chat.announcements, "filter_hashtags": ["news"], "filter_keywords": []
        }]);
        assert_eq!(stored, expected);
    }
    let missing = update(&app, json!({"id": Uuid::from_u128(0xdead)})).await;
    assert_eq!(missing["status"], "not_found");
}
