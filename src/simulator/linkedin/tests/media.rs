//! From a media URN to a link, and the link's end.

use super::*;
use crate::simulator::DraftMedia;

/// Publishes one medium; returns its URN.
async fn publish(bench: &Bench, token: &str, kind: &str) -> String {
    let media = vec![DraftMedia { kind: kind.into(), alt_text: None }];
    let id = bench.world.publish(PAGE, Draft { media, ..Draft::text("x") }).expect("published");
    let post = bench.rest(token, &format!("/rest/posts/{}", enc(&id))).await.json();
    post["content"]["media"]["id"].as_str().expect("a medium").to_owned()
}

#[tokio::test]
async fn media_become_available_after_a_while() {
    let bench = Bench::new();
    bench.switch("processing_seconds", "90");
    let token = bench.token(READ).await;
    let video = publish(&bench, &token, "video").await;
    let path = format!("/rest/videos/{}", enc(&video));
    let body = bench.rest(&token, &path).await.json();
    assert_eq!(body, json!({"id": video, "owner": PAGE, "status": "PROCESSING"}));
    bench.advance(90);
    let body = bench.rest(&token, &path).await.json();
    assert_eq!(body["status"], "AVAILABLE");
    assert!(body["duration"].is_u64());
    assert!(body["thumbnail"].as_str().is_some_and(|url| url.starts_with("https://media.licdn.com/dms/image/v2/")));
    assert!(body["downloadUrl"].as_str().is_some_and(|url| url.starts_with("https://dms.licdn.com/playlist/vid/")));
    assert_eq!(body["downloadUrlExpiresAt"], (1_795_348_800_i64 + 90 + 7 * 86_400) * 1000);
}

#[tokio::test]
async fn a_link_is_signed_and_ends() {
    let bench = Bench::new();
    let token = bench.token(READ).await;
    let image = publish(&bench, &token, "image").await;
    let path = format!("/rest/images/{}", enc(&image));
    let body = bench.rest(&token, &path).await.json();
    let link = Url::parse(body["downloadUrl"].as_str().expect("a link")).expect("a URL");
    assert_eq!((link.scheme(), link.host_str()), ("https", Some("media.licdn.com")));
    let at_host = format!("{}?{}", link.path(), link.query().expect("a signature"));
    let fetch = |path: String| bench.send(Request::get(path).body(Body::empty()).expect("a request"));
    assert_eq!(fetch(at_host.clone()).await.status, 200);
    let end = format!("e={}", 1_795_348_800 + 21 * 86_400);
    assert!(at_host.contains(&end), "{at_host}");
    assert_eq!(fetch(at_host.replace(&end, "e=9999999999")).await.status, 403, "tampered with");
    bench.advance(21 * 86_400);
    assert_eq!(fetch(at_host.clone()).await.status, 403, "over");
    assert_ne!(bench.rest(&token, &path).await.json()["downloadUrl"], body["downloadUrl"]);
}

#[tokio::test]
async fn several_are_resolved_at_once() {
    let bench = Bench::new();
    let token = bench.token(READ).await;
    let (one, two) = (publish(&bench, &token, "image").await, publish(&bench, &token, "gif").await);
    let path = format!("/rest/images?ids=List({},{},{})", enc(&one), enc(&two), enc("urn:li:image:none"));
    let body = bench.rest(&token, &path).await.json();
    assert_eq!(body["statuses"], json!({&one: 200, &two: 200, "urn:li:image:none": 404}));
    assert_eq!(body["errors"]["urn:li:image:none"]["message"], "Not found");
    bench.switch("tier", "development");
    assert_eq!(bench.rest(&token, &path).await.refusal().0, 403);
    assert_eq!(bench.rest(&token, &format!("/rest/images/{}", enc(&one))).await.status, 200);
}

#[tokio::test]
async fn media_are_for_those_who_read_the_page() {
    let bench = Bench::new();
    let token = bench.token(READ).await;
    let image = publish(&bench, &token, "image").await;
    let path = format!("/rest/images/{}", enc(&image));
    assert_eq!(bench.rest(&token, &path.replace("/images/", "/videos/")).await.status, 400);
    bench.switch("role", "none");
    assert_eq!(bench.rest(&token, &path).await.refusal().0, 403);
    let writer = bench.token("w_member_social").await;
    let refused = bench.rest(&writer, &path).await.json();
    assert_eq!(refused["message"], "Accessing this image resource is forbidden");
}
