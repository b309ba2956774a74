//! Time that does not pass as it should: clocks put forward and back, machines that sleep, summer time, leap seconds.
//! One poll catches up, and nobody is flooded.

use crate::app::{
    App,
    world::{X_ACCOUNT, account_of},
};
use chrono::{Duration, Timelike};
use nchat_social::{
    domain::{Clock, Platform, Timestamp},
    simulator::Draft,
};
use serde_json::{Value, json};

/// Every platform's account, each with its channel.
async fn everybody(app: &App) {
    for platform in Platform::ALL {
        let account = app.connect_one(platform).await;
        let channel = app.chat.another_channel(platform.as_str()).await;
        app.integrate(account, channel, json!({})).await;
    }
    app.poll().await;
}

fn publish(app: &App, text: &str) {
    for platform in Platform::ALL {
        let world = app.simulator.world(platform.as_str()).expect("a world");
        world.publish(account_of(platform), Draft::text(text)).expect("published");
    }
}

/// The texts in every platform's channel; all have the same.
async fn texts(app: &App) -> Vec<String> {
    let texts = "SELECT c.name, array_agg(m.embeds->0->>'description' ORDER BY m.created_at) AS texts \
                 FROM nchat_messages m JOIN nchat_channels c ON c.id = m.channel_id GROUP BY c.name";
    let texts = app.chat.value(texts).await;
    let texts: Vec<&Value> = texts.as_array().expect("rows").iter().map(|row| &row["texts"]).collect();
    assert!(texts.len() == 3 && texts.windows(2).all(|pair| pair[0] == pair[1]), "{texts:?}");
    serde_json::from_value(texts[0].clone()).expect("texts")
}

/// Puts our clock forward or back; the platforms' clock is right all the while.
fn put(app: &App, by: Duration) {
    app.clock.advance(by);
    let ahead = app.simulator.shared().clock.now() - app.clock.now() - by;
    app.simulator.shared().clock.put_ahead(ahead);
}

/// The longest wait of an account from now on, in minutes.
async fn longest_wait(app: &App) -> i64 {
    let next = app.chat.value("SELECT max(next_poll_at) AS at FROM nchat_social_accounts").await;
    let next: Timestamp = next[0]["at"].as_str().and_then(|at| at.parse().ok()).expect("a time");
    (next - app.clock.now()).num_minutes()
}

#[tokio::test]
async fn a_clock_put_forward_by_an_hour_costs_one_poll() {
    let app = App::start().await;
    everybody(&app).await;
    publish(&app, "Before");
    assert_eq!(app.poll_after(60).await, 3, "one poll each");
    assert_eq!(app.poll().await, 0, "and no second one");
    assert!(longest_wait(&app).await < 20);
    assert_eq!(texts(&app).await, ["Before"]);
    assert_eq!(app.poll_after(20).await, 3);
    app.assert_at_rest().await;
}

/// It was an hour ahead, so every next poll was planned an hour too late.
#[tokio::test]
async fn defect_chaos_1_a_clock_put_back_by_an_hour_stops_no_poll_for_an_hour() {
    let app = App::start().await;
    everybody(&app).await;
    put(&app, Duration::hours(1));
    assert_eq!(app.poll().await, 3);
    let before = longest_wait(&app).await;
    let there = app.chat.value("SELECT id, next_poll_at FROM nchat_social_accounts ORDER BY next_poll_at").await;
    put(&app, -Duration::hours(1));
    assert_eq!(app.poll().await, 0, "nobody is due at once: that would be a flood");
    let wait = longest_wait(&app).await;
    assert!((before - 1..=before).contains(&wait), "{wait} minutes, not {before}");
    let after = app.chat.value("SELECT id, next_poll_at FROM nchat_social_accounts ORDER BY next_poll_at").await;
    let ids = |rows: &Value| rows.as_array().expect("rows").iter().map(|row| row["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&there), ids(&after), "each keeps its place");
    // Seen by a second process, too, the same hour is taken back once.
    assert_eq!(App::beside(&app).await.poll().await, 0);
    assert_eq!(longest_wait(&app).await, wait);
    publish(&app, "Again");
    assert_eq!(app.poll_after(20).await, 3);
    assert_eq!(texts(&app).await, ["Again"]);
}

/// What was left of a stop, and of the wait for a login's next renewal, lasted an hour longer.
#[tokio::test]
async fn defect_a_clock_put_back_stops_no_platform_and_no_renewal_for_longer() {
    let app = App::start().await;
    everybody(&app).await;
    put(&app, Duration::hours(1));
    assert_eq!(app.poll().await, 3);
    let now = app.clock.now();
    let stops = "INSERT INTO nchat_social_platforms \
                   (platform, code, message, opened_at, hold_until, probe_lease, probe_until, usage_percent, usage_at) \
                 VALUES ('twitter', 'app_rejected', 'x', $1, $2, gen_random_uuid(), $2, 80, $1), \
                   ('instagram', 'platform_down', 'x', $1::timestamptz - interval '2 hours', $2, NULL, NULL, NULL, NULL)";
    app.chat.run(stops, &[&now, &(now + Duration::minutes(15))]).await;
    let failed = "UPDATE nchat_social_credentials SET refresh_failures = 1, refresh_code = 'network', \
                  refresh_not_before = $1";
    app.chat.run(failed, &[&(now + Duration::minutes(7))]).await;
    put(&app, -Duration::hours(1));
    let minutes = async |of: &str| {
        let now = app.clock.now();
        app.chat.count(&format!("SELECT round(extract(epoch FROM {of} - '{now}'::timestamptz) / 60)::bigint")).await
    };
    for _ in 0..2 {
        assert_eq!(App::beside(&app).await.poll().await, 0, "and seen by another it changes nothing more");
        for (of, left) in [
            ("(SELECT hold_until FROM nchat_social_platforms WHERE platform = 'twitter')", 15),
            ("(SELECT opened_at FROM nchat_social_platforms WHERE platform = 'twitter')", 0),
            ("(SELECT usage_at FROM nchat_social_platforms WHERE platform = 'twitter')", 0),
            ("(SELECT probe_until FROM nchat_social_platforms WHERE platform = 'twitter')", 5),
            ("(SELECT hold_until FROM nchat_social_platforms WHERE platform = 'instagram')", 10),
            ("(SELECT max(refresh_not_before) FROM nchat_social_credentials)", 7),
            ("(SELECT min(refresh_not_before) FROM nchat_social_credentials)", 7),
        ] {
            assert_eq!(minutes(of).await, left, "{of}");
        }
    }
    let open = "SELECT count(*) FROM nchat_social_platforms WHERE closed_at IS NULL";
    assert_eq!(app.chat.count(open).await, 2, "nothing is closed by it");
}

/// A lease made before would last an hour longer than it may.
#[tokio::test]
async fn a_clock_put_back_prolongs_no_lease() {
    let app = App::start().await;
    everybody(&app).await;
    put(&app, Duration::hours(1));
    assert_eq!(app.ticker.tick().await.expect("a tick").accounts, 3);
    let died = app.queue.take().expect("a job");
    put(&app, -Duration::hours(1));
    assert_eq!(app.ticker.tick().await.expect("a tick").accounts, 0);
    assert_eq!(longest_wait(&app).await, 5, "as long as a lease");
    publish(&app, "Meanwhile");
    assert_eq!(app.poll_after(6).await, 3);
    app.poller.work(died).await;
    assert_eq!(texts(&app).await, ["Meanwhile"]);
    app.assert_at_rest().await;
}

/// What it held when it fell asleep is not its own any more, and X's access token is long over.
#[tokio::test]
async fn a_machine_that_slept_for_a_day_catches_up_with_one_poll() {
    let app = App::start().await;
    everybody(&app).await;
    app.clock.advance(Duration::minutes(20));
    assert_eq!(app.ticker.tick().await.expect("a tick").accounts, 3);
    let asleep = app.queue.take().expect("a job");
    for text in ["Morning", "Noon", "Evening"] {
        app.clock.advance(Duration::hours(8));
        publish(&app, text);
    }
    app.poller.work(asleep).await;
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_messages").await, 0, "its leases are over");
    assert_eq!(app.poll().await, 3, "one poll each for a whole day");
    assert_eq!(app.poll().await, 0);
    assert_eq!(texts(&app).await, ["Morning", "Noon", "Evening"]);
    assert!(longest_wait(&app).await < 20);
    let unwell = "SELECT count(*) FROM nchat_social_accounts WHERE health <> 'connected'";
    assert_eq!(app.chat.count(unwell).await, 0);
    app.assert_at_rest().await;
}

/// In a database that lives by Berlin's time: both nights have a strange hour there, and none here.
#[tokio::test]
async fn summer_time_makes_no_interval_longer_or_shorter() {
    for night in ["2027-03-28T00:00:00Z", "2027-10-31T00:00:00Z"] {
        every_five_minutes_from(night.parse().expect("a time")).await;
    }
}

async fn every_five_minutes_from(night: Timestamp) {
    let app = App::start().await;
    app.chat
        .script("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = ''Europe/Berlin''', current_database()); END $$")
        .await;
    app.clock.set(night);
    app.following(Platform::Twitter, json!({})).await;
    let world = app.simulator.world("twitter").expect("X");
    let expected: Vec<String> = (0..36).map(|step| format!("Step {step}")).collect();
    let mut polls = 0;
    for text in &expected {
        world.publish(X_ACCOUNT, Draft::text(text)).expect("published");
        polls += app.poll_after(5).await;
    }
    assert_eq!(polls, 36, "{night}: every five minutes for three hours");
    assert_eq!(app.chat.texts().await, expected);
}

/// 23:59:60 and a half, as chrono writes it.
#[tokio::test]
async fn a_leap_second_is_a_second_like_any_other() {
    let app = App::start().await;
    let midnight: Timestamp = "2027-06-30T23:59:59Z".parse().expect("a time");
    let leap = midnight.with_nanosecond(1_500_000_000).expect("a leap second");
    app.clock.set(midnight - Duration::minutes(1));
    everybody(&app).await;
    publish(&app, "Before");
    app.clock.set(leap);
    app.chat.script("UPDATE nchat_social_accounts SET next_poll_at = '2027-06-30T23:59:59Z'").await;
    publish(&app, "In it");
    assert_eq!(app.poll().await, 3);
    app.clock.set(midnight + Duration::seconds(2));
    publish(&app, "After");
    app.poll_after(20).await;
    assert_eq!(texts(&app).await, ["Before", "In it", "After"]);
    assert!(longest_wait(&app).await < 20);
}
