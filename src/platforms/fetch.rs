//! What a poll asks of a platform, and what it brings.

use super::Meter;
use crate::domain::{AccountProfile, Cursor, Post, Timestamp};
use chrono::Datelike;
use secrecy::SecretString;

/// One reading of an account's posts.
#[derive(Clone, Copy, Debug)]
pub struct FetchRequest<'a> {
    /// A valid access token.
    pub access_token: &'a SecretString,
    /// The identity's `remote_id`.
    pub remote_id: &'a str,
    /// The account as stored at connection: the author of its posts.
    pub profile: &'a AccountProfile,
    /// Where the last reading stopped; `None` before the first.
    pub cursor: Option<&'a Cursor>,
    /// How much to read.
    pub want: Want,
    /// Every integration of the account leaves reposts out: they need not be read.
    pub exclude_reposts: bool,
    /// Every integration of the account leaves replies out: they need not be read.
    pub exclude_replies: bool,
    /// The present time.
    pub now: Timestamp,
    /// Notes what the reading uses, and knows what it may cost.
    pub meter: &'a Meter,
}

/// How much to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// The first reading: the newest posts, at least `newest` of them if there are so many (0 to 50; a platform's
    /// smallest page is read when 0), in one page. The cursor stands after them, also when there is none.
    Baseline { newest: usize },
    /// Everything since the cursor, paging to its end.
    New,
}

/// What a reading brought.
#[derive(Clone, Debug, Default)]
pub struct Fetched {
    /// New posts, and known ones whose text or media were edited; no `post_id` twice. Newest first, as platforms list them:
    /// where times are equal, this order decides.
    pub posts: Vec<Post>,
    /// Known, unedited posts that the pages held anyway: their counters are fresh and cost nothing.
    pub seen_again: Vec<Post>,
    /// Posts that must not be imported, with the reason.
    pub skipped: Vec<Skipped>,
    /// Where the next reading starts. `None` only if it cannot be told; then the old one stays.
    pub cursor: Option<Cursor>,
    /// Things an administrator should know, in words (pages left unread, a media batch refused, …).
    pub notices: Vec<String>,
}

/// A post left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The platform's id.
    pub post_id: String,
    /// Why, in a few words: `dark ad`, `draft`, `followers only`, `withheld`, …
    pub reason: &'static str,
}

/// Whether a post can be of this time. All platforms are younger, and a time that no database holds would spoil the
/// import of everything that came along.
pub(super) fn is_plausible(at: &Timestamp) -> bool {
    (2000..2200).contains(&at.year())
}
