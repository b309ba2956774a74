//! How long what is recorded is kept.

use super::reader::{Reader, Refused};
use std::time::Duration;

const DAY: u64 = 24 * 60 * 60;

/// How long what is recorded is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionConfig {
    /// SOCIAL_AUDIT_RETENTION_DAYS: who changed what.
    pub audit: Duration,
    /// SOCIAL_IMPORT_LOG_RETENTION_DAYS: what polls brought.
    pub logs: Duration,
    /// SOCIAL_POST_RETENTION_DAYS: imported posts, and what became of them.
    pub posts: Duration,
    /// SOCIAL_LINKEDIN_POST_RETENTION_DAYS: the same of LinkedIn's.
    pub linkedin_posts: Duration,
}

impl RetentionConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Refused> {
        let mut days = |name, least| {
            let days = reader.number(name, least..=3_650, "days");
            days.map(|days| Duration::from_secs(u64::from(days) * DAY))
        };
        let audit = days("SOCIAL_AUDIT_RETENTION_DAYS", 1);
        let logs = days("SOCIAL_IMPORT_LOG_RETENTION_DAYS", 1);
        // Longer than a post may wait for its engagement, and than one counts as news.
        let posts = days("SOCIAL_POST_RETENTION_DAYS", 30);
        let linkedin_posts = days("SOCIAL_LINKEDIN_POST_RETENTION_DAYS", 30);
        Ok(Self { audit: audit?, logs: logs?, posts: posts?, linkedin_posts: linkedin_posts? })
    }
}
