//! X's posts as the domain's posts.

use super::{
    cursor::{made_at, post_number},
    media::media,
    profile::{author, by_handle, is_handle, permalink},
    text::{Omit, plain},
    wire::{self, ReferenceKind},
};
use crate::{
    domain::{AccountProfile, Author, Engagement, Media, Post, Quoted, Relation},
    platforms::{Skipped, fetch::is_plausible},
};
use std::collections::{HashMap, HashSet};

/// The account whose timeline is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner<'a> {
    pub id: &'a str,
    pub profile: &'a AccountProfile,
}

/// What a page's posts refer to, by id.
#[derive(Debug, Default)]
pub(super) struct Included<'a> {
    posts: HashMap<&'a str, &'a wire::Post>,
    users: HashMap<&'a str, &'a wire::User>,
    media: HashMap<&'a str, &'a wire::Media>,
    /// Posts that exist but are not for everybody.
    restricted: HashSet<&'a str>,
}

impl<'a> Included<'a> {
    pub fn of(page: &'a wire::Page) -> Self {
        let mut included = Self::default();
        if let Some(includes) = &page.includes {
            included.posts = includes.posts().map(|post| (post.id.as_str(), post)).collect();
            included.users = includes.users.items.iter().map(|user| (user.id.as_str(), user)).collect();
            included.media = includes.media.items.iter().map(|media| (media.media_key.as_str(), media)).collect();
        }
        let restricted = page.errors.items.iter().filter(|problem| problem.kind() == "not-authorized-for-resource");
        included.restricted = restricted
            .flat_map(|problem| [&problem.resource_id, &problem.value])
            .flatten()
            .map(String::as_str)
            .collect();
        included
    }

    /// Whether X says that the owner shows posts to followers only.
    pub fn is_protected(&self, user_id: &str) -> bool {
        self.users.get(user_id).is_some_and(|user| user.protected == Some(true))
    }

    fn author_of(&self, post: &wire::Post, owner: &Owner<'_>) -> Option<Author> {
        let id = post.author_id.as_deref()?;
        if id == owner.id { Some(owner.profile.clone()) } else { self.users.get(id).map(|user| author(user)) }
    }

    /// Why a post by somebody else must not be passed on.
    fn restriction(&self, post: &wire::Post) -> Option<&'static str> {
        let protected = post.author_id.as_deref().is_some_and(|id| self.is_protected(id));
        if protected { Some("protected author") } else { restriction(post) }
    }

    fn media_of(&self, post: &wire::Post) -> Vec<Media> {
        let keys = post.attachments.iter().flat_map(|attachments| &attachments.media_keys.items);
        keys.filter_map(|key| self.media.get(key.as_str()).and_then(|item| media(item))).collect()
    }
}

/// The stable id of a post through all its edits: the first version's.
/// `<https://docs.x.com/x-api/fundamentals/edit-posts>`
pub(super) fn root_id(post: &wire::Post) -> &str {
    post.edit_history().first().filter(|id| post_number(id).is_some()).unwrap_or(&post.id)
}

/// Turns one post of the owner's timeline into the domain's post.
///
/// # Errors
/// The reason why it must not be imported.
pub(super) fn post(outer: &wire::Post, included: &Included<'_>, owner: &Owner<'_>) -> Result<Post, Skipped> {
    read(outer, included, owner).map_err(|reason| Skipped { post_id: root_id(outer).to_owned(), reason })
}

fn read(outer: &wire::Post, included: &Included<'_>, owner: &Owner<'_>) -> Result<Post, &'static str> {
    if let Some(reason) = restriction(outer) {
        return Err(reason);
    }
    let made_at = || post_number(&outer.id).and_then(made_at);
    let posted_at = outer.created_at.filter(is_plausible).or_else(made_at).ok_or("unreadable")?;
    let original = original(outer, included)?;
    // A repost's own text is cut at 140 characters and its own counters are mostly empty: the original is shown.
    let shown = original.unwrap_or(outer);
    let reposted = outer.referenced(ReferenceKind::Repost).is_some();
    let author = match (reposted, original) {
        (false, _) => owner.profile.clone(),
        (true, Some(original)) => {
            included.author_of(original, owner).unwrap_or_else(|| by_handle(reposted_handle(outer)))
        }
        (true, None) => by_handle(reposted_handle(outer)),
    };
    let quote = shown.referenced(ReferenceKind::Quote).and_then(|id| quoted(id, included, owner));
    let quoted_ids = quote.as_ref().map(|(ids, _)| ids.as_slice()).unwrap_or_default();
    let media = included.media_of(shown);
    Ok(Post {
        post_id: root_id(outer).to_owned(),
        version_id: outer.id.clone(),
        url: permalink(owner.profile, &outer.id),
        text: full_text(shown, Omit { media: !media.is_empty(), quoted: quoted_ids }),
        author,
        reposted_by: reposted.then(|| owner.profile.clone()),
        hashtags: collect(shown, |entities| entities.hashtags.items.iter().map(|hashtag| &hashtag.tag).collect()),
        mentions: collect(shown, |entities| entities.mentions.items.iter().map(|mention| &mention.username).collect()),
        engagement: engagement(shown),
        relation: Relation {
            repost: reposted,
            reply: outer.referenced(ReferenceKind::Reply).is_some(),
            quote: outer.referenced(ReferenceKind::Quote).is_some(),
        },
        posted_at,
        sensitive: [outer, shown].iter().any(|post| post.possibly_sensitive == Some(true)),
        quoted: quote.map(|(_, quote)| quote),
        media,
    })
}

/// What a repost passes on, if it can be read; X sometimes leaves it out without a word.
fn original<'a>(outer: &wire::Post, included: &Included<'a>) -> Result<Option<&'a wire::Post>, &'static str> {
    let Some(id) = outer.referenced(ReferenceKind::Repost) else { return Ok(None) };
    match included.posts.get(id) {
        Some(original) => included.restriction(original).map_or(Ok(Some(*original)), Err),
        None if included.restricted.contains(id) => Err("protected author"),
        None => Ok(None),
    }
}

/// A quoted post with the ids a link to it may carry. One that is not for everybody is left to its link.
fn quoted<'a>(id: &str, included: &Included<'a>, owner: &Owner<'_>) -> Option<(Vec<&'a str>, Quoted)> {
    let post = *included.posts.get(id)?;
    if included.restriction(post).is_some() {
        return None;
    }
    let author = included.author_of(post, owner).unwrap_or_else(|| by_handle(""));
    let ids = post.edit_history().iter().map(String::as_str).chain([post.id.as_str()]).collect();
    let text = full_text(post, Omit { media: true, quoted: &[] });
    Some((ids, Quoted { text, url: permalink(&author, &post.id), author }))
}

/// Why a post must not be shown to everybody.
fn restriction(post: &wire::Post) -> Option<&'static str> {
    if post.scopes.as_ref().is_some_and(|scopes| scopes.followers) {
        Some("followers only")
    } else if post.withheld.as_ref().is_some_and(|withheld| !withheld.is_null()) {
        Some("withheld")
    } else if is_replaced(&post.text) {
        Some("media policy")
    } else {
        None
    }
}

/// X puts a sentence of its own in place of the posts of restricted authors, also inside reposts.
fn is_replaced(text: &str) -> bool {
    let text = text.split_once(": ").filter(|(start, _)| start.starts_with("RT @")).map_or(text, |(_, rest)| rest);
    text.starts_with('@') && text.contains("account is temporarily unavailable because it violates the")
}

/// The handle in `RT @handle: …`, or nothing.
fn reposted_handle(outer: &wire::Post) -> &str {
    let handle = outer.text.strip_prefix("RT @").and_then(|rest| rest.split_once(':')).map_or("", |(handle, _)| handle);
    if is_handle(handle) { handle } else { "" }
}

fn full_text(post: &wire::Post, omit: Omit<'_>) -> String {
    let text = post.note().map_or(&post.text, |note| &note.text);
    // Links of the short text are found again in the long one by their words, should its own entities be missing.
    let entities = post.note().and_then(|note| note.entities.as_ref()).into_iter().chain(&post.entities);
    let text = plain(text, entities.flat_map(|entities| &entities.urls.items), omit);
    match post.article.as_ref().and_then(|article| article.title.as_deref()).map(str::trim) {
        Some(title) if !title.is_empty() && !text.contains(title) => format!("{title}\n{text}"),
        _ => text,
    }
}

/// Words from the entities of the long text and of the short one, in order, each once.
fn collect(post: &wire::Post, words: impl Fn(&wire::Entities) -> Vec<&String>) -> Vec<String> {
    let long = post.note().and_then(|note| note.entities.as_ref());
    let mut seen = HashSet::new();
    long.into_iter().chain(&post.entities).flat_map(words).filter(|word| seen.insert(word.as_str())).cloned().collect()
}

/// The counters of `outer`, or of what it passes on.
pub(super) fn counters(outer: &wire::Post, included: &Included<'_>) -> Engagement {
    let original = outer.referenced(ReferenceKind::Repost).and_then(|id| included.posts.get(id));
    engagement(original.copied().unwrap_or(outer))
}

fn engagement(post: &wire::Post) -> Engagement {
    let Some(metrics) = &post.public_metrics else { return Engagement::default() };
    Engagement {
        likes: metrics.like_count,
        retweets: metrics.repost_count(),
        replies: metrics.reply_count,
        quotes: metrics.quote_count,
        views: metrics.impression_count,
        shares: None,
        comments: None,
    }
}

#[cfg(test)]
mod tests;
