//! The program as a test sees it: change the world, let the program act, look at the world.

pub mod chat;
pub mod cluster;
pub mod database;
pub mod proxy;
pub mod world;

use chat::Chat;
use database::Database;
use nchat_social::{
    crypto::{KeyRing, Sealer},
    domain::{
        Clock, Dice, Platform, Steps, Timestamp,
        clock::{ManualClock, SystemClock},
        dice::SystemDice,
    },
    graphql::{self, SocialSchema},
    service::{Actor, AdminActor, Claims, Service, Settings},
    simulator::Simulator,
    store::{
        Store,
        connect::{PoolOptions, pool},
    },
    web,
    worker::{Poller, Ticker, halt::Halt, queue::memory::MemoryQueue, tick::Latest},
};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;
use uuid::Uuid;

/// The secret by which a test is Hasura.
pub const SHARED_SECRET: &str = "canary-shared-secret-0123456789";

/// The key with which JWTs of tests are signed.
pub const JWT_KEY: &str = "canary-jwt-key-0123456789-0123456789-0123456789";

/// The token by which a test is the operator.
pub const ADMIN_TOKEN: &str = "canary-admin-token-0123456789-0123456789";

/// The key that seals tokens in tests: base64 of 32 bytes.
pub const ENCRYPTION_KEY: &str = "Y2FuYXJ5LWVuY3J5cHRpb24ta2V5LTAxMjM0NTY3ODk=";

/// The program, its database and the simulated platforms.
pub struct App {
    pub database: Database,
    pub chat: Chat,
    pub clock: Arc<ManualClock>,
    pub simulator: Arc<Simulator>,
    pub service: Service,
    pub schema: SocialSchema,
    pub router: axum::Router,
    pub queue: Arc<MemoryQueue>,
    pub ticker: Ticker,
    pub poller: Poller,
}

impl App {
    /// A program on a database of its own, with one workspace and one channel called `announcements`.
    pub async fn start() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        // The log of a failing test is shown with it.
        let _ = tracing_subscriber::fmt().with_test_writer().with_env_filter("nchat_social=info").try_init();
        let database = Database::create();
        Self::on(database, None).await
    }

    /// A program on this database.
    pub async fn start_on(database: Database) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self::on(database, None).await
    }

    /// The same as an earlier program's, on its database and in its world: a second process.
    pub async fn beside(other: &Self) -> Self {
        Self::on(other.database.share(), Some((other.simulator.clone(), other.clock.clone()))).await
    }

    async fn on(database: Database, world: Option<(Arc<Simulator>, Arc<ManualClock>)>) -> Self {
        let (simulator, clock) = match world {
            Some(world) => world,
            None => {
                let clock = Arc::new(ManualClock::at(SystemClock.now()));
                (world::start(clock.clone()).await, clock)
            }
        };
        let dice: Arc<dyn Dice> = Arc::new(SystemDice);
        let url = SecretString::from(database.url());
        let options = PoolOptions { url, size: 8, statement_timeout: Duration::from_secs(20) };
        let settings = Settings {
            app_url: "http://127.0.0.1:9".into(),
            poll_interval: chrono::Duration::seconds(300),
            least_interval: chrono::Duration::seconds(60),
            interval_floor: None,
            default_tenant: "primary".into(),
            admin_roles: vec!["admin".into(), "owner".into()],
            alert_channel: None,
            keep: Default::default(),
        };
        let service = Service {
            store: Store::new(pool(&options).expect("the test's database address")),
            platforms: world::platforms(&simulator.shared().base_url),
            sealer: Arc::new(Sealer::new(
                KeyRing::parse(&SecretString::from(ENCRYPTION_KEY)).expect("the test's key"),
                dice.clone(),
            )),
            clock: clock.clone(),
            dice,
            settings: Arc::new(settings),
            metrics: Arc::default(),
            steps: Steps::default(),
        };
        let schema = graphql::schema(service.clone());
        let queue = Arc::new(MemoryQueue::default());
        let router = web::router(web::WebState {
            service: service.clone(),
            schema: schema.clone(),
            auth: Arc::new(world::auth()),
            web: Arc::new(world::web()),
            health: Arc::new(web::Health::new(false, service.clock.now())),
        });
        Self {
            chat: Chat::new(&database).await,
            database,
            clock,
            simulator,
            schema: schema.clone(),
            router,
            ticker: Ticker {
                service: service.clone(),
                queue: queue.clone(),
                most_waiting: 100,
                latest: Latest::default(),
            },
            poller: Poller {
                service: service.clone(),
                schema,
                concurrency: Arc::new(Semaphore::new(64)),
                halt: Halt::default(),
            },
            queue,
            service,
        }
    }

    /// Goes on with another service on the same world.
    pub fn use_service(&mut self, service: Service) {
        self.schema = graphql::schema(service.clone());
        self.router = web::router(web::WebState {
            service: service.clone(),
            schema: self.schema.clone(),
            auth: Arc::new(world::auth()),
            web: Arc::new(world::web()),
            health: Arc::new(web::Health::new(false, service.clock.now())),
        });
        self.ticker.service = service.clone();
        self.poller = Poller {
            service: service.clone(),
            schema: self.schema.clone(),
            concurrency: Arc::new(Semaphore::new(64)),
            halt: Halt::default(),
        };
        self.service = service;
    }

    /// Goes on with platforms' settings of one's own.
    pub fn set(&mut self, own: &[(&'static str, &str)]) {
        let platforms = world::platforms_with(&self.simulator.shared().base_url, own);
        self.use_service(Service { platforms, ..self.service.clone() });
    }

    /// An administrator of `tenant`.
    pub async fn admin_of(&self, tenant: &str) -> AdminActor {
        let claims = Claims { role: "admin".into(), user_id: None, tenant: Some(tenant.into()) };
        match self.service.actor(&claims).await.expect("the database answers") {
            Actor::Admin(admin) => admin,
            other => panic!("an administrator, not {other:?}"),
        }
    }

    /// Asks as an administrator of the default tenant; every error is a failure of the test.
    pub async fn ask(&self, document: &str, variables: Value) -> Value {
        let answer = self.try_ask("primary", document, variables).await;
        assert!(answer["errors"].is_null(), "{answer:#}");
        answer["data"].clone()
    }

    /// Asks as an administrator of `tenant`; the whole answer.
    pub async fn try_ask(&self, tenant: &str, document: &str, variables: Value) -> Value {
        let admin = Actor::Admin(self.admin_of(tenant).await);
        self.ask_as(admin, document, variables).await
    }

    /// Asks as anybody; the whole answer.
    pub async fn ask_as(&self, actor: Actor, document: &str, variables: Value) -> Value {
        let request = async_graphql::Request::new(document).variables(async_graphql::Variables::from_json(variables));
        let request = graphql::prepare(request, &self.service, actor);
        serde_json::to_value(self.schema.execute(request).await).expect("an answer is JSON")
    }

    /// Connects the platform's accounts through routes and consent page; several are all chosen. Returns their ids.
    pub async fn connect(&self, platform: Platform) -> Vec<Uuid> {
        world::connect(self, platform).await
    }

    /// Connects a platform that has one account.
    pub async fn connect_one(&self, platform: Platform) -> Uuid {
        let accounts = self.connect(platform).await;
        assert_eq!(accounts.len(), 1, "{platform} has one account");
        accounts[0]
    }

    /// Creates an integration of `account` with `channel`; `rule` may hold any field of the input.
    pub async fn integrate(&self, account: Uuid, channel: Uuid, rule: Value) -> Uuid {
        let mut input = json!({"account_id": account, "channel_id": channel});
        for (field, value) in rule.as_object().into_iter().flatten() {
            input[field] = value.clone();
        }
        let document = "mutation ($i: SocialCreateIntegrationInput!) { socialCreateIntegration(input: $i) \
                        { status message integration { id } } }";
        let data = self.ask(document, json!({"i": input})).await;
        let payload = &data["socialCreateIntegration"];
        assert_eq!(payload["status"], "created", "{payload:#}");
        payload["integration"]["id"].as_str().and_then(|id| id.parse().ok()).expect("an id")
    }

    /// Claims what is due and works every job. Returns how many accounts were polled.
    pub async fn poll(&self) -> usize {
        let mut polled = 0;
        loop {
            let claimed = self.ticker.tick().await.expect("a tick").accounts;
            polled += claimed;
            while let Some(job) = self.queue.take() {
                self.poller.work(job).await;
            }
            if claimed == 0 {
                return polled;
            }
        }
    }

    /// Lets `minutes` pass, then polls.
    pub async fn poll_after(&self, minutes: i64) -> usize {
        self.clock.advance(chrono::Duration::minutes(minutes));
        self.poll().await
    }

    /// The one account there is, as its administrator sees it.
    pub async fn only_account(&self) -> Value {
        let document = "{ socialAccounts { id health health_code health_message next_poll_at is_connected } }";
        let accounts = self.ask(document, json!({})).await;
        assert_eq!(accounts["socialAccounts"].as_array().map(Vec::len), Some(1));
        accounts["socialAccounts"][0].clone()
    }

    /// Lets time pass until the one account is due by its own word, and polls it; how it stands afterwards.
    pub async fn next_poll(&self) -> Value {
        let due = &self.only_account().await["next_poll_at"];
        let due: Timestamp = due.as_str().and_then(|at| at.parse().ok()).expect("a time");
        self.clock.set(due.max(self.clock.now()) + chrono::Duration::seconds(1));
        self.poll().await;
        self.only_account().await
    }

    /// An account connected, with stock taken, posting to `announcements` by `rule`.
    pub async fn following(&self, platform: Platform, rule: Value) -> Uuid {
        let account = self.connect_one(platform).await;
        self.poll().await;
        self.integrate(account, self.chat.announcements, rule).await;
        account
    }

    /// Nothing may be left over: no lease, no waiting job.
    pub async fn assert_at_rest(&self) {
        let leases: i64 =
            self.chat.count("SELECT count(*) FROM nchat_social_accounts WHERE lease_id IS NOT NULL").await;
        assert_eq!(leases, 0, "no lease is left");
        assert!(self.queue.take().is_none(), "no job is left");
    }
}
