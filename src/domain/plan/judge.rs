//! What an integration says to a post: the same for imports, for tries again and for previews.

use super::DeliveryStatus;
use crate::domain::{
    filter::{PreparedPost, Reason, Verdict},
    integration::Integration,
};

/// What becomes of a post for one integration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It goes into the channel.
    Deliver,
    /// It never does.
    Filtered(Reason),
    /// Only engagement is missing.
    Waiting {
        /// The sum of its counters now.
        have: u64,
        /// The rule's minimum.
        need: u64,
    },
    /// It should and cannot.
    Failed(Reason),
}

impl Decision {
    /// The status it is recorded with.
    pub const fn status(self) -> DeliveryStatus {
        match self {
            Self::Deliver => DeliveryStatus::Delivered,
            Self::Filtered(_) => DeliveryStatus::Filtered,
            Self::Waiting { .. } => DeliveryStatus::Waiting,
            Self::Failed(_) => DeliveryStatus::Failed,
        }
    }

    /// Why it is not in the channel.
    pub const fn reason(self) -> Option<Reason> {
        match self {
            Self::Deliver => None,
            Self::Filtered(reason) | Self::Failed(reason) => Some(reason),
            Self::Waiting { have, need } => Some(Reason::Waiting { have, need }),
        }
    }
}

/// Decides about a post that `integration` may have; `in_channel`: another integration has put it there.
pub fn judge(integration: &Integration, post: &PreparedPost, in_channel: bool) -> Decision {
    match integration.rule.decide(post) {
        Verdict::Filtered(reason) => Decision::Filtered(reason),
        // Nothing would come of waiting.
        _ if !integration.auto_post => Decision::Filtered(Reason::AutoPostOff),
        Verdict::Waiting { have, need } => Decision::Waiting { have, need },
        Verdict::Pass => place(integration, in_channel),
    }
}

/// The decision when nobody looks any more: what waited has reached too little.
pub fn at_last(decision: Decision) -> Decision {
    match decision {
        Decision::Waiting { have, need } => Decision::Filtered(Reason::LowEngagement { have, need }),
        decided => decided,
    }
}

/// Whether a wanted post gets into the channel.
pub(super) fn place(integration: &Integration, in_channel: bool) -> Decision {
    if in_channel {
        Decision::Filtered(Reason::AlreadyInChannel)
    } else if integration.is_archived {
        Decision::Failed(Reason::ChannelArchived)
    } else {
        Decision::Deliver
    }
}
