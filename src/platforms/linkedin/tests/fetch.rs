use super::super::tests::{
    Fake, SCOPES,
    finder::{FIRST, but, cursor_after, fetch, fetch_by, finder, ids, page, poll, post, posts, urn},
    fixture,
};
use crate::{
    domain::Cursor,
    platforms::{LimitScope, PlatformError, Skipped, UsedUp, Want},
};
use serde_json::json;

#[tokio::test]
async fn the_finder_is_asked_as_linkedin_wants_it() {
    let fake = finder(|_| fixture("posts-finder-last")).await;
    let fetched = poll(&fake, None).await;
    assert_eq!((fetched.posts.len(), fake.meter.reads().requests, fake.meter.reads().posts), (0, 1, 0));
    let asked = &fake.asked()[0];
    assert_eq!(asked.path_and_query, FIRST);
    assert_eq!(asked.header("linkedin-version"), "202609");
    assert_eq!(asked.header("x-restli-protocol-version"), "2.0.0");
    assert_eq!(asked.header("authorization"), "Bearer AQX");
}

#[tokio::test]
async fn the_first_reading_is_one_page_and_closes_the_past() {
    for (newest, count) in [(0, "count=10&"), (25, "count=25&"), (500, "count=50&")] {
        let fake = finder(|_| page(posts((0..10).rev()), Some("/rest/posts?start=10"))).await;
        let fetched = fetch(&fake, SCOPES, Want::Baseline { newest }, None).await.expect("a reading");
        assert_eq!(fetched.posts.len(), 10);
        assert_eq!(fake.asked().len(), 1);
        assert!(fake.asked_for()[0].contains(count), "{newest}");
        // Once a newer post is deleted, an older one slides onto the page: it is not new.
        let later = finder(|_| page(posts((-10..9).rev()), None)).await;
        let second = poll(&later, fetched.cursor.as_ref()).await;
        assert_eq!((second.posts.len(), second.seen_again.len()), (0, 9));
    }
}

#[tokio::test]
async fn after_an_empty_first_reading_the_past_is_closed_too() {
    // Read at minute 720.
    let cursor = cursor_after([]).await;
    let fake = finder(|_| page(posts([721, 712, 709, 1]), None)).await;
    assert_eq!(ids(&poll(&fake, Some(&cursor)).await.posts), [urn(721), urn(712)]);
}

#[tokio::test]
async fn a_post_from_the_future_does_not_hide_the_next_ones() {
    let cursor = cursor_after([5_000_000]).await;
    let fake = finder(|_| page(posts([5_000_000, 800]), None)).await;
    assert_eq!(ids(&poll(&fake, Some(&cursor)).await.posts), [urn(800)]);
}

#[tokio::test]
async fn a_poll_stops_at_what_it_knows() {
    let cursor = cursor_after((0..10).rev()).await;
    let fake = finder(|_| page(posts((5..15).rev()), Some("/rest/posts?start=20"))).await;
    let fetched = poll(&fake, Some(&cursor)).await;
    assert_eq!(ids(&fetched.posts), (10..15).rev().map(urn).collect::<Vec<_>>());
    assert_eq!(ids(&fetched.seen_again), (5..10).rev().map(urn).collect::<Vec<_>>());
    assert_eq!(fake.asked().len(), 1);
    assert!(fetched.notices.is_empty(), "{:?}", fetched.notices);
}

#[tokio::test]
async fn links_are_followed_through_short_pages_until_one_reaches_the_known() {
    let cursor = cursor_after([0]).await;
    let fake = finder(|start| match start {
        0 => page(posts([30, 29]), Some("/rest/posts?author=x&start=7")),
        7 => page(posts([28]), Some("/rest/posts?author=x&start=9")),
        9 => page(posts([28, 27, 0]), Some("/rest/posts?author=x&start=99")),
        _ => panic!("read past the known"),
    })
    .await;
    let fetched = poll(&fake, Some(&cursor)).await;
    assert_eq!(ids(&fetched.posts), [30, 29, 28, 27].map(urn));
    assert_eq!(fake.asked_for(), [FIRST, "/rest/posts?author=x&start=7", "/rest/posts?author=x&start=9"]);
    let reads = fake.meter.reads();
    assert_eq!((reads.requests, reads.posts, reads.calls["posts"]), (3, 6, 3));
}

#[tokio::test]
async fn a_page_without_anything_new_ends_the_reading() {
    let cursor = cursor_after([0]).await;
    let fake = finder(|_| page(posts([3, 2]), Some("/rest/posts?start=2"))).await;
    assert_eq!(poll(&fake, Some(&cursor)).await.posts.len(), 2);
    assert_eq!(fake.asked().len(), 2);
}

#[tokio::test]
async fn no_more_than_forty_pages_are_read_and_it_is_said() {
    let cursor = cursor_after([0]).await;
    let fake = finder(|start| {
        let newest = 700 - i64::try_from(start).expect("small");
        page(posts((newest - 14..=newest).rev()), Some(&format!("/rest/posts?start={}", start + 15)))
    })
    .await;
    let fetched = poll(&fake, Some(&cursor)).await;
    assert_eq!((fetched.posts.len(), fake.asked().len()), (600, 40));
    assert!(fetched.notices[0].contains("40 pages read"), "{:?}", fetched.notices);
    // None of those that the memory has no room for comes back as new.
    let later = finder(|_| page(posts((101..=700).rev()), None)).await;
    assert!(poll(&later, fetched.cursor.as_ref()).await.posts.is_empty());
}

#[tokio::test]
async fn a_backlog_is_read_in_the_largest_pages() {
    let cursor = cursor_after([0]).await;
    let next = "/rest/posts?author=urn%3Ali%3Aorganization%3A1&count=20&q=author&sortBy=CREATED&start=20";
    let fake = finder(move |start| match start {
        0 => page(posts((21..41).rev()), Some(next)),
        _ => page(posts((0..21).rev()), None),
    })
    .await;
    assert_eq!(poll(&fake, Some(&cursor)).await.posts.len(), 40);
    assert_eq!(fake.asked_for()[1], next.replace("count=20", "count=100"));
}

#[tokio::test]
async fn the_token_goes_to_no_other_address() {
    let cursor = cursor_after([0]).await;
    for href in [
        "https://example.org/rest/posts?start=2",
        "//example.org/rest/posts?start=2",
        "http://127.0.0.1:1/rest/posts?start=2",
        "/rest/organizationAcls?start=2",
        "/@example.org/rest/posts",
        "ftp://x",
        "",
    ] {
        let fake = finder(move |_| page(posts([5]), Some(href))).await;
        match fetch(&fake, SCOPES, Want::New, Some(&cursor)).await {
            Err(PlatformError::Unreadable { at, .. }) => assert_eq!(at, "paging.links[rel=next].href"),
            // An empty link is the finder itself, which brings nothing new.
            Ok(fetched) if href.is_empty() => assert_eq!(fetched.posts.len(), 1),
            other => panic!("{href}: {other:?}"),
        }
        assert!(fake.asked_for().iter().all(|path| path.starts_with("/rest/posts")), "{href}");
    }
}

#[tokio::test]
async fn an_absolute_link_to_the_same_host_is_followed() {
    let cursor = cursor_after([0]).await;
    let fake = Fake::start(|asked| {
        let next = format!("http://{}/rest/posts?start=1", asked.header("host"));
        (200, if asked.path_and_query == FIRST { page(posts([2]), Some(&next)) } else { page(posts([1]), None) })
    })
    .await;
    assert_eq!(poll(&fake, Some(&cursor)).await.posts.len(), 2);
}

#[tokio::test]
async fn edits_come_again_and_counters_alone_do_not() {
    let cursor = cursor_after([1, 0]).await;
    let edited = but(post(1), "commentary", json!("Better words"));
    let touched = but(post(0), "lastModifiedAt", json!(1_900_000_000_000_i64));
    let fake = finder(move |_| page(vec![edited.clone(), touched.clone()], None)).await;
    let fetched = poll(&fake, Some(&cursor)).await;
    assert_eq!((ids(&fetched.posts), ids(&fetched.seen_again)), (vec![urn(1).as_str()], vec![urn(0).as_str()]));
    assert_eq!(fetched.posts[0].text, "Better words");
    let again = poll(&fake, fetched.cursor.as_ref()).await;
    assert_eq!((again.posts.len(), again.seen_again.len()), (0, 2));
}

#[tokio::test]
async fn a_scheduled_post_below_the_known_ones_is_found() {
    let cursor = cursor_after([20, 10]).await;
    let scheduled = but(post(15), "publishedAt", post(40)["createdAt"].clone());
    let fake = finder(move |_| page(vec![post(20), scheduled.clone(), post(10)], None)).await;
    assert_eq!(ids(&poll(&fake, Some(&cursor)).await.posts), [urn(15)]);
}

#[tokio::test]
async fn what_is_left_out_is_told_once_and_imported_once_it_may_be() {
    let cursor = cursor_after([0]).await;
    let closed = finder(|_| page(vec![but(post(5), "visibility", json!("CONNECTIONS")), post(0)], None)).await;
    let first = poll(&closed, Some(&cursor)).await;
    assert_eq!(first.skipped, [Skipped { post_id: urn(5), reason: "not public" }]);
    assert!(first.posts.is_empty());
    let second = poll(&closed, first.cursor.as_ref()).await;
    assert!(second.skipped.is_empty());
    let open = finder(|_| page(posts([5, 0]), None)).await;
    assert_eq!(ids(&poll(&open, second.cursor.as_ref()).await.posts), [urn(5)]);
}

#[tokio::test]
async fn one_strange_post_does_not_cost_the_page() {
    let fake = finder(|_| page(vec![json!(7), but(post(1), "content", json!("?")), post(0)], None)).await;
    let fetched = poll(&fake, None).await;
    assert_eq!(ids(&fetched.posts), [urn(0)]);
    assert_eq!(fetched.skipped, [Skipped { post_id: urn(1), reason: "unreadable" }]);
    assert_eq!(fetched.notices, ["posts without a usable id or time were left out: 1"]);
}

#[tokio::test]
async fn the_end_of_the_api_version_is_said_in_time() {
    let fake = finder(|_| page(vec![], None)).await;
    let mut client = fake.client(SCOPES);
    client.config.version = "202511".into();
    let notices = fetch_by(&client, Want::New, None, &fake.meter).await.expect("a reading").notices;
    assert!(notices.len() == 1 && notices[0].contains("LINKEDIN_VERSION"), "{notices:?}");
}

#[tokio::test]
async fn an_unreadable_cursor_starts_over_from_now() {
    let cursor = Cursor(json!({"v": 99}));
    let fake = finder(|_| page(posts([900, 3]), None)).await;
    let fetched = poll(&fake, Some(&cursor)).await;
    assert_eq!(ids(&fetched.posts), [urn(900)], "15:00 is after now, 00:03 is not");
    assert_eq!(fetched.notices.len(), 1);
}

#[tokio::test]
async fn refusals_of_the_finder_end_the_reading() {
    for (status, body, code) in [
        (401, json!({"serviceErrorCode": 65600}), "token_rejected"),
        (403, json!({"code": "ACCESS_DENIED"}), "missing_scope"),
        (426, json!({}), "app_rejected"),
        (429, json!({"message": "APPLICATION DAY limit"}), "rate_limited"),
        (503, json!({}), "upstream"),
        (200, json!([]), "unreadable"),
        (200, json!({"message": "a refusal under 200"}), "unreadable"),
    ] {
        let fake = Fake::start(move |_| (status, body.clone())).await;
        assert_eq!(fetch(&fake, SCOPES, Want::New, None).await.expect_err("refused").code(), code);
    }
}

#[tokio::test]
async fn a_used_up_count_is_named_with_its_owner() {
    for (message, whose) in [
        ("Resource level throttle APPLICATION_AND_MEMBER DAY limit for calls is reached.", Some(LimitScope::Login)),
        ("Resource level throttle APPLICATION DAY limit for calls is reached.", Some(LimitScope::App)),
        ("Too many requests", None),
    ] {
        let fake = Fake::start(move |_| (429, json!({"message": message}))).await;
        fetch(&fake, SCOPES, Want::New, None).await.expect_err("refused");
        let expected = whose.map(|whose| UsedUp { endpoint: "posts", whose });
        assert_eq!(fake.meter.reads().used_up, expected, "{message}");
    }
}
