//! How the polling stands, in numbers: what is due, what is held, of whom.

use super::{ALL_TENANTS, Store, StoreError, import::platform};
use crate::domain::{Platform, Timestamp};

/// Accounts of a platform in one health.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// The platform.
    pub platform: Platform,
    /// The health.
    pub health: String,
    /// All of them.
    pub accounts: i64,
    /// Due, and not being polled.
    pub overdue: i64,
    /// Kept from being polled by the platform's limits.
    pub held: i64,
    /// Since when the one that waits longest has been due.
    pub oldest_due_at: Option<Timestamp>,
}

/// The connections of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolLoad {
    pub idle: usize,
    pub used: usize,
    pub most: usize,
    pub waiting: usize,
}

impl Store {
    /// How the polling stands at `now`, of one tenant or of all.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    pub async fn load(&self, tenant: Option<&str>, now: Timestamp) -> Result<Vec<Load>, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(tenant.unwrap_or(ALL_TENANTS)).await?;
        // As the claim sees it, see claims.rs.
        let statement = transaction
            .prepare_cached(
                "SELECT platform, health, count(*), count(*) FILTER (WHERE is_due), \
                   count(*) FILTER (WHERE hold_until > $1), min(due) FILTER (WHERE is_due) \
                 FROM (SELECT platform, health, hold_until, coalesce(due_at, next_poll_at) AS due, \
                     is_active AND credential_id IS NOT NULL AND health <> 'needs_reconnect' AND next_poll_at <= $1 \
                       AND (lease_until IS NULL OR lease_until <= $1) AS is_due \
                   FROM nchat_social_accounts WHERE $2::text IS NULL OR source_account_id = $2) a \
                 GROUP BY platform, health ORDER BY platform, health",
            )
            .await?;
        let rows = transaction.query(&statement, &[&now, &tenant]).await?;
        rows.iter()
            .map(|row| {
                Ok(Load {
                    platform: platform(row.get(0), "nchat_social_accounts")?,
                    health: row.get(1),
                    accounts: row.get(2),
                    overdue: row.get(3),
                    held: row.get(4),
                    oldest_due_at: row.get(5),
                })
            })
            .collect()
    }

    /// How the pool of connections stands.
    pub fn pool_load(&self) -> PoolLoad {
        let status = self.pool.status();
        PoolLoad {
            idle: status.available,
            used: status.size.saturating_sub(status.available),
            most: status.max_size,
            waiting: status.waiting,
        }
    }
}
