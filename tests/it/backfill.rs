//! Older posts that an integration asks for: they stay owed until they are read.

use crate::{
    app::{App, world::X_ACCOUNT},
    processes::until,
};
use nchat_social::{
    domain::Platform,
    simulator::{Draft, Fault, FaultKind},
};
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

fn publish(app: &App, text: &str) {
    app.clock.advance(chrono::Duration::minutes(1));
    app.simulator.world("twitter").expect("X").publish(X_ACCOUNT, Draft::text(text)).expect("published");
}

/// The texts in a channel, sorted.
async fn sorted(app: &App, channel: Uuid) -> Vec<String> {
    let messages = app.chat.messages(channel).await;
    let text = |embeds: &serde_json::Value| embeds[0]["description"].as_str().expect("a text").to_owned();
    let mut texts: Vec<String> = messages.iter().map(|message| text(&message.embeds)).collect();
    texts.sort();
    texts
}

/// How many older posts are read is decided when a poll begins; what was asked for meanwhile was lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn defect_older_posts_asked_for_while_a_poll_is_under_way_come_with_the_next_one() {
    for takes_stock in [false, true] {
        let app = App::start().await;
        let all: Vec<String> = (0..10).map(|n| format!("Number {n}")).collect();
        for text in &all[..9] {
            publish(&app, text);
        }
        let account = app.connect_one(Platform::Twitter).await;
        if !takes_stock {
            app.poll().await;
        }
        publish(&app, &all[9]);
        app.clock.advance(chrono::Duration::minutes(10));
        assert_eq!(app.ticker.tick().await.expect("a tick").accounts, 1);
        let job = app.queue.take().expect("a job");
        app.simulator.fault(Fault::new("twitter", "/2/users", FaultKind::Slow(1_500)).times(1)).expect("a fault");
        app.simulator.clear_calls();
        let meanwhile = async {
            until("asked", Duration::from_secs(15), async || !app.simulator.calls().is_empty()).await;
            app.integrate(account, app.chat.announcements, json!({"backfill_count": 10})).await;
        };
        tokio::join!(app.poller.work(job), meanwhile);
        app.poll_after(20).await;
        assert_eq!(sorted(&app, app.chat.announcements).await, all, "taking stock: {takes_stock}");
        let served = "SELECT count(*) FROM nchat_social_integrations WHERE backfilled_at IS NOT NULL";
        assert_eq!(app.chat.count(served).await, 1);
        app.assert_at_rest().await;
    }
}

/// New posts that were read, and paid for, were thrown away with it.
#[tokio::test]
async fn defect_older_posts_that_cannot_be_read_take_no_new_ones_along() {
    let app = App::start().await;
    for text in ["Old 1", "Old 2"] {
        publish(&app, text);
    }
    let account = app.following(Platform::Twitter, json!({})).await;
    let later = app.chat.another_channel("later").await;
    app.integrate(account, later, json!({"backfill_count": 3})).await;
    publish(&app, "New");
    // The new ones are read first.
    app.simulator.fault(Fault::new("twitter", "/2/users", FaultKind::Slow(1)).times(1)).expect("a fault");
    app.simulator.fault(Fault::new("twitter", "/2/users", FaultKind::Html(500))).expect("a fault");
    app.poll_after(20).await;
    assert_eq!(app.chat.texts().await, ["New"]);
    assert_eq!(app.only_account().await["health_code"], json!(null));
    assert_eq!(sorted(&app, later).await, ["New"]);
    app.simulator.clear_faults();
    app.poll_after(20).await;
    assert_eq!(sorted(&app, later).await, ["New", "Old 1", "Old 2"]);
    assert_eq!(app.chat.texts().await, ["New"]);
}
