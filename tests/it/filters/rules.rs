//! Which posts a rule lets through, by the defects it had.

use super::{left_out, passing, publish, publish_all, somebody, update};
use crate::app::App;
use nchat_social::{
    domain::Platform,
    simulator::{Counters, Draft, DraftMedia},
};
use serde_json::json;

/// The form keeps the `#` that its documentation tells people to type.
#[tokio::test]
async fn defect_48_a_hashtag_is_the_same_with_and_without_its_sign() {
    let texts = ["One #news", "Two #News", "Three #ＮＥＷＳ", "Four news", "Five #newsroom", "Six #NEWS!"];
    for (platform, typed) in [
        (Platform::Twitter, "#news"),
        (Platform::Twitter, "News"),
        (Platform::Instagram, "＃ＮＥＷＳ"),
        (Platform::Linkedin, " ##NEWS "),
    ] {
        let passed = passing(platform, json!({"filter_hashtags": [typed]}), &texts).await;
        assert_eq!(passed, [texts[0], texts[1], texts[2], texts[5]], "{platform} {typed}");
    }
}

#[tokio::test]
async fn defect_48_a_hashtag_is_stored_without_its_sign() {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    let rule =
        json!({"filter_hashtags": ["#News", "ＮＥＷＳ", "#Café"], "filter_keywords": ["  Big\u{a0} News ", "Launch*"]});
    app.integrate(account, app.chat.announcements, rule).await;
    let stored = app.chat.value("SELECT filter_hashtags, filter_keywords FROM nchat_social_integrations").await;
    assert_eq!(stored, json!([{"filter_hashtags": ["news", "café"], "filter_keywords": ["big news", "launch*"]}]));
}

/// ASCII letters alone: `#café` was `caf`, `#日本` nothing, `me@example.com` a mention.
#[tokio::test]
async fn defect_49_hashtags_and_mentions_of_every_script() {
    let texts =
        ["Menu #café", "Menu #cafe\u{301}", "Menu #caf", "Menu #cafés", "旅行 #日本", "旅行 #日本語", "שלום #עברית"];
    for platform in Platform::ALL {
        let passed = passing(platform, json!({"filter_hashtags": ["#Café", "日本", "#עברית"]}), &texts).await;
        assert_eq!(passed, [texts[0], texts[1], texts[4], texts[6]], "{platform}");
    }
    let app = App::start().await;
    app.following(Platform::Instagram, json!({})).await;
    publish_all(&app, Platform::Instagram, &["Write to me@example.com or @foo.bar_1, @Ünsal."]);
    app.poll_after(5).await;
    let mentions = app.chat.value("SELECT mentions FROM nchat_social_posts").await;
    assert_eq!(mentions, json!([{"mentions": ["foo.bar_1"]}]));
}

/// A substring: `art` matched `party`, and an empty keyword everything.
#[tokio::test]
async fn defect_50_a_keyword_is_a_word() {
    for (keywords, texts, passed) in [
        (
            vec!["art"],
            vec!["Art for all", "A party", "State of the ART.", "art-house", "smart", "l'art"],
            vec![0, 2, 3, 5],
        ),
        (vec!["launch*"], vec!["We launched", "Launch!", "A relaunch", "LAUNCHES", "lunch"], vec![0, 1, 3]),
        (
            vec!["big news"],
            vec!["Big news today", "BIG\nNEWS", "news, big", "big newspaper", "big  news"],
            vec![0, 1, 4],
        ),
        (vec!["新製品"], vec!["本日新製品を発表", "製品の話", "新製品", "新 製品"], vec![0, 2]),
        (vec!["뉴스"], vec!["오늘의 뉴스를 전합니다", "소식"], vec![0]),
        (vec!["c++", "straße"], vec!["C++ 26 is out", "Sesame STRASSE", "C is old", "strand"], vec![0, 1]),
    ] {
        let got = passing(Platform::Instagram, json!({"filter_keywords": keywords}), &texts).await;
        let expected: Vec<&str> = passed.into_iter().map(|n: usize| texts[n]).collect();
        assert_eq!(got, expected, "{keywords:?}");
    }
    let everything = ["Anything", "at all", "日本"];
    let got = passing(Platform::Twitter, json!({"filter_keywords": [], "filter_hashtags": null}), &everything).await;
    assert_eq!(got, everything, "no filter lets all through");
}

/// Guessed from the text: a post that begins with a mention was dropped, a self-reply passed.
#[tokio::test]
async fn defect_51_reposts_and_replies_are_known_by_data() {
    let app = App::start().await;
    let strict = app.following(Platform::Twitter, json!({"exclude_retweets": true, "exclude_replies": true})).await;
    let strict_rule = app.chat.value("SELECT id FROM nchat_social_integrations").await;
    let strict_rule = strict_rule[0]["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    // Somebody wants everything, so X is asked for everything.
    let all = app.chat.another_channel("all").await;
    app.integrate(strict, all, json!({})).await;

    publish(&app, Platform::Twitter, Draft::text("@bo_example thank you for the cake"));
    publish(&app, Platform::Twitter, Draft { reply_to: Some("self".into()), ..Draft::text("And one more thing") });
    publish(&app, Platform::Twitter, Draft { reply_to: Some("bo_example".into()), ..Draft::text("An answer") });
    publish(&app, Platform::Twitter, Draft::text("RT @bo_example: typed by hand"));
    publish(&app, Platform::Twitter, Draft { repost_of: Some(somebody("Theirs")), ..Draft::default() });
    publish(&app, Platform::Twitter, Draft { quote_of: Some(somebody("Quoted")), ..Draft::text("Look at this") });
    app.poll_after(5).await;

    let texts = app.chat.texts().await;
    assert_eq!(texts.len(), 3, "{texts:?}");
    assert_eq!(texts[..2], ["@bo_example thank you for the cake", "RT @bo_example: typed by hand"]);
    assert!(texts[2].starts_with("Look at this"), "{texts:?}");
    let left = left_out(&app, strict_rule).await;
    let reasons: Vec<&str> = left.as_array().expect("rows").iter().filter_map(|row| row["reason"].as_str()).collect();
    assert_eq!(reasons, ["reply", "reply", "repost"], "{left:#}");
    assert_eq!(app.chat.messages(all).await.len(), 6);
}

#[tokio::test]
async fn defect_51_reshares_of_linkedin_are_reposts() {
    let app = App::start().await;
    app.following(Platform::Linkedin, json!({"exclude_retweets": true})).await;
    publish(&app, Platform::Linkedin, Draft::text("Ours"));
    publish(&app, Platform::Linkedin, Draft { repost_of: Some(somebody("Theirs")), ..Draft::default() });
    app.poll_after(20).await;
    assert_eq!(app.chat.texts().await, ["Ours"]);
}

/// Judged once, seconds after publication, and without quotes.
#[tokio::test]
async fn defect_52_engagement_is_a_sum_and_can_be_reached_later() {
    // Every counter but views counts.
    let app = App::start().await;
    app.following(Platform::Twitter, json!({"min_engagement": 10})).await;
    let counters = Counters {
        likes: Some(4),
        reposts: Some(3),
        replies: Some(2),
        quotes: Some(1),
        views: Some(0),
        ..Counters::default()
    };
    publish(&app, Platform::Twitter, Draft { counters, ..Draft::text("Ten") });
    let seen = Counters { likes: Some(9), views: Some(90_000), ..Counters::default() };
    publish(&app, Platform::Twitter, Draft { counters: seen, ..Draft::text("Nine") });
    app.poll_after(5).await;
    assert_eq!(app.chat.texts().await, ["Ten"]);

    for platform in Platform::ALL {
        let app = App::start().await;
        app.following(platform, json!({"min_engagement": 10})).await;
        let media = vec![DraftMedia { kind: "image".into(), alt_text: None }];
        let first = publish(&app, platform, Draft { media, ..Draft::text("Slowly loved") });
        publish(&app, platform, Draft::text("Never loved"));
        app.poll_after(20).await;
        let waiting = app.chat.value("SELECT status, reason FROM nchat_social_deliveries").await;
        assert_eq!(waiting.as_array().map(Vec::len), Some(2));
        assert!(waiting.as_array().expect("rows").iter().all(|row| row["status"] == "waiting"), "{waiting:#}");
        let world = app.simulator.world(platform.as_str()).expect("a world");
        for (likes, posted) in [(8, 0), (9, 1), (400, 1)] {
            // A comment is a reply on X.
            let grown = Counters { likes: Some(likes), comments: Some(1), replies: Some(1), ..Counters::default() };
            world.count(&first, grown).expect("counted");
            app.poll_after(20).await;
            assert_eq!(app.chat.texts().await.len(), posted, "{platform}: {likes} likes and a comment");
        }
        let message = &app.chat.messages(app.chat.announcements).await[0];
        assert_eq!(message.embeds[0]["description"], "Slowly loved");
        assert_eq!(message.embeds[0]["engagement"]["likes"], 9, "{platform}: as it was when it was posted");
        assert!(message.embeds[0]["media"].is_array(), "{platform}: with its picture");
    }
}

/// Two copies of the filters disagreed, and settings were promised that did not exist.
#[tokio::test]
async fn defect_53_all_configured_filters_must_match_and_none_is_all() {
    let rule = json!({
        "filter_hashtags": ["news", "launch"], "filter_keywords": ["cake", "tea"], "exclude_retweets": true,
        "min_engagement": 2
    });
    let app = App::start().await;
    app.following(Platform::Twitter, rule).await;
    let liked = Counters { likes: Some(2), ..Counters::default() };
    for (text, counters) in [
        ("Cake #news", liked),
        ("Tea #launch", liked),
        ("Cake without a tag", liked),
        ("A tag without a word #news", liked),
        ("Tea #news but unloved", Counters::default()),
    ] {
        publish(&app, Platform::Twitter, Draft { counters, ..Draft::text(text) });
    }
    app.poll_after(5).await;
    assert_eq!(app.chat.texts().await, ["Cake #news", "Tea #launch"]);
    let reasons = app
        .chat
        .value(
            "SELECT d.status, d.reason FROM nchat_social_deliveries d JOIN nchat_social_posts p ON p.id = d.post_id \
             WHERE d.status <> 'delivered' ORDER BY p.posted_at",
        )
        .await;
    assert_eq!(reasons[0]["reason"], "hashtag");
    assert_eq!(reasons[1]["reason"], "keyword");
    assert_eq!(reasons[2]["status"], "waiting");

    let all = ["Anything", "@bo_example hi", "日本", "#tag alone"];
    for platform in Platform::ALL {
        assert_eq!(passing(platform, json!({}), &all).await, all, "{platform}");
    }
}

#[tokio::test]
async fn a_changed_rule_takes_effect_at_the_next_poll_and_changes_nothing_decided() {
    let app = App::start().await;
    app.following(Platform::Instagram, json!({"filter_hashtags": ["news"]})).await;
    let id = app.chat.value("SELECT id FROM nchat_social_integrations").await[0]["id"].clone();
    publish_all(&app, Platform::Instagram, &["Before #news", "Before #cake"]);
    app.poll_after(5).await;
    assert_eq!(app.chat.texts().await, ["Before #news"]);
    let changed = update(&app, json!({"id": id, "filter_hashtags": ["cake"]})).await;
    assert_eq!(changed["status"], "updated", "{changed:#}");
    publish_all(&app, Platform::Instagram, &["After #news", "After #cake"]);
    app.poll_after(5).await;
    assert_eq!(app.chat.texts().await, ["Before #news", "After #cake"]);
}

/// Hasura's permissions, a migration or a person with SQL write past the service.
#[tokio::test]
async fn rules_written_into_the_tables_behave_the_same() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    app.chat
        .script(
            "UPDATE nchat_social_integrations SET filter_hashtags = ARRAY['  #NEWS ', '##Big  #Launch', '', ' # ', NULL], \
             filter_keywords = ARRAY['  Big\tCAKE ', '', '*', 'Tea*', NULL]",
        )
        .await;
    let texts = ["Big cake #news", "teapots #launch", "Big cake", "nothing #news", "Tea #big", "tea #other"];
    publish_all(&app, Platform::Twitter, &texts);
    app.poll_after(5).await;
    assert_eq!(app.chat.texts().await, [texts[0], texts[1], texts[4]]);

    // Only emptiness: no filter at all.
    app.chat
        .script(
            "UPDATE nchat_social_integrations SET filter_hashtags = ARRAY['', ' # '], filter_keywords = ARRAY['*', ' ']",
        )
        .await;
    publish_all(&app, Platform::Twitter, &["Whatever"]);
    app.poll_after(5).await;
    assert_eq!(app.chat.texts().await.last().map(String::as_str), Some("Whatever"));
}

#[tokio::test]
async fn an_integration_that_does_not_post_records_what_it_would_have_posted() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({"auto_post": false, "filter_keywords": ["cake"]})).await;
    publish_all(&app, Platform::Twitter, &["Cake", "Tea"]);
    app.poll_after(5).await;
    assert!(app.chat.texts().await.is_empty());
    let reasons = app
        .chat
        .value(
            "SELECT p.content, d.reason FROM nchat_social_deliveries d JOIN nchat_social_posts p ON p.id = d.post_id \
             ORDER BY p.posted_at",
        )
        .await;
    let expected = json!([{"content": "Cake", "reason": "auto_post_off"}, {"content": "Tea", "reason": "keyword"}]);
    assert_eq!(reasons, expected);
}
