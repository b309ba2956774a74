//! What reading X costs: to the cent what X bills, forecast before, never more than the budget.

use crate::app::{
    App,
    world::{self, X_ACCOUNT},
};
use chrono::{Duration, NaiveTime};
use nchat_social::{
    domain::{Clock, Platform},
    outbound::{Limits, Outbound},
    simulator::{Draft, Fault, FaultKind, NewAccount},
};
use serde_json::{Value, json};

/// X's own bill in tenths of a cent, by day.
pub async fn bill(app: &App) -> Vec<(String, i64, i64, i64)> {
    let url = format!("{}/_control/twitter/ledger", app.simulator.shared().base_url).parse().expect("an address");
    let reply = Outbound::new(Limits::default()).expect("a client").get(&url, None, &[]).await.expect("an answer");
    let days: Value = serde_json::from_slice(&reply.body).expect("JSON");
    let number = |day: &Value, name: &str| day[name].as_i64().expect("a number");
    let days = days.as_array().expect("days").iter();
    days.map(|day| {
        let date = day["day"].as_str().expect("a day").to_owned();
        (date, number(day, "posts"), number(day, "users"), number(day, "mils"))
    })
    .collect()
}

/// Our ledger in the same form.
pub async fn ledger(app: &App) -> Vec<(String, i64, i64, i64)> {
    let rows = app
        .chat
        .value(
            "SELECT day, sum(posts) AS posts, sum(users) AS users, sum(micro_usd) AS sum FROM nchat_social_costs \
             GROUP BY day ORDER BY day",
        )
        .await;
    let number = |row: &Value, name: &str| row[name].as_f64().expect("a number") as i64;
    let rows = rows.as_array().expect("rows").iter();
    rows.map(|row| {
        let day = row["day"].as_str().expect("a day").to_owned();
        (day, number(row, "posts"), number(row, "users"), number(row, "sum") / 1000)
    })
    .collect()
}

pub async fn connect_x(app: &App, more: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..more {
        let id = format!("{}", 1_700_000_000_000_000_100_u64 + n as u64);
        let account = NewAccount { id: id.clone(), handle: format!("acme_{n}"), name: format!("Acme {n}") };
        app.simulator.world("twitter").expect("X").add_account(account).expect("an account");
        let (cookie, mut page) = world::depart(app, Platform::Twitter).await;
        page.query_pairs_mut().append_pair("account", &id);
        let back = world::consent(&page).await;
        let end = world::arrive(app, &back, Some(&cookie)).await;
        assert!(world::query(&end, "success").is_some(), "{end}");
        ids.push(id);
    }
    ids
}

fn publish(app: &App, account: &str, count: usize) {
    let world = app.simulator.world("twitter").expect("X");
    for n in 0..count {
        app.clock.advance(Duration::milliseconds(1500));
        world.publish(account, Draft::text(format!("Number {n} at {}", app.clock.now()))).expect("published");
    }
}

/// The start of the next UTC day.
fn midnight(app: &App) -> chrono::DateTime<chrono::Utc> {
    app.clock.now().date_naive().succ_opt().expect("a day").and_time(NaiveTime::MIN).and_utc()
}

#[tokio::test]
async fn our_ledger_is_the_platforms_bill_to_the_cent() {
    let app = App::start().await;
    app.clock.set(midnight(&app) + Duration::hours(1));
    publish(&app, X_ACCOUNT, 8);
    let account = app.following(Platform::Twitter, json!({})).await;
    // Connecting again the same day costs no second user, backfill no post that the first poll read.
    app.connect_one(Platform::Twitter).await;
    for day in 0..3 {
        publish(&app, X_ACCOUNT, 130);
        // The second page is lost half-way and read again, with the first.
        app.simulator.fault(Fault::new("twitter", "/2/users", FaultKind::TruncatedJson).times(1)).expect("a fault");
        for _ in 0..6 {
            app.poll_after(20).await;
        }
        assert_eq!(ledger(&app).await, bill(&app).await, "day {day}");
        app.clock.set(midnight(&app) + Duration::hours(1));
    }
    let later = app.chat.another_channel("later").await;
    app.integrate(account, later, json!({"backfill_count": 7})).await;
    app.poll_after(20).await;
    let billed = bill(&app).await;
    assert_eq!(ledger(&app).await, billed);
    assert_eq!(billed.iter().map(|(_, posts, ..)| *posts).collect::<Vec<_>>(), [135, 130, 130, 7], "{billed:?}");
    assert_eq!(billed[0].2, 1, "one user was read");

    let document = "query ($a: uuid!) { socialCosts(account_id: $a) { day platform posts users usd } \
        all: socialCosts { day posts users usd } \
        socialAccounts { cost { today_usd month_usd forecast_month_usd } } \
        socialPlatforms { platform billing { post_usd user_usd daily_budget_usd cost { today_usd month_usd } } } }";
    let data = app.ask(document, json!({"a": account})).await;
    let days = data["socialCosts"].as_array().expect("days");
    assert_eq!((days.len(), &days[0]["posts"], &days[0]["usd"]), (4, &json!(7), &json!(0.035)), "{data:#}");
    assert_eq!(days[3]["usd"], 0.675, "connecting is not the account's");
    assert_eq!(data["all"][3]["usd"], 0.685, "but the workspace's");
    let cost = &data["socialAccounts"][0]["cost"];
    assert_eq!(cost["today_usd"], 0.035);
    assert!(cost["forecast_month_usd"].as_f64() >= cost["month_usd"].as_f64(), "{cost}");
    let platforms = data["socialPlatforms"].as_array().expect("platforms");
    let x = platforms.iter().find(|of| of["platform"] == "twitter").expect("X");
    assert_eq!((&x["billing"]["post_usd"], &x["billing"]["user_usd"]), (&json!(0.005), &json!(0.01)));
    assert_eq!((&x["billing"]["cost"]["today_usd"], &x["billing"]["daily_budget_usd"]), (&json!(0.035), &json!(null)));
    assert!(platforms.iter().filter(|of| of["platform"] != "twitter").all(|of| of["billing"].is_null()));
}

#[tokio::test]
async fn a_poll_that_finds_nothing_costs_nothing_and_writes_nothing() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    let before = (bill(&app).await, ledger(&app).await);
    for _ in 0..5 {
        app.poll_after(5).await;
    }
    assert_eq!((bill(&app).await, ledger(&app).await), before);
    let rows = "SELECT (SELECT count(*) FROM nchat_social_reservations) + (SELECT count(*) FROM nchat_social_platforms) \
                + (SELECT count(*) FROM nchat_social_calls)";
    assert_eq!(app.chat.count(rows).await, 0);
}

/// One alarm, no reads, and nothing lost when there is money again.
#[tokio::test]
async fn without_credits_nobody_reads_until_there_are_some() {
    for preset in ["credits_depleted", "credits_depleted_old", "spend_cap", "usage_cap"] {
        let app = App::start().await;
        app.following(Platform::Twitter, json!({})).await;
        connect_x(&app, 5).await;
        app.poll().await;
        publish(&app, X_ACCOUNT, 2);
        app.simulator.fault(Fault::new("twitter", "/2/users", FaultKind::Preset(preset.into()))).expect("a fault");
        app.poll_after(5).await;
        app.simulator.clear_calls();
        for _ in 0..10 {
            app.poll_after(5).await;
        }
        let reads = app.simulator.calls().iter().filter(|call| call.path.contains("/2/users")).count();
        assert_eq!(reads, 0, "{preset}: not before the hour is over");
        let stop = app.chat.value("SELECT code, opened_at, closed_at FROM nchat_social_platforms").await;
        assert_eq!((&stop[0]["code"], &stop[0]["closed_at"]), (&json!("usage_capped"), &json!(null)), "{preset}");
        let active =
            app.chat.count("SELECT count(*) FROM nchat_social_accounts WHERE health = 'needs_reconnect'").await;
        assert_eq!(active, 0, "{preset}: nobody is disconnected");
        app.simulator.clear_faults();
        // Credits can come at any time and are looked for; a cap ends with its month, and then the posts are old news.
        let is_soon = preset.starts_with("credits");
        app.clock.advance(if is_soon { Duration::hours(2) } else { Duration::days(32) });
        app.poll_after(5).await;
        assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_posts").await, 2, "{preset}");
        assert_eq!(app.chat.texts().await.len(), if is_soon { 2 } else { 0 }, "{preset}");
        let healthy = app.chat.count("SELECT count(*) FROM nchat_social_accounts WHERE health = 'connected'").await;
        assert_eq!(healthy, 6, "{preset}");
    }
}

async fn spent_today(app: &App) -> i64 {
    let today = app.clock.now().date_naive().to_string();
    bill(app).await.into_iter().find(|(day, ..)| *day == today).map_or(0, |(.., mils)| mils)
}

/// Two processes, many accounts, each with more to read than the budget pays for.
#[tokio::test]
async fn the_budget_is_never_overrun_by_however_many_processes() {
    let mut app = App::start().await;
    app.clock.set(midnight(&app) + Duration::hours(2));
    app.following(Platform::Twitter, json!({})).await;
    let mut accounts = connect_x(&app, 19).await;
    accounts.push(X_ACCOUNT.to_owned());
    app.poll().await;
    app.clock.set(midnight(&app) + Duration::hours(1));
    app.set(&[("SOCIAL_X_DAILY_BUDGET_USD", "0.50")]);
    let mut second = App::beside(&app).await;
    second.set(&[("SOCIAL_X_DAILY_BUDGET_USD", "0.50")]);
    for account in &accounts {
        publish(&app, account, 12);
    }
    // Answers take their time, so that readings overlap; some are lost on the way.
    app.simulator.fault(Fault::new("twitter", "/2/users", FaultKind::TruncatedJson).times(3)).expect("a fault");
    app.simulator.fault(Fault::new("twitter", "/2/users", FaultKind::Slow(20))).expect("a fault");
    for _ in 0..40 {
        app.clock.advance(Duration::minutes(1));
        // Half of what is due for each.
        let jobs = {
            app.ticker.tick().await.expect("a tick");
            std::iter::from_fn(|| app.queue.take()).collect::<Vec<_>>()
        };
        let (own, other): (Vec<_>, Vec<_>) = jobs.into_iter().enumerate().partition(|(n, _)| n % 2 == 0);
        let work = async |poller: &nchat_social::worker::Poller, jobs: Vec<(usize, _)>| {
            for (_, job) in jobs {
                poller.work(job).await;
            }
        };
        tokio::join!(work(&app.poller, own), work(&second.poller, other), async {
            second.poll().await;
        });
        assert!(spent_today(&app).await <= 500, "X billed {} mils", spent_today(&app).await);
    }
    let spent = spent_today(&app).await;
    assert!(spent > 475 - 100, "and most of it is used: {spent}");
    let paused = app
        .chat
        .value("SELECT DISTINCT health, health_code FROM nchat_social_accounts WHERE health <> 'connected'")
        .await;
    assert_eq!(paused, json!([{"health": "paused", "health_code": "budget_reached"}]));
    let held = app
        .chat
        .count("SELECT count(*) FROM nchat_social_accounts WHERE health = 'paused' AND hold_until >= date_trunc('day', hold_until)")
        .await;
    assert!(held > 0);
    let logged = app.chat.count("SELECT count(*) FROM nchat_social_import_logs WHERE code = 'budget_reached'").await;
    assert_eq!(logged, 0, "a poll that was not made is no failed one");

    // Whoever asks for a poll is under the same budget.
    app.ask("mutation { socialTriggerImport(input: {}) { status } }", json!({})).await;
    app.poll().await;
    assert!(spent_today(&app).await <= 500);

    // The next day goes on, below the budget again; on the days after everything is there.
    app.simulator.clear_faults();
    for _ in 0..4 {
        app.clock.set(midnight(&app) + Duration::minutes(6));
        for _ in 0..12 {
            app.poll_after(10).await;
            assert!(spent_today(&app).await <= 500);
        }
    }
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_posts").await, 20 * 12);
    let well = app.chat.count("SELECT count(*) FROM nchat_social_accounts WHERE health = 'connected'").await;
    assert_eq!(well, 20);
    let left = app
        .chat
        .count("SELECT count(*) FROM nchat_social_reservations WHERE expires_at > now() + interval '400 days'")
        .await;
    assert_eq!(left, 0);
    assert_eq!(ledger(&app).await, bill(&app).await);
}

/// A process that dies with money set aside keeps it no longer than its lease.
#[tokio::test]
async fn money_set_aside_by_a_dead_process_is_free_when_its_lease_ends() {
    let mut app = App::start().await;
    app.clock.set(midnight(&app) + Duration::hours(2));
    app.connect_one(Platform::Twitter).await;
    app.set(&[("SOCIAL_X_DAILY_BUDGET_USD", "0.04")]);
    app.poll().await;
    publish(&app, X_ACCOUNT, 3);
    app.clock.advance(Duration::minutes(5));
    assert_eq!(app.ticker.tick().await.expect("a tick").accounts, 1);
    let job = app.queue.take().expect("a job");
    app.simulator.fault(Fault::new("twitter", "/2/users", FaultKind::Slow(500)).times(1)).expect("a fault");
    let died = tokio::time::timeout(std::time::Duration::from_millis(100), app.poller.work(job)).await;
    assert!(died.is_err(), "it was waiting for X");
    assert_eq!(app.chat.count("SELECT sum(micro_usd)::bigint FROM nchat_social_reservations").await, 30_000);
    // A second account finds nothing left, and is not told that the day is over.
    connect_free(&app).await;
    let row =
        app.chat.value("SELECT health, next_poll_reason FROM nchat_social_accounts WHERE account_id = '17001'").await;
    assert_eq!(row, json!([{"health": "connected", "next_poll_reason": "budget_reached"}]));
    app.poll_after(6).await;
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_posts").await, 3);
}

/// A second account on the first one's login, without a call to X.
async fn connect_free(app: &App) {
    app.chat
        .run(
            "INSERT INTO nchat_social_accounts (platform, account_id, credential_id, next_poll_at, baseline_at, cursor) \
             SELECT 'twitter', '17001', credential_id, $1, $1, cursor FROM nchat_social_accounts",
            &[&app.clock.now()],
        )
        .await;
    app.poll().await;
}

#[tokio::test]
async fn a_connection_is_not_begun_beyond_the_budget() {
    let mut app = App::start().await;
    app.set(&[("SOCIAL_X_DAILY_BUDGET_USD", "0.009")]);
    let (cookie, page) = world::depart(&app, Platform::Twitter).await;
    let back = world::consent(&page).await;
    let end = world::arrive(&app, &back, Some(&cookie)).await;
    assert_eq!(world::query(&end, "error").as_deref(), Some("budget_reached"), "{end}");
    assert_eq!(spent_today(&app).await, 0);
}

#[tokio::test]
async fn what_an_account_will_cost_is_told_before_it_is_connected() {
    let app = App::start().await;
    // Half a post a day since the account was made.
    let made = nchat_social::domain::Timestamp::from_timestamp_millis(
        (1_700_000_000_000_000_001_i64 >> 22) + 1_288_834_974_657,
    );
    let days = (app.clock.now() - made.expect("a time")).num_days();
    for _ in 0..days / 2 {
        app.simulator.world("twitter").expect("X").publish(X_ACCOUNT, Draft::text("One of many")).expect("published");
    }
    let document = "mutation { socialStartConnection(input: {platform: twitter, choose: true}) { connection_id url } }";
    let started = app.ask(document, json!({})).await["socialStartConnection"].clone();
    let url: url::Url = started["url"].as_str().and_then(|url| url.parse().ok()).expect("an address");
    let (cookie, page) = world::depart_by(&app, &url).await;
    let end = world::arrive(&app, &world::consent(&page).await, Some(&cookie)).await;
    assert!(world::query(&end, "choose").is_some(), "{end}");
    let document = "query ($id: uuid!) { socialConnection(id: $id) { status identities { identity_id posts_per_day \
                    forecast_month_usd forecast_month_lookups_usd } } }";
    let data = app.ask(document, json!({"id": started["connection_id"]})).await;
    let identities = &data["socialConnection"]["identities"];
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_accounts").await, 0, "nothing is connected yet");
    let rate = identities[0]["posts_per_day"].as_f64().expect("a rate");
    assert!((0.45..0.55).contains(&rate), "{identities}");
    let month = identities[0]["forecast_month_usd"].as_f64().expect("a sum");
    assert!((month - rate * 30.4375 * 0.005).abs() < 1e-6, "{identities}");
    let lookups = identities[0]["forecast_month_lookups_usd"].as_f64().expect("a sum");
    assert!((lookups - 2.0 * month).abs() < 2e-6, "{identities}");
    let connection = started["connection_id"].as_str().expect("an id");
    assert_eq!(world::choose_all(&app, connection).await.len(), 1, "and then it is");
}

/// What would grow without bound is deleted.
#[tokio::test]
async fn ids_are_kept_two_days_and_sums_four_hundred() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    publish(&app, X_ACCOUNT, 3);
    app.poll_after(5).await;
    let count = async |table: &str| app.chat.count(&format!("SELECT count(*) FROM nchat_social_{table}")).await;
    assert!(count("billed").await >= 4);
    app.clock.advance(Duration::days(3));
    app.service.clean_up().await.expect("cleaned");
    assert_eq!((count("billed").await, count("costs").await > 0), (0, true));
    app.clock.advance(Duration::days(401));
    app.service.clean_up().await.expect("cleaned");
    assert_eq!((count("costs").await, count("spending").await), (0, 0));
}

/// What could not be booked was free again and spent twice, and the account was read every five minutes as if all was well.
#[tokio::test]
async fn defect_what_cannot_be_booked_stays_aside_and_is_a_failed_poll() {
    let mut app = App::start().await;
    app.clock.set(midnight(&app) + Duration::hours(1));
    app.set(&[("SOCIAL_X_DAILY_BUDGET_USD", "1")]);
    let id = app.following(Platform::Twitter, json!({})).await;
    publish(&app, X_ACCOUNT, 2);
    app.chat
        .script(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$; \
             CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON nchat_social_costs FOR EACH ROW EXECUTE FUNCTION refuse()",
        )
        .await;
    assert_eq!(app.poll_after(10).await, 1);
    app.assert_at_rest().await;
    let account = app.only_account().await;
    assert_eq!(account["health_code"], "import_failed", "{account}");
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_import_logs WHERE code = 'import_failed'").await, 1);
    let aside = app.chat.value("SELECT id, micro_usd >= 10000 AS enough FROM nchat_social_reservations").await;
    assert_eq!(aside, json!([{"id": id, "enough": true}]), "for the account, not for the lease");

    app.chat.script("DROP TRIGGER refuse ON nchat_social_costs").await;
    assert_eq!(app.next_poll().await["health_code"], json!(null));
    assert_eq!(app.chat.texts().await.len(), 2);
    assert_eq!(ledger(&app).await, bill(&app).await);
    assert_eq!(app.chat.value("SELECT id FROM nchat_social_reservations").await, json!([]));
}
