//! Faults inside: the client learns that there was one, the log learns which.

use super::recorder::capture;
use crate::{
    app::{App, SHARED_SECRET},
    connect::{Answer, get, send},
};
use nchat_social::{
    domain::{Dice, Platform},
    service::Service,
};
use serde_json::json;
use std::sync::Arc;

const ADMIN: [(&str, &str); 4] = [
    ("x-nchat-social-secret", SHARED_SECRET),
    ("x-hasura-role", "admin"),
    ("content-type", "application/json"),
    ("x-request-id", "a-request"),
];

/// Dice that break.
struct BrokenDice;

impl Dice for BrokenDice {
    fn fill(&self, _: &mut [u8]) {
        panic!("canary-panic-text at src/secret/place.rs");
    }
}

fn assert_tells_nothing(answer: &Answer, canary: &str) {
    let whole = format!("{:?} {}", answer.headers, answer.body);
    for inner in [canary, "panicked", ".rs", "postgres", "SQLSTATE", "P0001", "nchat_social_integrations", "db error"] {
        assert!(!whole.contains(inner), "{inner}: {whole}");
    }
}

#[tokio::test]
async fn a_panic_in_a_resolver_or_a_route_shows_nothing_of_the_inside() {
    let (log, _guard) = capture();
    let mut app = App::start().await;
    app.use_service(Service { dice: Arc::new(BrokenDice), ..app.service.clone() });

    let document = "mutation { socialStartConnection(input: {platform: twitter}) { status } }";
    let body = json!({ "query": document }).to_string();
    let answer = send(&app, "POST", "/graphql", &ADMIN, body).await;
    assert_eq!(answer.status, 500, "{}", answer.body);
    assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "INTERNAL_SERVER_ERROR", "{}", answer.body);
    assert_tells_nothing(&answer, "canary-panic-text");

    let answer = get(&app, "/api/social/twitter/auth", &ADMIN).await;
    assert_eq!((answer.status, answer.json()["error"].as_str()), (500, Some("internal")), "{}", answer.body);
    assert_tells_nothing(&answer, "canary-panic-text");
    assert_eq!(answer.header("x-request-id"), "a-request", "by which the log can be searched");
    assert!(log.text().contains("canary-panic-text"), "where the panic is told");

    // The process lives on.
    assert_eq!(get(&app, "/livez", &[("x-request-id", "another")]).await.status, 200);
}

#[tokio::test]
async fn a_drivers_words_reach_no_client() {
    let (log, _guard) = capture();
    let app = App::start().await;
    let account = app.connect_one(Platform::Twitter).await;
    app.chat
        .script(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
               RAISE EXCEPTION 'canary-driver-text' USING DETAIL = 'canary-driver-text in detail'; END $$; \
             CREATE TRIGGER refuse BEFORE INSERT ON nchat_social_integrations FOR EACH ROW EXECUTE FUNCTION refuse()",
        )
        .await;
    let document =
        "mutation ($i: SocialCreateIntegrationInput!) { socialCreateIntegration(input: $i) { status message } }";
    let input = json!({"account_id": account, "channel_id": app.chat.announcements});
    let body = json!({"query": document, "variables": {"i": input}}).to_string();
    let answer = send(&app, "POST", "/graphql", &ADMIN, body).await;
    let error = answer.json()["errors"][0].clone();
    assert_eq!(error["message"], "internal fault", "{}", answer.body);
    assert_eq!(error["extensions"], json!({"code": "INTERNAL_SERVER_ERROR", "request_id": "a-request"}));
    assert_tells_nothing(&answer, "canary-driver-text");
    assert!(log.text().contains("canary-driver-text"), "the operator reads it in the log");

    // The same behind the routes and the polls.
    app.chat
        .script(
            "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON nchat_social_oauth_sessions FOR EACH ROW \
             EXECUTE FUNCTION refuse(); \
             CREATE TRIGGER refuse BEFORE INSERT ON nchat_social_posts FOR EACH ROW EXECUTE FUNCTION refuse()",
        )
        .await;
    let answer = get(&app, "/api/social/twitter/auth", &ADMIN).await;
    assert_eq!((answer.status, answer.json()["error"].as_str()), (500, Some("internal")), "{}", answer.body);
    assert_tells_nothing(&answer, "canary-driver-text");

    app.poll().await;
    let world = app.simulator.world("twitter").expect("X");
    let post = nchat_social::simulator::Draft::text("Cannot be written");
    world.publish(crate::app::world::X_ACCOUNT, post).expect("published");
    app.poll_after(5).await;
    let document = "{ socialAccounts { health_code health_message } socialImportLogs { nodes { errors } } }";
    let answer = send(&app, "POST", "/graphql", &ADMIN, json!({ "query": document }).to_string()).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.body.contains("canary"), "{}", answer.body);
    assert!(answer.body.contains("import failed inside this service"), "{}", answer.body);
}
