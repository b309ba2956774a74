//! `keys rotate`.

use super::{NEXT_KEY, both, sealer, with_keys};
use crate::{
    app::{
        App, ENCRYPTION_KEY,
        world::{arrive, choose_all, consent, depart, query},
    },
    connect::{credential, tokens_of},
    processes::{Process, until},
};
use nchat_social::{
    crypto::aad,
    domain::{Clock, Dice, Platform, clock::SystemClock, dice::SystemDice},
    service::{reseal::Census, tokens::open},
    simulator::{Fault, FaultKind, NewAccount},
    store::sealed::SEALED,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::{process::Command, time::Duration};

const SOON: Duration = Duration::from_secs(30);

/// Runs a command of the program to its end: whether it succeeded, and its JSON.
async fn run(app: &App, arguments: &'static [&'static str], keys: &str) -> (bool, Value) {
    let mut command: Command = Process::command(&app.database, &app.simulator, arguments);
    command.env("SOCIAL_MEDIA_ENCRYPTION_KEY", keys);
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("ends").expect("the program runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!said.contains("Y2FuYXJ5"), "no key is told: {said}");
    (output.status.success(), serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}")))
}

/// X counts calls by the person who logged in: so many people read the thousand accounts.
const PEOPLE: u64 = 10;

/// An X account of the world.
fn x_account(n: u64) -> String {
    (1_800_000_000_000_000_000 + n).to_string()
}

/// A thousand X accounts, each with a login of its own; a hundred each hold the same person's access token.
async fn a_thousand_accounts(app: &App) {
    let world = app.simulator.world("twitter").expect("X");
    let mut tokens = Vec::new();
    for n in 0..1000 {
        let (handle, name) = (format!("account_{n}"), format!("Account {n}"));
        world.add_account(NewAccount { id: x_account(n), handle, name }).expect("an account");
    }
    for n in 0..PEOPLE {
        let (cookie, mut page) = depart(app, Platform::Twitter).await;
        page.query_pairs_mut().append_pair("account", &x_account(n));
        let end = arrive(app, &consent(&page).await, Some(&cookie)).await;
        assert_eq!(query(&end, "success").as_deref(), Some("twitter_connected"), "{end}");
        let row = format!("SELECT id FROM nchat_social_accounts WHERE account_id = '{}'", x_account(n));
        let id = app.chat.value(&row).await[0]["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
        tokens.push(tokens_of(app, id).await.access_token);
    }
    let (mut logins, mut accounts, mut access, mut refresh, mut remote) = (vec![], vec![], vec![], vec![], vec![]);
    for (n, token) in (PEOPLE..1000).zip(tokens.iter().cycle()) {
        let login = SystemDice.uuid(SystemClock.now());
        logins.push(login);
        accounts.push(SystemDice.uuid(SystemClock.now()));
        access.push(app.service.sealer.seal(token.expose_secret().as_bytes(), &aad(login, "access_token")));
        refresh.push(app.service.sealer.seal(b"never used", &aad(login, "refresh_token")));
        remote.push(x_account(n));
    }
    app.chat
        .run(
            "WITH given AS (SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::bytea[], $5::text[]) \
                 AS g(login, account, access, refresh, remote)), \
               logins AS (INSERT INTO nchat_social_credentials (id, platform, subject, access_token_sealed, \
                 refresh_token_sealed, access_expires_at, obtained_at, granted_at) \
                 SELECT login, 'twitter', remote, access, refresh, now() + interval '1 year', now(), now() FROM given) \
             INSERT INTO nchat_social_accounts (id, platform, account_id, account_name, credential_id) \
               SELECT account, 'twitter', remote, remote, login FROM given",
            &[&logins, &accounts, &access, &refresh, &remote],
        )
        .await;
}

const POLLS: &str = "SELECT sum(quiet_polls)::bigint FROM nchat_social_accounts";
const DUE: &str = "UPDATE nchat_social_accounts SET next_poll_at = now() WHERE lease_id IS NULL";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_accounts_are_polled_on_while_everything_is_sealed_anew() {
    let app = App::start().await;
    a_thousand_accounts(&app).await;
    let keys = both();
    let _worker = Process::start_with(&app, &["worker"], &[("SOCIAL_MEDIA_ENCRYPTION_KEY", &keys)]);
    let baselined = "SELECT count(*) FROM nchat_social_accounts WHERE baseline_at IS NOT NULL";
    until("stock taken", 4 * SOON, async || app.chat.count(baselined).await == 1000).await;

    app.chat.script(DUE).await;
    let before = app.chat.count(POLLS).await;
    until("polls are under way", SOON, async || app.chat.count(POLLS).await > before + 100).await;
    let rotations = {
        // There, back and there again: one alone is over before many polls are.
        let orders = [keys.clone(), format!("{ENCRYPTION_KEY},{NEXT_KEY}"), keys.clone()];
        let commands = orders.map(|keys| {
            let mut command = Process::command(&app.database, &app.simulator, &["keys", "rotate"]);
            command.env("SOCIAL_MEDIA_ENCRYPTION_KEY", keys);
            command
        });
        tokio::task::spawn_blocking(move || commands.map(|mut command| command.output().expect("runs")))
    };
    let during = app.chat.count(POLLS).await;
    while !rotations.is_finished() {
        app.chat.script(DUE).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let outputs = rotations.await.expect("rotations");
    let polled = app.chat.count(POLLS).await - during;
    for output in outputs {
        let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert!(output.status.success(), "{told:#}");
        assert_eq!((&told["resealed"], &told["needs_older_keys"]), (&json!(2000), &json!(false)), "{told:#}");
    }
    assert!(polled > 50, "{polled} polls ended while values were sealed anew");
    // Once more around, and nobody has noticed.
    let end = app.chat.count(POLLS).await + 1000;
    app.chat.script(DUE).await;
    until("everybody is polled again", 2 * SOON, async || app.chat.count(POLLS).await >= end).await;
    let failed = "SELECT count(*) FROM nchat_social_import_logs WHERE status <> 'completed'";
    assert_eq!(app.chat.count(failed).await, 0, "no poll failed");
    let ill = "SELECT count(*) FROM nchat_social_accounts WHERE health <> 'connected' OR health_code IS NOT NULL";
    assert_eq!(app.chat.count(ill).await, 0);
    let census = with_keys(&app, &[NEXT_KEY]).key_census().await.expect("a census");
    assert_eq!(census, Census { newest: 2000, older: 0, unknown: 0 }, "the older key is not needed any more");
}

/// A token that is being renewed is locked: the rotation goes around it, and comes back for it.
#[tokio::test]
async fn a_renewal_under_way_is_neither_waited_for_nor_lost() {
    let app = App::start().await;
    app.simulator.world("twitter").expect("X").switch("family_revocation", "on").expect("a switch");
    let id = app.following(Platform::Twitter, json!({})).await;
    for platform in [Platform::Instagram, Platform::Linkedin] {
        app.connect_one(platform).await;
    }
    app.clock.advance(chrono::Duration::minutes(115));
    app.simulator.fault(Fault::new("twitter", "/2/oauth2/token", FaultKind::Slow(1500))).expect("a fault");
    app.simulator.clear_calls();
    let polling = app.poll();
    let rotating = async {
        until("the renewal is under way", SOON, async || !app.simulator.calls().is_empty()).await;
        let locked = "SELECT count(*) FROM pg_locks WHERE relation = 'nchat_social_credentials'::regclass \
                      AND mode = 'RowShareLock'";
        assert!(app.chat.count(locked).await > 0, "the test is in time");
        let service = with_keys(&app, &[NEXT_KEY, ENCRYPTION_KEY]);
        let first = service.reseal(|_| ()).await.expect("a pass");
        assert_eq!((first.resealed, first.unreadable.len()), (3, 0), "all but the tokens being renewed");
        service
    };
    let (_, service) = tokio::join!(polling, rotating);
    assert_eq!(service.reseal(|_| ()).await.expect("a pass").resealed, 2);
    let census = with_keys(&app, &[NEXT_KEY]).key_census().await.expect("a census");
    assert_eq!(census, Census { newest: 5, older: 0, unknown: 0 });

    // The pair that X handed out meanwhile is the one that was sealed anew: it renews.
    let mut app = app;
    app.simulator.clear_faults();
    app.use_service(service);
    app.poll_after(115).await;
    let health = app.chat.value("SELECT DISTINCT health, health_code FROM nchat_social_accounts").await;
    assert_eq!(health, json!([{"health": "connected", "health_code": null}]));
    assert_eq!(credential(&app, id).await.refresh_failures, 0);
}

/// Sealed anew is not renewed: who read the row before asks in vain for nothing.
#[tokio::test]
async fn a_rejected_token_is_replaced_although_it_was_sealed_anew_meanwhile() {
    let mut app = App::start().await;
    let id = app.following(Platform::Twitter, json!({})).await;
    let stale = credential(&app, id).await;
    let service = with_keys(&app, &[NEXT_KEY, ENCRYPTION_KEY]);
    app.use_service(service.clone());
    assert_eq!(service.reseal(|_| ()).await.expect("a pass").resealed, 2);
    let old = open(&service.sealer, &stale).expect("opens").access_token;
    let client = service.platforms.get(Platform::Twitter).expect("X");
    let fresh = service.replace_token(client, &stale).await.expect("a token");
    assert_ne!(fresh.expose_secret(), old.expose_secret());
}

/// What cannot be opened is its account's trouble alone; the account is named, its bytes are not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damaged_and_unknown_values_are_named_and_the_others_are_sealed_anew() {
    let mut app = App::start().await;
    let mut accounts = Vec::new();
    for platform in Platform::ALL {
        accounts.push(app.connect_one(platform).await);
        app.poll().await;
    }
    let [x, instagram, _] = accounts[..] else { panic!("three") };
    let [damaged, lost] = [credential(&app, x).await, credential(&app, instagram).await];
    let mut bytes = damaged.access_token_sealed.clone();
    bytes[30] ^= 1;
    let elsewhere = sealer(&["bG9zdC1rZXktMDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="]).seal(b"t", &aad(lost.id, "access_token"));
    let write = "UPDATE nchat_social_credentials SET access_token_sealed = $2 WHERE id = $1";
    app.chat.run(write, &[&damaged.id, &bytes]).await;
    app.chat.run(write, &[&lost.id, &elsewhere]).await;

    let (good, found) = run(&app, &["doctor"], &both()).await;
    let found = found.to_string();
    assert!(!good && found.contains("4 sealed values under an older key") && found.contains("keys rotate"), "{found}");
    assert!(found.contains("1 sealed values under an unknown key"), "{found}");

    for resealed in [3, 0] {
        let (good, told) = run(&app, &["keys", "rotate"], &both()).await;
        assert!(!good, "{told:#}");
        assert_eq!(told["resealed"], resealed, "{told:#}");
        assert_eq!((&told["older"], &told["unknown"]), (&json!(1), &json!(1)), "{told:#}");
        assert_eq!(told["needs_older_keys"], true);
        let named: Vec<_> = told["unreadable"].as_array().expect("a list").iter().map(|one| &one["what"]).collect();
        assert_eq!(named, ["Instagram account \"Acme Example\"", "X account \"Acme Example\""], "{told:#}");
    }

    // Polls: the damaged one needs a person, the one whose key is away needs the operator, the third goes on.
    let service = with_keys(&app, &[NEXT_KEY]);
    app.use_service(service);
    app.poll_after(6).await;
    app.poll_after(1).await;
    let health =
        app.chat.value("SELECT platform, health, health_code FROM nchat_social_accounts ORDER BY platform").await;
    assert_eq!(
        health,
        json!([
            {"platform": "instagram", "health": "paused", "health_code": "key_missing"},
            {"platform": "linkedin", "health": "connected", "health_code": null},
            {"platform": "twitter", "health": "paused", "health_code": "key_missing"}
        ])
    );
    let service = with_keys(&app, &[NEXT_KEY, ENCRYPTION_KEY]);
    app.use_service(service);
    app.poll_after(20).await;
    app.poll_after(1).await;
    let health = "SELECT health, health_code FROM nchat_social_accounts WHERE platform = 'twitter'";
    let expected = json!([{"health": "needs_reconnect", "health_code": "tokens_unreadable"}]);
    assert_eq!(app.chat.value(health).await, expected, "with its key it is seen to be damaged");

    // The key that was away comes back: so does its account, without anybody connecting it.
    let token = lost.access_token_sealed;
    app.chat.run(write, &[&lost.id, &token]).await;
    app.poll_after(20).await;
    let health = "SELECT health, health_code FROM nchat_social_accounts WHERE platform = 'instagram'";
    assert_eq!(app.chat.value(health).await, json!([{"health": "connected", "health_code": null}]));
}

/// Connections being made hold sealed values as well.
#[tokio::test]
async fn a_connection_under_way_survives_the_change_of_the_key() {
    let mut app = App::start().await;
    let page = NewAccount { id: "urn:li:organization:7000001".into(), handle: "second".into(), name: "Second".into() };
    app.simulator.world("linkedin").expect("LinkedIn").add_account(page).expect("a page");
    let (cookie, at_x) = depart(&app, Platform::Twitter).await;
    let (choosing, at_linkedin) = depart(&app, Platform::Linkedin).await;
    let back = consent(&at_linkedin).await;
    let end = arrive(&app, &back, Some(&choosing)).await;
    let connection = query(&end, "choose").expect("a choice");

    let both = with_keys(&app, &[NEXT_KEY, ENCRYPTION_KEY]);
    assert_eq!(both.reseal(|_| ()).await.expect("a pass").resealed, 2, "a verifier and a login");
    let after = with_keys(&app, &[NEXT_KEY]);
    app.use_service(after);
    assert_eq!(choose_all(&app, &connection).await.len(), 2);
    let back = consent(&at_x).await;
    let end = arrive(&app, &back, Some(&cookie)).await;
    assert_eq!(query(&end, "success").as_deref(), Some("twitter_connected"), "{end}");
}

#[tokio::test]
async fn every_column_of_sealed_values_is_on_the_list() {
    let app = App::start().await;
    let columns = app
        .chat
        .value(
            "SELECT table_name::text || '.' || column_name AS name FROM information_schema.columns \
             WHERE table_schema = 'public' AND column_name LIKE '%\\_sealed' ORDER BY 1",
        )
        .await;
    let mut listed: Vec<_> = SEALED.iter().map(|sealed| format!("{}.{}", sealed.table, sealed.column)).collect();
    listed.sort();
    let columns: Vec<_> = columns.as_array().expect("rows").iter().map(|row| row["name"].clone()).collect();
    assert_eq!(columns, listed);
}
