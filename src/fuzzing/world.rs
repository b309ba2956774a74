//! The whole program as far as it goes without a network: real settings, a database that nobody answers for.

use crate::{
    config::Config,
    crypto::{KeyRing, Sealer},
    domain::{Dice, Timestamp, clock::ManualClock, dice::SeededDice},
    graphql,
    outbound::{Limits, Outbound, Script},
    platforms::{Platforms, linkedin::Linkedin},
    service::{Service, Settings},
    store::{
        Store,
        connect::{PoolOptions, pool},
    },
    web::{Health, WebState},
};
use std::sync::{Arc, LazyLock};

pub const SHARED_SECRET: &str = "canary-7c9e66797425de944be07fc1f9-shared-secret-of-some-length";
pub const ADMIN_TOKEN: &str = "canary-7c9e66797425de944be07fc1f9-admin-token-of-32-characters-or-more";
pub const JWT_KEY: &str = "canary-7c9e66797425de944be07fc1f9-jwt-key-of-at-least-32-characters";
pub const APP_SECRET: &str = "canary-7c9e66797425de944be07fc1f9-app-secret";
pub const ENCRYPTION_KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
const JWT_SECRET: &str =
    r#"{"type":"HS256","key":"canary-7c9e66797425de944be07fc1f9-jwt-key-of-at-least-32-characters"}"#;

/// What is set; platforms' own hosts stay, for no request leaves.
const SETTINGS: &[(&str, &str)] = &[
    ("DATABASE_URL", "postgres://nobody:canary-7c9e66797425de944be07fc1f9-password@127.0.0.1:1/none"),
    ("SOCIAL_MEDIA_ENCRYPTION_KEY", ENCRYPTION_KEY),
    ("NEXT_PUBLIC_APP_URL", "https://chat.example.com"),
    ("NCHAT_SOCIAL_SHARED_SECRET", SHARED_SECRET),
    ("HASURA_GRAPHQL_JWT_SECRET", JWT_SECRET),
    ("SOCIAL_ADMIN_TOKEN", ADMIN_TOKEN),
    ("SOCIAL_SESSION_COOKIES", "nchat-session"),
    ("SOCIAL_GRAPHIQL", "true"),
    ("TWITTER_CLIENT_ID", "x"),
    ("TWITTER_CLIENT_SECRET", APP_SECRET),
    ("INSTAGRAM_APP_ID", "1"),
    ("INSTAGRAM_APP_SECRET", APP_SECRET),
    ("FACEBOOK_APP_ID", "2"),
    ("FACEBOOK_APP_SECRET", APP_SECRET),
    ("LINKEDIN_CLIENT_ID", "l"),
    ("LINKEDIN_CLIENT_SECRET", APP_SECRET),
    ("LINKEDIN_TIER", "standard"),
    ("LINKEDIN_SCOPES", "r_organization_social,rw_organization_admin,r_basicprofile,r_organization_social_feed"),
];

/// The present.
pub fn now() -> Timestamp {
    Timestamp::from_timestamp(1_795_348_800, 0).expect("a time of our days")
}

/// The settings, of which `changed` replaces one.
pub fn config(changed: Option<(&str, &str)>) -> Result<Config, crate::config::Problems> {
    Config::from_env(&|name| {
        let set = SETTINGS.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        changed.filter(|(known, _)| *known == name).map(|(_, value)| value).or(set).map(str::to_owned)
    })
}

/// The platforms, to whom `script` answers for each of them.
pub fn platforms(config: &Config, script: &Script) -> Platforms {
    static HTTP: LazyLock<Outbound> = LazyLock::new(|| {
        rustls::crypto::ring::default_provider().install_default().ok();
        Outbound::new(Limits::default()).expect("TLS roots")
    });
    let http = HTTP.scripted(script.clone());
    let mut platforms = Platforms::configured(config, &http);
    if let Some(config) = &config.linkedin {
        platforms.insert(Arc::new(Linkedin::new(config.clone(), http).without_delay()));
    }
    platforms
}

/// Everything behind the routes.
pub fn state() -> &'static WebState {
    static STATE: LazyLock<WebState> = LazyLock::new(|| {
        let config = config(None).unwrap_or_else(|problems| panic!("{problems}"));
        let options = PoolOptions {
            url: config.database.url.clone(),
            size: 1,
            statement_timeout: config.database.statement_timeout,
        };
        let dice: Arc<dyn Dice> = Arc::new(SeededDice::new(1));
        let service = Service {
            store: Store::new(pool(&options).expect("an address")),
            platforms: platforms(&config, &Script::default()),
            sealer: Arc::new(Sealer::new(KeyRing::parse(&config.encryption_key).expect("a key"), Arc::clone(&dice))),
            clock: Arc::new(ManualClock::at(now())),
            dice,
            settings: Arc::new(Settings {
                app_url: config.web.link(""),
                poll_interval: chrono::Duration::minutes(5),
                least_interval: chrono::Duration::minutes(1),
                interval_floor: None,
                default_tenant: config.default_source_account.clone(),
                admin_roles: config.auth.admin_roles.clone(),
                alert_channel: None,
                keep: Default::default(),
            }),
            metrics: Arc::default(),
            steps: Default::default(),
        };
        WebState {
            schema: graphql::schema(service.clone()),
            service,
            auth: Arc::new(config.auth.clone()),
            web: Arc::new(config.web.clone()),
            health: Arc::new(Health::new(true, now())),
        }
    });
    &STATE
}
