//! An integration: which posts of an account go to which channel.

use super::filter::Rule;
use chrono::Duration;
use uuid::Uuid;

/// An integration as an import needs it.
#[derive(Clone, Debug)]
pub struct Integration {
    /// Its row.
    pub id: Uuid,
    /// Where messages go.
    pub channel_id: Uuid,
    /// The channel is archived: it takes no messages.
    pub is_archived: bool,
    /// Matching posts are posted; otherwise only recorded.
    pub auto_post: bool,
    /// Which posts match.
    pub rule: Rule,
    /// How long after its publication a post may reach the rule's minimum.
    pub engagement_window: Duration,
    /// How many older posts are still owed to it.
    pub backfill: Option<usize>,
}
