//! How accounts are polled.

use super::reader::{Reader, Refused};
use std::time::Duration;

/// The rhythm of polling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PollConfig {
    /// SOCIAL_POLL_INTERVAL, in whole seconds: between two polls of an account, unless its platform asks for longer.
    pub interval: Duration,
    /// SOCIAL_POLL_FLOOR, in whole seconds: no account is polled more often, whatever is asked for.
    pub floor: Duration,
    /// SOCIAL_POLL_CONCURRENCY: accounts that one process polls at the same time.
    pub concurrency: u32,
}

impl PollConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Refused> {
        let interval = reader.number("SOCIAL_POLL_INTERVAL", 60..=86_400, "seconds");
        let floor = reader.number("SOCIAL_POLL_FLOOR", 60..=86_400, "seconds");
        let concurrency = reader.number("SOCIAL_POLL_CONCURRENCY", 1..=1_024, "accounts");
        let seconds = |seconds| Duration::from_secs(u64::from(seconds));
        Ok(Self { interval: seconds(interval?), floor: seconds(floor?), concurrency: concurrency? })
    }
}
