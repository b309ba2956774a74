//! Polls: what is due, what a reading covers, what a fault costs.

use crate::{
    app::{
        App,
        world::{X_ACCOUNT, account_of},
    },
    long_run::crowd::{connect, settle},
};
use nchat_social::{
    domain::{Clock, Platform},
    service::Service,
    simulator::{Draft, Fault, FaultKind, Other},
    store::{
        Store,
        connect::{PoolOptions, pool},
    },
    worker::queue::PollJob,
};
use serde_json::json;
use std::time::Duration;

fn publish(app: &App, platform: Platform, text: &str) -> String {
    let world = app.simulator.world(platform.as_str()).expect("a world");
    world.publish(account_of(platform), Draft::text(text)).expect("published")
}

#[tokio::test]
async fn defect_36_the_first_poll_takes_stock_and_posts_nothing() {
    for platform in Platform::ALL {
        let app = App::start().await;
        for n in 0..12 {
            publish(&app, platform, &format!("Old {n}"));
            app.clock.advance(chrono::Duration::minutes(1));
        }
        let account = app.connect_one(platform).await;
        app.integrate(account, app.chat.announcements, json!({})).await;
        app.poll().await;
        app.poll_after(10).await;
        assert!(app.chat.texts().await.is_empty(), "{platform}: nothing old");
        publish(&app, platform, "New");
        app.poll_after(10).await;
        assert_eq!(app.chat.texts().await, ["New"], "{platform}");
    }
}

#[tokio::test]
async fn a_new_integration_gets_the_older_posts_it_asks_for() {
    for platform in Platform::ALL {
        let app = App::start().await;
        for n in 0..8 {
            publish(&app, platform, &format!("Old {n}"));
            app.clock.advance(chrono::Duration::minutes(1));
        }
        let account = app.connect_one(platform).await;
        app.integrate(account, app.chat.announcements, json!({"backfill_count": 3})).await;
        app.poll().await;
        assert_eq!(app.chat.texts().await, ["Old 5", "Old 6", "Old 7"], "{platform}, at the first poll");

        let later = app.chat.another_channel("later").await;
        app.integrate(account, later, json!({"backfill_count": 2})).await;
        app.poll_after(20).await;
        app.poll_after(20).await;
        let texts: Vec<_> = app.chat.messages(later).await.iter().map(|m| m.embeds[0]["description"].clone()).collect();
        assert_eq!(texts, ["Old 6", "Old 7"], "{platform}, at a later poll");
        assert_eq!(app.chat.texts().await.len(), 3, "{platform}: the first channel gets nothing twice");
    }
}

/// First page only, on all three platforms.
#[tokio::test]
async fn defect_35_every_page_is_read() {
    for (platform, posts) in [(Platform::Twitter, 230), (Platform::Instagram, 60), (Platform::Linkedin, 45)] {
        let app = App::start().await;
        app.following(platform, json!({})).await;
        let expected: Vec<String> = (0..posts).map(|n| format!("Number {n}")).collect();
        for text in &expected {
            app.clock.advance(chrono::Duration::seconds(1));
            publish(&app, platform, text);
        }
        app.poll_after(20).await;
        assert_eq!(app.chat.texts().await, expected, "{platform}");
        app.poll_after(20).await;
        assert_eq!(app.chat.texts().await.len(), posts, "{platform}");
    }
}

/// A failure on a later page loses nothing: the cursor moves with the posts or not at all.
#[tokio::test]
async fn defect_34_a_reading_that_fails_half_way_loses_nothing() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    let expected: Vec<String> = (0..150).map(|n| format!("Number {n}")).collect();
    for text in &expected {
        app.clock.advance(chrono::Duration::seconds(1));
        publish(&app, Platform::Twitter, text);
    }
    // The first page passes, the second does not: let one call through by a fault that strikes half of them.
    for _ in 0..3 {
        app.simulator.fault(Fault::new("twitter", "/2/users", FaultKind::Html(502)).times(1)).expect("a fault");
        app.poll_after(70).await;
    }
    app.simulator.clear_faults();
    app.poll_after(70).await;
    assert_eq!(app.chat.texts().await, expected);
}

/// Unwanted posts are not paid for.
#[tokio::test]
async fn defect_45_x_is_asked_to_leave_out_what_every_integration_excludes() {
    let app = App::start().await;
    let account = app.following(Platform::Twitter, json!({"exclude_retweets": true, "exclude_replies": true})).await;
    let world = app.simulator.world("twitter").expect("X");
    let other = Other { handle: "bo".into(), name: "Bo".into(), text: "Original".into(), unreadable: false };
    world.publish(X_ACCOUNT, Draft { repost_of: Some(other), ..Draft::default() }).expect("published");
    world.publish(X_ACCOUNT, Draft { reply_to: Some("bo".into()), ..Draft::text("An answer") }).expect("published");
    world.publish(X_ACCOUNT, Draft::text("Our own")).expect("published");
    app.simulator.clear_calls();
    app.poll_after(5).await;
    assert_eq!(app.chat.texts().await, ["Our own"]);
    let calls = serde_json::to_string(&app.simulator.calls()).expect("JSON");
    assert!(calls.contains("exclude=retweets%2Creplies") || calls.contains("exclude=retweets,replies"), "{calls}");

    // One integration wants them: then they are read.
    let all = app.chat.another_channel("all").await;
    app.integrate(account, all, json!({})).await;
    app.simulator.clear_calls();
    app.poll_after(5).await;
    let calls = serde_json::to_string(&app.simulator.calls()).expect("JSON");
    assert!(!calls.contains("exclude="), "{calls}");
}

#[tokio::test]
async fn defect_47_a_rate_limit_waits_for_the_platforms_own_time() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    publish(&app, Platform::Twitter, "After the limit");
    let reset = app.clock.now() + chrono::Duration::minutes(12);
    let kind = FaultKind::Status {
        status: 429,
        headers: [("x-rate-limit-reset".to_owned(), reset.timestamp().to_string())].into_iter().collect(),
        body: json!({"title": "Too Many Requests", "detail": "Too Many Requests", "type": "about:blank", "status": 429}),
    };
    app.simulator.fault(Fault::new("twitter", "/2/users", kind).times(1)).expect("a fault");
    app.poll_after(5).await;
    let account = app.ask("{ socialAccounts { health next_poll_at hold_until next_poll_reason } }", json!({})).await;
    let account = &account["socialAccounts"][0];
    assert_eq!((&account["health"], &account["next_poll_reason"]), (&json!("connected"), &json!("rate_limited")));
    let next: chrono::DateTime<chrono::Utc> =
        account["next_poll_at"].as_str().and_then(|t| t.parse().ok()).expect("a time");
    let spread = next - reset;
    assert!((-1..=61).contains(&spread.num_seconds()), "{next} against {reset}");
    let calls = app.simulator.calls().len();
    assert_eq!(app.poll().await, 0, "not due");
    let asked = app.ask("mutation { socialTriggerImport(input: {}) { status message } }", json!({})).await;
    assert_eq!(asked["socialTriggerImport"]["status"], "held", "{asked:#}");
    app.poll().await;
    assert_eq!(app.simulator.calls().len(), calls, "no call while the platform says no");
    app.poll_after(14).await;
    assert_eq!(app.chat.texts().await, ["After the limit"]);
}

#[tokio::test]
async fn faults_back_off_and_the_next_reading_catches_up() {
    for platform in Platform::ALL {
        for kind in [FaultKind::Html(502), FaultKind::Cut, FaultKind::TruncatedJson] {
            let app = App::start().await;
            app.following(platform, json!({})).await;
            publish(&app, platform, "Patience");
            let what = format!("{platform} {kind:?}");
            app.simulator.fault(Fault::new(platform.as_str(), "/", kind)).expect("a fault");
            for _ in 0..4 {
                app.poll_after(20).await;
            }
            let account = app
                .chat
                .value("SELECT health, failures, next_poll_at > last_poll_time AS later FROM nchat_social_accounts")
                .await;
            assert_eq!(account[0]["health"], "degraded", "{what}: {account}");
            assert!(account[0]["failures"].as_i64().expect("a number") >= 3, "{what}: {account}");
            let logs = app
                .chat
                .value("SELECT status, code, errors FROM nchat_social_import_logs WHERE status = 'failed'")
                .await;
            assert!(logs.as_array().is_some_and(|logs| logs.len() >= 3), "{what}: {logs}");
            app.simulator.clear_faults();
            app.poll_after(70).await;
            assert_eq!(app.chat.texts().await, ["Patience"], "{what}");
            let health = app.chat.value("SELECT health, failures FROM nchat_social_accounts").await;
            assert_eq!(health, json!([{"health": "connected", "failures": 0}]), "{what}");
        }
    }
}

/// An account that X cannot show is not an account without posts.
#[tokio::test]
async fn an_errors_only_answer_of_x_pauses_and_moves_no_cursor() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    publish(&app, Platform::Twitter, "Before the suspension");
    let world = app.simulator.world("twitter").expect("X");
    world.switch("suspended", X_ACCOUNT).expect("switched");
    let cursor = app.chat.value("SELECT cursor FROM nchat_social_accounts").await;
    app.poll_after(5).await;
    let account = app.chat.value("SELECT health, health_code FROM nchat_social_accounts").await;
    assert_eq!(account, json!([{"health": "paused", "health_code": "account_gone"}]));
    assert_eq!(app.chat.value("SELECT cursor FROM nchat_social_accounts").await, cursor);
    world.switch("suspended", "").expect("switched");
    app.poll_after(60 * 26).await;
    assert_eq!(app.chat.texts().await, ["Before the suspension"]);
}

#[tokio::test]
async fn several_missed_intervals_are_one_poll() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    app.simulator.clear_calls();
    assert_eq!(app.poll_after(60 * 24).await, 1);
    let reads = app.simulator.calls().into_iter().filter(|call| call.path.contains("/tweets")).count();
    assert_eq!(reads, 1);
    assert_eq!(app.poll().await, 0, "and the next is due an interval later");
}

#[tokio::test]
async fn an_expired_token_is_renewed_before_the_reading_and_a_rejected_one_after() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    publish(&app, Platform::Twitter, "After two hours");
    app.poll_after(125).await;
    assert_eq!(app.chat.texts().await, ["After two hours"]);
    app.simulator.world("twitter").expect("X").expire(X_ACCOUNT).expect("expired");
    publish(&app, Platform::Twitter, "After a rejection");
    app.poll_after(5).await;
    assert_eq!(app.chat.texts().await, ["After two hours", "After a rejection"]);
    let logs = app.chat.count("SELECT count(*) FROM nchat_social_import_logs WHERE status = 'failed'").await;
    assert_eq!(logs, 0);
}

/// Whoever asked for a renewal may give up waiting; what X has rotated is stored all the same.
#[tokio::test]
async fn a_token_rotated_while_the_poll_was_given_up_is_not_lost() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    app.clock.advance(chrono::Duration::minutes(115));
    assert_eq!(app.ticker.tick().await.expect("a tick").accounts, 1);
    let job = app.queue.take().expect("a job");
    app.simulator.fault(Fault::new("twitter", "/2/oauth2/token", FaultKind::Slow(200)).times(1)).expect("a fault");
    let given_up = tokio::time::timeout(std::time::Duration::from_millis(50), app.poller.work(job)).await;
    assert!(given_up.is_err(), "the poll was still waiting for X");
    app.service.store.patient_work_done().await;
    publish(&app, Platform::Twitter, "Still connected");
    app.poll_after(10).await;
    assert_eq!(app.chat.texts().await, ["Still connected"]);
    let renewals = app.simulator.calls().iter().filter(|call| call.path.contains("/2/oauth2/token")).count();
    assert_eq!(renewals, 2, "one exchange, one renewal");
}

#[tokio::test]
async fn a_revoked_connection_asks_a_person_after_a_second_look() {
    for platform in Platform::ALL {
        let app = App::start().await;
        app.following(platform, json!({})).await;
        app.simulator.world(platform.as_str()).expect("a world").revoke(account_of(platform)).expect("revoked");
        app.poll_after(20).await;
        let health = app.chat.value("SELECT health FROM nchat_social_accounts").await;
        assert_eq!(health, json!([{"health": "degraded"}]), "{platform}: once may be a slip");
        app.poll_after(20).await;
        let health = app.chat.value("SELECT health FROM nchat_social_accounts").await;
        assert_eq!(health, json!([{"health": "needs_reconnect"}]), "{platform}");
        assert_eq!(app.poll_after(60).await, 0, "{platform}: no more polls");
        // Reconnecting goes on where it stopped.
        publish(&app, platform, "Written while away");
        app.connect_one(platform).await;
        app.poll_after(1).await;
        assert_eq!(app.chat.texts().await, ["Written while away"], "{platform}");
    }
}

#[tokio::test]
async fn an_account_switched_on_again_takes_stock_unless_asked_to_catch_up() {
    for (catch_up, expected) in [(false, vec!["After"]), (true, vec!["Meanwhile", "After"])] {
        let app = App::start().await;
        let account = app.following(Platform::Twitter, json!({})).await;
        let set = "mutation ($i: SocialSetAccountActiveInput!) { socialSetAccountActive(input: $i) { status } }";
        app.ask(set, json!({"i": {"id": account, "is_active": false}})).await;
        publish(&app, Platform::Twitter, "Meanwhile");
        assert_eq!(app.poll_after(30).await, 0, "switched off");
        app.ask(set, json!({"i": {"id": account, "is_active": true, "catch_up": catch_up}})).await;
        app.poll_after(1).await;
        app.clock.advance(chrono::Duration::minutes(4));
        publish(&app, Platform::Twitter, "After");
        app.poll_after(5).await;
        assert_eq!(app.chat.texts().await, expected);
    }
}

/// A process that dies holds its accounts no longer than the lease; a late one writes nothing.
#[tokio::test]
async fn a_lease_that_is_over_writes_nothing() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    publish(&app, Platform::Twitter, "Only once");
    app.clock.advance(chrono::Duration::minutes(5));
    assert_eq!(app.ticker.tick().await.expect("a tick").accounts, 1);
    let lost: PollJob = app.queue.take().expect("a job");
    // The process dies here. Nobody else may poll before the lease is over.
    app.clock.advance(chrono::Duration::minutes(4));
    assert_eq!(app.poll().await, 0);
    app.clock.advance(chrono::Duration::minutes(2));
    assert_eq!(app.poll().await, 1);
    assert_eq!(app.chat.texts().await, ["Only once"]);
    // The dead one's job comes back from the queue.
    app.poller.work(lost).await;
    assert_eq!(app.chat.texts().await, ["Only once"]);
    app.assert_at_rest().await;
}

/// Post and mark were separate calls, without a lock between polls: two at once posted twice.
#[tokio::test]
async fn defect_55_two_polls_of_one_account_at_once_post_once() {
    let app = App::start().await;
    app.following(Platform::Instagram, json!({})).await;
    publish(&app, Platform::Instagram, "Only once");
    app.clock.advance(chrono::Duration::minutes(5));
    assert_eq!(app.ticker.tick().await.expect("a tick").accounts, 1);
    let job = app.queue.take().expect("a job");
    // The queue hands the same job to two workers, and both read before either writes.
    app.simulator.fault(Fault::new("instagram", "/graph", FaultKind::Slow(50))).expect("a fault");
    tokio::join!(app.poller.work(job), app.poller.work(job));
    assert_eq!(app.chat.texts().await, ["Only once"]);
    let logs = app.chat.count("SELECT count(*) FROM nchat_social_import_logs WHERE posts_fetched > 0").await;
    assert_eq!(logs, 1);
    app.assert_at_rest().await;
}

/// Polls that held every connection of the pool were not driven on while others were being written, and the writing
/// waited for their connections: until the pool's patience was over, and the lease with it.
#[tokio::test]
async fn defect_a_lease_waited_for_its_own_connections() {
    let mut app = App::start().await;
    let ids = settle(&app, Platform::Twitter, 12);
    for account in connect(&app, Platform::Twitter, &ids).await {
        app.integrate(account, app.chat.announcements, json!({})).await;
    }
    app.poll().await;
    let options = PoolOptions { url: app.database.url().into(), size: 1, statement_timeout: Duration::from_secs(20) };
    app.use_service(Service { store: Store::new(pool(&options).expect("a pool")), ..app.service.clone() });
    let world = app.simulator.world("twitter").expect("X").clone();
    for round in 1..=5 {
        for id in ids.iter().step_by(2) {
            world.publish(id, Draft::text("News")).expect("published");
        }
        app.clock.advance(chrono::Duration::minutes(6));
        app.poll().await;
        let leased = app.chat.count("SELECT count(*) FROM nchat_social_accounts WHERE lease_id IS NOT NULL").await;
        assert_eq!((leased, app.chat.texts().await.len()), (0, round * ids.len() / 2), "round {round}");
    }
}

#[tokio::test]
async fn a_claimed_account_is_not_claimed_by_another_process() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    let second = App::beside(&app).await;
    app.clock.advance(chrono::Duration::minutes(5));
    let (a, b) = tokio::join!(app.ticker.tick(), second.ticker.tick());
    assert_eq!(a.expect("a tick").accounts + b.expect("a tick").accounts, 1);
}

/// All accounts one after another, with fourteen round trips each.
#[tokio::test]
async fn defect_61_accounts_of_a_lease_are_polled_at_the_same_time() {
    let app = App::start().await;
    let world = app.simulator.world("linkedin").expect("LinkedIn");
    for n in 0..40 {
        let id = format!("urn:li:organization:{}", 9_000_000 + n);
        world
            .add_account(nchat_social::simulator::NewAccount {
                id,
                handle: format!("page-{n}"),
                name: format!("Page {n}"),
            })
            .expect("a page");
    }
    assert_eq!(app.connect(Platform::Linkedin).await.len(), 41);
    app.poll().await;
    app.simulator.fault(Fault::new("linkedin", "/rest/posts", FaultKind::Slow(200))).expect("a fault");
    app.clock.advance(chrono::Duration::minutes(20));
    let began = std::time::Instant::now();
    assert_eq!(app.poll().await, 41);
    let took = began.elapsed();
    assert!(took < std::time::Duration::from_secs(4), "41 answers of 200 ms took {took:?}");
}

#[tokio::test]
async fn a_person_can_ask_for_a_poll_at_once() {
    let app = App::start().await;
    let account = app.following(Platform::Twitter, json!({})).await;
    publish(&app, Platform::Twitter, "Now, please");
    assert_eq!(app.poll().await, 0, "not due");
    let answer = app
        .ask(
            "mutation ($i: SocialTriggerImportInput!) { socialTriggerImport(input: $i) { status message account_ids } }",
            json!({"i": {"account_id": account}}),
        )
        .await;
    assert_eq!(answer["socialTriggerImport"]["status"], "requested", "{answer:#}");
    assert_eq!(answer["socialTriggerImport"]["account_ids"], json!([account]));
    app.poll().await;
    assert_eq!(app.chat.texts().await, ["Now, please"]);
    let log = app.chat.value("SELECT import_type FROM nchat_social_import_logs WHERE posts_fetched > 0").await;
    assert_eq!(log, json!([{"import_type": "manual"}]), "defect 62: manual imports were logged as scheduled");
}
