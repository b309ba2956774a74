//! A clock that was put back: what was written in the hour before lies in the future now.

use super::{ALL_TENANTS, Store, StoreError};
use crate::domain::Timestamp;
use chrono::Duration;

/// The clocks of several machines may differ by this.
pub const SKEW: Duration = Duration::minutes(1);

impl Store {
    /// Lets the schedule follow a clock that was put back to `now`. An account polled in what is the future again waits
    /// from now on for what was left of its interval, so that accounts stay spread; whoever waits for a named time waits
    /// on. No lease lasts longer than until `longest`. Once it is done, doing it again changes nothing. Returns how many
    /// accounts it reached.
    pub async fn follow_clock(&self, now: Timestamp, longest: Timestamp) -> Result<u64, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let leases = "UPDATE nchat_social_accounts SET lease_until = $1, next_poll_at = least(next_poll_at, $1) \
                      WHERE lease_until > $2";
        let leases = transaction.execute(leases, &[&longest, &(longest + SKEW)]).await?;
        let polled = "UPDATE nchat_social_accounts SET next_poll_at = next_poll_at - (last_poll_time - $1), \
                        last_poll_time = $1 \
                      WHERE last_poll_time > $2 AND lease_id IS NULL AND hold_until IS NULL";
        let polled = transaction.execute(polled, &[&now, &(now + SKEW)]).await?;
        transaction.commit().await?;
        Ok(leases + polled)
    }
}
