//! A LinkedIn post to the domain's, all but its media's links and counters, which need further calls.

use super::{
    content::{self, Attachment},
    little, wire,
};
use crate::{
    domain::{AccountProfile, Engagement, Post, Relation, Timestamp, cursor::fingerprint},
    platforms::fetch::is_plausible,
};
use serde::Deserialize;
use serde_json::Value;

/// More hashtags or mentions than a post of 3,000 characters sensibly has.
const MAX_WORDS: usize = 100;

/// A post whose media are still URNs.
#[derive(Debug)]
pub(super) struct Draft {
    pub post: Post,
    pub attachments: Vec<Attachment>,
}

/// An element of a page.
#[derive(Debug)]
pub(super) struct Element {
    /// The full URN; numbers of shares and ugcPosts overlap.
    pub urn: String,
    /// What the finder sorts by.
    pub created_ms: i64,
    /// When it appeared; later than its creation where it was scheduled.
    pub posted_at: Timestamp,
    /// Of what is shown, not of what only counts.
    pub fingerprint: u32,
    /// The draft, or why it must not be imported.
    pub verdict: Result<Box<Draft>, &'static str>,
}

/// Reads an element of the posts finder; `None` when it has no usable URN or time.
pub(super) fn element(raw: &Value, author: &AccountProfile) -> Option<Element> {
    let urn = raw.get("id").and_then(Value::as_str).filter(|urn| is_post_urn(urn))?.to_owned();
    // Milliseconds since 1970.
    let time = |key: &str| {
        raw.get(key).and_then(Value::as_i64).and_then(Timestamp::from_timestamp_millis).filter(is_plausible)
    };
    let posted_at = time("publishedAt").or_else(|| time("createdAt"))?;
    let created_ms = time("createdAt").unwrap_or(posted_at).timestamp_millis();
    let verdict =
        wire::Post::deserialize(raw).map_err(|_| "unreadable").and_then(|post| draft(post, author, posted_at));
    let fingerprint = match &verdict {
        Ok(draft) => draft.fingerprint(),
        Err(reason) => fingerprint(&["left out", reason]),
    };
    Some(Element { urn, created_ms, posted_at, fingerprint, verdict })
}

impl Draft {
    fn fingerprint(&self) -> u32 {
        let mut parts = vec![self.post.text.as_str()];
        for attachment in &self.attachments {
            parts.extend([attachment.urn.as_str(), attachment.alt_text.as_deref().unwrap_or_default()]);
        }
        fingerprint(&parts)
    }
}

fn draft(post: wire::Post, author: &AccountProfile, posted_at: Timestamp) -> Result<Box<Draft>, &'static str> {
    if let Some(reason) = reason_to_skip(&post) {
        return Err(reason);
    }
    let little = little::read(post.commentary.as_deref().unwrap_or_default());
    let commented = !little.text.trim().is_empty();
    let reshared = post.reshare_context.as_ref().is_some_and(|context| !context.is_null());
    let content = post.content.as_ref().map(content::read).unwrap_or_default();
    let repost = reshared && !commented;
    let draft = Draft {
        post: Post {
            url: permalink(&post.id),
            version_id: post.id.clone(),
            post_id: post.id,
            text: content.append_to(little.text.trim()),
            // The original's author is not told, and reading it needs rights on that page.
            author: author.clone(),
            reposted_by: repost.then(|| author.clone()),
            quoted: None,
            media: Vec::new(),
            hashtags: distinct(little.hashtags),
            mentions: distinct(little.mentions.into_iter().map(|mention| mention.name)),
            engagement: Engagement::default(),
            relation: Relation { repost, reply: false, quote: reshared && commented },
            posted_at,
            sensitive: false,
        },
        attachments: content.attachments,
    };
    Ok(Box::new(draft))
}

/// Only what anybody may see in the page's feed is imported; what is not clearly so is left out.
fn reason_to_skip(post: &wire::Post) -> Option<&'static str> {
    if post.lifecycle_state.as_deref() != Some("PUBLISHED") {
        return Some("not published");
    }
    if post.visibility.as_deref() != Some("PUBLIC") {
        return Some("not public");
    }
    let outside_feed =
        post.distribution.as_ref().and_then(|distribution| distribution.feed_distribution.as_deref()) == Some("NONE");
    let sponsored_only = post.ad_context.as_ref().and_then(|context| context.is_dsc) == Some(true);
    (outside_feed || sponsored_only).then_some("dark ad")
}

/// The link people open; the colons stay raw.
fn permalink(urn: &str) -> String {
    format!("https://www.linkedin.com/feed/update/{urn}")
}

/// A URN that may stand in a link and in the cursor.
fn is_post_urn(urn: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b":_-".contains(&byte);
    urn.starts_with("urn:li:") && urn.len() <= 100 && urn.bytes().all(plain)
}

/// The first [`MAX_WORDS`] different ones.
fn distinct(words: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut distinct = Vec::new();
    for word in words {
        if distinct.len() == MAX_WORDS {
            break;
        }
        if !distinct.contains(&word) {
            distinct.push(word);
        }
    }
    distinct
}

#[cfg(test)]
#[path = "tests/map.rs"]
mod tests;
