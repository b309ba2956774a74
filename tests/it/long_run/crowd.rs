//! Many accounts, two workers, and what the world knows about them.

use crate::{
    app::{
        App,
        world::{account_of, arrive, consent_as, depart, query},
    },
    costs::{bill, ledger},
};
use chrono::Duration;
use nchat_social::{
    domain::{Clock, Platform, clock::ManualClock},
    service::{Service, Settings},
    simulator::{Draft, Fault, FaultKind, GrantState, NewAccount, PlatformWorld, Simulator},
};
use serde_json::json;
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// An account that publishes.
struct Member {
    platform: Platform,
    /// Its id in the world.
    id: String,
    /// Posts so far.
    posts: usize,
}

impl Member {
    fn text(&self, number: usize) -> String {
        format!("{} says {number}", self.id)
    }
}

/// The accounts and the two processes that poll them.
pub struct Crowd {
    workers: [App; 2],
    members: Vec<Member>,
    channels: HashMap<Platform, Uuid>,
    /// What X may bill a day, in tenths of a cent, and the first whole day of it.
    budget: (i64, String),
}

impl Crowd {
    /// `count` accounts of each platform, connected, with stock taken, each posting to its platform's channel. From then
    /// on reading X may cost `budget` tenths of a cent a UTC day.
    pub async fn gather(count: usize, interval: Duration, budget: i64) -> Self {
        let mut app = App::start().await;
        let settings = Arc::new(Settings { poll_interval: interval, ..(*app.service.settings).clone() });
        app.use_service(Service { settings: settings.clone(), ..app.service.clone() });
        let (mut members, mut channels) = (Vec::new(), HashMap::new());
        // Logins of such an age that every platform's tokens are renewed soon after: X's last two hours.
        for (platform, days) in [(Platform::Linkedin, 0), (Platform::Instagram, 30), (Platform::Twitter, 29)] {
            app.clock.advance(Duration::days(days));
            let channel = app.chat.another_channel(platform.as_str()).await;
            channels.insert(platform, channel);
            let ids = settle(&app, platform, count);
            for account in connect(&app, platform, &ids).await {
                app.integrate(account, channel, json!({})).await;
            }
            members.extend(ids.into_iter().map(|id| Member { platform, id, posts: 0 }));
        }
        app.poll().await;
        let mut beside = App::beside(&app).await;
        beside.use_service(Service { settings, ..beside.service.clone() });
        let dollars = format!("{:.3}", budget as f64 / 1000.0);
        for worker in [&mut app, &mut beside] {
            worker.set(&[("SOCIAL_X_DAILY_BUDGET_USD", &dollars)]);
        }
        // What connecting cost on this day was not under the budget yet.
        let first_day = (app.clock.now() + Duration::days(1)).date_naive().to_string();
        Self { workers: [app, beside], members, channels, budget: (budget, first_day) }
    }

    pub fn simulator(&self) -> &Simulator {
        &self.workers[0].simulator
    }

    pub fn clock(&self) -> &ManualClock {
        &self.workers[0].clock
    }

    fn world(&self, platform: Platform) -> &Arc<dyn PlatformWorld> {
        self.simulator().world(platform.as_str()).expect("a world")
    }

    /// Posts so far.
    pub fn published(&self) -> usize {
        self.members.iter().map(|member| member.posts).sum()
    }

    /// Every account publishes or not, as the dice say.
    pub fn publish(&mut self, mut throw: impl FnMut() -> bool) {
        let simulator = self.workers[0].simulator.clone();
        for member in &mut self.members {
            if throw() {
                let world = simulator.world(member.platform.as_str()).expect("a world");
                world.publish(&member.id, Draft::text(member.text(member.posts))).expect("published");
                member.posts += 1;
            }
        }
    }

    /// Both workers poll what is due, at once. Returns how many accounts.
    pub async fn poll(&self) -> usize {
        let [first, second] = &self.workers;
        let (first, second) = tokio::join!(first.poll(), second.poll());
        first + second
    }

    /// The next renewal at X is made, and its answer is lost on the way.
    pub fn lose_a_rotation(&self) {
        let fault = Fault::new("twitter", "/2/oauth2/token", FaultKind::CutAfter).times(1);
        self.simulator().fault(fault).expect("a fault");
    }

    /// Somebody else uses an account's refresh token.
    pub fn rotate_elsewhere(&self) {
        let member = self.living(Platform::Twitter).next().expect("one is alive");
        self.world(Platform::Twitter).rotate(&member.id).expect("rotated");
    }

    /// A person removes the app, at X and at Instagram. Not whose token was used elsewhere: that may show only when the
    /// account has money to be read again.
    pub fn revoke(&self) {
        for platform in [Platform::Twitter, Platform::Instagram] {
            let member = self.living(platform).last().expect("one is alive");
            self.world(platform).revoke(&member.id).expect("revoked");
        }
    }

    /// Whose consent lives.
    fn living(&self, platform: Platform) -> impl Iterator<Item = &Member> {
        let grants = self.grants(platform);
        self.of(platform).filter(move |member| grants[&member.id].alive)
    }

    fn of(&self, platform: Platform) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(move |member| member.platform == platform)
    }

    /// The latest consent of each account.
    fn grants(&self, platform: Platform) -> HashMap<String, GrantState> {
        let grants = self.world(platform).grants();
        grants.into_iter().map(|grant| (grant.account.clone(), grant)).collect()
    }

    /// Accounts that are not as they should be.
    pub async fn unwell(&self) -> serde_json::Value {
        let unwell = "SELECT platform, account_id, health, health_code FROM nchat_social_accounts";
        self.workers[0].chat.value(&format!("{unwell} WHERE health <> 'connected'")).await
    }

    /// Neither lease nor job is left over.
    pub async fn assert_at_rest(&self) {
        for worker in &self.workers {
            worker.assert_at_rest().await;
        }
    }

    /// Whose consent the platform still honours is connected; who lost it is asked to reconnect.
    pub async fn assert_only_the_dead_are_disconnected(&self) {
        let mut wrong = Vec::new();
        for platform in Platform::ALL {
            let grants = self.grants(platform);
            let rows = "SELECT account_id, health, health_code, health_message FROM nchat_social_accounts";
            let rows = self.workers[0].chat.value(&format!("{rows} WHERE platform = '{platform}'")).await;
            let rows = rows.as_array().expect("rows");
            assert_eq!(rows.len(), self.of(platform).count(), "{platform}");
            let dead = grants.values().filter(|grant| !grant.alive).count();
            let expected = match platform {
                Platform::Twitter => 3,
                Platform::Instagram => 1,
                Platform::Linkedin => 0,
            };
            assert_eq!(dead, expected, "{platform}: only the consents that were ended on purpose are over: {grants:?}");
            assert!(grants.values().any(|grant| grant.renewals > 0), "{platform}: tokens were renewed");
            for row in rows {
                let grant = &grants[row["account_id"].as_str().expect("an id")];
                let health = if grant.alive { "connected" } else { "needs_reconnect" };
                if row["health"] != health {
                    wrong.push(format!("{platform}: {grant:?}, but {row}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// A refresh token that was spent is never used again by whoever was told its successor.
    pub fn assert_no_spent_token_was_used(&self) {
        for platform in Platform::ALL {
            for grant in self.world(platform).grants() {
                assert_eq!(grant.spent_uses, 0, "{platform}: {grant:?}");
            }
        }
    }

    /// What we say X costs is what X bills, day by day, and no day is dearer than the budget.
    pub async fn assert_the_bill_is_known_and_within_the_budget(&self) {
        let app = &self.workers[0];
        let (billed, booked) = (bill(app).await, ledger(app).await);
        let wrong: Vec<_> = billed.iter().zip(&booked).filter(|(billed, booked)| billed != booked).collect();
        assert!(wrong.is_empty() && billed.len() == booked.len(), "billed and booked by day: {wrong:?}");
        let (budget, first_day) = &self.budget;
        let dear: Vec<_> = billed.iter().filter(|(day, .., mils)| day >= first_day && mils > budget).collect();
        assert!(dear.is_empty(), "over {budget}: {dear:?}");
        let most = billed.iter().filter(|(day, ..)| day >= first_day).map(|(.., mils)| *mils).max().unwrap_or(0);
        let total: i64 = billed.iter().map(|(.., mils)| mils).sum();
        super::say(&format!("X billed {total} tenths of a cent in all, {most} of {budget} on its dearest day"));
        assert!(most > budget / 2, "the budget mattered");
    }

    /// Nothing lost, doubled or out of order; of an account whose consent ended, nothing but its last posts is missing.
    pub async fn assert_every_post_arrived_once_and_in_order(&self) {
        for platform in Platform::ALL {
            let grants = self.grants(platform);
            let mut arrived: HashMap<String, Vec<String>> = HashMap::new();
            for message in self.workers[0].chat.messages(self.channels[&platform]).await {
                let text = message.embeds[0]["description"].as_str().unwrap_or_default().to_owned();
                let (author, _) = text.split_once(" says ").unwrap_or_else(|| panic!("{platform}: {text:?}"));
                arrived.entry(author.to_owned()).or_default().push(text);
            }
            for member in self.of(platform) {
                let arrived = arrived.remove(&member.id).unwrap_or_default();
                let least = if grants[&member.id].alive { member.posts } else { 0 };
                assert!((least..=member.posts).contains(&arrived.len()), "{platform}: {arrived:?} of {}", member.posts);
                let expected: Vec<_> = (0..arrived.len()).map(|number| member.text(number)).collect();
                assert_eq!(arrived, expected, "{platform}");
            }
        }
    }
}

/// People settle in the world. Returns the ids of `count` accounts, those included that were there.
pub fn settle(app: &App, platform: Platform, count: usize) -> Vec<String> {
    let world = app.simulator.world(platform.as_str()).expect("a world");
    let first = account_of(platform);
    let (kind, number) = first.rsplit_once(':').map_or(("", first), |(kind, number)| (kind, number));
    let number: u64 = number.parse().expect("a number");
    for n in 1..count {
        let id =
            if kind.is_empty() { (number + n as u64).to_string() } else { format!("{kind}:{}", number + n as u64) };
        let (handle, name) = (format!("member_{n}"), format!("Member {n}"));
        world.add_account(NewAccount { id, handle, name }).expect("an account");
    }
    world.accounts()
}

/// Connects them: one by one, or all pages of one login.
pub async fn connect(app: &App, platform: Platform, ids: &[String]) -> Vec<Uuid> {
    if platform == Platform::Linkedin {
        return app.connect(platform).await;
    }
    for id in ids {
        let (cookie, page) = depart(app, platform).await;
        let back = consent_as(&page, id).await;
        let end = arrive(app, &back, Some(&cookie)).await;
        assert!(query(&end, "success").is_some(), "{end}");
    }
    let rows = format!("SELECT id FROM nchat_social_accounts WHERE platform = '{platform}'");
    let rows = app.chat.value(&rows).await;
    let rows = rows.as_array().expect("rows").iter();
    rows.map(|row| row["id"].as_str().and_then(|id| id.parse().ok()).expect("an id")).collect()
}
