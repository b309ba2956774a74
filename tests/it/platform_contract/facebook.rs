//! What is peculiar to Facebook Login: pages in long lists or in none, tokens of pages, proofs, and how all that ends.

use super::bench::{Bench, Face, Reader, texts};
use crate::app::world::INSTAGRAM_ACCOUNT;
use chrono::Duration;
use nchat_social::{
    domain::Identity,
    platforms::{PlatformError, Want},
    simulator::{Draft, NewAccount},
};

const SECOND: &str = "17841400000000002";

async fn bench(switches: &[(&str, &str)]) -> Bench {
    let bench = Bench::new(Face::Facebook).await;
    let labs = NewAccount { id: SECOND.into(), handle: "acme_labs".into(), name: "Acme Labs".into() };
    bench.world().add_account(labs).expect("an account");
    for (name, value) in switches {
        bench.switch(name, value);
    }
    bench
}

/// The ids that a login offers.
async fn offered(bench: &Bench) -> (nchat_social::domain::TokenSet, Vec<Identity>) {
    let login = bench.grant().await;
    let mut identities = bench.login(&login).await.identities;
    identities.sort_by(|one, other| one.remote_id.cmp(&other.remote_id));
    (login, identities)
}

fn ids(identities: &[Identity]) -> Vec<&str> {
    identities.iter().map(|identity| identity.remote_id.as_str()).collect()
}

#[tokio::test]
async fn every_account_is_offered_whatever_the_lists_look_like() {
    for switches in [
        &[][..],
        &[("lone_pages", "60")],
        &[("lone_pages", "230")],
        &[("hidden_pages", SECOND)],
        &[("hidden_pages", "17841400000000001,17841400000000002")],
        &[("granular", "absent")],
        &[("user_token", "long")],
        &[("expires_in", "absent")],
        &[("user_token", "long"), ("expires_in", "absent")],
        &[("proof", "required")],
        &[("hidden_pages", SECOND), ("granular", "absent")],
    ] {
        let bench = bench(switches).await;
        let (login, identities) = offered(&bench).await;
        assert_eq!(ids(&identities), [INSTAGRAM_ACCOUNT, SECOND], "{switches:?}");
        let post = bench.world().publish(SECOND, Draft::text("Hello")).expect("published");
        let tokens = bench.own_tokens(&login, &identities[1]).await.expect("a page's own token");
        // Long after the person's own token is over.
        bench.clock.advance(Duration::days(80));
        let want = Want::Baseline { newest: 5 };
        let read = bench.read_with(&tokens.access_token, &identities[1], want, None).await;
        let read = read.unwrap_or_else(|error| panic!("{switches:?}: {error}"));
        assert_eq!(texts(&read), ["Hello"], "{switches:?}: {post}");
    }
}

#[tokio::test]
async fn an_end_of_the_pages_token_is_told_from_a_passing_fault() {
    type End = fn(&Bench);
    let ends: [(&str, End); 4] = [
        ("the person removes the app", |bench| bench.world().revoke(INSTAGRAM_ACCOUNT).expect("revoked")),
        ("the role is lost", |bench| bench.switch("lost_pages", INSTAGRAM_ACCOUNT)),
        ("90 days without the person", |bench| bench.clock.advance(Duration::days(91))),
        ("a scope is withdrawn", |bench| {
            bench.world().withdraw(INSTAGRAM_ACCOUNT, "instagram_basic").expect("withdrawn");
        }),
    ];
    for (what, end) in ends {
        let reader = Reader::following(Face::Facebook).await;
        end(&reader.bench);
        let error = reader.try_read(Want::New).await.expect_err(what);
        let of_person = matches!(
            error,
            PlatformError::TokenRejected { .. } | PlatformError::Revoked { .. } | PlatformError::MissingScope { .. }
        );
        assert!(of_person, "{what}: {error:?}");
    }
}
