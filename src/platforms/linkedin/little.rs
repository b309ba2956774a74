//! LinkedIn's "little text" to plain text, in one pass from left to right: two passes would undo an escape first and
//! then read the freed character as markup. Source:
//! `<https://learn.microsoft.com/linkedin/marketing/community-management/shares/little-text-format>`.

use unicode_normalization::char::is_combining_mark;

/// No mention or template is looked for further ahead than this, so that broken text costs linear time.
const REACH_CHARS: usize = 600;

/// A commentary, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Little {
    /// Plain text: mentions as names, hashtags with `#`, escapes undone.
    pub text: String,
    /// Without `#`, in order, as written.
    pub hashtags: Vec<String>,
    /// People and organisations, in order.
    pub mentions: Vec<Mention>,
}

/// A mentioned person or organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mention {
    /// The name shown.
    pub name: String,
    /// `urn:li:person:…` or `urn:li:organization:…`.
    pub urn: String,
}

/// Reads `source`. What is not well-formed is copied as it stands.
pub(super) fn read(source: &str) -> Little {
    let mut little = Little::default();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        rest = match first {
            '\\' => escaped(rest, &mut little),
            '@' => mention(rest, &mut little),
            '{' => template(rest, &mut little),
            '#' | '＃' => hashtag(rest, first, &mut little),
            _ => None,
        }
        .unwrap_or_else(|| {
            little.text.push(first);
            &rest[first.len_utf8()..]
        });
    }
    little
}

/// `\x`: the character itself.
fn escaped<'a>(rest: &'a str, little: &mut Little) -> Option<&'a str> {
    let literal = rest[1..].chars().next()?;
    little.text.push(literal);
    Some(&rest[1 + literal.len_utf8()..])
}

/// `@[Name](urn:…)`: the name.
fn mention<'a>(rest: &'a str, little: &mut Little) -> Option<&'a str> {
    let (name, after) = until(rest.strip_prefix("@[")?, ']', &['['])?;
    let (urn, after) = until(after.strip_prefix('(')?, ')', &['('])?;
    if name.is_empty() || !urn.starts_with("urn:") {
        return None;
    }
    little.text.push_str(&name);
    little.mentions.push(Mention { name, urn });
    Some(after)
}

/// `{hashtag|\#|tag}`: `#tag`; of a template we do not know, its last argument.
fn template<'a>(rest: &'a str, little: &mut Little) -> Option<&'a str> {
    let (kind, mut after) = until(&rest[1..], '|', &['{', '}'])?;
    if kind.is_empty() || !kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return None;
    }
    // Each argument ends with `|` or, the last one, with `}`; the arguments share one reach.
    let body_start = after;
    let last = loop {
        if body_start.len() - after.len() > REACH_CHARS {
            return None;
        }
        match until(after, '|', &['{', '}']) {
            Some((_, next)) => after = next,
            None => {
                let (last, next) = until(after, '}', &['{', '|'])?;
                after = next;
                break last;
            }
        }
    };
    if last.is_empty() {
        return None;
    }
    if kind == "hashtag" {
        little.text.push('#');
        little.text.push_str(&last);
        little.hashtags.push(last);
    } else {
        little.text.push_str(&last);
    }
    Some(after)
}

/// `#` and word characters of any script: a hashtag as written.
fn hashtag<'a>(rest: &'a str, sign: char, little: &mut Little) -> Option<&'a str> {
    let mut tag = String::new();
    let mut after = &rest[sign.len_utf8()..];
    loop {
        // An underscore is reserved, so inside a tag it comes escaped.
        let unescaped = if after.starts_with("\\_") { &after[1..] } else { after };
        match unescaped.chars().next().filter(|&next| is_word(next)) {
            Some(next) => {
                tag.push(next);
                after = &unescaped[next.len_utf8()..];
            }
            None => break,
        }
    }
    if tag.is_empty() {
        return None;
    }
    little.text.push(sign);
    little.text.push_str(&tag);
    little.hashtags.push(tag);
    Some(after)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || is_combining_mark(c)
}

/// The text before the first unescaped `end`, escapes undone, and what follows; `None` when one of `barred` comes
/// first or `end` is out of reach.
fn until<'a>(source: &'a str, end: char, barred: &[char]) -> Option<(String, &'a str)> {
    let mut taken = String::new();
    let mut chars = source.char_indices().take(REACH_CHARS);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => taken.push(chars.next()?.1),
            _ if c == end => return Some((taken, &source[at + c.len_utf8()..])),
            _ if barred.contains(&c) => return None,
            _ => taken.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn reads_as_the_vectors_say() {
        let vectors: Value =
            serde_json::from_str(include_str!("../../../tests/fixtures/linkedin/vectors-little-text.json"))
                .expect("vectors");
        for case in vectors["cases"].as_array().expect("cases") {
            let little = read(case["commentary"].as_str().expect("commentary"));
            let mentions: Vec<Value> =
                little.mentions.iter().map(|mention| json!({"name": mention.name, "urn": mention.urn})).collect();
            assert_eq!(little.text, case["text"], "{case}");
            assert_eq!(json!(little.hashtags), case["hashtags"], "{case}");
            assert_eq!(json!(mentions), case["mentions"], "{case}");
        }
    }

    #[test]
    fn reads_what_the_vectors_leave_open() {
        for (commentary, text, hashtags) in [
            ("{hashtag|＃|東京}", "#東京", &["東京"][..]),
            ("{person|a|Ada} came", "Ada came", &[]),
            ("{hashtag|\\#|}", "{hashtag|#|}", &[]),
            ("#c\\_sharp!", "#c_sharp!", &["c_sharp"]),
            ("#हिन्दी ok", "#हिन्दी ok", &["हिन्दी"]),
            ("lone # and \\", "lone # and \\", &[]),
            ("@[a @[b](urn:li:person:x)", "@[a b", &[]),
            ("@[b](https://example.com)", "@[b](https://example.com)", &[]),
            ("{a {hashtag|\\#|b}}", "{a #b}", &["b"]),
        ] {
            let little = read(commentary);
            assert_eq!(
                (little.text.as_str(), &little.hashtags[..]),
                (text, &hashtags.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>()[..]),
                "{commentary}"
            );
        }
    }

    #[test]
    fn broken_markup_costs_linear_time() {
        for unit in ["@[", "{a|", "{a|b|", "#", "\\"] {
            assert!(!read(&unit.repeat(100_000)).text.is_empty());
        }
    }

    fn escape(text: &str) -> String {
        let mut escaped = String::new();
        for c in text.chars() {
            if "|{}@[]()<>#＃\\*_~".contains(c) {
                escaped.push('\\');
            }
            escaped.push(c);
        }
        escaped
    }

    proptest! {
        #[test]
        fn any_text_can_be_read(source in "(\\PC|[\\\\@{}|#()\\[\\]])*") {
            // Marks are at most dropped or a full-width sign replaced: the text never grows.
            prop_assert!(read(&source).text.len() <= source.len());
        }

        #[test]
        fn escaped_text_reads_as_itself(source in "\\PC*") {
            let little = read(&escape(&source));
            prop_assert_eq!(little.text, source);
            prop_assert!(little.hashtags.is_empty() && little.mentions.is_empty());
        }

        #[test]
        fn text_without_reserved_characters_stays(source in "[^|{}@\\[\\]()<>#＃\\\\*_~]*") {
            prop_assert_eq!(read(&source).text, source);
        }
    }
}
