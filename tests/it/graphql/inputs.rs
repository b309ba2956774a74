//! Inputs as Hasura and its clients send them: explicit nulls, variables typed by Postgres' names, wrong values.

use super::walk::roots;
use crate::app::App;
use nchat_social::{domain::Platform, service::Actor};
use serde_json::json;

/// Hasura sends null for every variable that its client left out.
#[tokio::test]
async fn null_means_not_given_in_every_root_field() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    let unknown = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
    for root in roots(&app, unknown).await {
        let actor = match root.field.as_str() {
            "socialImportPosts" => Actor::System,
            _ if root.operation == "subscription" => continue,
            _ => Actor::Admin(app.admin_of("primary").await),
        };
        let least = app.ask_as(actor.clone(), &root.least, json!({})).await;
        let nulls = app.ask_as(actor, &root.nulls, json!({})).await;
        assert!(least["errors"].is_null() && least["data"].is_object(), "{}: {least:#}", root.least);
        assert_eq!(nulls, least, "{}", root.nulls);
    }
}

/// Hasura compares the types of variables by name.
#[tokio::test]
async fn variables_carry_postgres_names() {
    let app = App::start().await;
    let account = app.following(Platform::Twitter, json!({})).await;
    let document = "query ($id: uuid!, $ids: [uuid!], $at: timestamptz) { socialAccount(id: $id) { id } \
        socialAccounts(ids: $ids) { id } socialPosts(account_id: $id, posted_after: $at) { nodes { id } } }";
    let data = app.ask(document, json!({"id": account, "ids": [account], "at": "2026-11-22 12:00:00+01:00"})).await;
    assert_eq!(data["socialAccount"]["id"], json!(account));
    assert_eq!(data["socialAccounts"], json!([{"id": account}]));

    // The scalar jsonb is read only by this service's own mutation.
    let document = "mutation ($id: uuid!, $at: timestamptz!, $cursor: jsonb) { socialImportPosts(input: { \
        source_account_id: \"primary\", account_id: $id, lease_id: $id, import_type: scheduled, started_at: $at, \
        posts: [], fetched: 0, cursor: $cursor, next_poll_at: $at, next_poll_reason: \"interval\" }) { status } }";
    let variables = json!({"id": account, "at": "2026-11-22T12:00:00Z", "cursor": {"since": [1, null]}});
    let answer = app.ask_as(Actor::System, document, variables).await;
    assert_eq!(answer["data"]["socialImportPosts"]["status"], "lease_lost", "{answer:#}");
}

#[tokio::test]
async fn wrong_values_are_refused_in_words_that_help() {
    let app = App::start().await;
    for (arguments, words) in [
        ("socialAccount(id: \"42\") { id }", "not a UUID"),
        ("socialAccount(id: 42) { id }", "uuid"),
        ("socialAccount(id: null) { id }", "uuid"),
        ("socialAccount { id }", "id"),
        ("socialAccounts(ids: \"42\") { id }", "not a UUID"),
        ("socialAccounts(platform: facebook) { id }", "facebook"),
        ("socialPosts(posted_after: \"yesterday\") { nodes { id } }", "not a time"),
        ("socialPosts(posted_after: \"2026-11-22T12:00:00\") { nodes { id } }", "distance from UTC"),
        ("socialPosts(posted_before: \"0000-01-01T00:00:00Z\") { nodes { id } }", "year"),
        ("socialPosts(first: \"ten\") { nodes { id } }", "Int"),
        ("socialPosts(status: posted) { nodes { id } }", "posted"),
        ("socialPosts(text: 5) { nodes { id } }", "String"),
        ("socialImportLogs(import_type: \"sometimes\") { nodes { id } }", "sometimes"),
        ("socialAccounts { id access_token }", "access_token"),
        ("nothing", "nothing"),
    ] {
        let answer = app.try_ask("primary", &format!("{{ {arguments} }}"), json!({})).await;
        let message = answer["errors"][0]["message"].as_str().unwrap_or_else(|| panic!("{arguments}: {answer:#}"));
        assert!(message.contains(words), "{arguments}: {message}");
        assert!(answer["errors"][0]["extensions"]["code"].is_string(), "{arguments}: a code: {answer:#}");
    }
    let create = "mutation ($i: SocialCreateIntegrationInput!) { socialCreateIntegration(input: $i) { status } }";
    let id = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
    for (input, words) in [
        (json!({"account_id": id}), "channel_id"),
        (json!({"account_id": id, "channel_id": "x"}), "not a UUID"),
        (json!({"account_id": id, "channel_id": id, "auto_post": "yes"}), "auto_post"),
        (json!({"account_id": id, "channel_id": id, "filter_hashtags": [1]}), "filter_hashtags"),
        (json!({"account_id": id, "channel_id": id, "autopost": true}), "autopost"),
        (json!(null), "SocialCreateIntegrationInput"),
    ] {
        let answer = app.try_ask("primary", create, json!({"i": input})).await;
        let message = answer["errors"][0]["message"].as_str().unwrap_or_else(|| panic!("{input}: {answer:#}"));
        assert!(message.contains(words), "{input}: {message}");
    }
    let too_many = vec![id; 501];
    let answer = app
        .try_ask("primary", "query ($ids: [uuid!]) { socialAccounts(ids: $ids) { id } }", json!({"ids": too_many}))
        .await;
    assert_eq!(answer["errors"][0]["message"], "ids: ask for at most 500 at a time");
    let long = "x".repeat(201);
    let answer = app
        .try_ask("primary", "query ($t: String) { socialPosts(text: $t) { nodes { id } } }", json!({"t": long}))
        .await;
    assert_eq!(answer["errors"][0]["message"], "text: search for at most 200 characters");
}
