//! The program as it is deployed, ended at every step of the way of a post, of a renewal and of a connection.
#![cfg(debug_assertions)]

use crate::{
    app::{
        ADMIN_TOKEN, App, SHARED_SECRET,
        world::{X_ACCOUNT, consent, query},
    },
    connect::tokens_of,
    costs::{bill, ledger},
    processes::{Process, until},
};
use nchat_social::{
    domain::{Clock, Platform, Step, clock::SystemClock},
    outbound::{Limits, Outbound},
    simulator::Draft,
};
use secrecy::ExposeSecret;
use serde_json::json;
use std::time::Duration;
use url::Url;
use uuid::Uuid;

const SOON: Duration = Duration::from_secs(30);

/// The way of a post.
pub const POST: [Step; 7] = [
    Step::LeaseClaimed,
    Step::JobPushed,
    Step::LeaseRead,
    Step::PlatformAnswered,
    Step::PostsHanded,
    Step::ImportWritten,
    Step::ImportCommitted,
];
/// A renewal, which lies on it.
pub const RENEWAL: [Step; 4] =
    [Step::RenewalLocked, Step::RenewalAnswered, Step::RenewalWritten, Step::RenewalCommitted];
/// The way of a connection.
const CONNECTION: [Step; 6] = [
    Step::SessionMade,
    Step::Departed,
    Step::StateConsumed,
    Step::CodeExchanged,
    Step::LoginWritten,
    Step::LoginCommitted,
];
/// Its end.
const DISCONNECTION: [Step; 2] = [Step::TokensDeleted, Step::GrantEnded];

/// Due by now, and no pause from before.
const DUE: &str = "UPDATE nchat_social_credentials SET access_expires_at = now() - interval '1 second', \
                     obtained_at = now() - interval '2 hours', refresh_not_before = NULL; \
                   UPDATE nchat_social_accounts SET next_poll_at = now(), hold_until = NULL, lease_id = NULL, \
                     lease_until = NULL";

/// At once, as if its pause were over.
const NOW: &str = "UPDATE nchat_social_credentials SET refresh_not_before = NULL; \
                   UPDATE nchat_social_accounts SET next_poll_at = now(), hold_until = NULL WHERE lease_id IS NULL";

/// The leases run out.
const RUN_OUT: &str = "UPDATE nchat_social_accounts SET lease_until = now(), next_poll_at = now() \
                       WHERE lease_id IS NOT NULL";

const HELD: &str = "SELECT count(*) FROM nchat_social_accounts WHERE lease_id IS NOT NULL";
const HELD_TOO_LONG: &str =
    "SELECT count(*) FROM nchat_social_accounts WHERE lease_until > now() + interval '5 minutes'";

fn publish(app: &App, text: String) {
    // The world's time moves by hand, the processes' by itself.
    app.clock.set(SystemClock.now());
    app.simulator.world("twitter").expect("X").publish(X_ACCOUNT, Draft::text(text)).expect("published");
}

/// A process that is killed at `step`.
async fn killed_at(app: &App, arguments: &[&str], step: Step) {
    let mut killed = Process::start_with(app, arguments, &[("SOCIAL_DIE_AT", step.as_str())]);
    until(step.as_str(), SOON, async || killed.child.try_wait().expect("a process").is_some()).await;
}

#[test]
fn every_step_is_killed_at() {
    let killed = [&POST[..], &RENEWAL, &CONNECTION, &DISCONNECTION].concat();
    assert_eq!(killed, Step::ALL);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_at_any_step_of_a_posts_way_loses_and_doubles_nothing() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    for (n, step) in POST.into_iter().enumerate() {
        publish(&app, format!("Number {n}"));
        app.chat.script(NOW).await;
        killed_at(&app, &["worker"], step).await;
        let is_done = step == Step::ImportCommitted;
        assert_eq!(app.chat.texts().await.len(), n + usize::from(is_done), "{step:?}: all or nothing");
        assert_eq!(app.chat.count(HELD).await == 0, is_done, "{step:?}: whoever died holds its lease");
        assert_eq!(app.chat.count(HELD_TOO_LONG).await, 0, "{step:?}");

        // What is in line is taken up by the next process; everything else when the lease runs out.
        if step != Step::JobPushed {
            app.chat.script(RUN_OUT).await;
        }
        let after = Process::start(&app, &["worker"]);
        until(step.as_str(), SOON, async || app.chat.texts().await.len() == n + 1 && app.chat.count(HELD).await == 0)
            .await;
        after.stop().await;
    }
    let expected: Vec<String> = (0..POST.len()).map(|n| format!("Number {n}")).collect();
    assert_eq!(app.chat.texts().await, expected);
    let logged = "SELECT sum(posts_imported) AS imported, sum(posts_posted) AS posted, sum(messages_posted) AS messages \
                  FROM nchat_social_import_logs";
    let all = POST.len();
    assert_eq!(app.chat.value(logged).await, json!([{"imported": all, "posted": all, "messages": all}]));
    assert_eq!(ledger(&app).await, bill(&app).await, "what was read twice on a day is billed once, and booked once");
}

/// X forgives nothing: a refresh token is dead once it is used.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_in_a_renewal_leaves_what_it_had_stored() {
    let app = App::start().await;
    let id = app.following(Platform::Twitter, json!({})).await;
    for (n, step) in RENEWAL.into_iter().enumerate() {
        let before = tokens_of(&app, id).await;
        app.chat.script(DUE).await;
        killed_at(&app, &["worker"], step).await;
        let kept = tokens_of(&app, id).await;
        let is_kept = kept.access_token.expose_secret() == before.access_token.expose_secret();
        assert_eq!(is_kept, step != Step::RenewalCommitted, "{step:?}: all or nothing is stored");

        publish(&app, format!("Number {n}"));
        app.chat.script(if step == Step::RenewalCommitted { RUN_OUT } else { DUE }).await;
        let _after = Process::start(&app, &["worker"]);
        if matches!(step, Step::RenewalAnswered | Step::RenewalWritten) {
            // The new pair died with the process, and X takes the old one no more: a person must help, and is told.
            let at = async |health: &str| {
                let query = format!("SELECT count(*) FROM nchat_social_accounts WHERE health = '{health}'");
                app.chat.count(&query).await == 1
            };
            until("refused", SOON, async || at("degraded").await).await;
            app.chat.script(NOW).await;
            until("believed", SOON, async || at("needs_reconnect").await).await;
            app.connect_one(Platform::Twitter).await;
        }
        until("posted", SOON, async || app.chat.texts().await.len() == n + 1).await;
        let health = app.chat.value("SELECT health, health_code FROM nchat_social_accounts").await;
        assert_eq!(health, json!([{"health": "connected", "health_code": null}]), "{step:?}");
    }
    assert_eq!(app.chat.texts().await, ["Number 0", "Number 1", "Number 2", "Number 3"]);
}

/// An administrator's browser on its way through `process`; `None`: the process was gone before it was through.
async fn connect_by(process: &Process) -> Option<Url> {
    let http = Outbound::new(Limits::default()).expect("a client");
    let start = format!("{}/api/social/twitter/auth", process.origin()).parse().expect("an address");
    let proof = [("x-nchat-social-secret", SHARED_SECRET), ("x-hasura-role", "admin"), ("accept", "text/html")];
    let departure = http.get(&start, None, &proof).await.ok()?;
    let cookie = departure.header("set-cookie").expect("a cookie");
    let page = departure.header("location").and_then(|page| page.parse().ok()).expect("the platform's page");
    let back = consent(&page).await;
    let cookie = cookie.split(';').next().expect("a name and value");
    let end = http.get(&back, None, &[("cookie", cookie)]).await.ok()?;
    end.header("location").and_then(|end| end.parse().ok())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_while_an_account_is_connected_leaves_the_old_connection_or_the_new_one() {
    let app = App::start().await;
    let id = app.following(Platform::Twitter, json!({})).await;
    for (n, step) in CONNECTION.into_iter().enumerate() {
        let before = tokens_of(&app, id).await;
        let mut dying = Process::start_with(&app, &["serve", "--no-worker"], &[("SOCIAL_DIE_AT", step.as_str())]);
        dying.ready().await;
        app.clock.set(SystemClock.now());
        assert_eq!(connect_by(&dying).await, None, "{step:?}");
        until(step.as_str(), SOON, async || dying.child.try_wait().expect("a process").is_some()).await;
        let kept = tokens_of(&app, id).await;
        let is_kept = kept.access_token.expose_secret() == before.access_token.expose_secret();
        assert_eq!(is_kept, step != Step::LoginCommitted, "{step:?}: all or nothing is stored");

        // Whichever it is, it works.
        publish(&app, format!("Number {n}"));
        // What the dead had locked is free once Postgres has seen that it is gone.
        until(step.as_str(), SOON, async || {
            app.chat.script(NOW).await;
            app.clock.set(SystemClock.now());
            app.poll().await;
            app.chat.texts().await.len() == n + 1
        })
        .await;
        // The administrator tries again.
        let living = Process::start(&app, &["serve", "--no-worker"]);
        living.ready().await;
        app.clock.set(SystemClock.now());
        let end = connect_by(&living).await.expect("through");
        assert_eq!(query(&end, "success").as_deref(), Some("twitter_connected"), "{step:?}: {end}");
        for table in ["nchat_social_accounts", "nchat_social_credentials", "nchat_social_integrations"] {
            assert_eq!(app.chat.count(&format!("SELECT count(*) FROM {table}")).await, 1, "{step:?}: {table}");
        }
    }
    app.assert_at_rest().await;
}

/// Asks `process` to disconnect; `None`: it was gone before it answered.
async fn disconnect_by(process: &Process, id: Uuid) -> Option<String> {
    let http = Outbound::new(Limits::default()).expect("a client");
    let document = format!("mutation {{ socialDisconnectAccount(input: {{id: \"{id}\"}}) {{ status message }} }}");
    let request = http::Request::post(format!("{}/graphql", process.origin()))
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {ADMIN_TOKEN}"))
        .body(json!({"query": document}).to_string().into_bytes())
        .expect("a request");
    let reply = http.send(request).await.ok()?;
    Some(String::from_utf8(reply.body).expect("text"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_while_an_account_is_disconnected_keeps_no_token_of_it() {
    let app = App::start().await;
    let id = app.following(Platform::Twitter, json!({})).await;
    for (n, step) in DISCONNECTION.into_iter().enumerate() {
        let mut dying = Process::start_with(&app, &["serve", "--no-worker"], &[("SOCIAL_DIE_AT", step.as_str())]);
        dying.ready().await;
        app.clock.set(SystemClock.now());
        assert_eq!(disconnect_by(&dying, id).await, None, "{step:?}");
        until(step.as_str(), SOON, async || dying.child.try_wait().expect("a process").is_some()).await;
        let left = "SELECT health_code, is_active, credential_id FROM nchat_social_accounts";
        let expected = json!([{"health_code": "disconnected", "is_active": false, "credential_id": null}]);
        assert_eq!(app.chat.value(left).await, expected, "{step:?}");
        assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_credentials").await, 0, "{step:?}");
        let grant = app.simulator.world("twitter").expect("X").grants().pop().expect("a consent");
        assert_eq!(grant.alive, step == Step::TokensDeleted, "{step:?}");

        // Asked again, it is done already; and the account can be connected again.
        let living = Process::start(&app, &["serve", "--no-worker"]);
        living.ready().await;
        let answer = disconnect_by(&living, id).await.expect("an answer");
        assert!(answer.contains("\"disconnected\""), "{step:?}: {answer}");
        app.connect_one(Platform::Twitter).await;
        app.poll_after(10).await;
        publish(&app, format!("Number {n}"));
        app.poll_after(10).await;
        assert_eq!(app.chat.texts().await.last(), Some(&format!("Number {n}")), "{step:?}");
    }
}
