//! What holds of a message whatever strangers post; for tests and for `make fuzz`.

use super::{MAX_DESCRIPTION_CHARS, MAX_MEDIA, MAX_PLAIN_CHARS, embed, plain_text};
use crate::domain::{
    Platform, Post,
    text::{disarm_pings, https_only},
};
use serde_json::Value;

/// A message is drawn from no more than this.
const MOST_EMBED_BYTES: usize = 64 * 1024;

/// Whatever a post holds, its message is bounded, clean, and pings nobody.
pub fn shows_well(platform: Platform, post: &Post) {
    let shown = embed(platform, post);
    let plain = plain_text(platform, post);
    assert_eq!((embed(platform, post), plain_text(platform, post)), (shown.clone(), plain.clone()), "the same again");
    assert!(plain.chars().count() <= MAX_PLAIN_CHARS, "{} characters", plain.chars().count());
    let description = shown["description"].as_str().unwrap_or_default();
    assert!(description.chars().count() <= MAX_DESCRIPTION_CHARS, "{} characters", description.chars().count());
    assert!(shown["media"].as_array().is_some_and(|media| media.len() <= MAX_MEDIA), "{}", shown["media"]);
    let json = shown.to_string();
    assert!(json.len() <= MOST_EMBED_BYTES, "{} bytes", json.len());
    assert_eq!(serde_json::from_str::<Value>(&json).ok().as_ref(), Some(&shown));
    for text in strings(&shown).into_iter().chain([plain.as_str()]) {
        is_clean(text);
        assert_eq!(disarm_pings(text), text, "nothing pings");
        assert!(!text.is_empty(), "what is absent is left out: {shown}");
    }
    for link in links(&shown).filter(|link| !link.is_null()) {
        assert!(link.as_str().is_some_and(|link| https_only(link).is_some()), "a link that is not https: {link}");
    }
}

/// No controls, and nothing that makes text read as something else.
pub fn is_clean(text: &str) {
    let unwanted = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    assert!(!text.contains(unwanted), "{text:?}");
}

/// Every string in `value`.
fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(strings).collect(),
        Value::Object(fields) => fields.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

/// Every place of an embed's links.
fn links(embed: &Value) -> impl Iterator<Item = &Value> {
    let author = [&embed["url"], &embed["author"]["url"], &embed["author"]["avatar_url"]];
    let media = embed["media"].as_array().into_iter().flatten();
    author.into_iter().chain(media.flat_map(|item| [&item["url"], &item["thumbnail_url"]]))
}
