//! Tokens at rest and their renewal.

use super::{calls, credential, tokens_of};
use crate::app::{App, world::account_of};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::future::join_all;
use nchat_social::{
    domain::Platform,
    service::tokens::open,
    simulator::{Draft, Fault, FaultKind},
    store::credentials::Credential,
};
use secrecy::ExposeSecret;
use serde_json::json;
use uuid::Uuid;

const X_TOKEN: &str = "/2/oauth2/token";

#[tokio::test]
async fn defect_18_stored_tokens_are_sealed_to_their_row() {
    let app = App::start().await;
    for platform in Platform::ALL {
        let id = app.connect_one(platform).await;
        let stored = credential(&app, id).await;
        let tokens = open(&app.service.sealer, &stored).expect("opens");
        let secrets = [Some(&tokens.access_token), tokens.refresh_token.as_ref()];
        assert_eq!(secrets[1].is_some(), platform != Platform::Instagram, "{platform}");
        for secret in secrets.into_iter().flatten() {
            let plain = secret.expose_secret().as_bytes();
            let encoded = STANDARD.encode(plain).into_bytes();
            for blob in [Some(&stored.access_token_sealed), stored.refresh_token_sealed.as_ref()].into_iter().flatten()
            {
                for part in [&plain[..12], &encoded[..12]] {
                    assert!(!blob.windows(part.len()).any(|window| window == part), "{platform}: in the clear");
                }
            }
        }
        // A row's tokens moved to another row, or to the other column, are not opened.
        let moved = Credential { id: Uuid::from_u128(1), ..stored.clone() };
        assert!(open(&app.service.sealer, &moved).is_err(), "{platform}: opened in another row");
        if let Some(refresh) = stored.refresh_token_sealed.clone() {
            let swapped = Credential { access_token_sealed: refresh, ..stored.clone() };
            assert!(open(&app.service.sealer, &swapped).is_err(), "{platform}: opened as another token");
        }
    }
    let plain = "SELECT count(*) FROM nchat_social_accounts \
                 WHERE access_token_encrypted IS NOT NULL OR refresh_token_encrypted IS NOT NULL";
    assert_eq!(app.chat.count(plain).await, 0, "defect 19: nothing for a browser to ask");

    // The same in the database: swapping two logins' tokens connects neither to the other's account.
    let first = app.chat.value("SELECT id FROM nchat_social_accounts WHERE platform = 'twitter'").await;
    app.chat
        .script(
            "UPDATE nchat_social_credentials SET access_token_sealed = (SELECT access_token_sealed FROM \
             nchat_social_credentials WHERE platform = 'linkedin') WHERE platform = 'twitter'",
        )
        .await;
    app.simulator.clear_calls();
    app.poll().await;
    assert_eq!(app.simulator.calls().iter().filter(|call| call.platform == "twitter").count(), 0, "nothing was sent");
    let health =
        format!("SELECT health_code FROM nchat_social_accounts WHERE id = '{}'", first[0]["id"].as_str().unwrap());
    assert_eq!(app.chat.value(&health).await[0]["health_code"], "tokens_unreadable");
}

/// X dies after two hours, and the second renewal is the one that shows whether the rotated token was kept.
#[tokio::test]
async fn defect_27_and_28_tokens_are_renewed_and_the_rotated_one_is_kept() {
    let app = App::start().await;
    let world = app.simulator.world("twitter").expect("X");
    // Any use of a spent refresh token would end the grant.
    world.switch("family_revocation", "on").expect("a switch");
    let id = app.following(Platform::Twitter, json!({})).await;
    let mut tokens = tokens_of(&app, id).await;
    app.simulator.clear_calls();
    for round in 1..=4 {
        app.clock.advance(chrono::Duration::hours(2));
        world.publish(account_of(Platform::Twitter), Draft::text(format!("Round {round}"))).expect("published");
        app.poll().await;
        let fresh = tokens_of(&app, id).await;
        assert_ne!(fresh.access_token.expose_secret(), tokens.access_token.expose_secret(), "round {round}");
        let refresh = |set: &nchat_social::domain::TokenSet| {
            set.refresh_token.as_ref().expect("a refresh token").expose_secret().to_owned()
        };
        assert_ne!(refresh(&fresh), refresh(&tokens), "round {round}: the rotated one is stored");
        assert_eq!(calls(&app, "twitter", "POST", X_TOKEN), round, "one renewal a round");
        let shown = app
            .chat
            .value(
                "SELECT a.token_expires_at = c.access_expires_at AS same FROM nchat_social_accounts a \
                                    JOIN nchat_social_credentials c ON c.id = a.credential_id",
            )
            .await;
        assert_eq!(shown[0]["same"], true, "round {round}: the account tells the new expiry");
        tokens = fresh;
    }
    assert_eq!(app.chat.texts().await.len(), 4);
    assert_eq!(super::account(&app, id).await["health"], "connected");
}

/// Instagram's token renews itself after a day and before 60; LinkedIn's with a refresh token that stays.
#[tokio::test]
async fn defect_27_to_30_the_other_platforms_live_longer_than_sixty_days() {
    for platform in [Platform::Instagram, Platform::Linkedin] {
        let app = App::start().await;
        let id = app.following(platform, json!({})).await;
        let before = tokens_of(&app, id).await;
        for _ in 0..8 {
            app.clock.advance(chrono::Duration::days(10));
            app.poll().await;
        }
        let world = app.simulator.world(platform.as_str()).expect("a world");
        world.publish(account_of(platform), Draft::text("After 80 days")).expect("published");
        app.poll_after(20).await;
        assert_eq!(app.chat.texts().await, ["After 80 days"], "{platform}");
        let after = tokens_of(&app, id).await;
        assert_ne!(after.access_token.expose_secret(), before.access_token.expose_secret(), "{platform}");
        assert_eq!(after.refresh_token.is_some(), platform == Platform::Linkedin, "{platform}");
        assert_eq!(after.scopes, before.scopes, "{platform}: a renewal forgets no scope");
    }
}

#[tokio::test]
async fn however_many_ask_at_once_x_is_asked_for_one_renewal() {
    let app = App::start().await;
    app.simulator.world("twitter").expect("X").switch("family_revocation", "on").expect("a switch");
    let id = app.following(Platform::Twitter, json!({})).await;
    let beside = [App::beside(&app).await, App::beside(&app).await];
    let processes = [&app, &beside[0], &beside[1]];
    for rejected in [false, true] {
        app.clock.advance(chrono::Duration::hours(2));
        app.simulator.clear_calls();
        // The answer takes its time, so that all of them ask while it is under way.
        app.simulator.fault(Fault::new("twitter", X_TOKEN, FaultKind::Slow(200))).expect("a fault");
        let stale = credential(&app, id).await;
        let asking = (0..12).map(|n| {
            let (app, stale) = (processes[n % processes.len()], stale.clone());
            async move {
                let client = app.service.platforms.get(Platform::Twitter).expect("X").clone();
                let token = if rejected {
                    app.service.replace_token(&client, &stale).await
                } else {
                    app.service.access_token(&client, &stale).await
                };
                token.expect("a token").expose_secret().to_owned()
            }
        });
        let mut tokens = join_all(asking).await;
        tokens.dedup();
        assert_eq!(tokens.len(), 1, "all have the same token");
        assert_eq!(tokens[0], tokens_of(&app, id).await.access_token.expose_secret(), "which is the stored one");
        assert_eq!(calls(&app, "twitter", "POST", X_TOKEN), 1, "rejected: {rejected}");
        app.simulator.clear_faults();
    }
    app.poll().await;
    assert_eq!(super::account(&app, id).await["health"], "connected");
}

/// A lost answer leaves open whether the token was spent; a grant must not end for it while the platform forgives.
#[tokio::test]
async fn a_renewal_whose_answer_is_lost_on_the_way_there_is_asked_again() {
    let app = App::start().await;
    let id = app.following(Platform::Twitter, json!({})).await;
    app.simulator.fault(Fault::new("twitter", X_TOKEN, FaultKind::Cut).times(1)).expect("a fault");
    app.poll_after(120).await;
    assert_eq!(super::account(&app, id).await["health"], "connected");
    assert_eq!(calls(&app, "twitter", "POST", X_TOKEN), 3, "connecting, the lost one, the repeated one");
}

/// A rejected access token is replaced within the same poll: nothing is late and nobody is asked.
#[tokio::test]
async fn defect_31_a_rejected_token_is_replaced_at_once() {
    let app = App::start().await;
    let id = app.following(Platform::Twitter, json!({})).await;
    let world = app.simulator.world("twitter").expect("X");
    world.expire(account_of(Platform::Twitter)).expect("expired");
    world.publish(account_of(Platform::Twitter), Draft::text("In time")).expect("published");
    app.poll_after(5).await;
    assert_eq!(app.chat.texts().await, ["In time"]);
    assert_eq!(super::account(&app, id).await["health"], "connected");
}
