//! Claims are shared between workspaces: whoever has very many overdue accounts delays nobody else's few.

use crate::app::App;
use chrono::Duration;
use nchat_social::{
    domain::Timestamp,
    store::claims::{BY_AGE, BY_TURNS, Claim, LEASE_SIZE, LEASED, MAX_WAITING, TENANTS_AT_ONCE},
};
use std::collections::BTreeMap;
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

/// Leases of one claim.
const LEASES: usize = 4;

/// Accounts of one claim.
const MOST: usize = LEASES * 64;

/// `count` connected accounts of `tenant`, due `minutes` ago.
async fn settle(app: &App, platform: &str, tenant: &str, count: usize, minutes: i64) {
    let now = app.service.clock.now();
    let due = now - Duration::minutes(minutes);
    app.chat
        .run(
            "WITH login AS ( \
               INSERT INTO nchat_social_credentials (id, source_account_id, platform, subject, access_token_sealed, \
                 obtained_at, granted_at) VALUES (gen_random_uuid(), $1, $2, $1, '', now(), now()) RETURNING id) \
             INSERT INTO nchat_social_accounts (source_account_id, platform, account_id, credential_id, next_poll_at) \
             SELECT $1, $2, n::text, login.id, $4::timestamptz + n * interval '1 ms' \
             FROM login, generate_series(1, $3::int8) AS n",
            &[&tenant, &platform, &i64::try_from(count).expect("a count"), &due],
        )
        .await;
}

/// One claim; how many accounts of each tenant it took.
async fn claim(app: &App, platforms: &[&'static str]) -> BTreeMap<String, usize> {
    let now = app.service.clock.now();
    let lease_ids: Vec<Uuid> = (0..LEASES).map(|_| app.service.dice.uuid(now)).collect();
    let until = now + Duration::minutes(5);
    let claim = Claim { lease_ids: &lease_ids, now, until, platforms, due_from: Timestamp::UNIX_EPOCH };
    let leases = app.service.store.claim_due(claim).await.expect("a claim").leases;
    let mut taken = BTreeMap::new();
    for (lease, count) in leases {
        let accounts = app.service.store.leased(lease, now).await.expect("the lease").accounts;
        assert_eq!(accounts.len(), count, "a lease has what the claim says");
        assert!(count <= 64, "{count} accounts in a lease");
        for account in accounts {
            *taken.entry(account.tenant).or_default() += 1;
        }
    }
    taken
}

#[tokio::test]
async fn a_workspace_with_thousands_overdue_delays_nobodys_ten() {
    let app = App::start().await;
    settle(&app, "twitter", "big", 5_000, 60).await;
    settle(&app, "twitter", "small", 10, 1).await;
    settle(&app, "twitter", "tiny", 1, 0).await;
    app.clock.advance(Duration::seconds(1));
    let (mut small, mut tiny) = (0, 0);
    for _ in 0..10 {
        let taken = claim(&app, &["twitter"]).await;
        assert_eq!(taken.values().sum::<usize>(), MOST, "a claim takes all it can: {taken:?}");
        small += taken.get("small").copied().unwrap_or(0);
        tiny += taken.get("tiny").copied().unwrap_or(0);
        if (small, tiny) == (10, 1) {
            return;
        }
    }
    panic!("after ten claims {small} of 10 and {tiny} of 1 were taken, all others of the big one");
}

#[tokio::test]
async fn every_workspace_of_hundreds_has_its_turn() {
    let app = App::start().await;
    settle(&app, "twitter", "big", 3_000, 60).await;
    let workspaces = 3 * usize::try_from(TENANTS_AT_ONCE).expect("a count");
    for n in 0..workspaces {
        settle(&app, "twitter", &format!("workspace-{n}"), 1, 1).await;
    }
    let mut taken = BTreeMap::new();
    // A round is so many claims; the one in which it begins anew may be short of some.
    for _ in 0..5 {
        taken.extend(claim(&app, &["twitter"]).await);
    }
    assert_eq!(taken.len(), workspaces + 1, "each workspace was served");
}

/// A claim steps over what the one before it took, and over nothing else.
#[tokio::test]
async fn one_tick_claims_whatever_is_due() {
    let app = App::start().await;
    for (tenant, count, minutes) in [("a", 1_000, 60), ("b", 1_500, 59), ("c", 30, 61), ("d", 900, 0), ("e", 1, 3)] {
        settle(&app, "twitter", tenant, count, minutes).await;
        settle(&app, "linkedin", tenant, count / 3, minutes).await;
    }
    app.clock.advance(Duration::seconds(2));
    let ticked = app.ticker.tick().await.expect("a tick");
    let all = app.chat.count("SELECT count(*) FROM nchat_social_accounts").await;
    let leased = app.chat.count("SELECT count(*) FROM nchat_social_accounts WHERE lease_id IS NOT NULL").await;
    assert_eq!((leased, i64::try_from(ticked.accounts).expect("a count"), ticked.is_full), (all, all, false));
}

#[tokio::test]
async fn a_platform_with_thousands_overdue_delays_no_other_platforms_accounts() {
    let app = App::start().await;
    settle(&app, "twitter", "big", 2_000, 60).await;
    settle(&app, "linkedin", "small", 2, 1).await;
    let mut small = 0;
    for _ in 0..3 {
        small += claim(&app, &["twitter", "linkedin"]).await.get("small").copied().unwrap_or(0);
    }
    assert_eq!(small, 2);
}

#[tokio::test]
async fn whoever_waits_longest_is_not_forgotten_over_the_turns() {
    let app = App::start().await;
    settle(&app, "twitter", "late", 1_000, 60).await;
    for n in 0..100 {
        settle(&app, "twitter", &format!("workspace-{n}"), 20, 1).await;
    }
    let taken = claim(&app, &["twitter"]).await;
    assert!(taken["late"] >= MOST / 2, "half of a claim goes by age: {taken:?}");
}

#[tokio::test]
async fn claiming_reads_no_table_from_end_to_end() {
    let app = App::start().await;
    for n in 0..20 {
        settle(&app, "twitter", &format!("workspace-{n}"), 1_500, 1).await;
    }
    app.chat.script("VACUUM ANALYZE nchat_social_accounts").await;
    let client = app.database.client().await;
    let now = app.service.clock.now();
    let (leases, platforms) = (vec![Uuid::from_u128(1)], vec!["twitter", "linkedin"]);
    let (since, until, in_turn) = (Timestamp::UNIX_EPOCH, now + Duration::minutes(5), vec![Uuid::from_u128(2)]);
    let by_turns: [&(dyn ToSql + Sync); 7] = [&now, &since, &platforms, &LEASE_SIZE, &"", &TENANTS_AT_ONCE, &1_i64];
    let by_age: [&(dyn ToSql + Sync); 8] =
        [&now, &since, &platforms, &LEASE_SIZE, &in_turn, &LEASE_SIZE, &leases, &until];
    for (statement, values, index) in [
        (BY_TURNS, &by_turns[..], "nchat_social_accounts_tenant_turn_idx"),
        (BY_AGE, &by_age, "nchat_social_accounts_turn_idx"),
    ] {
        let plan = text(&client.query(&format!("EXPLAIN {statement}"), values).await.expect("a plan"));
        assert!(!plan.contains("Seq Scan on nchat_social_accounts"), "{plan}");
        assert!(plan.contains(index), "{index} is used: {plan}");
    }
    let reading = format!("EXPLAIN {LEASED}");
    let plan = text(&client.query(&reading, &[&leases[0], &now, &MAX_WAITING]).await.expect("a plan"));
    assert!(
        plan.contains("nchat_social_accounts_pkey") && !plan.contains("Seq Scan on nchat_social_accounts"),
        "{plan}"
    );
}

fn text(plan: &[Row]) -> String {
    plan.iter().map(|row| row.get(0)).collect::<Vec<String>>().join("\n")
}
