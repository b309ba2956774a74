//! The forms in which hashtags and keywords are stored.

use crate::domain::text::fold;

/// A hashtag as it is stored and compared: folded, without `#`. `None` for what cannot be one hashtag: nothing, or
/// something with white space, a comma, a semicolon or a `#` inside.
pub fn canonical_hashtag(typed: &str) -> Option<String> {
    let mut parts = split_hashtags(typed);
    let tag = parts.next()?;
    // Several, or one with something between its signs.
    (parts.next().is_none() && !has_separator(&fold(typed))).then_some(tag)
}

/// Every hashtag in a text that should be one but may be several (`#news, #launch`).
pub(super) fn split_hashtags(typed: &str) -> impl Iterator<Item = String> {
    let folded = fold(typed);
    let tags: Vec<String> = folded.split(is_separator).filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
    tags.into_iter()
}

/// A keyword as it is stored and compared: folded, inner white space as single spaces, a `*` at the end if it matches
/// beginnings of words. `None` for nothing and for a lone `*`.
pub fn canonical_keyword(typed: &str) -> Option<String> {
    let folded = fold(typed);
    let words = folded.trim_end_matches(['*', ' ']);
    match (words.is_empty(), folded.ends_with('*')) {
        (true, _) => None,
        (false, true) => Some(format!("{words}*")),
        (false, false) => Some(folded),
    }
}

fn has_separator(folded: &str) -> bool {
    folded.trim_start_matches(['#', ' ']).contains(is_separator)
}

fn is_separator(c: char) -> bool {
    matches!(c, '#' | ' ' | ',' | ';' | '、' | '،')
}

#[cfg(test)]
mod tests {
    use super::{canonical_hashtag, canonical_keyword};

    #[test]
    fn hashtags_lose_their_signs_and_nothing_else() {
        for (typed, stored) in [
            ("news", Some("news")),
            ("#News", Some("news")),
            (" ##NEWS ", Some("news")),
            ("＃ＮＥＷＳ", Some("news")),
            ("# news", Some("news")),
            ("#Café", Some("café")),
            ("日本", Some("日本")),
            ("", None),
            (" # ", None),
            ("big news", None),
            ("#news #launch", None),
            ("#news#launch", None),
            ("news,launch", None),
        ] {
            assert_eq!(canonical_hashtag(typed).as_deref(), stored, "{typed:?}");
        }
    }

    #[test]
    fn keywords_keep_one_star_at_the_end() {
        for (typed, stored) in [
            ("Launch", Some("launch")),
            ("  Big\u{a0}\n News ", Some("big news")),
            ("Launch*", Some("launch*")),
            ("launch **", Some("launch*")),
            ("ｌａｕｎｃｈ＊", Some("launch*")),
            ("C++", Some("c++")),
            ("*", None),
            (" * * ", None),
            ("\u{200b}", None),
            ("", None),
        ] {
            assert_eq!(canonical_keyword(typed).as_deref(), stored, "{typed:?}");
        }
    }
}
