//! Hashtags and mentions in plain text, for platforms and fields that do not list them.

use linkify::{LinkFinder, LinkKind};
use unicode_normalization::char::is_combining_mark;

/// The hashtags of `text` as written, without `#`, in order, repeated ones too. Letters, marks and digits of every script
/// count, `_` too; one letter at least (`#1` is a rank). Links do not count.
pub fn hashtags(text: &str) -> Vec<&str> {
    let starts = |before: char| !(is_word(before) || matches!(before, '_' | '&' | '/' | '#' | '＃'));
    let length = |body: &str| {
        let end = length_of(body, |c| is_word(c) || c == '_', |c| matches!(c, '\u{200c}' | '·' | '・' | '׳' | '״'));
        body[..end].chars().any(char::is_alphabetic).then_some(end)
    };
    scan(text, ['#', '＃'], starts, length)
}

/// The handles mentioned in `text`, without `@`, in order, repeated ones too. Handles are ASCII on all three platforms:
/// letters, digits, `_`, and dots inside. Links and e-mail addresses do not count.
pub fn mentions(text: &str) -> Vec<&str> {
    let starts = |before: char| {
        !(before.is_ascii_alphanumeric()
            || matches!(before, '_' | '/' | '!' | '#' | '$' | '%' | '&' | '*' | '@' | '＠'))
    };
    let length = |body: &str| {
        let end = length_of(body, |c| c.is_ascii_alphanumeric() || c == '_', |c| c == '.');
        (end > 0).then_some(end)
    };
    scan(text, ['@', '＠'], starts, length)
}

/// Every `sigil` that may start here, with the body whose length in bytes `length` tells.
fn scan(
    text: &str,
    sigils: [char; 2],
    starts_after: impl Fn(char) -> bool,
    length: impl Fn(&str) -> Option<usize>,
) -> Vec<&str> {
    if !text.contains(sigils) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut links = links_of(text).into_iter().peekable();
    // Where the last find ended: Instagram's `#one#two` are two.
    let mut found_to = usize::MAX;
    for (at, sigil) in text.match_indices(sigils) {
        while links.next_if(|(_, end)| *end <= at).is_some() {}
        let in_link = links.peek().is_some_and(|(start, _)| *start <= at);
        let starts = at == found_to || text[..at].chars().next_back().is_none_or(&starts_after);
        if in_link || !starts {
            continue;
        }
        let body = &text[at + sigil.len()..];
        if let Some(end) = length(body) {
            found.push(&body[..end]);
            found_to = at + sigil.len() + end;
        }
    }
    found
}

/// Where the links and e-mail addresses are, in bytes, in order.
fn links_of(text: &str) -> Vec<(usize, usize)> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url, LinkKind::Email]);
    finder.links(text).map(|link| (link.start(), link.end())).collect()
}

/// How many bytes at the beginning are `inside` characters, joined by at most one `joint` between two of them.
fn length_of(text: &str, inside: impl Fn(char) -> bool, joint: impl Fn(char) -> bool) -> usize {
    let mut end = 0;
    let mut joined = true;
    for (at, c) in text.char_indices() {
        if inside(c) {
            end = at + c.len_utf8();
            joined = false;
        } else if joined || !joint(c) {
            break;
        } else {
            joined = true;
        }
    }
    end
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || (is_combining_mark(c) && !matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{20e3}'))
}

#[cfg(test)]
mod tests {
    use super::{hashtags, mentions};
    use proptest::prelude::*;

    #[test]
    fn defect_49_hashtags_are_not_only_ascii() {
        for (text, tags) in [
            ("#café #日本 #naïve", vec!["café", "日本", "naïve"]),
            ("cafe\u{301}: #cafe\u{301}!", vec!["cafe\u{301}"]),
            ("＃ＮＥＷＳ und #Größe, (#ok)", vec!["ＮＥＷＳ", "Größe", "ok"]),
            ("#हिन्दी #ไทย #한국어 #ਪੰਜਾਬੀ", vec!["हिन्दी", "ไทย", "한국어", "ਪੰਜਾਬੀ"]),
            ("#one#two #snake_case #x2026", vec!["one", "two", "snake_case", "x2026"]),
            ("#می\u{200c}خواهم", vec!["می\u{200c}خواهم"]),
            ("#1 #2026 a#b &#39; #️⃣ # ##", vec![]),
            ("https://example.com/a#part and #tag", vec!["tag"]),
        ] {
            assert_eq!(hashtags(text), tags, "{text}");
        }
    }

    #[test]
    fn defect_49_mentions_are_whole_handles_and_no_addresses() {
        for (text, handles) in [
            ("@acme and @foo.bar.", vec!["acme", "foo.bar"]),
            ("write to me@example.com", vec![]),
            ("＠acmeさん、こんにちは@bo_2", vec!["acme", "bo_2"]),
            ("(@a) .@b @@c", vec!["a", "b"]),
            ("https://example.com/@acme @", vec![]),
        ] {
            assert_eq!(mentions(text), handles, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_find_is_a_part_of_the_text(text in "[#＃@＠a-z é日.1/:_\\u{301}\\u{200c}]{0,40}|\\PC{0,40}") {
            for found in hashtags(&text).into_iter().chain(mentions(&text)) {
                prop_assert!(!found.is_empty() && text.contains(found));
            }
        }
    }
}
