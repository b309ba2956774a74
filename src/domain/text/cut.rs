//! Cutting text to a length without cutting a character.

use super::{clean, disarm_pings};
use std::borrow::Cow;
use unicode_segmentation::GraphemeCursor;

/// How many characters may be lost to end at a word.
const WORD_REACH: usize = 40;

/// `text` in at most `max_chars` Unicode scalar values, `ellipsis` included where something was cut away. The cut is
/// between grapheme clusters (what people take for one character), and behind a word if one ends in the last 40.
pub fn cut<'a>(text: &'a str, max_chars: usize, ellipsis: &str) -> Cow<'a, str> {
    // A text of that many bytes has no more characters: most texts end here.
    if text.len() <= max_chars || text.char_indices().nth(max_chars).is_none() {
        return Cow::Borrowed(text);
    }
    let marks = ellipsis.chars().count();
    let (keep, ellipsis) = if marks <= max_chars { (max_chars - marks, ellipsis) } else { (max_chars, "") };
    let limit = text.char_indices().nth(keep).map_or(text.len(), |(at, _)| at);
    let end = word_end(text, limit).unwrap_or_else(|| cluster_end(text, limit));
    Cow::Owned([&text[..end], ellipsis].concat())
}

/// `text` cleaned, cut and unable to ping. Cutting comes before the last disarming, for a cut can lay bare a ping.
pub fn shorten(text: &str, max_chars: usize) -> String {
    let cleaned = clean(text);
    let mut short = cut(&disarm_pings(&cleaned), max_chars, "…").into_owned();
    while let Cow::Owned(disarmed) = disarm_pings(&short) {
        short = cut(&disarmed, max_chars, "…").into_owned();
    }
    short
}

/// The last end of a word at most [`WORD_REACH`] characters before `limit`.
fn word_end(text: &str, limit: usize) -> Option<usize> {
    let reach = text[..limit].char_indices().rev().take(WORD_REACH).last()?.0;
    // A word that ends exactly at the limit stays.
    let next = text[limit..].chars().next().filter(|c| c.is_whitespace()).map(|_| limit);
    let spaces = text[reach..limit].char_indices().rev().filter(|(_, c)| c.is_whitespace()).map(|(at, _)| reach + at);
    next.into_iter().chain(spaces).find(|at| {
        let ends_a_word = text[..*at].chars().next_back().is_some_and(|c| !c.is_whitespace());
        ends_a_word && is_cluster_end(text, *at)
    })
}

/// The last boundary between grapheme clusters up to `limit`.
fn cluster_end(text: &str, limit: usize) -> usize {
    if is_cluster_end(text, limit) {
        return limit;
    }
    // The whole text is one chunk, so the cursor never asks for more of it.
    GraphemeCursor::new(limit, text.len(), true).prev_boundary(text, 0).ok().flatten().unwrap_or(0)
}

fn is_cluster_end(text: &str, at: usize) -> bool {
    GraphemeCursor::new(at, text.len(), true).is_boundary(text, 0).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::{cut, shorten};
    use crate::domain::text::disarm_pings;
    use proptest::prelude::*;
    use unicode_segmentation::UnicodeSegmentation;

    #[test]
    fn short_text_stays_and_long_text_ends_at_a_word() {
        assert_eq!(cut("as it is", 8, "…"), "as it is");
        assert_eq!(cut("one two three", 12, "…"), "one two…");
        assert_eq!(cut("one two three", 8, "…"), "one two…");
        assert_eq!(cut("one two   three", 11, "…"), "one two…");
        assert_eq!(cut("日本語のとても長い文章", 6, "…"), "日本語のと…");
        assert_eq!(cut(&format!("a {}", "b".repeat(60)), 50, "…"), format!("a {}…", "b".repeat(47)));
        assert_eq!(cut("abc", 0, "…"), "");
        assert_eq!(cut("abc", 1, "…"), "…");
        assert_eq!(cut("abc", 2, "..."), "ab");
    }

    #[test]
    fn defect_58_a_cut_never_splits_what_people_take_for_one_character() {
        let family = "👨\u{200d}👩\u{200d}👧";
        for (cluster, chars) in [("😀", 1), (family, 5), ("🇩🇪", 2), ("e\u{301}", 2), ("นี่", 3), ("\r\n", 2)]
        {
            for extra in 0..chars {
                let text = format!("{}{}", "x".repeat(100 - extra), cluster.repeat(5));
                let short = cut(&text, 103, "…");
                assert!(short.chars().count() <= 103);
                let kept = short.strip_suffix('…').expect("something was cut away");
                assert!(text.grapheme_indices(true).any(|(at, _)| at == kept.len()), "{cluster:?} after {extra}");
            }
        }
    }

    #[test]
    fn defect_59_a_cut_lays_no_ping_bare() {
        let text = format!("{}@everyoneelse", "x".repeat(90));
        let short = shorten(&text, 100);
        assert_eq!(disarm_pings(&short), short);
        assert!(short.chars().count() <= 100);
    }

    proptest! {
        #[test]
        fn a_cut_is_a_beginning_that_fits(
            text in "[a é\\u{301}\\u{200d}👩🇩🇪\\u{600}\\r\\n]{0,80}|\\PC{0,80}",
            max in 0_usize..90,
        ) {
            let short = cut(&text, max, "…");
            prop_assert!(short.chars().count() <= max);
            if short != text && max > 0 {
                let kept = short.strip_suffix('…').expect("cut texts end in an ellipsis");
                prop_assert!(text.starts_with(kept));
                prop_assert!(kept.is_empty() || text.grapheme_indices(true).any(|(at, _)| at == kept.len()));
                prop_assert_eq!(cut(&short, max, "…"), short.as_ref());
            }
        }

        #[test]
        fn shortened_text_fits_and_is_harmless(text in "([@＠](everyone|here|all)[xé ]{0,2}){0,9}", max in 0_usize..60) {
            let short = shorten(&text, max);
            prop_assert!(short.chars().count() <= max);
            prop_assert_eq!(disarm_pings(&short), short.as_str());
        }
    }
}
