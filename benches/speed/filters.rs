//! Decisions about posts by rules.

use crate::report::{Goal, Row};
use nchat_social::domain::{
    Post,
    filter::{PreparedPost, Rule, RuleInput},
};
use std::{hint::black_box, time::Instant};

const ROUNDS: usize = 7;
const RULES: usize = 50;

/// Rules as people write them: hashtags, words, phrases, beginnings of words, minimums.
pub fn rules() -> Vec<Rule> {
    let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
    (0..RULES)
        .map(|n| {
            let input = match n % 5 {
                0 => {
                    RuleInput { filter_hashtags: words(&["launch", "release", "#Neuigkeiten"]), ..RuleInput::default() }
                }
                1 => RuleInput {
                    filter_keywords: words(&["spring launch", "hiring", "webinar"]),
                    ..RuleInput::default()
                },
                2 => RuleInput { filter_keywords: words(&["incident", "outage", "maint*"]), ..RuleInput::default() },
                3 => RuleInput { exclude_retweets: Some(true), exclude_replies: Some(true), ..RuleInput::default() },
                _ => RuleInput { min_engagement: Some(100), filter_hashtags: words(&["news"]), ..RuleInput::default() },
            };
            Rule::parse(&input).expect("a rule")
        })
        .collect()
}

pub fn measure() -> Vec<Row> {
    let (rules, posts): (Vec<Rule>, Vec<Post>) = (rules(), (0..200).map(crate::embed::post).collect());
    let runs = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            // As an import does: a post is prepared once for all rules.
            for post in &posts {
                let prepared = PreparedPost::new(black_box(post));
                for rule in &rules {
                    black_box(rule.decide(&prepared));
                }
            }
            (rules.len() * posts.len()) as f64 / began.elapsed().as_secs_f64() / 1e6
        })
        .collect();
    vec![Row {
        what: format!("decisions, post × rule, {RULES} rules a post, one core"),
        unit: "million/s",
        runs,
        floor: None,
        goals: vec![Goal::AtLeast(2.0)],
    }]
}
