use super::*;
use serde_json::{Value, json};

fn profile() -> AccountProfile {
    Author {
        name: "Acme Example".into(),
        handle: Some("acme_example".into()),
        url: Some("https://www.instagram.com/acme_example/".into()),
        avatar_url: Some("https://cdn.example/acme.jpg".into()),
    }
}

fn mapped(value: Value) -> Mapped {
    item(serde_json::from_value(value).unwrap(), &profile())
}

fn post(mut value: Value) -> Post {
    for (name, default) in [("id", "1"), ("timestamp", "2026-11-20T09:15:30+0000")] {
        value.as_object_mut().unwrap().entry(name).or_insert_with(|| default.into());
    }
    match mapped(value) {
        Mapped::Post(post, _) => *post,
        other => panic!("{other:?}"),
    }
}

fn fingerprint_of(value: Value) -> u32 {
    match mapped(value) {
        Mapped::Post(_, fingerprint) => fingerprint,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_recorded_page_becomes_posts() {
    let page = wire::page(include_bytes!("../../../../tests/fixtures/instagram/media-page-last.json")).unwrap();
    assert_eq!(page.after, None, "marks without `next`: the last page");
    let posts: Vec<Post> = page
        .items
        .into_iter()
        .map(|media| match item(media, &profile()) {
            Mapped::Post(post, _) => *post,
            other => panic!("{other:?}"),
        })
        .collect();
    let [picture, reel, album] = posts.as_slice() else { panic!("three posts") };

    assert_eq!((picture.post_id.as_str(), picture.version_id.as_str()), ("17900000000000003", "17900000000000003"));
    assert_eq!(picture.url, "https://www.instagram.com/p/DAbCdEfGhIj/");
    assert_eq!(picture.text, "New! 😁 #launch");
    assert_eq!(picture.hashtags, ["launch"]);
    assert_eq!(picture.author, profile());
    assert_eq!(picture.posted_at, "2026-11-20T09:15:30Z".parse::<Timestamp>().unwrap());
    assert_eq!((picture.engagement.likes, picture.engagement.comments), (Some(12), Some(1)));
    assert_eq!(picture.media.len(), 1);
    assert!(picture.media[0].url.contains("3_n.jpg"));
    assert_eq!(picture.relation, Relation::default());

    assert_eq!((reel.text.as_str(), reel.media.len()), ("", 0), "neither caption nor file");
    assert_eq!((reel.engagement.likes, reel.engagement.comments), (None, Some(0)), "likes are hidden, not 0");

    let kinds: Vec<MediaKind> = album.media.iter().map(|media| media.kind).collect();
    assert_eq!(kinds, [MediaKind::Image, MediaKind::Video]);
    assert!(album.media[0].url.contains("1a_n.jpg"));
    assert!(album.media[1].thumbnail_url.as_deref().unwrap().contains("1b_n.jpg"));
}

#[test]
fn times_come_with_and_without_a_colon() {
    for (text, expected) in [
        ("2026-11-20T09:15:30+0000", Some("2026-11-20T09:15:30Z")),
        ("2026-11-20T09:15:30-0530", Some("2026-11-20T14:45:30Z")),
        ("2026-11-20T09:15:30+00:00", Some("2026-11-20T09:15:30Z")),
        ("2026-11-20T09:15:30.250Z", Some("2026-11-20T09:15:30.250Z")),
        ("1763630130", None),
        ("+262000-01-01T00:00:00+0000", None),
        ("0001-01-01T00:00:00+0000", None),
        ("2026-13-20T09:15:30+0000", None),
        ("", None),
    ] {
        assert_eq!(time(text), expected.map(|at| at.parse().unwrap()), "{text}");
    }
}

#[test]
fn files_left_out_by_instagram_are_replaced_by_the_still() {
    let (file, still) = ("https://cdn.example/v.mp4", "https://cdn.example/v.jpg");
    let of = |value: Value| {
        let media = post(value).media;
        assert!(media.len() <= 1);
        media.into_iter().next().map(|media| (media.kind, media.url, media.thumbnail_url))
    };
    let table = [
        (
            json!({"media_type": "VIDEO", "media_url": file, "thumbnail_url": still}),
            Some((MediaKind::Video, file, Some(still))),
        ),
        (json!({"media_type": "VIDEO", "media_url": file}), Some((MediaKind::Video, file, None))),
        (json!({"media_type": "VIDEO", "thumbnail_url": still}), Some((MediaKind::Image, still, None))),
        (json!({"media_type": "VIDEO"}), None),
        (json!({"media_type": "IMAGE", "media_url": still}), Some((MediaKind::Image, still, None))),
        (json!({"media_type": "CAROUSEL_ALBUM", "media_url": still}), Some((MediaKind::Image, still, None))),
        (
            json!({"media_type": "CAROUSEL_ALBUM", "media_url": file, "children": {"data": []}}),
            Some((MediaKind::Video, file, None)),
        ),
        (json!({"media_type": "IMAGE", "media_url": "http://cdn.example/1.jpg"}), None),
        (json!({"media_type": "IMAGE", "media_url": "javascript:alert(1)"}), None),
        (json!({"media_type": "IMAGE", "media_url": 7}), None),
    ];
    for (value, expected) in table {
        let expected = expected.map(|(kind, url, still)| (kind, url.to_owned(), still.map(str::to_owned)));
        assert_eq!(of(value.clone()), expected, "{value}");
    }
}

#[test]
fn carousels_keep_their_order_and_lose_only_what_has_no_file() {
    let album = post(json!({"media_type": "CAROUSEL_ALBUM", "children": {"data": [
        {"id": "11", "media_type": "IMAGE", "media_url": "https://cdn.example/1.jpg"},
        {"id": "12", "media_type": "IMAGE"},
        "odd",
        {"id": "13", "media_type": "VIDEO", "media_url": "https://cdn.example/3.mp4"},
    ]}}));
    let urls: Vec<&str> = album.media.iter().map(|media| media.url.as_str()).collect();
    assert_eq!(urls, ["https://cdn.example/1.jpg", "https://cdn.example/3.mp4"]);
}

#[test]
fn alt_text_belongs_to_the_picture() {
    let alt = |text: &str| {
        post(json!({"media_type": "IMAGE", "media_url": "https://cdn.example/1.jpg", "alt_text": text}))
            .media
            .remove(0)
            .alt_text
    };
    assert_eq!(alt("A red door").as_deref(), Some("A red door"));
    assert_eq!(alt("  "), None);
}

#[test]
fn the_link_falls_back_to_the_profile() {
    let acme = "https://www.instagram.com/acme_example/";
    for (value, url) in [
        (json!({"permalink": "https://www.instagram.com/reel/X/"}), "https://www.instagram.com/reel/X/"),
        (json!({"permalink": "http://www.instagram.com/p/X/"}), acme),
        (json!({}), acme),
        (json!({"username": "Acme_Example"}), acme),
        (json!({"username": "other.one"}), "https://www.instagram.com/other.one/"),
        (json!({"username": "../evil"}), acme),
    ] {
        assert_eq!(post(value.clone()).url, url, "{value}");
    }
}

#[test]
fn another_author_is_named_by_the_handle() {
    let author = post(json!({"username": "other.one"})).author;
    assert_eq!(
        (author.name.as_str(), author.handle.as_deref(), author.avatar_url),
        ("other.one", Some("other.one"), None)
    );
}

#[test]
fn ads_and_stories_are_left_out() {
    for (kind, expected) in [("AD", "ad"), ("STORY", "story")] {
        let Mapped::LeftOut { post_id, reason } = mapped(json!({"id": 5, "media_product_type": kind})) else {
            panic!("{kind} was let in")
        };
        assert_eq!((post_id.as_str(), reason), ("5", expected));
    }
    assert!(matches!(mapped(json!({"timestamp": "2026-11-20T09:15:30+0000"})), Mapped::Unreadable));
    assert!(matches!(mapped(json!({"id": "5"})), Mapped::Unreadable));
}

#[test]
fn only_the_caption_makes_an_edit() {
    let read = |caption: &str, file: &str, likes: u64| {
        fingerprint_of(json!({
            "id": "1", "timestamp": "2026-11-20T09:15:30+0000", "caption": caption, "media_url": file,
            "like_count": likes,
        }))
    };
    let first = read("Hello", "https://cdn.example/1.jpg?oe=1", 1);
    assert_eq!(first, read("Hello", "https://cdn.example/1.jpg?oe=2", 9));
    assert_ne!(first, read("Hello!", "https://cdn.example/1.jpg?oe=1", 1));
}
