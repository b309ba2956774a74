use super::{MAX_DESCRIPTION_CHARS, MAX_MEDIA, embed, laws, plain_text};
use crate::domain::text::disarm_pings;
use crate::domain::{Author, Engagement, Media, MediaKind, Platform, Post, Quoted, Relation, Timestamp};
use proptest::prelude::*;
use serde_json::json;

fn person(name: &str, handle: &str) -> Author {
    Author {
        name: name.to_owned(),
        handle: Some(handle.to_owned()),
        url: Some(format!("https://x.com/{handle}")),
        avatar_url: Some("https://img.example/a.jpg".to_owned()),
    }
}

fn picture(url: &str) -> Media {
    Media { kind: MediaKind::Image, url: url.to_owned(), thumbnail_url: None, alt_text: None }
}

fn post(text: &str) -> Post {
    Post {
        post_id: "1".to_owned(),
        version_id: "1".to_owned(),
        url: "https://x.com/acme/status/1".to_owned(),
        text: text.to_owned(),
        author: person("Acme Example", "acme"),
        reposted_by: None,
        quoted: None,
        media: Vec::new(),
        hashtags: Vec::new(),
        mentions: Vec::new(),
        engagement: Engagement::default(),
        relation: Relation::default(),
        posted_at: Timestamp::from_timestamp(1_790_000_000, 0).expect("a time of our days"),
        sensitive: false,
    }
}

#[test]
fn a_post_with_everything() {
    let post = Post {
        media: vec![Media {
            kind: MediaKind::Video,
            url: "https://video.example/v.mp4".to_owned(),
            thumbnail_url: Some("https://video.example/v.jpg".to_owned()),
            alt_text: Some("A rocket.".to_owned()),
        }],
        quoted: Some(Quoted {
            author: person("Bo Example", "bo"),
            text: "We fly tomorrow.".to_owned(),
            url: "https://x.com/bo/status/2".to_owned(),
        }),
        engagement: Engagement { likes: Some(999_950), quotes: Some(0), views: Some(7), ..Engagement::default() },
        ..post("Lift-off!\n\n#launch")
    };
    let shown = json!({
        "type": "social", "platform": "twitter", "icon": "twitter", "color": "#1DA1F2",
        "title": "Acme Example on X",
        "url": "https://x.com/acme/status/1",
        "author": {
            "name": "Acme Example", "handle": "acme",
            "avatar_url": "https://img.example/a.jpg", "url": "https://x.com/acme",
        },
        "description": "Lift-off!\n\n#launch\n\n↪ Bo Example (@bo): We fly tomorrow.",
        "media": [{
            "url": "https://video.example/v.mp4", "type": "video",
            "thumbnail_url": "https://video.example/v.jpg", "alt_text": "A rocket.",
        }],
        "engagement": { "likes": 999_950, "quotes": 0, "views": 7 },
        "posted_at": "2026-09-21T14:13:20Z",
    });
    assert_eq!(embed(Platform::Twitter, &post), shown);
    assert_eq!(
        plain_text(Platform::Twitter, &post),
        "Acme Example (@acme) on X:\nLift-off!\n\n#launch\n\n↪ Bo Example (@bo): We fly tomorrow.\nhttps://x.com/acme/status/1"
    );
}

#[test]
fn a_post_with_nothing_has_no_nulls() {
    let post = Post { author: Author::default(), url: "javascript:alert(1)".to_owned(), ..post(" \n") };
    let shown = json!({
        "type": "social", "platform": "linkedin", "icon": "linkedin", "color": "#0A66C2",
        "title": "A post on LinkedIn", "author": {}, "media": [], "engagement": {}, "posted_at": "2026-09-21T14:13:20Z",
    });
    assert_eq!(embed(Platform::Linkedin, &post), shown);
    assert_eq!(plain_text(Platform::Linkedin, &post), "A post on LinkedIn");
}

#[test]
fn titles_tell_who_did_what() {
    let repost = Post {
        author: person("Bo\n Example", "bo"),
        reposted_by: Some(person("Acme Example", "@acme")),
        ..post("Hello")
    };
    assert_eq!(embed(Platform::Twitter, &repost)["title"], "Acme Example reposted Bo Example on X");
    assert_eq!(embed(Platform::Twitter, &repost)["reposted_by"]["name"], "Acme Example");
    assert!(
        plain_text(Platform::Twitter, &repost).starts_with("Acme Example (@acme) reposted Bo Example (@bo) on X:\n")
    );
    let nameless = Post { author: person("", "acme"), ..post("Hello") };
    assert_eq!(embed(Platform::Instagram, &nameless)["title"], "@acme on Instagram");
}

#[test]
fn links_that_are_not_https_do_not_exist() {
    let mut post = post("x");
    post.url = "http://x.com/acme/status/1".to_owned();
    post.author.url = Some("javascript:alert(1)".to_owned());
    post.author.avatar_url = Some("https://user@evil.example/a.png".to_owned());
    post.media = vec![picture("http://img.example/1.jpg"), picture("https://img.example/2.jpg")];
    post.media[1].thumbnail_url = Some("data:image/png;base64,AA".to_owned());
    let shown = embed(Platform::Twitter, &post);
    assert_eq!(shown.get("url"), None);
    assert_eq!(shown["author"], json!({"name": "Acme Example", "handle": "acme"}));
    assert_eq!(shown["media"], json!([{"url": "https://img.example/2.jpg", "type": "image"}]));
}

#[test]
fn defect_58_times_and_counters_are_not_frozen_into_text() {
    let post = Post {
        engagement: Engagement { likes: Some(1_234), comments: Some(5), replies: Some(6), ..Engagement::default() },
        ..post("Hello")
    };
    let shown = embed(Platform::Twitter, &post);
    assert_eq!(shown["engagement"], json!({"likes": 1_234, "comments": 5, "replies": 6}));
    assert_eq!(shown["posted_at"], "2026-09-21T14:13:20Z");
    assert!(!shown.to_string().contains("ago"));
}

#[test]
fn defect_58_a_description_is_cut_between_characters_and_media_are_four() {
    let mut post = post(&"👩\u{200d}💻".repeat(300));
    post.media = (0..9).map(|n| picture(&format!("https://img.example/{n}.jpg"))).collect();
    let shown = embed(Platform::Twitter, &post);
    assert_eq!(shown["description"], format!("{}…", "👩\u{200d}💻".repeat(166)));
    assert_eq!(shown["media"].as_array().map(Vec::len), Some(MAX_MEDIA));
    assert_eq!(shown["media"][3]["url"], "https://img.example/3.jpg");
}

#[test]
fn a_quote_needs_room() {
    let quoted = Quoted { author: person("Bo", "bo"), text: "word ".repeat(60), url: String::new() };
    let description = |text: usize| {
        let post = Post { quoted: Some(quoted.clone()), ..post(&"x".repeat(text)) };
        embed(Platform::Twitter, &post)["description"].as_str().map(str::to_owned).unwrap_or_default()
    };
    assert!(description(300).ends_with("word…") && description(300).chars().count() <= MAX_DESCRIPTION_CHARS);
    assert_eq!(description(480), "x".repeat(480), "a few letters of a quote say nothing");
    assert!(description(0).starts_with("↪ Bo (@bo): word"));
}

#[test]
fn defect_59_nothing_in_a_post_pings() {
    let mut post = post("@everyone look, ＠HERE and @channel!");
    post.url = "https://social.example/@here/1".to_owned();
    post.author = person("@all", "everyone");
    post.media = vec![picture("https://img.example/@channel/1.jpg")];
    post.media[0].alt_text = Some("for @everyone".to_owned());
    post.quoted = Some(Quoted { author: person("x", "here"), text: "@all".to_owned(), url: String::new() });
    let (shown, plain) = (embed(Platform::Twitter, &post).to_string(), plain_text(Platform::Twitter, &post));
    assert_eq!(disarm_pings(&shown), shown);
    assert_eq!(disarm_pings(&plain), plain);
    assert!(plain.ends_with("\nhttps://social.example/%40here/1"));
    assert!(plain.replace('\u{2060}', "").contains("@everyone look, ＠HERE and @channel!"), "it reads the same");
}

#[test]
fn a_link_that_grows_too_long_by_disarming_is_left_out() {
    let link = |pings: usize| format!("https://a.example/{}", "@here/".repeat(pings));
    let shown = |url: String| embed(Platform::Twitter, &Post { url, ..post("x") });
    assert!(shown(link(200)).get("url").is_some());
    assert!(link(300).len() < 2_048 && shown(link(300)).get("url").is_none());
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,80}",
        "([@＠](everyone|HERE|channel|all)|[xé😀\\u{301}\\u{200d}\\x00\\u{202e}\\n ]){0,900}",
        any::<String>(),
        "https://[a-z@/é]{0,20}(@here)?",
    ]
}

fn any_author() -> impl Strategy<Value = Author> {
    let optional = || prop::option::of(any_text());
    (any_text(), optional(), optional(), optional()).prop_map(|(name, handle, url, avatar_url)| Author {
        name,
        handle,
        url,
        avatar_url,
    })
}

fn any_post() -> impl Strategy<Value = Post> {
    let media = (any_text(), prop::option::of(any_text()), prop::option::of(any_text()));
    let media =
        media.prop_map(|(url, thumbnail_url, alt_text)| Media { kind: MediaKind::Gif, url, thumbnail_url, alt_text });
    let quoted = (any_author(), any_text(), any_text()).prop_map(|(author, text, url)| Quoted { author, text, url });
    (
        any_text(),
        any_text(),
        any_author(),
        prop::option::of(any_author()),
        prop::option::of(quoted),
        prop::collection::vec(media, 0..6),
    )
        .prop_map(|(text, url, author, reposted_by, quoted, media)| Post {
            url,
            author,
            reposted_by,
            quoted,
            media,
            ..post(&text)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_is_posted_is_bounded_and_harmless(post in any_post()) {
        laws::shows_well(Platform::Instagram, &post);
    }
}
