//! The database goes away while a platform renews a token.

use super::put_through;
use crate::{
    app::{App, proxy::Weather, world::X_ACCOUNT},
    connect::tokens_of,
    processes::until,
};
use nchat_social::{
    domain::Platform,
    simulator::{Draft, Fault, FaultKind},
};
use secrecy::ExposeSecret;
use serde_json::json;
use std::time::Duration;

const TOKEN: &str = "/2/oauth2/token";

/// X takes a refresh token once: what it has just granted is all there is. It was lost with the connection that was to
/// store it, and a person had to connect again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_granted_while_the_database_was_away_are_stored_when_it_is_back() {
    let mut app = App::start().await;
    let id = app.following(Platform::Twitter, json!({})).await;
    let before = tokens_of(&app, id).await;
    let proxy = put_through(&mut app, 4, Duration::from_secs(5)).await;
    app.clock.advance(chrono::Duration::minutes(112));
    app.simulator.clear_calls();
    app.simulator.fault(Fault::new("twitter", TOKEN, FaultKind::SlowAfter(1_000)).times(1)).expect("armed");
    let world = app.simulator.world("twitter").expect("X");
    world.publish(X_ACCOUNT, Draft::text("with the new token")).expect("published");
    let outage = async {
        let asked = || app.simulator.calls().iter().any(|call| call.path.ends_with(TOKEN));
        until("X is asked", Duration::from_secs(10), async || asked()).await;
        proxy.set(Weather::Refusing);
        // Longer than the answer takes.
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        proxy.set(Weather::Fair);
    };
    tokio::join!(app.poll(), outage);
    let after = tokens_of(&app, id).await;
    assert_ne!(after.access_token.expose_secret(), before.access_token.expose_secret(), "the new ones are stored");
    assert_eq!(app.chat.texts().await, ["with the new token"]);
    let grants = world.grants();
    assert!(grants.iter().all(|grant| grant.spent_uses + grant.blind_uses == 0), "{grants:?}");
    // The stored pair is good for the next renewal, too.
    app.poll_after(112).await;
    assert_eq!(app.only_account().await["health"], "connected");
    assert_eq!(world.grants()[0].renewals, 2);
}
