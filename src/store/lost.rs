//! Leases that nobody works any more and whose end could not be written, because the database was away just then. They
//! are remembered, and handed back when it answers: their accounts wait for seconds and not for the lease's end.

use super::{Store, StoreError};
use crate::domain::Timestamp;
use chrono::Duration;
use std::sync::{MutexGuard, PoisonError};
use uuid::Uuid;

/// Accounts that are handed back are due after this: a database that only stumbles is not run over.
const PAUSE: Duration = Duration::seconds(3);

impl Store {
    /// Remembers a lease that may still hold accounts and that nobody works. It ends by itself at `until`.
    pub fn lose(&self, lease_id: Uuid, until: Timestamp) {
        self.lost_leases().push((lease_id, until));
    }

    /// Somebody has the lease after all. Whoever works it may have lost it again meanwhile: one loss is forgotten.
    pub fn found(&self, lease_id: Uuid) {
        let mut leases = self.lost_leases();
        if let Some(place) = leases.iter().position(|(lost, _)| *lost == lease_id) {
            leases.swap_remove(place);
        }
    }

    /// The leases that are remembered and have not ended.
    pub fn lost(&self, now: Timestamp) -> Vec<Uuid> {
        let mut leases = self.lost_leases();
        leases.retain(|(_, until)| *until > now);
        leases.iter().map(|(lease_id, _)| *lease_id).collect()
    }

    /// Hands back what lost leases hold; a platform that one of them was to find out about is free to be asked by another.
    /// Returns how many accounts.
    ///
    /// # Errors
    /// [`StoreError`]; then they are still remembered.
    pub async fn hand_back(&self, now: Timestamp) -> Result<u64, StoreError> {
        let lost = self.lost(now);
        if lost.is_empty() {
            return Ok(0);
        }
        let accounts = self.release(&lost, now, Some(now + PAUSE)).await?;
        self.lost_leases().retain(|(lease_id, _)| !lost.contains(lease_id));
        Ok(accounts)
    }

    fn lost_leases(&self) -> MutexGuard<'_, Vec<(Uuid, Timestamp)>> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
