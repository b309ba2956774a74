use super::*;
use crate::domain::{MediaKind, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

const TWEET_WORDS: &str = include_str!("../../../../tests/fixtures/twitter/timeline_tweet_words.json");
const POST_WORDS: &str = include_str!("../../../../tests/fixtures/twitter/timeline_post_words.json");
const ADA: &str = "1700000000000000001";

fn ada() -> AccountProfile {
    Author {
        name: "Ada Example".to_owned(),
        handle: Some("ada_example".to_owned()),
        url: Some("https://x.com/ada_example".to_owned()),
        avatar_url: Some("https://pbs.twimg.com/ada.jpg".to_owned()),
    }
}

fn map(page: &str) -> Vec<Result<Post, Skipped>> {
    let page: wire::Page = serde_json::from_str(page).expect("a readable page");
    let (included, profile) = (Included::of(&page), ada());
    let owner = Owner { id: ADA, profile: &profile };
    page.data.items.iter().map(|wire| post(wire, &included, &owner)).collect()
}

/// Maps one post with what it refers to.
fn map_one(post: Value, includes: Value, errors: Value) -> Result<Post, Skipped> {
    let page = json!({"data": [post], "includes": includes, "errors": errors, "meta": {}}).to_string();
    map(&page).pop().expect("one post")
}

fn simple(extra: Value) -> Value {
    let mut post = json!({"id": "2100000000000000040", "text": "Hello", "author_id": ADA,
                          "created_at": "2026-10-19T12:04:00.000Z"});
    let fields = post.as_object_mut().expect("an object");
    fields.extend(extra.as_object().expect("an object").clone());
    post
}

fn sample() -> Vec<Post> {
    map(TWEET_WORDS).into_iter().map(|post| post.expect("nothing is skipped")).collect()
}

#[test]
fn both_vocabularies_tell_the_same() {
    assert_eq!(map(TWEET_WORDS), map(POST_WORDS));
    assert_eq!(sample().len(), 4);
}

#[test]
fn a_post_with_media_shows_text_media_words_and_counters() {
    let post = &sample()[0];
    assert_eq!(post.text, "Tea & cake 🍰 at #nself with @bo_example <3 https://example.org/menu?x=1&y=2");
    assert_eq!(
        (post.hashtags.as_slice(), post.mentions.as_slice()),
        (&["nself".to_owned()][..], &["bo_example".to_owned()][..])
    );
    assert_eq!(post.author, ada());
    assert_eq!(post.url, "https://x.com/ada_example/status/2100000000000000040");
    assert_eq!(post.posted_at, "2026-10-19T12:04:00Z".parse::<Timestamp>().expect("a time"));
    assert_eq!(post.relation, Relation::default());
    let media: Vec<_> =
        post.media.iter().map(|media| (media.kind, media.url.as_str(), media.alt_text.as_deref())).collect();
    let video = "https://video.twimg.com/ext_tw_video/2/pu/vid/1280x720/x.mp4";
    assert_eq!(
        media,
        [(MediaKind::Image, "https://pbs.twimg.com/media/Aaaa.jpg", Some("A cake")), (MediaKind::Video, video, None),]
    );
    let thumbnail = "https://pbs.twimg.com/ext_tw_video_thumb/2/pu/img/x.jpg";
    assert_eq!(post.media[1].thumbnail_url.as_deref(), Some(thumbnail));
    let engagement = post.engagement;
    assert_eq!(
        (engagement.likes, engagement.views, engagement.retweets, engagement.quotes),
        (Some(3), Some(120), Some(0), Some(0))
    );
    assert_eq!((engagement.shares, engagement.comments), (None, None));
}

#[test]
fn a_long_post_is_whole_and_uses_its_own_entities() {
    let post = &sample()[1];
    assert!(post.text.starts_with("Long post.") && post.text.ends_with("The end & a link https://example.org/long"));
    assert_eq!(post.text.matches("All work").count(), 8);
}

#[test]
fn links_of_a_long_post_without_entities_are_known_from_the_short_text() {
    let link = json!({"start": 6, "end": 20, "url": "https://t.co/a", "expanded_url": "https://example.org/"});
    let long =
        simple(json!({"text": "Cut … https://t.co/a", "note_tweet": {"text": "Cut 🍰 open https://t.co/a &amp; on"},
                             "entities": {"urls": [link], "hashtags": [{"start": 0, "end": 1, "tag": "cut"}]}}));
    let read = map_one(long, json!({}), json!([])).expect("a post");
    assert_eq!(read.text, "Cut 🍰 open https://example.org/ & on");
    assert_eq!(read.hashtags, ["cut"]);
}

#[test]
fn a_repost_shows_the_original_and_says_who_passed_it_on() {
    let post = &sample()[2];
    assert!(post.text.starts_with("This original") && post.text.ends_with("End of it & done."), "{}", post.text);
    assert_eq!(post.author.handle.as_deref(), Some("bo_example"));
    assert_eq!(post.author.avatar_url.as_deref(), Some("https://pbs.twimg.com/profile_images/1/x_400x400.jpg"));
    assert_eq!(post.reposted_by, Some(ada()));
    assert_eq!(post.post_id, "2100000000000000020");
    assert_eq!(post.posted_at, "2026-10-19T12:02:00Z".parse::<Timestamp>().expect("a time"));
    assert_eq!(post.engagement.likes, Some(44));
    assert_eq!(post.relation, Relation { repost: true, reply: false, quote: false });
}

#[test]
fn a_quote_that_cannot_be_read_keeps_its_link() {
    let post = &sample()[3];
    assert_eq!(post.relation, Relation { repost: false, reply: true, quote: true });
    assert_eq!(post.quoted, None);
    assert_eq!(post.text, "So true https://x.com/bo_example/status/2099999999999999998");
}

#[test]
fn a_quote_is_shown_in_place_of_its_link() {
    let link = json!({"start": 8, "end": 31, "url": "https://t.co/eeeeeeeeee",
                      "expanded_url": "https://twitter.com/bo/status/98", "display_url": "x.com/bo/sta…"});
    let quoting = simple(json!({"text": "So true https://t.co/eeeeeeeeee", "entities": {"urls": [link]},
                                "referenced_tweets": [{"type": "quoted", "id": "99"}]}));
    let quoted = json!({"id": "99", "text": "1 &lt; 2", "author_id": "5", "edit_history_tweet_ids": ["98", "99"]});
    let user = json!({"id": "5", "name": "Bo", "username": "bo"});
    let read = map_one(quoting.clone(), json!({"tweets": [quoted], "users": [user]}), json!([])).expect("a post");
    assert_eq!(read.text, "So true");
    let quote = read.quoted.expect("the quote is shown");
    assert_eq!(
        (quote.text.as_str(), quote.url.as_str(), quote.author.name.as_str()),
        ("1 < 2", "https://x.com/bo/status/99", "Bo")
    );

    // Of an author unknown, it still is shown; of a protected one, it is not, and our own words stay.
    let read = map_one(quoting.clone(), json!({"tweets": [quoted]}), json!([])).expect("a post");
    assert_eq!(read.quoted.expect("the quote is shown").url, "https://x.com/i/web/status/99");
    let user = json!({"id": "5", "name": "Bo", "username": "bo", "protected": true});
    let read = map_one(quoting, json!({"tweets": [quoted], "users": [user]}), json!([])).expect("a post");
    assert_eq!((read.quoted, read.text.as_str()), (None, "So true https://twitter.com/bo/status/98"));
}

#[test]
fn an_original_that_is_absent_leaves_the_cut_text() {
    let repost = simple(json!({"text": "RT @bo_example: This is cut &amp; dr…",
                               "referenced_tweets": [{"type": "retweeted", "id": "99"}]}));
    let read = map_one(repost, json!({}), json!([])).expect("a post");
    assert_eq!(read.text, "RT @bo_example: This is cut & dr…");
    assert_eq!(read.author.handle.as_deref(), Some("bo_example"));
    assert_eq!(read.reposted_by, Some(ada()));
    assert!(read.relation.repost);
    // The text alone makes no repost.
    let read = map_one(simple(json!({"text": "RT @bo_example: hi"})), json!({}), json!([])).expect("a post");
    assert_eq!((read.relation.repost, read.author), (false, ada()));
}

#[test]
fn what_is_not_for_everybody_is_left_out() {
    let repost = simple(json!({"text": "RT @bo: x", "referenced_tweets": [{"type": "retweeted", "id": "99"}]}));
    let original = |extra: Value| {
        let mut post = json!({"id": "99", "text": "x", "author_id": "5"});
        post.as_object_mut().expect("an object").extend(extra.as_object().expect("an object").clone());
        json!({"tweets": [post], "users": [{"id": "5", "name": "Bo", "username": "bo"}]})
    };
    let protected = json!({"tweets": [{"id": "99", "text": "x", "author_id": "5"}],
                           "users": [{"id": "5", "name": "Bo", "username": "bo", "protected": true}]});
    let unauthorized = json!([{"type": "https://api.twitter.com/2/problems/not-authorized-for-resource",
                               "resource_id": "99", "parameter": "referenced_tweets.id"}]);
    let replaced = "@BO's account is temporarily unavailable because it violates the Twitter Media Policy. Learn more.";
    for (post, includes, errors, reason) in [
        (simple(json!({"scopes": {"followers": true}})), json!({}), json!([]), "followers only"),
        (simple(json!({"withheld": {"copyright": false, "country_codes": ["DE"]}})), json!({}), json!([]), "withheld"),
        (simple(json!({"text": replaced})), json!({}), json!([]), "media policy"),
        (repost.clone(), original(json!({"text": replaced})), json!([]), "media policy"),
        (repost.clone(), original(json!({"withheld": {"country_codes": ["XX"]}})), json!([]), "withheld"),
        (repost.clone(), original(json!({"scopes": {"followers": true}})), json!([]), "followers only"),
        (repost.clone(), protected, json!([]), "protected author"),
        (repost.clone(), json!({}), unauthorized, "protected author"),
    ] {
        assert_eq!(map_one(post, includes, errors).expect_err(reason).reason, reason);
    }
    let open = simple(json!({"scopes": {"followers": false}, "withheld": null}));
    assert!(map_one(open, json!({}), json!([])).is_ok());
    assert!(map_one(repost, original(json!({})), json!([])).is_ok());
}

#[test]
fn an_edit_keeps_the_first_id_and_shows_the_latest() {
    let edited = simple(json!({"edit_history_tweet_ids": ["2100000000000000038", "2100000000000000040"]}));
    let read = map_one(edited, json!({}), json!([])).expect("a post");
    assert_eq!((read.post_id.as_str(), read.version_id.as_str()), ("2100000000000000038", "2100000000000000040"));
    assert!(read.url.ends_with("/2100000000000000040"));
    let odd = simple(json!({"edit_history_tweet_ids": ["x"]}));
    assert_eq!(map_one(odd, json!({}), json!([])).expect("a post").post_id, "2100000000000000040");
}

#[test]
fn details_that_may_be_missing_have_a_stand_in() {
    let timeless = simple(json!({"created_at": null, "id": "1346889436626259968", "possibly_sensitive": true}));
    let read = map_one(timeless, json!({}), json!([])).expect("a post");
    assert_eq!(read.posted_at.timestamp(), 1_609_958_440);
    assert!(read.sensitive);
    assert_eq!(read.engagement, Engagement::default());
    let article = simple(json!({"text": "https://t.co/a", "article": {"title": "Our year"}}));
    assert_eq!(map_one(article, json!({}), json!([])).expect("a post").text, "Our year\nhttps://t.co/a");
    // A picture that was asked for but not sent: its link stays, so that it can be found.
    let link = json!({"start": 5, "end": 19, "url": "https://t.co/m", "expanded_url": "https://x.com/a/status/1/photo/1",
                      "display_url": "pic.x.com/m"});
    let pictured = simple(
        json!({"text": "Cake https://t.co/m", "attachments": {"media_keys": ["3_1"]}, "entities": {"urls": [link]}}),
    );
    let read = map_one(pictured, json!({}), json!([])).expect("a post");
    assert_eq!((read.text.as_str(), read.media.len()), ("Cake https://x.com/a/status/1/photo/1", 0));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::hash_map("(id|text|type|tag|url|start|end|items)", inner, 0..4)
                .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn no_answer_breaks_the_reading(
        field in "(text|entities|attachments|note_tweet|referenced_tweets|edit_history_tweet_ids|scopes|withheld|article|created_at|public_metrics)",
        value in any_json(),
        includes in any_json(),
        errors in any_json(),
    ) {
        let page = json!({"data": [simple(json!({ field: value }))], "includes": includes, "errors": errors}).to_string();
        map(&page);
    }
}

#[test]
fn a_time_that_no_database_holds_spoils_nothing() {
    for year in ["+262142", "9999", "0001", "-0005"] {
        let created_at = json!({ "created_at": format!("{year}-10-19T12:04:00.000Z") });
        let post = map_one(simple(created_at), json!({}), json!([])).expect("a post");
        assert_eq!(Some(post.posted_at), made_at(2_100_000_000_000_000_040), "the id tells its time");
    }
    let neither = json!({"id": "1", "created_at": "+262142-10-19T12:04:00.000Z"});
    let skipped = map_one(simple(neither), json!({}), json!([])).expect_err("no time");
    assert_eq!(skipped.reason, "unreadable");
}
