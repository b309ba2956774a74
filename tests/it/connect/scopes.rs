//! What was granted beside what is needed: what is missing is named with the feature it switches off.

use super::{set_up, switch};
use crate::app::{
    App,
    world::{arrive, query},
};
use nchat_social::{
    domain::Platform,
    simulator::{Fault, FaultKind},
};
use serde_json::{Value, json};
use uuid::Uuid;

async fn missing_of(app: &App, account: Uuid) -> Value {
    let document = "query ($id: uuid!) { socialAccount(id: $id) { missing_scopes { scope feature required } } }";
    app.ask(document, json!({ "id": account })).await["socialAccount"]["missing_scopes"].clone()
}

async fn connection(app: &App) -> Value {
    let id = super::last_connection(app).await["id"].clone();
    let document = "query ($id: uuid!) { socialConnection(id: $id) \
                    { status code message missing_scopes { scope feature required } } }";
    app.ask(document, json!({ "id": id })).await["socialConnection"].clone()
}

#[tokio::test]
async fn whoever_granted_everything_misses_nothing() {
    for platform in Platform::ALL {
        let app = App::start().await;
        let id = app.connect_one(platform).await;
        assert_eq!(missing_of(&app, id).await, json!([]), "{platform}");
        assert_eq!(connection(&app).await["missing_scopes"], json!([]), "{platform}");
        super::disconnect::disconnect(&app, id, None).await;
        assert_eq!(missing_of(&app, id).await, json!([]), "{platform}: without a login nothing is known");
    }
}

/// LINKEDIN_SCOPES is what is asked for: a scope that comes later is missing until the account is connected again.
#[tokio::test]
async fn a_scope_that_was_not_granted_names_the_feature_it_switches_off() {
    let mut app = App::start().await;
    set_up(&mut app, &[("LINKEDIN_SCOPES", "r_organization_social rw_organization_admin")]);
    let id = app.connect_one(Platform::Linkedin).await;
    assert_eq!(missing_of(&app, id).await, json!([]));
    set_up(&mut app, &[]);
    let missing = missing_of(&app, id).await;
    let of = |scope: &str| missing.as_array().expect("a list").iter().find(|m| m["scope"] == scope).cloned();
    let feed = json!({"scope": "r_organization_social_feed", "feature": "counting reactions and comments",
        "required": false});
    assert_eq!(of("r_organization_social_feed"), Some(feed), "{missing:#}");
    assert!(of("r_basicprofile").is_some() && of("r_organization_social").is_none(), "{missing:#}");

    app.connect_one(Platform::Linkedin).await;
    assert_eq!(missing_of(&app, id).await, json!([]), "granted now");
}

/// Meta has two logins with different scopes; what came through the one does not lack those of the other.
#[tokio::test]
async fn another_logins_scopes_are_not_missing() {
    let mut app = App::start().await;
    let id = app.connect_one(Platform::Instagram).await;
    let facebook = [("INSTAGRAM_LOGIN", "facebook"), ("FACEBOOK_APP_ID", "1"), ("FACEBOOK_APP_SECRET", "a secret")];
    set_up(&mut app, &facebook);
    let document = "{ socialPlatforms { platform scopes { scope } } }";
    let asked = app.ask(document, json!({})).await.to_string();
    assert!(asked.contains("pages_show_list"), "{asked}");
    assert_eq!(missing_of(&app, id).await, json!([]));
}

#[tokio::test]
async fn a_required_scope_that_is_missing_refuses_and_is_named() {
    let app = App::start().await;
    let body =
        json!({"token_type": "bearer", "expires_in": 7200, "access_token": "at", "scope": "tweet.read users.read"});
    let kind = FaultKind::Status { status: 200, headers: Default::default(), body };
    app.simulator.fault(Fault::new("twitter", "/2/oauth2/token", kind)).expect("a fault");
    let (cookie, back) = super::to_the_door(&app, Platform::Twitter).await;
    let end = arrive(&app, &back, Some(&cookie)).await;
    assert_eq!(query(&end, "error").as_deref(), Some("missing_scope"));
    let connection = connection(&app).await;
    assert_eq!((&connection["status"], &connection["code"]), (&json!("failed"), &json!("missing_scope")));
    assert_eq!(
        connection["missing_scopes"],
        json!([{"scope": "offline.access", "feature": "staying connected for longer than two hours", "required": true}])
    );
}

#[tokio::test]
async fn scopes_that_the_answer_does_not_name_are_not_called_missing() {
    let app = App::start().await;
    switch(&app, Platform::Instagram, "permissions", "absent");
    let id = app.connect_one(Platform::Instagram).await;
    assert_eq!(missing_of(&app, id).await, json!([]));
    assert_eq!(connection(&app).await["missing_scopes"], json!([]));
}
