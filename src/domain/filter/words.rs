//! Where words begin and end in a folded text, and whether a keyword stands there.
//!
//! Boundaries are those of UAX #29, with additions that it leaves to the implementation:
//! * Scripts written without spaces (Han, Kana, Thai, Lao, Khmer, Myanmar) have one between any two characters, and
//!   Hangul has one where it follows or precedes another script (`AI를` is `AI` with an ending).
//! * A word also begins behind an apostrophe (`l'art`), and ends before a possessive `'s` (`Acme's`).

use super::keyword::Keyword;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

/// A folded text with its word boundaries.
#[derive(Clone, Debug)]
pub(super) struct Words {
    text: String,
    /// Where a keyword may begin, ordered by what stands there.
    starts: Vec<Start>,
    /// A bit for every byte position: a keyword may end before it.
    ends: Vec<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Start {
    head: Head,
    at: u32,
}

const HEAD_BYTES: usize = 8;

/// The first eight bytes of a text as a number that orders like them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Head(u64);

impl Head {
    /// The head of `text` itself, which is the least of all texts that start with it.
    pub(super) fn least(text: &str) -> Self {
        Self::padded(text, 0)
    }

    /// The greatest head of all texts that start with `text`.
    pub(super) fn greatest(text: &str) -> Self {
        Self::padded(text, 0xff)
    }

    fn padded(text: &str, padding: u8) -> Self {
        let mut bytes = [padding; HEAD_BYTES];
        let length = text.len().min(HEAD_BYTES);
        bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
        Self(u64::from_be_bytes(bytes))
    }
}

impl Words {
    /// The words of `text`, which must be folded.
    pub(super) fn of(text: String) -> Self {
        let (starts, ends) = (Vec::with_capacity(text.len() / 4), vec![0; text.len() / 64 + 1]);
        let mut words = Self { text: String::new(), starts, ends };
        for (at, segment) in text.split_word_bound_indices() {
            words.end_at(at);
            if segment != " " {
                words.start_at(&text, at);
                words.add_inner(&text, at, segment);
            }
        }
        words.end_at(text.len());
        words.starts.sort_unstable();
        words.text = text;
        words
    }

    /// Whether the words of `keyword` stand here.
    pub(super) fn contain(&self, keyword: &Keyword) -> bool {
        let (least, greatest) = keyword.heads;
        let needle = keyword.needle();
        let first = self.starts.partition_point(|start| start.head < least);
        self.starts[first..].iter().take_while(|start| start.head <= greatest).any(|start| {
            let at = start.at as usize;
            let end = at + needle.len();
            // The heads tell for short needles: longer needles are compared in full.
            (needle.len() <= HEAD_BYTES || self.text.as_bytes()[at..].starts_with(needle.as_bytes()))
                && (keyword.open_ended || self.is_end(end))
        })
    }

    /// The boundaries inside what UAX #29 takes for one word.
    fn add_inner(&mut self, text: &str, at: usize, segment: &str) {
        if segment.is_ascii() && !segment.contains('\'') {
            return;
        }
        let mut before = None;
        for (offset, c) in segment.char_indices() {
            let here = at + offset;
            match before {
                Some('\'') => self.start_at(text, here),
                Some(before) if is_between_words(before, c) => {
                    self.start_at(text, here);
                    self.end_at(here);
                }
                _ => {}
            }
            if &segment[offset..] == "'s" {
                self.end_at(here);
            }
            before = Some(c);
        }
    }

    fn start_at(&mut self, text: &str, at: usize) {
        if let Ok(position) = u32::try_from(at) {
            self.starts.push(Start { head: Head::least(&text[at..]), at: position });
        }
    }

    fn end_at(&mut self, at: usize) {
        self.ends[at / 64] |= 1 << (at % 64);
    }

    fn is_end(&self, at: usize) -> bool {
        self.ends.get(at / 64).is_some_and(|bits| bits >> (at % 64) & 1 == 1)
    }
}

/// A boundary that UAX #29 does not see.
fn is_between_words(before: char, after: char) -> bool {
    let spaceless = is_spaceless(before) || is_spaceless(after);
    (spaceless || is_hangul(before) != is_hangul(after)) && !is_combining_mark(after)
}

/// Scripts written without spaces between words: Thai, Lao, Myanmar, Khmer, Han, Kana, Bopomofo.
fn is_spaceless(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{19e0}'..='\u{19ff}'
        | '\u{2e80}'..='\u{2fdf}' | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{312f}' | '\u{31a0}'..='\u{31bf}'
        | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{a9e0}'..='\u{a9ff}'
        | '\u{aa60}'..='\u{aa7f}' | '\u{f900}'..='\u{faff}' | '\u{1aff0}'..='\u{1b16f}' | '\u{20000}'..='\u{3ffff}')
}

/// Hangul syllables and jamo, as folding leaves them.
pub(super) fn is_hangul(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{a960}'..='\u{a97f}' | '\u{ac00}'..='\u{d7fb}')
}
