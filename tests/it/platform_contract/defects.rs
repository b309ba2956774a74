//! Defects of the code before this one, in reading platforms, each with the proof that it is gone.

use super::bench::media;
use crate::app::{
    App,
    world::{INSTAGRAM_ACCOUNT, LINKEDIN_PAGE, X_ACCOUNT},
};
use nchat_social::{
    domain::Platform,
    simulator::{Call, Draft},
};

fn reads_of(app: &App, platform: Platform) -> Vec<Call> {
    app.simulator.calls().into_iter().filter(|call| call.platform == platform.as_str()).collect()
}

/// `since=<media id>` where a time is expected: nothing new after the first import.
#[tokio::test]
async fn defect_37_instagram_brings_new_posts_after_the_first_import() {
    let app = App::start().await;
    app.following(Platform::Instagram, serde_json::json!({})).await;
    let world = app.simulator.world("instagram").expect("Instagram");
    app.simulator.clear_calls();
    let mut expected = Vec::new();
    for n in 0..4 {
        expected.push(format!("Picture {n}"));
        world.publish(INSTAGRAM_ACCOUNT, Draft::text(&expected[n])).expect("published");
        app.poll_after(5).await;
        assert_eq!(app.chat.texts().await, expected);
    }
    let calls = reads_of(&app, Platform::Instagram);
    assert!(!calls.is_empty() && calls.iter().all(|call| !call.query.contains("since=")), "{calls:?}");
}

/// `start=<time>` where an offset is expected.
#[tokio::test]
async fn defect_38_linkedin_starts_at_an_offset() {
    let app = App::start().await;
    app.following(Platform::Linkedin, serde_json::json!({})).await;
    let world = app.simulator.world("linkedin").expect("LinkedIn");
    app.simulator.clear_calls();
    for n in 0..3 {
        world.publish(LINKEDIN_PAGE, Draft::text(format!("Post {n}"))).expect("published");
        app.poll_after(20).await;
        assert_eq!(app.chat.texts().await.len(), n + 1);
    }
    let finders: Vec<Call> =
        reads_of(&app, Platform::Linkedin).into_iter().filter(|call| call.path == "/rest/posts").collect();
    assert!(finders.len() >= 3);
    for call in finders {
        let start = url::form_urlencoded::parse(call.query.as_bytes()).find(|(name, _)| name == "start");
        let start: u64 = start.expect("a start").1.parse().expect("a number");
        assert!(start < 1_000, "{call:?}");
    }
}

/// A person as author, and the old endpoint without versions.
#[tokio::test]
async fn defect_39_linkedin_reads_pages_through_the_versioned_api() {
    let app = App::start().await;
    app.simulator.clear_calls();
    app.following(Platform::Linkedin, serde_json::json!({})).await;
    let world = app.simulator.world("linkedin").expect("LinkedIn");
    world.publish(LINKEDIN_PAGE, Draft { media: vec![media("image")], ..Draft::text("Ours") }).expect("published");
    app.poll_after(20).await;
    let calls = reads_of(&app, Platform::Linkedin);
    // The simulator refuses calls under /rest without both headers.
    assert!(
        calls.iter().filter(|call| call.path.starts_with("/rest/")).all(|call| call.status == Some(200)),
        "{calls:?}"
    );
    assert!(calls.iter().all(|call| !call.path.contains("ugcPosts") && !call.path.contains("/v2/shares")), "{calls:?}");
    let finders: Vec<&Call> = calls.iter().filter(|call| call.path == "/rest/posts").collect();
    assert!(finders.len() >= 2);
    for call in finders {
        let author = url::form_urlencoded::parse(call.query.as_bytes()).find(|(name, _)| name == "author");
        assert_eq!(author.expect("an author").1, LINKEDIN_PAGE, "{call:?}");
    }
    assert_eq!(app.chat.texts().await, ["Ours"]);
}

/// `photo` was no `image`, a video was its poster, nobody had a picture.
#[tokio::test]
async fn defect_42_media_of_x_have_nchats_kinds_files_and_descriptions() {
    let app = App::start().await;
    app.following(Platform::Twitter, serde_json::json!({})).await;
    let all = vec![media("image"), media("video"), media("gif")];
    let world = app.simulator.world("twitter").expect("X");
    world.publish(X_ACCOUNT, Draft { media: all, ..Draft::text("All kinds") }).expect("published");
    app.poll_after(5).await;
    let messages = app.chat.messages(app.chat.announcements).await;
    let embed = &messages[0].embeds[0];
    let shown = embed["media"].as_array().expect("media");
    let kinds: Vec<&str> = shown.iter().filter_map(|media| media["type"].as_str()).collect();
    assert_eq!(kinds, ["image", "video", "gif"], "{embed:#}");
    for media in shown {
        let kind = media["type"].as_str().expect("a kind");
        let url: url::Url = media["url"].as_str().and_then(|url| url.parse().ok()).expect("a link");
        assert_eq!(url.scheme(), "https");
        assert_eq!(url.path().ends_with(".mp4"), kind != "image", "{media:#}");
        assert_eq!(media["alt_text"], format!("A {kind} of a cake"));
        assert_eq!(media["thumbnail_url"].is_string(), kind != "image", "{media:#}");
    }
    let avatar = embed["author"]["avatar_url"].as_str().expect("a picture");
    assert!(avatar.starts_with("https://"), "{avatar}");
}
