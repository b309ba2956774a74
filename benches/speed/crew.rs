//! The program's own polling in this process, as fast as it goes: claims without waiting for the next second, 16 leases
//! at a time. Everything but the queue's table is as in `serve`.

use crate::{
    database::{Database, KEY},
    responder::Responder,
};
use nchat_social::{
    config::Config,
    crypto::{KeyRing, Sealer},
    domain::{Dice, Steps, clock::SystemClock, dice::SystemDice},
    graphql::{self, SocialSchema},
    outbound::{Limits, Outbound},
    platforms::Platforms,
    service::{Service, Settings},
    store::{
        Store,
        connect::{PoolOptions, pool},
    },
    worker::{Poller, Ticker, queue::memory::MemoryQueue},
};
use secrecy::SecretString;
use std::{sync::Arc, time::Duration};
use tokio::{sync::Semaphore, task::JoinSet};

/// Leases worked at a time: as many as `serve` works at SOCIAL_POLL_CONCURRENCY=1024.
pub const LEASES: usize = 16;

/// Everything that polls.
pub struct Crew {
    pub service: Service,
    pub schema: SocialSchema,
    pub ticker: Ticker,
    queue: Arc<MemoryQueue>,
    poller: Arc<Poller>,
}

impl Crew {
    /// A crew on `database`, reading from `responder`.
    pub fn of(database: &Database, responder: &Responder) -> anyhow::Result<Self> {
        let config = config(&database.url, &responder.base)?;
        let platforms = Platforms::configured(&config, &Outbound::new(Limits::default())?);
        let dice: Arc<dyn Dice> = Arc::new(SystemDice);
        let settings = Settings {
            app_url: config.web.link(""),
            poll_interval: chrono::Duration::hours(1),
            least_interval: chrono::Duration::seconds(60),
            interval_floor: None,
            default_tenant: "primary".into(),
            admin_roles: config.auth.admin_roles.clone(),
            alert_channel: None,
            keep: Default::default(),
        };
        let pool = pool(&PoolOptions {
            url: SecretString::from(database.url.clone()),
            size: 16,
            statement_timeout: Duration::from_secs(30),
        })?;
        let service = Service {
            store: Store::new(pool),
            platforms,
            sealer: Arc::new(Sealer::new(KeyRing::parse(&SecretString::from(KEY.to_owned()))?, dice.clone())),
            clock: Arc::new(SystemClock),
            dice,
            settings: Arc::new(settings),
            metrics: Arc::default(),
            steps: Steps::default(),
        };
        let schema = graphql::schema(service.clone());
        let queue = Arc::new(MemoryQueue::default());
        let ticker = Ticker {
            service: service.clone(),
            queue: queue.clone(),
            most_waiting: 2 * LEASES,
            latest: Default::default(),
        };
        let concurrency = Arc::new(Semaphore::new(64 * LEASES));
        let poller = Arc::new(Poller {
            service: service.clone(),
            schema: schema.clone(),
            concurrency,
            halt: Default::default(),
        });
        Ok(Self { service, schema, ticker, queue, poller })
    }

    /// Polls until nothing is due. Returns how many accounts were polled.
    pub async fn work_off(&self) -> anyhow::Result<usize> {
        let (mut polled, mut leases) = (0, JoinSet::new());
        loop {
            let claimed = self.ticker.tick().await?.accounts;
            polled += claimed;
            while let Some(job) = self.queue.take() {
                while leases.len() >= LEASES {
                    leases.join_next().await;
                }
                let poller = self.poller.clone();
                leases.spawn(async move { poller.work(job).await });
            }
            if claimed == 0 && leases.join_next().await.is_none() {
                return Ok(polled);
            }
        }
    }
}

/// The settings of `serve` for the database and the platforms at `base`.
pub fn settings(database: &str, base: &str) -> Vec<(&'static str, String)> {
    let mut given = nchat_social::cli::simulator_settings(base);
    given.retain(|(name, _)| name.starts_with("TWITTER"));
    given.extend([
        ("DATABASE_URL", database.to_owned()),
        ("SOCIAL_MEDIA_ENCRYPTION_KEY", KEY.to_owned()),
        ("NEXT_PUBLIC_APP_URL", "http://127.0.0.1:9".to_owned()),
        ("NCHAT_SOCIAL_SHARED_SECRET", SECRET.to_owned()),
        ("SOCIAL_ADMIN_TOKEN", SECRET.to_owned()),
        ("SOCIAL_LOG", "warn".to_owned()),
    ]);
    given
}

/// How Hasura, and the operator, prove who they are.
pub const SECRET: &str = "bench-shared-secret-0123456789-0123456789";

/// The same as read by the program.
pub fn config(database: &str, base: &str) -> anyhow::Result<Config> {
    let given = settings(database, base);
    Ok(Config::from_env(&|name| given.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()))?)
}
