//! The platform's answer: once, from the browser that left, in time, at its own platform.

use super::{assert_failed, assert_nothing_stored, error_of, get, refusal, switch, to_the_door};
use crate::app::{
    App,
    world::{arrive, depart, query},
};
use chrono::Duration;
use nchat_social::{
    domain::Platform,
    simulator::{Fault, FaultKind},
};
use serde_json::json;
use url::Url;

#[tokio::test]
async fn defect_16_an_answer_counts_once_and_only_for_the_browser_that_left() {
    for platform in Platform::ALL {
        let app = App::start().await;
        let (cookie, back) = to_the_door(&app, platform).await;
        let (others_cookie, others_back) = to_the_door(&app, platform).await;

        assert_eq!(error_of(&arrive(&app, &back, None).await), "invalid_state", "{platform}: without the cookie");
        let stolen = arrive(&app, &back, Some(&others_cookie)).await;
        assert_eq!(error_of(&stolen), "invalid_state", "{platform}: in another browser");
        let guessed = arrive(&app, &back, Some("nchat_social_connect=guess")).await;
        assert_eq!(error_of(&guessed), "invalid_state", "{platform}");
        let mut forged = back.clone();
        forged.query_pairs_mut().clear().extend_pairs([("code", "c"), ("state", "guess")]);
        assert_eq!(error_of(&arrive(&app, &forged, Some(&cookie)).await), "invalid_state", "{platform}");
        assert_nothing_stored(&app).await;

        // None of this has used the answer up.
        let end = arrive(&app, &back, Some(&cookie)).await;
        assert_eq!(query(&end, "success"), Some(format!("{platform}_connected")), "{end}");
        assert_eq!(error_of(&arrive(&app, &back, Some(&cookie)).await), "invalid_state", "{platform}: again");
        let end = arrive(&app, &others_back, Some(&others_cookie)).await;
        assert_eq!(query(&end, "success"), Some(format!("{platform}_connected")), "{platform}: the other one");
    }
}

/// The state's cookie survived every failed attempt.
#[tokio::test]
async fn defect_16_the_cookie_goes_however_the_connection_ends() {
    let app = App::start().await;
    for (query, expected) in [("code=c&state=guess", "error=invalid_state"), ("", "success=twitter_connected")] {
        let (cookie, back) = to_the_door(&app, Platform::Twitter).await;
        let query = if query.is_empty() { back.query().expect("a query") } else { query };
        let uri = format!("/api/social/twitter/callback?{query}");
        let answer = get(&app, &uri, &[("cookie", &cookie)]).await;
        assert_eq!((answer.status, answer.location().query()), (302, Some(expected)));
        let gone = "nchat_social_connect=; Path=/api/social/twitter; HttpOnly; SameSite=Lax; Max-Age=0";
        assert_eq!(answer.header("set-cookie"), gone);
        assert_eq!((answer.header("cache-control"), answer.header("referrer-policy")), ("no-store", "no-referrer"));
    }
}

#[tokio::test]
async fn an_answer_that_arrives_twice_at_once_counts_once() {
    let app = App::start().await;
    let (cookie, back) = to_the_door(&app, Platform::Instagram).await;
    let (one, two) = tokio::join!(arrive(&app, &back, Some(&cookie)), arrive(&app, &back, Some(&cookie)));
    let successes = [&one, &two].iter().filter(|end| query(end, "success").is_some()).count();
    let refusals = [&one, &two].iter().filter(|end| query(end, "error").as_deref() == Some("invalid_state")).count();
    assert_eq!((successes, refusals), (1, 1), "{one} {two}");
}

#[tokio::test]
async fn an_answer_counts_at_its_own_platform_only() {
    let app = App::start().await;
    let (cookie, back) = to_the_door(&app, Platform::Twitter).await;
    for other in [Platform::Instagram, Platform::Linkedin] {
        let elsewhere: Url = back.as_str().replace("/twitter/", &format!("/{other}/")).parse().expect("an address");
        assert_eq!(error_of(&arrive(&app, &elsewhere, Some(&cookie)).await), "invalid_state", "{other}");
    }
    assert_nothing_stored(&app).await;
    assert_eq!(super::calls(&app, "instagram", "POST", "/oauth/access_token"), 0, "no code of X goes to others");
}

#[tokio::test]
async fn an_answer_counts_for_ten_minutes() {
    for (minutes, connects) in [(9, true), (10, false), (11, false)] {
        let app = App::start().await;
        // Instagram's codes live an hour, so that only our own limit shows.
        let (cookie, page) = depart(&app, Platform::Instagram).await;
        app.clock.advance(Duration::minutes(minutes));
        let end = arrive(&app, &crate::app::world::consent(&page).await, Some(&cookie)).await;
        assert_eq!(query(&end, "success").is_some(), connects, "after {minutes} minutes: {end}");
        if !connects {
            assert_eq!(error_of(&end), "invalid_state");
            assert_nothing_stored(&app).await;
        }
    }
}

#[tokio::test]
async fn a_person_who_declines_is_led_back_with_our_word() {
    let app = App::start().await;
    for platform in [Platform::Twitter, Platform::Instagram] {
        let (cookie, mut page) = depart(&app, platform).await;
        page.query_pairs_mut().append_pair("decision", "deny");
        let back = crate::app::world::get(&page).await.header("location").expect("a redirect").parse().expect("a URL");
        assert_eq!(error_of(&arrive(&app, &back, Some(&cookie)).await), "access_denied", "{platform}");
        assert!(assert_failed(&app, "access_denied").await.contains("declined"));
        assert_eq!(
            error_of(&arrive(&app, &back, Some(&cookie)).await),
            "invalid_state",
            "defect 16: spent all the same"
        );
    }
    for consent in ["cancel", "cancel_login"] {
        switch(&app, Platform::Linkedin, "consent", consent);
        assert_eq!(refusal(&app, Platform::Linkedin).await, "access_denied", "{consent}");
        assert_failed(&app, "access_denied").await;
    }
    assert_nothing_stored(&app).await;
}

#[tokio::test]
async fn defect_20_no_word_of_the_platforms_gets_into_an_address() {
    let app = App::start().await;
    for given in [
        "error=%3Cscript%3Ealert(1)%3C/script%3E&error_description=canary-provider-text",
        "error=server_error&error_description=canary-provider-text&error_uri=https://evil.example",
        "error=&error_reason=canary-provider-text",
        "error=a&error=b",
        "code=c&error=canary-provider-text",
    ] {
        let (cookie, page) = depart(&app, Platform::Twitter).await;
        let state = query(&page, "state").expect("a state");
        let back = format!("http://127.0.0.1:9/api/social/twitter/callback?state={state}&{given}");
        let end = arrive(&app, &back.parse().expect("a URL"), Some(&cookie)).await;
        assert_eq!(error_of(&end), "platform_refused", "{given}");
        let message = assert_failed(&app, "platform_refused").await;
        assert!(!message.contains("canary") && !message.contains("script"), "{message}");
    }
    // Neither code nor error.
    let (cookie, page) = depart(&app, Platform::Twitter).await;
    let state = query(&page, "state").expect("a state");
    let back = format!("http://127.0.0.1:9/api/social/twitter/callback?state={state}");
    let end = arrive(&app, &back.parse().expect("a URL"), Some(&cookie)).await;
    assert_eq!(error_of(&end), "invalid_answer");
    assert_nothing_stored(&app).await;
}

#[tokio::test]
async fn a_scope_the_app_may_not_ask_for_is_the_operators_matter() {
    let app = App::start().await;
    switch(&app, Platform::Linkedin, "scopes", "r_basicprofile rw_organization_admin");
    assert_eq!(refusal(&app, Platform::Linkedin).await, "scope_not_authorized");
    let message = assert_failed(&app, "scope_not_authorized").await;
    assert!(message.contains("developer portal") && !message.contains("quot;"), "{message}");
}

#[tokio::test]
async fn defect_22_a_required_scope_that_was_not_granted_is_named_with_its_purpose() {
    for form in ["array", "string"] {
        let app = App::start().await;
        switch(&app, Platform::Instagram, "permissions", form);
        switch(&app, Platform::Instagram, "untick", "instagram_business_basic");
        assert_eq!(refusal(&app, Platform::Instagram).await, "missing_scope", "{form}");
        let message = assert_failed(&app, "missing_scope").await;
        assert!(message.contains("instagram_business_basic") && message.contains("posts"), "{message}");
        assert_nothing_stored(&app).await;
    }

    let app = App::start().await;
    let partial =
        json!({"token_type": "bearer", "expires_in": 7200, "access_token": "at", "scope": "tweet.read users.read"});
    let kind = FaultKind::Status { status: 200, headers: Default::default(), body: partial };
    app.simulator.fault(Fault::new("twitter", "/2/oauth2/token", kind)).expect("a fault");
    assert_eq!(refusal(&app, Platform::Twitter).await, "missing_scope");
    let message = assert_failed(&app, "missing_scope").await;
    assert!(message.contains("offline.access") && message.contains("two hours"), "{message}");
    assert!(!message.contains("tweet.read"), "what was granted is not complained of: {message}");
    assert_eq!(super::calls(&app, "twitter", "POST", "/2/oauth2/revoke"), 1, "the unused grant is ended");
    assert_nothing_stored(&app).await;
}
