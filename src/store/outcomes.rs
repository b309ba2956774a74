//! How polls end that bring no post: quietly, with a fault, or not made at all. In batches, fenced by the lease.

use super::{ALL_TENANTS, Store, StoreError};
use crate::domain::{Cursor, Timestamp};
use deadpool_postgres::Transaction;
use uuid::Uuid;

/// A poll that brought nothing new.
#[derive(Clone, Debug)]
pub struct QuietPoll {
    /// The account.
    pub account_id: Uuid,
    /// Where the next reading starts, if it moved.
    pub cursor: Option<Cursor>,
    /// When the next poll is due.
    pub next_poll_at: Timestamp,
    /// A stable word for why then.
    pub reason: &'static str,
    /// No poll before this, not even on request.
    pub hold_until: Option<Timestamp>,
}

/// A poll that was not made, for it would have met a limit: no fault, and no line in the log.
#[derive(Clone, Debug)]
pub struct HeldPoll {
    /// The account.
    pub account_id: Uuid,
    /// A stable word.
    pub code: &'static str,
    /// A sentence where the account pauses until then; `None` leaves its health alone.
    pub message: Option<String>,
    /// When the next poll is due.
    pub next_poll_at: Timestamp,
    /// No poll before this, not even on request.
    pub hold_until: Option<Timestamp>,
}

/// A poll that failed.
#[derive(Clone, Debug)]
pub struct FailedPoll {
    /// The account.
    pub account_id: Uuid,
    /// `degraded`, `paused` or `needs_reconnect`; `connected` leaves the account's health alone.
    pub health: &'static str,
    /// A stable word.
    pub code: &'static str,
    /// A sentence an administrator can act on.
    pub message: String,
    /// When the next poll is due.
    pub next_poll_at: Timestamp,
    /// No poll before this, not even on request.
    pub hold_until: Option<Timestamp>,
    /// It counts towards the back-off.
    pub counts: bool,
    /// `scheduled` or `manual`.
    pub import_type: &'static str,
    /// The log's row.
    pub log_id: Uuid,
    /// When the poll began.
    pub started_at: Timestamp,
}

/// Ends quiet polls of `lease_id` in one statement.
pub async fn end_quiet(
    transaction: &Transaction<'_>,
    lease_id: Uuid,
    now: Timestamp,
    polls: &[QuietPoll],
) -> Result<u64, StoreError> {
    let statement = transaction
        .prepare_cached(
            "UPDATE nchat_social_accounts a SET cursor = coalesce(q.cursor, a.cursor), last_poll_time = $2, \
               next_poll_at = CASE WHEN a.poll_requested_at IS NULL THEN q.next_poll_at ELSE $2 END, \
               next_poll_reason = CASE WHEN a.poll_requested_at IS NULL THEN q.reason ELSE 'requested' END, \
               quiet_polls = a.quiet_polls + 1, failures = 0, hold_until = q.hold_until, \
               retry_at = CASE WHEN a.retry_at > $2::timestamptz THEN a.retry_at END, \
               health = 'connected', health_code = NULL, health_message = NULL, \
               health_since = CASE WHEN a.health = 'connected' THEN a.health_since ELSE $2 END, \
               lease_id = NULL, lease_until = NULL, due_at = NULL \
             FROM unnest($3::uuid[], $4::jsonb[], $5::timestamptz[], $6::text[], $7::timestamptz[]) \
               AS q(id, cursor, next_poll_at, reason, hold_until) \
             WHERE a.id = q.id AND a.lease_id = $1",
        )
        .await?;
    let ids: Vec<Uuid> = polls.iter().map(|poll| poll.account_id).collect();
    let cursors: Vec<Option<&serde_json::Value>> =
        polls.iter().map(|poll| poll.cursor.as_ref().map(|cursor| &cursor.0)).collect();
    let next: Vec<Timestamp> = polls.iter().map(|poll| poll.next_poll_at).collect();
    let reasons: Vec<&str> = polls.iter().map(|poll| poll.reason).collect();
    let holds: Vec<Option<Timestamp>> = polls.iter().map(|poll| poll.hold_until).collect();
    Ok(transaction.execute(&statement, &[&lease_id, &now, &ids, &cursors, &next, &reasons, &holds]).await?)
}

impl Store {
    /// Ends quiet polls of `lease_id`; returns how many rows were still held by it.
    pub async fn end_quiet(&self, lease_id: Uuid, now: Timestamp, polls: &[QuietPoll]) -> Result<u64, StoreError> {
        if polls.is_empty() {
            return Ok(0);
        }
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let ended = end_quiet(&transaction, lease_id, now, polls).await?;
        transaction.commit().await?;
        Ok(ended)
    }

    /// Ends failed polls of `lease_id`, with a log for each, in one statement.
    pub async fn end_failed(&self, lease_id: Uuid, now: Timestamp, polls: &[FailedPoll]) -> Result<u64, StoreError> {
        if polls.is_empty() {
            return Ok(0);
        }
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        // The update takes its rows from `held`: read beside it, a row that is updated already would be passed over, and
        // its log would be missing.
        let statement = transaction
            .prepare_cached(
                "WITH held AS ( \
                   SELECT a.id, a.source_account_id, a.quiet_polls, a.poll_requested_by \
                   FROM nchat_social_accounts a WHERE a.lease_id = $1 AND a.id = ANY($3) FOR UPDATE), \
                 ended AS ( \
                   UPDATE nchat_social_accounts a SET last_poll_time = $2, next_poll_at = f.next_poll_at, \
                     next_poll_reason = f.code, hold_until = f.hold_until, \
                     health = CASE WHEN f.health = 'connected' THEN a.health ELSE f.health END, \
                     health_code = f.code, health_message = f.message, \
                     health_since = CASE WHEN a.health_code = f.code THEN a.health_since ELSE $2 END, \
                     failures = a.failures + f.counts::int, quiet_polls = 0, \
                     poll_requested_at = NULL, poll_requested_by = NULL, \
                     lease_id = NULL, lease_until = NULL, due_at = NULL \
                   FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], \
                     $8::timestamptz[], $9::bool[]) AS f(id, health, code, message, next_poll_at, hold_until, counts) \
                   JOIN held h ON h.id = f.id WHERE a.id = h.id \
                   RETURNING a.id, h.source_account_id, h.quiet_polls, h.poll_requested_by) \
                 INSERT INTO nchat_social_import_logs (id, source_account_id, account_id, import_type, status, code, \
                   errors, started_at, completed_at, quiet_polls, requested_by) \
                 SELECT l.log_id, e.source_account_id, e.id, l.import_type, 'failed', l.code, ARRAY[l.message], \
                   l.started_at, $2, e.quiet_polls, e.poll_requested_by \
                 FROM unnest($3::uuid[], $10::uuid[], $11::text[], $5::text[], $6::text[], $12::timestamptz[]) \
                   AS l(id, log_id, import_type, code, message, started_at) \
                 JOIN ended e ON e.id = l.id",
            )
            .await?;
        let ids: Vec<Uuid> = polls.iter().map(|poll| poll.account_id).collect();
        let text = |of: fn(&FailedPoll) -> &str| polls.iter().map(of).collect::<Vec<&str>>();
        let time = |of: fn(&FailedPoll) -> Timestamp| polls.iter().map(of).collect::<Vec<Timestamp>>();
        let holds: Vec<Option<Timestamp>> = polls.iter().map(|poll| poll.hold_until).collect();
        let counts: Vec<bool> = polls.iter().map(|poll| poll.counts).collect();
        let logs: Vec<Uuid> = polls.iter().map(|poll| poll.log_id).collect();
        let ended = transaction
            .execute(
                &statement,
                &[
                    &lease_id,
                    &now,
                    &ids,
                    &text(|poll| poll.health),
                    &text(|poll| poll.code),
                    &text(|poll| &poll.message),
                    &time(|poll| poll.next_poll_at),
                    &holds,
                    &counts,
                    &logs,
                    &text(|poll| poll.import_type),
                    &time(|poll| poll.started_at),
                ],
            )
            .await?;
        transaction.commit().await?;
        Ok(ended)
    }

    /// Ends polls of `lease_id` that were not made, in one statement.
    pub async fn end_held(&self, lease_id: Uuid, now: Timestamp, polls: &[HeldPoll]) -> Result<u64, StoreError> {
        if polls.is_empty() {
            return Ok(0);
        }
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let statement = transaction
            .prepare_cached(
                "UPDATE nchat_social_accounts a SET next_poll_at = h.next_poll_at, next_poll_reason = h.code, \
                   hold_until = h.hold_until, \
                   health = CASE WHEN h.message IS NULL THEN a.health ELSE 'paused' END, \
                   health_code = CASE WHEN h.message IS NULL THEN a.health_code ELSE h.code END, \
                   health_message = coalesce(h.message, a.health_message), \
                   health_since = CASE WHEN h.message IS NULL OR a.health_code = h.code THEN a.health_since ELSE $2 END, \
                   lease_id = NULL, lease_until = NULL, due_at = NULL \
                 FROM unnest($3::uuid[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[]) \
                   AS h(id, code, message, next_poll_at, hold_until) \
                 WHERE a.id = h.id AND a.lease_id = $1",
            )
            .await?;
        let ids: Vec<Uuid> = polls.iter().map(|poll| poll.account_id).collect();
        let codes: Vec<&str> = polls.iter().map(|poll| poll.code).collect();
        let messages: Vec<Option<&str>> = polls.iter().map(|poll| poll.message.as_deref()).collect();
        let next: Vec<Timestamp> = polls.iter().map(|poll| poll.next_poll_at).collect();
        let holds: Vec<Option<Timestamp>> = polls.iter().map(|poll| poll.hold_until).collect();
        let ended = transaction.execute(&statement, &[&lease_id, &now, &ids, &codes, &messages, &next, &holds]).await?;
        transaction.commit().await?;
        Ok(ended)
    }

    /// The other accounts of these logins are not polled before the given times: their platform stopped the login.
    pub async fn hold_logins(
        &self,
        now: Timestamp,
        logins: &[(Uuid, Timestamp)],
        code: &str,
    ) -> Result<u64, StoreError> {
        if logins.is_empty() {
            return Ok(0);
        }
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let statement = transaction
            .prepare_cached(
                "UPDATE nchat_social_accounts a SET next_poll_at = greatest(a.next_poll_at, l.until), \
                   hold_until = l.until, next_poll_reason = $4 \
                 FROM unnest($2::uuid[], $3::timestamptz[]) AS l(id, until) \
                 WHERE a.credential_id = l.id AND a.is_active AND (a.lease_until IS NULL OR a.lease_until <= $1) \
                   AND (a.hold_until IS NULL OR a.hold_until < l.until)",
            )
            .await?;
        let (ids, times): (Vec<Uuid>, Vec<Timestamp>) = logins.iter().copied().unzip();
        let held = transaction.execute(&statement, &[&now, &ids, &times, &code]).await?;
        transaction.commit().await?;
        Ok(held)
    }
}
