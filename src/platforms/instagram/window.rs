//! What is known of an account's page: the content of its cursor.
//!
//! Instagram promises no order, its ids do not grow with time, posts can be pinned or appear late, and there is no list
//! of edits or deletions. So neither a highest id nor a latest time marks what is new: a window of ids does, and the
//! time of the first reading keeps out older posts that move up when newer ones are deleted.

use crate::domain::{Cursor, Timestamp};
use chrono::Duration;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Two pages of 25, or the largest first page.
pub(super) const MAX_SEEN: usize = 50;

/// Posts this much older than the first reading still count as new. Their clock is not ours, and their times are whole
/// seconds; a post that was there before is known by its id.
const SLACK: Duration = Duration::minutes(10);

/// So many posts can be pinned to the top of a profile.
const MAX_PINNED: usize = 3;

const VERSION: u8 = 1;

/// An id, and the fingerprint of its caption; none for what is left out for good.
pub(super) type Seen = (String, Option<u32>);

/// As stored: `{"v":1,"since":"2026-11-22T10:00:00Z","seen":[["17900000000000003",123],["18100000000000002",null]]}`.
/// A list, since JSON objects (and Postgres' jsonb) do not keep the order that says what to forget first.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Window {
    v: u8,
    since: Timestamp,
    seen: Vec<Seen>,
}

/// How a post stands to the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    New,
    /// Never seen, but published before the first reading.
    Old,
    Unchanged,
    Edited,
    /// Left out when it was first seen.
    LeftOut,
}

impl Window {
    /// An empty window that starts at `now`.
    pub(super) fn starting(now: Timestamp) -> Self {
        Self { v: VERSION, since: now, seen: Vec::new() }
    }

    /// The window in `cursor`, if it holds one.
    pub(super) fn read(cursor: &Cursor) -> Option<Self> {
        let mut window = Self::deserialize(&cursor.0).ok().filter(|window| window.v == VERSION)?;
        window.seen.truncate(MAX_SEEN);
        Some(window)
    }

    /// For looking ids up.
    pub(super) fn index(&self) -> Index<'_> {
        Index {
            oldest: self.since.checked_sub_signed(SLACK).unwrap_or(self.since),
            seen: self.seen.iter().map(|(id, fingerprint)| (id.as_str(), *fingerprint)).collect(),
        }
    }

    /// The cursor after a reading that met `met`, in the order of the pages: what stands first there stands first again
    /// next time, so it is kept before what was not met any more.
    pub(super) fn after(self, mut met: Vec<Seen>) -> Cursor {
        met.truncate(MAX_SEEN);
        for entry in self.seen {
            if met.len() == MAX_SEEN {
                break;
            }
            if met.iter().all(|(id, _)| *id != entry.0) {
                met.push(entry);
            }
        }
        let window = Self { v: VERSION, since: self.since, seen: met };
        Cursor(serde_json::to_value(window).unwrap_or_default())
    }
}

/// A window made ready for questions.
pub(super) struct Index<'a> {
    oldest: Timestamp,
    seen: HashMap<&'a str, Option<u32>>,
}

impl Index<'_> {
    /// How the post with `id` stands to the window. `fingerprint` is `None` when its caption could not be read: then
    /// nothing can be said about edits.
    pub(super) fn judge(&self, id: &str, fingerprint: Option<u32>, posted_at: Timestamp) -> Sight {
        match self.seen.get(id) {
            None if posted_at < self.oldest => Sight::Old,
            None => Sight::New,
            Some(None) => Sight::LeftOut,
            Some(Some(known)) if fingerprint.is_some_and(|fingerprint| fingerprint != *known) => Sight::Edited,
            Some(Some(_)) => Sight::Unchanged,
        }
    }

    /// What is noted of `id`; `None` when it is not known, `Some(None)` when it was left out.
    pub(super) fn get(&self, id: &str) -> Option<Option<u32>> {
        self.seen.get(id).copied()
    }
}

/// A post on a page, in its order: when it was published, as far as that is told, and whether it was known before.
pub(super) type Place = (Option<Timestamp>, bool);

/// Whether a page reaches what was read before, so that nothing new can be behind it: a known post stands in its place.
/// One with newer posts behind it is pinned to the top, perhaps, and says nothing.
pub(super) fn reaches_known(page: &[Place]) -> bool {
    let (mut newest_behind, mut out_of_place): (Option<Timestamp>, usize) = (None, 0);
    for (posted_at, known) in page.iter().rev() {
        if *known {
            if posted_at.is_none() || *posted_at >= newest_behind {
                return true;
            }
            out_of_place += 1;
        }
        newest_behind = newest_behind.max(*posted_at);
    }
    // More than can be pinned: no order that we know, and no reason to read on.
    out_of_place > MAX_PINNED
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(minute: i64) -> Timestamp {
        "2026-11-22T10:00:00Z".parse::<Timestamp>().unwrap() + Duration::minutes(minute)
    }

    fn seen(ids: &[&str]) -> Vec<Seen> {
        ids.iter().map(|id| ((*id).to_owned(), Some(1))).collect()
    }

    #[test]
    fn is_stored_as_a_small_list_in_order() {
        let cursor = Window::starting(at(0)).after(vec![("3".into(), Some(7)), ("10".into(), None)]);
        assert_eq!(cursor.0, json!({"v": 1, "since": "2026-11-22T10:00:00Z", "seen": [["3", 7], ["10", null]]}));
        let read = Window::read(&cursor).unwrap();
        assert_eq!(read, Window { v: 1, since: at(0), seen: vec![("3".into(), Some(7)), ("10".into(), None)] });
    }

    #[test]
    fn foreign_cursors_are_not_understood() {
        for foreign in [
            json!(null),
            json!({"newest_id": "5"}),
            json!({"v": 2, "since": "2026-11-22T10:00:00Z", "seen": []}),
            json!({"v": 1, "since": "yesterday", "seen": []}),
        ] {
            assert_eq!(Window::read(&Cursor(foreign)), None);
        }
    }

    #[test]
    fn judges_by_id_first_and_by_time_last() {
        let window = Window::read(&Window::starting(at(0)).after(vec![("a".into(), Some(1)), ("ad".into(), None)]));
        let window = window.unwrap();
        let index = window.index();
        let table = [
            ("a", Some(1), -9000, Sight::Unchanged),
            ("a", Some(2), -9000, Sight::Edited),
            ("a", None, -9000, Sight::Unchanged),
            ("ad", Some(2), 5, Sight::LeftOut),
            ("b", Some(1), 5, Sight::New),
            ("b", Some(1), -10, Sight::New),
            ("b", Some(1), -11, Sight::Old),
        ];
        for (id, fingerprint, minute, expected) in table {
            assert_eq!(index.judge(id, fingerprint, at(minute)), expected, "{id} {minute}");
        }
    }

    #[test]
    fn a_known_post_in_its_place_ends_the_pages_and_a_pinned_one_does_not() {
        let (known, new) = (|minute| (Some(at(minute)), true), |minute| (Some(at(minute)), false));
        for (page, reaches) in [
            (vec![], false),
            (vec![new(9), new(8)], false),
            (vec![new(9), known(8), known(7)], true),
            (vec![new(9), known(8), known(8), new(8)], true),
            // Pinned, and all others new.
            (vec![known(1), new(9), new(8)], false),
            (vec![known(1), known(2), known(0), new(9), new(8)], false),
            // Pinned, and the rest as always.
            (vec![known(1), new(9), known(8)], true),
            (vec![known(1), known(9)], true),
            // Of which no time is told.
            (vec![new(9), (None, true), new(8)], true),
            (vec![new(9), (None, false)], false),
            // Oldest first: nobody pins four.
            (vec![known(1), known(2), known(3), known(4), new(5)], true),
        ] {
            assert_eq!(reaches_known(&page), reaches, "{page:?}");
        }
    }

    #[test]
    fn keeps_what_was_met_and_then_what_was_known_up_to_fifty() {
        let old: Vec<String> = (0..50).map(|n| format!("old{n}")).collect();
        let old: Vec<&str> = old.iter().map(String::as_str).collect();
        let window = Window::read(&Window::starting(at(0)).after(seen(&old))).unwrap();
        let cursor = window.after(seen(&["new", "old3"]));
        let kept = Window::read(&cursor).unwrap();
        let ids: Vec<&str> = kept.seen.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids.len(), MAX_SEEN);
        assert_eq!(ids[..6], ["new", "old3", "old0", "old1", "old2", "old4"]);
        assert_eq!(ids[49], "old48");
        assert_eq!(kept.since, at(0));
        assert!(cursor.0.to_string().len() < 4096);
    }
}
