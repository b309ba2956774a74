//! Plain text as LinkedIn writes it: reserved characters escaped, mentions and hashtags as elements.
//! `<https://learn.microsoft.com/linkedin/marketing/community-management/shares/little-text-format>`

use regex::Regex;
use std::sync::LazyLock;

const RESERVED: &str = "|{}@[]()<>#\\*_~";

static HASHTAG: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^#(\w+)").expect("a pattern without input"));

/// Writes `text`. `@Name` becomes a mention where `mentions` knows the name's URN. A hashtag becomes
/// `{hashtag|\#|tag}` when `templates`, else it stays `#tag`; one with `_` is a template always, since `_` is reserved.
pub(super) fn write(text: &str, mentions: &[(String, String)], templates: bool) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    let mut after_word = false;
    while let Some(first) = rest.chars().next() {
        let mut taken = first.len_utf8();
        if let Some((name, urn)) = mention(rest, mentions) {
            taken = 1 + name.len();
            out.push_str("@[");
            escape(name, &mut out);
            out.push_str("](");
            out.push_str(urn);
            out.push(')');
        } else if let Some(tag) = hashtag(rest).filter(|_| !after_word) {
            taken = 1 + tag.len();
            if templates || tag.contains('_') {
                out.push_str("{hashtag|\\#|");
                escape(tag, &mut out);
                out.push('}');
            } else {
                out.push('#');
                out.push_str(tag);
            }
        } else {
            escape(&rest[..taken], &mut out);
        }
        after_word = rest[..taken].chars().next_back().is_some_and(|last| last.is_alphanumeric() || last == '_');
        rest = &rest[taken..];
    }
    out
}

fn mention<'a>(rest: &str, mentions: &'a [(String, String)]) -> Option<(&'a str, &'a str)> {
    let rest = rest.strip_prefix('@')?;
    let fitting = mentions.iter().filter(|(name, _)| rest.starts_with(name.as_str()));
    fitting.max_by_key(|(name, _)| name.len()).map(|(name, urn)| (name.as_str(), urn.as_str()))
}

/// The tag at the beginning of `rest`; a number alone is none.
fn hashtag(rest: &str) -> Option<&str> {
    let tag = HASHTAG.captures(rest)?.get(1)?.as_str();
    tag.chars().any(char::is_alphabetic).then_some(tag)
}

fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        if RESERVED.contains(character) {
            out.push('\\');
        }
        out.push(character);
    }
}

#[cfg(test)]
mod tests {
    use super::write;

    #[test]
    fn reserved_characters_are_escaped() {
        assert_eq!(write("a_b *c* (d) [e] {f} <g> ~h~ i|j k\\l me@x", &[], false), {
            r"a\_b \*c\* \(d\) \[e\] \{f\} \<g\> \~h\~ i\|j k\\l me\@x"
        });
        assert_eq!(write("", &[], true), "");
        assert_eq!(write("50% off! déjà vu 😀\nnext", &[], true), "50% off! déjà vu 😀\nnext");
    }

    #[test]
    fn hashtags_take_both_forms() {
        assert_eq!(write("We ship #Rust.", &[], false), "We ship #Rust.");
        assert_eq!(write("We ship #Rust.", &[], true), r"We ship {hashtag|\#|Rust}.");
        assert_eq!(write("#株式会社 #c_sharp", &[], false), r"#株式会社 {hashtag|\#|c\_sharp}");
        assert_eq!(write("we are #1, a#b, # c", &[], true), r"we are \#1, a\#b, \# c");
    }

    #[test]
    fn known_names_become_mentions() {
        let acme = vec![("Acme [EU]".to_owned(), "urn:li:organization:7".to_owned())];
        assert_eq!(write("with @Acme [EU] today", &acme, false), r"with @[Acme \[EU\]](urn:li:organization:7) today");
        assert_eq!(write("with @Other", &acme, false), r"with \@Other");
    }
}
