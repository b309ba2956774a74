//! What is deleted when its time is over.

use super::{Service, ServiceError};
use crate::{
    domain::{Platform, Timestamp},
    store::housekeeping::{
        AUDIT, BILLED, CALLS, COSTS, DELETIONS, INCIDENTS, LEASES, LOGS, ORPHANS, Old, REQUESTS, RESERVATIONS,
        SESSIONS, SPENDING,
    },
};
use chrono::Duration;

/// Ids on the bill are kept this long: today's and yesterday's.
const KEEP_BILLED: Duration = Duration::days(1);

/// Counts of calls are kept this long, for the limits they taught.
const KEEP_CALLS: Duration = Duration::days(35);

/// Tokens that no account uses were left behind by something: after this long nobody is just connecting with them.
const KEEP_ORPHANS: Duration = Duration::hours(1);

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
    /// Connections after they ended: an administrator can still read why one failed.
    pub sessions: Duration,
    /// What accounts cost a day.
    pub costs: Duration,
    /// Jobs of the queue after they ended.
    pub jobs: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        let (year, quarter, half) = (Duration::days(400), Duration::days(90), Duration::days(180));
        let (sessions, jobs) = (Duration::days(1), Duration::hours(1));
        Self { audit: year, logs: quarter, posts: year, linkedin_posts: half, sessions, costs: year, jobs }
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
    /// Deletes a bounded part of what is over; called again and again, it catches up. What cannot be deleted keeps nothing
    /// else from it, unless the database is away.
    ///
    /// # Errors
    /// [`ServiceError`], the first of several.
    pub async fn clean_up(&self) -> Result<u64, ServiceError> {
        let (now, keep) = (self.clock.now(), self.settings.keep);
        let over: [(Old, Timestamp); 13] = [
            (SESSIONS, now - keep.sessions),
            (LOGS, now - keep.logs),
            (BILLED, now - KEEP_BILLED),
            (COSTS, now - keep.costs),
            (SPENDING, now - keep.costs),
            (CALLS, now - KEEP_CALLS),
            (RESERVATIONS, now),
            (LEASES, now),
            (REQUESTS, now - super::requests::KEEP_REQUESTS),
            (AUDIT, now - keep.audit),
            (INCIDENTS, now - KEEP_INCIDENTS),
            (DELETIONS, now - KEEP_DELETIONS),
            (ORPHANS, now - KEEP_ORPHANS),
        ];
        let mut round = Round::default();
        // What people asked for comes first.
        round.note(self.work_deletions(DELETED_PORTIONS).await)?;
        for (old, before) in over {
            round.note(self.store.prune(old, before).await.map_err(ServiceError::from))?;
        }
        for platform in Platform::ALL {
            let pruned = self.store.prune_posts(platform, now - keep.of_posts(platform)).await;
            round.note(pruned.map_err(ServiceError::from))?;
        }
        round.end()
    }
}

/// Work of which each part may fail by itself.
#[derive(Default)]
pub(super) struct Round {
    done: u64,
    first: Option<ServiceError>,
}

impl Round {
    /// Counts what was done, or keeps the first error.
    ///
    /// # Errors
    /// The database is away: going on is of no use.
    pub(super) fn note(&mut self, part: Result<u64, ServiceError>) -> Result<(), ServiceError> {
        match part {
            Ok(done) => self.done += done,
            Err(error) if error.is_cut() => return Err(self.first.take().unwrap_or(error)),
            Err(error) if self.first.is_none() => self.first = Some(error),
            Err(error) => tracing::warn!(error = %super::import::Chain(&error), "another part of the work failed"),
        }
        Ok(())
    }

    /// How much was done.
    ///
    /// # Errors
    /// The first.
    pub(super) fn end(self) -> Result<u64, ServiceError> {
        self.first.map_or(Ok(self.done), Err)
    }
}
