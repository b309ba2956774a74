//! The decision for every post and integration.

use super::{StoreError, error::inconsistent};
use crate::domain::{Timestamp, plan::PlannedDelivery};
use deadpool_postgres::Transaction;
use tokio_postgres::Statement;
use uuid::Uuid;

/// A recorded decision, as people see it.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub id: Uuid,
    pub post_id: Uuid,
    pub integration_id: Option<Uuid>,
    pub channel_id: Uuid,
    pub status: String,
    pub reason: Option<String>,
    pub detail: Option<String>,
    pub message_id: Option<Uuid>,
    pub attempts: i32,
    pub decided_at: Timestamp,
    pub delivered_at: Option<Timestamp>,
    pub looks: i32,
    pub next_look_at: Option<Timestamp>,
    pub requested_by: Option<Uuid>,
}

const WRITE: &str = "INSERT INTO nchat_social_deliveries AS d (id, source_account_id, account_id, post_id, integration_id, \
       channel_id, status, reason, detail, message_id, attempts, decided_at, delivered_at, looks, \
       next_look_at, requested_by) \
     SELECT n.id, $1, $2, n.post, n.integration, n.channel, n.status, n.reason, n.detail, n.message, \
       n.attempts, $3::timestamptz, CASE WHEN n.status = 'delivered' THEN $3::timestamptz END, \
       n.looks, n.next_look_at, n.requested_by \
     FROM unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::text[], $9::text[], $10::text[], \
       $11::uuid[], $12::int[], $13::int[], $14::timestamptz[], $15::uuid[]) \
       AS n(id, post, integration, channel, status, reason, detail, message, attempts, looks, next_look_at, \
         requested_by) \
     ON CONFLICT (post_id, integration_id) DO UPDATE SET channel_id = excluded.channel_id, \
       status = excluded.status, reason = excluded.reason, detail = excluded.detail, \
       message_id = excluded.message_id, attempts = excluded.attempts, decided_at = excluded.decided_at, \
       delivered_at = excluded.delivered_at, looks = excluded.looks, next_look_at = excluded.next_look_at, \
       requested_by = coalesce(excluded.requested_by, d.requested_by) \
     WHERE d.status <> 'delivered'";

/// Prepares [`write`]'s statement: afterwards it is sent without a wait.
pub async fn prepare(transaction: &Transaction<'_>) -> Result<Statement, StoreError> {
    Ok(transaction.prepare_cached(WRITE).await?)
}

/// Records decisions. A delivered one is never replaced: that would be a second message.
pub async fn write(
    transaction: &Transaction<'_>,
    tenant: &str,
    account_id: Uuid,
    now: Timestamp,
    deliveries: &[PlannedDelivery],
) -> Result<(), StoreError> {
    if deliveries.is_empty() {
        return Ok(());
    }
    let statement = prepare(transaction).await?;
    let column = |of: fn(&PlannedDelivery) -> Uuid| deliveries.iter().map(of).collect::<Vec<Uuid>>();
    let (ids, posts) = (column(|d| d.id), column(|d| d.post));
    let (integrations, channels) = (column(|d| d.integration), column(|d| d.channel));
    let statuses: Vec<&str> = deliveries.iter().map(|d| d.status.as_str()).collect();
    let reasons: Vec<Option<&str>> = deliveries.iter().map(|d| d.reason).collect();
    let details: Vec<Option<&str>> = deliveries.iter().map(|d| d.detail.as_deref()).collect();
    let messages: Vec<Option<Uuid>> = deliveries.iter().map(|d| d.message).collect();
    let attempts: Vec<i32> = deliveries.iter().map(|d| d.attempts).collect();
    let looks: Vec<i32> = deliveries.iter().map(|d| d.looks).collect();
    let next_looks: Vec<Option<Timestamp>> = deliveries.iter().map(|d| d.next_look_at).collect();
    let requested_by: Vec<Option<Uuid>> = deliveries.iter().map(|d| d.requested_by).collect();
    let written = transaction
        .execute(
            &statement,
            &[
                &tenant,
                &account_id,
                &now,
                &ids,
                &posts,
                &integrations,
                &channels,
                &statuses,
                &reasons,
                &details,
                &messages,
                &attempts,
                &looks,
                &next_looks,
                &requested_by,
            ],
        )
        .await?;
    if written == deliveries.len() as u64 {
        Ok(())
    } else {
        Err(inconsistent("nchat_social_deliveries", "a post was delivered already"))
    }
}

/// The decisions for the tenant's `posts`, in one read.
pub async fn of_posts(
    transaction: &Transaction<'_>,
    tenant: &str,
    posts: &[Uuid],
) -> Result<Vec<Delivery>, StoreError> {
    let statement = transaction
        .prepare_cached(
            "SELECT id, post_id, integration_id, channel_id, status, reason, detail, message_id, attempts, \
             decided_at, delivered_at, looks, next_look_at, requested_by FROM nchat_social_deliveries WHERE source_account_id = $1 AND post_id = ANY($2) \
             ORDER BY decided_at, id",
        )
        .await?;
    let rows = transaction.query(&statement, &[&tenant, &posts]).await?;
    Ok(rows
        .iter()
        .map(|row| Delivery {
            id: row.get(0),
            post_id: row.get(1),
            integration_id: row.get(2),
            channel_id: row.get(3),
            status: row.get(4),
            reason: row.get(5),
            detail: row.get(6),
            message_id: row.get(7),
            attempts: row.get(8),
            decided_at: row.get(9),
            delivered_at: row.get(10),
            looks: row.get(11),
            next_look_at: row.get(12),
            requested_by: row.get(13),
        })
        .collect())
}
