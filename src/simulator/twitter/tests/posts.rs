//! Posts: versions, reposts, media, errors beside the data, recordings.

use super::*;
use crate::simulator::world::{Counters, DraftMedia, Other};
use serde_json::json;

const ALL: &str = "max_results=100&tweet.fields=author_id,created_at,conversation_id,in_reply_to_user_id,\
    referenced_tweets,attachments,entities,public_metrics,note_tweet,edit_controls&expansions=attachments.media_keys,\
    referenced_tweets.id,referenced_tweets.id.author_id,referenced_tweets.id.attachments.media_keys\
    &media.fields=url,alt_text,variants,preview_image_url";

fn somebody(text: &str) -> Other {
    Other { handle: "bo_example".into(), name: "Bo".into(), text: text.into(), unreadable: false }
}

#[tokio::test]
async fn ids_come_from_the_clock_and_grow() {
    let x = X::new();
    let first: u64 = x.world.publish(ACME, Draft::text("a")).unwrap().parse().unwrap();
    let second: u64 = x.world.publish(ACME, Draft::text("b")).unwrap().parse().unwrap();
    assert!(second > first, "in the same millisecond");
    assert_eq!(super::super::snowflake::made_at(first).timestamp(), x.world.now().timestamp());
    let old = Draft { at: Some(x.world.now() - Duration::hours(3)), ..Draft::text("old") };
    let old: u64 = x.publish(old).parse().unwrap();
    assert!(old < first, "older posts have lower ids");
    assert_eq!(x.timeline("tweet.fields=created_at").await.body["data"][2]["created_at"], "2026-10-19T09:00:00.000Z");
}

#[tokio::test]
async fn an_edit_is_a_new_id_with_its_history() {
    let x = X::new();
    let first = x.post("Helo");
    x.wait(60);
    let second = x.world.edit(&first, "Hello").unwrap();
    let answer = x.timeline(&format!("since_id={first}&{ALL}")).await;
    assert_eq!(answer.ids(), [&second], "a reader who has the first sees the second as new");
    let post = &answer.body["data"][0];
    assert_eq!(post["edit_history_tweet_ids"], json!([first, second]));
    assert_eq!((&post["text"], &post["edit_controls"]["edits_remaining"]), (&json!("Hello"), &json!(4)));
    assert_eq!(x.timeline("").await.ids(), [&second], "the latest version alone");

    let old = x.get(BEARER_TOKEN, &format!("/2/tweets/{first}")).await;
    assert_eq!(old.body["data"]["text"], "Helo", "older versions stay readable by their id");
    let versions = x.timeline("expansions=edit_history_tweet_ids").await.body;
    assert_eq!(versions["includes"]["tweets"].as_array().unwrap().len(), 2);

    let third = x.world.edit(&first, "Hello!").unwrap();
    assert_eq!(x.timeline("").await.body["data"][0]["edit_history_tweet_ids"], json!([first, second, third]));
    x.wait(3600);
    assert!(x.world.edit(&third, "Hello?").unwrap_err().contains("60 minutes"));

    x.world.delete(&second).unwrap();
    assert_eq!(x.timeline("").await.ids().len(), 0, "deleting any version deletes all");
    let lookup = x.get(BEARER_TOKEN, &format!("/2/tweets?ids={first},{third}")).await;
    assert_eq!((lookup.status, lookup.body["errors"].as_array().unwrap().len()), (200, 2));
    assert_eq!(lookup.body.get("data"), None);
}

#[tokio::test]
async fn a_repost_is_cut_and_its_original_is_whole() {
    let x = X::new();
    let original = format!("Tea & cake {}", "x".repeat(150));
    let counters = Counters { likes: Some(44), reposts: Some(9), ..Counters::default() };
    let media = vec![DraftMedia { kind: "image".into(), alt_text: None }];
    let draft = Draft { repost_of: Some(somebody(&original)), counters, media, ..Draft::default() };
    let id = x.publish(draft);
    let body = x.timeline(ALL).await.body;
    let (outer, inner) = (&body["data"][0], &body["includes"]["tweets"][0]);
    assert!(outer["text"].as_str().unwrap().starts_with("RT @bo_example: Tea &amp; cake"));
    assert!(outer["text"].as_str().unwrap().ends_with('…'));
    assert_eq!(outer["referenced_tweets"], json!([{ "type": "retweeted", "id": inner["id"] }]));
    assert_eq!(
        (&outer["public_metrics"]["like_count"], &outer["public_metrics"]["retweet_count"]),
        (&json!(0), &json!(9))
    );
    assert_eq!(outer.get("attachments"), None);
    assert!(inner["text"].as_str().unwrap().starts_with("Tea &amp; cake xxx"));
    assert_eq!(inner["public_metrics"]["like_count"], 44);
    assert_eq!(body["includes"]["users"][0]["username"], "bo_example");
    assert_eq!(body["includes"]["media"][0]["media_key"], inner["attachments"]["media_keys"][0]);

    x.world.count(&id, Counters { likes: Some(50), ..Counters::default() }).unwrap();
    let body = x.timeline(ALL).await.body;
    assert_eq!(body["data"][0]["public_metrics"]["like_count"], 0);
    assert_eq!(body["includes"]["tweets"][0]["public_metrics"]["like_count"], 50);
}

#[tokio::test]
async fn what_cannot_be_read_is_an_error_beside_the_data() {
    let x = X::new();
    for why in ["deleted", "protected", "suspended", "silent"] {
        let mut draft = Draft { quote_of: Some(Other { unreadable: true, ..somebody("gone") }), ..Draft::text(why) };
        draft.extra.insert("unreadable_as".into(), json!(why));
        x.publish(draft);
    }
    let body = x.timeline(ALL).await.body;
    assert_eq!(body["data"].as_array().unwrap().len(), 4);
    assert_eq!(body.get("includes"), None);
    let titles: Vec<_> =
        body["errors"].as_array().unwrap().iter().map(|error| error["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["Not Found Error", "Authorization Error", "Forbidden"]);
    let error = &body["errors"][0];
    assert_eq!(error["parameter"], "referenced_tweets.id");
    assert_eq!(
        error["detail"],
        format!("Could not find tweet with referenced_tweets.id: [{}].", error["value"].as_str().unwrap())
    );
    assert_eq!(x.timeline("").await.body.get("errors"), None, "nobody asked");
}

#[tokio::test]
async fn every_attachment_has_an_entity_at_the_same_place() {
    let x = X::new();
    let media = |kind: &str| DraftMedia { kind: kind.into(), alt_text: (kind == "image").then(|| "A cake".into()) };
    x.publish(Draft { media: vec![media("image"), media("video"), media("gif")], ..Draft::text("Tea & 🍰") });
    let body = x.timeline(ALL).await.body;
    let urls = body["data"][0]["entities"]["urls"].as_array().unwrap();
    assert_eq!(urls.len(), 3);
    for url in urls {
        // `Tea &amp; 🍰 ` is 12 code points.
        assert_eq!((&url["start"], &url["end"]), (&json!(12), &json!(35)));
        assert!(url["display_url"].as_str().unwrap().starts_with("pic.x.com/"));
    }
    let media = body["includes"]["media"].as_array().unwrap();
    let of = |kind: &str| media.iter().find(|media| media["type"] == kind).expect("it is there");
    assert!(of("photo")["url"].is_string() && of("photo")["alt_text"] == "A cake");
    assert!(of("video").get("url").is_none() && of("video")["variants"].as_array().unwrap().len() == 3);
    assert_eq!(of("animated_gif")["variants"][0]["bit_rate"], 0);
    assert!(x.world.publish(ACME, Draft { media: vec![media_of("hologram")], ..Draft::text("x") }).is_err());
}

fn media_of(kind: &str) -> DraftMedia {
    DraftMedia { kind: kind.into(), alt_text: None }
}

#[tokio::test]
async fn threads_keep_their_root() {
    let x = X::new();
    let root = x.post("Start of a thread");
    x.publish(Draft { reply_to: Some("self".into()), ..Draft::text("two") });
    x.publish(Draft { reply_to: Some("self".into()), quote_of: Some(somebody("See")), ..Draft::text("three") });
    let body = x.timeline(ALL).await.body;
    let third = &body["data"][0];
    assert_eq!(third["conversation_id"], root.as_str());
    assert_eq!(third["in_reply_to_user_id"], ACME);
    let kinds: Vec<_> = third["referenced_tweets"].as_array().unwrap().iter().map(|it| it["type"].clone()).collect();
    assert_eq!(kinds, ["quoted", "replied_to"]);
}

#[tokio::test]
async fn a_look_up_names_what_is_missing() {
    let x = X::new();
    let id = x.post("hello");
    let some = x.get(BEARER_TOKEN, &format!("/2/tweets?ids={id},42")).await;
    assert_eq!((some.status, some.ids()), (200, vec![id.as_str()]));
    assert_eq!(some.body["errors"][0]["detail"], "Could not find tweet with ids: [42].");
    assert_eq!(some.body.get("meta"), None);
    let one = x.get(BEARER_TOKEN, &format!("/2/tweets/{id}")).await;
    assert_eq!(one.body["data"]["text"], "hello");
    let none = x.get(BEARER_TOKEN, "/2/tweets/42").await;
    assert_eq!((none.status, none.body.get("data")), (200, None));
    assert_eq!(none.body["errors"][0]["parameter"], "id");
    let many = vec!["42"; 101].join(",");
    assert_eq!(x.get(BEARER_TOKEN, &format!("/2/tweets?ids={many}")).await.status, 400);
    assert_eq!(x.get(BEARER_TOKEN, "/2/tweets").await.status, 400);
}

#[tokio::test]
async fn recorded_pages_are_served_again_in_either_vocabulary() {
    for (word, includes) in [("tweet", "tweets"), ("post", "posts")] {
        let x = X::new();
        let page = json!({
            "data": [
                { "id": "2100000000000000020", "text": "RT @bo_example: Hi", format!("edit_history_{word}_ids"): ["2100000000000000020"],
                  format!("referenced_{word}s"): [{ "type": "retweeted", "id": "2099999999999999999" }] },
                { "id": "2100000000000000010", "text": "So true",
                  format!("referenced_{word}s"): [{ "type": "quoted", "id": "2099999999999999998" }] },
            ],
            "includes": { includes: [{ "id": "2099999999999999999", "text": "Hi", "author_id": "5" }],
                "users": [{ "id": "5", "username": "bo_example", "name": "Bo" }] },
            "errors": [{ "resource_type": word, "resource_id": "2099999999999999998", "title": "Not Found Error" }],
            "meta": { "result_count": 2 },
        });
        assert_eq!(x.world.load(ACME, &page), Ok(2));
        let legacy = x.timeline(ALL).await.body;
        assert_eq!(legacy["data"][0]["id"], "2100000000000000020");
        assert_eq!(legacy["data"][1]["author_id"], ACME);
        assert_eq!(legacy["data"][1]["edit_history_tweet_ids"], json!(["2100000000000000010"]));
        assert_eq!(legacy["includes"]["tweets"][0]["text"], "Hi");
        assert_eq!(legacy["includes"]["users"][0]["username"], "bo_example");
        assert_eq!(legacy["errors"][0]["resource_id"], "2099999999999999998");
        let new = x.timeline("post.fields=text&expansions=referenced_posts").await.body;
        assert_eq!(new["includes"]["posts"][0]["text"], "Hi");
        let next: u64 = x.post("after").parse().unwrap();
        assert!(next > 2_100_000_000_000_000_020, "new ids go on above the recorded ones");
    }
    let x = X::new();
    for bad in
        [json!({ "id": "x", "text": "" }), json!({ "id": "7" }), json!({ "id": "9999999999999999999", "text": "" })]
    {
        assert!(x.world.load(ACME, &json!({ "data": [bad] })).is_err());
    }
    assert!(x.world.load("nobody", &json!({})).is_err());
}

#[tokio::test]
async fn a_recording_comes_back_as_it_was() {
    let page: Value =
        serde_json::from_str(include_str!("../../../../tests/fixtures/twitter/timeline_tweet_words.json")).unwrap();
    let x = X::new();
    assert_eq!(x.world.load(ACME, &page), Ok(4));
    let body = x
        .timeline(
            "tweet.fields=author_id,created_at,conversation_id,in_reply_to_user_id,referenced_tweets,attachments,\
             entities,public_metrics,note_tweet,lang,possibly_sensitive&expansions=attachments.media_keys,\
             referenced_tweets.id&media.fields=url,alt_text,variants,preview_image_url,width,height,duration_ms,\
             public_metrics",
        )
        .await
        .body;
    assert_eq!(body["data"], page["data"]);
    assert_eq!(body["includes"]["tweets"], page["includes"]["tweets"]);
    assert_eq!(body["includes"]["media"], page["includes"]["media"]);
    assert_eq!(body["errors"], page["errors"]);
}

#[tokio::test]
async fn extra_fields_are_those_x_has() {
    let x = X::new();
    let with = |name: &str, value: Value| {
        let mut draft = Draft::text("x");
        draft.extra.insert(name.into(), value);
        draft
    };
    x.publish(with("withheld", json!({ "copyright": false, "country_codes": ["DE"], "scope": "tweet" })));
    let legacy = x.timeline("tweet.fields=withheld").await.body;
    assert_eq!(legacy["data"][0]["withheld"]["scope"], "tweet");
    let new = x.timeline("post.fields=withheld").await.body;
    assert_eq!(new["data"][0]["withheld"]["scope"], "post");
    assert!(x.world.publish(ACME, with("id", json!("1"))).is_err());
    assert!(x.world.publish(ACME, with("mood", json!("good"))).is_err());
}

#[tokio::test]
async fn the_oldest_posts_are_forgotten_with_all_that_belongs_to_them() {
    let x = X::new();
    let media = vec![media_of("image")];
    let first = x.publish(Draft { repost_of: Some(somebody("An original")), media, ..Draft::default() });
    for _ in 0..10_000 {
        x.world.publish(ACME, Draft::text("x")).unwrap();
    }
    let state = x.world.state();
    assert_eq!((state.posts.len(), state.media.len()), (10_000, 0));
    assert!(state.latest(&first).is_err());
}
