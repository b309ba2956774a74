//! The program as it is deployed, ended in the middle of a renewal.
#![cfg(debug_assertions)]

use crate::{
    app::{App, world::X_ACCOUNT},
    connect::tokens_of,
    processes::{Process, until},
};
use nchat_social::{
    domain::{Clock, Platform, Step, clock::SystemClock},
    simulator::Draft,
};
use secrecy::ExposeSecret;
use serde_json::json;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(30);

/// Due by now, and no pause from before.
const DUE: &str = "UPDATE nchat_social_credentials SET access_expires_at = now() - interval '1 second', \
                     obtained_at = now() - interval '2 hours', refresh_not_before = NULL; \
                   UPDATE nchat_social_accounts SET next_poll_at = now(), hold_until = NULL, lease_id = NULL, \
                     lease_until = NULL";

/// At once, as if its pause were over.
const NOW: &str = "UPDATE nchat_social_credentials SET refresh_not_before = NULL; \
                   UPDATE nchat_social_accounts SET next_poll_at = now(), hold_until = NULL WHERE lease_id IS NULL";

/// X forgives nothing: a refresh token is dead once it is used. The process is killed at every step of a renewal, and
/// another one finds what is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_in_a_renewal_leaves_what_it_had_stored() {
    let app = App::start().await;
    let id = app.following(Platform::Twitter, json!({})).await;
    let world = app.simulator.world("twitter").expect("X").clone();
    for (n, step) in Step::ALL.into_iter().enumerate() {
        let before = tokens_of(&app, id).await;
        app.chat.script(DUE).await;
        let mut killed = Process::start_with(&app, &["worker"], &[("SOCIAL_DIE_AT", step.as_str())]);
        until("killed", SOON, async || killed.child.try_wait().expect("a process").is_some()).await;
        let kept = tokens_of(&app, id).await;
        let is_kept = kept.access_token.expose_secret() == before.access_token.expose_secret();
        assert_eq!(is_kept, step != Step::RenewalCommitted, "{step:?}: all or nothing is stored");

        // The world's time moves by hand, the processes' by itself.
        app.clock.set(SystemClock.now());
        world.publish(X_ACCOUNT, Draft::text(format!("Number {n}"))).expect("published");
        if step != Step::RenewalCommitted {
            app.chat.script(DUE).await;
        } else {
            app.chat
                .script("UPDATE nchat_social_accounts SET next_poll_at = now(), lease_id = NULL, lease_until = NULL")
                .await;
        }
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
