//! Hashtags and mentions of a caption. The API has no entities: they are where readers see them.

use regex::Regex;
use std::sync::LazyLock;

/// More than these are noise: Instagram itself takes 30 hashtags and 20 mentions.
const MAX_FOUND: usize = 100;

/// `#` as typed on Latin and on East Asian keyboards; word characters of every script behind it.
static HASHTAG: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[#＃](\w+)").expect("a tested pattern"));
/// Handles are Latin letters, digits, underscores and dots.
static MENTION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"@([A-Za-z0-9._]+)").expect("a tested pattern"));
static WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\w").expect("a tested pattern"));

/// Hashtags without `#`, as written, each once.
pub(super) fn hashtags(caption: &str) -> Vec<String> {
    find(&HASHTAG, caption)
}

/// Handles without `@`, each once. A dot at the end closes the sentence.
pub(super) fn mentions(caption: &str) -> Vec<String> {
    find(&MENTION, caption)
}

fn find(pattern: &Regex, caption: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for captures in pattern.captures_iter(caption) {
        let (Some(whole), Some(name)) = (captures.get(0), captures.get(1)) else { continue };
        // `me@example.com` mentions nobody, `C#sharp` is no hashtag.
        if caption[..whole.start()].chars().next_back().is_some_and(is_word) {
            continue;
        }
        let name = name.as_str().trim_matches('.');
        if name.is_empty() || found.iter().any(|known| known == name) {
            continue;
        }
        found.push(name.to_owned());
        if found.len() == MAX_FOUND {
            break;
        }
    }
    found
}

fn is_word(c: char) -> bool {
    WORD.is_match(c.encode_utf8(&mut [0; 4]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn finds_what_readers_see() {
        let table: [(&str, &[&str], &[&str]); 15] = [
            ("", &[], &[]),
            ("New! 😁 #launch", &["launch"], &[]),
            ("#café, #日本 and #été_2026!", &["café", "日本", "été_2026"], &[]),
            ("#नमस्ते #ไทย", &["नमस्ते", "ไทย"], &[]),
            ("#caf\u{65}\u{301}", &["caf\u{65}\u{301}"], &[]),
            ("＃新商品", &["新商品"], &[]),
            ("C#sharp is none, (#sharp) is", &["sharp"], &[]),
            ("#one#two", &["one"], &[]),
            ("#one #One #one", &["one", "One"], &[]),
            ("# #! ##two", &["two"], &[]),
            ("ask me@example.com", &[], &[]),
            ("with @foo.bar and @baz.", &[], &["foo.bar", "baz"]),
            ("@. @.. @_a_ @foo @foo", &[], &["_a_", "foo"]),
            ("(@acme_example) 写真@日本", &[], &["acme_example"]),
            ("@user@host.example", &[], &["user"]),
        ];
        for (caption, tags, handles) in table {
            assert_eq!(hashtags(caption), tags, "{caption}");
            assert_eq!(mentions(caption), handles, "{caption}");
        }
    }

    #[test]
    fn a_flood_is_bounded() {
        let flood: String = (0..10_000).map(|n| format!("#t{n} ")).collect();
        assert_eq!(hashtags(&flood).len(), MAX_FOUND);
    }

    proptest! {
        #[test]
        fn what_is_found_stands_in_the_caption(caption in "[#＃@._a-zé日\u{301}\u{200d}😁 \n]{0,60}|.{0,60}") {
            for tag in hashtags(&caption) {
                let stands = ['#', '＃'].iter().any(|sign| caption.contains(&format!("{sign}{tag}")));
                prop_assert!(stands, "{}", tag);
            }
            for handle in mentions(&caption) {
                prop_assert!(caption.contains(&handle));
                prop_assert!(!handle.starts_with('.') && !handle.ends_with('.'));
            }
        }
    }
}
