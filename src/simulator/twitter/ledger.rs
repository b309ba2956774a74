//! What X would bill. `<https://docs.x.com/x-api/getting-started/pricing>` (August 2026)

use crate::domain::Timestamp;
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Tenths of a cent for a post, for a user.
const POST_MILS: usize = 5;
const USER_MILS: usize = 10;
/// Days remembered.
const KEPT_DAYS: usize = 400;

/// Things read on each UTC day; the same one twice on a day is billed once, for each kind of endpoint.
#[derive(Default)]
pub(super) struct Ledger(BTreeMap<NaiveDate, Reads>);

#[derive(Default)]
struct Reads {
    posts: BTreeSet<(&'static str, u64)>,
    users: BTreeSet<(&'static str, u64)>,
}

/// One UTC day's bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Day {
    /// The day.
    pub(super) day: NaiveDate,
    /// Posts in `data`, each once.
    pub(super) posts: usize,
    /// Users in `data`, and expanded by `author_id`, each once.
    pub(super) users: usize,
    /// US dollars, in tenths of a cent: 5 for a post, 10 for a user.
    pub(super) mils: usize,
}

impl Ledger {
    pub(super) fn posts(&mut self, endpoint: &'static str, ids: impl IntoIterator<Item = u64>, now: Timestamp) {
        let mut ids = ids.into_iter().peekable();
        if ids.peek().is_some() {
            self.day(now).posts.extend(ids.map(|id| (endpoint, id)));
        }
    }

    pub(super) fn users(&mut self, endpoint: &'static str, ids: impl IntoIterator<Item = u64>, now: Timestamp) {
        let mut ids = ids.into_iter().peekable();
        if ids.peek().is_some() {
            self.day(now).users.extend(ids.map(|id| (endpoint, id)));
        }
    }

    pub(super) fn days(&self) -> Vec<Day> {
        let day = |(day, reads): (&NaiveDate, &Reads)| {
            let (posts, users) = (reads.posts.len(), reads.users.len());
            Day { day: *day, posts, users, mils: posts * POST_MILS + users * USER_MILS }
        };
        self.0.iter().map(day).collect()
    }

    fn day(&mut self, now: Timestamp) -> &mut Reads {
        if self.0.len() >= KEPT_DAYS && !self.0.contains_key(&now.date_naive()) {
            self.0.pop_first();
        }
        self.0.entry(now.date_naive()).or_default()
    }
}
