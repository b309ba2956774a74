//! Trouble with Postgres, for the whole program: a process of `serve` behind a wire that a test spoils, and the three
//! platforms that go on publishing. Whatever happens, every post arrives once and in order, the service comes back by
//! itself, and /readyz tells the truth meanwhile.

mod absence;
mod contention;
mod cuts;
mod moves;
mod renewal;
mod slowness;
mod standby;

use crate::{
    app::{App, proxy::Proxy, world::account_of},
    processes::{Process, until},
};
use nchat_social::{
    domain::{Clock, Platform, clock::SystemClock},
    outbound::Outbound,
    service::Service,
    simulator::Draft,
    store::{
        Store,
        connect::{PoolOptions, pool},
    },
};
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::task::JoinHandle;
use uuid::Uuid;

/// /readyz is good again so soon after the database is.
const READY_WITHIN: Duration = Duration::from_secs(5);
/// And so soon everything that was published meanwhile has arrived.
const CAUGHT_UP_WITHIN: Duration = Duration::from_secs(40);

/// A process behind a wire, and the world it reports from.
struct Stage {
    app: App,
    proxy: Proxy,
    process: Process,
    channels: Vec<Uuid>,
    published: usize,
}

impl Stage {
    async fn set(seed: u64) -> Self {
        Self::on(App::start().await, seed, &[]).await
    }

    /// Three followed accounts, each with a channel of its own; `more` settings for the process.
    async fn on(app: App, seed: u64, more: &[(&str, &str)]) -> Self {
        Self::on_as(app, seed, more, None).await
    }

    /// The same with another login at the database.
    async fn on_as(app: App, seed: u64, more: &[(&str, &str)], login: Option<&str>) -> Self {
        let mut channels = Vec::new();
        for platform in Platform::ALL {
            let account = app.connect_one(platform).await;
            app.poll().await;
            let channel = app.chat.another_channel(platform.as_str()).await;
            app.integrate(account, channel, json!({})).await;
            channels.push(channel);
        }
        let url = login.map_or_else(|| app.database.url(), str::to_owned);
        let proxy = Proxy::to(&url, seed).await;
        let through = proxy.through(&url);
        let settings: Vec<(&str, &str)> = more.iter().copied().chain([("DATABASE_URL", &*through)]).collect();
        let process = Process::start_with(&app, &["serve"], &settings);
        process.ready().await;
        Self { app, proxy, process, channels, published: 0 }
    }

    /// Every account publishes a post.
    fn publish(&mut self) {
        // The world's time moves by hand, the process's by itself: posts must lie in the past of both.
        self.app.clock.set(SystemClock.now());
        for platform in Platform::ALL {
            let world = self.app.simulator.world(platform.as_str()).expect("a world");
            let text = format!("Number {}", self.published);
            world.publish(account_of(platform), Draft::text(text)).expect("published");
        }
        self.published += 1;
    }

    /// Publishes some forty posts over `time`, and keeps the accounts due.
    async fn publish_for(&mut self, time: Duration) {
        let began = Instant::now();
        while began.elapsed() < time {
            self.publish();
            self.nudge().await;
            tokio::time::sleep((time / 40).max(Duration::from_millis(150))).await;
        }
    }

    /// Makes due whatever nobody polls or has just polled: the platforms count calls.
    async fn nudge(&self) {
        self.app.clock.set(SystemClock.now());
        let due = "UPDATE nchat_social_accounts SET next_poll_at = now(), hold_until = NULL WHERE id IN \
                   (SELECT id FROM nchat_social_accounts WHERE lease_id IS NULL \
                    AND coalesce(last_poll_time < now() - interval '300 ms', true) FOR UPDATE SKIP LOCKED)";
        self.app.chat.script(due).await;
    }

    async fn texts(&self, channel: Uuid) -> Vec<String> {
        let messages = self.app.chat.messages(channel).await;
        messages.iter().map(|m| m.embeds[0]["description"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Waits until everything has arrived, once and in order; how long that took.
    async fn catch_up(&self, within: Duration) -> Duration {
        let began = Instant::now();
        let all = "SELECT count(*) FROM nchat_social_posts WHERE content LIKE 'Number%'";
        while self.app.chat.count(all).await < i64::try_from(3 * self.published).expect("a count") {
            if began.elapsed() > within {
                let stand = "SELECT platform, health, health_code, next_poll_reason, lease_until, next_poll_at, \
                             (SELECT count(*) FROM nchat_social_posts p WHERE p.account_id = a.id) AS posts \
                             FROM nchat_social_accounts a";
                let stand = self.app.chat.value(stand).await;
                panic!("not all of {} posts of each account within {within:?}: {stand:#}", self.published);
            }
            self.nudge().await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let took = began.elapsed();
        let expected: Vec<String> = (0..self.published).map(|n| format!("Number {n}")).collect();
        for (channel, platform) in self.channels.iter().zip(Platform::ALL) {
            assert_eq!(self.texts(*channel).await, expected, "{platform}: once, and in order");
        }
        took
    }

    /// Nobody was made to reconnect, nothing is left leased, and the log adds up to what there is.
    async fn assert_whole(&self) {
        let leased = "SELECT count(*) FROM nchat_social_accounts WHERE lease_id IS NOT NULL";
        until("no lease is left", CAUGHT_UP_WITHIN, async || self.app.chat.count(leased).await == 0).await;
        until("everybody is well", CAUGHT_UP_WITHIN, async || {
            self.nudge().await;
            self.app.chat.count("SELECT count(*) FROM nchat_social_accounts WHERE health <> 'connected'").await == 0
        })
        .await;
        let posted = "SELECT coalesce(sum(messages_posted), 0)::bigint FROM nchat_social_import_logs";
        let posted = self.app.chat.count(posted).await;
        assert_eq!(posted, i64::try_from(3 * self.published).expect("a count"), "the log is true");
    }

    fn watch(&self) -> Watch {
        Watch::start(&self.process.origin())
    }
}

/// Leads the service of a test's own process through a wire, over at most `size` connections.
async fn put_through(app: &mut App, size: usize, statement_timeout: Duration) -> Proxy {
    let proxy = Proxy::to(&app.database.url(), 1).await;
    let url = proxy.through(&app.database.url()).into();
    let pool = pool(&PoolOptions { url, size, statement_timeout }).expect("a pool");
    app.use_service(Service { store: Store::new(pool), ..app.service.clone() });
    proxy
}

/// What /livez and /readyz said, and when.
struct Watch {
    seen: Arc<Mutex<Vec<Seen>>>,
    looking: JoinHandle<()>,
}

#[derive(Clone, Debug)]
struct Seen {
    at: Instant,
    answered_at: Instant,
    live: Option<u16>,
    ready: Option<u16>,
    words: Value,
}

impl Watch {
    fn start(origin: &str) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let url = |path: &str| format!("{origin}{path}").parse().expect("an address");
        let (live, ready): (url::Url, url::Url) = (url("/livez"), url("/readyz"));
        let list = seen.clone();
        let looking = tokio::spawn(async move {
            let http = Outbound::new(Default::default()).expect("a client");
            loop {
                let live = http.get(&live, None, &[]).await.ok().map(|reply| reply.status.as_u16());
                let at = Instant::now();
                let (ready, words) = match http.get(&ready, None, &[]).await {
                    Ok(reply) => (Some(reply.status.as_u16()), serde_json::from_slice(&reply.body).unwrap_or_default()),
                    Err(_) => (None, Value::Null),
                };
                list.lock().expect("no panic under it").push(Seen {
                    at,
                    answered_at: Instant::now(),
                    live,
                    ready,
                    words,
                });
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        Self { seen, looking }
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("no panic under it").clone()
    }

    /// Waits for a look after `since` that finds the service ready; how long that took.
    async fn ready_again(&self, since: Instant) -> Duration {
        until("ready again", READY_WITHIN, async || self.seen().iter().any(|s| s.at > since && s.ready == Some(200)))
            .await;
        since.elapsed()
    }

    /// Between these times the process lived and said that its database is away.
    fn assert_said_so(&self, from: Instant, to: Instant) {
        let seen = self.seen();
        assert!(seen.iter().all(|s| s.live == Some(200)), "/livez stays 200: {seen:?}");
        let meanwhile: Vec<_> = seen.iter().filter(|s| s.at > from && s.answered_at < to).collect();
        assert!(meanwhile.len() > 1, "it was asked: {seen:?}");
        for s in meanwhile {
            assert_eq!(s.ready, Some(503), "/readyz tells the truth: {s:?}");
            assert_eq!(s.words["database"], "unavailable", "{s:?}");
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.looking.abort();
    }
}
