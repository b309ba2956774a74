use super::{
    super::tests::{acme, fixture},
    *,
};
use serde_json::json;

fn published(changes: &Value) -> Value {
    let mut post = json!({
        "id": "urn:li:share:7380000000000000001", "author": "urn:li:organization:5590506", "commentary": "Hello",
        "visibility": "PUBLIC", "lifecycleState": "PUBLISHED", "distribution": {"feedDistribution": "MAIN_FEED"},
        "createdAt": 1_794_999_000_000_i64, "publishedAt": 1_794_999_000_400_i64
    });
    for (key, value) in changes.as_object().expect("an object") {
        post[key] = value.clone();
    }
    post
}

fn read(changes: &Value) -> Element {
    element(&published(changes), &acme()).expect("an element")
}

#[test]
fn a_recorded_page_becomes_posts() {
    let page = fixture("posts-finder-page1");
    let elements: Vec<Element> = page["elements"]
        .as_array()
        .expect("elements")
        .iter()
        .map(|raw| element(raw, &acme()).expect("a URN"))
        .collect();
    let told: Vec<(&str, String, Vec<&str>)> = elements
        .iter()
        .map(|element| match &element.verdict {
            Ok(draft) => (
                element.urn.as_str(),
                draft.post.text.clone(),
                draft.attachments.iter().map(|attachment| attachment.urn.as_str()).collect(),
            ),
            Err(reason) => (element.urn.as_str(), format!("left out: {reason}"), vec![]),
        })
        .collect();
    let expected = [
        ("urn:li:share:7380000000000000009", "Edited text (v2) #Release", vec![]),
        ("urn:li:share:7380000000000000008", "One image by Acme Robotics", vec!["urn:li:image:D4E10AQEaaaaaaaaaaa"]),
        ("urn:li:ugcPost:7380000000000000007", "Video", vec!["urn:li:video:D4E10AQEbbbbbbbbbbb"]),
        ("urn:li:share:7380000000000000006", "Whitepaper.pdf", vec![]),
        (
            "urn:li:ugcPost:7380000000000000005",
            "Two pictures",
            vec!["urn:li:image:D4E10AQEddddddddddd", "urn:li:image:D4E10AQEeeeeeeeeeee"],
        ),
        (
            "urn:li:share:7380000000000000004",
            "Read this\nA title\nhttps://example.com/post",
            vec!["urn:li:image:D4E10AQEfffffffffff"],
        ),
        ("urn:li:ugcPost:7380000000000000003", "Which one?\nTabs or spaces?\n• Tabs\n• Spaces", vec![]),
        ("urn:li:share:7380000000000000002", "So true", vec![]),
        ("urn:li:share:7380000000000000001", "left out: dark ad", vec![]),
    ];
    assert_eq!(told, expected.map(|(urn, text, urns)| (urn, text.to_owned(), urns)));

    let first = elements[0].verdict.as_ref().expect("a draft");
    assert_eq!(first.post.hashtags, ["Release"]);
    assert_eq!(first.post.posted_at.timestamp_millis(), 1_794_999_100_400, "publishedAt, not createdAt");
    assert_eq!(first.post.url, "https://www.linkedin.com/feed/update/urn:li:share:7380000000000000009");
    assert_eq!((&first.post.post_id, &first.post.version_id), (&elements[0].urn, &elements[0].urn));
    assert_eq!(first.post.author, acme());
    let second = elements[1].verdict.as_ref().expect("a draft");
    assert_eq!(second.post.mentions, ["Acme Robotics"]);
    assert_eq!(second.attachments[0].alt_text.as_deref(), Some("A robot arm"));
}

#[test]
fn only_public_posts_of_the_feed_are_imported() {
    for (changes, reason) in [
        (json!({"lifecycleState": "DRAFT"}), "not published"),
        (json!({"lifecycleState": "PUBLISH_REQUESTED"}), "not published"),
        (json!({"lifecycleState": null}), "not published"),
        (json!({"visibility": "CONNECTIONS"}), "not public"),
        (json!({"visibility": "LOGGED_IN"}), "not public"),
        (json!({"distribution": {"feedDistribution": "NONE"}}), "dark ad"),
        (json!({"adContext": {"isDsc": true}}), "dark ad"),
        (json!({"commentary": 7}), "unreadable"),
    ] {
        assert_eq!(read(&changes).verdict.err(), Some(reason), "{changes}");
    }
    for changes in [json!({"distribution": null}), json!({"adContext": {"isDsc": false}}), json!({"publishedAt": null})]
    {
        assert!(read(&changes).verdict.is_ok(), "{changes}");
    }
    let draft = element(&fixture("post-draft"), &acme()).expect("an element");
    assert_eq!(draft.verdict.err(), Some("not published"));
}

#[test]
fn reshares_are_told_by_their_context() {
    let context = json!({"parent": "urn:li:share:7", "root": "urn:li:share:7"});
    for (commentary, context, repost, quote) in [
        ("", context.clone(), true, false),
        (" \n", context.clone(), true, false),
        ("So true", context, false, true),
        ("So true", Value::Null, false, false),
        ("", Value::Null, false, false),
    ] {
        let element = read(&json!({"commentary": commentary, "reshareContext": context}));
        let post = element.verdict.expect("a draft").post;
        assert_eq!(post.relation, Relation { repost, reply: false, quote }, "{commentary:?}");
        assert_eq!(post.reposted_by.is_some(), repost);
    }
}

#[test]
fn the_fingerprint_is_of_what_is_shown() {
    let content = |votes: u64, text: &str| json!({"content": {"poll": {"question": text, "options": [{"text": "A", "voteCount": votes}]}}});
    let of = |changes: &Value| read(changes).fingerprint;
    assert_eq!(of(&content(1, "Q")), of(&content(2, "Q")), "votes are no edit");
    assert_ne!(of(&content(1, "Q")), of(&content(1, "R")));
    assert_ne!(of(&json!({})), of(&json!({"commentary": "Hello!"})));
    assert_ne!(of(&json!({})), of(&json!({"visibility": "CONNECTIONS"})));
    let image = |alt: &str| json!({"content": {"media": {"id": "urn:li:image:A", "altText": alt}}});
    assert_ne!(of(&image("a")), of(&image("b")));
    assert_eq!(of(&json!({})), of(&json!({"lastModifiedAt": 1, "lifecycleStateInfo": {"isEditedByAuthor": true}})));
}

#[test]
fn elements_without_a_usable_urn_or_time_are_none() {
    for times in [json!({"createdAt": null, "publishedAt": null}), json!({"createdAt": i64::MAX, "publishedAt": "1"})] {
        assert!(element(&published(&times), &acme()).is_none(), "{times}");
    }
    for id in
        [json!(null), json!(7), json!("7380"), json!("urn:li:share:1?x"), json!(format!("urn:li:{}", "9".repeat(100)))]
    {
        assert!(element(&published(&json!({"id": id})), &acme()).is_none(), "{id}");
    }
}

#[test]
fn a_time_that_no_database_holds_is_none() {
    for ms in [8_210_266_876_799_999_i64, i64::MAX, i64::MIN, -1, 0] {
        let element = read(&json!({ "publishedAt": ms }));
        assert_eq!(element.posted_at.timestamp_millis(), 1_794_999_000_000, "the other one counts");
        assert!(map_of(&json!({ "publishedAt": ms, "createdAt": ms })).is_none(), "{ms}");
    }
}

fn map_of(changes: &Value) -> Option<Element> {
    element(&published(changes), &acme())
}
