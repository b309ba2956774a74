//! A post as people see it in a channel: the embed that nchat draws, and plain text for where it does not.
//!
//! Everything here was written by strangers: texts cannot ping, links are https, lengths are bounded. Counters are
//! numbers and times are times; "2h ago" and "1.2K" are the reader's business, for they change.

mod author;
#[cfg(any(test, fuzzing))]
pub mod laws;
mod parts;
mod words;

#[cfg(test)]
mod tests;

use crate::domain::{Author, Platform, Post};
use author::{byline, name_of};
use chrono::SecondsFormat;
use parts::{author, engagement, insert_some, media, safe_link};
use serde_json::{Map, Value};
use words::words_of;

/// The embed's description, in Unicode scalar values.
pub const MAX_DESCRIPTION_CHARS: usize = 500;
/// The plain text, in Unicode scalar values.
pub const MAX_PLAIN_CHARS: usize = 4_000;
/// Pictures and videos shown.
pub const MAX_MEDIA: usize = 4;

/// The one object of a message's `embeds`: `type`, `platform`, `icon`, `color`, `title`, `url`, `author {name, handle,
/// avatar_url, url}`, of a repost also `reposted_by` with the same fields, `description`, `media [{url, type, thumbnail_url,
/// alt_text}]`, `engagement {likes, retweets, replies, shares, comments, quotes, views}`, `posted_at`. Absent values are
/// left out; `author`, `media` and `engagement` are always there, though they may be empty.
pub fn embed(platform: Platform, post: &Post) -> Value {
    let brand = platform.brand();
    let description = words_of(post, MAX_DESCRIPTION_CHARS);
    let mut embed = Map::new();
    insert_some(&mut embed, "type", Some("social"));
    insert_some(&mut embed, "platform", Some(platform.as_str()));
    insert_some(&mut embed, "icon", Some(brand.icon));
    insert_some(&mut embed, "color", Some(brand.color));
    insert_some(&mut embed, "title", Some(title(platform, post, name_of)));
    insert_some(&mut embed, "url", safe_link(&post.url));
    insert_some(&mut embed, "author", Some(author(&post.author)));
    insert_some(&mut embed, "reposted_by", post.reposted_by.as_ref().map(author));
    insert_some(&mut embed, "description", (!description.is_empty()).then_some(description));
    insert_some(&mut embed, "media", Some(media(&post.media, MAX_MEDIA)));
    insert_some(&mut embed, "engagement", Some(engagement(&post.engagement)));
    insert_some(&mut embed, "posted_at", Some(post.posted_at.to_rfc3339_opts(SecondsFormat::AutoSi, true)));
    Value::Object(embed)
}

/// A message's `content`, which nchat shows as it is: who, the text, the link, each on lines of their own.
pub fn plain_text(platform: Platform, post: &Post) -> String {
    let head = title(platform, post, byline);
    let link = safe_link(&post.url).unwrap_or_default();
    let frame = head.chars().count() + link.chars().count() + ":\n\n".len();
    let text = words_of(post, MAX_PLAIN_CHARS.saturating_sub(frame));
    match (text.is_empty(), link.is_empty()) {
        (true, true) => head,
        (true, false) => format!("{head}:\n{link}"),
        (false, true) => format!("{head}:\n{text}"),
        (false, false) => format!("{head}:\n{text}\n{link}"),
    }
}

/// "Acme Example on X", "Acme Example reposted Bo Example on X"; `name` says how people are called.
fn title(platform: Platform, post: &Post, name: fn(&Author) -> Option<String>) -> String {
    let brand = platform.brand().name;
    let author = name(&post.author);
    let reposter = post.reposted_by.as_ref().and_then(name);
    match (reposter, author) {
        (Some(reposter), Some(author)) => format!("{reposter} reposted {author} on {brand}"),
        (Some(reposter), None) => format!("{reposter} reposted on {brand}"),
        (None, Some(author)) => format!("{author} on {brand}"),
        (None, None) => format!("A post on {brand}"),
    }
}
