//! Text and media as people wrote them.

use super::bench::{Reader, faces, media};
use nchat_social::{
    domain::{MediaKind, Platform},
    simulator::Draft,
};

const TEXTS: [&str; 14] = [
    "Tea & cake: 1 < 2 > 0, \"quoted\" and 'quoted'",
    "Literal entities stay: &amp; &lt; &#39; &amp;amp;",
    "Reserved ( ) { } [ ] < > # * _ ~ | \\ @ alone and (together)[{<*_~|\\@#>}]",
    "\\# \\\\ back\\slash {hashtag|\\#|tag} @[Name](urn:li:organization:1)",
    "家族 👨‍👩‍👧‍👦 flag 🇪🇺 skin 👋🏽 keycap 1️⃣ heart ❤️",
    "Combining: e\u{301} n\u{303} z\u{0351}\u{0310}; precomposed é ñ",
    "العربية: مرحبا بالعالم (تجربة) ١٢٣",
    "עברית: שלום עולם #שלום",
    "日本語のお知らせ。新製品を発表しました！",
    "中文公告：今天我們發布新版本",
    "한국어 소식: 새 버전",
    "ไทย: สวัสดีชาวโลก हिन्दी: नमस्ते",
    "Line one\n\nLine three\n• a\n• b",
    "Prices: 50 % off, $ACME, 3*4*5, snake_case_name, ~/path, a|b, 100#",
];

#[tokio::test]
async fn text_arrives_letter_for_letter() {
    for platform in faces() {
        let mut reader = Reader::following(platform).await;
        for text in TEXTS {
            reader.bench.minutes(1);
            reader.bench.publish(Draft::text(text));
        }
        let fetched = reader.read_new().await;
        assert_eq!(fetched.posts.len(), TEXTS.len(), "{platform}");
        for (post, text) in fetched.posts.iter().rev().zip(TEXTS) {
            assert_eq!(post.text, text, "{platform}");
        }
    }
}

#[tokio::test]
async fn long_text_is_whole() {
    for (platform, chars) in [(Platform::Twitter, 5_000), (Platform::Instagram, 2_200), (Platform::Linkedin, 3_000)] {
        let mut reader = Reader::following(platform).await;
        reader.bench.minutes(1);
        let text: String = "Æther & 日本 (x) 🍰; ".chars().cycle().take(chars - 1).chain(['.']).collect();
        reader.bench.publish(Draft::text(&text));
        assert_eq!(reader.read_new().await.posts[0].text, text, "{platform}");
    }
}

#[tokio::test]
async fn an_empty_text_is_a_post_too() {
    for platform in faces() {
        let mut reader = Reader::following(platform).await;
        reader.bench.minutes(1);
        reader.bench.publish(Draft { media: vec![media("image")], ..Draft::default() });
        let fetched = reader.read_new().await;
        assert_eq!((fetched.posts.len(), fetched.posts[0].text.as_str()), (1, ""), "{platform}");
    }
}

#[tokio::test]
async fn hashtags_are_found_in_every_script() {
    for platform in faces() {
        let mut reader = Reader::following(platform).await;
        reader.bench.minutes(1);
        reader.bench.publish(Draft::text("News #Café #日本 #naïve_2 #עברית #한국어 (#last)"));
        let fetched = reader.read_new().await;
        assert_eq!(fetched.posts[0].hashtags, ["Café", "日本", "naïve_2", "עברית", "한국어", "last"], "{platform}");
    }
}

/// What a platform makes of the drafts' media.
fn expected(platform: Platform, kinds: &[&str]) -> Vec<MediaKind> {
    let kind = |kind: &&str| match (*kind, platform) {
        ("video", _) => MediaKind::Video,
        ("gif", Platform::Twitter) => MediaKind::Gif,
        _ => MediaKind::Image,
    };
    kinds.iter().map(kind).collect()
}

#[tokio::test]
async fn media_of_every_kind_have_https_links() {
    for platform in faces() {
        let mut posts: Vec<&[&str]> =
            vec![&["image"], &["video"], &["image", "image"], &["image", "image", "image", "image"]];
        match platform.platform() {
            Platform::Twitter => posts.extend([&["gif"] as &[&str], &["image", "video", "gif"]]),
            Platform::Instagram => posts.extend([&["image", "video", "image"] as &[&str], &["image"; 10]]),
            Platform::Linkedin => posts.push(&["image"; 20]),
        }
        let mut reader = Reader::following(platform).await;
        for (n, kinds) in posts.iter().enumerate() {
            reader.bench.minutes(1);
            let media = kinds.iter().map(|kind| media(kind)).collect();
            reader.bench.publish(Draft { media, ..Draft::text(format!("Post {n}")) });
        }
        let fetched = reader.read_new().await;
        assert_eq!(fetched.posts.len(), posts.len(), "{platform}");
        for (post, kinds) in fetched.posts.iter().rev().zip(posts) {
            let what = format!("{platform} {kinds:?}: {:?}", post.media);
            let got: Vec<MediaKind> = post.media.iter().map(|media| media.kind).collect();
            assert_eq!(got, expected(platform.platform(), kinds), "{what}");
            for item in &post.media {
                assert!(item.url.starts_with("https://"), "{what}");
                if item.kind == MediaKind::Image {
                    assert_eq!(item.thumbnail_url, None, "{what}");
                } else {
                    assert!(item.thumbnail_url.as_ref().is_some_and(|url| url.starts_with("https://")), "{what}");
                }
                // Instagram tells descriptions of single pictures alone, LinkedIn of pictures.
                let told = match platform.platform() {
                    Platform::Twitter => true,
                    Platform::Instagram => kinds == ["image"],
                    Platform::Linkedin => item.kind == MediaKind::Image,
                };
                if told {
                    assert!(item.alt_text.as_ref().is_some_and(|text| text.ends_with("of a cake")), "{what}");
                }
            }
        }
    }
}

/// A post with its text is worth more than one that waits for its picture.
#[tokio::test]
async fn media_that_linkedin_still_processes_come_once_they_are_ready() {
    let mut reader = Reader::following(Platform::Linkedin).await;
    reader.bench.switch("processing_seconds", "600");
    reader.bench.minutes(1);
    reader.bench.publish(Draft { media: vec![media("image")], ..Draft::text("Fresh") });
    let first = reader.read_new().await;
    assert_eq!((first.posts.len(), first.posts[0].media.len()), (1, 0));
    reader.bench.minutes(5);
    assert!(reader.read_new().await.posts.is_empty(), "not ready: no news");
    reader.bench.minutes(6);
    let ready = reader.read_new().await;
    assert_eq!((ready.posts.len(), ready.posts[0].media.len()), (1, 1));
    assert_eq!(ready.posts[0].post_id, first.posts[0].post_id);
    assert!(reader.read_new().await.posts.is_empty(), "once");
}

#[tokio::test]
async fn a_post_links_to_itself_and_names_its_author() {
    for platform in faces() {
        let mut reader = Reader::following(platform).await;
        reader.bench.minutes(1);
        reader.bench.publish(Draft::text("Ours"));
        let fetched = reader.read_new().await;
        let post = &fetched.posts[0];
        assert!(post.url.starts_with("https://") && !post.url.contains("undefined"), "{platform}: {}", post.url);
        assert_eq!(post.author, reader.identity.profile, "{platform}");
        assert_eq!(post.reposted_by, None);
        assert_eq!(post.relation, nchat_social::domain::Relation::default(), "{platform}");
    }
}
