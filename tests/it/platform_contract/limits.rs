//! Every refusal of every platform through the whole program: what the account says, when it is read again, who waits.

use crate::app::{
    App,
    world::{self, account_of},
};
use chrono::{DateTime, Datelike, Duration, Months, NaiveTime, Utc};
use nchat_social::{
    domain::{Clock, Platform},
    simulator::{Draft, Fault, FaultKind, NewAccount},
};
use serde_json::{Value, json};

/// Who is told to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    /// Nobody: back-off alone.
    Nobody,
    /// The account.
    Account,
    /// Every account of the login: LinkedIn's pages here have the same.
    Login,
    /// Every account of the platform.
    Platform,
}

/// When the account is read next.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// After at least so much and at most a minute more.
    After(Duration),
    /// After at least and at most.
    Between(Duration, Duration),
    /// At 00:00 UTC, or within the minute behind it.
    Midnight,
    /// After a day, or when the month ends if that is sooner.
    Capped,
}

struct Case {
    platform: Platform,
    /// A preset of X (`preset`), or a switch.
    turn: (&'static str, &'static str),
    health: &'static str,
    code: &'static str,
    holds: Holds,
    next: Next,
}

const fn case(
    platform: Platform,
    turn: (&'static str, &'static str),
    health: &'static str,
    code: &'static str,
    holds: Holds,
    next: Next,
) -> Case {
    Case { platform, turn, health, code, holds, next }
}

const BACKOFF: Next = Next::Between(Duration::seconds(15), Duration::seconds(31));
const MINUTE: Next = Next::After(Duration::minutes(1));
const QUARTER: Next = Next::After(Duration::minutes(15));
const HOUR: Next = Next::After(Duration::hours(1));
const DAY: Next = Next::After(Duration::days(1));

fn x() -> Vec<Case> {
    use Holds::{Account, Nobody, Platform as All};
    let case = |turn, health, code, holds, next| case(Platform::Twitter, turn, health, code, holds, next);
    vec![
        case(("preset", "rate_limited"), "connected", "rate_limited", Account, QUARTER),
        case(("preset", "rate_limited_documented"), "connected", "rate_limited", Account, QUARTER),
        case(("preset", "rate_limited_old"), "connected", "rate_limited", Account, QUARTER),
        case(("preset", "usage_cap"), "paused", "usage_capped", All, HOUR),
        case(("preset", "credits_depleted"), "paused", "usage_capped", All, HOUR),
        case(("preset", "credits_depleted_old"), "paused", "usage_capped", All, HOUR),
        // It names the month's end, but a limit that is raised ends it sooner.
        case(("preset", "spend_cap"), "paused", "usage_capped", All, Next::Capped),
        case(("preset", "locked"), "paused", "account_gone", Nobody, DAY),
        case(("preset", "client_forbidden"), "paused", "app_rejected", All, QUARTER),
        case(("preset", "unauthorized"), "degraded", "token_rejected", Nobody, MINUTE),
        case(("preset", "unauthorized_old"), "degraded", "token_rejected", Nobody, MINUTE),
        case(("preset", "unavailable"), "connected", "upstream", Nobody, BACKOFF),
        case(("suspended", account_of(Platform::Twitter)), "paused", "account_gone", Nobody, DAY),
        case(("missing", account_of(Platform::Twitter)), "paused", "account_gone", Nobody, DAY),
        case(("locked", account_of(Platform::Twitter)), "paused", "account_gone", Nobody, DAY),
    ]
}

fn instagram() -> Vec<Case> {
    use Holds::{Account, Nobody, Platform as All};
    let case =
        |fault, health, code, holds, next| case(Platform::Instagram, ("fault", fault), health, code, holds, next);
    vec![
        case("app_limit", "connected", "rate_limited", All, QUARTER),
        case("user_limit", "connected", "rate_limited", Account, QUARTER),
        case("page_limit", "connected", "rate_limited", Account, QUARTER),
        case("custom_limit", "connected", "rate_limited", Account, QUARTER),
        case("quota", "connected", "rate_limited", Account, Next::Between(Duration::minutes(15), Duration::hours(25))),
        case("blocked", "paused", "refused", Nobody, DAY),
        case("permission", "degraded", "missing_scope", Nobody, MINUTE),
        case("unsupported", "degraded", "missing_scope", Nobody, MINUTE),
        case("expired", "degraded", "token_rejected", Nobody, MINUTE),
        case("removed", "degraded", "token_rejected", Nobody, MINUTE),
        case("password_changed", "degraded", "token_rejected", Nobody, MINUTE),
        case("checkpoint", "degraded", "token_rejected", Nobody, MINUTE),
        case("malformed_session", "degraded", "token_rejected", Nobody, MINUTE),
        case("undecryptable", "degraded", "token_rejected", Nobody, MINUTE),
        case("unparsable", "degraded", "token_rejected", Nobody, MINUTE),
        case("unknown", "connected", "upstream", Nobody, BACKOFF),
        case("temporary", "connected", "upstream", Nobody, BACKOFF),
        case("html", "connected", "upstream", Nobody, BACKOFF),
    ]
}

fn linkedin() -> Vec<Case> {
    use Holds::{Login, Nobody, Platform as All};
    let case = |turn, health, code, holds, next| case(Platform::Linkedin, turn, health, code, holds, next);
    vec![
        case(("app_limit", "0"), "connected", "rate_limited", All, Next::Midnight),
        case(("member_limit", "0"), "connected", "rate_limited", Login, Next::Midnight),
        case(("sunset", "all"), "paused", "app_rejected", All, QUARTER),
        case(("role", "none"), "degraded", "missing_scope", Nobody, MINUTE),
    ]
}

/// Two accounts of the case's platform and one of another, all with stock taken.
async fn neighbours(platform: Platform) -> (App, Platform) {
    let app = App::start().await;
    let name = platform.as_str();
    let second = match platform {
        Platform::Twitter => "1700000000000000002",
        Platform::Instagram => "17841400000000002",
        Platform::Linkedin => "urn:li:organization:5590507",
    };
    let simulated = app.simulator.world(name).expect("a world");
    let account = NewAccount { id: second.into(), handle: "acme_second".into(), name: "Acme Second".into() };
    simulated.add_account(account).expect("a second account");
    app.connect(platform).await;
    if platform != Platform::Linkedin {
        let (cookie, mut page) = world::depart(&app, platform).await;
        page.query_pairs_mut().append_pair("account", second);
        let back = world::consent(&page).await;
        let end = world::arrive(&app, &back, Some(&cookie)).await;
        assert!(world::query(&end, "success").is_some(), "{end}");
    }
    let other = Platform::ALL.into_iter().find(|other| *other != platform).expect("another platform");
    app.connect_one(other).await;
    app.poll().await;
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_accounts").await, 3, "{platform}");
    (app, other)
}

/// Every account as people see it.
async fn all_accounts(app: &App) -> Vec<Value> {
    let document =
        "{ socialAccounts { account_id platform health health_code health_message next_poll_at hold_until } }";
    app.ask(document, json!({})).await["socialAccounts"].as_array().expect("accounts").clone()
}

async fn account(app: &App, remote_id: &str) -> Value {
    let all = all_accounts(app).await;
    all.into_iter().find(|account| account["account_id"] == remote_id).expect("an account")
}

fn time(value: &Value) -> Option<DateTime<Utc>> {
    value.as_str().map(|text| text.parse().expect("a time"))
}

fn assert_next(next: Next, now: DateTime<Utc>, at: DateTime<Utc>, what: &str) {
    let midnight = |day: chrono::NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    let slack = Duration::seconds(61);
    let (from, to) = match next {
        // X names whole seconds.
        Next::After(wait) => (now + wait - Duration::seconds(1), now + wait + slack),
        Next::Between(from, to) => (now + from, now + to),
        Next::Midnight => {
            let at = midnight(now.date_naive().succ_opt().expect("a day"));
            (at, at + slack)
        }
        Next::Capped => {
            let next_month = (now.date_naive().with_day(1)).and_then(|first| first.checked_add_months(Months::new(1)));
            let at = midnight(next_month.expect("a month")).min(now + Duration::days(1));
            (at - Duration::seconds(1), at + slack)
        }
    };
    assert!((from..=to).contains(&at), "{what}: {at} is not from {from} to {to}");
}

async fn check(app: &App, other: Platform, case: &Case) {
    let (platform, first) = (case.platform, account_of(case.platform));
    let what = format!("{platform} {:?}", case.turn);
    // Everybody is well, and only the first account is due.
    app.clock.advance(Duration::hours(1));
    let now = app.clock.now();
    app.chat
        .run(
            "UPDATE nchat_social_accounts SET health = 'connected', health_code = NULL, failures = 0, \
               hold_until = NULL, next_poll_at = CASE WHEN account_id = $1 THEN $2 \
                 ELSE $2::timestamptz + interval '20 minutes' END",
            &[&first, &now],
        )
        .await;
    app.chat.run("UPDATE nchat_social_credentials SET refresh_not_before = NULL", &[]).await;
    app.chat.run("DELETE FROM nchat_social_platforms", &[]).await;
    app.chat.run("DELETE FROM nchat_social_calls", &[]).await;
    let simulated = app.simulator.world(platform.as_str()).expect("a world");
    match case.turn {
        ("preset", name) => {
            let kind = FaultKind::Preset(name.into());
            app.simulator.fault(Fault::new("twitter", "/2/users", kind)).expect("a fault");
        }
        (name, value) => simulated.switch(name, value).expect("a switch"),
    }
    assert_eq!(app.poll().await, 1, "{what}");
    undo(app, case);

    let hit = account(app, first).await;
    assert_eq!((&hit["health"], &hit["health_code"]), (&json!(case.health), &json!(case.code)), "{what}: {hit:#}");
    let message = hit["health_message"].as_str().unwrap_or_default();
    assert!(message.len() > 20 && !message.contains("access_token"), "{what}: {message}");
    let next = time(&hit["next_poll_at"]).expect("a time");
    assert_next(case.next, now, next, &what);
    let held = time(&hit["hold_until"]);
    assert_eq!(held.is_some(), case.holds != Holds::Nobody, "{what}: {hit:#}");
    assert!(held.is_none_or(|held| held <= next), "{what}: {hit:#}");

    for neighbour in all_accounts(app).await.iter().filter(|account| account["account_id"] != first) {
        let same = neighbour["platform"] == platform.as_str();
        let waits = same && matches!(case.holds, Holds::Platform | Holds::Login);
        assert_eq!(neighbour["health"], "connected", "{what}: {neighbour:#}");
        assert_eq!(neighbour["hold_until"].is_string(), waits, "{what}: {neighbour:#}");
        if waits {
            let until = time(&neighbour["hold_until"]);
            assert!(
                until <= held && held <= until.map(|until| until + Duration::minutes(1)),
                "{what}: all wait for the same"
            );
            assert!(time(&neighbour["next_poll_at"]) >= until, "{what}: {neighbour:#}");
        }
    }
    // Others go on, and what is held is not called.
    app.simulator.clear_calls();
    app.clock.advance(Duration::minutes(20));
    app.poll().await;
    let calls = app.simulator.calls();
    assert!(calls.iter().any(|call| call.platform == other.as_str()), "{what}: {other} goes on");
    let again = calls.iter().any(|call| call.platform == platform.as_str());
    assert!(!(again && case.holds == Holds::Platform && next > app.clock.now()), "{what}: {platform} waits");
    app.assert_at_rest().await;
}

fn undo(app: &App, case: &Case) {
    app.simulator.clear_faults();
    let simulated = app.simulator.world(case.platform.as_str()).expect("a world");
    let (name, value) = match case.turn {
        ("preset", _) => return,
        ("fault", _) => ("fault", "none"),
        ("app_limit" | "member_limit", _) => (case.turn.0, "none"),
        ("sunset", _) => ("versions", "202601 202602 202603 202604 202605 202606 202607 202608 202609"),
        ("role", _) => ("role", "ADMINISTRATOR"),
        (name, _) => (name, ""),
    };
    simulated.switch(name, value).expect("a switch");
}

/// One world after another trouble, and in the end nothing is lost.
async fn check_all(platform: Platform, cases: Vec<Case>) {
    let (app, other) = neighbours(platform).await;
    let ids = app.chat.value("SELECT id FROM nchat_social_accounts ORDER BY created_at, id").await;
    assert_eq!(ids.as_array().map(Vec::len), Some(3));
    let rows = app
        .chat
        .value(&format!("SELECT id FROM nchat_social_accounts WHERE account_id = '{}'", account_of(platform)))
        .await;
    let first: uuid::Uuid = rows[0]["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    app.integrate(first, app.chat.announcements, json!({})).await;
    let simulated = app.simulator.world(platform.as_str()).expect("a world");
    let mut expected = Vec::new();
    for (n, case) in cases.iter().enumerate() {
        expected.push(format!("Before trouble {n}"));
        simulated.publish(account_of(platform), Draft::text(&expected[n])).expect("published");
        check(&app, other, case).await;
    }
    app.clock.advance(Duration::hours(1));
    app.chat.run("UPDATE nchat_social_accounts SET hold_until = NULL, next_poll_at = $1", &[&app.clock.now()]).await;
    app.chat.run("DELETE FROM nchat_social_platforms", &[]).await;
    app.chat.run("DELETE FROM nchat_social_calls", &[]).await;
    app.poll().await;
    assert_eq!(app.chat.texts().await, expected, "{platform}: nothing is lost");
    assert_eq!(account(&app, account_of(platform)).await["health"], "connected", "{platform}");
}

#[tokio::test]
async fn every_refusal_of_x_ends_as_decided() {
    check_all(Platform::Twitter, x()).await;
}

#[tokio::test]
async fn every_refusal_of_instagram_ends_as_decided() {
    check_all(Platform::Instagram, instagram()).await;
}

#[tokio::test]
async fn every_refusal_of_linkedin_ends_as_decided() {
    check_all(Platform::Linkedin, linkedin()).await;
}

/// Fewer calls and no batches, but posts all the same.
#[tokio::test]
async fn linkedins_development_tier_reads_on_until_its_hundred_calls_are_used() {
    let app = App::start().await;
    app.simulator.world("linkedin").expect("LinkedIn").switch("tier", "development").expect("a switch");
    app.following(Platform::Linkedin, json!({})).await;
    let simulated = app.simulator.world("linkedin").expect("LinkedIn");
    let media = vec![super::bench::media("image"), super::bench::media("image")];
    simulated
        .publish(account_of(Platform::Linkedin), Draft { media, ..Draft::text("Two pictures") })
        .expect("published");
    app.poll_after(20).await;
    let messages = app.chat.messages(app.chat.announcements).await;
    assert_eq!(messages[0].embeds[0]["media"].as_array().map(Vec::len), Some(2));
    for _ in 0..110 {
        app.poll_after(6).await;
        if app.chat.count("SELECT count(*) FROM nchat_social_accounts WHERE hold_until IS NOT NULL").await > 0 {
            let row = account(&app, account_of(Platform::Linkedin)).await;
            assert_eq!(row["health_code"], "rate_limited");
            assert_next(Next::Midnight, app.clock.now(), time(&row["next_poll_at"]).expect("a time"), "development");
            return;
        }
    }
    panic!("a hundred calls a day are never used up");
}
