//! What an import decides about: the posts a poll brought, and those that wait or failed.

use super::{Facts, Import};
use crate::domain::{Engagement, Post};
use std::collections::{HashMap, HashSet};

/// What a poll said of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Freshness {
    /// Its content: it is new, or edited.
    Anew,
    /// Its counters, which have moved.
    Counted,
    /// Nothing that is not stored.
    Known,
}

/// A post to decide about.
pub(super) struct Brought {
    pub post: Post,
    pub freshness: Freshness,
    /// Its counters were read, or there is no use in asking for them any more.
    pub looked_at: bool,
    /// The platform does not show it any more.
    pub is_gone: bool,
}

/// The posts to decide about, oldest first, each once.
pub(super) fn brought(facts: &Facts, import: Import) -> Vec<Brought> {
    let anew = |post| Brought { post, freshness: Freshness::Anew, looked_at: true, is_gone: false };
    let mut brought: Vec<Brought> = import.posts.into_iter().map(anew).collect();
    let looks: HashMap<&str, &Engagement> =
        import.looked_up.iter().map(|look| (look.post_id.as_str(), &look.engagement)).collect();
    let pages: HashMap<&str, &Engagement> =
        import.seen_again.iter().map(|post| (post.post_id.as_str(), &post.engagement)).collect();
    let gone: HashSet<&str> = import.gone.iter().map(String::as_str).collect();
    // What is known is decided as it is stored, with the counters just read: a platform may give a post seen again
    // without its media. Seen before and not known any more: somebody deleted it here, and it stays deleted.
    let mut stored: Vec<Post> = facts.known.values().filter_map(|known| known.stored.clone()).collect();
    stored.sort_by(|a, b| (b.post_id.len(), &b.post_id).cmp(&(a.post_id.len(), &a.post_id)));
    brought.extend(stored.into_iter().map(|mut post| {
        let (look, page) = (looks.get(post.post_id.as_str()), pages.get(post.post_id.as_str()));
        // The look comes last: it tells what the page leaves out.
        let before = post.engagement;
        for counters in page.into_iter().chain(look) {
            post.engagement.refresh(counters);
        }
        Brought {
            freshness: if post.engagement == before { Freshness::Known } else { Freshness::Counted },
            looked_at: look.is_some() || page.is_some_and(|page| page.tell_likes()),
            is_gone: gone.contains(post.post_id.as_str()),
            post,
        }
    }));
    // Platforms list newest first, and a time in whole seconds leaves ties to that order.
    brought.reverse();
    brought.sort_by_key(|brought| brought.post.posted_at);
    let mut taken = HashSet::new();
    brought.retain(|brought| taken.insert(brought.post.post_id.clone()));
    brought
}
