//! Daily counters.

use super::*;

fn throttled(whose: &str) -> Value {
    let message = format!("Resource level throttle {whose} DAY limit for calls to this resource is reached.");
    json!({"status": 429, "serviceErrorCode": 101, "code": "TOO_MANY_REQUESTS", "message": message})
}

#[tokio::test]
async fn a_members_calls_end_and_come_back_at_midnight_utc() {
    let bench = Bench::new();
    let token = bench.token(READ).await;
    bench.switch("member_limit", "2");
    let path = finder(PAGE, "");
    for _ in 0..2 {
        assert_eq!(bench.rest(&token, &path).await.status, 200);
    }
    let refused = bench.rest(&token, &path).await;
    assert_eq!(refused.json(), throttled("APPLICATION_AND_MEMBER"));
    let told = |name: &axum::http::HeaderName| name.as_str().contains("limit") || name == "retry-after";
    assert!(!refused.headers.keys().any(told), "limits show in no header");
    let elsewhere = bench.rest(&token, "/rest/organizationAcls?q=roleAssignee").await;
    assert_eq!(elsewhere.status, 200, "counted per endpoint");

    bench.advance(12 * 3600 - 1);
    assert_eq!(bench.rest(&token, &path).await.status, 429);
    bench.advance(1);
    assert_eq!(bench.rest(&token, &path).await.status, 200);
}

#[tokio::test]
async fn the_applications_limit_speaks_for_itself() {
    let bench = Bench::new();
    let token = bench.token(READ).await;
    bench.switch("app_limit", "0");
    assert_eq!(bench.rest(&token, &finder(PAGE, "")).await.json(), throttled("APPLICATION"));
    assert_eq!(bench.get("/v2/me", &token, &[]).await.status, 429);
    bench.switch("app_limit", "none");
    assert_eq!(bench.rest(&token, &finder(PAGE, "")).await.status, 200);
}

#[tokio::test]
async fn the_development_tier_has_a_hundred_calls_and_no_batches() {
    let bench = Bench::new();
    bench.switch("tier", "development");
    let token = bench.token(READ).await;
    let id = bench.publish(Draft::text("one"));
    let batch = bench.rest(&token, &format!("/rest/posts?ids=List({})", enc(&id))).await;
    assert_eq!(batch.json(), denied("partnerApiPostsExternal.BATCH_GET.20260901"));
    for _ in 0..99 {
        assert_eq!(bench.rest(&token, &finder(PAGE, "")).await.status, 200);
    }
    let refused = bench.rest(&token, "/rest/organizationAcls?q=roleAssignee").await;
    assert_eq!(refused.json(), throttled("APPLICATION_AND_MEMBER"), "over all endpoints");
}

#[tokio::test]
async fn unknown_switches_list_the_known() {
    let bench = Bench::new();
    for (name, value) in [("tokn", "1"), ("refresh", "maybe"), ("sunset", "199912"), ("short_page", "0")] {
        let error = bench.world.switch(name, value).expect_err("unknown");
        assert!(error.contains("acl_key=") && error.contains("role="), "{error}");
    }
}

#[tokio::test]
async fn refusals_have_names() {
    let bench = Bench::new();
    assert_eq!(bench.world.preset("member_limit").map(|preset| preset.body), Some(throttled("APPLICATION_AND_MEMBER")));
    assert_eq!(bench.world.preset("app_limit").map(|preset| preset.body), Some(throttled("APPLICATION")));
    for (name, passes) in bench.world.presets() {
        let preset = bench.world.preset(name).expect("every listed preset exists");
        assert!(preset.status >= 400 && preset.body["status"] == preset.status, "{name}");
        assert_eq!(passes, preset.status >= 500 || name == "throttled", "{name}");
    }
    assert!(bench.world.preset("rain").is_none());
}
