//! What is deleted when its time is over.

use super::{Service, ServiceError};
use crate::{
    domain::{Platform, Timestamp},
    store::housekeeping::{
        AUDIT, BILLED, CALLS, COSTS, DELETIONS, INCIDENTS, LEASES, LOGS, Old, REQUESTS, RESERVATIONS, SESSIONS,
        SPENDING,
    },
};
use chrono::Duration;

/// Connections are kept this long after they ended, so that an administrator can still read why one failed.
pub const KEEP_SESSIONS: Duration = Duration::days(1);

/// Ids on the bill are kept this long: today's and yesterday's.
const KEEP_BILLED: Duration = Duration::days(1);

/// Costs are kept this long: a year to compare with.
pub const KEEP_COSTS: Duration = Duration::days(400);

/// Counts of calls are kept this long, for the limits they taught.
const KEEP_CALLS: Duration = Duration::days(35);
/// Requests for deletion are kept this long after they were completed: longer than a copy of one is heard, so that it
/// deletes nothing a second time.
pub const KEEP_DELETIONS: Duration = Duration::days(400);

/// Incidents are kept this long after they were over: the messages that name an account are found by them when its owner
/// wants its data deleted.
pub const KEEP_INCIDENTS: Duration = Duration::days(400);

/// Portions of posts that one round deletes on their owners' request.
const DELETED_PORTIONS: usize = 200;

/// How long what the operator has a say in is kept.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Who changed what.
    pub audit: Duration,
    /// Logs of imports.
    pub logs: Duration,
    /// Posts and the decisions about them.
    pub posts: Duration,
    /// LinkedIn's posts, for which LinkedIn has rules.
    pub linkedin_posts: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        let (year, quarter, half) = (Duration::days(400), Duration::days(90), Duration::days(180));
        Self { audit: year, logs: quarter, posts: year, linkedin_posts: half }
    }
}

impl Retention {
    /// Of a platform's posts.
    const fn of_posts(&self, platform: Platform) -> Duration {
        match platform {
            Platform::Twitter | Platform::Instagram => self.posts,
            Platform::Linkedin => self.linkedin_posts,
        }
    }
}

impl Service {
    /// Deletes a bounded part of what is over; called again and again, it catches up. What was deleted on the way counts
    /// as done if a later part fails.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn clean_up(&self) -> Result<u64, ServiceError> {
        let (now, keep) = (self.clock.now(), self.settings.keep);
        let over: [(Old, Timestamp); 12] = [
            (SESSIONS, now - KEEP_SESSIONS),
            (LOGS, now - keep.logs),
            (BILLED, now - KEEP_BILLED),
            (COSTS, now - KEEP_COSTS),
            (SPENDING, now - KEEP_COSTS),
            (CALLS, now - KEEP_CALLS),
            (RESERVATIONS, now),
            (LEASES, now),
            (REQUESTS, now - super::requests::KEEP_REQUESTS),
            (AUDIT, now - keep.audit),
            (INCIDENTS, now - KEEP_INCIDENTS),
            (DELETIONS, now - KEEP_DELETIONS),
        ];
        let mut deleted = 0;
        for (old, before) in over {
            deleted += self.store.prune(old, before).await?;
        }
        for platform in Platform::ALL {
            deleted += self.store.prune_posts(platform, now - keep.of_posts(platform)).await?;
        }
        Ok(deleted + self.work_deletions(DELETED_PORTIONS).await?)
    }
}
