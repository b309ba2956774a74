//! An integration: which posts of an account go to which channel.

use super::filter::Rule;
use uuid::Uuid;

/// An integration as an import needs it.
#[derive(Clone, Debug)]
pub struct Integration {
    /// Its row.
    pub id: Uuid,
    /// Where messages go.
    pub channel_id: Uuid,
    /// Whether the channel takes messages.
    pub channel: ChannelState,
    /// Matching posts are posted; otherwise only recorded.
    pub auto_post: bool,
    /// Which posts match.
    pub rule: Rule,
    /// How many older posts are still owed to it.
    pub backfill: Option<usize>,
}

/// Whether a channel takes messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelState {
    /// It does.
    Open,
    /// It is archived.
    Archived,
    /// The database refuses messages there; the text is for the administrator.
    Refusing(String),
}
