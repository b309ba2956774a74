//! Readings over HTTP: pages, the first one, the window, edits, fields given up, limits.

use super::*;
use crate::domain::Post;
use serde_json::{Value, json};

/// A post published at `minute`.
fn item(id: &str, minute: i64, caption: &str) -> Value {
    json!({
        "id": id, "caption": caption, "media_type": "IMAGE", "media_product_type": "FEED",
        "media_url": format!("https://scontent.cdninstagram.com/{id}.jpg?oe={minute}"),
        "permalink": format!("https://www.instagram.com/p/{id}/"),
        "timestamp": at(minute).format("%Y-%m-%dT%H:%M:%S%z").to_string(),
        "username": "acme_example", "like_count": 1, "comments_count": 0,
    })
}

/// A page of `items`; `after` leads to the next one by way of an address that must not be followed.
fn page(items: &[Value], after: Option<&str>) -> Answer {
    let mut paging = json!({"cursors": {"before": "B", "after": after.unwrap_or("END")}});
    if after.is_some() {
        paging["next"] = "https://elsewhere.example/media?access_token=canary-token&after=WRONG".into();
    }
    Answer::json(200, &json!({"data": items, "paging": paging}))
}

fn refusal(code: i64, message: &str) -> Answer {
    Answer::json(400, &json!({"error": {"message": message, "type": "OAuthException", "code": code}}))
}

fn ids(posts: &[Post]) -> Vec<&str> {
    posts.iter().map(|post| post.post_id.as_str()).collect()
}

/// The cursor after a first reading of `items` at noon.
async fn baseline(items: &[Value]) -> Cursor {
    let (fetched, _) = read(vec![page(items, None)], Want::Baseline { newest: 0 }, None, at(0)).await;
    fetched.unwrap().cursor.unwrap()
}

async fn next(answers: Vec<Answer>, cursor: &Cursor) -> (Fetched, Script) {
    let (fetched, script) = read(answers, Want::New, Some(cursor), at(100)).await;
    (fetched.unwrap(), script)
}

#[tokio::test]
async fn the_first_reading_takes_one_page_and_stands_after_it() {
    for (newest, limit) in [(0, "25"), (10, "25"), (40, "40"), (500, "50")] {
        let items = [item("3", -10, "c"), item("1", -9000, "a")];
        let (fetched, script) = read(vec![page(&items, Some("A1"))], Want::Baseline { newest }, None, at(0)).await;
        let fetched = fetched.unwrap();
        assert_eq!(ids(&fetched.posts), ["3", "1"]);
        assert_eq!((script.meter.reads().requests, script.meter.reads().posts), (1, 2));
        let asked = &script.asked()[0];
        assert_eq!((asked.method.as_str(), asked.path.as_str()), ("GET", "/graph/v26.0/me/media"));
        assert_eq!(asked.bearer.as_deref(), Some("canary-token"));
        assert_eq!(asked.query["limit"], limit);
        assert_eq!(
            asked.query["fields"],
            "id,caption,media_type,media_product_type,media_url,thumbnail_url,permalink,timestamp,username,like_count,\
             comments_count,alt_text,children{id,media_type,media_url,thumbnail_url}"
        );
        assert_eq!(asked.query.len(), 2, "no token, no time: {:?}", asked.query);
        let stored = fetched.cursor.unwrap().0.to_string();
        assert!(!stored.contains("A1") && !stored.contains("canary"), "{stored}");
    }
}

#[tokio::test]
async fn an_empty_account_has_a_position_too() {
    let (fetched, _) = read(vec![Answer::text(200, r#"{"data":[]}"#)], Want::Baseline { newest: 5 }, None, at(0)).await;
    let cursor = fetched.unwrap().cursor.unwrap();
    assert_eq!(cursor.0, json!({"v": 1, "since": "2026-11-22T12:00:00Z", "seen": []}));
    let (fetched, _) = next(vec![page(&[item("1", 5, "first")], None)], &cursor).await;
    assert_eq!(ids(&fetched.posts), ["1"]);
}

#[tokio::test]
async fn known_posts_are_seen_again_and_new_ones_found_anywhere() {
    let known = [item("9", -10, "pinned"), item("8", -20, "b"), item("6", -30, "a")];
    let cursor = baseline(&known).await;
    // A pinned post first, a new one with a smaller id behind known ones: neither ends the reading.
    let now = [item("9", -10, "pinned"), item("8", -20, "b"), item("7", 50, "new"), item("6", -30, "a")];
    let (fetched, script) = next(vec![page(&now, Some("A1"))], &cursor).await;
    assert_eq!(ids(&fetched.posts), ["7"]);
    assert_eq!(ids(&fetched.seen_again), ["9", "8", "6"]);
    assert_eq!(script.asked().len(), 1, "a known post in its place: nothing new can be behind it");

    let (again, _) = next(vec![page(&now, Some("A1"))], &fetched.cursor.unwrap()).await;
    assert!(again.posts.is_empty());
    assert_eq!(again.seen_again.len(), 4);
}

/// It was known, so the first page was the last one, and what the backlog held behind it was lost.
#[tokio::test]
async fn defect_a_pinned_post_does_not_end_a_backlog() {
    let cursor = baseline(&[item("900", -60, "pinned"), item("800", -10, "b")]).await;
    let mut first = vec![item("900", -60, "pinned")];
    first.extend((40..64).rev().map(|n| item(&n.to_string(), n, "x")));
    let mut second: Vec<Value> = (20..40).rev().map(|n| item(&n.to_string(), n, "x")).collect();
    second.push(item("800", -10, "b"));
    let (fetched, script) = next(vec![page(&first, Some("A1")), page(&second, Some("A2"))], &cursor).await;
    let expected: Vec<String> = (20..64).rev().map(|n| n.to_string()).collect();
    assert_eq!(ids(&fetched.posts), expected);
    assert_eq!(ids(&fetched.seen_again), ["900", "800"]);
    assert_eq!(script.asked().len(), 2);
}

#[tokio::test]
async fn pages_are_read_on_while_everything_is_new() {
    let cursor = baseline(&[item("1", -10, "a")]).await;
    let first: Vec<Value> = (30..55).rev().map(|n| item(&n.to_string(), n, "x")).collect();
    // Something was published in between: post 30 slid onto the second page.
    let second = [item("30", 30, "x"), item("29", 29, "x"), item("1", -10, "a")];
    let (fetched, script) = next(vec![page(&first, Some("A1")), page(&second, Some("A2"))], &cursor).await;
    assert_eq!(fetched.posts.len(), 26);
    assert_eq!(ids(&fetched.seen_again), ["1"]);
    assert_eq!(script.meter.reads().requests, 2);
    let asked = script.asked();
    assert_eq!(asked[1].path, "/graph/v26.0/me/media");
    assert_eq!((asked[0].query.get("after"), asked[1].query["after"].as_str()), (None, "A1"));

    let (again, _) = next(vec![page(&first, Some("A1"))], &fetched.cursor.unwrap()).await;
    assert!(again.posts.is_empty());
}

#[tokio::test]
async fn posts_from_before_the_connection_are_left_out_and_end_the_reading() {
    let cursor = baseline(&[item("3", -10, "c")]).await;
    // Post 3 was deleted, so that one from before the first page moved up.
    let now = [item("4", 20, "new"), item("2", -5000, "old #tag")];
    let (fetched, script) = next(vec![page(&now, Some("A1"))], &cursor).await;
    assert_eq!(ids(&fetched.posts), ["4"]);
    assert_eq!(fetched.skipped.len(), 1);
    assert_eq!(fetched.skipped[0].post_id, "2");
    assert_eq!(script.asked().len(), 1);

    // Neither again nor when it is edited.
    let now = [item("4", 20, "new"), item("2", -5000, "edited")];
    let (again, _) = next(vec![page(&now, None)], &fetched.cursor.unwrap()).await;
    assert!(again.posts.is_empty() && again.skipped.is_empty());
    assert_eq!(ids(&again.seen_again), ["4"]);
}

#[tokio::test]
async fn an_edited_caption_is_news_and_a_new_signature_is_not() {
    let cursor = baseline(&[item("1", -10, "teh launch"), item("2", -20, "b")]).await;
    let mut resigned = item("2", -20, "b");
    resigned["media_url"] = "https://video.fbcdn.net/2.jpg?oe=6B081F41".into();
    resigned["like_count"] = 99.into();
    let (fetched, _) = next(vec![page(&[item("1", -10, "the launch"), resigned], None)], &cursor).await;
    assert_eq!(ids(&fetched.posts), ["1"]);
    assert_eq!(fetched.posts[0].text, "the launch");
    assert_eq!(ids(&fetched.seen_again), ["2"]);
    assert_eq!(fetched.seen_again[0].engagement.likes, Some(99));

    let (again, _) = next(vec![page(&[item("1", -10, "the launch")], None)], &fetched.cursor.unwrap()).await;
    assert!(again.posts.is_empty());
}

#[tokio::test]
async fn the_window_holds_fifty_and_outlives_a_page() {
    let first: Vec<Value> = (0..50).rev().map(|n| item(&format!("a{n}"), n - 60, "x")).collect();
    let (fetched, _) = read(vec![page(&first, None)], Want::Baseline { newest: 50 }, None, at(0)).await;
    let cursor = fetched.unwrap().cursor.unwrap();
    assert_eq!(cursor.0["seen"].as_array().unwrap().len(), 50);
    // The newest 25 are deleted: what moves up is known still.
    let (fetched, _) = next(vec![page(&first[25..], None)], &cursor).await;
    assert!(fetched.posts.is_empty());
    assert_eq!(fetched.seen_again.len(), 25);
    assert_eq!(fetched.cursor.unwrap().0["seen"].as_array().unwrap().len(), 50);
}

#[tokio::test]
async fn ads_are_reported_once_and_never_imported() {
    let mut ad = item("5", -5, "buy");
    ad["media_product_type"] = "AD".into();
    let (fetched, _) =
        read(vec![page(&[ad.clone(), item("4", -9, "x")], None)], Want::Baseline { newest: 0 }, None, at(0)).await;
    let fetched = fetched.unwrap();
    assert_eq!(ids(&fetched.posts), ["4"]);
    assert_eq!((fetched.skipped[0].post_id.as_str(), fetched.skipped[0].reason), ("5", "ad"));
    let (again, _) = next(vec![page(&[ad], None)], &fetched.cursor.unwrap()).await;
    assert!(again.posts.is_empty() && again.skipped.is_empty() && again.seen_again.is_empty());
}

#[tokio::test]
async fn paging_is_bounded_and_says_so() {
    let cursor = baseline(&[]).await;
    let pages = (0..40).map(|n| page(&[item(&n.to_string(), 50 - n, "x")], Some(&format!("A{n}")))).collect();
    let (fetched, script) = next(pages, &cursor).await;
    assert_eq!(fetched.posts.len(), 40);
    let sizes: Vec<String> = script.asked().iter().map(|asked| asked.query["limit"].clone()).collect();
    assert_eq!((sizes.len(), &sizes[..3]), (40, &["25".into(), "100".into(), "100".into()][..]));
    assert!(fetched.notices.iter().any(|notice| notice.contains("not read")), "{:?}", fetched.notices);
}

#[tokio::test]
async fn a_mark_that_does_not_move_ends_the_reading() {
    let cursor = baseline(&[]).await;
    let circle = || page(&[], Some("A1"));
    let (fetched, script) = next(vec![circle(), circle()], &cursor).await;
    assert_eq!(script.asked().len(), 2);
    assert!(fetched.posts.is_empty());
}

#[tokio::test]
async fn a_field_that_is_refused_is_given_up_once() {
    let cursor = baseline(&[item("1", -10, "a")]).await;
    let alt = "(#100) Tried accessing nonexisting field (alt_text) on node type (ShadowIGMedia)";
    let (fetched, script) = next(vec![refusal(100, alt), page(&[item("2", 5, "b")], None)], &cursor).await;
    assert_eq!(ids(&fetched.posts), ["2"]);
    assert_eq!(script.meter.reads().requests, 2);
    assert!(fetched.notices[0].contains("alt_text"));
    assert!(!script.asked()[1].query["fields"].contains("alt_text"));

    let (failed, script) = read(
        vec![refusal(100, alt), refusal(100, &alt.replace("alt_text", "caption"))],
        Want::New,
        Some(&cursor),
        at(9),
    )
    .await;
    assert_eq!(failed.unwrap_err().code(), "unreadable");
    assert_eq!(script.asked().len(), 2);

    let (failed, script) = read(vec![refusal(100, "field (timestamp)")], Want::New, Some(&cursor), at(9)).await;
    assert_eq!(failed.unwrap_err().code(), "unreadable");
    assert_eq!(script.asked().len(), 1);
}

#[tokio::test]
async fn without_captions_nothing_known_looks_edited() {
    let cursor = baseline(&[item("1", -10, "a")]).await;
    let refused = refusal(100, "(#100) Tried accessing nonexisting field (caption) on node type (X)");
    let mut bare = item("1", -10, "");
    bare.as_object_mut().unwrap().remove("caption");
    let (fetched, _) = next(vec![refused, page(&[bare], None)], &cursor).await;
    assert!(fetched.posts.is_empty() && fetched.seen_again.is_empty());
    let (again, _) = next(vec![page(&[item("1", -10, "a")], None)], &fetched.cursor.unwrap()).await;
    assert_eq!(ids(&again.seen_again), ["1"]);
}

#[tokio::test]
async fn children_can_be_given_up_as_a_whole() {
    let cursor = baseline(&[]).await;
    let refused = refusal(100, "(#100) Tried accessing nonexisting field (children) on node type (X)");
    let (_, script) = next(vec![refused, page(&[], None)], &cursor).await;
    assert!(!script.asked()[1].query["fields"].contains("children"));
}

#[tokio::test]
async fn too_heavy_a_page_is_halved_once() {
    let cursor = baseline(&[]).await;
    let heavy = || refusal(1, "Please reduce the amount of data you're asking for, then retry your request");
    let (fetched, script) = next(vec![heavy(), page(&[item("1", 5, "x")], None)], &cursor).await;
    assert_eq!(ids(&fetched.posts), ["1"]);
    assert_eq!(script.asked()[1].query["limit"], "12");

    let (failed, script) = read(vec![heavy(), heavy()], Want::New, Some(&cursor), at(9)).await;
    assert_eq!(failed.unwrap_err().code(), "upstream");
    assert_eq!(script.asked().len(), 2);
}

#[tokio::test]
async fn a_failure_on_a_later_page_fails_the_reading() {
    let cursor = baseline(&[]).await;
    let answers = vec![page(&[item("1", 5, "x")], Some("A1")), refusal(80002, "too many calls")];
    let (failed, _) = read(answers, Want::New, Some(&cursor), at(9)).await;
    let PlatformError::RateLimited { until, .. } = failed.unwrap_err() else { panic!("not limited") };
    assert_eq!(until, Some(at(24)));
}

#[tokio::test]
async fn used_shares_are_told_apart_by_whose_they_are() {
    let usage = |percent| format!(r#"{{"1":[{{"type":"instagram","call_count":{percent}}}]}}"#);
    let cursor = baseline(&[]).await;
    let page = page(&[], None).with("x-business-use-case-usage", &usage(96));
    let (_, script) = next(vec![page.with("x-app-usage", r#"{"call_count":12,"total_time":81}"#)], &cursor).await;
    let reads = script.meter.reads();
    assert_eq!((reads.requests, reads.usage_percent, reads.app_usage_percent), (1, Some(96.0), Some(81.0)));
    let (_, script) = next(vec![self::page(&[], None)], &cursor).await;
    assert_eq!((script.meter.reads().usage_percent, script.meter.reads().app_usage_percent), (None, None));
}

#[tokio::test]
async fn another_version_is_told() {
    let cursor = baseline(&[]).await;
    let (fetched, _) = next(vec![page(&[], None).with("facebook-api-version", "v21.0")], &cursor).await;
    assert!(fetched.notices[0].contains("v21.0"));
}

#[tokio::test]
async fn a_lost_position_starts_anew_and_pours_nothing_out() {
    let items = [item("2", 90, "b"), item("1", -9000, "a")];
    for (cursor, told) in [(Some(Cursor(json!({"newest_id": "5"}))), 1), (None, 0)] {
        let (fetched, _) = read(vec![page(&items, Some("A1"))], Want::New, cursor.as_ref(), at(200)).await;
        let fetched = fetched.unwrap();
        assert!(fetched.posts.is_empty());
        assert_eq!(fetched.notices.len(), told);
        let (again, _) =
            next(vec![page(&[item("3", 201, "c"), item("2", 90, "b")], None)], &fetched.cursor.unwrap()).await;
        assert_eq!(ids(&again.posts), ["3"]);
    }
}

#[tokio::test]
async fn items_without_id_or_time_cost_only_themselves() {
    let cursor = baseline(&[]).await;
    let odd = json!({"data": [{"caption": "x"}, {"id": "5"}, "odd", item("6", 5, "x")]});
    let (fetched, _) = next(vec![Answer::json(200, &odd)], &cursor).await;
    assert_eq!(ids(&fetched.posts), ["6"]);
    assert!(fetched.notices[0].starts_with("3 posts"));
}

#[tokio::test]
async fn bad_answers_are_errors_without_their_text() {
    for (answer, word) in [
        (Answer::text(200, r#"{"data":[{"id":"canary"#), "unreadable"),
        (Answer::text(200, "<html>canary</html>"), "upstream"),
        (Answer::text(500, "canary"), "upstream"),
        (refusal(190, "token canary"), "token_rejected"),
        (Answer::json(200, &json!({"error": {"code": 190, "message": "canary"}})), "token_rejected"),
    ] {
        let (failed, _) = read(vec![answer], Want::New, None, at(0)).await;
        let error = failed.unwrap_err();
        assert_eq!(error.code(), word);
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}
