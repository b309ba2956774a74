//! A keyword, ready to be looked for.

use super::canonical::canonical_keyword;
use super::words::{Head, is_hangul};

/// A word, a phrase or the beginning of one, in canonical form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Keyword {
    /// As stored, with the `*` if it has one.
    canonical: String,
    /// What is looked for: `canonical` without the `*`.
    needle_bytes: usize,
    /// Where a match ends, no word need end.
    pub(super) open_ended: bool,
    /// The least and the greatest beginning of a text that starts with the needle.
    pub(super) heads: (Head, Head),
}

impl Keyword {
    /// `None` for what is no keyword, see [`canonical_keyword`].
    pub(super) fn new(typed: &str) -> Option<Self> {
        let canonical = canonical_keyword(typed)?;
        let needle = canonical.strip_suffix('*').unwrap_or(&canonical);
        // Korean words take endings (뉴스 → 뉴스를): a Korean keyword is always a beginning.
        let open_ended = needle.len() < canonical.len() || needle.chars().next_back().is_some_and(is_hangul);
        let heads = (Head::least(needle), Head::greatest(needle));
        Some(Self { needle_bytes: needle.len(), open_ended, heads, canonical })
    }

    /// What is looked for.
    pub(super) fn needle(&self) -> &str {
        &self.canonical[..self.needle_bytes]
    }

    /// As stored.
    pub(super) fn as_str(&self) -> &str {
        &self.canonical
    }
}
