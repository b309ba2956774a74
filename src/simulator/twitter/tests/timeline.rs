//! The timeline: ranges, pages, exclusions, parameters.

use super::*;
use crate::simulator::world::Other;
use serde_json::json;

fn somebody() -> Other {
    Other { handle: "bo_example".into(), name: "Bo".into(), text: "An original".into(), unreadable: false }
}

#[tokio::test]
async fn nothing_new_has_neither_data_nor_ids() {
    let x = X::new();
    let only = x.post("hello");
    let empty = json!({ "meta": { "result_count": 0 } });
    assert_eq!(x.timeline(&format!("since_id={only}")).await.body, empty);
    assert_eq!(x.timeline("since_id=9000000000000000000").await.body, empty, "of the future");
    let all = x.timeline("").await.body;
    assert_eq!(all["meta"], json!({ "result_count": 1, "newest_id": only, "oldest_id": only }));
}

#[tokio::test]
async fn ranges_leave_their_ends_out_and_ids_win_over_times() {
    let x = X::new();
    let ids: Vec<_> = (0..4).map(|n| x.post(&n.to_string())).collect();
    let range = format!("since_id={}&until_id={}", ids[0], ids[3]);
    assert_eq!(x.timeline(&range).await.ids(), [&ids[2], &ids[1]]);
    // Posts at 12:00:01 to 12:00:04; the start belongs to the range.
    let times = "start_time=2026-10-19T12:00:02Z&end_time=2026-10-19T12:00:04Z";
    assert_eq!(x.timeline(times).await.ids(), [&ids[2], &ids[1]]);
    assert_eq!(x.timeline(&format!("{times}&since_id={}", ids[0])).await.ids(), [&ids[2], &ids[1]]);
    assert_eq!(x.timeline(&format!("start_time=2026-10-19T12:00:04Z&since_id={}", ids[1])).await.ids().len(), 2);
}

#[tokio::test]
async fn pages_lead_to_the_end_and_back() {
    let x = X::new();
    let mut ids: Vec<_> = (0..12).map(|n| x.post(&n.to_string())).collect();
    ids.reverse();
    let first = x.timeline("max_results=5").await;
    assert_eq!(first.ids(), ids[..5]);
    assert_eq!(first.body["meta"].get("previous_token"), None);
    let token = |answer: &Answer, name: &str| answer.body["meta"][name].as_str().expect("a token").to_owned();
    x.post("published while somebody pages");
    let second = x.timeline(&format!("max_results=5&pagination_token={}", token(&first, "next_token"))).await;
    assert_eq!(second.ids(), ids[5..10]);
    assert_eq!(second.body["meta"]["newest_id"], ids[5].as_str(), "of this page");
    let last = x.timeline(&format!("max_results=5&pagination_token={}", token(&second, "next_token"))).await;
    assert_eq!(last.ids(), ids[10..]);
    assert_eq!(last.body["meta"].get("next_token"), None);
    let back = x.timeline(&format!("max_results=5&pagination_token={}", token(&second, "previous_token"))).await;
    assert_eq!(back.ids(), ids[..5]);
}

#[tokio::test]
async fn exclusions_come_after_the_page_is_counted() {
    let x = X::new();
    let plain = x.post("plain");
    let own_thread = x.publish(Draft { reply_to: Some("self".into()), ..Draft::text("and more") });
    x.publish(Draft { reply_to: Some("bo_example".into()), ..Draft::text("no") });
    for _ in 0..5 {
        x.publish(Draft { repost_of: Some(somebody()), ..Draft::default() });
    }
    let first = x.timeline("max_results=5&exclude=retweets,replies").await;
    assert_eq!(first.body.get("data"), None);
    assert_eq!(first.body["meta"]["result_count"], 0);
    assert_eq!(first.body["meta"].get("newest_id"), None);
    let next = first.body["meta"]["next_token"].as_str().expect("the page was full before");
    let second = x.timeline(&format!("max_results=5&exclude=retweets,replies&pagination_token={next}")).await;
    assert_eq!(second.ids(), [&own_thread, &plain], "replies to oneself stay");
}

#[tokio::test]
async fn history_ends_at_3200_and_at_800_without_replies() {
    let x = X::new();
    let posts: Vec<_> = (1..=3300_u64).map(|n| json!({ "id": (n << 22).to_string(), "text": "old" })).collect();
    assert_eq!(x.world.load(ACME, &json!({ "data": posts })), Ok(3300));
    let reach = async |query: &str| {
        let mut token = String::new();
        let mut count = 0;
        loop {
            let answer = x.timeline(&format!("max_results=100{query}{token}")).await;
            count += answer.ids().len();
            match answer.body["meta"]["next_token"].as_str() {
                Some(next) => token = format!("&pagination_token={next}"),
                None => return count,
            }
        }
    };
    assert_eq!(reach("").await, 3200);
    assert_eq!(reach("&exclude=replies").await, 800);
}

#[tokio::test]
async fn bad_parameters_are_named() {
    let x = X::new();
    x.post("hello");
    let cases = [
        ("max_results=4", "The `max_results` query parameter value [4] is not between 5 and 100"),
        ("max_results=101", "The `max_results` query parameter value [101] is not between 5 and 100"),
        ("since_id=abc", "The `since_id` query parameter value [abc] does not match ^[0-9]{1,19}$"),
        ("since_id=5&until_id=5", "'since_id' must be less than 'until_id'"),
        ("pagination_token=x", "The `pagination_token` query parameter value [x] is not valid"),
        ("exclude=likes", "The `exclude` query parameter value [likes] is not one of [retweets,replies]"),
        ("start_time=2026-10-19T12:00:02Z&end_time=2026-10-19T12:00:02Z", "'start_time' must be before 'end_time'"),
    ];
    for (query, message) in cases {
        let answer = x.timeline(query).await;
        assert_eq!((answer.status, answer.message()), (400, message));
        assert_eq!(answer.body["type"], "https://api.x.com/2/problems/invalid-request");
        assert!(answer.headers.contains_key("x-rate-limit-remaining"));
    }
    for query in
        ["tweet.fields=shoe_size", "post.fields=shoe_size", "expansions=shoe", "limit=5", "start_time=yesterday"]
    {
        assert_eq!(x.timeline(query).await.status, 400, "{query}");
    }
    assert_eq!(x.get(BEARER_TOKEN, "/2/users/acme/tweets").await.status, 400);
    let list = x.timeline("tweet.fields=shoe_size").await;
    assert!(list.message().starts_with("The `tweet.fields` query parameter value [shoe_size] is not one of [id,text,"));
}

#[tokio::test]
async fn the_fields_parameter_picks_the_words() {
    let x = X::new();
    let id = x.publish(Draft { quote_of: Some(somebody()), ..Draft::text("x ".repeat(200)) });
    let by_default = x.timeline("").await.body["data"][0].clone();
    assert_eq!(by_default["edit_history_tweet_ids"], json!([id]));
    assert_eq!(by_default.as_object().unwrap().len(), 3, "only id, text and history: {by_default}");

    let asked = "note_tweet,note_post,public_metrics,author_id,referenced_tweets,referenced_posts";
    let legacy =
        x.timeline(&format!("tweet.fields={asked}&expansions=referenced_tweets.id,referenced_posts")).await.body;
    let post = legacy["data"][0].as_object().unwrap();
    let names: Vec<_> = post.keys().map(String::as_str).collect();
    let expected =
        ["author_id", "edit_history_tweet_ids", "id", "note_tweet", "public_metrics", "referenced_tweets", "text"];
    assert_eq!(names, expected);
    assert!(post["public_metrics"].get("retweet_count").is_some());
    assert!(legacy["includes"]["tweets"].is_array());

    let new = x.timeline(&format!("post.fields={asked}&expansions=referenced_posts,referenced_tweets.id")).await.body;
    let post = new["data"][0].as_object().unwrap();
    let names: Vec<_> = post.keys().map(String::as_str).collect();
    assert_eq!(names, ["id", "note_post", "public_metrics", "referenced_posts", "text"], "the author is an expansion");
    assert!(post["public_metrics"].get("repost_count").is_some());
    assert!(new["includes"]["posts"].is_array());

    let expansion_alone = x.timeline("expansions=referenced_posts").await.body;
    assert_eq!(expansion_alone["data"][0], by_default, "expansions never switch");
}
