//! What a rule would make of the posts that are there.

use crate::app::{App, world::account_of};
use nchat_social::{
    domain::Platform,
    simulator::{Counters, Draft},
};
use serde_json::{Value, json};
use uuid::Uuid;

const DOCUMENT: &str = "query ($i: SocialPreviewFilterInput!, $first: Int) { \
    socialPreviewFilter(input: $i, first: $first) { status message problems { field } total delivered waiting filtered \
    failed gained lost posts { post { content } status reason detail in_force change embed content } } }";

async fn preview(app: &App, input: Value) -> Value {
    app.ask(DOCUMENT, json!({"i": input, "first": null})).await["socialPreviewFilter"].clone()
}

/// Each post's text, status, reason and change.
fn verdicts(preview: &Value) -> Vec<(&str, &str, Option<&str>, Option<&str>)> {
    let posts = preview["posts"].as_array().expect("posts").iter();
    posts
        .map(|post| {
            let text = |name: &str| post[name].as_str();
            (
                post["post"]["content"].as_str().expect("text"),
                text("status").expect("a status"),
                text("reason"),
                text("change"),
            )
        })
        .collect()
}

/// Three posts by an integration for "launch".
async fn with_posts() -> (App, Uuid, Uuid) {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    app.poll().await;
    let integration = app.integrate(account, app.chat.announcements, json!({"filter_keywords": ["launch"]})).await;
    let world = app.simulator.world("twitter").expect("X");
    for (text, likes) in [("A launch", 3), ("A cake #party", 9), ("A quiet launch #party", 0)] {
        let counters = Counters { likes: Some(likes), ..Counters::default() };
        world.publish(account_of(Platform::Twitter), Draft { counters, ..Draft::text(text) }).expect("published");
        app.clock.advance(chrono::Duration::seconds(2));
    }
    app.poll_after(5).await;
    (app, account, integration)
}

#[tokio::test]
async fn a_preview_says_what_would_be_posted_why_not_and_what_changes() {
    let (app, account, integration) = with_posts().await;
    assert_eq!(app.chat.texts().await, ["A launch", "A quiet launch #party"]);
    let rows = "SELECT md5(string_agg(d::text, ',' ORDER BY d.id)) AS of FROM nchat_social_deliveries d";
    let before = app.chat.value(rows).await;

    let all = preview(&app, json!({"account_id": account})).await;
    assert_eq!((&all["status"], &all["total"], &all["delivered"]), (&json!("previewed"), &json!(3), &json!(3)));
    assert_eq!((&all["gained"], &all["lost"], &all["posts"][0]["in_force"]), (&json!(0), &json!(0), &Value::Null));

    let party = json!({"account_id": account, "integration_id": integration, "filter_keywords": [],
                       "filter_hashtags": ["party"], "min_engagement": 5});
    let party = preview(&app, party).await;
    assert_eq!(
        verdicts(&party),
        [
            ("A quiet launch #party", "waiting", Some("low_engagement"), Some("lost")),
            ("A cake #party", "delivered", None, Some("gained")),
            ("A launch", "filtered", Some("hashtag"), Some("lost")),
        ]
    );
    let counts =
        ["total", "delivered", "waiting", "filtered", "failed", "gained", "lost"].map(|name| party[name].clone());
    assert_eq!(json!(counts), json!([3, 1, 1, 1, 0, 1, 2]));
    assert!(party["posts"][0]["detail"].as_str().is_some_and(|detail| detail.contains("asks for 5")));

    // What is not given is the rule in force.
    let same = preview(&app, json!({"account_id": account, "integration_id": integration})).await;
    assert_eq!((&same["delivered"], &same["gained"], &same["lost"]), (&json!(2), &json!(0), &json!(0)));
    assert_eq!(app.chat.value(rows).await, before, "a preview changes nothing");
}

#[tokio::test]
async fn the_embed_of_a_preview_is_that_of_the_message() {
    let (app, account, _) = with_posts().await;
    let previewed = preview(&app, json!({"account_id": account})).await;
    let messages = app.chat.messages(app.chat.announcements).await;
    let launch = previewed["posts"].as_array().expect("posts").last().expect("the oldest");
    assert_eq!(launch["embed"], messages[0].embeds[0]);
    assert_eq!(launch["content"], messages[0].content);
    let one = app.ask(DOCUMENT, json!({"i": {"account_id": account}, "first": 1})).await;
    assert_eq!(one["socialPreviewFilter"]["posts"].as_array().map(Vec::len), Some(1));
    let few = "query ($a: uuid!) { socialPreviewFilter(input: {account_id: $a}, first: 200) { delivered } }";
    assert_eq!(app.ask(few, json!({"a": account})).await["socialPreviewFilter"]["delivered"], 3);
    let many = app.try_ask("primary", DOCUMENT, json!({"i": {"account_id": account}, "first": 201})).await;
    assert_eq!(many["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{many}");
}

#[tokio::test]
async fn what_another_integration_has_posted_and_archived_channels_are_seen() {
    let (app, account, integration) = with_posts().await;
    let channel = app.chat.announcements;
    let second = preview(&app, json!({"account_id": account, "channel_id": channel})).await;
    let reasons: Vec<_> = verdicts(&second).into_iter().map(|(_, status, reason, _)| (status, reason)).collect();
    assert_eq!(
        reasons,
        [("filtered", Some("already_in_channel")), ("delivered", None), ("filtered", Some("already_in_channel"))]
    );
    let own = preview(&app, json!({"account_id": account, "integration_id": integration, "channel_id": channel})).await;
    assert_eq!(own["delivered"], 2, "its own posts are its own");
    app.chat.script("UPDATE nchat_channels SET is_archived = true").await;
    let archived = preview(&app, json!({"account_id": account, "channel_id": channel})).await;
    assert_eq!((&archived["delivered"], &archived["failed"]), (&json!(0), &json!(1)));
}

/// A preview with a window that is over says what the look at its end would.
#[tokio::test]
async fn old_posts_below_the_minimum_would_not_wait_any_more() {
    let (app, account, _) = with_posts().await;
    app.clock.advance(chrono::Duration::hours(30));
    for (hours, status, reason) in [(24, "filtered", "low_engagement"), (48, "waiting", "low_engagement")] {
        let input = json!({"account_id": account, "min_engagement": 5, "engagement_window_hours": hours});
        let previewed = preview(&app, input).await;
        assert_eq!(verdicts(&previewed)[0].1, status, "{hours}");
        assert_eq!(verdicts(&previewed)[0].2, Some(reason));
    }
}

#[tokio::test]
async fn wrong_rules_and_unknown_ids_are_told() {
    let (app, account, integration) = with_posts().await;
    let wrong = json!({"account_id": account, "filter_keywords": ["*"], "engagement_window_hours": 0});
    let wrong = preview(&app, wrong).await;
    assert_eq!((&wrong["status"], &wrong["posts"]), (&json!("invalid"), &json!([])));
    assert_eq!(wrong["problems"], json!([{"field": "filter_keywords"}, {"field": "engagement_window_hours"}]));
    let nobody = Uuid::from_u128(3);
    for input in [
        json!({"account_id": nobody}),
        json!({"account_id": account, "channel_id": nobody}),
        json!({"account_id": account, "integration_id": nobody}),
    ] {
        assert_eq!(preview(&app, input.clone()).await["status"], "not_found", "{input}");
    }
    let foreign =
        app.try_ask("other", DOCUMENT, json!({"i": {"account_id": account, "integration_id": integration}})).await;
    assert_eq!(foreign["data"]["socialPreviewFilter"]["status"], "not_found");
}
