//! The pure parts, each as often as asked.

use crate::{embed, filters, pages};
use nchat_social::{
    crypto::{KeyRing, Sealer, aad},
    domain::{
        Platform,
        dice::SeededDice,
        filter::{PreparedPost, Rule, RuleInput},
        integration::Integration,
        plan::{Facts, Import, Refusals, plan},
    },
};
use secrecy::SecretString;
use std::{collections::HashMap, hint::black_box, sync::Arc};
use uuid::Uuid;

/// Each with how often it is done.
pub const PARTS: [(&str, u32); 8] = [
    ("decide 1 post by 50 rules", 50),
    ("embed 1 post", 200),
    ("plan 100 posts, 2 integrations", 5),
    ("seal 1 kB", 200),
    ("open 1 kB", 200),
    ("read a page of 100 posts of X", 5),
    ("read a page of 50 Instagram posts", 5),
    ("read a page of 50 LinkedIn posts", 5),
];

/// Does `part` so many `times`.
pub fn run(part: &str, times: u32) -> anyhow::Result<()> {
    match part {
        "decide 1 post by 50 rules" => decide(times),
        "embed 1 post" => {
            let post = embed::post(1);
            for _ in 0..times {
                black_box(nchat_social::domain::embed::embed(Platform::Twitter, black_box(&post)));
            }
        }
        "plan 100 posts, 2 integrations" => plan_posts(times),
        "seal 1 kB" => seal(times, false)?,
        "open 1 kB" => seal(times, true)?,
        "read a page of 100 posts of X" => pages::read(Platform::Twitter, times)?,
        "read a page of 50 Instagram posts" => pages::read(Platform::Instagram, times)?,
        "read a page of 50 LinkedIn posts" => pages::read(Platform::Linkedin, times)?,
        other => anyhow::bail!("no part is called {other}"),
    }
    Ok(())
}

fn decide(times: u32) {
    let (rules, post) = (filters::rules(), embed::post(1));
    for _ in 0..times {
        let prepared = PreparedPost::new(black_box(&post));
        for rule in &rules {
            black_box(rule.decide(&prepared));
        }
    }
}

fn plan_posts(times: u32) {
    let rule = |tag: &str| {
        Rule::parse(&RuleInput { filter_hashtags: Some(vec![tag.into()]), ..RuleInput::default() }).expect("a rule")
    };
    let integration = |n: u128, tag: &str| Integration {
        id: Uuid::from_u128(n),
        channel_id: Uuid::from_u128(n + 10),
        is_archived: false,
        auto_post: true,
        rule: rule(tag),
        backfill: None,
        engagement_window: chrono::Duration::hours(24),
    };
    let facts = Facts {
        now: "2026-01-01T13:00:00Z".parse().expect("a time"),
        platform: Platform::Twitter,
        account_id: Uuid::from_u128(1),
        baseline_at: Some("2025-01-01T00:00:00Z".parse().expect("a time")),
        last_message_at: None,
        integrations: vec![integration(1, "launch"), integration(2, "hiring")],
        known: HashMap::new(),
        day_margin: None,
        refusals: Refusals::default(),
    };
    let import = Import { posts: (0..100).map(embed::post).collect(), ..Import::default() };
    let dice = SeededDice::new(7);
    for _ in 0..times {
        black_box(plan(&facts, import.clone(), &dice));
    }
}

/// Seals or opens a token.
fn seal(times: u32, opens: bool) -> anyhow::Result<()> {
    let key = SecretString::from("YmVuY2gtZW5jcnlwdGlvbi1rZXktMDEyMzQ1Njc4OTA=".to_owned());
    let sealer = Sealer::new(KeyRing::parse(&key)?, Arc::new(SeededDice::new(7)));
    let bound_to = aad(Uuid::from_u128(7), "access_token");
    let sealed = sealer.seal(&[b'x'; 1024], &bound_to);
    for _ in 0..times {
        if opens {
            drop(black_box(sealer.open(&sealed, &bound_to)?));
        } else {
            black_box(sealer.seal(&[b'x'; 1024], &bound_to));
        }
    }
    Ok(())
}
