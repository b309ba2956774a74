//! What is remembered between two readings of a page. LinkedIn knows no "since": posts are told apart by URN, edits by
//! a fingerprint, and what lies before the memory by time.

use crate::domain::Cursor;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// More than the largest page (50), so that a page right after the first reading holds nothing forgotten.
const MAX_SEEN: usize = 60;
const VERSION: u8 = 1;
/// Our clock and LinkedIn's may differ by this much.
const SLACK_MS: i64 = 10 * 60 * 1000;

/// The cursor's content: `{"v":1,"since_ms":…,"seen":{"<urn>":[fingerprint, published_ms, media_due]}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Memory {
    v: u8,
    /// An unknown post from here or before is older than the connection or than the memory, never new.
    since_ms: i64,
    seen: BTreeMap<String, Seen>,
}

/// A post as it was when last read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen(u32, i64, bool);

/// How a post on a page stands to the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recalled {
    /// To be imported.
    New,
    /// Its text or media changed since.
    Edited,
    /// As it was, but a picture or video was still being processed then.
    MediaDue,
    /// As it was.
    Same,
    /// Unknown, but from before the memory.
    Old,
}

impl Memory {
    /// Nothing seen; posts up to `since_ms` are not new.
    pub fn since(since_ms: i64) -> Self {
        Self { v: VERSION, since_ms, seen: BTreeMap::new() }
    }

    /// Reads a cursor; `None` when it is not of this version.
    pub fn of(cursor: &Cursor) -> Option<Self> {
        Self::deserialize(&cursor.0).ok().filter(|memory| memory.v == VERSION)
    }

    /// The cursor to store.
    pub fn cursor(&self) -> Option<Cursor> {
        serde_json::to_value(self).ok().map(Cursor)
    }

    /// Whether a page with this post, sorted by creation, reaches what was read before.
    pub fn reaches(&self, urn: &str, created_ms: i64) -> bool {
        self.seen.contains_key(urn) || created_ms <= self.since_ms
    }

    /// How the post stands to the memory.
    pub fn recall(&self, urn: &str, fingerprint: u32, published_ms: i64) -> Recalled {
        match self.seen.get(urn) {
            Some(Seen(known, _, media_due)) if *known == fingerprint => {
                if *media_due {
                    Recalled::MediaDue
                } else {
                    Recalled::Same
                }
            }
            Some(_) => Recalled::Edited,
            None if published_ms <= self.since_ms => Recalled::Old,
            None => Recalled::New,
        }
    }

    /// Remembers a post.
    pub fn note(&mut self, urn: &str, fingerprint: u32, published_ms: i64, media_due: bool) {
        self.seen.insert(urn.to_owned(), Seen(fingerprint, published_ms, media_due));
    }

    /// After the first reading: whatever else is there already is not new, wherever it turns up later. The past of a
    /// page without posts ends shortly before `now_ms`.
    pub fn close_past(&mut self, now_ms: i64) {
        let newest = self.seen.values().map(|seen| seen.1).max();
        self.since_ms = self.since_ms.max(newest.unwrap_or(now_ms - SLACK_MS));
    }

    /// Forgets all but the newest; what was forgotten must not come back as new.
    pub fn trim(&mut self) {
        let excess = self.seen.len().saturating_sub(MAX_SEEN);
        let mut by_age: Vec<(i64, String)> = self.seen.iter().map(|(urn, seen)| (seen.1, urn.clone())).collect();
        by_age.sort_unstable();
        for (published_ms, urn) in by_age.into_iter().take(excess) {
            self.seen.remove(&urn);
            self.since_ms = self.since_ms.max(published_ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn survives_storage() {
        let mut memory = Memory::since(5);
        memory.note("urn:li:share:1", 7, 9, true);
        let cursor = memory.cursor().expect("a cursor");
        assert_eq!(cursor.0, json!({"v": 1, "since_ms": 5, "seen": {"urn:li:share:1": [7, 9, true]}}));
        assert_eq!(Memory::of(&cursor), Some(memory));
    }

    #[test]
    fn other_cursors_are_not_read() {
        for other in [json!(null), json!({"v": 2, "since_ms": 0, "seen": {}}), json!({"v": 1}), json!("x")] {
            assert_eq!(Memory::of(&Cursor(other)), None);
        }
    }

    #[test]
    fn tells_new_edited_same_and_old() {
        let mut memory = Memory::since(10);
        memory.note("a", 1, 5, false);
        memory.note("b", 1, 20, true);
        for (urn, fingerprint, published_ms, expected) in [
            ("a", 1, 5, Recalled::Same),
            ("a", 2, 5, Recalled::Edited),
            ("b", 1, 20, Recalled::MediaDue),
            ("c", 1, 10, Recalled::Old),
            ("c", 1, 11, Recalled::New),
        ] {
            assert_eq!(memory.recall(urn, fingerprint, published_ms), expected, "{urn} {fingerprint} {published_ms}");
        }
    }

    #[test]
    fn keeps_the_newest_and_lets_nothing_come_back() {
        let mut memory = Memory::since(0);
        for at in 1..=200 {
            memory.note(&format!("urn:li:share:{at}"), 1, at, false);
        }
        memory.trim();
        assert_eq!(memory.seen.len(), MAX_SEEN);
        for at in 1..=200 {
            let expected = if at > 140 { Recalled::Same } else { Recalled::Old };
            assert_eq!(memory.recall(&format!("urn:li:share:{at}"), 1, at), expected, "{at}");
        }
        let bytes = memory.cursor().expect("a cursor").0.to_string().len();
        assert!(bytes < 8_000, "{bytes}");
    }

    #[test]
    fn the_first_reading_closes_the_past() {
        let now_ms = SLACK_MS + 20;
        let mut memory = Memory::since(0);
        memory.close_past(now_ms);
        assert_eq!(memory.recall("a", 1, 20), Recalled::Old, "an empty page has a past too");
        assert_eq!(memory.recall("a", 1, 21), Recalled::New);
        memory.note("a", 1, 50, false);
        memory.close_past(now_ms);
        assert_eq!(memory.recall("b", 1, 50), Recalled::Old);
        assert_eq!(memory.recall("b", 1, 51), Recalled::New);
    }
}
