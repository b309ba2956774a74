//! Builds everything from the settings, once.

use crate::{
    config::{Config, RetentionConfig},
    crypto::{KeyRing, Sealer},
    domain::{Clock, Dice, Steps, clock::SystemClock, dice::SystemDice},
    graphql::{self, SocialSchema},
    outbound::{Limits, Outbound},
    platforms::Platforms,
    service::{Service, Settings, housekeeping::Retention},
    store::{
        Store,
        connect::{PoolOptions, pool},
    },
    web::{self, Health},
    worker::{
        Poller, Ticker, Worker,
        halt::Halt,
        queue::{
            JobQueue,
            apalis::{ApalisQueue, Timing},
        },
        tick::Latest,
    },
};
use anyhow::Context;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The parts of a process.
pub struct App {
    /// The settings.
    pub config: Config,
    /// The use cases.
    pub service: Service,
    /// The schema.
    pub schema: SocialSchema,
    /// What /readyz tells.
    pub health: Arc<Health>,
}

/// So many leases wait in line for each one that is worked.
const LEASES_AHEAD: usize = 2;

/// An idle queue worker costs some statements a second; a lease is many accounts, so few workers are enough.
const MOST_LEASES: usize = 16;

impl App {
    /// Builds the parts of a process with or without a worker. Nothing is connected yet.
    pub fn build(config: Config, has_worker: bool) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let dice: Arc<dyn Dice> = Arc::new(SystemDice);
        let ring = KeyRing::parse(&config.encryption_key).context("SOCIAL_MEDIA_ENCRYPTION_KEY")?;
        let pool = pool(&PoolOptions {
            url: config.database.url.clone(),
            size: config.database.pool_size as usize,
            statement_timeout: config.database.statement_timeout,
        })?;
        let settings = Settings {
            app_url: config.web.link(""),
            poll_interval: chrono::Duration::from_std(config.poll.interval)?,
            least_interval: chrono::Duration::from_std(config.poll.floor)?,
            interval_floor: None,
            default_tenant: config.default_source_account.clone(),
            admin_roles: config.auth.admin_roles.clone(),
            alert_channel: config.alerts.channel,
            keep: retention(&config)?,
        };
        let http = Outbound::new(Limits::default()).context("the HTTP client cannot be built")?;
        let service = Service {
            store: Store::new(pool),
            platforms: Platforms::configured(&config, &http),
            sealer: Arc::new(Sealer::new(ring, dice.clone())),
            clock,
            dice,
            settings: Arc::new(settings),
            metrics: Arc::default(),
            steps: steps(),
        };
        let schema = graphql::schema(service.clone());
        let health = Arc::new(Health::new(has_worker, service.clock.now()));
        Ok(Self { config, service, schema, health })
    }

    /// What answers requests.
    pub fn router(&self) -> web::Router {
        web::router(self.web_state())
    }

    /// What answers at SOCIAL_METRICS_LISTEN.
    pub fn open_router(&self) -> web::Router {
        web::open_router(self.web_state())
    }

    fn web_state(&self) -> web::WebState {
        web::WebState {
            service: self.service.clone(),
            schema: self.schema.clone(),
            auth: Arc::new(self.config.auth.clone()),
            web: Arc::new(self.config.web.clone()),
            health: self.health.clone(),
        }
    }

    /// The polling part, on apalis.
    pub fn worker(&self) -> anyhow::Result<Worker> {
        let queue = ApalisQueue::connect(
            &self.config.database.url,
            self.service.clock.clone(),
            self.service.dice.clone(),
            Timing::with_job_limit(crate::worker::JOB_LIMIT),
        )?;
        Ok(self.worker_on(Arc::new(queue)))
    }

    /// The polling part, on any queue.
    pub fn worker_on(&self, queue: Arc<dyn JobQueue>) -> Worker {
        let concurrency = self.config.poll.concurrency as usize;
        let leases = (concurrency.div_ceil(64) + 1).min(MOST_LEASES);
        let health = self.health.clone();
        Worker {
            ticker: Ticker {
                service: self.service.clone(),
                queue: queue.clone(),
                most_waiting: leases * LEASES_AHEAD,
                latest: Latest::default(),
            },
            poller: Poller {
                service: self.service.clone(),
                schema: self.schema.clone(),
                concurrency: Arc::new(Semaphore::new(concurrency)),
                halt: Halt::default(),
            },
            queue,
            leases,
            on_tick: Arc::new(move |at| health.tick(at)),
        }
    }
}

fn retention(config: &Config) -> anyhow::Result<Retention> {
    let of = chrono::Duration::from_std;
    let RetentionConfig { audit, logs, posts, linkedin_posts, sessions, costs, jobs } = config.retention;
    Ok(Retention {
        audit: of(audit)?,
        logs: of(logs)?,
        posts: of(posts)?,
        linkedin_posts: of(linkedin_posts)?,
        sessions: of(sessions)?,
        costs: of(costs)?,
        jobs: of(jobs)?,
    })
}

/// Nothing happens between two steps.
#[cfg(not(debug_assertions))]
fn steps() -> Steps {
    Steps::default()
}

/// The process ends at the step that SOCIAL_DIE_AT names, as if it were killed: for tests, in no release.
#[cfg(debug_assertions)]
fn steps() -> Steps {
    let Some(last) = crate::config::environment("SOCIAL_DIE_AT") else { return Steps::default() };
    Steps::telling(move |step| {
        if step.as_str() == last {
            std::process::abort();
        }
    })
}
