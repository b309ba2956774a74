//! Text from outside made safe to show: no controls, no reversed reading, no pings.

use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;

/// Blank lines in a row that stay.
const MAX_BLANK_LINES: usize = 3;

/// What calls a whole channel, folded.
const PINGS: [&[u8]; 4] = [b"everyone", b"here", b"channel", b"all"];

/// Put behind the `@` of a ping: invisible, no space, and unlike U+200B it allows no line break, so that the sign and
/// its word stay together.
const WORD_JOINER: char = '\u{2060}';

/// `text` without control characters (line feeds and tabs stay) and without the bidirectional overrides and isolates
/// that make text read as something else (the marks LRM and RLM stay); line ends are `\n`; at most three blank lines in
/// a row; no white space at the ends.
pub fn clean(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let feeds = text.bytes().filter(|byte| *byte == b'\n').count();
    if feeds <= MAX_BLANK_LINES && !text.chars().any(is_unwanted) {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => cleaned.push('\n'),
            c if is_unwanted(c) => {}
            c => cleaned.push(c),
        }
    }
    Cow::Owned(without_long_gaps(cleaned.trim()))
}

/// [`clean`], and in one line: white space as single spaces.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in clean(text).split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// `text` in which `@everyone`, `@here`, `@channel` and `@all` call nobody, in any case and width. It reads the same:
/// an invisible word joiner stands behind the `@`. Doing it twice changes nothing more.
pub fn disarm_pings(text: &str) -> Cow<'_, str> {
    let mut disarmed = String::new();
    let mut copied = 0;
    for (at, sign) in text.match_indices(['@', '＠', '﹫']) {
        let after = at + sign.len();
        if is_ping(&text[after..]) {
            disarmed.push_str(&text[copied..after]);
            disarmed.push(WORD_JOINER);
            copied = after;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    disarmed.push_str(&text[copied..]);
    Cow::Owned(disarmed)
}

/// The word at the beginning is a ping's. It ends where an ASCII `\b` sees its end, as a reader that knows no other
/// letters would.
fn is_ping(text: &str) -> bool {
    let mut word = [0_u8; 9];
    let mut length = 0;
    for c in text.chars().take(word.len()).flat_map(|c| std::iter::once(c).nfkc()) {
        if !(c.is_ascii_alphanumeric() || c == '_') {
            break;
        }
        // Longer than the longest ping.
        let Some(slot) = word.get_mut(length) else { return false };
        *slot = u8::try_from(c).unwrap_or_default().to_ascii_lowercase();
        length += 1;
    }
    PINGS.contains(&&word[..length])
}

fn is_unwanted(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn without_long_gaps(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut blank = 0;
    for line in text.split('\n') {
        blank = if line.trim().is_empty() { blank + 1 } else { 0 };
        if blank <= MAX_BLANK_LINES {
            if !kept.is_empty() {
                kept.push('\n');
            }
            kept.push_str(line);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::{clean, disarm_pings, one_line};
    use proptest::prelude::*;
    use std::borrow::Cow;

    #[test]
    fn controls_and_reversals_go_and_language_stays() {
        for (raw, cleaned) in [
            ("a\0b\u{7}c\u{1b}[31m\td\r\ne\rf", "abc[31m\td\ne\nf"),
            ("\u{202e}gpj.exe\u{202c} \u{2066}x\u{2069}", "gpj.exe x"),
            ("שלום\u{200f} abc\u{200e}", "שלום\u{200f} abc\u{200e}"),
            ("one\u{2028}two\u{85}three", "one\ntwo\nthree"),
            ("  \u{feff}x \n", "x"),
            ("a\n\n\n\nb", "a\n\n\n\nb"),
            ("a\n \n\n\t\n\n\n\nb\n\n", "a\n \n\n\t\nb"),
            ("👩\u{200d}💻", "👩\u{200d}💻"),
        ] {
            assert_eq!(clean(raw), cleaned, "{raw:?}");
        }
        assert_eq!(one_line(" Acme\n\0 \tExample "), "Acme Example");
    }

    #[test]
    fn defect_59_pings_call_nobody() {
        for ping in [
            "@everyone",
            "@HERE",
            "@Channel",
            "＠everyone",
            "@all",
            "@ｅｖｅｒｙｏｎｅ",
            "x@here",
            "@@all",
            "@all's",
            "@hereé",
        ] {
            let disarmed = disarm_pings(ping);
            assert_ne!(disarmed, ping);
            assert_eq!(disarmed.replace('\u{2060}', ""), ping, "it reads the same");
        }
        assert_eq!(disarm_pings("(@here)"), "(@\u{2060}here)");
        for harmless in ["@allianz", "@channel4", "@everyone_else", "here @ all", "everyone", "@\u{2060}here", ""] {
            assert!(matches!(disarm_pings(harmless), Cow::Borrowed(_)), "{harmless}");
        }
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing_more(text in "[\\n\\r\\t a\\u{85}\\u{202e}\\u{feff}\\x00@b]{0,40}|\\PC{0,40}") {
            let once = clean(&text).into_owned();
            prop_assert_eq!(clean(&once).into_owned(), once);
        }

        #[test]
        fn disarming_twice_changes_nothing_more(text in "([@＠](EVERYONE|here|Channel|all|x|é)?[ .x_]?){0,6}|\\PC{0,40}") {
            let once = disarm_pings(&text).into_owned();
            prop_assert_eq!(disarm_pings(&once).into_owned(), once);
        }
    }
}
