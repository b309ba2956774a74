//! Posts that wait for engagement: when they are looked at, what it costs, and how the waiting ends.

use crate::app::{
    App,
    world::{self, account_of},
};
use chrono::{Days, Duration, NaiveTime};
use nchat_social::{
    domain::{Clock, Platform, Timestamp},
    simulator::{Counters, Draft, Fault, FaultKind},
};
use serde_json::{Value, json};
use uuid::Uuid;

/// A program at `hour` of a day in UTC.
async fn start_at(hour: u32) -> App {
    let app = App::start().await;
    let tomorrow = app.clock.now().date_naive() + Days::new(1);
    app.clock.set(tomorrow.and_time(NaiveTime::from_hms_opt(hour, 0, 0).expect("an hour")).and_utc());
    app
}

fn publish(app: &App, platform: Platform, text: &str) -> String {
    let world = app.simulator.world(platform.as_str()).expect("a world");
    world.publish(account_of(platform), Draft::text(text)).expect("published")
}

fn like(app: &App, platform: Platform, post: &str, likes: u64) {
    let world = app.simulator.world(platform.as_str()).expect("a world");
    world.count(post, Counters { likes: Some(likes), ..Counters::default() }).expect("counted");
}

/// Polls every `step` minutes until `until` minutes have passed.
async fn poll_every(app: &App, step: i64, until: i64) {
    for _ in 0..until / step {
        app.poll_after(step).await;
    }
}

/// Minutes after `since` at which posts were looked up by their ids.
fn look_ups(app: &App, since: Timestamp) -> Vec<i64> {
    let calls = app.simulator.calls().into_iter().filter(|call| match call.platform.as_str() {
        "twitter" => call.path == "/2/tweets",
        "instagram" => call.path.starts_with("/graph/") && call.query.contains("fields=id%2Clike_count"),
        _ => call.path.starts_with("/rest/socialMetadata"),
    });
    calls.map(|call| (call.at - since).num_minutes()).collect()
}

/// Each delivery: status, reason, looks.
async fn decisions(app: &App) -> Value {
    app.chat
        .value(
            "SELECT d.status, d.reason, d.looks FROM nchat_social_deliveries d \
             JOIN nchat_social_posts p ON p.id = d.post_id ORDER BY p.posted_at",
        )
        .await
}

#[tokio::test]
async fn on_x_a_waiting_post_is_looked_up_by_the_plan_and_its_cost_is_that_of_the_days() {
    let app = start_at(9).await;
    app.following(Platform::Twitter, json!({"min_engagement": 10})).await;
    let published = app.clock.now();
    let id = publish(&app, Platform::Twitter, "Little loved");
    app.poll_after(5).await;
    like(&app, Platform::Twitter, &id, 7);
    poll_every(&app, 5, 60).await;
    poll_every(&app, 60, 24 * 60).await;
    let looks = look_ups(&app, published);
    assert_eq!(looks[..2], [15, 60]);
    // Polls are an hour apart now.
    assert!((240..300).contains(&looks[2]) && (720..780).contains(&looks[3]), "{looks:?}");
    assert!((1440..1505).contains(&looks[4]) && looks.len() == 5, "{looks:?}");
    assert_eq!(decisions(&app).await, json!([{"status": "filtered", "reason": "low_engagement", "looks": 5}]));
    let detail = app.chat.value("SELECT detail FROM nchat_social_deliveries").await;
    assert!(detail[0]["detail"].as_str().is_some_and(|it| it.contains(" of 7 ") && it.contains("10")), "{detail}");
    let stored = app.chat.value("SELECT engagement->'likes' AS likes FROM nchat_social_posts").await;
    assert_eq!(stored, json!([{"likes": 7}]), "looks refresh what is stored");

    let ledger = app.simulator.shared().base_url.clone() + "/_control/twitter/ledger";
    let reply = world::get(&ledger.parse().expect("an address")).await;
    let days: Value = serde_json::from_slice(&reply.body).expect("JSON");
    // Found once by the timeline; looked up on two days. What was billed for connecting are users.
    let posts: Vec<u64> = days.as_array().expect("days").iter().map(|day| day["posts"].as_u64().unwrap()).collect();
    assert_eq!(posts, [2, 1], "{days}");
    app.assert_at_rest().await;
}

#[tokio::test]
async fn on_every_platform_it_is_posted_the_moment_a_look_finds_enough() {
    for platform in Platform::ALL {
        let app = start_at(9).await;
        app.following(platform, json!({"min_engagement": 10})).await;
        let published = app.clock.now();
        let first = publish(&app, platform, "First");
        // Platforms' times are whole seconds.
        app.clock.advance(Duration::seconds(1));
        let second = publish(&app, platform, "Second");
        // Newer posts push them off the first page.
        for number in 0..30 {
            publish(&app, platform, &format!("Filler {number}"));
        }
        app.poll_after(10).await;
        assert!(app.chat.texts().await.is_empty(), "{platform}");
        for post in [&second, &first] {
            like(&app, platform, post, 9);
        }
        app.poll_after(5).await;
        assert!(app.chat.texts().await.is_empty(), "{platform}: nine are not ten");
        for post in [&second, &first] {
            like(&app, platform, post, 30);
        }
        app.simulator.clear_calls();
        poll_every(&app, 5, 40).await;
        assert!(app.chat.texts().await.is_empty(), "{platform}: it is not looked at yet");
        poll_every(&app, 5, 10).await;
        assert_eq!(app.chat.texts().await, ["First", "Second"], "{platform}: in their order");
        let calls = look_ups(&app, published).into_iter().filter(|minute| *minute >= 60).count();
        assert!((1..=4).contains(&calls), "{platform}: {calls} calls for 32 posts");
        let times = app.chat.count("SELECT count(DISTINCT created_at) FROM nchat_messages").await;
        assert_eq!(times, 2, "{platform}: at times of their own");
        app.assert_at_rest().await;
    }
}

#[tokio::test]
async fn where_pages_bring_counters_nothing_is_looked_up_and_it_is_posted_at_once() {
    for platform in [Platform::Instagram, Platform::Linkedin] {
        let app = start_at(9).await;
        app.following(platform, json!({"min_engagement": 10})).await;
        let published = app.clock.now();
        let id = publish(&app, platform, "Between two looks");
        publish(&app, platform, "Never loved");
        app.poll_after(20).await;
        app.simulator.clear_calls();
        let logs = app.chat.count("SELECT count(*) FROM nchat_social_import_logs").await;
        poll_every(&app, 20, 60).await;
        assert_eq!(decisions(&app).await[1], json!({"status": "waiting", "reason": "low_engagement", "looks": 1}));
        assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_import_logs").await, logs, "no news");
        like(&app, platform, &id, 10);
        app.poll_after(20).await;
        assert_eq!(app.chat.texts().await, ["Between two looks"], "{platform}: long before the look at four hours");
        if platform == Platform::Instagram {
            assert_eq!(look_ups(&app, published), [0; 0], "the pages had it");
        } else {
            assert!(look_ups(&app, published).len() <= 4, "LinkedIn's counters are a call of each reading");
        }
    }
}

#[tokio::test]
async fn what_is_deleted_while_it_waits_ends_as_gone() {
    for platform in Platform::ALL {
        let app = start_at(9).await;
        app.following(platform, json!({"min_engagement": 10})).await;
        let gone = publish(&app, platform, "Soon gone");
        publish(&app, platform, "Here to stay");
        app.poll_after(10).await;
        app.simulator.world(platform.as_str()).expect("a world").delete(&gone).expect("deleted");
        poll_every(&app, 10, 60).await;
        let decided = decisions(&app).await;
        assert_eq!(
            (&decided[0]["status"], &decided[0]["reason"]),
            (&json!("filtered"), &json!("post_gone")),
            "{platform}"
        );
        assert_eq!(decided[1]["status"], "waiting", "{platform}");
        assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_posts").await, 2, "{platform}: the row stays");
    }
}

#[tokio::test]
async fn a_look_that_would_fall_just_after_midnight_is_made_before_it() {
    let app = start_at(12).await;
    app.following(Platform::Twitter, json!({"min_engagement": 10})).await;
    app.clock.advance(Duration::minutes(10));
    let published = app.clock.now();
    publish(&app, Platform::Twitter, "At ten past twelve");
    poll_every(&app, 5, 60).await;
    poll_every(&app, 60, 10 * 60).await;
    poll_every(&app, 5, 120).await;
    let looks = look_ups(&app, published);
    let last = published + Duration::minutes(*looks.last().expect("looks"));
    assert_eq!(looks.len(), 4, "{looks:?}");
    assert_eq!(last.date_naive(), published.date_naive(), "{last}");
    assert!((last - published) > Duration::hours(11), "{last}");
    let next = app.chat.value("SELECT next_look_at FROM nchat_social_deliveries").await;
    let next: Timestamp = next[0]["next_look_at"].as_str().expect("a time").parse().expect("a time");
    // X's times are whole seconds.
    assert!((next - published - Duration::hours(24)).abs() < Duration::seconds(2), "{next}");
}

#[tokio::test]
async fn a_changed_integration_decides_about_its_waiting_posts_at_the_next_poll() {
    let change = async |change: Value| {
        let app = start_at(9).await;
        let account = app.connect_one(Platform::Twitter).await;
        app.poll().await;
        let integration = app.integrate(account, app.chat.announcements, json!({"min_engagement": 10})).await;
        let id = publish(&app, Platform::Twitter, "Seven");
        app.poll_after(5).await;
        like(&app, Platform::Twitter, &id, 7);
        poll_every(&app, 5, 115).await;
        if change.is_null() {
            let document =
                "mutation ($i: SocialDeleteIntegrationInput!) { socialDeleteIntegration(input: $i) { status } }";
            app.ask(document, json!({"i": {"id": integration}})).await;
        } else {
            let mut input = change;
            input["id"] = json!(integration);
            let document = "mutation ($i: SocialUpdateIntegrationInput!) { socialUpdateIntegration(input: $i) \
                            { status integration { engagement_window_hours } } }";
            let data = app.ask(document, json!({"i": input})).await;
            assert_eq!(data["socialUpdateIntegration"]["status"], "updated", "{data}");
        }
        app.simulator.clear_calls();
        app.poll_after(5).await;
        let calls = look_ups(&app, app.clock.now()).len();
        let decided = decisions(&app).await[0].clone();
        poll_every(&app, 60, 26 * 60).await;
        (decided, calls, look_ups(&app, app.clock.now()).len() - calls)
    };
    let (decided, calls, later) = change(json!({"min_engagement": 7})).await;
    assert_eq!((decided, calls, later), (json!({"status": "delivered", "reason": null, "looks": 3}), 1, 0));
    let (decided, calls, later) = change(json!({"min_engagement": 8})).await;
    assert_eq!((decided["status"].clone(), calls, later), (json!("waiting"), 1, 3));
    let (decided, _, later) = change(json!({"engagement_window_hours": 1})).await;
    assert_eq!(
        (decided["reason"].clone(), decided["status"].clone(), later),
        (json!("low_engagement"), json!("filtered"), 0)
    );
    let (decided, calls, later) = change(json!({"auto_post": false})).await;
    assert_eq!((decided["reason"].clone(), calls, later), (json!("auto_post_off"), 0, 0), "no look for nothing");
    let (decided, calls, later) = change(Value::Null).await;
    assert_eq!((decided["reason"].clone(), calls, later), (json!("integration_deleted"), 0, 0));
    let (decided, _, _) = change(json!({"engagement_window_hours": 168})).await;
    assert_eq!(decided["status"], "waiting");
}

#[tokio::test]
async fn what_waited_before_there_was_a_plan_is_treated() {
    let app = start_at(9).await;
    app.following(Platform::Twitter, json!({"min_engagement": 10})).await;
    let fresh = publish(&app, Platform::Twitter, "Of today");
    publish(&app, Platform::Twitter, "Of last week");
    app.poll_after(5).await;
    app.chat
        .script(
            "UPDATE nchat_social_posts SET posted_at = posted_at - interval '7 days', \
               details = jsonb_set(details, '{posted_at}', to_jsonb(posted_at - interval '7 days')) \
             WHERE content = 'Of last week'; UPDATE nchat_social_deliveries SET next_look_at = NULL, looks = 0",
        )
        .await;
    like(&app, Platform::Twitter, &fresh, 12);
    app.simulator.clear_calls();
    app.poll_after(5).await;
    let decided = decisions(&app).await;
    assert_eq!(decided[0], json!({"status": "filtered", "reason": "low_engagement", "looks": 1}));
    assert_eq!(decided[1], json!({"status": "delivered", "reason": null, "looks": 1}));
    let asked = app.simulator.calls().into_iter().find(|call| call.path == "/2/tweets").expect("a look-up");
    assert!(asked.query.contains(&format!("ids={fresh}&")), "what is long over costs nothing: {}", asked.query);
}

#[tokio::test]
async fn a_look_up_that_fails_delays_the_look_and_nothing_else() {
    let app = start_at(9).await;
    app.following(Platform::Twitter, json!({"min_engagement": 5})).await;
    let waiting = publish(&app, Platform::Twitter, "Waiting");
    app.poll_after(5).await;
    like(&app, Platform::Twitter, &waiting, 6);
    app.simulator.fault(Fault::new("twitter", "/2/tweets", FaultKind::Html(503))).expect("armed");
    let world = app.simulator.world("twitter").expect("X");
    let liked = Counters { likes: Some(5), ..Counters::default() };
    world
        .publish(account_of(Platform::Twitter), Draft { counters: liked, ..Draft::text("New meanwhile") })
        .expect("published");
    app.poll_after(15).await;
    assert_eq!(app.chat.texts().await, ["New meanwhile"]);
    assert_eq!(decisions(&app).await[0]["looks"], 0);
    let health = app.chat.value("SELECT health, failures FROM nchat_social_accounts").await;
    assert_eq!(health, json!([{"health": "connected", "failures": 0}]));
    app.simulator.clear_faults();
    app.poll_after(5).await;
    assert_eq!(app.chat.texts().await, ["New meanwhile", "Waiting"]);
}

/// What an idle poll costs: with posts that wait but are not due it stays quiet.
#[tokio::test]
async fn between_two_looks_polls_are_quiet() {
    let app = start_at(9).await;
    app.following(Platform::Twitter, json!({"min_engagement": 5})).await;
    publish(&app, Platform::Twitter, "Waiting");
    app.poll_after(5).await;
    poll_every(&app, 5, 15).await;
    let quiet = "SELECT quiet_polls FROM nchat_social_accounts";
    let before = app.chat.count(quiet).await;
    app.simulator.clear_calls();
    poll_every(&app, 5, 35).await;
    assert_eq!(app.chat.count(quiet).await, before + 7);
    assert!(look_ups(&app, app.clock.now()).is_empty());
}

#[tokio::test]
async fn the_window_is_an_integrations_own_and_the_api_shows_the_plan() {
    let app = start_at(9).await;
    let account = app.connect_one(Platform::Twitter).await;
    app.poll().await;
    let create = "mutation ($i: SocialCreateIntegrationInput!) { socialCreateIntegration(input: $i) \
                  { status problems { field message } integration { engagement_window_hours } } }";
    let input = json!({"account_id": account, "channel_id": app.chat.announcements, "min_engagement": 5});
    for (hours, expected) in [(Value::Null, Some(24)), (json!(168), Some(168)), (json!(0), None), (json!(169), None)] {
        let mut input = input.clone();
        input["engagement_window_hours"] = hours.clone();
        let payload = app.ask(create, json!({"i": input})).await["socialCreateIntegration"].clone();
        match expected {
            Some(hours) => assert_eq!(payload["integration"]["engagement_window_hours"], hours, "{payload}"),
            None => assert_eq!(payload["problems"][0]["field"], "engagement_window_hours", "{hours}: {payload}"),
        }
    }
    let refused = app.database.client().await;
    let refused = refused.batch_execute("UPDATE nchat_social_integrations SET engagement_window_hours = 500").await;
    assert!(refused.is_err(), "the table knows the bounds too");

    publish(&app, Platform::Twitter, "Waiting");
    app.poll_after(5).await;
    poll_every(&app, 5, 15).await;
    let document = "{ socialPosts { nodes { posted_at deliveries { status looks next_look_at requested_by } } } }";
    let post = app.ask(document, json!({})).await["socialPosts"]["nodes"][0].clone();
    let posted_at: Timestamp = post["posted_at"].as_str().expect("a time").parse().expect("a time");
    for delivery in post["deliveries"].as_array().expect("two") {
        assert_eq!((&delivery["status"], &delivery["looks"]), (&json!("waiting"), &json!(1)));
        let next: Timestamp = delivery["next_look_at"].as_str().expect("a time").parse().expect("a time");
        assert_eq!(next, posted_at + Duration::hours(1));
        assert!(delivery["requested_by"].is_null());
    }
}

#[tokio::test]
async fn after_weeks_without_polls_only_what_is_still_news_is_posted() {
    for platform in Platform::ALL {
        let app = start_at(9).await;
        app.following(platform, json!({})).await;
        publish(&app, platform, "Weeks ago");
        app.clock.advance(Duration::days(13));
        publish(&app, platform, "Yesterday");
        app.poll_after(24 * 60).await;
        assert_eq!(app.chat.texts().await, ["Yesterday"], "{platform}");
        let decided = decisions(&app).await;
        assert_eq!(decided[0], json!({"status": "filtered", "reason": "too_old", "looks": 0}), "{platform}");

        // Who asks for the past gets it.
        let account: Uuid = app.chat.value("SELECT id FROM nchat_social_accounts").await[0]["id"]
            .as_str()
            .and_then(|id| id.parse().ok())
            .expect("an id");
        let archive = app.chat.another_channel("archive").await;
        app.integrate(account, archive, json!({"backfill_count": 10})).await;
        app.poll_after(20).await;
        assert_eq!(app.chat.messages(archive).await.len(), 2, "{platform}");
    }
}

/// The comments on the page passed for a look, and the likes that its owner hides were never read.
#[tokio::test]
async fn defect_hidden_likes_are_read_by_a_look_although_the_page_tells_comments() {
    let app = start_at(9).await;
    app.following(Platform::Instagram, json!({"min_engagement": 10})).await;
    let draft: Draft = serde_json::from_value(json!({
        "text": "Quietly loved", "counters": {"comments": 2}, "extra": {"hide_likes": true}
    }))
    .expect("a draft");
    let world = app.simulator.world("instagram").expect("Instagram");
    let id = world.publish(account_of(Platform::Instagram), draft).expect("published");
    let published = app.clock.now();
    app.poll_after(5).await;
    like(&app, Platform::Instagram, &id, 50);
    poll_every(&app, 5, 25).await;
    assert_eq!(app.chat.texts().await, ["Quietly loved"]);
    let looks = look_ups(&app, published);
    assert!(looks.len() == 1 && (15..=30).contains(&looks[0]), "once, and when it was due: {looks:?}");
}
