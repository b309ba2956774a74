//! The world lives by itself: accounts to begin with, and posts at a given rate. Varied, and the same every time.

use super::{Counters, Draft, DraftMedia, NewAccount, Other, Simulator};
use chrono::Duration;
use std::{collections::VecDeque, future::Future, pin::pin, sync::Arc};

/// Posts that may still be edited or counted.
const RECENT: usize = 60;

const TEXTS: [&str; 12] = [
    "We shipped version 4.2 today. Faster search, calmer notifications. #release #news",
    "Our office in Lisbon opens on Monday ☀️ Come and say hello! https://example.org/lisbon",
    "Tea & cake at the stand <3 #meetup",
    "Maintenance tonight, 22:00–23:00 UTC. Messages wait and arrive afterwards. #status",
    "“The best tool is the one you forget.” A talk by our design team 🎨 https://example.org/talks/design?lang=en&year=2026",
    "Wir suchen Verstärkung in Köln: Backend, Frontend, Support 🇩🇪 #jobs #Köln",
    "新しい機能を公開しました。ぜひお試しください！ #お知らせ",
    "Numbers of the month: 12,400 teams, 99.98 % uptime, 3 new languages 📈 #report",
    "Thank you @example_partner for a great workshop 👏👩🏽‍💻",
    "How we moved two billion rows without anybody noticing: https://example.org/blog/two-billion-rows #engineering",
    "Photo of the day: the roof garden after the rain 🌧️🌱",
    "Launch week begins. One thing every day, all of them small, none of them boring. #launchweek",
];

/// One account for each platform that has none (LinkedIn: two pages), with a few older posts.
///
/// # Errors
/// A platform's sentence when it does not take an account or a post.
pub fn seed(simulator: &Simulator) -> Result<(), String> {
    let now = simulator.shared().clock.now();
    for world in simulator.worlds() {
        if !world.accounts().is_empty() {
            continue;
        }
        // The same ids in every world: who connected them once finds them again when the simulator starts anew.
        let people: &[_] = match world.name() {
            "twitter" => &[("1700000000000000001", "acme_example", "Acme Example")],
            "instagram" => &[("17841400000000001", "acme_example", "Acme Example")],
            _ => &[
                ("urn:li:organization:5590506", "acme_example", "Acme Example"),
                ("urn:li:organization:5590507", "acme_labs_example", "Acme Labs Example"),
            ],
        };
        for (id, handle, name) in people {
            let (id, handle, name) = ((*id).into(), (*handle).into(), (*name).into());
            let account = world.add_account(NewAccount { id, handle, name })?;
            for hours in (1..=4).rev() {
                let draft = Draft { at: Some(now - Duration::hours(hours * 5)), ..draft(world.name(), hours as u64) };
                world.publish(&account, draft)?;
            }
        }
    }
    Ok(())
}

/// Publishes `rate_per_minute` posts a minute over all platforms together until `shutdown` is over. Now and then a post
/// is edited or its counters change. A rate of 0 or less publishes nothing.
pub async fn feed(simulator: Arc<Simulator>, rate_per_minute: f64, shutdown: impl Future<Output = ()>) {
    let mut shutdown = pin!(shutdown);
    if !rate_per_minute.is_finite() || rate_per_minute <= 0.0 {
        return shutdown.await;
    }
    let pause = std::time::Duration::from_secs_f64((60.0 / rate_per_minute).clamp(0.001, 86_400.0));
    let mut feed = Feed::default();
    loop {
        tokio::select! {
            () = &mut shutdown => return,
            () = tokio::time::sleep(pause) => {
                if let Err(sentence) = feed.step(&simulator) {
                    tracing::warn!(reason = %sentence, "the simulated feed could not publish");
                }
            }
        }
    }
}

/// What the feed has done.
#[derive(Default)]
struct Feed {
    steps: u64,
    recent: VecDeque<(&'static str, String)>,
}

impl Feed {
    /// One post on the next platform that has an account; sometimes also a change to a recent post.
    fn step(&mut self, simulator: &Simulator) -> Result<(), String> {
        self.steps += 1;
        let worlds: Vec<_> = simulator.worlds().iter().filter(|world| !world.accounts().is_empty()).collect();
        if worlds.is_empty() {
            return Err("no platform has an account".into());
        }
        let world = worlds[(self.steps % worlds.len() as u64) as usize];
        let accounts = world.accounts();
        let account = &accounts[(self.steps / worlds.len() as u64) as usize % accounts.len()];
        let id = world.publish(account, draft(world.name(), self.steps))?;
        self.recent.push_back((world.name(), id));
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
        if self.steps.is_multiple_of(5) {
            self.count(simulator)?;
        }
        if self.steps.is_multiple_of(17) {
            self.edit(simulator);
        }
        Ok(())
    }

    fn count(&self, simulator: &Simulator) -> Result<(), String> {
        let Some((platform, id)) = self.recent.get(self.steps as usize % self.recent.len()) else { return Ok(()) };
        let likes = Some(self.steps % 90);
        let counters = Counters { likes, comments: Some(self.steps % 7), ..Counters::default() };
        simulator.world(platform).map_or(Ok(()), |world| world.count(id, counters))
    }

    /// A platform may refuse: too old, a repost, no edits at all. Then the post stays as it is.
    fn edit(&mut self, simulator: &Simulator) {
        let Some((platform, id)) = self.recent.iter_mut().rev().nth(1) else { return };
        let text = format!("{} (corrected)", TEXTS[self.steps as usize % TEXTS.len()]);
        if let Some(Ok(version)) = simulator.world(platform).map(|world| world.edit(id, &text)) {
            *id = version;
        }
    }
}

/// The `number`-th post of the feed.
fn draft(platform: &str, number: u64) -> Draft {
    let text = format!("{} ({number})", TEXTS[number as usize % TEXTS.len()]);
    let media = |kind: &str| DraftMedia { kind: kind.into(), alt_text: Some("A roof garden after the rain".into()) };
    let mut draft = Draft::text(text);
    draft.counters = Counters { likes: Some(number % 40), ..Counters::default() };
    draft.media = match number % 6 {
        0 => vec![media("image"), media("image")],
        2 => vec![media("video")],
        4 => vec![media("image")],
        // Instagram has no post without a picture.
        _ if platform == "instagram" => vec![media("image")],
        _ => Vec::new(),
    };
    let other = || Other {
        handle: "partner_example".into(),
        name: "Partner Example".into(),
        text: format!("Our view of it, with pictures & numbers. Part {number}. #partners"),
        unreadable: false,
    };
    match (platform, number % 9) {
        ("twitter" | "linkedin", 4) => {
            draft.repost_of = Some(other());
            draft.media.clear();
        }
        ("twitter", 7) => draft.quote_of = Some(other()),
        _ => {}
    }
    draft
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{clock::ManualClock, dice::SeededDice},
        simulator::{Shared, twitter},
    };
    use axum::{
        body::{Body, to_bytes},
        http::Request,
    };
    use tower::ServiceExt;

    /// The world after `steps` of the feed.
    fn lived(steps: u64) -> (Arc<Simulator>, Feed) {
        let start = "2026-10-19T12:00:00Z".parse().expect("a time");
        let clock = Arc::new(ManualClock::at(start));
        let shared = Shared::new(clock.clone(), Arc::new(SeededDice::new(1)), "http://127.0.0.1:8096");
        let simulator = Simulator::new(shared.clone(), vec![twitter::new(shared)]);
        seed(&simulator).expect("seeded");
        let mut feed = Feed::default();
        for _ in 0..steps {
            clock.advance(Duration::seconds(10));
            feed.step(&simulator).expect("published");
        }
        (simulator, feed)
    }

    #[tokio::test]
    async fn some_posts_are_edited() {
        let (simulator, _) = lived(100);
        let account = simulator.worlds()[0].accounts().remove(0);
        let request = Request::get(format!("/twitter/2/users/{account}/tweets?max_results=100"))
            .header("authorization", format!("Bearer {}", twitter::BEARER_TOKEN));
        let response =
            simulator.router().oneshot(request.body(Body::empty()).expect("a request")).await.expect("an answer");
        let page = to_bytes(response.into_body(), 1_000_000).await.expect("a page");
        let page: serde_json::Value = serde_json::from_slice(&page).expect("JSON");
        let versions = |post: &serde_json::Value| post["edit_history_tweet_ids"].as_array().map_or(0, Vec::len);
        let edited = page["data"].as_array().expect("posts").iter().filter(|post| versions(post) > 1).count();
        assert_eq!(edited, 4, "at 17, 34, 51 and 85; at 68 it was a repost's turn, which cannot be edited");
    }

    #[test]
    fn the_same_steps_give_the_same_world() {
        let (_, first) = lived(100);
        let (_, second) = lived(100);
        assert_eq!(first.recent.len(), RECENT);
        assert_eq!(first.recent, second.recent, "ids and edits alike");
    }

    #[test]
    fn a_world_without_accounts_is_an_error_and_not_the_end() {
        let (simulator, _) = lived(0);
        let empty = Simulator::new(simulator.shared().clone(), Vec::new());
        assert!(Feed::default().step(&empty).is_err());
    }

    #[test]
    fn drafts_vary() {
        let drafts: Vec<_> = (0..18).map(|number| draft("twitter", number)).collect();
        assert!(drafts.iter().any(|draft| draft.repost_of.is_some()));
        assert!(drafts.iter().any(|draft| draft.quote_of.is_some()));
        assert!(drafts.iter().any(|draft| draft.media.iter().any(|media| media.kind == "video")));
        assert!((0..18).all(|number| !draft("instagram", number).media.is_empty()));
    }
}
