//! Who may: every kind of caller over HTTP.

use super::{
    http::{self, AS_ADMIN, SECRET, code},
    walk::roots,
};
use crate::app::{App, JWT_KEY};
use axum::http::StatusCode;
use futures_util::StreamExt;
use nchat_social::{
    domain::{Clock, Platform},
    graphql,
    service::Actor,
};
use serde_json::{Value, json};

const QUESTION: &str = "{ socialAccounts { id } }";

async fn ask(app: &App, headers: &[http::Header<'_>]) -> (StatusCode, Value) {
    http::post(app, headers, QUESTION, Value::Null).await
}

#[tokio::test]
async fn administrators_are_known_by_secret_role_or_membership() {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    let expected = json!({"data": {"socialAccounts": [{"id": account}]}});
    let (owner, member) = (app.chat.owner.to_string(), app.chat.member.to_string());
    let admin = http::bearer(&app, "admin", None);
    let owners = http::bearer(&app, "user", Some(app.chat.owner));
    for headers in [
        &AS_ADMIN[..],
        &[SECRET, ("x-hasura-role", "owner")],
        &[SECRET, ("x-hasura-role", "user"), ("x-hasura-user-id", &owner)],
        &[("authorization", &admin)],
        &[("authorization", &owners)],
        // Session variables count with the secret only.
        &[("authorization", &admin), ("x-hasura-source-account-id", "other"), ("x-hasura-user-id", &member)],
    ] {
        let (status, answer) = ask(&app, headers).await;
        assert_eq!((status, &answer), (StatusCode::OK, &expected), "{headers:?}");
    }
}

#[tokio::test]
async fn members_and_strangers_are_refused_and_wrong_proofs_are_no_strangers() {
    let app = App::start().await;
    app.connect_one(Platform::Twitter).await;
    let member = app.chat.member.to_string();
    let members = http::bearer(&app, "user", Some(app.chat.member));
    let now = app.clock.now().timestamp();
    let expired = format!("Bearer {}", http::jwt(JWT_KEY, "admin", None, now - 1));
    let forged =
        format!("Bearer {}", http::jwt("another-key-0123456789-0123456789-0123456789", "admin", None, now + 60));
    let user = http::bearer(&app, "user", Some(app.chat.owner));
    for (headers, status, expected) in [
        (&[][..], 200, "UNAUTHENTICATED"),
        (&[("x-hasura-role", "admin")], 200, "UNAUTHENTICATED"),
        (&[("x-hasura-role", "admin"), ("x-hasura-user-id", &member)], 200, "UNAUTHENTICATED"),
        (&[SECRET], 200, "UNAUTHENTICATED"),
        (&[SECRET, ("x-hasura-role", "public")], 200, "UNAUTHENTICATED"),
        (&[SECRET, ("x-hasura-role", "user"), ("x-hasura-user-id", &member)], 200, "FORBIDDEN"),
        (&[("authorization", &members)], 200, "FORBIDDEN"),
        (&[("x-nchat-social-secret", "wrong"), ("x-hasura-role", "admin")], 401, "UNAUTHENTICATED"),
        (&[("x-nchat-social-secret", ""), ("x-hasura-role", "admin")], 200, "UNAUTHENTICATED"),
        (&[("authorization", &expired)], 401, "UNAUTHENTICATED"),
        (&[("authorization", &forged)], 401, "UNAUTHENTICATED"),
        // A role that the token does not allow.
        (&[("authorization", &user), ("x-hasura-role", "admin")], 401, "UNAUTHENTICATED"),
        (&[SECRET, ("x-hasura-role", "admin"), ("x-hasura-user-id", "42")], 401, "UNAUTHENTICATED"),
    ] {
        let (got, answer) = ask(&app, headers).await;
        assert_eq!((got.as_u16(), code(&answer)), (status, expected), "{headers:?}: {answer:#}");
        assert!(answer["data"].is_null(), "{headers:?}");
        assert!(answer["errors"][0]["message"].as_str().is_some_and(|words| !words.is_empty()));
    }
    // A token does not outlive its time, whoever saw it before.
    let token = http::bearer(&app, "admin", None);
    assert!(ask(&app, &[("authorization", &token)]).await.1.get("errors").is_none());
    app.clock.advance(chrono::Duration::minutes(61));
    assert_eq!(ask(&app, &[("authorization", &token)]).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_ban_ends_an_owners_rights() {
    let app = App::start().await;
    let owners = http::bearer(&app, "user", Some(app.chat.owner));
    assert!(ask(&app, &[("authorization", &owners)]).await.1.get("errors").is_none());
    app.chat.script("UPDATE nchat_workspace_members SET is_banned = true").await;
    assert_eq!(code(&ask(&app, &[("authorization", &owners)]).await.1), "FORBIDDEN");
}

/// A field that is added later is closed until it says otherwise.
#[tokio::test]
async fn every_root_field_is_closed_to_strangers_and_members() {
    let app = App::start().await;
    let account = app.following(Platform::Twitter, json!({})).await;
    let whole = "SELECT (SELECT jsonb_agg(to_jsonb(a)) FROM nchat_social_accounts a) AS accounts, \
                 (SELECT jsonb_agg(to_jsonb(i)) FROM nchat_social_integrations i) AS integrations, \
                 (SELECT count(*) FROM nchat_social_oauth_sessions) AS sessions";
    let before = app.chat.value(whole).await;
    let members = http::bearer(&app, "user", Some(app.chat.member));
    for root in roots(&app, &account.to_string()).await {
        let callers = [(Actor::Nobody, None, "UNAUTHENTICATED"), (Actor::Member, Some(&members), "FORBIDDEN")];
        for (actor, token, expected) in callers {
            let headers: Vec<_> = token.iter().map(|token| ("authorization", token.as_str())).collect();
            let answer = if root.operation == "subscription" {
                let request = graphql::prepare(async_graphql::Request::new(&root.least), &app.service, actor);
                let answer = app.schema.execute_stream(request).next().await.expect("an answer");
                serde_json::to_value(answer).expect("JSON")
            } else {
                http::post(&app, &headers, &root.least, Value::Null).await.1
            };
            assert!(answer["data"].is_null(), "{}: {answer:#}", root.least);
            if root.field == "socialImportPosts" {
                // Not even there, in validation's words.
                assert!(answer["errors"][0]["message"].is_string(), "{answer:#}");
            } else {
                assert_eq!(code(&answer), expected, "{}", root.least);
            }
        }
    }
    assert_eq!(app.chat.value(whole).await, before, "nothing was changed");
}
