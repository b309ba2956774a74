//! A post, ready to be judged by many rules.

use super::canonical::canonical_hashtag;
use super::words::Words;
use crate::domain::{Post, text::fold};

/// What rules ask of a post, worked out once.
#[derive(Clone, Debug)]
pub struct PreparedPost {
    /// The post's own text; what it quotes is somebody else's.
    pub(super) words: Words,
    /// Canonical and in order.
    hashtags: Vec<String>,
    pub(super) repost: bool,
    pub(super) reply: bool,
    /// The sum that a minimum is compared with.
    pub(super) engagement: u64,
}

impl PreparedPost {
    /// Folds text and hashtags of `post` and finds its words.
    pub fn new(post: &Post) -> Self {
        let mut hashtags: Vec<String> = post.hashtags.iter().filter_map(|tag| canonical_hashtag(tag)).collect();
        hashtags.sort_unstable();
        Self {
            words: Words::of(fold(&post.text)),
            hashtags,
            repost: post.relation.repost,
            reply: post.relation.reply,
            engagement: post.engagement.total(),
        }
    }

    /// `tag` must be canonical.
    pub(super) fn has_hashtag(&self, tag: &str) -> bool {
        self.hashtags.binary_search_by(|own| own.as_str().cmp(tag)).is_ok()
    }
}
