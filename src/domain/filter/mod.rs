//! Which posts an integration wants.
//!
//! A [`Rule`] is compiled once, a [`PreparedPost`] once for all rules; deciding then allocates nothing and takes some
//! hundred nanoseconds. Words stand where Unicode's UAX #29 sees them; words.rs tells what is added to it.

mod canonical;
mod keyword;
mod prepared;
mod reason;
mod rule;
mod words;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

pub use canonical::{canonical_hashtag, canonical_keyword};
pub use prepared::PreparedPost;
pub use reason::{Reason, Verdict};
pub use rule::{MAX_HASHTAG_CHARS, MAX_KEYWORD_CHARS, MAX_OF_EACH, Rule, RuleInput, RuleProblem};

impl Rule {
    /// Whether `post` is wanted: every configured filter must let it pass, and a rule without filters wants all.
    /// The minimum comes last, so [`Verdict::Waiting`] means that only engagement is missing.
    pub fn decide(&self, post: &PreparedPost) -> Verdict {
        if self.excludes_retweets() && post.repost {
            return Verdict::Filtered(Reason::Repost);
        }
        if self.excludes_replies() && post.reply {
            return Verdict::Filtered(Reason::Reply);
        }
        if !self.hashtags().is_empty() && !self.hashtags().iter().any(|tag| post.has_hashtag(tag)) {
            return Verdict::Filtered(Reason::Hashtag);
        }
        if !self.keywords().is_empty() && !self.keywords().iter().any(|keyword| post.words.contain(keyword)) {
            return Verdict::Filtered(Reason::Keyword);
        }
        if post.engagement < self.min_engagement() {
            return Verdict::Waiting { have: post.engagement, need: self.min_engagement() };
        }
        Verdict::Pass
    }
}
