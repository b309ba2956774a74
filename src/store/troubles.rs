//! How many accounts are not well, and why, over all tenants: for the operator.

use super::{ALL_TENANTS, Store, StoreError, import::platform};
use crate::domain::Platform;

/// Accounts with the same trouble.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub platform: Platform,
    /// `degraded`, `paused`, `needs_reconnect`.
    pub health: String,
    /// Why, as a stable word; the health where no reason was stored.
    pub code: String,
    pub accounts: i64,
}

impl Store {
    /// Every trouble of accounts that are switched on, the most frequent first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn troubles(&self) -> Result<Vec<Trouble>, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let rows = transaction
            .query(
                "SELECT platform, health, coalesce(health_code, health), count(*) FROM nchat_social_accounts \
                 WHERE is_active AND health <> 'connected' GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3",
                &[],
            )
            .await?;
        transaction.commit().await?;
        rows.iter()
            .map(|row| {
                Ok(Trouble {
                    platform: platform(row.get(0), "nchat_social_accounts")?,
                    health: row.get(1),
                    code: row.get(2),
                    accounts: row.get(3),
                })
            })
            .collect()
    }
}
