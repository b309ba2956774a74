//! Mutations with a client's key.

use super::http::code;
use crate::app::App;
use nchat_social::{
    domain::Platform,
    service::{Actor, Claims},
};
use serde_json::{Value, json};

const CREATE: &str = "mutation ($i: SocialCreateIntegrationInput!) { socialCreateIntegration(input: $i) \
                      { status message integration { id min_engagement channel { name } } } }";
const COUNT: &str = "SELECT count(*) FROM nchat_social_integrations";

async fn create(app: &App, input: &Value) -> Value {
    app.try_ask("primary", CREATE, json!({ "i": input })).await
}

#[tokio::test]
async fn defect_a_variable_left_out_hid_the_key() {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    let document = "mutation ($a: uuid!, $c: uuid!, $m: Int, $k: String = \"k-9\") { \
                    socialCreateIntegration(input: {account_id: $a, channel_id: $c, min_engagement: $m, client_key: $k}) \
                    { status integration { id } } }";
    let variables = json!({"a": account, "c": app.chat.announcements});
    let first = app.try_ask("primary", document, variables.clone()).await;
    assert_eq!(first["data"]["socialCreateIntegration"]["status"], "created", "{first:#}");
    assert_eq!(app.try_ask("primary", document, variables).await, first);
    assert_eq!(app.chat.count(COUNT).await, 1);
}

#[tokio::test]
async fn asking_again_with_the_same_key_answers_the_same_and_changes_nothing() {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    let channel = app.chat.announcements;
    let input = json!({"account_id": account, "channel_id": channel, "min_engagement": 3, "client_key": "k-1"});
    let first = create(&app, &input).await;
    assert_eq!(first["data"]["socialCreateIntegration"]["status"], "created", "{first:#}");
    assert_eq!(create(&app, &input).await, first);
    assert_eq!(app.chat.count(COUNT).await, 1);

    let mut other = input.clone();
    other["min_engagement"] = json!(4);
    assert_eq!(code(&create(&app, &other).await), "CLIENT_KEY_REUSED");
    other["client_key"] = json!("k-2");
    assert_eq!(create(&app, &other).await["data"]["socialCreateIntegration"]["integration"]["min_engagement"], 4);
    assert_eq!(app.chat.count(COUNT).await, 2);

    let id = &first["data"]["socialCreateIntegration"]["integration"]["id"];
    let delete =
        "mutation ($id: uuid!) { socialDeleteIntegration(input: {id: $id, client_key: \"k-3\"}) { status id } }";
    for _ in 0..2 {
        let answer = app.ask(delete, json!({ "id": id })).await;
        assert_eq!(answer["socialDeleteIntegration"], json!({"status": "deleted", "id": id}));
    }
    assert_eq!(app.chat.count(COUNT).await, 1);

    app.clock.advance(chrono::Duration::hours(25));
    app.service.clean_up().await.expect("cleaned up");
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_requests").await, 0, "kept for a day");
}

#[tokio::test]
async fn a_key_is_of_one_person_in_one_workspace() {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    let input = json!({"account_id": account, "channel_id": app.chat.announcements, "client_key": "shared"});
    let first = create(&app, &input).await;
    let owner = Claims { role: "user".into(), user_id: Some(app.chat.owner), tenant: None };
    let owner = app.service.actor(&owner).await.expect("the owner");
    let second = app.ask_as(owner, CREATE, json!({ "i": input })).await;
    let id = |answer: &Value| answer["data"]["socialCreateIntegration"]["integration"]["id"].clone();
    assert!(id(&second).is_string() && id(&second) != id(&first), "{second:#}");
    let elsewhere = app.try_ask("elsewhere", CREATE, json!({ "i": input })).await;
    assert_eq!(elsewhere["data"]["socialCreateIntegration"]["status"], "not_found", "{elsewhere:#}");
    for actor in [Actor::Nobody, Actor::Member] {
        let refused = app.ask_as(actor, CREATE, json!({ "i": input })).await;
        assert!(["UNAUTHENTICATED", "FORBIDDEN"].contains(&code(&refused)), "{refused:#}");
    }
}

#[tokio::test]
async fn many_at_once_with_one_key_change_things_once() {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    let input = json!({"account_id": account, "channel_id": app.chat.announcements, "client_key": "at once"});
    let answers = futures_util::future::join_all((0..6).map(|_| create(&app, &input))).await;
    assert_eq!(app.chat.count(COUNT).await, 1);
    for answer in &answers {
        let created = answer["data"]["socialCreateIntegration"]["status"] == "created";
        assert!(created || code(answer) == "IN_PROGRESS", "{answer:#}");
    }
    assert_eq!(create(&app, &input).await["data"]["socialCreateIntegration"]["status"], "created");
}

#[tokio::test]
async fn a_failure_frees_the_key_and_a_dead_request_is_taken_over() {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    let input = json!({"account_id": account, "channel_id": app.chat.announcements, "client_key": "again"});
    app.chat.script("ALTER TABLE nchat_social_integrations RENAME TO away").await;
    let failed = create(&app, &input).await;
    assert_eq!(code(&failed), "INTERNAL_SERVER_ERROR");
    app.chat.script("ALTER TABLE away RENAME TO nchat_social_integrations").await;
    assert_eq!(create(&app, &input).await["data"]["socialCreateIntegration"]["status"], "created");

    app.chat.script("UPDATE nchat_social_requests SET answer = NULL").await;
    assert_eq!(code(&create(&app, &input).await), "IN_PROGRESS");
    app.clock.advance(chrono::Duration::minutes(3));
    assert_eq!(create(&app, &input).await["data"]["socialCreateIntegration"]["status"], "created");
}

#[tokio::test]
async fn a_key_has_a_length_and_nothing_that_postgres_cannot_keep() {
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    for key in ["", &"k".repeat(129), "a\0b"] {
        let input = json!({"account_id": account, "channel_id": app.chat.announcements, "client_key": key});
        assert_eq!(code(&create(&app, &input).await), "BAD_USER_INPUT");
    }
    assert_eq!(app.chat.count(COUNT).await, 0);
}
