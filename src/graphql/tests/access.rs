//! Who may what, walked over the whole schema.

use super::{admin, ask, codes, introspect, nobody_answers, service};
use crate::{
    graphql::{RequestId, prepare},
    service::Actor,
};
use async_graphql::{Request, Response};
use futures_util::StreamExt;
use serde_json::Value;
use std::fmt::Write;

/// Every root field of the schema as an operation: (operation, field, document).
async fn operations() -> Vec<(&'static str, String, String)> {
    let schema = introspect(Actor::System).await;
    let types = schema["types"].as_array().unwrap();
    let of = |name: &str| types.iter().find(|kind| kind["name"] == name).unwrap();
    let mut operations = Vec::new();
    for (operation, root) in [("query", "Query"), ("mutation", "Mutation"), ("subscription", "Subscription")] {
        for field in of(root)["fields"].as_array().unwrap() {
            let name = field["name"].as_str().unwrap();
            let mut args = String::new();
            for arg in field["args"].as_array().unwrap().iter().filter(|arg| arg["type"]["kind"] == "NON_NULL") {
                write!(args, "{}: {} ", arg["name"].as_str().unwrap(), literal(types, &arg["type"])).unwrap();
            }
            let args = if args.is_empty() { args } else { format!("({args})") };
            operations.push((operation, name.to_owned(), format!("{operation} {{ {name}{args} {{ __typename }} }}")));
        }
    }
    assert!(operations.len() >= 17, "{}", operations.len());
    operations
}

/// A value of the type, with as little in it as it allows.
fn literal(types: &[Value], of: &Value) -> String {
    match of["kind"].as_str().unwrap() {
        "NON_NULL" => literal(types, &of["ofType"]),
        "LIST" => "[]".into(),
        "SCALAR" => match of["name"].as_str().unwrap() {
            "uuid" => "\"7c9e6679-7425-40de-944b-e07fc1f90ae7\"".into(),
            "timestamptz" => "\"2026-11-22T12:00:00Z\"".into(),
            "Int" => "1".into(),
            "Boolean" => "true".into(),
            _ => "\"x\"".into(),
        },
        _ => {
            let kind = types.iter().find(|kind| kind["name"] == of["name"]).unwrap();
            if let Some(values) = kind["enumValues"].as_array() {
                return values[0]["name"].as_str().unwrap().into();
            }
            let fields = kind["inputFields"].as_array().unwrap().iter().filter(|f| f["type"]["kind"] == "NON_NULL");
            let fields = fields.map(|f| format!("{}: {}", f["name"].as_str().unwrap(), literal(types, &f["type"])));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
    }
}

async fn answer(actor: Actor, operation: &str, document: &str) -> Response {
    if operation == "subscription" {
        let service = service();
        let request = prepare(Request::new(document), &service, actor);
        return nobody_answers().execute_stream(request).next().await.unwrap();
    }
    ask(actor, document).await
}

#[tokio::test]
async fn default_deny_on_every_root_field() {
    for (operation, field, document) in operations().await {
        let is_door = field == "socialImportPosts";
        for (actor, expected) in [
            (Actor::Nobody, "UNAUTHENTICATED"),
            (Actor::Member, "FORBIDDEN"),
            (Actor::System, if is_door { "UNAVAILABLE" } else { "FORBIDDEN" }),
        ] {
            let answer = answer(actor, operation, &document).await;
            assert_eq!(codes(&answer), [expected], "{document}");
        }
    }
}

#[tokio::test]
async fn administrators_come_as_far_as_the_database_but_not_through_the_systems_door() {
    for (operation, field, document) in operations().await {
        let answer = answer(admin().await, operation, &document).await;
        let expected: &[&str] = match field.as_str() {
            "socialImportPosts" => &["FORBIDDEN"],
            // Neither knows anything of the database.
            "socialPlatforms" | "socialStartConnection" => &[],
            _ => &["UNAVAILABLE"],
        };
        assert_eq!(codes(&answer), expected, "{document}");
    }
}

#[tokio::test]
async fn without_an_actor_nothing_is_allowed_either() {
    for (operation, _, document) in operations().await {
        let answer = match operation {
            "subscription" => nobody_answers().execute_stream(document.as_str()).next().await.unwrap(),
            _ => nobody_answers().execute(document.as_str()).await,
        };
        assert_eq!(codes(&answer), ["UNAUTHENTICATED"], "{document}");
    }
}

#[tokio::test]
async fn the_systems_door_is_hidden_from_every_other_introspection() {
    let shows = |schema: &Value| {
        let text = schema.to_string();
        ["socialImportPosts", "SocialImportPostsInput", "SocialPostInput", "SocialImportPostsStatus"]
            .map(|name| text.contains(name))
    };
    assert_eq!(shows(&introspect(Actor::System).await), [true; 4]);
    for actor in [Actor::Nobody, Actor::Member, admin().await] {
        assert_eq!(shows(&introspect(actor.clone()).await), [false; 4], "{actor:?}");
    }
}

#[tokio::test]
async fn a_fault_tells_a_request_id_and_nothing_of_the_driver() {
    let id = "6f1c";
    for field in ["socialAccounts", "socialAccount(id: \"7c9e6679-7425-40de-944b-e07fc1f90ae7\")"] {
        let request = Request::new(format!("{{ {field} {{ id }} }}")).data(RequestId(id.into()));
        let answer = ask(admin().await, request).await;
        let error = serde_json::to_value(&answer.errors[0]).unwrap();
        assert_eq!(error["message"], "the database is not available, try again in a moment");
        assert_eq!(error["extensions"], serde_json::json!({ "code": "UNAVAILABLE", "request_id": id }));
        let text = serde_json::to_string(&answer).unwrap().to_lowercase();
        for word in ["127.0.0.1", "connect", "refused", "postgres", "os error"] {
            assert!(!text.contains(word), "{text}");
        }
    }
}

#[tokio::test]
async fn wrong_input_is_told_before_the_database_is_asked() {
    for (query, message) in [
        ("socialPosts(first: 0) { nodes { id } }", "first: ask for 1 to 200 entries"),
        ("socialImportLogs(first: 201) { nodes { id } }", "first: ask for 1 to 200 entries"),
        (
            "socialPosts(after: \"x\") { nodes { id } }",
            "after: this is not a cursor; take end_cursor of the page before",
        ),
    ] {
        let answer = ask(admin().await, format!("{{ {query} }}")).await;
        assert_eq!(codes(&answer), ["BAD_USER_INPUT"]);
        assert_eq!(answer.errors[0].message, message);
    }
    for query in ["socialAccount(id: \"7\") { id }", "socialPosts(posted_after: \"yesterday\") { nodes { id } }"] {
        let answer = ask(admin().await, format!("{{ {query} }}")).await;
        let message = &answer.errors[0].message;
        assert!(message.contains("not a UUID") || message.contains("not a time"), "{message}");
    }
}

#[tokio::test]
async fn explicit_nulls_mean_not_given() {
    let query = "query($v: uuid, $t: timestamptz, $s: SocialPostStatus, $x: String, $n: Int) { \
        socialPosts(account_id: $v, channel_id: $v, status: $s, posted_after: $t, posted_before: $t, text: $x, \
          first: $n, after: $x) { nodes { id } } }";
    let nulls = serde_json::json!({ "v": null, "t": null, "s": null, "x": null, "n": null });
    let request = Request::new(query).variables(async_graphql::Variables::from_json(nulls));
    assert_eq!(codes(&ask(admin().await, request).await), ["UNAVAILABLE"]);
}

#[tokio::test]
async fn platforms_are_described_whether_configured_or_not() {
    let answer = ask(
        admin().await,
        "{ socialPlatforms { platform name icon color is_configured callback_url \
        offers_several_accounts poll_interval_seconds scopes { scope } } }",
    )
    .await;
    let data = answer.data.into_json().unwrap();
    assert_eq!(data["socialPlatforms"].as_array().unwrap().len(), 3);
    assert_eq!(
        data["socialPlatforms"][2],
        serde_json::json!({
            "platform": "linkedin", "name": "LinkedIn", "icon": "linkedin", "color": "#0A66C2", "is_configured": false,
            "callback_url": "https://chat.example/api/social/linkedin/callback", "offers_several_accounts": false,
            "poll_interval_seconds": 300, "scopes": []
        })
    );
}

#[tokio::test]
async fn starting_what_is_not_configured_says_who_must_act() {
    let answer =
        ask(admin().await, "mutation { socialStartConnection(input: {platform: twitter}) { status message url } }");
    let payload = answer.await.data.into_json().unwrap()["socialStartConnection"].take();
    assert_eq!((&payload["status"], &payload["url"]), (&"not_configured".into(), &Value::Null));
    assert!(payload["message"].as_str().unwrap().contains("operator"));
}
