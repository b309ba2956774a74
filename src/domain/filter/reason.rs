//! What becomes of a post, and why not more.

use std::borrow::Cow;

/// What a rule says to a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every configured filter lets it pass.
    Pass,
    /// It will never pass.
    Filtered(Reason),
    /// Only engagement is missing: it passes when the counters have grown.
    Waiting {
        /// The sum of its counters now.
        have: u64,
        /// The rule's minimum.
        need: u64,
    },
}

/// Why a post is not in a channel; or, of the last one, why it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A repost, and the rule excludes them.
    Repost,
    /// A reply, and the rule excludes them.
    Reply,
    /// None of the rule's hashtags.
    Hashtag,
    /// None of the rule's keywords.
    Keyword,
    /// Only engagement is missing, and there is time left.
    Waiting {
        /// The sum of its counters now.
        have: u64,
        /// The rule's minimum.
        need: u64,
    },
    /// The time of waiting for engagement is over.
    LowEngagement {
        /// The sum of its counters at the end.
        have: u64,
        /// The rule's minimum.
        need: u64,
    },
    /// The platform does not show the post any more.
    PostGone,
    /// The integration does not post by itself.
    AutoPostOff,
    /// Published before the account was connected.
    BeforeConnection,
    /// Older than what the integration was asked to fetch of the past.
    NoBackfill,
    /// News no more when it was found, after a long time without polls.
    TooOld,
    /// Another integration has put the same post there.
    AlreadyInChannel,
    /// The channel is archived.
    ChannelArchived,
    /// The database refuses every message in the channel.
    ChannelRefuses,
    /// The database refuses this post's message.
    MessageRefused,
    /// An administrator wanted it there, whatever the rule says.
    PostedAnyway,
}

impl Reason {
    /// The stable word in tables and the API.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Repost => "repost",
            Self::Reply => "reply",
            Self::Hashtag => "hashtag",
            Self::Keyword => "keyword",
            Self::Waiting { .. } | Self::LowEngagement { .. } => "low_engagement",
            Self::PostGone => "post_gone",
            Self::AutoPostOff => "auto_post_off",
            Self::BeforeConnection => "before_connection",
            Self::NoBackfill => "no_backfill",
            Self::TooOld => "too_old",
            Self::AlreadyInChannel => "already_in_channel",
            Self::ChannelArchived => "channel_archived",
            Self::ChannelRefuses => "channel_refuses",
            Self::MessageRefused => "message_refused",
            Self::PostedAnyway => "posted_anyway",
        }
    }

    /// A sentence for an administrator.
    pub fn sentence(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Repost => "It is a repost, and this integration leaves reposts out.",
            Self::Reply => "It is a reply, and this integration leaves replies out.",
            Self::Hashtag => "It has none of this integration's hashtags.",
            Self::Keyword => "Its text has none of this integration's keywords.",
            Self::Waiting { have, need } => {
                return Cow::Owned(format!(
                    "It has an engagement of {have}; this integration asks for {need}. It is looked at again."
                ));
            }
            Self::LowEngagement { have, need } => {
                return Cow::Owned(format!(
                    "It reached an engagement of {have} in the time allowed; this integration asks for {need}."
                ));
            }
            Self::PostGone => "The platform does not show it any more: it was deleted or hidden while it waited.",
            Self::AutoPostOff => "This integration does not post by itself: automatic posting is off.",
            Self::BeforeConnection => "It was published before the account was connected.",
            Self::NoBackfill => "It is older than the posts this integration was asked to bring from the past.",
            Self::TooOld => "It was published more than seven days before it could be read: that is no news any more.",
            Self::AlreadyInChannel => "The channel has this post already, from another integration.",
            Self::ChannelArchived => "The channel is archived: restore it or choose another.",
            Self::ChannelRefuses => "The database refuses messages in this channel; the service's log says why.",
            Self::MessageRefused => "The database refuses this message; the service's log says why.",
            Self::PostedAnyway => "An administrator had it posted, whatever the filters say.",
        })
    }
}
