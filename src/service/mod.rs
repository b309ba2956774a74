//! Floor 2: the use cases. Everything a person, a route or a poll can do goes through [`Service`].

pub mod accounts;
pub mod activity;
pub mod actor;
pub mod adopt;
pub mod alerts;
pub mod asks;
pub mod audit;
pub mod callback;
pub mod choose;
pub mod connect;
pub mod costs;
pub mod error;
pub mod housekeeping;
pub mod import;
pub mod integrations;
pub mod limits;
pub mod outcome;
pub mod preview;
pub mod reads;
pub mod renewal;
pub mod requests;
pub mod reseal;
pub mod tokens;
pub mod withdrawal;

pub use actor::{Actor, AdminActor, Claims};
pub use error::ServiceError;

use crate::{
    crypto::Sealer,
    domain::{Clock, Dice, Steps},
    platforms::Platforms,
    store::Store,
    telemetry::Metrics,
};
use std::sync::Arc;

/// What the use cases work with. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    /// The database.
    pub store: Store,
    /// The configured platforms.
    pub platforms: Platforms,
    /// Seals and opens tokens.
    pub sealer: Arc<Sealer>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub dice: Arc<dyn Dice>,
    /// What is configured.
    pub settings: Arc<Settings>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Told of the points between steps.
    pub steps: Steps,
}

/// What the use cases need of the configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where browsers reach this service, without a slash at the end.
    pub app_url: String,
    /// The time between two polls of an account.
    pub poll_interval: chrono::Duration,
    /// No account is polled more often, nor than its platform allows.
    pub least_interval: chrono::Duration,
    /// Instead of both, for a demonstration that cannot wait.
    pub interval_floor: Option<chrono::Duration>,
    /// The tenant of whoever names none.
    pub default_tenant: String,
    /// Roles that administer.
    pub admin_roles: Vec<String>,
    /// The default tenant's channel in which administrators are told that somebody is needed.
    pub alert_channel: Option<uuid::Uuid>,
    /// How long what grows is kept.
    pub keep: housekeeping::Retention,
}

impl Settings {
    /// Our callback at `platform`, exactly as it must be registered there.
    pub fn callback_url(&self, platform: crate::domain::Platform) -> String {
        format!("{}/api/social/{platform}/callback", self.app_url)
    }

    /// Where administrators act.
    pub fn admin_page(&self) -> String {
        format!("{}/admin/social", self.app_url)
    }

    /// Where anybody can read how a request to delete data stands.
    pub fn deletion_url(&self, code: &str) -> String {
        format!("{}/api/social/deletion/{code}", self.app_url)
    }
}
