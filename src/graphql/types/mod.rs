//! What the schema answers with: the tables' rows, field by field as their columns are named.

mod account;
mod audit;
mod channel;
mod connection;
mod cost;
mod delivery;
mod integration;
mod log;
mod platform;
mod post;
mod preview;
mod problem;
mod scope;

pub use account::SocialAccount;
pub use audit::SocialAuditEntry;
pub use channel::SocialChannel;
pub use connection::SocialConnection;
pub use cost::{SocialCost, SocialCostDay};
pub use delivery::SocialDelivery;
pub use integration::SocialIntegration;
pub use log::SocialImportLog;
pub use platform::SocialPlatformOverview;
pub use post::SocialPost;
pub use preview::SocialFilterPreview;
pub use problem::{SocialInputProblem, problems};

use super::scalar::{Id, Time};
use crate::domain::Timestamp;
use uuid::Uuid;

fn id(id: Option<Uuid>) -> Option<Id> {
    id.map(Id)
}

fn time(at: Option<Timestamp>) -> Option<Time> {
    at.map(Time)
}
