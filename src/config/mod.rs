//! Settings: one struct for each concern, read from the environment once, all problems reported at once.
//!
//! ```
//! use nchat_social::config::Config;
//! let env = |name: &str| (name == "SOCIAL_POLL_INTERVAL").then(|| "5".to_owned());
//! let problems = Config::from_env(&env).expect_err("three things are wrong");
//! assert_eq!(problems.names(), ["DATABASE_URL", "SOCIAL_MEDIA_ENCRYPTION_KEY", "SOCIAL_POLL_INTERVAL"]);
//! ```

pub mod alerts;
pub mod auth;
pub mod claims;
pub mod database;
mod describe;
pub mod hasura;
pub mod log;
pub mod observe;
pub mod platforms;
pub mod poll;
mod problem;
mod reader;
pub mod retention;
mod settings;
pub mod web;

pub use alerts::AlertConfig;
pub use auth::{AuthConfig, JwtConfig};
pub use claims::{ClaimSource, ClaimsFormat, ClaimsPlace, JsonPath};
pub use database::DatabaseConfig;
pub use describe::{Described, Source, describe};
pub use hasura::HasuraConfig;
pub use log::{LogConfig, LogFormat};
pub use observe::{ObserveConfig, SentryConfig, TraceConfig};
pub use platforms::{
    FacebookLoginConfig, InstagramConfig, InstagramLogin, InstagramLoginConfig, LinkedinConfig, TwitterConfig,
};
pub use poll::PollConfig;
pub use problem::{Problem, Problems};
pub use retention::RetentionConfig;
pub use settings::{SETTINGS, Setting, example};
pub use web::WebConfig;

use reader::{Reader, Refused};
use secrecy::SecretString;

/// Where settings come from: a variable's value by its name. [`environment`] in the program, a closure in tests.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Everything that can be set.
#[derive(Clone, Debug)]
pub struct Config {
    /// The database that nchat and this service share.
    pub database: DatabaseConfig,
    /// SOCIAL_MEDIA_ENCRYPTION_KEY, as given; its shape is checked where keys are made of it.
    pub encryption_key: SecretString,
    /// What the web server offers, and where people find it.
    pub web: WebConfig,
    /// How accounts are polled.
    pub poll: PollConfig,
    /// Where it is told that somebody must act.
    pub alerts: AlertConfig,
    /// How long what is recorded is kept.
    pub retention: RetentionConfig,
    /// Who may call.
    pub auth: AuthConfig,
    /// SOCIAL_DEFAULT_SOURCE_ACCOUNT: the tenant of requests that name none.
    pub default_source_account: String,
    /// X; `None`: off, for want of credentials.
    pub twitter: Option<TwitterConfig>,
    /// Instagram; `None`: off.
    pub instagram: Option<InstagramConfig>,
    /// LinkedIn; `None`: off.
    pub linkedin: Option<LinkedinConfig>,
    /// What is logged, and how.
    pub log: LogConfig,
    /// Where traces and errors go beside the log.
    pub observe: ObserveConfig,
}

impl Config {
    /// Reads and checks every setting.
    ///
    /// # Errors
    /// All problems at once, each naming its variable.
    pub fn from_env(env: Env<'_>) -> Result<Self, Problems> {
        let mut reader = Reader::new(env);
        let config = Self::read(&mut reader);
        reader.finish(config)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Refused> {
        // Read all, then give up: a `?` any earlier would hide the problems behind it.
        let database = DatabaseConfig::read(reader);
        let encryption_key = reader.required_secret(
            "SOCIAL_MEDIA_ENCRYPTION_KEY",
            "is needed to seal tokens: make one with `nchat-social keys generate`",
        );
        let web = WebConfig::read(reader);
        let poll = PollConfig::read(reader);
        let alerts = AlertConfig::read(reader);
        let retention = RetentionConfig::read(reader);
        let auth = AuthConfig::read(reader);
        let default_source_account = reader.text("SOCIAL_DEFAULT_SOURCE_ACCOUNT");
        let twitter = TwitterConfig::read(reader);
        let instagram = InstagramConfig::read(reader);
        let linkedin = LinkedinConfig::read(reader);
        let log = LogConfig::read(reader);
        let observe = ObserveConfig::read(reader);
        Ok(Self {
            database: database?,
            encryption_key: encryption_key?,
            web: web?,
            poll: poll?,
            alerts: alerts?,
            retention: retention?,
            auth: auth?,
            default_source_account: default_source_account?,
            twitter: twitter?,
            instagram: instagram?,
            linkedin: linkedin?,
            log: log?,
            observe: observe?,
        })
    }

    /// What is allowed but deserves a second look, for the log at start and for `doctor`.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.auth.refuses_everybody() {
            warnings.push(
                "NCHAT_SOCIAL_SHARED_SECRET, HASURA_GRAPHQL_JWT_SECRET and SOCIAL_ADMIN_TOKEN are all unset: every call \
                 is refused"
                    .to_owned(),
            );
        }
        if let Some(listen) = self.web.metrics_listen.filter(|listen| !listen.ip().is_loopback()) {
            warnings.push(format!("SOCIAL_METRICS_LISTEN ({listen}) shows metrics to everybody who can reach it"));
        }
        if self.twitter.is_none() && self.instagram.is_none() && self.linkedin.is_none() {
            warnings.push("no platform has credentials: nothing can be connected".to_owned());
        }
        if self.web.graphiql && !self.web.listen.ip().is_loopback() {
            warnings.push(format!(
                "SOCIAL_GRAPHIQL is on while SOCIAL_LISTEN ({}) can be reached from elsewhere",
                self.web.listen
            ));
        }
        if self.web.app_is_loopback() && !self.web.listen.ip().is_loopback() {
            warnings.push(format!(
                "NEXT_PUBLIC_APP_URL ({}) only works on this machine: platforms send browsers back to it",
                self.web.app_url
            ));
        }
        warnings
    }
}

/// What `migrate` needs.
#[derive(Clone, Debug)]
pub struct Migration {
    /// The database, with the login of nchat's owner.
    pub database: DatabaseConfig,
    /// SOCIAL_MEDIA_ENCRYPTION_KEY, to take over tokens that nchat stored.
    pub encryption_key: Option<SecretString>,
}

impl Migration {
    /// Only these settings.
    ///
    /// # Errors
    /// As [`Config::from_env`].
    pub fn from_env(env: Env<'_>) -> Result<Self, Problems> {
        let mut reader = Reader::new(env);
        let database = DatabaseConfig::read(&mut reader);
        let encryption_key = reader.secret("SOCIAL_MEDIA_ENCRYPTION_KEY");
        let read = database.and_then(|database| Ok(Self { database, encryption_key: encryption_key? }));
        reader.finish(read)
    }
}

/// A variable of the process. The one place that asks; bytes that are not UTF-8 become U+FFFD and are refused later.
#[allow(clippy::disallowed_methods)]
pub fn environment(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests;
