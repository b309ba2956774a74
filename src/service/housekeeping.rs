//! What is deleted when its time is over.

use super::{Service, ServiceError};
use chrono::Duration;

/// Logs of imports are kept this long.
pub const KEEP_LOGS: Duration = Duration::days(90);

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

impl Service {
    /// Deletes a bounded part of what is over; called again and again, it catches up.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn clean_up(&self) -> Result<u64, ServiceError> {
        let now = self.clock.now();
        let sessions = self.store.prune_sessions(now - KEEP_SESSIONS).await?;
        let logs = self.store.prune_logs(now - KEEP_LOGS).await?;
        let billed = self.store.prune_billed(now - KEEP_BILLED).await?;
        let costs = self.store.prune_costs(now - KEEP_COSTS).await?;
        let calls = self.store.prune_calls(now - KEEP_CALLS).await?;
        let reservations = self.store.prune_reservations(now).await?;
        let requests = self.store.prune_requests(now - super::requests::KEEP_REQUESTS).await?;
        let audit = self.store.prune_audit(now - self.settings.keep_audit).await?;
        let deletions = self.store.prune_deletions(now - KEEP_DELETIONS).await?;
        let incidents = self.store.prune_incidents(now - KEEP_INCIDENTS).await?;
        let accounts = self.work_deletions(DELETED_PORTIONS).await?;
        let kept = sessions + logs + billed + costs + calls + reservations;
        Ok(kept + requests + audit + deletions + incidents + accounts)
    }
}
