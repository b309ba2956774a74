//! Look-ups of counters: in a batch, singly where batches are refused, not at all without the scope.

use super::{super::Linkedin, Fake, SCOPES, at};
use crate::{
    config::platforms::LinkedinTier,
    platforms::{LookedUp, LookupRequest, PlatformError, SocialPlatform},
};
use serde_json::{Value, json};

const ONE: &str = "urn:li:share:1";
const TWO: &str = "urn:li:ugcPost:2";
const GONE: &str = "urn:li:share:3";

async fn look_up(fake: &Fake, scopes: &str, urns: &[&str]) -> Result<LookedUp, PlatformError> {
    look_up_by(&fake.client(scopes), fake, urns).await
}

async fn look_up_by(client: &Linkedin, fake: &Fake, urns: &[&str]) -> Result<LookedUp, PlatformError> {
    let post_ids: Vec<String> = urns.iter().map(|urn| (*urn).to_owned()).collect();
    let token = "AQX".into();
    let now = at("2026-11-22T10:00:00Z");
    let (access_token, remote_id, meter) = (&token, "urn:li:organization:5590506", &fake.meter);
    let request = LookupRequest { access_token, remote_id, post_ids: &post_ids, now, meter };
    client.lookup(&request).await
}

fn with_counters() -> String {
    format!("{SCOPES} r_organization_social_feed")
}

fn metadata(likes: u64) -> Value {
    json!({"reactionSummaries": {"LIKE": {"count": likes}}, "commentSummary": {"count": 1}})
}

fn totals(looked: &LookedUp) -> Vec<(&str, u64)> {
    let mut totals: Vec<_> = looked.counters.iter().map(|(urn, of)| (urn.as_str(), of.total())).collect();
    totals.sort_unstable();
    totals
}

#[tokio::test]
async fn one_call_for_all_and_404_is_gone() {
    let fake = Fake::start(|_| {
        let body = json!({"results": {ONE: metadata(4), TWO: metadata(6)}, "errors": {GONE: {}},
                          "statuses": {ONE: 200, TWO: 200, GONE: 404}});
        (200, body)
    })
    .await;
    let looked = look_up(&fake, &with_counters(), &[ONE, TWO, GONE]).await.expect("an answer");
    assert_eq!(totals(&looked), [(ONE, 5), (TWO, 7)]);
    assert_eq!(looked.gone, [GONE]);
    assert_eq!(fake.meter.reads().calls["socialMetadata"], 1);
    let asked = fake.asked_for();
    assert_eq!(
        asked,
        ["/rest/socialMetadata?ids=List(urn%3Ali%3Ashare%3A1,urn%3Ali%3AugcPost%3A2,urn%3Ali%3Ashare%3A3)"]
    );
}

#[tokio::test]
async fn what_nobody_asked_about_is_left_alone() {
    let fake = Fake::start(|_| {
        let other = "urn:li:share:99";
        (
            200,
            json!({"results": {ONE: metadata(4), other: metadata(6)}, "statuses": {"urn:li:share:98": 404, GONE: 404}}),
        )
    })
    .await;
    let looked = look_up(&fake, &with_counters(), &[ONE, TWO, GONE]).await.expect("an answer");
    assert_eq!((totals(&looked), looked.gone.as_slice()), (vec![(ONE, 5)], &[GONE.to_owned()][..]));
}

#[tokio::test]
async fn where_batches_are_refused_a_few_are_read_singly() {
    let fake = Fake::start(|asked| match asked.path_and_query.as_str() {
        path if path.contains("ids=") => (403, json!({"status": 403, "code": "ACCESS_DENIED"})),
        path if path.ends_with("%3A3") => (404, json!({"status": 404})),
        _ => (200, metadata(2)),
    })
    .await;
    let urns: Vec<String> = (1..=9).map(|number| format!("urn:li:share:{number}")).collect();
    let urns: Vec<&str> = urns.iter().map(String::as_str).collect();
    let looked = look_up(&fake, &with_counters(), &urns).await.expect("an answer");
    assert_eq!((looked.counters.len(), looked.gone.as_slice()), (3, &[GONE.to_owned()][..]));
    assert_eq!(fake.asked().len(), 5, "calls are few on the development tier");
}

#[tokio::test]
async fn defect_the_development_tiers_counters_are_read_singly_at_once() {
    let fake = Fake::start(|_| (200, metadata(2))).await;
    let mut client = fake.client(&with_counters());
    client.config.tier = LinkedinTier::Development;
    let looked = look_up_by(&client, &fake, &[ONE, TWO]).await.expect("an answer");
    assert_eq!(totals(&looked), [(ONE, 3), (TWO, 3)]);
    assert_eq!(
        fake.asked_for(),
        ["/rest/socialMetadata/urn%3Ali%3Ashare%3A1", "/rest/socialMetadata/urn%3Ali%3AugcPost%3A2"]
    );
}

#[tokio::test]
async fn without_rights_there_are_no_counters_and_without_the_scope_no_calls() {
    let fake = Fake::start(|_| (403, json!({"status": 403, "code": "ACCESS_DENIED"}))).await;
    let looked = look_up(&fake, &with_counters(), &[ONE, TWO]).await.expect("an answer");
    assert!(looked.counters.is_empty() && looked.gone.is_empty());
    let asked = fake.asked().len();
    let looked = look_up(&fake, SCOPES, &[ONE, TWO]).await.expect("an answer");
    assert_eq!((looked, fake.asked().len()), (LookedUp::default(), asked));
}

#[tokio::test]
async fn a_limit_is_told() {
    let fake = Fake::start(|_| (429, json!({"status": 429, "message": "APPLICATION_AND_MEMBER DAY limit"}))).await;
    assert!(matches!(look_up(&fake, &with_counters(), &[ONE]).await, Err(PlatformError::RateLimited { .. })));
}
