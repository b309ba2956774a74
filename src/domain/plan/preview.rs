//! What a rule would make of posts that are there already.

use super::judge::{Decision, at_last, judge};
use crate::domain::{Post, Timestamp, engagement::next_look, filter::PreparedPost, integration::Integration};

/// What would become of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Previewed {
    /// By the rule that is tried.
    pub tried: Decision,
    /// By the rule in force, where there is one.
    pub in_force: Option<Decision>,
}

/// How a rule that is tried differs from the one in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It would be posted, and is not.
    Gained,
    /// It is posted, and would not be.
    Lost,
}

impl Previewed {
    /// What the tried rule changes; nothing without a rule in force.
    pub fn change(&self) -> Option<Change> {
        match (self.tried == Decision::Deliver, self.in_force? == Decision::Deliver) {
            (true, false) => Some(Change::Gained),
            (false, true) => Some(Change::Lost),
            _ => None,
        }
    }
}

/// What would become of `post` with its present counters if it were imported now; `in_channel`: whether another
/// integration has put it into a channel.
pub fn preview(
    now: Timestamp,
    post: &Post,
    tried: &Integration,
    in_force: Option<&Integration>,
    in_channel: impl Fn(&Integration) -> bool,
) -> Previewed {
    let prepared = PreparedPost::new(post);
    let of = |integration: &Integration| {
        let decision = judge(integration, &prepared, in_channel(integration));
        let goes_on = next_look(now, post.posted_at, integration.engagement_window, None).is_some();
        if goes_on { decision } else { at_last(decision) }
    };
    Previewed { tried: of(tried), in_force: in_force.map(of) }
}
