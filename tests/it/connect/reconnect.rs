//! Connecting again what is connected already.

use super::{account, to_the_door, tokens_of};
use crate::{
    app::{
        App,
        world::{account_of, arrive, query},
    },
    processes::until,
};
use nchat_social::{
    domain::Platform,
    simulator::{Draft, Fault, FaultKind, NewAccount},
};
use secrecy::ExposeSecret;
use serde_json::json;

/// A plain insert failed or made a second row.
#[tokio::test]
async fn defect_32_a_reconnected_account_goes_on_where_it_was() {
    for platform in Platform::ALL {
        let app = App::start().await;
        let id = app.following(platform, json!({})).await;
        let world = app.simulator.world(platform.as_str()).expect("a world");
        world.publish(account_of(platform), Draft::text("Before")).expect("published");
        app.poll_after(20).await;
        let row = format!("SELECT id, cursor, baseline_at, created_at FROM nchat_social_accounts WHERE id = '{id}'");
        let before = app.chat.value(&row).await;

        world.revoke(account_of(platform)).expect("revoked");
        app.poll_after(20).await;
        app.poll_after(20).await;
        assert_eq!(account(&app, id).await["health"], "needs_reconnect", "defect 31, {platform}");
        app.clock.advance(chrono::Duration::minutes(1));
        world.publish(account_of(platform), Draft::text("Meanwhile")).expect("published");
        let old_token = app.chat.value("SELECT id, access_token_sealed FROM nchat_social_credentials").await;

        assert_eq!(app.connect(platform).await, [id], "{platform}: the same row");
        assert_eq!(app.chat.value(&row).await, before, "{platform}: with its cursor");
        let now = account(&app, id).await;
        assert_eq!((&now["health"], &now["health_code"]), (&json!("connected"), &json!(null)), "{platform}");
        assert_eq!(now["next_poll_reason"], "reconnected", "{platform}");
        let new_token = app.chat.value("SELECT id, access_token_sealed FROM nchat_social_credentials").await;
        assert_eq!(new_token.as_array().map(Vec::len), Some(1), "{platform}: one login");
        assert_eq!(new_token[0]["id"], old_token[0]["id"], "{platform}");
        assert_ne!(new_token[0]["access_token_sealed"], old_token[0]["access_token_sealed"], "{platform}");

        app.poll_after(20).await;
        assert_eq!(app.chat.texts().await, ["Before", "Meanwhile"], "{platform}: nothing twice, nothing lost");
        assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_integrations").await, 1, "{platform}");
        app.assert_at_rest().await;
    }
}

#[tokio::test]
async fn a_disconnected_account_comes_back_to_its_integrations() {
    let app = App::start().await;
    let id = app.following(Platform::Twitter, json!({})).await;
    super::disconnect::disconnect(&app, id, None).await;
    assert_eq!(app.connect(Platform::Twitter).await, [id]);
    let now = account(&app, id).await;
    assert_eq!((&now["is_active"], &now["health"]), (&json!(true), &json!("connected")));
    // The database's trigger makes it due by the server's clock, which is a little ahead of the test's.
    assert_eq!(app.poll_after(1).await, 1);
    let world = app.simulator.world("twitter").expect("X");
    world.publish(account_of(Platform::Twitter), Draft::text("Back")).expect("published");
    app.poll_after(20).await;
    assert_eq!(app.chat.texts().await, ["Back"]);
}

/// An administrator's switch is not undone by a new login.
#[tokio::test]
async fn an_account_that_was_switched_off_stays_off() {
    let app = App::start().await;
    let id = app.connect_one(Platform::Instagram).await;
    let document = "mutation ($i: SocialSetAccountActiveInput!) { socialSetAccountActive(input: $i) { status } }";
    app.ask(document, json!({"i": {"id": id, "is_active": false}})).await;
    assert_eq!(app.connect(Platform::Instagram).await, [id]);
    assert_eq!(account(&app, id).await["is_active"], false);
}

#[tokio::test]
async fn two_browsers_connecting_the_same_account_at_once_end_with_one_that_works() {
    for platform in Platform::ALL {
        let app = App::start().await;
        let (one, two) = tokio::join!(to_the_door(&app, platform), to_the_door(&app, platform));
        let (one, two) = tokio::join!(arrive(&app, &one.1, Some(&one.0)), arrive(&app, &two.1, Some(&two.0)));
        for end in [&one, &two] {
            assert_eq!(query(end, "success"), Some(format!("{platform}_connected")), "{end}");
        }
        for table in ["nchat_social_accounts", "nchat_social_credentials"] {
            assert_eq!(app.chat.count(&format!("SELECT count(*) FROM {table}")).await, 1, "{platform}: {table}");
        }
        let id = app.chat.value("SELECT id FROM nchat_social_accounts").await[0]["id"].clone();
        let id = id.as_str().and_then(|id| id.parse().ok()).expect("an id");
        assert!(!tokens_of(&app, id).await.access_token.expose_secret().is_empty(), "{platform}: its tokens open");
        assert_eq!(app.poll().await, 1);
        assert_eq!(account(&app, id).await["health"], "connected", "{platform}: and work");
    }
}

/// One account per platform was all that nchat's button allowed.
#[tokio::test]
async fn defect_32_several_accounts_of_a_platform_live_side_by_side() {
    for (platform, other) in [(Platform::Twitter, "1700000000000000003"), (Platform::Instagram, "17841400000000003")] {
        let app = App::start().await;
        let first = app.connect_one(platform).await;
        let world = app.simulator.world(platform.as_str()).expect("a world");
        let account = NewAccount { id: other.into(), handle: "second_example".into(), name: "Second Example".into() };
        world.add_account(account).expect("an account");
        let (cookie, mut page) = crate::app::world::depart(&app, platform).await;
        page.query_pairs_mut().append_pair("account", other);
        let end = arrive(&app, &crate::app::world::consent(&page).await, Some(&cookie)).await;
        assert_eq!(query(&end, "success"), Some(format!("{platform}_connected")));
        let rows = app.chat.value("SELECT id FROM nchat_social_accounts ORDER BY created_at, id").await;
        assert_eq!(rows.as_array().map(Vec::len), Some(2), "{platform}");
        assert!(rows.as_array().expect("rows").contains(&json!({"id": first})), "{platform}");
        assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_credentials").await, 2, "{platform}");
        assert_eq!(app.poll().await, 2, "{platform}");
    }
}

/// Its refusal of the old token confirmed an earlier one, and asked for the reconnection that had just been made.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn defect_a_poll_under_way_undoes_no_reconnection() {
    let app = App::start().await;
    let id = app.following(Platform::Twitter, json!({})).await;
    let world = app.simulator.world("twitter").expect("X");
    world.withdraw(account_of(Platform::Twitter), "users.read").expect("withdrawn");
    app.poll_after(20).await;
    assert_eq!(account(&app, id).await["health"], "degraded", "it is to be confirmed");
    app.clock.advance(chrono::Duration::minutes(2));
    assert_eq!(app.ticker.tick().await.expect("a tick").accounts, 1);
    let job = app.queue.take().expect("a job");
    let timeline = format!("/2/users/{}", account_of(Platform::Twitter));
    app.simulator.fault(Fault::new("twitter", &timeline, FaultKind::SlowAfter(5_000))).expect("a fault");
    app.simulator.clear_calls();
    let reconnecting = async {
        let limit = std::time::Duration::from_secs(15);
        until("asked", limit, async || app.simulator.calls().iter().any(|call| call.path.starts_with(&timeline))).await;
        assert_eq!(app.connect(Platform::Twitter).await, [id]);
    };
    tokio::join!(app.poller.work(job), reconnecting);
    let now = account(&app, id).await;
    assert_eq!((&now["health"], &now["health_code"]), (&json!("connected"), &json!(null)));
    app.simulator.clear_faults();
    assert_eq!(app.poll_after(1).await, 1);
    assert_eq!(account(&app, id).await["health"], "connected");
    app.assert_at_rest().await;
}
