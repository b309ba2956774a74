//! A post as nchat draws it.

use crate::report::{Goal, Row};
use nchat_social::domain::{Author, Engagement, Media, MediaKind, Platform, Post, Relation, embed::embed};
use std::{hint::black_box, time::Instant};

const ROUNDS: usize = 7;
const CALLS: usize = 20_000;

/// A post with two pictures, a link and tags.
pub fn post(number: usize) -> Post {
    let picture = |n| Media {
        kind: MediaKind::Image,
        url: format!("https://pbs.example.com/media/{number}-{n}.jpg"),
        thumbnail_url: None,
        alt_text: Some("The new office from above, people waving on the roof".into()),
    };
    Post {
        post_id: format!("19{number:017}"),
        version_id: format!("19{number:017}"),
        url: format!("https://x.com/acme/status/19{number:017}"),
        text: format!(
            "Our spring launch is here: number {number} brings what you asked for, and a little more of it. Thank you to \
             everybody who tried the beta & wrote to us, it helped. Details: https://example.com/spring #launch #news"
        ),
        author: Author {
            name: "Acme Example".into(),
            handle: Some("acme".into()),
            url: Some("https://x.com/acme".into()),
            avatar_url: Some("https://pbs.example.com/profile/acme.jpg".into()),
        },
        reposted_by: None,
        quoted: None,
        media: vec![picture(1), picture(2)],
        hashtags: vec!["launch".into(), "news".into()],
        mentions: Vec::new(),
        engagement: Engagement { likes: Some(27), retweets: Some(3), replies: Some(1), ..Engagement::default() },
        relation: Relation::default(),
        posted_at: "2026-01-01T12:00:00Z".parse().expect("a time"),
        sensitive: false,
    }
}

pub fn measure() -> Vec<Row> {
    let post = post(1);
    let runs = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            for _ in 0..CALLS {
                black_box(embed(Platform::Twitter, black_box(&post)));
            }
            began.elapsed().as_secs_f64() * 1e6 / CALLS as f64
        })
        .collect();
    vec![Row { what: "embed of one post".into(), unit: "µs", runs, floor: None, goals: vec![Goal::AtMost(10.0)] }]
}
