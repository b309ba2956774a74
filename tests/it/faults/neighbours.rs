//! Accounts of one lease: what happens to one is nobody else's trouble.

use crate::{
    app::{
        App,
        world::{arrive, consent, depart},
    },
    costs::{bill, connect_x, ledger},
    processes::until,
};
use nchat_social::{
    domain::Platform,
    simulator::{Draft, Fault, FaultKind, NewAccount},
};
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// One never answers, one fails, one sends what cannot be read, one is cut off; and a channel is broken. The others are
/// posted while the slow one still keeps its poll.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_accounts_pages_and_channels_leave_the_others_of_their_lease_on_time() {
    let app = App::start().await;
    let ids = connect_x(&app, 6).await;
    app.poll().await;
    let rows = app.chat.value("SELECT id, account_id FROM nchat_social_accounts ORDER BY account_id").await;
    let broken = app.chat.another_channel("broken").await;
    for row in rows.as_array().expect("rows") {
        let account = row["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
        app.integrate(account, app.chat.announcements, json!({})).await;
        app.integrate(account, broken, json!({})).await;
    }
    app.chat
        .script(&format!(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$; \
             CREATE TRIGGER refuse BEFORE INSERT ON nchat_messages FOR EACH ROW \
               WHEN (NEW.channel_id = '{broken}') EXECUTE FUNCTION refuse()"
        ))
        .await;
    let x = app.simulator.world("twitter").expect("X");
    for id in &ids {
        x.publish(id, Draft::text(format!("{id} says so"))).expect("published");
    }
    let faults = [FaultKind::Slow(60_000), FaultKind::Html(500), FaultKind::TruncatedJson, FaultKind::Cut];
    for (id, kind) in ids.iter().zip(faults) {
        app.simulator.fault(Fault::new("twitter", &format!("/2/users/{id}"), kind)).expect("a fault");
    }
    app.clock.advance(chrono::Duration::minutes(10));
    assert_eq!(app.ticker.tick().await.expect("a tick").accounts, 6);
    let job = app.queue.take().expect("one job");
    assert!(app.queue.take().is_none(), "all are in one lease");

    let app = Arc::new(app);
    let work = tokio::spawn({
        let app = app.clone();
        async move { app.poller.work(job).await }
    });
    let good: Vec<String> = ids[4..].iter().map(|id| format!("{id} says so")).collect();
    until("the good ones are posted", Duration::from_secs(15), async || {
        let mut texts = app.chat.texts().await;
        texts.sort();
        texts == good
    })
    .await;
    until("only the slow one is held", Duration::from_secs(15), async || {
        let held = app.chat.value("SELECT account_id FROM nchat_social_accounts WHERE lease_id IS NOT NULL").await;
        held == json!([{"account_id": ids[0]}])
    })
    .await;
    assert!(!work.is_finished());
    let well = "SELECT count(*) FROM nchat_social_accounts WHERE health = 'connected' AND failures = 0 \
                AND next_poll_at > last_poll_time";
    assert!(app.chat.count(well).await >= 2);
    work.abort();
    let failed = "SELECT count(DISTINCT account_id) FROM nchat_social_import_logs WHERE status = 'failed'";
    assert_eq!(app.chat.count(failed).await, 3, "each failure has its log");

    // Once all is well again, everything comes, also into the channel that was broken.
    app.simulator.clear_faults();
    app.chat.script("DROP TRIGGER refuse ON nchat_messages").await;
    for _ in 0..4 {
        app.poll_after(20).await;
    }
    let mut expected: Vec<String> = ids.iter().map(|id| format!("{id} says so")).collect();
    expected.sort();
    for channel in [app.chat.announcements, broken] {
        let mut texts: Vec<String> = app
            .chat
            .messages(channel)
            .await
            .iter()
            .map(|message| message.embeds[0]["description"].as_str().expect("a text").to_owned())
            .collect();
        texts.sort();
        assert_eq!(texts, expected);
    }
}

/// A panic took the whole lease along: its other accounts waited for the lease's end, and nobody booked what was read.
#[cfg(debug_assertions)]
#[tokio::test]
async fn defect_a_panic_in_a_poll_is_the_failure_of_one_account() {
    use nchat_social::{
        domain::{Step, Steps},
        service::Service,
    };
    use std::sync::atomic::{AtomicBool, Ordering};
    let mut app = App::start().await;
    let ids = connect_x(&app, 3).await;
    app.poll().await;
    for id in &ids {
        app.simulator.world("twitter").expect("X").publish(id, Draft::text(id)).expect("published");
    }
    let first = AtomicBool::new(true);
    let steps = Steps::telling(move |step| {
        assert!(step != Step::PlatformAnswered || !first.swap(false, Ordering::Relaxed), "on purpose");
    });
    app.use_service(Service { steps, ..app.service.clone() });
    assert_eq!(app.poll_after(10).await, 3);
    app.assert_at_rest().await;
    let failed = "SELECT count(*) FROM nchat_social_accounts WHERE health_code = 'import_failed' AND failures = 1";
    assert_eq!(app.chat.count(failed).await, 1);
    let posts = "SELECT count(*) FROM nchat_social_posts";
    assert_eq!(app.chat.count(posts).await, 2);
    assert_eq!(ledger(&app).await, bill(&app).await, "what was read is paid for");
    app.poll_after(20).await;
    assert_eq!(app.chat.count(posts).await, 3, "and read again");
    assert_eq!(app.chat.count(failed).await, 0);
}

/// One end that could not be written dropped the lease's readings under way, unbooked, and its money stayed aside.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn defect_an_end_that_cannot_be_written_drops_no_reading_of_the_lease() {
    let mut app = App::start().await;
    app.set(&[("SOCIAL_X_DAILY_BUDGET_USD", "1")]);
    let ids = connect_x(&app, 3).await;
    app.poll().await;
    app.chat
        .script(&format!(
            "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ \
               BEGIN RAISE EXCEPTION 'another came first' USING ERRCODE = '40P01'; END $$; \
             CREATE TRIGGER lose BEFORE UPDATE ON nchat_social_accounts FOR EACH ROW \
               WHEN (OLD.account_id = '{}' AND NEW.quiet_polls > OLD.quiet_polls) EXECUTE FUNCTION lose()",
            ids[0]
        ))
        .await;
    let slow = format!("/2/users/{}", ids[2]);
    app.simulator.world("twitter").expect("X").publish(&ids[2], Draft::text("Slowly")).expect("published");
    app.simulator.fault(Fault::new("twitter", &slow, FaultKind::Slow(2_000))).expect("a fault");
    app.simulator.clear_calls();
    assert_eq!(app.poll_after(10).await, 3);
    let asked = app.simulator.calls().iter().filter(|call| call.path.starts_with(&slow)).count();
    assert_eq!(asked, 1, "read once");
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_posts").await, 1);
    assert_eq!(ledger(&app).await, bill(&app).await);
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_reservations").await, 0, "the round was ended");
    let quiet = "SELECT account_id FROM nchat_social_accounts WHERE quiet_polls > 0";
    assert_eq!(app.chat.value(quiet).await, json!([{"account_id": ids[1]}]), "one stands in no other's way");
    // It is handed back, and polled once it can be written.
    app.assert_at_rest().await;
    app.chat.script("DROP TRIGGER lose ON nchat_social_accounts").await;
    assert_eq!(app.poll_after(1).await, 1);
    let well = "SELECT count(*) FROM nchat_social_accounts WHERE health = 'connected' AND failures = 0";
    assert_eq!(app.chat.count(well).await, 3);
}

/// The first answer stopped the platform, because the good one came later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn defect_a_platform_that_rejects_one_account_and_answers_another_is_not_stopped() {
    const SECOND: &str = "17841400000000003";
    let app = App::start().await;
    app.connect_one(Platform::Instagram).await;
    let account = NewAccount { id: SECOND.into(), handle: "second_example".into(), name: "Second Example".into() };
    app.simulator.world("instagram").expect("Instagram").add_account(account).expect("an account");
    let (cookie, mut page) = depart(&app, Platform::Instagram).await;
    page.query_pairs_mut().append_pair("account", SECOND);
    arrive(&app, &consent(&page).await, Some(&cookie)).await;
    assert_eq!(app.poll().await, 2);
    let body = json!({"error": {"message": "Error validating application.", "type": "OAuthException", "code": 101}});
    let rejected = FaultKind::Status { status: 400, headers: Default::default(), body };
    app.simulator.fault(Fault::new("instagram", "", rejected).times(1)).expect("a fault");
    app.simulator.fault(Fault::new("instagram", "", FaultKind::Slow(1_500))).expect("a fault");
    assert_eq!(app.poll_after(20).await, 2);
    let codes = "SELECT count(*) FROM nchat_social_accounts WHERE health_code = 'app_rejected'";
    assert_eq!(app.chat.count(codes).await, 1);
    let stopped = "SELECT count(*) FROM nchat_social_platforms WHERE opened_at IS NOT NULL";
    assert_eq!(app.chat.count(stopped).await, 0);
}
