//! Reactions, comments and statistics.

use super::*;
use crate::simulator::Counters;

fn counted(bench: &Bench) -> String {
    let counters =
        Counters { likes: Some(13), comments: Some(4), shares: Some(2), views: Some(200), ..Counters::default() };
    bench.publish(Draft { counters, ..Draft::text("counted") })
}

#[tokio::test]
async fn reactions_are_an_object_by_type_without_zeros() {
    let bench = Bench::new();
    let (busy, idle) = (counted(&bench), bench.publish(Draft::text("idle")));
    let token = bench.token(READ_ALL).await;
    let body = bench.rest(&token, &format!("/rest/socialMetadata/{}", enc(&busy))).await.json();
    let reactions = body["reactionSummaries"].as_object().expect("an object");
    assert_eq!(reactions["LIKE"]["reactionType"], "LIKE");
    assert_eq!(reactions.values().filter_map(|kind| kind["count"].as_u64()).sum::<u64>(), 13);
    assert!(reactions.len() > 1 && reactions.values().all(|kind| kind["count"] != 0));
    assert_eq!(body["commentSummary"]["count"], 4);
    let activity = body["entity"].as_str().expect("an entity");
    assert!(activity.starts_with("urn:li:activity:") && !activity.ends_with(&busy[busy.len() - 19..]));

    let ids = format!("List({},{},{})", enc(&idle), enc(activity), enc("urn:li:share:1"));
    let body = bench.rest(&token, &format!("/rest/socialMetadata?ids={ids}")).await.json();
    assert_eq!(body["results"][&idle]["reactionSummaries"], json!({}));
    assert_eq!(body["results"][activity]["commentSummary"]["count"], 4);
    assert_eq!(body["statuses"]["urn:li:share:1"], 404);
    let read = bench.token(READ).await;
    let refused = bench.rest(&read, &format!("/rest/socialMetadata?ids={ids}")).await;
    assert_eq!(refused.json(), denied("partnerApiSocialMetadata.BATCH_GET.20260901"));
}

#[tokio::test]
async fn no_comments_are_not_found() {
    let bench = Bench::new();
    let (busy, idle) = (counted(&bench), bench.publish(Draft::text("idle")));
    let token = bench.token(READ_ALL).await;
    let comments = |id: &str| format!("/rest/socialActions/{}/comments", enc(id));
    let body = bench.rest(&token, &comments(&busy)).await.json();
    assert_eq!(body["paging"]["total"], 4);
    assert_eq!(body["elements"].as_array().map(Vec::len), Some(4));
    assert_eq!(bench.rest(&token, &comments(&idle)).await.status, 404);
    let narrow = bench.token("r_organization_social").await;
    let refused = bench.rest(&narrow, &comments(&busy)).await;
    assert_eq!(refused.json(), denied("partnerApiSocialActions.GET_ALL.20260901"));
}

#[tokio::test]
async fn statistics_leave_idle_posts_out_until_somebody_acts() {
    let bench = Bench::new();
    let (busy, idle) = (counted(&bench), bench.publish(Draft::text("idle")));
    let token = bench.token(READ).await;
    let list = |kind: &str| {
        let of_kind = [&busy, &idle].into_iter().filter(|id| id.starts_with(&format!("urn:li:{kind}:")));
        of_kind.map(|id| enc(id)).collect::<Vec<_>>().join(",")
    };
    let path = format!(
        "/rest/organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity={}&shares=List({})&ugcPosts=List({})",
        enc(PAGE),
        list("share"),
        list("ugcPost"),
    );
    let told = |body: Value| -> Vec<(String, Value)> {
        let elements = body["elements"].as_array().expect("elements").clone();
        let id = |element: &Value| element.get("share").or_else(|| element.get("ugcPost")).cloned();
        elements
            .iter()
            .filter_map(|element| Some((id(element)?.as_str()?.to_owned(), element["totalShareStatistics"].clone())))
            .collect()
    };
    let before = told(bench.rest(&token, &path).await.json());
    assert_eq!(before.len(), 1);
    assert_eq!(before[0].0, busy);
    assert_eq!(
        (&before[0].1["likeCount"], &before[0].1["commentCount"], &before[0].1["shareCount"]),
        (&json!(13), &json!(4), &json!(2))
    );
    bench.world.count(&idle, Counters { likes: Some(1), ..Counters::default() }).expect("a post");
    bench.world.count(&busy, Counters { shares: Some(5), ..Counters::default() }).expect("a post");
    let after = told(bench.rest(&token, &path).await.json());
    assert_eq!(after.len(), 2);
    let busy = &after.iter().find(|(id, _)| *id == busy).expect("still there").1;
    assert_eq!((&busy["shareCount"], &busy["likeCount"]), (&json!(5), &json!(13)), "what is not given stays");

    bench.switch("role", "CONTENT_ADMINISTRATOR");
    let refused = bench.rest(&token, &path).await;
    assert_eq!(refused.json(), denied("organizationalEntityShareStatistics.FINDER-organizationalEntity.20260901"));
}
