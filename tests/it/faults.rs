//! What may end or disturb a connection, each brought about in the simulated world: the account's health says the truth,
//! nobody is asked who need not act, and afterwards nothing is lost or doubled.

mod facebook;
mod neighbours;
mod storm;

use crate::{
    app::{App, world::account_of},
    connect::tokens_of,
};
use chrono::Duration;
use nchat_social::{
    domain::Platform,
    outbound::{Limits, Outbound},
    platforms::{Platforms, twitter::Twitter},
    service::Service,
    simulator::{Draft, Fault, FaultKind, PlatformWorld},
};
use serde_json::json;
use std::sync::Arc;

/// Polls that a fault is given, each when the account itself says.
const POLLS: usize = 4;

/// What the account's health must say in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    /// All the while: nobody need do anything.
    Connected,
    /// It may show, and it mends itself once the fault is over.
    MendsItself,
    /// A person must reconnect.
    Reconnect,
    /// Somebody must look after rights at the platform; the service looks again now and then.
    LooksAgain,
}

type Break = fn(&App, &Arc<dyn PlatformWorld>);

struct Row {
    platform: Platform,
    what: &'static str,
    breaks: Break,
    says: Says,
}

fn arm(app: &App, fault: Fault) {
    app.simulator.fault(fault).expect("a fault");
}

fn rows() -> Vec<Row> {
    use Platform::{Instagram, Linkedin, Twitter};
    use Says::{Connected, LooksAgain, MendsItself, Reconnect};
    let row = |platform, what, breaks: Break, says| Row { platform, what, breaks, says };
    let mut rows = vec![
        // The access token is over before its time: renewed at once where the platform has a way.
        row(Twitter, "expired", |_, x| x.expire(account_of(Twitter)).expect("expired"), Connected),
        row(Linkedin, "expired", |_, x| x.expire(account_of(Linkedin)).expect("expired"), Connected),
        row(Instagram, "expired", |_, x| x.expire(account_of(Instagram)).expect("expired"), Reconnect),
        row(
            Twitter,
            "rotated elsewhere",
            |app, x| {
                x.rotate(account_of(Twitter)).expect("rotated");
                app.clock.advance(Duration::hours(2));
            },
            Reconnect,
        ),
        row(
            Twitter,
            "the connection is cut after the rotation",
            |app, _| {
                arm(app, Fault::new("twitter", "/2/oauth2/token", FaultKind::CutAfter).times(1));
                app.clock.advance(Duration::hours(2));
            },
            Reconnect,
        ),
        row(
            Twitter,
            "a 502 in HTML at the token endpoint",
            |app, _| {
                arm(app, Fault::new("twitter", "/2/oauth2/token", FaultKind::Html(502)).times(3));
                app.clock.advance(Duration::hours(2));
            },
            MendsItself,
        ),
        row(
            Twitter,
            "a scope is withdrawn",
            |_, x| x.withdraw(account_of(Twitter), "users.read").expect("withdrawn"),
            Reconnect,
        ),
        row(
            Instagram,
            "a scope is withdrawn",
            |_, x| x.withdraw(account_of(Instagram), "instagram_business_basic").expect("withdrawn"),
            Reconnect,
        ),
        row(
            Linkedin,
            "a scope is withdrawn",
            |_, x| x.withdraw(account_of(Linkedin), "r_organization_social").expect("withdrawn"),
            LooksAgain,
        ),
        row(Linkedin, "page access is lost", |_, x| x.switch("role", "none").expect("a switch"), LooksAgain),
    ];
    for platform in Platform::ALL {
        let revoke: Break = match platform {
            Twitter => |_, x| x.revoke(account_of(Twitter)).expect("revoked"),
            Instagram => |_, x| x.revoke(account_of(Instagram)).expect("revoked"),
            Linkedin => |_, x| x.revoke(account_of(Linkedin)).expect("revoked"),
        };
        let for_an_hour: Break = match platform {
            Twitter => {
                |app, _| arm(app, Fault::new("twitter", "", FaultKind::Preset("unavailable".into())).seconds(3600))
            }
            Instagram => |app, _| arm(app, Fault::new("instagram", "", FaultKind::Html(503)).seconds(3600)),
            Linkedin => {
                |app, _| arm(app, Fault::new("linkedin", "", FaultKind::Preset("unavailable".into())).seconds(3600))
            }
        };
        rows.extend([
            row(platform, "revoked by the person", revoke, Reconnect),
            row(platform, "503 for an hour", for_an_hour, MendsItself),
            row(
                platform,
                "the platform's clock is five minutes ahead",
                |app, _| app.simulator.shared().clock.put_ahead(Duration::minutes(5)),
                Connected,
            ),
            row(
                platform,
                "the platform's clock is five minutes behind",
                |app, _| app.simulator.shared().clock.put_ahead(Duration::minutes(-5)),
                Connected,
            ),
        ]);
    }
    rows
}

fn publish(app: &App, platform: Platform, text: &str) {
    let world = app.simulator.world(platform.as_str()).expect("a world");
    world.publish(account_of(platform), Draft::text(text)).expect("published");
}

/// The healths of the next polls, and why.
async fn healths(app: &App) -> (Vec<String>, String) {
    let mut healths = Vec::new();
    let mut last = json!(null);
    for _ in 0..POLLS {
        last = app.next_poll().await;
        healths.push(last["health"].as_str().expect("a health").to_owned());
    }
    (healths, format!("{} {}", last["health_code"], last["health_message"]))
}

async fn check(row: Row) -> Vec<String> {
    let Row { platform, what, breaks, says } = row;
    let app = App::start().await;
    let world = app.simulator.world(platform.as_str()).expect("a world").clone();
    app.following(platform, json!({})).await;
    publish(&app, platform, "Before");
    app.next_poll().await;
    publish(&app, platform, "Meanwhile");
    breaks(&app, &world);
    let (seen, why) = healths(&app).await;
    let last = seen.last().map_or("", String::as_str);
    let as_expected = match says {
        Says::Connected => seen.iter().all(|health| health == "connected"),
        Says::MendsItself => seen.iter().all(|health| ["connected", "degraded"].contains(&health.as_str())),
        Says::Reconnect => seen[0] != "needs_reconnect" && last == "needs_reconnect",
        Says::LooksAgain => ["needs_reconnect", "paused"].contains(&last),
    };
    let mut wrong = Vec::new();
    if !as_expected {
        wrong.push(format!("{platform}: {what}: {says:?}, but {seen:?}: {why}"));
    }
    // It passes, or whoever must act acts.
    app.clock.advance(Duration::hours(1));
    match says {
        Says::Connected | Says::MendsItself => {}
        Says::LooksAgain => {
            world.switch("role", "ADMINISTRATOR").expect("a switch");
            app.connect(platform).await;
        }
        Says::Reconnect => {
            app.connect(platform).await;
        }
    }
    publish(&app, platform, "Afterwards");
    let (mut account, mut texts) = (app.only_account().await, app.chat.texts().await);
    for _ in 0..POLLS {
        if account["health"] == "connected" && texts.len() >= 3 {
            break;
        }
        (account, texts) = (app.next_poll().await, app.chat.texts().await);
    }
    if account["health"] != "connected" {
        wrong.push(format!("{platform}: {what}: afterwards {account}"));
    }
    if texts != ["Before", "Meanwhile", "Afterwards"] {
        wrong.push(format!("{platform}: {what}: posted {texts:?}"));
    }
    let alive = world.grants().pop().expect("a consent");
    if !alive.alive || alive.spent_uses > 0 {
        wrong.push(format!("{platform}: {what}: {alive:?}"));
    }
    app.assert_at_rest().await;
    wrong
}

async fn check_all(platform: Platform) {
    let mut wrong = Vec::new();
    for row in rows().into_iter().filter(|row| row.platform == platform) {
        wrong.extend(check(row).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn at_x_the_health_says_the_truth_and_nothing_is_lost() {
    check_all(Platform::Twitter).await;
}

#[tokio::test]
async fn at_instagram_the_health_says_the_truth_and_nothing_is_lost() {
    check_all(Platform::Instagram).await;
}

#[tokio::test]
async fn at_linkedin_the_health_says_the_truth_and_nothing_is_lost() {
    check_all(Platform::Linkedin).await;
}

/// Another process of ours gave the tokens back.
#[tokio::test]
async fn tokens_that_we_gave_back_ourselves_ask_for_a_person() {
    let app = App::start().await;
    let id = app.following(Platform::Twitter, json!({})).await;
    let client = app.service.platforms.get(Platform::Twitter).expect("X").clone();
    client.revoke(&tokens_of(&app, id).await).await.expect("given back");
    let (seen, why) = healths(&app).await;
    assert_eq!((&*seen[0], seen.last().map(String::as_str)), ("degraded", Some("needs_reconnect")), "{seen:?} {why}");
}

/// X with a client that does not wait for long.
async fn impatient() -> App {
    let mut app = App::start().await;
    let given = nchat_social::cli::simulator_settings(&app.simulator.shared().base_url);
    let others = [
        ("DATABASE_URL", "postgres://unused/unused".to_owned()),
        ("SOCIAL_MEDIA_ENCRYPTION_KEY", crate::app::ENCRYPTION_KEY.to_owned()),
        ("NEXT_PUBLIC_APP_URL", "http://127.0.0.1:9".to_owned()),
        ("NCHAT_SOCIAL_SHARED_SECRET", crate::app::SHARED_SECRET.to_owned()),
    ];
    let read = |name: &str| given.iter().chain(&others).find(|(n, _)| *n == name).map(|(_, value)| value.clone());
    let config = nchat_social::config::Config::from_env(&read).expect("settings");
    let total = std::time::Duration::from_millis(400);
    let http = Outbound::new(Limits { total, ..Limits::default() }).expect("a client");
    let mut platforms = Platforms::default();
    platforms.insert(Arc::new(Twitter::new(config.twitter.expect("X"), http)));
    app.use_service(Service { platforms, ..app.service.clone() });
    app
}

#[tokio::test]
async fn a_slow_answer_costs_the_connection_only_where_the_platform_rotated_in_vain() {
    for (kind, alive) in [(FaultKind::Slow(2_000), true), (FaultKind::SlowAfter(2_000), false)] {
        let app = impatient().await;
        app.following(Platform::Twitter, json!({})).await;
        publish(&app, Platform::Twitter, "Meanwhile");
        app.clock.advance(Duration::hours(2));
        arm(&app, Fault::new("twitter", "/2/oauth2/token", kind).times(1));
        let (seen, why) = healths(&app).await;
        let grant = app.simulator.world("twitter").expect("X").grants().pop().expect("a consent");
        assert_eq!((grant.alive, grant.spent_uses), (alive, 0));
        let health = if alive { "connected" } else { "needs_reconnect" };
        assert_eq!(seen.last().map(String::as_str), Some(health), "{seen:?} {why}");
        assert_eq!(app.chat.texts().await.len(), usize::from(alive));
    }
}
