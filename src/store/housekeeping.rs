//! What would grow without bound, deleted in small batches.

use super::{ALL_TENANTS, Store, StoreError};
use crate::domain::Timestamp;

/// The most rows deleted in one statement.
const BATCH: i64 = 5_000;

impl Store {
    /// Deletes connections that ended or ran out of time before `before`.
    pub async fn prune_sessions(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.prune(
            "DELETE FROM nchat_social_oauth_sessions WHERE id IN \
             (SELECT id FROM nchat_social_oauth_sessions WHERE expires_at < $1 LIMIT $2)",
            before,
        )
        .await
    }

    /// Deletes logs of imports completed before `before`.
    pub async fn prune_logs(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.prune(
            "DELETE FROM nchat_social_import_logs WHERE id IN \
             (SELECT id FROM nchat_social_import_logs WHERE completed_at < $1 LIMIT $2)",
            before,
        )
        .await
    }

    /// Deletes ids that were billed before `before`: another day bills them anew.
    pub async fn prune_billed(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.prune(
            "DELETE FROM nchat_social_billed WHERE (day, platform, endpoint, kind, resource_id) IN \
             (SELECT day, platform, endpoint, kind, resource_id FROM nchat_social_billed \
              WHERE day < ($1::timestamptz AT TIME ZONE 'UTC')::date LIMIT $2)",
            before,
        )
        .await
    }

    /// Deletes answers to mutations begun before `before`.
    pub async fn prune_requests(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.prune(
            "DELETE FROM nchat_social_requests WHERE (source_account_id, asked_by, client_key) IN \
             (SELECT source_account_id, asked_by, client_key FROM nchat_social_requests WHERE begun_at < $1 LIMIT $2)",
            before,
        )
        .await
    }

    /// Deletes costs of days before `before`.
    pub async fn prune_costs(&self, before: Timestamp) -> Result<u64, StoreError> {
        let costs = self
            .prune(
                "DELETE FROM nchat_social_costs WHERE (source_account_id, day, platform, account_id) IN \
                 (SELECT source_account_id, day, platform, account_id FROM nchat_social_costs \
                  WHERE day < ($1::timestamptz AT TIME ZONE 'UTC')::date LIMIT $2)",
                before,
            )
            .await?;
        let totals = self
            .prune(
                "DELETE FROM nchat_social_spending WHERE (platform, day) IN (SELECT platform, day \
                 FROM nchat_social_spending WHERE day < ($1::timestamptz AT TIME ZONE 'UTC')::date LIMIT $2)",
                before,
            )
            .await?;
        Ok(costs + totals)
    }

    /// Deletes counts of calls whose login made none since `before`.
    pub async fn prune_calls(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.prune(
            "DELETE FROM nchat_social_calls WHERE (platform, login_id, endpoint) IN \
             (SELECT platform, login_id, endpoint FROM nchat_social_calls \
              WHERE day < ($1::timestamptz AT TIME ZONE 'UTC')::date LIMIT $2)",
            before,
        )
        .await
    }

    /// Deletes lines of the audit log older than `before`.
    pub async fn prune_audit(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.prune(
            "DELETE FROM nchat_social_audit_log WHERE id IN \
             (SELECT id FROM nchat_social_audit_log WHERE done_at < $1 LIMIT $2)",
            before,
        )
        .await
    }

    /// Deletes what dead processes had set aside of a budget, over before `before`.
    pub async fn prune_reservations(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.prune(
            "DELETE FROM nchat_social_reservations WHERE id IN \
             (SELECT id FROM nchat_social_reservations WHERE expires_at < $1 LIMIT $2)",
            before,
        )
        .await
    }

    /// Deletes requests for deletion that were completed before `before`.
    pub async fn prune_deletions(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.prune(
            "DELETE FROM nchat_social_deletions WHERE id IN \
             (SELECT id FROM nchat_social_deletions WHERE completed_at < $1 LIMIT $2)",
            before,
        )
        .await
    }

    /// Deletes incidents that were over before `before`.
    pub async fn prune_incidents(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.prune(
            "DELETE FROM nchat_social_incidents WHERE id IN \
             (SELECT id FROM nchat_social_incidents WHERE closed_at < $1 LIMIT $2)",
            before,
        )
        .await
    }

    async fn prune(&self, statement: &str, before: Timestamp) -> Result<u64, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let deleted = transaction.execute(statement, &[&before, &BATCH]).await?;
        transaction.commit().await?;
        Ok(deleted)
    }
}
