//! A posts finder of a few posts, and readings of it.

use super::{super::Linkedin, Asked, Fake, SCOPES, acme, at};
use crate::{
    domain::{Cursor, Post},
    platforms::{FetchRequest, Fetched, Meter, PlatformError, SocialPlatform, Want},
};
use serde_json::{Value, json};

pub(in super::super) const PAGE: &str = "urn:li:organization:5590506";
pub(in super::super) const FIRST: &str =
    "/rest/posts?author=urn%3Ali%3Aorganization%3A5590506&q=author&count=20&start=0&sortBy=CREATED";
pub(in super::super) const WITH_COUNTERS: &str =
    "r_organization_social rw_organization_admin r_organization_social_feed";

/// One reading of the page at noon.
pub(in super::super) async fn fetch(
    fake: &Fake,
    scopes: &str,
    want: Want,
    cursor: Option<&Cursor>,
) -> Result<Fetched, PlatformError> {
    fetch_by(&fake.client(scopes), want, cursor, &fake.meter).await
}

/// The same by a client made ready before.
pub(in super::super) async fn fetch_by(
    client: &Linkedin,
    want: Want,
    cursor: Option<&Cursor>,
    meter: &Meter,
) -> Result<Fetched, PlatformError> {
    let request = FetchRequest {
        access_token: &"AQX".into(),
        remote_id: PAGE,
        profile: &acme(),
        cursor,
        want,
        exclude_reposts: false,
        exclude_replies: false,
        now: at("2026-11-22T12:00:00Z"),
        meter,
    };
    client.fetch(&request).await
}

pub(in super::super) async fn poll(fake: &Fake, cursor: Option<&Cursor>) -> Fetched {
    fetch(fake, SCOPES, Want::New, cursor).await.expect("a reading")
}

/// A post published `minute` minutes after 2026-11-22 00:00 UTC.
pub(in super::super) fn post(minute: i64) -> Value {
    let ms = at("2026-11-22T00:00:00Z").timestamp_millis() + minute * 60_000;
    json!({
        "id": urn(minute), "commentary": format!("Post {minute}"), "visibility": "PUBLIC", "lifecycleState": "PUBLISHED",
        "createdAt": ms, "publishedAt": ms + 400
    })
}

/// `post` with another value.
pub(in super::super) fn but(mut post: Value, key: &str, value: Value) -> Value {
    post[key] = value;
    post
}

pub(in super::super) fn urn(minute: i64) -> String {
    format!("urn:li:share:73800000000000{minute:05}")
}

pub(in super::super) fn page(elements: Vec<Value>, next: Option<&str>) -> Value {
    let links: Vec<Value> = next.iter().map(|href| json!({"rel": "next", "href": href})).collect();
    json!({"paging": {"start": 0, "count": 20, "links": links}, "elements": elements})
}

pub(in super::super) fn posts(minutes: impl IntoIterator<Item = i64>) -> Vec<Value> {
    minutes.into_iter().map(post).collect()
}

/// Answers the posts finder by its `start`.
pub(in super::super) async fn finder(answer: impl Fn(usize) -> Value + Clone + Send + Sync + 'static) -> Fake {
    Fake::start(move |asked: &Asked| {
        let start = asked.path_and_query.split("start=").nth(1).and_then(|rest| rest.split('&').next()?.parse().ok());
        (200, answer(start.unwrap_or_default()))
    })
    .await
}

pub(in super::super) fn ids(posts: &[Post]) -> Vec<&str> {
    posts.iter().map(|post| post.post_id.as_str()).collect()
}

/// The cursor after a first reading that found the posts of `minutes`.
pub(in super::super) async fn cursor_after(minutes: impl IntoIterator<Item = i64>) -> Cursor {
    let elements = posts(minutes);
    let fake = finder(move |_| page(elements.clone(), None)).await;
    let want = Want::Baseline { newest: 0 };
    fetch(&fake, SCOPES, want, None).await.expect("a reading").cursor.expect("a cursor")
}
