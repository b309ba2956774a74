//! One form for texts that people take for the same.

use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;

/// `text` in the form in which texts are compared: compatibility case folding as Unicode defines it (D146, in NFKC),
/// white space as single spaces and none at the ends, invisible characters dropped, curly apostrophes straight.
/// Folding twice changes nothing more.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    // Nothing composes or reorders across white space, so each word may go its own way: most are ASCII.
    for word in text.split_whitespace() {
        push_space(&mut folded);
        if word.is_ascii() {
            folded.extend(word.chars().filter(|c| !c.is_ascii_control()).map(|c| c.to_ascii_lowercase()));
        } else {
            let visible = word.chars().filter(|c| !is_invisible(*c));
            for c in visible.nfd().default_case_fold().nfkd().default_case_fold().nfkc() {
                match c {
                    c if c.is_whitespace() => push_space(&mut folded),
                    '\u{2018}' | '\u{2019}' | '\u{2bc}' => folded.push('\''),
                    c => folded.push(c),
                }
            }
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

fn push_space(text: &mut String) {
    if !text.is_empty() && !text.ends_with(' ') {
        text.push(' ');
    }
}

/// Characters nobody sees: controls, soft hyphen, zero-width spaces, directional marks, variation selectors.
/// The zero-width joiner stays: it makes one emoji of several.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::fold;
    use proptest::prelude::*;

    #[test]
    fn what_people_take_for_the_same_folds_alike() {
        for (a, b) in [
            ("News", "nEWS"),
            ("ＮＥＷＳ", "news"),
            ("Straße", "STRASSE"),
            ("café", "CAFE\u{301}"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("don’t", "DON'T"),
            ("ﾆｭｰｽ", "ニュース"),
            ("two\u{a0}\t words\n", "two words"),
            ("\u{3000}全角\u{3000}空白", "全角 空白"),
            ("lau\u{ad}nch\u{200b}ed", "launched"),
            ("❤\u{fe0f}", "❤"),
            ("가", "\u{1100}\u{1161}"),
        ] {
            assert_eq!(fold(a), fold(b), "{a:?} and {b:?}");
        }
        assert_ne!(fold("résumé"), fold("resume"), "accents carry meaning");
        assert_eq!(fold(" \u{200b} \0 "), "");
    }

    #[test]
    fn folding_each_character_twice_changes_nothing_more() {
        // Every block but the ideographs and syllables, which are all alike.
        let blocks = ['\0'..='\u{33ff}', '\u{a000}'..='\u{abff}', '\u{d7b0}'..='\u{1ffff}', '\u{2f800}'..='\u{2fa1f}'];
        for c in blocks.into_iter().flatten() {
            let once = fold(&format!("a{c}b"));
            assert_eq!(fold(&once), once, "U+{:04X}", u32::from(c));
        }
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing_more(text in "\\PC{0,40}|[\\u{300}-\\u{345}a-zΑ-ωÀ-ÿ가-힣 ]{0,20}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
