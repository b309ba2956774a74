//! Polls within the platforms' limits: slower before a limit, one account first after a stop, nobody's log flooded.

use crate::app::{
    App,
    world::{self, INSTAGRAM_ACCOUNT, LINKEDIN_PAGE, X_ACCOUNT, account_of},
};
use chrono::{DateTime, Duration, Utc};
use nchat_social::{
    domain::{Clock, Platform},
    simulator::{Draft, Fault, FaultKind, NewAccount},
};
use serde_json::{Value, json};

/// Connects `more` further X accounts.
async fn connect_x(app: &App, more: usize) {
    for n in 0..more {
        let id = format!("{}", 1_700_000_000_000_000_100_u64 + n as u64);
        let account = NewAccount { id: id.clone(), handle: format!("acme_{n}"), name: format!("Acme {n}") };
        app.simulator.world("twitter").expect("X").add_account(account).expect("an account");
        let (cookie, mut page) = world::depart(app, Platform::Twitter).await;
        page.query_pairs_mut().append_pair("account", &id);
        let back = world::consent(&page).await;
        let end = world::arrive(app, &back, Some(&cookie)).await;
        assert!(world::query(&end, "success").is_some(), "{end}");
    }
}

fn calls(app: &App, platform: &str, path: &str) -> usize {
    app.simulator.calls().iter().filter(|call| call.platform == platform && call.path.contains(path)).count()
}

async fn standing(app: &App, platform: Platform) -> Value {
    let document =
        "{ socialPlatforms { platform standing { is_stopped code message stopped_at hold_until usage_percent } } }";
    let data = app.ask(document, json!({})).await;
    let all = data["socialPlatforms"].as_array().expect("platforms").clone();
    let of = all.into_iter().find(|of| of["platform"] == platform.as_str()).expect("listed");
    of["standing"].clone()
}

async fn accounts(app: &App) -> Vec<Value> {
    let document = "{ socialAccounts { account_id health health_code next_poll_at next_poll_reason hold_until \
                    poll_interval_s has_own_poll_interval } }";
    app.ask(document, json!({})).await["socialAccounts"].as_array().expect("accounts").clone()
}

fn time(value: &Value) -> DateTime<Utc> {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("no time: {value}"))
}

/// Lets the whole hour pass a minute at a time.
async fn minutes(app: &App, minutes: i64) {
    for _ in 0..minutes {
        app.poll_after(1).await;
    }
}

#[tokio::test]
async fn an_hours_outage_is_a_few_probes_and_then_everything_catches_up() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    connect_x(&app, 11).await;
    app.connect_one(Platform::Instagram).await;
    app.poll().await;
    let world = app.simulator.world("twitter").expect("X");
    world.publish(X_ACCOUNT, Draft::text("Before the outage")).expect("published");
    app.simulator.fault(Fault::new("twitter", "/", FaultKind::Preset("unavailable".into()))).expect("a fault");
    app.simulator.clear_calls();
    minutes(&app, 60).await;
    let reads = calls(&app, "twitter", "/tweets");
    assert!(reads < 12 + 12, "an hour of 12 accounts took {reads} calls");
    assert!(calls(&app, "instagram", "/me/media") >= 10, "others go on");
    let logs = app.chat.count("SELECT count(*) FROM nchat_social_import_logs WHERE status = 'failed'").await;
    assert!(logs < 12 + 12, "{logs} lines in the log");

    let stands = standing(&app, Platform::Twitter).await;
    assert_eq!((&stands["is_stopped"], &stands["code"]), (&json!(true), &json!("platform_down")), "{stands:#}");
    let asked = app.ask("mutation { socialTriggerImport(input: {}) { status held { until } } }", json!({})).await;
    assert_eq!(asked["socialTriggerImport"]["held"].as_array().map(Vec::len), Some(12), "nobody calls on request");
    for account in accounts(&app).await {
        let x = account["account_id"] != INSTAGRAM_ACCOUNT;
        assert_ne!(account["health"], "needs_reconnect", "{account:#}");
        assert_eq!(account["next_poll_reason"] == "platform_down", x, "{account:#}");
        if x {
            assert!(time(&account["next_poll_at"]) >= time(&stands["hold_until"]), "{account:#}");
        }
    }

    app.simulator.clear_faults();
    minutes(&app, 12).await;
    assert_eq!(standing(&app, Platform::Twitter).await["is_stopped"], false);
    let late = app
        .chat
        .count("SELECT count(*) FROM nchat_social_accounts WHERE health <> 'connected' OR failures > 0 OR hold_until IS NOT NULL")
        .await;
    assert_eq!(late, 0);
    assert_eq!(app.chat.texts().await, ["Before the outage"]);
    app.assert_at_rest().await;
}

/// Half-open is one account, however many processes look.
#[tokio::test]
async fn one_account_of_one_process_probes_a_platform_that_was_stopped() {
    let app = App::start().await;
    app.connect_one(Platform::Twitter).await;
    connect_x(&app, 7).await;
    app.poll().await;
    app.simulator
        .fault(Fault::new("twitter", "/2/users", FaultKind::Preset("credits_depleted".into())))
        .expect("a fault");
    app.clock.advance(Duration::minutes(5));
    app.poll().await;
    let second = App::beside(&app).await;
    for hour in 1..4 {
        let stopped = standing(&app, Platform::Twitter).await;
        assert_eq!(stopped["code"], "usage_capped", "{stopped:#}");
        app.clock.set(time(&stopped["hold_until"]) - Duration::seconds(1));
        app.simulator.clear_calls();
        assert_eq!(app.poll().await + second.poll().await, 0, "nobody before the hour is over");
        // Each of them was to come back within the minute.
        app.clock.advance(Duration::seconds(62));
        let (a, b) = tokio::join!(app.poll(), second.poll());
        assert_eq!((a + b, calls(&app, "twitter", "/tweets")), (1, 1), "hour {hour}: one probe");
        assert_eq!(standing(&app, Platform::Twitter).await["stopped_at"], stopped["stopped_at"], "one incident");
    }
    app.simulator.clear_faults();
    app.clock.advance(Duration::minutes(62));
    assert!(app.poll().await >= 8, "the probe, and then everybody");
    assert_eq!(standing(&app, Platform::Twitter).await["is_stopped"], false);
    let rows = app.chat.value("SELECT count(*) AS n FROM nchat_social_platforms WHERE code = 'usage_capped'").await;
    assert_eq!(rows, json!([{"n": 1}]), "what it was stays to be told");
}

/// A probe whose process dies is no probe for ever.
#[tokio::test]
async fn a_dead_probe_is_replaced_when_its_lease_ends() {
    let app = App::start().await;
    app.connect_one(Platform::Twitter).await;
    connect_x(&app, 2).await;
    app.poll().await;
    app.simulator
        .fault(Fault::new("twitter", "/2/users", FaultKind::Preset("usage_cap".into())).times(3))
        .expect("a fault");
    app.poll_after(5).await;
    app.clock.advance(Duration::minutes(61));
    assert_eq!(app.ticker.tick().await.expect("a tick").accounts, 1);
    let lost = app.queue.take().expect("a job");
    assert_eq!(app.poll_after(4).await, 0, "one is enough");
    app.clock.advance(Duration::minutes(2));
    assert!(app.poll().await >= 3);
    app.poller.work(lost).await;
    app.assert_at_rest().await;
}

#[tokio::test]
async fn leases_in_line_when_the_platform_stops_are_given_back_unread() {
    let app = App::start().await;
    app.connect_one(Platform::Twitter).await;
    connect_x(&app, 1).await;
    app.poll().await;
    app.clock.advance(Duration::minutes(6));
    // One lease for each account.
    app.chat
        .run(
            "UPDATE nchat_social_accounts SET next_poll_at = $1 WHERE account_id <> $2",
            &[&(app.clock.now() + Duration::hours(9)), &X_ACCOUNT],
        )
        .await;
    assert_eq!(app.ticker.tick().await.expect("a tick").accounts, 1);
    app.chat
        .run(
            "UPDATE nchat_social_accounts SET next_poll_at = $1 WHERE account_id <> $2",
            &[&app.clock.now(), &X_ACCOUNT],
        )
        .await;
    assert_eq!(app.ticker.tick().await.expect("a tick").accounts, 1);
    let (first, second) = (app.queue.take().expect("a job"), app.queue.take().expect("a job"));
    app.simulator.fault(Fault::new("twitter", "/2/users", FaultKind::Preset("usage_cap".into()))).expect("a fault");
    app.simulator.clear_calls();
    app.poller.work(first).await;
    app.poller.work(second).await;
    assert_eq!(calls(&app, "twitter", "/tweets"), 1);
    let row = app
        .chat
        .value(&format!(
            "SELECT health, failures, next_poll_reason FROM nchat_social_accounts WHERE account_id <> '{X_ACCOUNT}'"
        ))
        .await;
    assert_eq!(row, json!([{"health": "connected", "failures": 0, "next_poll_reason": "platform_stopped"}]));
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_import_logs WHERE status = 'failed'").await, 1);
    app.assert_at_rest().await;
}

/// Meta tells in percent: half as often above 80, an hour's rest above 95, and never a refusal for whoever listens.
#[tokio::test]
async fn a_used_share_slows_instagram_down_before_it_refuses() {
    let app = App::start().await;
    app.following(Platform::Instagram, json!({})).await;
    let world = app.simulator.world("instagram").expect("Instagram");
    world.switch("quota", "60").expect("a switch");
    world.switch("usage_headers", "business").expect("a switch");
    let mut seen = Vec::new();
    for _ in 0..9 * 12 {
        app.poll_after(5).await;
        let row =
            app.chat.value("SELECT next_poll_reason, hold_until IS NOT NULL AS held FROM nchat_social_accounts").await;
        let reason = row[0]["next_poll_reason"].as_str().expect("a word").to_owned();
        assert_eq!(row[0]["held"], reason == "resting", "{row}");
        if seen.last() != Some(&reason) {
            seen.push(reason);
        }
        if seen.last().is_some_and(|reason| reason == "resting") {
            break;
        }
    }
    assert_eq!(seen, ["interval", "slowed", "resting"]);
    let refused = app.simulator.calls().iter().filter(|call| call.status == Some(400)).count();
    assert_eq!(refused, 0);
    let asked = app.ask("mutation { socialTriggerImport(input: {}) { status } }", json!({})).await;
    assert_eq!(asked["socialTriggerImport"]["status"], "held");
}

/// The app's own share slows every account down, in every process.
#[tokio::test]
async fn a_used_share_of_the_app_slows_everybody_down() {
    let app = App::start().await;
    app.connect_one(Platform::Instagram).await;
    app.poll().await;
    let told = |percent: u32| {
        let usage = json!({"call_count": percent, "total_cputime": 0, "total_time": 0}).to_string();
        let headers = [("x-app-usage".to_owned(), usage)].into_iter().collect();
        FaultKind::Status { status: 200, headers, body: json!({"data": []}) }
    };
    app.simulator.fault(Fault::new("instagram", "/graph", told(85)).times(1)).expect("a fault");
    app.poll_after(5).await;
    assert_eq!(standing(&app, Platform::Instagram).await["usage_percent"], 85.0);
    let second = App::beside(&app).await;
    second.clock.advance(Duration::minutes(10));
    assert_eq!(second.poll().await, 1);
    let row = app.chat.value("SELECT next_poll_reason, next_poll_at FROM nchat_social_accounts").await;
    assert_eq!(row[0]["next_poll_reason"], "slowed", "another process knows it too");
    assert!(time(&row[0]["next_poll_at"]) > app.clock.now() + Duration::minutes(5));
    app.simulator.fault(Fault::new("instagram", "/graph", told(96)).times(1)).expect("a fault");
    app.poll_after(10).await;
    let stands = standing(&app, Platform::Instagram).await;
    assert_eq!((&stands["is_stopped"], &stands["code"]), (&json!(true), &json!("rate_limited")), "{stands:#}");
    assert_eq!(time(&stands["hold_until"]), app.clock.now() + Duration::hours(1));
}

/// LinkedIn tells nothing: on the development tier a day's 100 calls last for the day because we count.
#[tokio::test]
async fn linkedins_hundred_calls_last_for_the_day() {
    let mut app = App::start().await;
    app.set(&[("LINKEDIN_TIER", "development")]);
    app.simulator.world("linkedin").expect("LinkedIn").switch("tier", "development").expect("a switch");
    let start = app.clock.now().date_naive().succ_opt().expect("a day").and_time(chrono::NaiveTime::MIN).and_utc();
    app.clock.set(start);
    // With two pages of one member every twenty minutes would be too often.
    let world = app.simulator.world("linkedin").expect("LinkedIn");
    world.publish(LINKEDIN_PAGE, Draft::text("Today")).expect("published");
    let page = NewAccount { id: "urn:li:organization:5590507".into(), handle: "second".into(), name: "Second".into() };
    world.add_account(page).expect("a page");
    let pages = app.connect(Platform::Linkedin).await;
    app.poll().await;
    for page in &pages {
        app.integrate(*page, app.chat.announcements, json!({})).await;
    }
    assert_eq!(pages.len(), 2);
    assert_eq!(accounts(&app).await[0]["poll_interval_s"], 1200);
    let mut polls = 0;
    for _ in 0..24 * 12 - 2 {
        polls += app.poll_after(5).await;
    }
    let refused = app.simulator.calls().iter().filter(|call| call.status == Some(429)).count();
    assert_eq!(refused, 0, "no call too many");
    let made = app
        .chat
        .count("SELECT sum(calls) FROM nchat_social_calls WHERE login_id <> '00000000-0000-0000-0000-000000000000'")
        .await;
    assert!((80..=100).contains(&made), "{made} calls counted, {polls} polls");
    // Another process, another day: everything is there again.
    let world = app.simulator.world("linkedin").expect("LinkedIn");
    app.clock.advance(Duration::hours(2));
    world.publish(LINKEDIN_PAGE, Draft::text("Tomorrow")).expect("published");
    minutes(&app, 40).await;
    assert_eq!(app.chat.texts().await, ["Tomorrow"]);
}

/// What a refusal teaches is remembered, and the next day the calls are spread.
#[tokio::test]
async fn a_daily_limit_is_learned_from_its_refusal() {
    let app = App::start().await;
    let start = app.clock.now().date_naive().succ_opt().expect("a day").and_time(chrono::NaiveTime::MIN).and_utc();
    app.clock.set(start);
    app.following(Platform::Linkedin, json!({})).await;
    app.simulator.world("linkedin").expect("LinkedIn").switch("member_limit", "60").expect("a switch");
    let refused = |app: &App| app.simulator.calls().iter().filter(|call| call.status == Some(429)).count();
    for _ in 0..24 * 12 - 2 {
        app.poll_after(5).await;
    }
    assert_eq!(refused(&app), 1, "the first day meets it once, and sleeps until midnight");
    let most = app
        .chat
        .value("SELECT DISTINCT most FROM nchat_social_calls WHERE endpoint = 'posts' AND most IS NOT NULL")
        .await;
    assert_eq!(most, json!([{"most": 60}]));
    app.simulator.clear_calls();
    let mut last = app.clock.now();
    for _ in 0..24 * 12 {
        if app.poll_after(5).await > 0 {
            last = app.clock.now();
        }
    }
    let day = app.clock.now().date_naive();
    assert!(refused(&app) <= 1, "{}", refused(&app));
    assert!(last > day.and_time(chrono::NaiveTime::MIN).and_utc() - Duration::hours(4), "polls go on until {last}");
}

/// The member's limit stops every page of that login, and nobody else.
#[tokio::test]
async fn a_members_limit_stops_all_pages_of_the_login() {
    let app = App::start().await;
    let world = app.simulator.world("linkedin").expect("LinkedIn");
    let page = NewAccount { id: "urn:li:organization:5590507".into(), handle: "second".into(), name: "Second".into() };
    world.add_account(page).expect("a page");
    assert_eq!(app.connect(Platform::Linkedin).await.len(), 2);
    app.connect_one(Platform::Instagram).await;
    app.poll().await;
    // The pages' polls are apart from each other.
    app.chat
        .run(
            "UPDATE nchat_social_accounts SET next_poll_at = next_poll_at + interval '3 minutes' WHERE account_id = $1",
            &[&LINKEDIN_PAGE],
        )
        .await;
    world.switch("member_limit", "0").expect("a switch");
    app.simulator.clear_calls();
    minutes(&app, 12).await;
    assert_eq!(calls(&app, "linkedin", "/posts"), 1, "one page asked, both sleep");
    for account in accounts(&app).await {
        let linkedin = account["account_id"] != INSTAGRAM_ACCOUNT;
        assert_eq!(account["hold_until"].is_string(), linkedin, "{account:#}");
    }
    assert_eq!(standing(&app, Platform::Linkedin).await["is_stopped"], false);
}

#[tokio::test]
async fn a_limit_met_again_and_again_is_waited_for_longer_each_time() {
    let app = App::start().await;
    app.following(Platform::Instagram, json!({})).await;
    app.simulator.world("instagram").expect("Instagram").switch("fault", "user_limit").expect("a switch");
    let mut waits = Vec::new();
    app.poll_after(5).await;
    for _ in 0..4 {
        let held = time(&accounts(&app).await[0]["hold_until"]);
        waits.push((held - app.clock.now()).num_minutes());
        app.clock.set(held);
        assert_eq!(app.poll().await, 1);
    }
    for (wait, least) in waits.iter().zip([15, 30, 60, 120]) {
        assert!((least..=least + least / 8 + 1).contains(wait), "{waits:?}");
    }
}

#[tokio::test]
async fn an_account_has_an_interval_of_its_own_within_the_floor() {
    let app = App::start().await;
    let account = app.following(Platform::Twitter, json!({})).await;
    let set = async |seconds: Value| {
        let document = "mutation ($i: SocialSetPollIntervalInput!) { socialSetPollInterval(input: $i) \
                        { status message account { poll_interval_s has_own_poll_interval next_poll_at } } }";
        let data = app.ask(document, json!({"i": {"id": account, "seconds": seconds}})).await;
        data["socialSetPollInterval"].clone()
    };
    let refused = set(json!(59)).await;
    assert_eq!((&refused["status"], &refused["account"]["poll_interval_s"]), (&json!("too_short"), &json!(300)));
    assert!(refused["message"].as_str().is_some_and(|text| text.contains("60 seconds")), "{refused}");
    assert_eq!(set(json!(86_401)).await["status"], "too_long");
    let done = set(json!(60)).await;
    assert_eq!((&done["status"], &done["account"]["has_own_poll_interval"]), (&json!("set"), &json!(true)), "{done}");
    assert!(time(&done["account"]["next_poll_at"]) <= app.clock.now() + Duration::seconds(60));
    app.simulator.clear_calls();
    minutes(&app, 10).await;
    assert!((9..=11).contains(&calls(&app, "twitter", "/tweets")));
    assert_eq!(set(json!(null)).await["account"]["poll_interval_s"], 300);
    let unknown = json!({"i": {"id": uuid::Uuid::from_u128(9), "seconds": 60}});
    let document = "mutation ($i: SocialSetPollIntervalInput!) { socialSetPollInterval(input: $i) { status } }";
    assert_eq!(app.ask(document, unknown).await["socialSetPollInterval"]["status"], "not_found");
}

/// Suspended, protected, gone: X says so in an answer of 200 without posts.
#[tokio::test]
async fn an_account_that_x_does_not_show_pauses_and_is_looked_at_daily() {
    for switch in ["suspended", "missing", "locked"] {
        let app = App::start().await;
        app.following(Platform::Twitter, json!({})).await;
        let world = app.simulator.world("twitter").expect("X");
        world.switch(switch, X_ACCOUNT).expect("switched");
        app.simulator.clear_calls();
        for _ in 0..3 * 24 {
            app.poll_after(60).await;
        }
        let probes = calls(&app, "twitter", "/tweets");
        assert!((3..=4).contains(&probes), "{switch}: {probes} calls in three days");
        let account = &accounts(&app).await[0];
        assert_eq!(
            (&account["health"], &account["health_code"]),
            (&json!("paused"), &json!("account_gone")),
            "{switch}"
        );
        assert_eq!(standing(&app, Platform::Twitter).await["is_stopped"], false, "{switch}: its trouble alone");
        world.switch(switch, "").expect("switched");
        world.publish(X_ACCOUNT, Draft::text("Back")).expect("published");
        for _ in 0..26 {
            app.poll_after(60).await;
        }
        assert_eq!(app.chat.texts().await, ["Back"], "{switch}");
    }
}

/// Every account gets its turn in one sweep, oldest first, whatever is stopped.
#[tokio::test]
async fn a_stopped_platform_is_not_in_the_others_way() {
    let app = App::start().await;
    app.connect_one(Platform::Twitter).await;
    app.connect_one(Platform::Instagram).await;
    app.poll().await;
    app.chat
        .script(
            "INSERT INTO nchat_social_accounts (platform, account_id, credential_id, next_poll_at, baseline_at) \
             SELECT 'twitter', 'x' || n, credential_id, now() - interval '1 day', now() \
             FROM nchat_social_accounts, generate_series(1, 5000) n WHERE platform = 'twitter'",
        )
        .await;
    app.simulator.fault(Fault::new("twitter", "/2/users", FaultKind::Preset("usage_cap".into()))).expect("a fault");
    app.chat.run("INSERT INTO nchat_social_platforms (platform, code, message, opened_at, hold_until) VALUES ('twitter', 'usage_capped', 'x', $1, $2)", &[&app.clock.now(), &(app.clock.now() + Duration::days(9))]).await;
    app.simulator.clear_calls();
    assert_eq!(app.poll_after(6).await, 1);
    assert_eq!((calls(&app, "instagram", "/me/media"), calls(&app, "twitter", "/")), (1, 0));
}

#[tokio::test]
async fn several_leases_are_claimed_at_once_and_each_account_once() {
    let app = App::start().await;
    app.connect_one(Platform::Twitter).await;
    app.chat
        .script(
            "INSERT INTO nchat_social_accounts (platform, account_id, credential_id, next_poll_at) \
             SELECT 'twitter', 'x' || n, credential_id, now() - interval '1 hour' - n * interval '1 second' \
             FROM nchat_social_accounts, generate_series(1, 3000) n",
        )
        .await;
    let second = App::beside(&app).await;
    let (a, b) = tokio::join!(app.ticker.tick(), second.ticker.tick());
    assert_eq!(a.expect("a tick").accounts + b.expect("a tick").accounts, 3001);
    let leases = app
        .chat
        .value("SELECT count(*) AS leases, max(n) AS most, sum(n) AS accounts FROM (SELECT count(*) AS n FROM nchat_social_accounts GROUP BY lease_id) l")
        .await;
    assert_eq!(leases[0]["accounts"], 3001);
    assert_eq!(leases[0]["most"], 64);
    assert!(leases[0]["leases"].as_i64().is_some_and(|leases| leases <= 52), "{leases}");
    let jobs = std::iter::from_fn(|| app.queue.take()).count() + std::iter::from_fn(|| second.queue.take()).count();
    assert_eq!(json!(jobs), leases[0]["leases"], "a job for each lease");
    assert_eq!(account_of(Platform::Twitter), X_ACCOUNT);
}
