//! A post's text as people read it: t.co links replaced by where they lead, links that are shown otherwise left out,
//! X's three escapes undone.
//!
//! Order matters: entities count code points of the *escaped* text, so it is cut first and unescaped piece by piece.
//! `<https://docs.x.com/x-api/fundamentals/data-dictionary#entities>`

use super::wire::Link;
use std::ops::Range;
use url::Url;

/// Links that are left out because what they lead to is shown beside the text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Omit<'a> {
    /// The link that stands for the post's own pictures and videos, wherever it is.
    pub media: bool,
    /// Links to the post with one of these ids, at the end of the text only: inside a sentence they are words of it.
    pub quoted: &'a [&'a str],
}

/// More links than the longest text can hold.
const MOST_LINKS: usize = 2_000;

/// The plain form of an escaped `text` with `links`. Entities that fit nowhere are ignored.
pub(super) fn plain<'a>(text: &str, links: impl IntoIterator<Item = &'a Link>, omit: Omit<'_>) -> String {
    let spans = place(text, links);
    let tail = tail_start(text, &spans, omit);
    let mut shown = String::with_capacity(text.len());
    let mut at = 0;
    let mut shortened = false;
    for (span, link) in &spans {
        unescape_into(&mut shown, &text[at..span.start]);
        at = span.end;
        if is_media(link) && omit.media || span.start >= tail {
            shortened = true;
            // One space parted the link from what stood before; with the link gone, the next piece brings its own.
            if text[at..].is_empty() || text[at..].starts_with(char::is_whitespace) {
                shown.truncate(shown.trim_end_matches(' ').len());
            }
        } else {
            shown.push_str(target(link).unwrap_or(&text[span.clone()]));
        }
    }
    unescape_into(&mut shown, &text[at..]);
    if shortened { shown.trim().to_owned() } else { shown }
}

/// Links with their byte ranges in `text`, in order, none overlapping. X repeats the media link once for each
/// attachment, always at the same place.
fn place<'a>(text: &str, links: impl IntoIterator<Item = &'a Link>) -> Vec<(Range<usize>, &'a Link)> {
    let boundaries: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let mut spans: Vec<_> = links
        .into_iter()
        .take(MOST_LINKS)
        .filter_map(|link| {
            let counted = boundaries.get(link.start).zip(boundaries.get(link.end)).map(|(start, end)| *start..*end);
            let counted = counted.filter(|span| !span.is_empty());
            let Some(url) = link.url.as_deref().filter(|url| !url.is_empty()) else {
                return counted.map(|span| (span, link));
            };
            // Where counting and text disagree, the text is right.
            let found = counted.filter(|span| &text[span.clone()] == url);
            let found = found.or_else(|| text.find(url).map(|start| start..start + url.len()));
            found.map(|span| (span, link))
        })
        .collect();
    spans.sort_by_key(|(span, _)| (span.start, span.end));
    let mut free_from = 0;
    spans.retain(|(span, _)| {
        let fits = span.start >= free_from;
        if fits {
            free_from = span.end;
        }
        fits
    });
    spans
}

/// Where the run of left-out links that ends the text begins.
fn tail_start(text: &str, spans: &[(Range<usize>, &Link)], omit: Omit<'_>) -> usize {
    let mut tail = text.len();
    for (span, link) in spans.iter().rev() {
        let left_out = is_media(link) && omit.media || leads_to_post(link, omit.quoted);
        if !left_out || !text[span.end..tail].trim().is_empty() {
            break;
        }
        tail = span.start;
    }
    tail
}

/// Media links show `pic.x.com/…`, formerly `pic.twitter.com/…`.
fn is_media(link: &Link) -> bool {
    let shown = link.display_url.as_deref().unwrap_or("");
    link.media_key.is_some() || shown.starts_with("pic.x.com/") || shown.starts_with("pic.twitter.com/")
}

fn leads_to_post(link: &Link, ids: &[&str]) -> bool {
    if ids.is_empty() {
        return false;
    }
    let Some(url) = link.expanded_url.as_deref().and_then(|url| Url::parse(url).ok()) else { return false };
    let host = url.host_str().unwrap_or("");
    let host = host.strip_prefix("www.").or_else(|| host.strip_prefix("mobile.")).unwrap_or(host);
    let path: Vec<&str> = url.path_segments().map(Iterator::collect).unwrap_or_default();
    matches!(host, "x.com" | "twitter.com") && path.windows(2).any(|pair| pair[0] == "status" && ids.contains(&pair[1]))
}

/// Where a link leads, as a web address; X gives it unescaped.
fn target(link: &Link) -> Option<&str> {
    [&link.expanded_url, &link.unwound_url]
        .into_iter()
        .take(MOST_LINKS)
        .filter_map(|url| url.as_deref())
        .find(|url| is_web(url) && !url.contains(|c: char| c.is_whitespace() || c.is_control()))
}

fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// Undoes `&amp;`, `&lt;` and `&gt;`, the only three X writes, once: what they uncover stays as it is.
fn unescape_into(shown: &mut String, escaped: &str) {
    let mut rest = escaped;
    while let Some(at) = rest.find('&') {
        shown.push_str(&rest[..at]);
        let (plain, length) = match &rest[at..] {
            tail if tail.starts_with("&amp;") => ('&', 5),
            tail if tail.starts_with("&lt;") => ('<', 4),
            tail if tail.starts_with("&gt;") => ('>', 4),
            _ => ('&', 1),
        };
        shown.push(plain);
        rest = &rest[at + length..];
    }
    shown.push_str(rest);
}

#[cfg(test)]
mod tests;
