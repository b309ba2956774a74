//! What every call to `/rest` passes, in order.

use super::*;

const V2: (&str, &str) = ("X-Restli-Protocol-Version", "2.0.0");

#[tokio::test]
async fn tokens_are_looked_at_first() {
    let bench = Bench::new();
    let no_header = Request::get(finder(PAGE, "")).body(Body::empty()).expect("a request");
    let empty = bench.send(no_header).await;
    assert_eq!(empty.refusal(), (401, Value::Null, json!(401)));
    assert_eq!(empty.json()["message"], "Empty oauth2_access_token");
    assert_eq!(bench.get(&finder(PAGE, ""), "", &[V2]).await.refusal().2, 401);
    // Without a version, too: the token speaks first.
    let unknown = bench.get(&finder(PAGE, ""), "AQXguess", &[V2]).await;
    assert_eq!(unknown.refusal(), (401, json!("INVALID_ACCESS_TOKEN"), json!(65600)));

    let token = bench.token(READ).await;
    bench.advance(5_183_998);
    assert_eq!(bench.rest(&token, &finder(PAGE, "")).await.status, 200);
    bench.advance(1);
    assert_eq!(bench.rest(&token, &finder(PAGE, "")).await.refusal().2, 65602);
}

#[tokio::test]
async fn a_fresh_token_may_look_revoked_for_a_while() {
    let bench = Bench::new();
    bench.switch("fresh_race_seconds", "5");
    let token = bench.token(READ).await;
    assert_eq!(bench.get("/v2/me", &token, &[]).await.refusal().2, 65601);
    bench.advance(4);
    assert_eq!(bench.rest(&token, &finder(PAGE, "")).await.refusal().2, 65601);
    bench.advance(1);
    assert_eq!(bench.get("/v2/me", &token, &[]).await.status, 200);
}

#[tokio::test]
async fn versions_are_looked_at_second() {
    let bench = Bench::new();
    // This token may read nothing, yet the version is what is complained about.
    let token = bench.token("openid profile").await;
    let path = finder(PAGE, "");
    let missing = bench.get(&path, &token, &[V2]).await;
    assert_eq!(missing.refusal(), (400, json!("VERSION_MISSING"), Value::Null));
    for (version, status) in [("202512", 426), ("202610", 426), ("2026-09", 400), ("latest", 400), ("20260901", 403)] {
        let reply = bench.get(&path, &token, &[V2, ("linkedin-version", version)]).await;
        assert_eq!(reply.status, status, "{version}");
    }
    bench.switch("sunset", "202609");
    let sunset = bench.rest(&token, &path).await.json();
    let expected = "Requested version 20260901 is not active";
    assert_eq!(sunset, json!({"status": 426, "code": "NONEXISTENT_VERSION", "message": expected}));
    bench.switch("versions", "202609,202611");
    assert_eq!(bench.get(&path, &token, &[V2, ("LinkedIn-Version", "202611")]).await.status, 403);
}

#[tokio::test]
async fn scopes_and_roles_are_looked_at_before_parameters() {
    let bench = Bench::new();
    let token = bench.token("openid profile w_member_social").await;
    let nonsense = bench.rest(&token, &finder(PAGE, "&count=-3&nonsense=1")).await;
    assert_eq!(nonsense.json(), denied("partnerApiPostsExternal.FINDER-author.20260901"));
    let version = [V2, ("LinkedIn-Version", "202604")];
    let person = bench.get(&finder("urn:li:person:a-b_1", ""), &token, &version).await;
    assert_eq!(person.json(), denied("partnerApiPostsExternal.FINDER-author.20260401"));

    let token = bench.token(READ).await;
    let single = bench.rest(&token, &format!("/rest/socialMetadata/{}", enc("urn:li:share:1"))).await;
    assert_eq!(single.json(), denied("partnerApiSocialMetadata.GET.20260901"));
    bench.switch("role", "ANALYST");
    let lost = bench.rest(&token, &finder(PAGE, "&count=-3")).await;
    assert_eq!(lost.json(), denied("partnerApiPostsExternal.FINDER-author.20260901"));
    bench.switch("role", "CONTENT_ADMINISTRATOR");
    assert_eq!(bench.rest(&token, &finder(PAGE, "&count=-3")).await.refusal().0, 400);
    assert_eq!(bench.rest(&token, &finder(PAGE, "")).await.status, 200);
    assert_eq!(bench.rest(&token, &finder("urn:li:organization:404", "")).await.status, 403);
}

#[tokio::test]
async fn paths_are_the_same_under_the_platforms_name() {
    let bench = Bench::new();
    let id = bench.publish(Draft::text("one"));
    let token = bench.token(READ).await;
    let mounted = axum::Router::new().nest("/linkedin", Arc::clone(&bench.world).router());
    for (path, status) in [
        (format!("/linkedin/rest/posts/{}", enc(&id)), 200),
        (format!("/linkedin{}", finder(PAGE, "")), 200),
        ("/linkedin/nowhere".to_owned(), 404),
    ] {
        let request = Request::get(&path)
            .header("Authorization", format!("Bearer {token}"))
            .header("LinkedIn-Version", "202609")
            .header("X-Restli-Protocol-Version", "2.0.0");
        let response = mounted.clone().oneshot(request.body(Body::empty()).expect("a request")).await;
        let response = response.expect("an answer");
        assert_eq!(response.status().as_u16(), status, "{path}");
        assert!(response.headers().contains_key("x-li-uuid"), "{path}");
    }
}

#[tokio::test]
async fn unknown_paths_verbs_and_long_queries_are_refused() {
    let bench = Bench::new();
    let token = bench.token(READ).await;
    assert_eq!(bench.rest(&token, "/rest/ugcPosts?q=authors").await.status, 404);
    assert_eq!(bench.rest(&token, "/v1/people").await.status, 404);
    let long = format!("/rest/images?ids=List({})", "a".repeat(4096));
    assert_eq!(bench.rest(&token, &long).await.status, 414);
    let post = |body: &str, tunnel: bool| {
        let request = Request::post("/rest/posts")
            .header("Authorization", format!("Bearer {token}"))
            .header("LinkedIn-Version", "202609")
            .header("X-Restli-Protocol-Version", "2.0.0");
        let request = if tunnel { request.header("X-HTTP-Method-Override", "GET") } else { request };
        request.body(Body::from(body.to_owned())).expect("a request")
    };
    assert_eq!(bench.send(post("{}", false)).await.status, 405);
    let query = format!("author={}&q=author", enc(PAGE));
    assert_eq!(bench.send(post(&query, true)).await.status, 200);
    let headers = [V2, ("LinkedIn-Version", "202609"), ("X-RestLi-Method", "finder")];
    assert_eq!(bench.get(&finder(PAGE, ""), &token, &headers).await.status, 200);
    let headers = [V2, ("LinkedIn-Version", "202609"), ("X-RestLi-Method", "BATCH_GET")];
    assert_eq!(bench.get(&finder(PAGE, ""), &token, &headers).await.status, 400);
}
