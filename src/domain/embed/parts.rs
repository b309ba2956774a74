//! The embed's inner objects. Absent values are left out, never null.

use super::author::{display_name, handle_of};
use crate::domain::text::{MAX_URL_BYTES, disarm_pings, https_only, shorten};
use crate::domain::{Author, Engagement, Media};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The description of a picture, in Unicode scalar values: X allows 1,000.
const MAX_ALT_CHARS: usize = 1_000;

/// Adds `value` if there is one.
pub(super) fn insert_some(object: &mut Map<String, Value>, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        object.insert(key.to_owned(), value.into());
    }
}

/// An https link that holds no ping where it is shown as text; other links do not exist.
pub(super) fn safe_link(url: &str) -> Option<String> {
    let url = https_only(url)?;
    if matches!(disarm_pings(url), Cow::Borrowed(_)) {
        return Some(url.to_owned());
    }
    // Percent-encoded it is the same link to every server, and no ping to a reader; unless it grows too long by that.
    let encoded = url.replace('@', "%40").replace('＠', "%EF%BC%A0").replace('﹫', "%EF%B9%AB");
    (encoded.len() <= MAX_URL_BYTES).then_some(encoded)
}

/// The address of a picture, which readers' programs fetch without being asked: of a host with a public name, never of
/// a machine or a network of their own.
fn picture(url: &str) -> Option<String> {
    let link = safe_link(url)?;
    let host = link.get(8..)?.split(['/', '?', '#', ':']).next()?.trim_end_matches('.');
    let last = host.rsplit_once('.')?.1;
    let is_named = last.starts_with(char::is_alphabetic);
    let is_private = ["local", "localhost", "internal", "intranet", "lan", "home", "corp"]
        .into_iter()
        .any(|name| last.eq_ignore_ascii_case(name));
    (is_named && !is_private).then_some(link)
}

/// `{name, handle, avatar_url, url}`
pub(super) fn author(author: &Author) -> Map<String, Value> {
    let mut object = Map::new();
    insert_some(&mut object, "name", display_name(author));
    insert_some(&mut object, "handle", handle_of(author));
    insert_some(&mut object, "avatar_url", author.avatar_url.as_deref().and_then(picture));
    insert_some(&mut object, "url", author.url.as_deref().and_then(safe_link));
    object
}

/// The first `max` that have an https link, as `{url, type, thumbnail_url, alt_text}`.
pub(super) fn media(media: &[Media], max: usize) -> Vec<Value> {
    let shown = media.iter().filter_map(|item| {
        let mut object = Map::new();
        insert_some(&mut object, "url", Some(picture(&item.url)?));
        insert_some(&mut object, "type", Some(item.kind.as_str()));
        insert_some(&mut object, "thumbnail_url", item.thumbnail_url.as_deref().and_then(picture));
        let alt = item.alt_text.as_deref().map(|alt| shorten(alt, MAX_ALT_CHARS));
        insert_some(&mut object, "alt_text", alt.filter(|alt| !alt.is_empty()));
        Some(Value::Object(object))
    });
    shown.take(max).collect()
}

/// The counters that are known, as they are.
pub(super) fn engagement(engagement: &Engagement) -> Map<String, Value> {
    let Engagement { likes, retweets, replies, shares, comments, quotes, views } = *engagement;
    let mut object = Map::new();
    insert_some(&mut object, "likes", likes);
    insert_some(&mut object, "retweets", retweets);
    insert_some(&mut object, "replies", replies);
    insert_some(&mut object, "shares", shares);
    insert_some(&mut object, "comments", comments);
    insert_some(&mut object, "quotes", quotes);
    insert_some(&mut object, "views", views);
    object
}

#[cfg(test)]
mod tests {
    use super::picture;

    #[test]
    fn pictures_come_from_hosts_with_public_names_only() {
        for good in [
            "https://pbs.twimg.com/media/a.jpg",
            "https://bücher.example/a",
            "https://a.example:8443/b",
            "https://a.b.co./c",
        ] {
            assert_eq!(picture(good).as_deref(), Some(good));
        }
        for bad in [
            "https://169.254.169.254/latest/meta-data/",
            "https://0x7f.1/",
            "https://1.0x7f/",
            "https://2130706433/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]:443/",
            "https://localhost/",
            "https://router.local/",
            "https://metadata.google.INTERNAL./computeMetadata/",
            "https://intranet/a.png",
            "http://pbs.twimg.com/a.jpg",
            "file:///etc/passwd",
        ] {
            assert_eq!(picture(bad), None, "{bad}");
        }
    }
}
