//! Instagram's JSON → our post.

use super::{
    caption,
    wire::{self, Children},
};
use crate::{
    domain::{AccountProfile, Author, Engagement, Media, MediaKind, Post, Relation, Timestamp, cursor::fingerprint},
    platforms::fetch::is_plausible,
};
use chrono::{DateTime, Utc};
use url::Url;

/// What an item of a page is to us.
#[derive(Debug)]
pub(super) enum Mapped {
    /// A post, with the fingerprint by which an edit is noticed.
    Post(Box<Post>, u32),
    /// Must not be imported.
    LeftOut { post_id: String, reason: &'static str },
    /// Lacks its id or its time.
    Unreadable,
}

/// Maps an item of `profile`'s page.
pub(super) fn item(item: wire::Media, profile: &AccountProfile) -> Mapped {
    let Some(post_id) = item.id.clone() else { return Mapped::Unreadable };
    match item.media_product_type.as_deref() {
        Some("AD") => return Mapped::LeftOut { post_id, reason: "ad" },
        Some("STORY") => return Mapped::LeftOut { post_id, reason: "story" },
        _ => {}
    }
    let Some(posted_at) = item.timestamp.as_deref().and_then(time) else { return Mapped::Unreadable };
    let author = author(item.username.as_deref(), profile);
    let text = item.caption.clone().unwrap_or_default();
    // Only the caption can be edited; the signed addresses differ on every reading.
    let fingerprint = fingerprint(&[&text]);
    let url = item
        .permalink
        .as_deref()
        .and_then(https)
        .or_else(|| author.url.clone())
        .unwrap_or_else(|| "https://www.instagram.com/".to_owned());
    let post = Post {
        version_id: post_id.clone(),
        post_id,
        url,
        hashtags: caption::hashtags(&text),
        mentions: caption::mentions(&text),
        text,
        author,
        reposted_by: None,
        quoted: None,
        engagement: Engagement { likes: item.like_count, comments: item.comments_count, ..Engagement::default() },
        media: media(item),
        relation: Relation::default(),
        posted_at,
        sensitive: false,
    };
    Mapped::Post(Box::new(post), fingerprint)
}

/// `2026-11-20T09:15:30+0000`, an offset that RFC 3339 has not; and RFC 3339, should they change to it.
fn time(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%z")
        .or_else(|_| DateTime::parse_from_rfc3339(text))
        .ok()
        .map(|at| at.with_timezone(&Utc))
        .filter(is_plausible)
}

/// The connected account; or whoever else the item names (the account was renamed, or shares somebody's post), of whom
/// only the handle is known.
fn author(username: Option<&str>, profile: &AccountProfile) -> Author {
    match (username.filter(|name| is_handle(name)), profile.handle.as_deref()) {
        (Some(name), Some(own)) if name.eq_ignore_ascii_case(own) => profile.clone(),
        (Some(name), _) => Author {
            name: name.to_owned(),
            handle: Some(name.to_owned()),
            url: Some(profile_url(name)),
            avatar_url: None,
        },
        (None, _) => profile.clone(),
    }
}

/// Letters, digits, underscores and dots, so that it can stand in an address.
pub(super) fn is_handle(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.')
}

/// The page of an account.
pub(super) fn profile_url(handle: &str) -> String {
    format!("https://www.instagram.com/{handle}/")
}

/// `address` if it is a proper https one.
pub(super) fn https(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    (url.scheme() == "https" && url.has_host()).then(|| url.into())
}

/// A carousel's parts in order; else the item's own picture or video. A carousel's own address is that of its first
/// part, for when the parts are not told.
fn media(mut item: wire::Media) -> Vec<Media> {
    let Children { data: parts } = item.children.take().unwrap_or_default();
    if parts.is_empty() { part(item).into_iter().collect() } else { parts.into_iter().filter_map(part).collect() }
}

/// One picture or video. Where rights are in dispute Instagram leaves the file out: the still of a video is shown then.
fn part(item: wire::Media) -> Option<Media> {
    let file = item.media_url.as_deref().and_then(https);
    let still = item.thumbnail_url.as_deref().and_then(https);
    let alt_text = item.alt_text.filter(|text| !text.trim().is_empty());
    let is_video = match item.media_type.as_deref() {
        Some("VIDEO") => true,
        Some("IMAGE") => false,
        _ => file.as_deref().is_some_and(is_video_file),
    };
    match (file, still, is_video) {
        (Some(url), thumbnail_url, true) => Some(Media { kind: MediaKind::Video, url, thumbnail_url, alt_text }),
        (Some(url), ..) | (None, Some(url), _) => {
            Some(Media { kind: MediaKind::Image, url, thumbnail_url: None, alt_text })
        }
        (None, None, _) => None,
    }
}

fn is_video_file(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| url.path().ends_with(".mp4"))
}

#[cfg(test)]
mod tests;
