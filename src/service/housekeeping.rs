//! What is deleted when its time is over.

use super::{Service, ServiceError};
use chrono::Duration;

/// Logs of imports are kept this long.
pub const KEEP_LOGS: Duration = Duration::days(90);

/// Connections are kept this long after they ended, so that an administrator can still read why one failed.
pub const KEEP_SESSIONS: Duration = Duration::days(1);

impl Service {
    /// Deletes a bounded part of what is over; called again and again, it catches up.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn clean_up(&self) -> Result<u64, ServiceError> {
        let now = self.clock.now();
        let sessions = self.store.prune_sessions(now - KEEP_SESSIONS).await?;
        let logs = self.store.prune_logs(now - KEEP_LOGS).await?;
        let requests = self.store.prune_requests(now - super::requests::KEEP_REQUESTS).await?;
        Ok(sessions + logs + requests)
    }
}
