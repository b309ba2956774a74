//! Accounts of one lease: what happens to one is nobody else's trouble.

use crate::{app::App, costs::connect_x, processes::until};
use nchat_social::simulator::{Draft, Fault, FaultKind};
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
