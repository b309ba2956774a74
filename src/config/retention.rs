//! How long what is recorded is kept.

use super::reader::{Reader, Refused};
use std::time::Duration;

const DAY: u64 = 24 * 60 * 60;

/// How long what is recorded is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionConfig {
    /// SOCIAL_AUDIT_RETENTION_DAYS: who changed what.
    pub audit: Duration,
}

impl RetentionConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Refused> {
        let days = reader.number("SOCIAL_AUDIT_RETENTION_DAYS", 1..=3_650, "days")?;
        Ok(Self { audit: Duration::from_secs(u64::from(days) * DAY) })
    }
}
