//! The transaction of an import: what must be known to decide it, and what was decided. Eight statements for a page of
//! posts of any size, counting the one that binds the tenant.

use super::{
    StoreError, deliveries,
    error::inconsistent,
    json::json,
    logs::{self, ImportLog},
    messages, posts,
};
use crate::domain::{
    Cursor, Platform, Timestamp,
    filter::{Rule, RuleInput},
    integration::Integration,
    plan::{DeliveryStatus, Known, KnownDelivery, MAX_ATTEMPTS, Plan},
};
use deadpool_postgres::Transaction;
use std::collections::HashMap;
use tokio_postgres::{Row, Statement};
use uuid::Uuid;

/// The account's row, locked for the import.
#[derive(Clone, Debug)]
pub struct LockedAccount {
    /// Where its posts come from.
    pub platform: Platform,
    /// When stock was taken.
    pub baseline_at: Option<Timestamp>,
    /// The account's newest message.
    pub last_message_at: Option<Timestamp>,
    /// Its own interval in seconds, if it has one.
    pub poll_interval_s: Option<i32>,
    /// Polls since the last log that brought nothing.
    pub quiet_polls: i64,
    /// Who asked for the poll, if somebody did.
    pub requested_by: Option<Uuid>,
}

/// How the account's row and the log end.
#[derive(Clone, Debug)]
pub struct Finish<'a> {
    /// The account.
    pub account_id: Uuid,
    /// Its lease, still ours.
    pub lease_id: Uuid,
    /// The log's row.
    pub log_id: Uuid,
    /// `scheduled`, `manual` or `webhook`.
    pub import_type: &'a str,
    /// When the poll began.
    pub started_at: Timestamp,
    /// When it ended.
    pub now: Timestamp,
    /// Where the next reading starts.
    pub cursor: Option<&'a Cursor>,
    /// When the next poll is due.
    pub next_poll_at: Timestamp,
    /// A stable word for why then.
    pub next_poll_reason: &'a str,
    /// No poll before this, not even on request.
    pub hold_until: Option<Timestamp>,
    /// When failed deliveries are tried again.
    pub retry_at: Option<Timestamp>,
    /// Posts the platform returned.
    pub fetched: i32,
    /// Faults and notices for the log.
    pub errors: &'a [String],
}

/// Locks the account if `lease_id` still holds it.
pub async fn lock(
    transaction: &Transaction<'_>,
    account_id: Uuid,
    lease_id: Uuid,
) -> Result<Option<LockedAccount>, StoreError> {
    let statement =
        transaction.prepare_cached(&format!("SELECT {LOCKED} WHERE id = $1 AND lease_id = $2 FOR UPDATE")).await?;
    transaction.query_opt(&statement, &[&account_id, &lease_id]).await?.as_ref().map(locked).transpose()
}

/// Locks the account of one of the tenant's posts, whoever holds its lease.
pub async fn lock_of_post(
    transaction: &Transaction<'_>,
    tenant: &str,
    post: Uuid,
) -> Result<Option<LockedAccount>, StoreError> {
    let statement = transaction
        .prepare_cached(&format!(
            "SELECT {LOCKED} WHERE id = (SELECT account_id FROM nchat_social_posts WHERE id = $1 \
               AND source_account_id = $2) FOR UPDATE"
        ))
        .await?;
    transaction.query_opt(&statement, &[&post, &tenant]).await?.as_ref().map(locked).transpose()
}

const LOCKED: &str = "platform, baseline_at, last_message_at, poll_interval_s, quiet_polls, poll_requested_by FROM nchat_social_accounts";

fn locked(row: &Row) -> Result<LockedAccount, StoreError> {
    Ok(LockedAccount {
        platform: platform(row.get(0), "nchat_social_accounts")?,
        baseline_at: row.get(1),
        last_message_at: row.get(2),
        poll_interval_s: row.get(3),
        quiet_polls: row.get(4),
        requested_by: row.get(5),
    })
}

/// The account's integrations, oldest first.
pub async fn integrations(transaction: &Transaction<'_>, account_id: Uuid) -> Result<Vec<Integration>, StoreError> {
    let statement = transaction
        .prepare_cached(
            "SELECT i.id, i.channel_id, coalesce(c.is_archived, false), i.auto_post, i.filter_hashtags, \
             i.filter_keywords, i.exclude_retweets, i.exclude_replies, i.min_engagement, \
             CASE WHEN i.backfilled_at IS NULL AND i.backfill_count > 0 THEN i.backfill_count END, \
             i.engagement_window_hours \
             FROM nchat_social_integrations i JOIN nchat_channels c ON c.id = i.channel_id \
             WHERE i.account_id = $1 ORDER BY i.created_at, i.id",
        )
        .await?;
    let rows = transaction.query(&statement, &[&account_id]).await?;
    Ok(rows.iter().map(integration).collect())
}

fn integration(row: &Row) -> Integration {
    let rule = Rule::from_stored(&RuleInput {
        filter_hashtags: row.get(4),
        filter_keywords: row.get(5),
        exclude_retweets: row.get(6),
        exclude_replies: row.get(7),
        min_engagement: row.get::<_, Option<i32>>(8).map(i64::from),
    });
    Integration {
        id: row.get(0),
        channel_id: row.get(1),
        is_archived: row.get(2),
        auto_post: row.get(3),
        rule,
        backfill: row.get::<_, Option<i32>>(9).and_then(|count| usize::try_from(count).ok()),
        engagement_window: chrono::Duration::hours(row.get::<_, i32>(10).into()),
    }
}

/// What is known of the posts `anew` and `again`, and of every post whose delivery failed. Posts of `again` and failed
/// ones come with their stored form if a delivery is open: they are decided from it.
pub async fn known(
    transaction: &Transaction<'_>,
    account_id: Uuid,
    anew: &[String],
    again: &[String],
) -> Result<HashMap<String, Known>, StoreError> {
    let statement = transaction
        .prepare_cached(
            "WITH failed AS ( \
               SELECT DISTINCT post_id FROM nchat_social_deliveries \
               WHERE account_id = $1 AND status = 'failed' AND attempts < $4 LIMIT 100) \
             SELECT p.post_id, p.id, \
               CASE WHEN p.post_id <> ALL($2) AND EXISTS (SELECT FROM nchat_social_deliveries o \
                 WHERE o.post_id = p.id AND o.status IN ('waiting', 'failed')) THEN p.details END, \
               p.details ? 'parked', \
               d.id, d.integration_id, d.channel_id, d.status, d.message_id, d.attempts, d.looks, d.next_look_at \
             FROM nchat_social_posts p LEFT JOIN nchat_social_deliveries d ON d.post_id = p.id \
             WHERE p.account_id = $1 AND (p.post_id = ANY($2) OR p.post_id = ANY($3)) \
             UNION ALL \
             SELECT p.post_id, p.id, p.details, false, d.id, d.integration_id, d.channel_id, d.status, d.message_id, \
               d.attempts, d.looks, d.next_look_at \
             FROM failed JOIN nchat_social_posts p ON p.id = failed.post_id \
               JOIN nchat_social_deliveries d ON d.post_id = p.id \
             WHERE p.post_id <> ALL($2) AND p.post_id <> ALL($3)",
        )
        .await?;
    let rows = transaction.query(&statement, &[&account_id, &anew, &again, &MAX_ATTEMPTS]).await?;
    let mut known: HashMap<String, Known> = HashMap::with_capacity(rows.len());
    for row in rows {
        let entry = known.entry(row.get(0)).or_insert_with(|| Known {
            id: row.get(1),
            stored: json(&row, 2).and_then(|post| serde_json::from_value(post).ok()),
            is_parked: row.get(3),
            deliveries: Vec::new(),
        });
        if let Some(id) = row.get::<_, Option<Uuid>>(4) {
            entry.deliveries.push(KnownDelivery {
                id,
                integration_id: row.get(5),
                channel_id: row.get(6),
                status: status(row.get(7))?,
                message_id: row.get(8),
                attempts: row.get(9),
                looks: row.get(10),
                next_look_at: row.get(11),
            });
        }
    }
    Ok(known)
}

/// Writes a plan: posts, messages, decisions.
pub async fn write(
    transaction: &Transaction<'_>,
    tenant: &str,
    account_id: Uuid,
    now: Timestamp,
    plan: &Plan,
) -> Result<(), StoreError> {
    prepare(transaction).await?;
    send(transaction, tenant, account_id, now, plan).await
}

/// Writes a plan and ends its poll with it, see [`finish`]: four statements, one round trip.
pub async fn write_and_finish(
    transaction: &Transaction<'_>,
    tenant: &str,
    account: &LockedAccount,
    plan: &Plan,
    ending: &Finish<'_>,
) -> Result<ImportLog, StoreError> {
    prepare(transaction).await?;
    prepare_finish(transaction).await?;
    let (sent, log) = futures_util::join!(
        send(transaction, tenant, ending.account_id, ending.now, plan),
        finish(transaction, account, plan, ending),
    );
    sent.and(log)
}

async fn prepare(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    posts::prepare(transaction).await?;
    messages::prepare(transaction).await?;
    deliveries::prepare(transaction).await?;
    Ok(())
}

/// Sends the statements together; they are answered one after another. Those that are prepared leave when they are first
/// polled, so in this order.
async fn send(
    transaction: &Transaction<'_>,
    tenant: &str,
    account_id: Uuid,
    now: Timestamp,
    plan: &Plan,
) -> Result<(), StoreError> {
    let (posts, messages, deliveries) = futures_util::join!(
        posts::upsert(transaction, tenant, account_id, now, &plan.posts),
        messages::write(transaction, tenant, now, &plan.messages, &plan.corrections),
        deliveries::write(transaction, tenant, account_id, now, &plan.deliveries),
    );
    // The first that was refused is the cause; all behind it are refused for that.
    posts.and(messages).and(deliveries)
}

/// Ends what an administrator asked for a post: the order of messages goes on from `plan`'s last, and what failed is
/// tried again at `retry_at`.
pub async fn finish_ask(
    transaction: &Transaction<'_>,
    account_id: Uuid,
    plan: &Plan,
    retry_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    let statement = transaction
        .prepare_cached(
            "UPDATE nchat_social_accounts SET last_message_at = $2, retry_at = coalesce($3, retry_at) WHERE id = $1",
        )
        .await?;
    transaction.execute(&statement, &[&account_id, &plan.last_message_at, &retry_at]).await?;
    Ok(())
}

/// Prepares [`finish`]'s statement: afterwards it is sent without a wait.
async fn prepare_finish(transaction: &Transaction<'_>) -> Result<Statement, StoreError> {
    Ok(transaction
        .prepare_cached(&format!(
            "WITH account AS ( \
               UPDATE nchat_social_accounts SET cursor = coalesce($3, cursor), \
                 baseline_at = coalesce(baseline_at, $4), last_poll_time = $4, last_message_at = $6, \
                 next_poll_at = CASE WHEN poll_requested_at > $5 THEN $4 ELSE $7 END, \
                 next_poll_reason = CASE WHEN poll_requested_at > $5 THEN 'requested' ELSE $23 END, \
                 poll_requested_by = CASE WHEN poll_requested_at > $5 THEN poll_requested_by END, \
                 poll_requested_at = CASE WHEN poll_requested_at > $5 THEN poll_requested_at END, \
                 health = 'connected', health_code = NULL, health_message = NULL, \
                 health_since = CASE WHEN health = 'connected' THEN health_since ELSE $4 END, \
                 failures = 0, quiet_polls = 0, hold_until = $24, retry_at = $8, \
                 lease_id = NULL, lease_until = NULL, due_at = NULL \
               WHERE id = $1 AND lease_id = $2 RETURNING id, source_account_id), \
             served AS ( \
               UPDATE nchat_social_integrations SET backfilled_at = $4 WHERE id = ANY($9)) \
             INSERT INTO nchat_social_import_logs (id, source_account_id, account_id, import_type, posts_fetched, \
               posts_imported, posts_filtered, posts_posted, posts_waiting, messages_posted, errors, started_at, \
               completed_at, status, quiet_polls, requested_by, code) \
             SELECT $10, source_account_id, id, $11, $12, $13, $14, $15, $16, $17, $18, $5, $4, $19, $20, $21, $22 \
             FROM account RETURNING {}",
            logs::COLUMNS
        ))
        .await?)
}

/// Ends the poll: cursor, schedule, lease and log in one statement. Returns the log as it was written.
pub async fn finish(
    transaction: &Transaction<'_>,
    account: &LockedAccount,
    plan: &Plan,
    finish: &Finish<'_>,
) -> Result<ImportLog, StoreError> {
    let statement = prepare_finish(transaction).await?;
    let counts = plan.counts;
    let failed = counts.failed > 0 && counts.posted == 0;
    let number = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    let written = transaction
        .query_opt(
            &statement,
            &[
                &finish.account_id,
                &finish.lease_id,
                &finish.cursor.map(|cursor| &cursor.0),
                &finish.now,
                &finish.started_at,
                &plan.last_message_at,
                &finish.next_poll_at,
                &finish.retry_at,
                &plan.backfilled,
                &finish.log_id,
                &finish.import_type,
                &finish.fetched,
                &number(counts.imported),
                &number(counts.filtered),
                &number(counts.posted),
                &number(counts.waiting),
                &number(counts.messages),
                &finish.errors,
                &if failed { "failed" } else { "completed" },
                &account.quiet_polls,
                &account.requested_by,
                &failed.then_some("delivery_failed"),
                &finish.next_poll_reason,
                &finish.hold_until,
            ],
        )
        .await?;
    let written = written.as_ref().map(logs::read);
    written.ok_or_else(|| inconsistent("nchat_social_accounts", "the lease went away under its lock"))
}

/// A platform's word in `table`.
pub fn platform(word: &str, table: &'static str) -> Result<Platform, StoreError> {
    word.parse().map_err(|_| inconsistent(table, "platform"))
}

/// A delivery's word.
pub fn status(word: &str) -> Result<DeliveryStatus, StoreError> {
    use DeliveryStatus::{Delivered, Failed, Filtered, Waiting};
    [Delivered, Filtered, Waiting, Failed]
        .into_iter()
        .find(|status| status.as_str() == word)
        .ok_or_else(|| inconsistent("nchat_social_deliveries", "status"))
}
