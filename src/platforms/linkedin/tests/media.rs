use super::super::tests::{
    Asked, Fake, SCOPES,
    finder::{FIRST, WITH_COUNTERS, but, fetch, fetch_by, page, poll, post, posts, urn},
    fixture,
};
use crate::{
    config::platforms::LinkedinTier,
    domain::{Cursor, MediaKind},
    platforms::Want,
};
use serde_json::{Value, json};

const IMAGES: &str = "/rest/images?ids=List(urn%3Ali%3Aimage%3AA,urn%3Ali%3Aimage%3AB)";

fn gallery(minute: i64, images: &[&str]) -> Value {
    let images: Vec<Value> = images.iter().map(|id| json!({"id": format!("urn:li:image:{id}")})).collect();
    but(post(minute), "content", json!({"multiImage": {"images": images}}))
}

fn video(minute: i64) -> Value {
    but(post(minute), "content", json!({"media": {"id": "urn:li:video:V", "altText": "A demo"}}))
}

fn asset(name: &str) -> Value {
    json!({"status": "AVAILABLE", "downloadUrl": format!("https://media.licdn.com/{name}")})
}

/// A page of `elements`; `media` answers the rest.
async fn world(elements: Vec<Value>, media: impl Fn(&Asked) -> (u16, Value) + Clone + Send + Sync + 'static) -> Fake {
    Fake::start(move |asked| match asked.path() {
        "/rest/posts" => (200, page(elements.clone(), None)),
        _ => media(asked),
    })
    .await
}

#[tokio::test]
async fn images_come_in_one_batch_and_the_refused_one_is_left_out() {
    let fake = world(vec![gallery(1, &["A", "B"])], |_| {
        (
            200,
            json!({
                "results": {"urn:li:image:A": asset("a")},
                "statuses": {"urn:li:image:A": 200, "urn:li:image:B": 404},
                "errors": {"urn:li:image:B": {"status": 404}}
            }),
        )
    })
    .await;
    let fetched = poll(&fake, None).await;
    assert_eq!(fake.asked_for(), [FIRST, IMAGES]);
    let media = &fetched.posts[0].media;
    assert_eq!((media.len(), media[0].url.as_str(), media[0].kind), (1, "https://media.licdn.com/a", MediaKind::Image));
    assert!(fetched.notices.is_empty());
}

#[tokio::test]
async fn the_recorded_answers_give_links() {
    let elements = fixture("posts-finder-page1")["elements"].as_array().expect("elements").clone();
    let fake = world(elements, |asked| match asked.path() {
        "/rest/images" => (200, fixture("images-batch")),
        _ => (200, fixture("video")),
    })
    .await;
    let fetched = poll(&fake, None).await;
    assert_eq!(fetched.posts.len(), 8);
    assert_eq!(fetched.skipped.len(), 1);
    assert_eq!(fake.meter.reads().requests, 3);
    let of = |end: &str| &fetched.posts.iter().find(|post| post.post_id.ends_with(end)).expect("a post").media;
    assert_eq!((of("007")[0].kind, of("007").len()), (MediaKind::Video, 1));
    assert!(of("007")[0].thumbnail_url.as_deref().is_some_and(|url| url.contains("videocover")));
    assert_eq!(of("005").len(), 1);
}

#[tokio::test]
async fn where_batches_are_refused_eight_are_read_singly() {
    let names: Vec<String> = (0..12).map(|number| format!("I{number:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let fake = world(vec![gallery(1, &names)], |asked| {
        if asked.path() == "/rest/images" { (403, json!({"code": "ACCESS_DENIED"})) } else { (200, asset("x")) }
    })
    .await;
    let fetched = poll(&fake, None).await;
    assert_eq!(fetched.posts[0].media.len(), 8);
    assert_eq!(fake.asked().len(), 1 + 1 + 8);
    assert_eq!(fetched.notices.len(), 2, "{:?}", fetched.notices);
    assert!(fetched.notices[0].contains("batch") && fetched.notices[1].starts_with("4 images"));
    let (again, requests) = fake.requests_of(poll(&fake, fetched.cursor.as_ref())).await;
    assert_eq!((again.posts.len(), again.seen_again.len(), requests), (0, 1, 1), "it is not retried");
}

/// A batch that is refused counts among the day's 100 calls: with counters asked for it was every second one.
#[tokio::test]
async fn defect_the_development_tier_is_asked_for_no_batches() {
    let names: Vec<String> = (0..12).map(|number| format!("I{number:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let fake = world(vec![gallery(1, &names), post(0)], |asked| {
        assert!(!asked.path_and_query.contains("ids="), "{asked:?}");
        (200, asset("x"))
    })
    .await;
    let mut client = fake.client(WITH_COUNTERS);
    client.config.tier = LinkedinTier::Development;
    let read = |want, cursor: Option<Cursor>| {
        let (client, meter) = (&client, &fake.meter);
        async move { fetch_by(client, want, cursor.as_ref(), meter).await.expect("a reading") }
    };
    let first = read(Want::Baseline { newest: 0 }, None).await;
    assert_eq!((first.posts[0].media.len(), fake.asked().len()), (8, 1 + 8));
    assert_eq!(first.notices.len(), 2, "{:?}", first.notices);
    assert!(first.notices[0].starts_with("4 images") && first.notices[1].contains("wait"), "{:?}", first.notices);
    let (second, requests) = fake.requests_of(read(Want::New, first.cursor)).await;
    assert_eq!((second.seen_again.len(), requests), (2, 1), "a quiet poll is one call");
}

#[tokio::test]
async fn a_video_being_processed_is_added_later() {
    let processing = |_: &Asked| (200, json!({"status": "PROCESSING", "downloadUrl": "https://media.licdn.com/v"}));
    let fake = world(vec![video(1)], processing).await;
    let first = poll(&fake, None).await;
    assert!(first.posts[0].media.is_empty(), "the text is imported at once");
    let second = poll(&fake, first.cursor.as_ref()).await;
    assert_eq!((second.posts.len(), second.seen_again.len()), (0, 1));
    let ready = world(vec![video(1)], |asked| match asked.path() {
        "/rest/videos/urn%3Ali%3Avideo%3AV" => {
            (200, json!({"downloadUrl": "https://media.licdn.com/v", "thumbnail": "urn:li:image:T"}))
        }
        "/rest/images/urn%3Ali%3Aimage%3AT" => (200, asset("t")),
        other => panic!("{other}"),
    })
    .await;
    let third = poll(&ready, second.cursor.as_ref()).await;
    let media = &third.posts[0].media[0];
    assert_eq!((media.kind, media.alt_text.as_deref()), (MediaKind::Video, Some("A demo")));
    assert_eq!(media.thumbnail_url.as_deref(), Some("https://media.licdn.com/t"));
    assert_eq!(ready.requests_of(poll(&ready, third.cursor.as_ref())).await.1, 1, "then it is known");
}

#[tokio::test]
async fn a_gallery_is_completed_in_one_go() {
    let answer = |waiting: bool| {
        move |_: &Asked| {
            let second = if waiting { json!({"status": "PROCESSING"}) } else { asset("b") };
            (200, json!({"results": {"urn:li:image:A": asset("a"), "urn:li:image:B": second}}))
        }
    };
    let waiting = world(vec![gallery(1, &["A", "B"])], answer(true)).await;
    let first = poll(&waiting, None).await;
    assert_eq!(first.posts[0].media.len(), 1);
    let second = poll(&waiting, first.cursor.as_ref()).await;
    assert_eq!((second.posts.len(), second.seen_again.len()), (0, 1));
    let ready = world(vec![gallery(1, &["A", "B"])], answer(false)).await;
    assert_eq!(poll(&ready, second.cursor.as_ref()).await.posts[0].media.len(), 2);
}

#[tokio::test]
async fn media_never_cost_a_post() {
    for (status, body, retried) in [
        (404, json!({}), false),
        (403, json!({}), false),
        (429, json!({"message": "APPLICATION DAY limit"}), true),
        (503, json!({}), true),
        (200, json!("?"), true),
        (200, json!({"status": "PROCESSING_FAILED"}), false),
        (200, json!({"status": "AVAILABLE", "downloadUrl": "http://media.licdn.com/v"}), false),
    ] {
        let answer = body.clone();
        let fake = world(vec![video(1)], move |_| (status, answer.clone())).await;
        let first = poll(&fake, None).await;
        assert!(first.posts.len() == 1 && first.posts[0].media.is_empty(), "{status} {body}");
        let (_, requests) = fake.requests_of(poll(&fake, first.cursor.as_ref())).await;
        assert_eq!(requests == 2, retried, "{status} {body}");
    }
}

#[tokio::test]
async fn a_dead_token_or_version_ends_the_reading() {
    for (status, code) in [(401, "token_rejected"), (426, "app_rejected")] {
        let fake = world(vec![video(1)], move |_| (status, json!({}))).await;
        assert_eq!(fetch(&fake, SCOPES, Want::New, None).await.expect_err("refused").code(), code);
    }
}

#[tokio::test]
async fn counters_come_in_one_call_where_their_scope_is_asked() {
    let counted = |asked: &Asked| {
        let results = json!({urn(1): fixture("socialMetadata")});
        if asked.path() == "/rest/socialMetadata" { (200, json!({"results": results})) } else { (500, json!({})) }
    };
    let fake = world(posts([1, 0]), counted).await;
    let fetched = fetch(&fake, WITH_COUNTERS, Want::New, None).await.expect("a reading");
    let engagement = fetched.posts[0].engagement;
    assert_eq!((engagement.likes, engagement.comments, engagement.total()), (Some(13), Some(4), 17));
    assert_eq!(fetched.posts[1].engagement.likes, None);
    let again = fetch(&fake, WITH_COUNTERS, Want::New, fetched.cursor.as_ref()).await.expect("a reading");
    assert_eq!(again.seen_again[0].engagement.likes, Some(13), "known posts' counters are fresh");
    assert_eq!(fake.requests_of(poll(&fake, None)).await.1, 1, "without the scope they are not asked for");
}

#[tokio::test]
async fn refused_counters_are_dropped_with_a_notice() {
    for (status, body) in [(403, json!({"code": "ACCESS_DENIED"})), (429, json!({})), (500, json!({}))] {
        let fake = world(posts([1, 0]), move |_| (status, body.clone())).await;
        let fetched = fetch(&fake, WITH_COUNTERS, Want::New, None).await.expect("a reading");
        assert_eq!(fetched.posts.len(), 2);
        assert_eq!(fetched.notices.len(), 1, "{:?}", fetched.notices);
    }
}

#[tokio::test]
async fn an_edit_of_the_alt_text_is_an_edit() {
    let image = |alt: &str| but(post(1), "content", json!({"media": {"id": "urn:li:image:A", "altText": alt}}));
    let before = world(vec![image("a")], |_| (200, asset("a"))).await;
    let after = world(vec![image("b")], |_| (200, asset("a"))).await;
    let cursor = poll(&before, None).await.cursor;
    assert_eq!(poll(&after, cursor.as_ref()).await.posts[0].media[0].alt_text.as_deref(), Some("b"));
}
