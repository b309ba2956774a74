use super::super::Vocabulary;
use super::super::fake::{Answer, FakeX, token};
use super::*;
use crate::{
    domain::{AccountProfile, Author, Cursor, Timestamp, limits::Window},
    platforms::{Granted, Meter, Reads, SocialPlatform},
};
use serde_json::{Value, json};

const ADA: &str = "1700000000000000001";

fn now() -> Timestamp {
    "2026-11-22T10:00:00Z".parse().expect("a time")
}

/// What the poller asks for.
struct Poll {
    want: Want,
    since: Option<&'static str>,
    exclude: (bool, bool),
}

/// Everything after post 100.
const NEW: Poll = Poll { want: Want::New, since: Some("100"), exclude: (false, false) };

async fn poll(x: &FakeX, poll: Poll) -> Result<Fetched, PlatformError> {
    let profile: AccountProfile = Author { handle: Some("ada".to_owned()), ..Author::default() };
    let cursor = poll.since.map(|id| Cursor(json!({ "since_id": id })));
    let request = FetchRequest {
        access_token: &token(),
        remote_id: ADA,
        profile: &profile,
        cursor: cursor.as_ref(),
        want: poll.want,
        exclude_reposts: poll.exclude.0,
        exclude_replies: poll.exclude.1,
        now: now(),
        meter: &x.meter,
    };
    x.client().fetch(&request).await
}

/// A page with the posts `ids`, newest first.
fn page(ids: &[u64], next: Option<&str>) -> Value {
    let data: Vec<Value> = ids
        .iter()
        .map(|id| json!({"id": id.to_string(), "text": id.to_string(), "created_at": "2026-11-22T09:00:00.000Z"}))
        .collect();
    let mut meta = json!({"result_count": ids.len()});
    if let (Some(newest), Some(oldest)) = (ids.first(), ids.last()) {
        meta["newest_id"] = newest.to_string().into();
        meta["oldest_id"] = oldest.to_string().into();
    }
    if let Some(token) = next {
        meta["next_token"] = token.into();
    }
    if ids.is_empty() { json!({ "meta": meta }) } else { json!({"data": data, "meta": meta}) }
}

fn cursor_of(fetched: &Fetched) -> &str {
    fetched.cursor.as_ref().and_then(|cursor| cursor.0["since_id"].as_str()).expect("a cursor")
}

fn texts(fetched: &Fetched) -> Vec<&str> {
    let mut texts: Vec<&str> = fetched.posts.iter().map(|post| post.text.as_str()).collect();
    texts.sort_by_key(|text| text.parse::<u64>().unwrap_or(0));
    texts
}

#[tokio::test]
async fn pages_are_read_to_the_end_with_one_since_id_and_the_first_newest_becomes_the_cursor() {
    let x = FakeX::answering([page(&[1007, 1006], Some("two")), page(&[1005, 999], Some("three")), page(&[998], None)])
        .await;
    let fetched = poll(&x, NEW).await.expect("posts");
    assert_eq!(texts(&fetched), ["998", "999", "1005", "1006", "1007"]);
    assert_eq!(cursor_of(&fetched), "1007");
    assert!(fetched.notices.is_empty() && fetched.seen_again.is_empty() && fetched.skipped.is_empty());
    assert_eq!((x.meter.reads().requests, x.meter.reads().posts, bill(&x)), (3, 5, (5, 0)));
    let seen = x.seen();
    let sent = |name: &str| -> Vec<Option<&str>> {
        seen.iter().map(|seen| seen.query.get(name).map(String::as_str)).collect()
    };
    assert_eq!(sent("pagination_token"), [None, Some("two"), Some("three")]);
    assert_eq!(sent("since_id"), [Some("100"); 3]);
    assert_eq!(sent("max_results"), [Some("100"); 3]);
    assert_eq!(sent("exclude"), [None; 3]);
    assert!(seen.iter().all(|seen| seen.path == format!("/2/users/{ADA}/tweets")));
    assert_eq!(seen[2].header("authorization"), Some("Bearer at-canary"));
}

#[tokio::test]
async fn nothing_new_keeps_the_cursor() {
    let x = FakeX::answering([json!({"meta": {"result_count": 0}})]).await;
    let fetched = poll(&x, NEW).await.expect("no posts");
    assert!(fetched.posts.is_empty());
    assert_eq!(cursor_of(&fetched), "100");
    assert_eq!(x.meter.reads(), Reads { requests: 1, ..Reads::default() });
}

#[tokio::test]
async fn the_cursor_is_compared_as_a_number_and_never_goes_back() {
    for (since, newest, expected) in [("999", 1000, "1000"), ("1000", 999, "1000"), ("99", 100, "100")] {
        let x = FakeX::answering([page(&[newest], None)]).await;
        let fetched = poll(&x, Poll { since: Some(since), ..NEW }).await.expect("posts");
        assert_eq!(cursor_of(&fetched), expected);
    }
}

#[tokio::test]
async fn exclusions_are_asked_for_and_emptied_pages_go_on() {
    let x = FakeX::answering([page(&[], Some("a")), page(&[], Some("b")), page(&[500], None)]).await;
    let fetched = poll(&x, Poll { exclude: (true, true), ..NEW }).await.expect("posts");
    assert_eq!((texts(&fetched), cursor_of(&fetched)), (vec!["500"], "500"));
    assert_eq!(x.seen()[1].query.get("exclude").map(String::as_str), Some("retweets,replies"));
    let x = FakeX::answering([page(&[], None)]).await;
    poll(&x, Poll { exclude: (true, false), ..NEW }).await.expect("no posts");
    assert_eq!(x.seen()[0].query.get("exclude").map(String::as_str), Some("retweets"));
}

#[tokio::test]
async fn paging_in_a_circle_ends() {
    let x = FakeX::answering([page(&[500], Some("a")), page(&[500], Some("b")), page(&[499], None)]).await;
    let fetched = poll(&x, NEW).await.expect("posts");
    assert_eq!((x.seen().len(), cursor_of(&fetched)), (2, "500"));
    let x = FakeX::answering([page(&[], Some("a")), page(&[], Some("a")), page(&[499], None)]).await;
    poll(&x, NEW).await.expect("posts");
    assert_eq!(x.seen().len(), 2);
}

#[tokio::test]
async fn a_reading_cut_short_does_not_pass_what_it_left_unread() {
    let pages: Vec<Value> = (0..50).map(|n| page(&[5000 - n], Some(&format!("token{n}")))).collect();
    let x = FakeX::answering(pages).await;
    let fetched = poll(&x, NEW).await.expect("posts");
    let cap = x.client().spec().max_pages;
    assert_eq!((x.seen().len(), fetched.posts.len()), (cap, cap));
    let oldest = 5001 - u64::try_from(cap).expect("small");
    // Read from the top again, it would never get below.
    let cursor = cursor::after_with(5000, Some((100, oldest)));
    assert_eq!(fetched.cursor, Some(cursor.clone()));
    assert_eq!(fetched.notices.len(), 1);
    let x = FakeX::answering([page(&[101], None), page(&[5001], None)]).await;
    let profile = AccountProfile::default();
    let rest = x.client().fetch(&FetchRequest { cursor: Some(&cursor), ..asked(&x, &profile, Want::New) }).await;
    let rest = rest.expect("posts");
    assert_eq!((texts(&rest), rest.cursor.clone()), (vec!["101", "5001"], Some(cursor::after(5001))));
    assert_eq!(x.seen()[0].query["until_id"], oldest.to_string());
    // Forty pages without a post name no place to go on from.
    let empty: Vec<Value> = (0..cap).map(|n| page(&[], Some(&format!("token{n}")))).collect();
    assert_eq!(poll(&FakeX::answering(empty).await, NEW).await.expect("no posts").cursor, Some(cursor::after(100)));
}

#[tokio::test]
async fn a_failure_in_the_middle_returns_nothing() {
    let limited = Answer::new(429, "{}").with("x-rate-limit-reset", 1_795_341_600);
    let x = FakeX::answering([page(&[500], Some("a")).into(), limited]).await;
    assert_eq!(poll(&x, NEW).await.expect_err("limited").code(), "rate_limited");
}

#[tokio::test]
async fn errors_in_place_of_posts_are_no_empty_page() {
    let gone = json!([{"type": "https://api.x.com/2/problems/resource-not-found", "title": "Not Found Error",
                       "resource_type": "user", "parameter": "id", "resource_id": ADA, "value": ADA}]);
    for (body, code) in [
        (json!({ "errors": gone }), "account_gone"),
        (json!({"errors": gone, "meta": {"result_count": 0}}), "account_gone"),
        (json!({"data": [], "errors": [{"type": "https://api.x.com/2/problems/internal-error"}]}), "upstream"),
        (json!({}), "unreadable"),
        (json!("<html>"), "unreadable"),
    ] {
        for want in [Want::New, Want::Baseline { newest: 0 }] {
            let x = FakeX::answering([body.clone()]).await;
            assert_eq!(poll(&x, Poll { want, ..NEW }).await.expect_err("no posts").code(), code, "{body}");
        }
    }
}

#[tokio::test]
async fn an_account_that_became_protected_is_not_read_on() {
    let mut body = page(&[500], None);
    body["includes"] = json!({"users": [{"id": ADA, "name": "Ada", "username": "ada", "protected": true}]});
    let x = FakeX::answering([body]).await;
    assert_eq!(poll(&x, NEW).await.expect_err("protected").code(), "account_gone");
}

#[tokio::test]
async fn a_baseline_reads_one_page_from_the_top() {
    for (newest, size) in [(0, "5"), (5, "5"), (30, "30"), (500, "100")] {
        let x = FakeX::answering([page(&[1007, 1006], Some("two")), page(&[1005], None)]).await;
        let asked = Poll { want: Want::Baseline { newest }, since: None, exclude: (true, true) };
        let fetched = poll(&x, asked).await.expect("posts");
        assert_eq!((texts(&fetched), cursor_of(&fetched)), (vec!["1006", "1007"], "1007"));
        assert!(fetched.notices.is_empty());
        let [seen] = &x.seen()[..] else { panic!("one request") };
        assert_eq!(seen.query.get("max_results").map(String::as_str), Some(size));
        assert!(!seen.query.contains_key("since_id") && !seen.query.contains_key("exclude"));
    }
}

#[tokio::test]
async fn the_baseline_of_an_empty_account_lets_no_old_post_in() {
    let x = FakeX::answering([page(&[], None)]).await;
    let asked = Poll { want: Want::Baseline { newest: 10 }, since: None, exclude: (false, false) };
    let fetched = poll(&x, asked).await.expect("no posts");
    let made_at = cursor::post_number(cursor_of(&fetched)).and_then(cursor::made_at);
    assert_eq!(made_at, Some(now() - chrono::Duration::minutes(5)));
}

#[tokio::test]
async fn without_a_cursor_one_page_must_do() {
    let x = FakeX::answering([page(&[1007], Some("two")), page(&[1005], None)]).await;
    let fetched = poll(&x, Poll { since: None, ..NEW }).await.expect("posts");
    assert_eq!((x.seen().len(), cursor_of(&fetched), fetched.notices.len()), (1, "1007", 1));
}

#[tokio::test]
async fn of_several_versions_the_newest_is_kept() {
    let version = |id: &str, text: &str| json!({"id": id, "text": text, "created_at": "2026-11-22T09:00:00.000Z", "edit_history_tweet_ids": ["998", id]});
    for order in [["1001", "999"], ["999", "1001"]] {
        let data: Vec<Value> = order.iter().map(|id| version(id, id)).collect();
        let x = FakeX::answering([json!({"data": data, "meta": {"newest_id": "1001"}})]).await;
        let fetched = poll(&x, NEW).await.expect("posts");
        let [post] = &fetched.posts[..] else { panic!("one post") };
        assert_eq!((post.post_id.as_str(), post.version_id.as_str()), ("998", "1001"));
    }
}

#[tokio::test]
async fn what_is_left_out_is_named_and_the_cursor_passes_it() {
    let at = "2026-11-22T09:00:00.000Z";
    let data = json!([{"id": "503", "text": "x", "created_at": at, "scopes": {"followers": true}},
                      {"id": "502", "text": 5}, {"id": "501", "text": "x"}]);
    let x = FakeX::answering([json!({"data": data, "meta": {"result_count": 3}})]).await;
    let fetched = poll(&x, NEW).await.expect("posts");
    let skipped: Vec<_> = fetched.skipped.iter().map(|skipped| (skipped.post_id.as_str(), skipped.reason)).collect();
    // 501 has no time and an id too small to tell one.
    assert_eq!(skipped, [("501", "unreadable"), ("502", "unreadable"), ("503", "followers only")]);
    assert_eq!((cursor_of(&fetched), bill(&x), fetched.notices.len()), ("503", (3, 0), 1));
}

/// A NUL or ten thousand digits would be refused by the database, at every poll again.
#[tokio::test]
async fn defect_an_id_that_is_no_number_reaches_no_row_and_no_bill() {
    let (at, long) = ("2026-11-22T09:00:00.000Z", "7".repeat(10_000));
    for odd in ["12\0", "canary", long.as_str()] {
        let data = json!([{"id": odd, "text": "x", "created_at": at, "author_id": odd}, {"id": odd, "text": 5},
                          {"id": "501", "text": "y", "created_at": at, "author_id": odd}]);
        let x = FakeX::answering([json!({"data": data, "meta": {"newest_id": odd}})]).await;
        let (profile, cursor) = (AccountProfile::default(), cursor::after(100));
        let reading = FetchRequest { cursor: Some(&cursor), ..asked(&x, &profile, Want::New) };
        let fetched = x.client().speaking(Vocabulary::Post).fetch(&reading).await.expect("posts");
        assert_eq!((texts(&fetched), cursor_of(&fetched)), (vec!["y"], "501"));
        assert!(fetched.skipped.is_empty(), "{:?}", fetched.skipped);
        assert_eq!(fetched.notices, ["2 posts could not be read and were left out"]);
        let billed: Vec<String> = x.meter.reads().billed.into_iter().map(|thing| thing.id).collect();
        assert_eq!(billed, ["501"], "neither odd posts nor odd authors");
    }
}

#[tokio::test]
async fn an_answer_without_the_fields_asked_for_moves_no_cursor() {
    let x =
        FakeX::answering([json!({"data": [{"id": "501", "text": "RT @bo: x"}], "meta": {"newest_id": "501"}})]).await;
    let error = poll(&x, NEW).await.expect_err("refused");
    assert!(matches!(&error, PlatformError::Unreadable { at, .. } if at == "data[].created_at"), "{error}");
}

#[tokio::test]
async fn a_cursor_of_somebody_else_stops_polls_and_is_replaced_by_a_baseline() {
    let x = FakeX::answering([page(&[1007], None)]).await;
    let asked = Poll { since: Some("urn:li:share:1"), ..NEW };
    assert_eq!(poll(&x, asked).await.expect_err("refused").code(), "unreadable");
    assert!(x.seen().is_empty());
    let asked = Poll { since: Some("urn:li:share:1"), want: Want::Baseline { newest: 5 }, ..NEW };
    assert_eq!(cursor_of(&poll(&x, asked).await.expect("posts")), "1007");
}

#[tokio::test]
async fn the_window_is_told_and_users_are_billed_where_authors_are_expanded() {
    for (vocabulary, users) in [(Vocabulary::Tweet, 0), (Vocabulary::Post, 1)] {
        let mut body = page(&[501, 500], None);
        for post in body["data"].as_array_mut().expect("posts") {
            post["author_id"] = ADA.into();
        }
        body["includes"] = json!({"users": [{"id": "5", "name": "Bo", "username": "bo"}]});
        let answer =
            Answer::new(200, body).with("x-rate-limit-remaining", 899).with("x-rate-limit-reset", 1_795_341_600);
        let x = FakeX::answering([answer]).await;
        let profile = AccountProfile::default();
        x.client().speaking(vocabulary).fetch(&asked(&x, &profile, Want::New)).await.expect("posts");
        let resets_at = chrono::DateTime::from_timestamp(1_795_341_600, 0).expect("a time");
        let reads = x.meter.reads();
        assert_eq!((reads.requests, reads.posts), (1, 2));
        assert_eq!(reads.window, Some(Window { remaining: 899, resets_at }));
        let once: std::collections::BTreeSet<_> = reads.billed.into_iter().collect();
        assert_eq!(once.len(), 2 + users, "{vocabulary:?}: {once:?}");
    }
}

/// Posts and users on the bill.
fn bill(x: &FakeX) -> (usize, usize) {
    let billed = x.meter.reads().billed;
    let of = |kind| billed.iter().filter(|thing| thing.kind == kind).count();
    (of(BilledKind::Post), of(BilledKind::User))
}

fn asked<'a>(x: &'a FakeX, profile: &'a AccountProfile, want: Want) -> FetchRequest<'a> {
    static TOKEN: std::sync::LazyLock<secrecy::SecretString> = std::sync::LazyLock::new(token);
    FetchRequest {
        access_token: &TOKEN,
        remote_id: ADA,
        profile,
        cursor: None,
        want,
        exclude_reposts: false,
        exclude_replies: false,
        now: now(),
        meter: &x.meter,
    }
}

/// Money for 12 posts, and none behind it.
fn twelve_posts(x: &mut FakeX) {
    let billing = x.client().spec().billing.clone().expect("X bills");
    let granted = billing.post.times(12);
    x.meter = Meter::with_budget(billing, granted, Box::new(|_, _| Box::pin(async { Granted::SpentOut })));
}

#[tokio::test]
async fn a_page_is_no_larger_than_the_budget_and_the_rest_is_read_later() {
    let pages = [page(&[112, 111, 110, 109, 108, 107], Some("a")), page(&[106, 105], Some("b"))];
    let mut x = FakeX::answering(pages).await;
    twelve_posts(&mut x);
    let first = poll(&x, NEW).await.expect("posts");
    let sizes: Vec<_> = x.seen().iter().map(|seen| seen.query["max_results"].clone()).collect();
    assert_eq!((sizes, first.posts.len()), (vec!["12".to_owned(), "6".to_owned()], 8));
    assert!(first.notices[0].contains("daily budget"), "{:?}", first.notices);
    let cursor = first.cursor.expect("a cursor");
    assert_eq!(cursor.0, json!({"since_id": "112", "gap": {"since_id": "100", "until_id": "105"}}));

    // With money again: first the rest, then what is new; nothing is read twice.
    let x = FakeX::answering([page(&[104, 103], Some("c")), page(&[102], None), page(&[113], None)]).await;
    let profile = AccountProfile::default();
    let second = x.client().fetch(&FetchRequest { cursor: Some(&cursor), ..asked(&x, &profile, Want::New) }).await;
    let second = second.expect("posts");
    let bounds: Vec<_> =
        x.seen().iter().map(|seen| (seen.query["since_id"].clone(), seen.query.get("until_id").cloned())).collect();
    let bound = |since: &str, until: Option<&str>| (since.to_owned(), until.map(str::to_owned));
    assert_eq!(bounds, [bound("100", Some("105")), bound("100", Some("105")), bound("112", None)]);
    assert_eq!((second.posts.len(), second.cursor), (4, Some(cursor::after(113))));
}

#[tokio::test]
async fn a_gap_that_is_read_in_parts_stays_one_until_it_is_closed() {
    let cursor = cursor::after_with(112, Some((100, 105)));
    let profile = AccountProfile::default();
    for (pages, posts, left) in [
        // Twelve posts pay for seven and five, and X has more.
        (
            vec![page(&[104, 103, 102, 101, 99, 98, 97], Some("a")), page(&[96, 95, 94, 93, 92], Some("b"))],
            12,
            cursor::after_with(112, Some((100, 92))),
        ),
        // The gap is closed, and nothing is left for what is new.
        (vec![page(&[104, 103, 102, 101, 99, 98, 97, 96], None)], 8, cursor::after(112)),
    ] {
        let mut x = FakeX::answering(pages).await;
        twelve_posts(&mut x);
        let request = FetchRequest { cursor: Some(&cursor), ..asked(&x, &profile, Want::New) };
        let fetched = x.client().fetch(&request).await.expect("posts");
        assert_eq!((fetched.posts.len(), fetched.cursor), (posts, Some(left)));
    }
}

#[tokio::test]
async fn without_money_for_the_smallest_page_nothing_is_asked() {
    let mut x = FakeX::answering([page(&[112, 111, 110, 109, 108, 107, 106, 105], None)]).await;
    twelve_posts(&mut x);
    let asked = |want| Poll { want, ..NEW };
    poll(&x, asked(Want::Baseline { newest: 8 })).await.expect("posts");
    assert_eq!(x.seen()[0].query["max_results"], "8");
    for want in [Want::New, Want::Baseline { newest: 0 }] {
        assert_eq!(poll(&x, asked(want)).await.expect_err("refused"), PlatformError::OverBudget { spent_out: true });
    }
    assert_eq!(x.seen().len(), 1);
}

#[tokio::test]
async fn an_id_that_is_no_number_never_becomes_an_address() {
    let x = FakeX::answering(Vec::<Value>::new()).await;
    let profile = Author::default();
    for remote_id in ["../../2/oauth2/revoke", "", "me"] {
        let request = FetchRequest {
            access_token: &token(),
            remote_id,
            profile: &profile,
            cursor: None,
            want: Want::New,
            exclude_reposts: false,
            exclude_replies: false,
            now: now(),
            meter: &x.meter,
        };
        assert_eq!(x.client().fetch(&request).await.expect_err("refused").code(), "unreadable");
    }
    assert!(x.seen().is_empty());
}
