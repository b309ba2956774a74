//! The same through Facebook Login: a person with several pages, each read with its own token; and what Meta itself
//! tells the service, by either login.

use super::{POLLS, arm};
use crate::{
    app::{App, world::INSTAGRAM_ACCOUNT},
    callbacks::post,
    connect::set_up,
};
use chrono::Duration;
use nchat_social::{
    domain::Platform,
    simulator::{Draft, Fault, FaultKind, NewAccount, PlatformWorld, Push},
};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};

const SECOND: &str = "17841400000000002";

/// Two pages of one person, followed.
async fn two_pages() -> (App, Arc<dyn PlatformWorld>) {
    let mut app = App::start().await;
    set_up(&mut app, &[("INSTAGRAM_LOGIN", "facebook")]);
    let world = app.simulator.world("instagram").expect("Instagram").clone();
    let labs = NewAccount { id: SECOND.into(), handle: "acme_labs".into(), name: "Acme Labs".into() };
    world.add_account(labs).expect("an account");
    // A page without an account in the list, and calls that must be signed.
    for (name, value) in [("lone_pages", "1"), ("proof", "required")] {
        world.switch(name, value).expect("a switch");
    }
    let accounts = app.connect(Platform::Instagram).await;
    assert_eq!(accounts.len(), 2);
    app.poll().await;
    for account in accounts {
        app.integrate(account, app.chat.announcements, json!({})).await;
    }
    (app, world)
}

/// Polls what is due, hour after hour. Each account's health at the end, by its id in the world.
async fn healths(app: &App) -> BTreeMap<String, String> {
    for _ in 0..POLLS {
        app.poll_after(61).await;
    }
    let data = app.ask("{ socialAccounts { account_id health } }", json!({})).await;
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    let accounts = data["socialAccounts"].as_array().expect("accounts").iter();
    accounts.map(|account| (text(&account["account_id"]), text(&account["health"]))).collect()
}

fn publish(world: &Arc<dyn PlatformWorld>, account: &str, text: &str) {
    world.publish(account, Draft::text(text)).expect("published");
}

#[tokio::test]
async fn a_role_lost_on_one_page_leaves_the_other_alone() {
    let (app, world) = two_pages().await;
    world.switch("lost_pages", SECOND).expect("a switch");
    publish(&world, INSTAGRAM_ACCOUNT, "Still here");
    let healths = healths(&app).await;
    assert_eq!((&*healths[INSTAGRAM_ACCOUNT], &*healths[SECOND]), ("connected", "needs_reconnect"));
    assert_eq!(app.chat.texts().await, ["Still here"]);
}

#[tokio::test]
async fn a_persons_consent_carries_every_page_until_it_ends() {
    let (app, world) = two_pages().await;
    // The person's own token is over after 60 days; the pages' are not.
    app.clock.advance(Duration::days(75));
    for (account, text) in [(INSTAGRAM_ACCOUNT, "One"), (SECOND, "Two")] {
        publish(&world, account, text);
    }
    arm(&app, Fault::new("instagram", "/facebook-graph", FaultKind::Preset("temporary".into())).times(2));
    assert!(healths(&app).await.values().all(|health| health == "connected"));
    let mut texts = app.chat.texts().await;
    texts.sort();
    assert_eq!(texts, ["One", "Two"]);
    world.revoke(INSTAGRAM_ACCOUNT).expect("revoked");
    assert!(healths(&app).await.values().all(|health| health == "needs_reconnect"));
    assert!(world.grants().iter().all(|grant| !grant.alive));
}

/// Written and signed by the simulated Meta, read by the service.
#[tokio::test]
async fn what_meta_pushes_is_understood_by_either_login() {
    for (kind, route) in [("deauthorize", "deauthorize"), ("data_deletion", "data-deletion")] {
        for login in ["instagram", "facebook"] {
            let what = format!("{kind} by {login}");
            let (app, world) = match login {
                "facebook" => two_pages().await,
                _ => {
                    let app = App::start().await;
                    app.following(Platform::Instagram, json!({})).await;
                    let world = app.simulator.world("instagram").expect("Instagram").clone();
                    (app, world)
                }
            };
            let push = |secret: Option<&str>| {
                let (account, secret) = (INSTAGRAM_ACCOUNT.into(), secret.map(str::to_owned));
                world.push(&Push { account, kind: kind.into(), login: Some(login.into()), secret }).expect("written")
            };
            let forged = post(&app, route, &push(Some("canary-not-the-secret"))).await;
            assert!((400..500).contains(&forged.status), "{what}: {} {}", forged.status, forged.body);
            let logins = "SELECT count(*) FROM nchat_social_credentials";
            assert!(app.chat.count(logins).await > 0, "{what}: a stranger erases nothing");

            let answer = post(&app, route, &push(None)).await;
            assert_eq!(answer.status, 200, "{what}: {}", answer.body);
            assert_eq!(app.chat.count(logins).await, 0, "{what}: tokens are erased");
            if kind == "data_deletion" {
                let answer = answer.json();
                assert!(answer["url"].is_string() && answer["confirmation_code"].is_string(), "{what}: {answer}");
            }
        }
    }
}
