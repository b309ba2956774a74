//! Renewals that fail: who is asked, how often, and what is left when the process dies in the middle.

use super::{account, calls, credential, tokens_of};
use crate::app::{App, world::account_of};
use futures_util::future::join_all;
use nchat_social::{
    domain::Platform,
    service::Service,
    simulator::{Draft, Fault, FaultKind, NewAccount},
    store::{
        Store,
        connect::{PoolOptions, pool},
    },
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

const X_TOKEN: &str = "/2/oauth2/token";
const LINKEDIN_TOKEN: &str = "/oauth/v2/accessToken";
const INSTAGRAM_RENEWAL: &str = "/graph/refresh_access_token";

/// The token endpoint of a platform, when it renews.
const fn renewal_of(platform: Platform) -> (&'static str, &'static str) {
    match platform {
        Platform::Twitter => ("POST", X_TOKEN),
        Platform::Instagram => ("GET", INSTAGRAM_RENEWAL),
        Platform::Linkedin => ("POST", LINKEDIN_TOKEN),
    }
}

/// After this the platform's token is due, and still works.
fn until_due(platform: Platform) -> chrono::Duration {
    match platform {
        Platform::Twitter => chrono::Duration::minutes(112),
        Platform::Instagram => chrono::Duration::days(30),
        Platform::Linkedin => chrono::Duration::days(54),
    }
}

fn refusing(platform: &str, path: &str, status: u16, body: Value) -> Fault {
    Fault::new(platform, path, FaultKind::Status { status, headers: Default::default(), body })
}

async fn health(app: &App, id: Uuid) -> (String, Option<String>) {
    let account = account(app, id).await;
    (account["health"].as_str().expect("a word").to_owned(), account["health_code"].as_str().map(str::to_owned))
}

async fn is_at(app: &App, id: Uuid, health_word: &str, code: &str) {
    assert_eq!(health(app, id).await, (health_word.to_owned(), Some(code.to_owned())));
}

#[tokio::test]
async fn ten_processes_asking_at_once_make_one_renewal() {
    let app = App::start().await;
    app.simulator.world("twitter").expect("X").switch("family_revocation", "on").expect("a switch");
    let id = app.following(Platform::Twitter, json!({})).await;
    let processes: Vec<Service> = (0..10)
        .map(|_| {
            let url = SecretString::from(app.database.url());
            let options = PoolOptions { url, size: 4, statement_timeout: Duration::from_secs(20) };
            Service { store: Store::new(pool(&options).expect("a pool")), ..app.service.clone() }
        })
        .collect();
    for rejected in [false, true] {
        app.clock.advance(chrono::Duration::hours(2));
        app.simulator.clear_calls();
        app.simulator.fault(Fault::new("twitter", X_TOKEN, FaultKind::Slow(200))).expect("a fault");
        let stale = credential(&app, id).await;
        let asking = processes.iter().chain(&processes).map(|service| async {
            let client = service.platforms.get(Platform::Twitter).expect("X");
            let token = match rejected {
                true => service.replace_token(client, &stale).await,
                false => service.access_token(client, &stale).await,
            };
            token.expect("a token").expose_secret().to_owned()
        });
        let mut tokens = join_all(asking).await;
        tokens.dedup();
        assert_eq!(tokens, [tokens_of(&app, id).await.access_token.expose_secret()], "all have the stored one");
        assert_eq!(calls(&app, "twitter", "POST", X_TOKEN), 1, "rejected: {rejected}");
        app.simulator.clear_faults();
    }
}

/// An outage of the token endpoint: the token is used as long as it works, nobody is asked, and the endpoint is not
/// stormed.
#[tokio::test]
async fn an_outage_is_sat_out_with_growing_pauses() {
    let app = App::start().await;
    let id = app.following(Platform::Twitter, json!({})).await;
    app.clock.advance(until_due(Platform::Twitter));
    app.simulator.clear_calls();
    app.simulator.fault(Fault::new("twitter", X_TOKEN, FaultKind::Html(503))).expect("a fault");
    app.poll().await;
    assert_eq!(health(&app, id).await, ("connected".into(), None), "eight minutes are left");
    for minute in 1..=90 {
        app.poll_after(1).await;
        assert_ne!(account(&app, id).await["health"], "needs_reconnect", "minute {minute}");
    }
    let asked = calls(&app, "twitter", "POST", X_TOKEN);
    assert!((4..=14).contains(&asked), "asked {asked} times in an hour and a half");
    is_at(&app, id, "degraded", "upstream").await;
    assert!(credential(&app, id).await.refresh_failures >= 4, "counted");

    app.simulator.clear_faults();
    let world = app.simulator.world("twitter").expect("X");
    world.publish(account_of(Platform::Twitter), Draft::text("Back again")).expect("published");
    app.poll_after(60).await;
    app.poll_after(61).await;
    assert_eq!(health(&app, id).await, ("connected".into(), None));
    let login = credential(&app, id).await;
    assert_eq!((login.refresh_failures, login.refresh_code), (0, None));
    assert_eq!(app.chat.texts().await, ["Back again"]);
}

/// From half of the 60 days on, and then once a day until it worked.
#[tokio::test]
async fn instagram_is_asked_once_a_day_until_it_works() {
    let app = App::start().await;
    let id = app.following(Platform::Instagram, json!({})).await;
    app.simulator.clear_calls();
    app.poll_after(29 * 24 * 60).await;
    assert_eq!(calls(&app, "instagram", "GET", INSTAGRAM_RENEWAL), 0, "half of its life is not over");
    app.simulator.fault(Fault::new("instagram", INSTAGRAM_RENEWAL, FaultKind::Html(503))).expect("a fault");
    for hour in 1..=75 {
        app.poll_after(60).await;
        assert_eq!(health(&app, id).await.0, "connected", "hour {hour}");
    }
    // The day is over after 24 hours; three days and three hours later that makes three.
    assert_eq!(calls(&app, "instagram", "GET", INSTAGRAM_RENEWAL), 3);
    app.simulator.clear_faults();
    for _ in 0..24 {
        app.poll_after(60).await;
    }
    assert_eq!(calls(&app, "instagram", "GET", INSTAGRAM_RENEWAL), 4);
    let end = credential(&app, id).await.access_expires_at.expect("an end");
    assert!(end > nchat_social::domain::Clock::now(&*app.clock) + chrono::Duration::days(58));
}

/// A wrong secret of ours: nobody is disconnected, the operator is told, and right credentials mend everything.
#[tokio::test]
async fn our_apps_wrong_credentials_disconnect_nobody() {
    for (platform, status, body) in [
        (Platform::Twitter, 401, json!({"error": "unauthorized_client", "error_description": "Missing valid …"})),
        (
            Platform::Twitter,
            400,
            json!({"error": "invalid_client", "error_description": "Value passed for the client"}),
        ),
        (Platform::Linkedin, 401, json!({"error": "invalid_client", "error_description": "Client authentication …"})),
    ] {
        let app = App::start().await;
        let id = app.following(platform, json!({})).await;
        app.clock.advance(until_due(platform));
        app.simulator.fault(refusing(platform.as_str(), renewal_of(platform).1, status, body)).expect("a fault");
        app.poll().await;
        assert_eq!(health(&app, id).await.0, "connected", "{platform}: the token still works");
        app.clock.advance(until_due(platform));
        for _ in 0..10 {
            app.poll_after(20).await;
            is_at(&app, id, "paused", "app_rejected").await;
        }
        assert_eq!(credential(&app, id).await.refresh_failures, 0, "{platform}: not the login's fault");
        let failures = app.chat.count("SELECT failures::bigint FROM nchat_social_accounts").await;
        assert_eq!(failures, 0, "{platform}: nor the account's");
        let message = app.chat.value("SELECT health_message AS text FROM nchat_social_accounts").await;
        assert!(message[0]["text"].as_str().expect("a sentence").contains("operator"), "{message}");
        app.simulator.clear_faults();
        app.poll_after(20).await;
        assert_eq!(health(&app, id).await, ("connected".into(), None), "{platform}");
    }
}

/// A refusal is believed when it comes twice, a minute apart; an outage before it is no confirmation.
#[tokio::test]
async fn a_login_is_over_when_the_platform_has_said_so_twice() {
    for platform in Platform::ALL {
        let app = App::start().await;
        let id = app.following(platform, json!({})).await;
        let (method, path) = renewal_of(platform);
        let refusal = match platform {
            Platform::Instagram => json!({"error": {"message": "x", "type": "OAuthException", "code": 190}}),
            _ => json!({"error": "invalid_request", "error_description": "Value passed for the token was invalid."}),
        };
        let refusing = |times| refusing(platform.as_str(), path, 400, refusal.clone()).times(times);
        app.clock.advance(until_due(platform));
        app.simulator.fault(Fault::new(platform.as_str(), path, FaultKind::Html(503)).times(1)).expect("a fault");
        app.poll().await;
        app.simulator.fault(refusing(1)).expect("a fault");
        app.poll_after(if platform == Platform::Instagram { 24 * 60 } else { 5 }).await;
        is_at(&app, id, "degraded", "revoked").await;
        app.poll_after(1).await;
        assert_eq!(health(&app, id).await, ("connected".into(), None), "{platform}: it was a slip");

        app.clock.advance(until_due(platform));
        app.simulator.fault(refusing(2)).expect("a fault");
        app.poll().await;
        is_at(&app, id, "degraded", "revoked").await;
        // Not even a person's impatience confirms it sooner.
        app.simulator.clear_calls();
        let asked = app.ask("mutation { socialTriggerImport(input: {}) { status } }", json!({})).await;
        assert_eq!(asked["socialTriggerImport"]["status"], "requested", "{platform}");
        assert_eq!(app.poll().await, 1, "{platform}");
        assert_eq!(calls(&app, platform.as_str(), method, path), 0, "{platform}");
        is_at(&app, id, "degraded", "revoked").await;
        app.poll_after(1).await;
        is_at(&app, id, "needs_reconnect", "revoked").await;
        assert_eq!(app.poll_after(24 * 60).await, 0, "{platform}: only a person can help now");

        app.connect_one(platform).await;
        app.poll().await;
        assert_eq!(health(&app, id).await, ("connected".into(), None), "{platform}: and has helped");
    }
}

/// Reads are confirmed by reads: a token that renews well and is refused again.
#[tokio::test]
async fn a_refused_reading_is_confirmed_by_another_reading() {
    let app = App::start().await;
    let id = app.following(Platform::Twitter, json!({})).await;
    let refused = || refusing("twitter", "/2/users/", 401, json!({"title": "Unauthorized"}));
    for (times, word) in [(4, "connected"), (6, "needs_reconnect")] {
        app.simulator.clear_calls();
        app.simulator.fault(refused().times(times)).expect("a fault");
        app.poll_after(5).await;
        assert_eq!(calls(&app, "twitter", "POST", X_TOKEN), 1, "renewed once, repeated once");
        is_at(&app, id, "degraded", "token_rejected").await;
        app.ask("mutation { socialTriggerImport(input: {}) { status } }", json!({})).await;
        assert_eq!(app.poll().await, 1, "at once, on request");
        is_at(&app, id, "degraded", "token_rejected").await;
        app.poll_after(1).await;
        assert_eq!(health(&app, id).await.0, word);
        app.simulator.clear_faults();
    }
}

/// Accounts of one login: its renewal is asked for once for all of them, and two words are two words.
#[tokio::test]
async fn pages_of_one_login_share_its_refusals() {
    let app = App::start().await;
    let world = app.simulator.world("linkedin").expect("LinkedIn");
    for (id, name) in [("urn:li:organization:7000001", "Second"), ("urn:li:organization:7000002", "Third")] {
        world
            .add_account(NewAccount { id: id.into(), handle: name.to_lowercase(), name: name.into() })
            .expect("a page");
    }
    assert_eq!(app.connect(Platform::Linkedin).await.len(), 3);
    app.poll().await;
    app.clock.advance(until_due(Platform::Linkedin));
    app.simulator.clear_calls();
    let body = json!({"error": "invalid_request", "error_description": "The provided authorization grant …"});
    app.simulator.fault(refusing("linkedin", LINKEDIN_TOKEN, 400, body)).expect("a fault");
    let at = async |health: &str| {
        let query = format!("SELECT count(*) FROM nchat_social_accounts WHERE health = '{health}'");
        app.chat.count(&query).await
    };
    assert_eq!(app.poll().await, 3);
    assert_eq!((at("degraded").await, calls(&app, "linkedin", "POST", LINKEDIN_TOKEN)), (3, 1));
    assert_eq!(app.poll_after(1).await, 3);
    assert_eq!((at("needs_reconnect").await, calls(&app, "linkedin", "POST", LINKEDIN_TOKEN)), (3, 2));
}

/// LinkedIn without refresh tokens, and at the end of the year that a refresh token lives.
#[tokio::test]
async fn what_linkedin_does_not_prolong_counts_down_to_a_person() {
    let app = App::start().await;
    app.simulator.world("linkedin").expect("LinkedIn").switch("refresh", "off").expect("a switch");
    let id = app.connect_one(Platform::Linkedin).await;
    let left = "SELECT extract(day FROM token_expires_at - created_at)::bigint FROM nchat_social_accounts";
    assert!((59..=60).contains(&app.chat.count(left).await));
    app.clock.advance(chrono::Duration::days(59));
    app.poll().await;
    assert_eq!(health(&app, id).await.0, "connected");
    app.poll_after(2 * 24 * 60).await;
    is_at(&app, id, "degraded", "token_rejected").await;
    app.poll_after(1).await;
    is_at(&app, id, "needs_reconnect", "token_rejected").await;

    let app = App::start().await;
    let id = app.connect_one(Platform::Linkedin).await;
    let end = credential(&app, id).await.refresh_expires_at.expect("an end");
    for _ in 0..36 {
        app.clock.advance(chrono::Duration::days(10));
        app.poll().await;
    }
    assert_eq!(health(&app, id).await.0, "connected");
    let login = credential(&app, id).await;
    assert_eq!(login.refresh_expires_at, Some(end), "no renewal moves it");
    assert!(login.access_expires_at.expect("an end") <= end + chrono::Duration::minutes(1), "nor outlives it");
    // The last five days: the token cannot live longer, so it is not renewed at every poll.
    app.simulator.clear_calls();
    for _ in 0..5 * 24 - 1 {
        app.poll_after(60).await;
    }
    let asked = calls(&app, "linkedin", "POST", LINKEDIN_TOKEN);
    assert!(asked <= 10, "asked {asked} times");
    app.poll_after(120).await;
    app.poll_after(1).await;
    app.poll_after(1).await;
    assert_eq!(health(&app, id).await.0, "needs_reconnect");
}

/// The task ends between two steps, as it would with the process. What the platform still honours is still there:
/// everything, but where X had rotated and nobody had stored it.
#[cfg(debug_assertions)]
#[tokio::test]
async fn a_death_at_any_step_of_a_renewal_loses_no_token_that_is_stored_nowhere_else() {
    use nchat_social::domain::{Step, Steps};
    for platform in Platform::ALL {
        for step in crate::killed::RENEWAL {
            let mut app = App::start().await;
            let id = app.following(platform, json!({})).await;
            let before = tokens_of(&app, id).await;
            let alive = app.service.clone();
            let steps = Steps::telling(move |passed| assert!(passed != step, "the test ends it at {passed:?}"));
            app.use_service(Service { steps, ..alive.clone() });
            app.clock.advance(until_due(platform));
            app.poll().await;
            let kept = tokens_of(&app, id).await;
            let is_kept = kept.access_token.expose_secret() == before.access_token.expose_secret();
            assert_eq!(is_kept, step != Step::RenewalCommitted, "{platform} {step:?}: all or nothing is stored");

            app.use_service(alive);
            let world = app.simulator.world(platform.as_str()).expect("a world");
            world.publish(account_of(platform), Draft::text("After the death")).expect("published");
            app.poll_after(5).await;
            let is_lost = platform == Platform::Twitter && matches!(step, Step::RenewalAnswered | Step::RenewalWritten);
            if is_lost {
                is_at(&app, id, "degraded", "revoked").await;
                app.poll_after(1).await;
                is_at(&app, id, "needs_reconnect", "revoked").await;
                app.connect_one(platform).await;
                app.poll().await;
            }
            assert_eq!(health(&app, id).await, ("connected".into(), None), "{platform} {step:?}");
            assert_eq!(app.chat.texts().await, ["After the death"], "{platform} {step:?}");
        }
    }
}
