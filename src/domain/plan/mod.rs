//! The decision of an import, pure: from what a poll brought and what is known, to every row that must be written.
//! Deciding twice from the same facts decides the same; deciding again after the rows are written decides nothing.

mod brought;
mod judge;
mod planner;
mod preview;
mod scrub;

pub use judge::{Decision, judge};
pub use planner::{plan, plan_ask};
pub use preview::{Change, Previewed, preview};

use super::{Engagement, Platform, Post, Timestamp, integration::Integration};
use chrono::Duration;
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// A failed delivery is tried this many times in all.
pub const MAX_ATTEMPTS: i32 = 5;

/// What a poll brought.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// New and edited posts.
    pub posts: Vec<Post>,
    /// Known posts with fresh counters.
    pub seen_again: Vec<Post>,
    /// Waiting posts that were looked at, page or no page.
    pub looked_up: Vec<Look>,
    /// Waiting posts that the platform does not show any more, by `post_id`.
    pub gone: Vec<String>,
    /// So many older posts were asked for, for integrations that are owed some.
    pub older: usize,
    /// The poll took stock: its posts are older than the connection.
    pub baseline: bool,
}

impl Import {
    /// The ids of posts that come with their content.
    pub fn ids_anew(&self) -> Vec<String> {
        self.posts.iter().map(|post| post.post_id.clone()).collect()
    }

    /// The ids of known posts of which something is told.
    pub fn ids_again(&self) -> Vec<String> {
        let seen = self.seen_again.iter().map(|post| &post.post_id);
        seen.chain(self.looked_up.iter().map(|look| &look.post_id)).chain(&self.gone).cloned().collect()
    }
}

/// A look at a waiting post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Look {
    /// The post.
    pub post_id: String,
    /// Its counters now; those that are not told stay as they are stored.
    pub engagement: Engagement,
}

/// What an administrator asks for a stored post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Decide again where it failed; for one integration or for all.
    Retry {
        /// The one.
        integration: Option<Uuid>,
    },
    /// Post it, whatever the rule says.
    PostAnyway {
        /// Into this one's channel.
        integration: Uuid,
    },
}

/// What the database refused when the same was to be written before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusals {
    /// Posts, by `post_id`.
    pub posts: HashMap<String, RefusedPost>,
    /// Channels that take no message at all.
    pub channels: HashSet<Uuid>,
    /// Single messages: the post's `post_id` and the channel.
    pub messages: HashSet<(String, Uuid)>,
    /// Messages that cannot be corrected.
    pub corrections: HashSet<Uuid>,
}

impl Refusals {
    /// Adds what another try has shown.
    pub fn extend(&mut self, more: Self) {
        self.posts.extend(more.posts);
        self.channels.extend(more.channels);
        self.messages.extend(more.messages);
        self.corrections.extend(more.corrections);
    }
}

/// What can be kept of a refused post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedPost {
    /// A row that names it, with its content in a form that no rule of the database can mind.
    Parked,
    /// Nothing new.
    LeftOut,
}

/// What is known when the import is decided.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The time of the import.
    pub now: Timestamp,
    /// Where the posts come from.
    pub platform: Platform,
    /// The account's row.
    pub account_id: Uuid,
    /// When stock was taken; `None`: this import takes it.
    pub baseline_at: Option<Timestamp>,
    /// The newest message of the account, so that messages keep their order on a clock that stands still.
    pub last_message_at: Option<Timestamp>,
    /// The account's integrations, oldest first.
    pub integrations: Vec<Integration>,
    /// The rows of posts that are known, by `post_id`.
    pub known: HashMap<String, Known>,
    /// Where the platform bills by the UTC day: how long before midnight a look must be due to be made that day.
    pub day_margin: Option<Duration>,
    /// What the database refused at the last try.
    pub refusals: Refusals,
}

/// A known post.
#[derive(Clone, Debug)]
pub struct Known {
    /// Its row.
    pub id: Uuid,
    /// The post as stored; only read for posts with open deliveries that the poll did not bring anew.
    pub stored: Option<Post>,
    /// The database refused it once: its row names it, and nothing was decided.
    pub is_parked: bool,
    /// What was decided for it.
    pub deliveries: Vec<KnownDelivery>,
}

/// A decision already recorded.
#[derive(Clone, Debug)]
pub struct KnownDelivery {
    /// Its row.
    pub id: Uuid,
    /// For which integration; `None`: it was deleted.
    pub integration_id: Option<Uuid>,
    /// In which channel.
    pub channel_id: Uuid,
    /// What it came to.
    pub status: DeliveryStatus,
    /// The message, if there is one.
    pub message_id: Option<Uuid>,
    /// How often it was tried.
    pub attempts: i32,
    /// How often it was looked at since it was imported.
    pub looks: i32,
    /// When a waiting one is looked at again; `None`: at the next poll.
    pub next_look_at: Option<Timestamp>,
}

/// What a decision came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// A message is in the channel.
    Delivered,
    /// The rule says no.
    Filtered,
    /// Everything matches but the engagement; it is looked at again.
    Waiting,
    /// It should be there and is not.
    Failed,
}

impl DeliveryStatus {
    /// The word in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Filtered => "filtered",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
        }
    }
}

/// Every row to write.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Posts to insert or update, oldest first.
    pub posts: Vec<PlannedPost>,
    /// Decisions to insert or replace.
    pub deliveries: Vec<PlannedDelivery>,
    /// Messages to insert.
    pub messages: Vec<PlannedMessage>,
    /// Messages to correct.
    pub corrections: Vec<Correction>,
    /// For the log.
    pub counts: Counts,
    /// Faults to tell the administrator, one for each channel and for each refused post.
    pub errors: Vec<String>,
    /// Integrations that got their older posts.
    pub backfilled: Vec<Uuid>,
    /// The newest message of the account now.
    pub last_message_at: Option<Timestamp>,
    /// Failed deliveries are left to be tried again.
    pub retry: bool,
}

/// A post to write.
#[derive(Clone, Debug)]
pub struct PlannedPost {
    /// Its row.
    pub id: Uuid,
    /// What it says now.
    pub post: Post,
    /// It is not known yet.
    pub is_new: bool,
    /// The database refuses it: it is stored in a form of its own, see `error`.
    pub is_parked: bool,
    /// Channels that get it now.
    pub channels: Vec<Uuid>,
    /// Why it is not in a channel where it should be.
    pub error: Option<String>,
}

/// A decision to write.
#[derive(Clone, Debug)]
pub struct PlannedDelivery {
    /// Its row.
    pub id: Uuid,
    /// The post's row.
    pub post: Uuid,
    /// The integration.
    pub integration: Uuid,
    /// The channel.
    pub channel: Uuid,
    /// What it came to.
    pub status: DeliveryStatus,
    /// A stable word for why; see [`Reason`](super::filter::Reason).
    pub reason: Option<&'static str>,
    /// A sentence for why.
    pub detail: Option<String>,
    /// The message.
    pub message: Option<Uuid>,
    /// How often it was tried.
    pub attempts: i32,
    /// How often it was looked at since it was imported.
    pub looks: i32,
    /// When a waiting one is looked at again.
    pub next_look_at: Option<Timestamp>,
    /// Who asked for it, if somebody did.
    pub requested_by: Option<Uuid>,
}

/// A message to write.
#[derive(Clone, Debug)]
pub struct PlannedMessage {
    /// Its row.
    pub id: Uuid,
    /// The channel.
    pub channel: Uuid,
    /// The platform's id of its post.
    pub post_id: String,
    /// Readable text.
    pub content: String,
    /// The one embed.
    pub embed: serde_json::Value,
    /// `{social: {…ids}}`.
    pub metadata: serde_json::Value,
    /// Strictly rising within an account.
    pub created_at: Timestamp,
}

/// A message whose post was edited.
#[derive(Clone, Debug)]
pub struct Correction {
    /// The message's row.
    pub id: Uuid,
    /// Readable text.
    pub content: String,
    /// The one embed.
    pub embed: serde_json::Value,
}

/// Posts by what became of them; each post counts once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Not known before.
    pub imported: u32,
    /// Imported, decided by at least one integration, let through by none.
    pub filtered: u32,
    /// In at least one channel by this import.
    pub posted: u32,
    /// Waiting for more engagement.
    pub waiting: u32,
    /// In no channel although it should be.
    pub failed: u32,
    /// Messages written.
    pub messages: u32,
}

impl Plan {
    /// Nothing of it is worth a line in the log: at most counters moved, and what waited goes on waiting.
    pub fn is_quiet(&self) -> bool {
        self.counts.imported == 0
            && self.deliveries.iter().all(|delivery| delivery.status == DeliveryStatus::Waiting)
            && self.corrections.is_empty()
            && self.errors.is_empty()
            && self.backfilled.is_empty()
    }
}

#[cfg(test)]
mod tests;
