//! Several pages: the administrator chooses.

use super::{assert_failed, assert_nothing_stored, refusal, switch, to_the_door};
use crate::app::{
    App,
    world::{LINKEDIN_PAGE, arrive, query},
};
use chrono::Duration;
use nchat_social::{
    domain::Platform,
    simulator::{Draft, NewAccount},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SECOND: &str = "urn:li:organization:7000001";
const THIRD: &str = "urn:li:organizationBrand:7000002";

/// A world whose member administers three pages.
async fn with_three_pages() -> App {
    let app = App::start().await;
    let world = app.simulator.world("linkedin").expect("LinkedIn");
    for (id, name) in [(SECOND, "Second Example"), (THIRD, "Third Example")] {
        let handle = name.to_lowercase().replace(' ', "-");
        world.add_account(NewAccount { id: id.into(), handle, name: name.into() }).expect("a page");
    }
    app
}

/// Up to the choice: the connection's id.
async fn up_to_the_choice(app: &App) -> String {
    let (cookie, back) = to_the_door(app, Platform::Linkedin).await;
    let end = arrive(app, &back, Some(&cookie)).await;
    assert_eq!(query(&end, "platform").as_deref(), Some("linkedin"), "{end}");
    query(&end, "choose").unwrap_or_else(|| panic!("a choice, not {end}"))
}

async fn choose(app: &App, tenant: &str, connection: &str, ids: &[&str]) -> Value {
    let document = "mutation ($i: SocialChooseIdentitiesInput!) { socialChooseIdentities(input: $i) \
                    { status message accounts { id account_id account_name } } }";
    let input = json!({"connection_id": connection, "identity_ids": ids});
    let answer = app.try_ask(tenant, document, json!({ "i": input })).await;
    assert!(answer["errors"].is_null(), "{answer:#}");
    answer["data"]["socialChooseIdentities"].clone()
}

#[tokio::test]
async fn several_pages_are_offered_and_those_chosen_share_one_login() {
    let app = with_three_pages().await;
    let connection = up_to_the_choice(&app).await;
    assert_nothing_stored(&app).await;
    let document = "query ($id: uuid!) { socialConnection(id: $id) \
                    { status logged_in_as identities { identity_id name } accounts { id } } }";
    let offered = app.ask(document, json!({ "id": connection })).await["socialConnection"].clone();
    assert_eq!(offered["status"], "choosing");
    assert_eq!(offered["logged_in_as"], "Page Admin");
    let names: BTreeSet<_> =
        offered["identities"].as_array().expect("identities").iter().map(|i| i["name"].as_str()).collect();
    assert_eq!(names, BTreeSet::from([Some("Acme Example"), Some("Second Example"), Some("Third Example")]));

    let chosen = choose(&app, "primary", &connection, &[LINKEDIN_PAGE, THIRD]).await;
    assert_eq!(chosen["status"], "connected", "{chosen:#}");
    let rows = app.chat.value("SELECT account_id, credential_id FROM nchat_social_accounts ORDER BY account_id").await;
    assert_eq!((&rows[0]["account_id"], &rows[1]["account_id"]), (&json!(LINKEDIN_PAGE), &json!(THIRD)));
    assert_eq!((rows.as_array().map(Vec::len), &rows[0]["credential_id"]), (Some(2), &rows[1]["credential_id"]));
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_credentials").await, 1);
    let kept = "SELECT count(*) FROM nchat_social_oauth_sessions WHERE login_sealed IS NOT NULL";
    assert_eq!(app.chat.count(kept).await, 0, "the offer's tokens are gone");

    let again = choose(&app, "primary", &connection, &[LINKEDIN_PAGE, THIRD]).await;
    assert_eq!(again["accounts"], chosen["accounts"], "choosing again gives the same");

    // Both read with the one login.
    app.poll().await;
    let world = app.simulator.world("linkedin").expect("LinkedIn");
    for page in [LINKEDIN_PAGE, THIRD] {
        world.publish(page, Draft::text(format!("From {page}"))).expect("published");
    }
    app.poll_after(20).await;
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_posts").await, 2);
}

#[tokio::test]
async fn only_what_was_offered_can_be_chosen_in_its_own_workspace_and_in_time() {
    let app = with_three_pages().await;
    let connection = up_to_the_choice(&app).await;
    let status = async |tenant: &str, ids: &[&str]| {
        let payload = choose(&app, tenant, &connection, ids).await;
        assert_eq!(payload["accounts"], json!([]));
        payload["status"].as_str().expect("a status").to_owned()
    };
    assert_eq!(status("primary", &["urn:li:organization:1"]).await, "not_offered");
    assert_eq!(status("primary", &[LINKEDIN_PAGE, "urn:li:organization:1"]).await, "not_offered", "all or nothing");
    assert_eq!(status("primary", &[]).await, "nothing_chosen");
    assert_eq!(status("other", &[LINKEDIN_PAGE]).await, "not_found", "another workspace's administrator");
    let seen = app
        .try_ask("other", "query ($id: uuid!) { socialConnection(id: $id) { status } }", json!({ "id": connection }))
        .await;
    assert_eq!(seen["data"]["socialConnection"], Value::Null, "and does not even see it");
    assert_nothing_stored(&app).await;

    app.clock.advance(Duration::minutes(11));
    assert_eq!(status("primary", &[LINKEDIN_PAGE]).await, "expired");
    assert_nothing_stored(&app).await;

    let waiting = super::start_connection(&app, Platform::Linkedin, None).await;
    let id = waiting["connection_id"].as_str().expect("an id");
    assert_eq!(choose(&app, "primary", id, &[LINKEDIN_PAGE]).await["status"], "not_ready");
}

#[tokio::test]
async fn two_choices_at_once_end_with_one_set_of_accounts() {
    let app = with_three_pages().await;
    let connection = up_to_the_choice(&app).await;
    let ids = [LINKEDIN_PAGE, SECOND, THIRD];
    let (one, two) =
        tokio::join!(choose(&app, "primary", &connection, &ids), choose(&app, "primary", &connection, &ids));
    assert_eq!((&one["status"], &two["status"]), (&json!("connected"), &json!("connected")));
    assert_eq!(one["accounts"], two["accounts"]);
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_accounts").await, 3);
}

#[tokio::test]
async fn one_page_is_chosen_by_itself_however_its_key_is_spelled() {
    let roles = ["ADMINISTRATOR", "CONTENT_ADMINISTRATOR", "CONTENT_ADMIN"];
    for (key, role) in ["organization", "organizationTarget", "organizationalTarget"].into_iter().zip(roles) {
        let app = App::start().await;
        switch(&app, Platform::Linkedin, "acl_key", key);
        switch(&app, Platform::Linkedin, "role", role);
        app.connect_one(Platform::Linkedin).await;
        let rows = app.chat.value("SELECT account_id, account_name FROM nchat_social_accounts").await;
        let expected = json!([{"account_id": LINKEDIN_PAGE, "account_name": "Acme Example"}]);
        assert_eq!(rows, expected, "{key}, {role}");
    }
}

#[tokio::test]
async fn a_member_without_a_page_is_told_who_must_connect() {
    for role in ["none", "ANALYST"] {
        let app = App::start().await;
        switch(&app, Platform::Linkedin, "role", role);
        assert_eq!(refusal(&app, Platform::Linkedin).await, "refused", "{role}");
        let message = assert_failed(&app, "refused").await;
        assert!(message.contains("administers no page"), "{message}");
        assert_nothing_stored(&app).await;
    }
}
