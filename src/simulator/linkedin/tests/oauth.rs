//! Consent, and where it sends the browser.

use super::*;

#[tokio::test]
async fn the_page_offers_two_answers() {
    let bench = Bench::new();
    let page = bench.authorize(READ, &[]).await;
    assert_eq!(page.status, 200);
    assert!(page.headers["content-type"].to_str().is_ok_and(|kind| kind.starts_with("text/html")));
    assert!(page.text.contains("<code>rw_organization_admin</code>"));
    for answer in ["approve", "deny"] {
        assert!(page.text.contains(&format!("name=\"decision\" value=\"{answer}\"")), "{}", page.text);
    }

    let approved = bench.authorize(READ, &[("decision", "approve")]).await;
    assert!(sent_back(&approved, "code").is_some());
    assert_eq!(sent_back(&approved, "state").as_deref(), Some("st&te"));
}

#[tokio::test]
async fn a_member_can_leave_at_either_screen() {
    let bench = Bench::new();
    let cancelled = bench.authorize(READ, &[("decision", "cancel")]).await;
    assert_eq!(sent_back(&cancelled, "error").as_deref(), Some("user_cancelled_authorize"));
    assert!(sent_back(&cancelled, "error_description").is_some());
    assert_eq!(sent_back(&cancelled, "state").as_deref(), Some("st&te"));

    bench.switch("consent", "cancel_login");
    let cancelled = bench.authorize(READ, &[("auto", "1")]).await;
    assert_eq!(sent_back(&cancelled, "error").as_deref(), Some("user_cancelled_login"));
}

#[tokio::test]
async fn one_scope_the_app_lacks_fails_all() {
    let bench = Bench::new();
    let refused = bench.authorize("r_organization_social r_liteprofile", &[("auto", "1")]).await;
    assert_eq!(sent_back(&refused, "error").as_deref(), Some("unauthorized_scope_error"));
    let location = refused.headers["location"].to_str().expect("ascii");
    let escaped = "error_description=Scope+%26quot%3Br_liteprofile%26quot%3B+is+not+authorized+for+your+application";
    assert!(location.contains(escaped), "{location}");

    bench.switch("scopes", "r_organization_social");
    let refused = bench.authorize("openid", &[("auto", "1")]).await;
    assert_eq!(sent_back(&refused, "error").as_deref(), Some("unauthorized_scope_error"));
    let none = bench.authorize("", &[("auto", "1")]).await;
    assert_eq!(sent_back(&none, "error").as_deref(), Some("invalid_scope_error"));
}

#[tokio::test]
async fn an_unknown_callback_or_client_gets_a_page_and_no_redirect() {
    let bench = Bench::new();
    let strangers = [
        ("redirect_uri", "http://chat.example.com/cb"),
        ("redirect_uri", "https://chat.example.com/cb#x"),
        ("client_id", "somebody-else"),
    ];
    for stranger in strangers {
        let reply = bench.authorize(READ, &[stranger, ("auto", "1")]).await;
        assert_eq!(reply.status, 200, "{stranger:?}");
        assert!(reply.text.contains("Bummer"), "{stranger:?}");
        assert!(!reply.headers.contains_key("location"));
    }
    bench.switch("redirect_uri", "https://chat.example.com/cb");
    assert_eq!(bench.authorize(READ, &[("auto", "1")]).await.status, 200);
    bench.switch("redirect_uri", CALLBACK);
    assert_eq!(bench.authorize(READ, &[("auto", "1")]).await.status, 302);
}

#[tokio::test]
async fn the_same_scopes_again_skip_the_screen_while_a_token_lives() {
    let bench = Bench::new();
    bench.token(READ).await;
    assert_eq!(bench.authorize(READ, &[]).await.status, 302);
    assert_eq!(bench.authorize("r_organization_social", &[]).await.status, 200);
    bench.world.expire(PAGE).expect("a page");
    assert_eq!(bench.authorize(READ, &[]).await.status, 200);
}
