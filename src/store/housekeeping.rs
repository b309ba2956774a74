//! What would grow without bound, deleted in batches by an index, as many as a round allows.

use super::{ALL_TENANTS, Store, StoreError};
use crate::domain::{Platform, Timestamp, plan::MAX_ATTEMPTS};
use uuid::Uuid;

/// The most rows deleted in one transaction: a short one, that holds no locks for long.
pub const BATCH: i64 = 5_000;

/// The most batches of a table in one round. Rounds come every ten minutes: 70 million rows a day.
pub const BATCHES: usize = 100;

/// Accounts whose posts one statement looks through.
const ACCOUNTS: i64 = 1_000;

/// A table of which old rows are deleted.
#[derive(Clone, Copy, Debug)]
pub struct Old {
    table: &'static str,
    /// Which rows are old; `$1` is the time.
    rows: &'static str,
}

/// Connections that ended or ran out of time.
pub const SESSIONS: Old = Old { table: "nchat_social_oauth_sessions", rows: "expires_at < $1" };
/// Logs of imports.
pub const LOGS: Old = Old { table: "nchat_social_import_logs", rows: "completed_at < $1" };
/// Ids that were billed on a day: another day bills them anew.
pub const BILLED: Old = Old { table: "nchat_social_billed", rows: "day < ($1::timestamptz AT TIME ZONE 'UTC')::date" };
/// What accounts cost a day.
pub const COSTS: Old = Old { table: "nchat_social_costs", rows: "day < ($1::timestamptz AT TIME ZONE 'UTC')::date" };
/// What was spent a day.
pub const SPENDING: Old =
    Old { table: "nchat_social_spending", rows: "day < ($1::timestamptz AT TIME ZONE 'UTC')::date" };
/// Counts of calls of logins that make none any more.
pub const CALLS: Old = Old { table: "nchat_social_calls", rows: "day < ($1::timestamptz AT TIME ZONE 'UTC')::date" };
/// What dead processes had set aside of a budget.
pub const RESERVATIONS: Old = Old { table: "nchat_social_reservations", rows: "expires_at < $1" };
/// Leases that are over, whether they were worked or not: many in one statement, and none at the end of each.
pub const LEASES: Old = Old { table: "nchat_social_leases", rows: "ends_at < $1" };
/// Answers to mutations.
pub const REQUESTS: Old = Old { table: "nchat_social_requests", rows: "begun_at < $1" };
/// Lines of the audit log.
pub const AUDIT: Old = Old { table: "nchat_social_audit_log", rows: "done_at < $1" };
/// Incidents that are over.
pub const INCIDENTS: Old = Old { table: "nchat_social_incidents", rows: "closed_at < $1" };
/// Requests for deletion, by the time of their completion.
pub const DELETIONS: Old = Old { table: "nchat_social_deletions", rows: "completed_at < $1" };
/// Tokens that no account uses. Two deletions at once may leave them behind where transactions are isolated so that
/// neither sees the other's. Whoever connects with them at this moment has changed `granted_at`, or holds the row.
pub const ORPHANS: Old = Old {
    table: "nchat_social_credentials",
    rows: "granted_at < $1 AND NOT EXISTS ( \
           SELECT FROM nchat_social_accounts a WHERE a.credential_id = nchat_social_credentials.id)",
};

impl Old {
    /// By the rows' place, which no plan can find more slowly than by looking there. SKIP LOCKED: several processes clean
    /// at once.
    fn statement(&self) -> String {
        let Self { table, rows } = self;
        format!(
            "DELETE FROM {table} WHERE ctid = ANY (ARRAY( \
               SELECT ctid FROM {table} WHERE {rows} LIMIT $2 FOR UPDATE SKIP LOCKED))"
        )
    }
}

impl Store {
    /// Deletes what is older than `before`, up to [`BATCHES`] batches.
    ///
    /// # Errors
    /// [`StoreError`]; the batches before it are gone.
    pub async fn prune(&self, old: Old, before: Timestamp) -> Result<u64, StoreError> {
        let statement = old.statement();
        let mut deleted = 0;
        for _ in 0..BATCHES {
            let mut connection = self.connection().await?;
            let transaction = connection.begin(ALL_TENANTS).await?;
            let prepared = transaction.prepare_cached(&statement).await?;
            let batch = transaction.execute(&prepared, &[&before, &BATCH]).await?;
            transaction.commit().await?;
            deleted += batch;
            if i64::try_from(batch).is_ok_and(|batch| batch < BATCH) {
                break;
            }
        }
        Ok(deleted)
    }

    /// Deletes a platform's posts that were published and imported before `before`, with their decisions. Those that
    /// wait, are to be tried again or are parked stay; so do the messages, which are the chat's.
    ///
    /// # Errors
    /// [`StoreError`]; the batches before it are gone.
    pub async fn prune_posts(&self, platform: Platform, before: Timestamp) -> Result<u64, StoreError> {
        let (mut deleted, mut batches, mut after) = (0, 0, Uuid::nil());
        while batches < BATCHES {
            let mut connection = self.connection().await?;
            let transaction = connection.begin(ALL_TENANTS).await?;
            // Account by account, by the index that pages through an account's posts.
            let statement = transaction
                .prepare_cached(
                    "WITH part AS MATERIALIZED ( \
                       SELECT id FROM nchat_social_accounts WHERE platform = $1 AND id > $2 ORDER BY id LIMIT $3), \
                     gone AS ( \
                       DELETE FROM nchat_social_posts WHERE ctid = ANY (ARRAY( \
                         SELECT p.ctid FROM part CROSS JOIN LATERAL ( \
                           SELECT ctid FROM nchat_social_posts o \
                           WHERE o.account_id = part.id AND o.posted_at < $4 AND o.imported_at < $4 \
                             AND NOT o.details ? 'parked' \
                             AND NOT EXISTS (SELECT FROM nchat_social_deliveries d WHERE d.post_id = o.id \
                               AND (d.status = 'waiting' OR d.status = 'failed' AND d.attempts < $5)) \
                           ORDER BY o.posted_at LIMIT $6 FOR UPDATE SKIP LOCKED) p LIMIT $6)) \
                       RETURNING 1) \
                     SELECT (SELECT count(*) FROM gone), (SELECT id FROM part ORDER BY id DESC LIMIT 1)",
                )
                .await?;
            let row = transaction
                .query_one(&statement, &[&platform.as_str(), &after, &ACCOUNTS, &before, &MAX_ATTEMPTS, &BATCH])
                .await?;
            transaction.commit().await?;
            let batch: i64 = row.get(0);
            deleted += u64::try_from(batch).unwrap_or(0);
            if batch >= BATCH {
                // These accounts have more.
                batches += 1;
                continue;
            }
            match row.get(1) {
                Some(last) => after = last,
                None => break,
            }
        }
        Ok(deleted)
    }
}
