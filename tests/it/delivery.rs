//! From a published post to a message in the channel.

use crate::app::{
    App,
    world::{INSTAGRAM_ACCOUNT, LINKEDIN_PAGE, X_ACCOUNT, account_of},
};
use nchat_social::{
    domain::Platform,
    simulator::{Counters, Draft, DraftMedia, Other},
};
use serde_json::json;

fn image() -> DraftMedia {
    DraftMedia { kind: "image".into(), alt_text: Some("A cake".into()) }
}

/// Publishes on a platform's account of the world.
fn publish(app: &App, platform: Platform, draft: Draft) -> String {
    let world = app.simulator.world(platform.as_str()).expect("a world");
    world.publish(account_of(platform), draft).unwrap_or_else(|why| panic!("{platform}: {why}"))
}

#[tokio::test]
async fn a_post_of_every_platform_lands_as_an_embed() {
    for platform in Platform::ALL {
        let app = App::start().await;
        app.following(platform, json!({})).await;
        let draft = Draft { media: vec![image()], ..Draft::text("Tea & cake <3 #nself 🍰") };
        publish(&app, platform, draft);
        app.poll_after(5).await;

        let messages = app.chat.messages(app.chat.announcements).await;
        assert_eq!(messages.len(), 1, "{platform}");
        let (message, embed) = (&messages[0], &messages[0].embeds[0]);
        assert_eq!(message.kind, "embed");
        assert_eq!(message.embeds.as_array().map(Vec::len), Some(1));
        assert_eq!(embed["type"], "social");
        assert_eq!(embed["platform"], platform.as_str());
        assert_eq!(embed["icon"], platform.brand().icon);
        assert_eq!(embed["color"], platform.brand().color);
        assert!(embed["description"].as_str().expect("text").starts_with("Tea & cake <3 #nself 🍰"), "{embed:#}");
        assert_eq!(embed["author"]["name"], "Acme Example");
        let url = embed["url"].as_str().expect("a link");
        assert!(url.starts_with("https://"), "{url}");
        assert!(message.content.contains("Acme Example") && message.content.contains("Tea & cake <3"));
        assert!(message.content.contains(url), "the plain text has the link: {}", message.content);
        assert_eq!(embed["media"][0]["type"], "image", "{platform}: {embed:#}");
        assert!(embed["media"][0]["url"].as_str().expect("a link").starts_with("https://"));
        assert!(embed["posted_at"].as_str().expect("a time").ends_with('Z'));
        let ids = &message.metadata["social"];
        assert_eq!(ids["platform"], platform.as_str());
        assert!(
            ["account_id", "integration_id", "delivery_id", "post", "post_id"].iter().all(|id| ids[id].is_string())
        );
        app.assert_at_rest().await;
    }
}

/// A NULL hides a message from nchat's policy and from every query of its frontend.
#[tokio::test]
async fn every_flag_of_a_message_is_written() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    publish(&app, Platform::Twitter, Draft::text("Flags"));
    app.poll_after(5).await;
    let flags = app
        .chat
        .value(
            "SELECT is_deleted, is_pinned, is_edited, is_system, reaction_count, reply_count, user_id, \
             jsonb_typeof(embeds) AS embeds, jsonb_typeof(metadata) AS metadata FROM nchat_messages",
        )
        .await;
    assert_eq!(
        flags,
        json!([{
            "is_deleted": false, "is_pinned": false, "is_edited": false, "is_system": false, "reaction_count": 0,
            "reply_count": 0, "user_id": null, "embeds": "array", "metadata": "object"
        }])
    );
    let channel = app.chat.value("SELECT last_message_id IS NOT NULL AS noted FROM nchat_channels").await;
    assert_eq!(channel, json!([{"noted": true}]), "nchat's trigger noted the message");
}

/// Whatever is fetched again is not posted again.
#[tokio::test]
async fn defect_54_a_post_read_again_is_not_posted_again() {
    let app = App::start().await;
    let account = app.following(Platform::Instagram, json!({})).await;
    for n in 0..3 {
        publish(&app, Platform::Instagram, Draft::text(format!("Picture {n}")));
    }
    app.poll_after(5).await;
    assert_eq!(app.chat.texts().await.len(), 3);
    // The worst case: the cursor is lost.
    app.chat.run("UPDATE nchat_social_accounts SET cursor = NULL WHERE id = $1", &[&account]).await;
    for _ in 0..3 {
        app.poll_after(5).await;
    }
    assert_eq!(app.chat.texts().await.len(), 3);
}

#[tokio::test]
async fn defect_56_messages_are_oldest_first() {
    for platform in Platform::ALL {
        let app = App::start().await;
        app.following(platform, json!({})).await;
        let mut expected = Vec::new();
        for n in 0..30 {
            app.clock.advance(chrono::Duration::seconds(2));
            publish(&app, platform, Draft::text(format!("Number {n}")));
            expected.push(format!("Number {n}"));
        }
        app.poll_after(5).await;
        assert_eq!(app.chat.texts().await, expected, "{platform}");
    }
}

#[tokio::test]
async fn defect_57_a_channel_that_refuses_fails_alone_and_gets_its_post_later() {
    let app = App::start().await;
    let broken = app.chat.another_channel("broken").await;
    let account = app.following(Platform::Twitter, json!({})).await;
    app.integrate(account, broken, json!({})).await;
    app.chat
        .script(&format!(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
               IF NEW.channel_id = '{broken}' THEN RAISE EXCEPTION 'canary-driver-text'; END IF; RETURN NEW; END $$; \
             CREATE TRIGGER refuse BEFORE INSERT ON nchat_messages FOR EACH ROW EXECUTE FUNCTION refuse()"
        ))
        .await;
    publish(&app, Platform::Twitter, Draft::text("For both"));
    app.poll_after(5).await;
    assert_eq!(app.chat.texts().await, ["For both"], "the good channel has it");
    assert!(app.chat.messages(broken).await.is_empty());
    let post = app.chat.value("SELECT import_error FROM nchat_social_posts WHERE import_error IS NOT NULL").await;
    assert_eq!(post.as_array().map(Vec::len), Some(1), "the post says so");
    assert!(!post.to_string().contains("canary-driver-text"), "without the driver's words");
    let log = app.chat.value("SELECT errors, posts_posted FROM nchat_social_import_logs WHERE posts_fetched > 0").await;
    assert_eq!(log[0]["errors"].as_array().map(Vec::len), Some(1), "the log says so: {log}");

    app.chat.script("DROP TRIGGER refuse ON nchat_messages").await;
    app.poll_after(20).await;
    assert_eq!(app.chat.messages(broken).await.len(), 1, "the failed one was tried again");
    assert_eq!(app.chat.texts().await.len(), 1, "the good one was not");
    let errors = app.chat.count("SELECT count(*) FROM nchat_social_posts WHERE import_error IS NOT NULL").await;
    assert_eq!(errors, 0);
}

#[tokio::test]
async fn a_failed_delivery_whose_integration_was_deleted_is_not_tried_for_ever() {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    app.poll().await;
    let integration = app.integrate(account, app.chat.announcements, json!({})).await;
    app.chat.script("UPDATE nchat_channels SET is_archived = true").await;
    publish(&app, Platform::Twitter, Draft::text("Into the archive"));
    app.poll_after(5).await;
    let due = "SELECT count(*) FROM nchat_social_accounts WHERE retry_at IS NOT NULL";
    assert_eq!(app.chat.count(due).await, 1, "it would be tried again");
    let delete = "mutation ($i: SocialDeleteIntegrationInput!) { socialDeleteIntegration(input: $i) { status } }";
    app.ask(delete, json!({"i": {"id": integration}})).await;
    app.poll_after(20).await;
    assert_eq!(app.chat.count(due).await, 0, "nothing is left to try");
}

#[tokio::test]
async fn defect_59_no_post_pings_and_an_archived_channel_gets_nothing() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    publish(&app, Platform::Twitter, Draft::text("Hello @everyone, @here and @channel"));
    app.poll_after(5).await;
    let messages = app.chat.messages(app.chat.announcements).await;
    let everything = format!("{}{}", messages[0].content, messages[0].embeds);
    for ping in ["@everyone", "@here", "@channel"] {
        assert!(!everything.contains(ping), "{everything}");
    }

    app.chat.script("UPDATE nchat_channels SET is_archived = true").await;
    publish(&app, Platform::Twitter, Draft::text("Into the archive"));
    app.poll_after(5).await;
    assert_eq!(app.chat.texts().await.len(), 1);
    let failed = app.chat.value("SELECT reason FROM nchat_social_deliveries WHERE status = 'failed'").await;
    assert_eq!(failed, json!([{"reason": "channel_archived"}]));
}

/// On X an edit is a new id; the message is corrected instead of doubled.
#[tokio::test]
async fn defect_44_an_edit_corrects_the_message() {
    for platform in Platform::ALL {
        let app = App::start().await;
        app.following(platform, json!({})).await;
        let id = publish(&app, platform, Draft::text("Tpyo"));
        app.poll_after(5).await;
        app.simulator.world(platform.as_str()).expect("a world").edit(&id, "Typo").expect("edited");
        app.poll_after(5).await;
        app.poll_after(5).await;
        let messages = app.chat.messages(app.chat.announcements).await;
        assert_eq!(messages.len(), 1, "{platform}");
        assert_eq!(messages[0].embeds[0]["description"], "Typo", "{platform}");
        assert!(messages[0].is_edited, "{platform}");
        let posts = app.chat.value("SELECT content, edited_at IS NOT NULL AS edited FROM nchat_social_posts").await;
        assert_eq!(posts, json!([{"content": "Typo", "edited": true}]), "{platform}");
    }
}

#[tokio::test]
async fn defect_43_reposts_and_long_posts_are_whole_and_links_are_readable() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    let long = "All work and no play makes a dull feed. ".repeat(9).trim().to_owned();
    publish(&app, Platform::Twitter, Draft::text(&long));
    app.clock.advance(chrono::Duration::seconds(1));
    let original =
        Other { handle: "bo_example".into(), name: "Bo Example".into(), text: long.clone(), unreadable: false };
    publish(&app, Platform::Twitter, Draft { repost_of: Some(original), ..Draft::default() });
    app.clock.advance(chrono::Duration::seconds(1));
    publish(&app, Platform::Twitter, Draft::text("Read https://example.org/menu?x=1&y=2 now"));
    app.poll_after(5).await;
    let texts = app.chat.texts().await;
    assert_eq!(texts, [long.clone(), long, "Read https://example.org/menu?x=1&y=2 now".to_owned()]);
    let messages = app.chat.messages(app.chat.announcements).await;
    assert_eq!(messages[1].embeds[0]["author"]["name"], "Bo Example");
    assert!(messages[1].embeds[0]["title"].as_str().expect("a title").contains("Acme Example"));
}

#[tokio::test]
async fn defect_46_carousels_hidden_likes_and_ads_of_instagram() {
    let app = App::start().await;
    app.following(Platform::Instagram, json!({})).await;
    let album = Draft { media: (0..6).map(|_| image()).collect(), ..Draft::text("Six pictures") };
    publish(&app, Platform::Instagram, album);
    let mut hidden = Draft { media: vec![image()], ..Draft::text("Likes are hidden") };
    hidden.extra.insert("hide_likes".into(), json!(true));
    publish(&app, Platform::Instagram, hidden);
    let mut ad = Draft { media: vec![image()], ..Draft::text("An ad") };
    ad.extra.insert("media_product_type".into(), json!("AD"));
    publish(&app, Platform::Instagram, ad);
    app.poll_after(5).await;
    let messages = app.chat.messages(app.chat.announcements).await;
    assert_eq!(messages.len(), 2, "the ad stays out");
    let album = messages.iter().find(|m| m.content.contains("Six")).expect("the album");
    assert_eq!(album.embeds[0]["media"].as_array().map(Vec::len), Some(4), "four are shown");
    let stored = app
        .chat
        .value("SELECT cardinality(media_urls) AS n FROM nchat_social_posts WHERE content = 'Six pictures'")
        .await;
    assert_eq!(stored, json!([{"n": 6}]), "six are kept");
    let hidden = messages.iter().find(|m| m.content.contains("hidden")).expect("the other");
    assert!(hidden.embeds[0]["engagement"].get("likes").is_none(), "absent is not zero");
}

#[tokio::test]
async fn defect_40_and_41_linkedin_text_tags_pictures_and_counts() {
    let app = App::start().await;
    app.following(Platform::Linkedin, json!({"filter_hashtags": ["#release"], "min_engagement": 2})).await;
    let id = publish(
        &app,
        Platform::Linkedin,
        Draft {
            media: vec![image()],
            counters: Counters { likes: Some(2), ..Counters::default() },
            ..Draft::text("Version (2) is out #Release")
        },
    );
    publish(&app, Platform::Linkedin, Draft::text("No tag here"));
    let mut dark = Draft::text("A dark ad #Release");
    dark.extra.insert("feedDistribution".into(), json!("NONE"));
    publish(&app, Platform::Linkedin, dark);
    app.poll_after(20).await;
    let messages = app.chat.messages(app.chat.announcements).await;
    assert_eq!(messages.len(), 1);
    let embed = &messages[0].embeds[0];
    assert_eq!(embed["description"], "Version (2) is out #Release");
    assert_eq!(embed["url"], format!("https://www.linkedin.com/feed/update/{id}"));
    assert_eq!(embed["engagement"]["likes"], 2);
    assert_eq!(embed["media"][0]["alt_text"], "A cake");
}

#[tokio::test]
async fn a_waiting_post_is_posted_when_it_is_liked_enough() {
    let app = App::start().await;
    app.following(Platform::Instagram, json!({"min_engagement": 10})).await;
    let id = publish(&app, Platform::Instagram, Draft { media: vec![image()], ..Draft::text("Like me") });
    app.poll_after(5).await;
    assert!(app.chat.texts().await.is_empty());
    let logs = app.chat.count("SELECT count(*) FROM nchat_social_import_logs").await;
    app.poll_after(5).await;
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_import_logs").await, logs, "waiting is no news");
    let world = app.simulator.world("instagram").expect("Instagram");
    world.count(&id, Counters { likes: Some(9), comments: Some(1), ..Counters::default() }).expect("counted");
    app.poll_after(5).await;
    assert_eq!(app.chat.texts().await, ["Like me"]);
}

#[tokio::test]
async fn accounts_of_three_platforms_post_side_by_side() {
    let app = App::start().await;
    for platform in Platform::ALL {
        app.following(platform, json!({})).await;
    }
    for (platform, account) in
        [(Platform::Twitter, X_ACCOUNT), (Platform::Instagram, INSTAGRAM_ACCOUNT), (Platform::Linkedin, LINKEDIN_PAGE)]
    {
        app.simulator
            .world(platform.as_str())
            .expect("a world")
            .publish(account, Draft::text(platform.as_str()))
            .expect("published");
    }
    app.poll_after(20).await;
    let mut texts = app.chat.texts().await;
    texts.sort();
    assert_eq!(texts, ["instagram", "linkedin", "twitter"]);
    app.assert_at_rest().await;
}
