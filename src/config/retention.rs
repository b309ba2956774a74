//! How long what is recorded is kept.

use super::reader::{Reader, Refused};
use std::time::Duration;

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

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
    /// SOCIAL_SESSION_RETENTION_DAYS: connections that ended.
    pub sessions: Duration,
    /// SOCIAL_COST_RETENTION_DAYS: what accounts cost a day.
    pub costs: Duration,
    /// SOCIAL_JOB_RETENTION_HOURS: jobs of the queue that ended.
    pub jobs: Duration,
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
        let sessions = days("SOCIAL_SESSION_RETENTION_DAYS", 1);
        // A month's sum is told, and the mean of four weeks.
        let costs = days("SOCIAL_COST_RETENTION_DAYS", 35);
        let jobs = reader.number("SOCIAL_JOB_RETENTION_HOURS", 1..=8_760, "hours");
        Ok(Self {
            audit: audit?,
            logs: logs?,
            posts: posts?,
            linkedin_posts: linkedin_posts?,
            sessions: sessions?,
            costs: costs?,
            jobs: Duration::from_secs(u64::from(jobs?) * HOUR),
        })
    }
}
