//! What a look-up of known posts asks of a platform, and what it brings.

use super::Meter;
use crate::domain::{Engagement, Timestamp};
use secrecy::SecretString;

/// One look-up.
#[derive(Clone, Copy, Debug)]
pub struct LookupRequest<'a> {
    /// A valid access token.
    pub access_token: &'a SecretString,
    /// The `remote_id` of the identity whose posts they are.
    pub remote_id: &'a str,
    /// The posts' ids as imported, at most `spec().lookup_batch`.
    pub post_ids: &'a [String],
    /// The present time.
    pub now: Timestamp,
    /// Notes what the look-up uses, and knows what it may cost.
    pub meter: &'a Meter,
}

/// What it brought. A post in neither list is there, and the platform tells no counters of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LookedUp {
    /// Posts by their ids as asked, with their counters.
    pub counters: Vec<(String, Engagement)>,
    /// Those that the platform says are gone (deleted, or no longer readable with this token).
    pub gone: Vec<String>,
}
