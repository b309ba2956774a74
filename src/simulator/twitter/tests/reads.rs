//! Who may read, how often, and what it costs.

use super::*;
use serde_json::json;

#[tokio::test]
async fn me_needs_a_person_and_both_scopes() {
    let x = X::new();
    let me = x.get(&x.token().await, "/2/users/me").await;
    assert_eq!(me.body, json!({ "data": { "id": ACME, "name": "Acme Example", "username": "acme_example" } }));

    let narrow = x.exchange(&x.code("users.read").await).await.body["access_token"].as_str().unwrap().to_owned();
    let refused = x.get(&narrow, "/2/users/me").await;
    assert_eq!(refused.status, 403);
    assert_eq!(
        refused.body,
        json!({ "title": "Forbidden", "type": "about:blank", "status": 403, "detail": "Forbidden" })
    );
    assert!(refused.headers.contains_key("x-rate-limit-remaining"));

    let app = x.get(BEARER_TOKEN, "/2/users/me").await;
    assert_eq!(app.status, 403);
    assert!(app.body["detail"].as_str().unwrap().contains("endpoint.  Supported authentication types are [OAuth 1.0a"));
}

#[tokio::test]
async fn me_gives_the_fields_asked_for_in_their_words() {
    let x = X::new();
    let id = x.post("hello");
    let token = x.token().await;
    let legacy = x.get(&token, "/2/users/me?user.fields=public_metrics,most_recent_tweet_id&tweet.fields=id").await;
    assert_eq!(legacy.body["data"]["most_recent_tweet_id"], id.as_str());
    assert_eq!(legacy.body["data"]["public_metrics"]["tweet_count"], 1);
    let new = x.get(&token, "/2/users/me?user.fields=public_metrics,most_recent_tweet_id&post.fields=id").await;
    assert_eq!(new.body["data"]["most_recent_post_id"], id.as_str());
    assert_eq!(new.body["data"]["public_metrics"]["post_count"], 1);
    assert_eq!(x.get(&token, "/2/users/me?user.fields=shoe_size").await.status, 400);
}

#[tokio::test]
async fn limits_are_counted_in_windows_and_told_except_to_strangers() {
    let x = X::new();
    let token = x.token().await;
    let start = x.world.now().timestamp();
    for used in 1..=75 {
        let answer = x.get(&token, "/2/users/me").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("x-rate-limit-remaining"), Some((75 - used).to_string().as_str()));
    }
    let full = x.get(&token, "/2/users/me").await;
    assert_eq!(full.status, 429);
    assert_eq!(full.body["title"], "Too Many Requests");
    assert_eq!(full.header("x-rate-limit-reset"), Some((start + 900).to_string().as_str()));
    assert!(full.headers.contains_key("x-transaction-id"));
    assert_eq!(x.get(&token, &format!("/2/users/{ACME}/tweets")).await.status, 200, "its own window");

    let stranger = x.get("nobody", "/2/users/me").await;
    assert_eq!(stranger.status, 401);
    assert!(!stranger.headers.contains_key("x-rate-limit-limit") && stranger.headers.contains_key("x-transaction-id"));

    x.wait(900);
    assert_eq!(x.get(&token, "/2/users/me").await.status, 200);
}

#[tokio::test]
async fn every_refusal_can_be_switched_on_and_off() {
    let x = X::new();
    let token = x.token().await;
    for name in super::super::problem::PRESETS {
        x.world.switch("refusal", name).unwrap();
        let expected = super::super::problem::preset(name, x.world.now()).expect("every listed preset exists");
        let answer = x.get(&token, &format!("/2/users/{ACME}/tweets")).await;
        assert_eq!((answer.status, &answer.body), (expected.status, &expected.body), "{name}");
        let remaining = answer.header("x-rate-limit-remaining");
        match expected.status {
            401 => assert_eq!(remaining, None),
            _ => assert_eq!(remaining == Some("0"), name.starts_with("rate_limited"), "{name}"),
        }
    }
    x.world.switch("refusal", "none").unwrap();
    assert_eq!(x.get(&token, "/2/users/me").await.status, 200);
    assert!(x.world.switch("refusal", "rain").unwrap_err().contains("usage_cap"));
    assert!(x.world.switch("sunshine", "on").unwrap_err().contains("family_revocation"));
}

#[tokio::test]
async fn unreadable_accounts_answer_200_with_errors_alone() {
    let x = X::new();
    x.post("hello");
    for (switch, title) in
        [("suspended", "Forbidden"), ("missing", "Not Found Error"), ("protected", "Authorization Error")]
    {
        x.world.switch(switch, "acme_example").unwrap();
        let answer = x.timeline("").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body["errors"][0]["title"], title);
        assert_eq!(answer.body["errors"][0]["resource_id"], ACME);
        assert_eq!(answer.body.as_object().unwrap().len(), 1, "no data, no meta: {}", answer.body);
        if switch != "protected" {
            x.world.switch(switch, "").unwrap();
        }
    }
    let own = x.get(&x.token().await, &format!("/2/users/{ACME}/tweets")).await;
    assert_eq!(own.ids().len(), 1, "the person's own token reads a protected account");
    let me = x.get(&x.token().await, "/2/users/me?user.fields=protected").await;
    assert_eq!(me.body["data"]["protected"], true);

    x.world.switch("locked", ACME).unwrap();
    let locked = x.get(&x.token().await, "/2/users/me").await;
    assert_eq!(locked.status, 403);
    assert!(locked.body["detail"].as_str().unwrap().starts_with("Your account is temporarily locked."));
}

#[tokio::test]
async fn only_what_is_new_on_a_day_is_billed() {
    let x = X::new();
    let first = x.post("one");
    let newest = x.post("two");
    assert_eq!(x.timeline(&format!("since_id={newest}")).await.ids().len(), 0);
    assert!(x.world.state().ledger.days().is_empty(), "a poll with nothing new costs nothing");

    x.timeline("").await;
    x.timeline(&format!("since_id={first}")).await;
    let ledger = x.world.state().ledger.days();
    assert_eq!((ledger.len(), ledger[0].posts, ledger[0].users, ledger[0].mils), (1, 2, 0, 10));

    x.wait(86_400);
    x.timeline("expansions=author_id").await;
    let ledger = x.world.state().ledger.days();
    assert_eq!((ledger.len(), ledger[1].posts, ledger[1].users, ledger[1].mils), (2, 2, 1, 20));
}
