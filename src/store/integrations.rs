//! Integrations, as people configure them.

use super::StoreError;
use crate::domain::Timestamp;
use deadpool_postgres::Transaction;
use tokio_postgres::Row;
use uuid::Uuid;

/// An integration.
#[derive(Clone, Debug)]
pub struct IntegrationRow {
    pub id: Uuid,
    pub account_id: Uuid,
    pub channel_id: Uuid,
    pub auto_post: bool,
    pub filter_hashtags: Vec<String>,
    pub filter_keywords: Vec<String>,
    pub exclude_retweets: bool,
    pub exclude_replies: bool,
    pub min_engagement: i32,
    pub engagement_window_hours: i32,
    pub backfill_count: i32,
    pub backfilled_at: Option<Timestamp>,
    pub created_by: Option<Uuid>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What can be set.
#[derive(Clone, Debug)]
pub struct IntegrationSettings {
    pub channel_id: Uuid,
    pub auto_post: bool,
    pub filter_hashtags: Vec<String>,
    pub filter_keywords: Vec<String>,
    pub exclude_retweets: bool,
    pub exclude_replies: bool,
    pub min_engagement: i32,
    pub engagement_window_hours: i32,
}

const COLUMNS: &str = "id, account_id, channel_id, auto_post, filter_hashtags, filter_keywords, exclude_retweets, \
    exclude_replies, min_engagement, backfill_count, backfilled_at, created_by, created_at, updated_at, \
    engagement_window_hours";

fn read(row: &Row) -> IntegrationRow {
    IntegrationRow {
        id: row.get(0),
        account_id: row.get(1),
        channel_id: row.get(2),
        auto_post: row.get(3),
        filter_hashtags: row.get(4),
        filter_keywords: row.get(5),
        exclude_retweets: row.get(6),
        exclude_replies: row.get(7),
        min_engagement: row.get(8),
        backfill_count: row.get(9),
        backfilled_at: row.get(10),
        created_by: row.get(11),
        created_at: row.get(12),
        updated_at: row.get(13),
        engagement_window_hours: row.get(14),
    }
}

/// Integrations of the tenant, oldest first; of all accounts or some. At most 1,000.
pub async fn list(
    transaction: &Transaction<'_>,
    tenant: &str,
    accounts: Option<&[Uuid]>,
    id: Option<Uuid>,
) -> Result<Vec<IntegrationRow>, StoreError> {
    let statement = transaction
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM nchat_social_integrations WHERE source_account_id = $1 \
             AND ($2::uuid[] IS NULL OR account_id = ANY($2)) AND ($3::uuid IS NULL OR id = $3) \
             ORDER BY created_at, id LIMIT 1000"
        ))
        .await?;
    Ok(transaction.query(&statement, &[&tenant, &accounts, &id]).await?.iter().map(read).collect())
}

/// The integrations of each of the tenant's `accounts`, oldest first, at most 100 of each, in one read.
pub async fn of_accounts(
    transaction: &Transaction<'_>,
    tenant: &str,
    accounts: &[Uuid],
) -> Result<Vec<IntegrationRow>, StoreError> {
    let statement = transaction
        .prepare_cached(&format!(
            "SELECT i.* FROM unnest($2::uuid[]) AS of (account) CROSS JOIN LATERAL ( \
               SELECT {COLUMNS} FROM nchat_social_integrations WHERE source_account_id = $1 AND account_id = of.account \
               ORDER BY created_at, id LIMIT 100) AS i"
        ))
        .await?;
    Ok(transaction.query(&statement, &[&tenant, &accounts]).await?.iter().map(read).collect())
}

/// The tenant's integrations with these ids, in one read.
pub async fn by_ids(
    transaction: &Transaction<'_>,
    tenant: &str,
    ids: &[Uuid],
) -> Result<Vec<IntegrationRow>, StoreError> {
    let statement = transaction
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM nchat_social_integrations WHERE source_account_id = $1 AND id = ANY($2)"
        ))
        .await?;
    Ok(transaction.query(&statement, &[&tenant, &ids]).await?.iter().map(read).collect())
}

/// Creates an integration.
#[allow(clippy::too_many_arguments)]
pub async fn insert(
    transaction: &Transaction<'_>,
    tenant: &str,
    id: Uuid,
    account_id: Uuid,
    settings: &IntegrationSettings,
    backfill_count: i32,
    created_by: Option<Uuid>,
    now: Timestamp,
) -> Result<IntegrationRow, StoreError> {
    let row = transaction
        .query_one(
            &format!(
                "INSERT INTO nchat_social_integrations (id, source_account_id, account_id, channel_id, auto_post, \
                   filter_hashtags, filter_keywords, exclude_retweets, exclude_replies, min_engagement, \
                   backfill_count, created_by, created_at, updated_at, engagement_window_hours) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14) RETURNING {COLUMNS}"
            ),
            &[
                &id,
                &tenant,
                &account_id,
                &settings.channel_id,
                &settings.auto_post,
                &settings.filter_hashtags,
                &settings.filter_keywords,
                &settings.exclude_retweets,
                &settings.exclude_replies,
                &settings.min_engagement,
                &backfill_count,
                &created_by,
                &now,
                &settings.engagement_window_hours,
            ],
        )
        .await?;
    Ok(read(&row))
}

/// Changes an integration.
pub async fn update(
    transaction: &Transaction<'_>,
    tenant: &str,
    id: Uuid,
    settings: &IntegrationSettings,
) -> Result<Option<IntegrationRow>, StoreError> {
    let row = transaction
        .query_opt(
            &format!(
                "UPDATE nchat_social_integrations SET channel_id = $3, auto_post = $4, filter_hashtags = $5, \
                   filter_keywords = $6, exclude_retweets = $7, exclude_replies = $8, min_engagement = $9, \
                   engagement_window_hours = $10 \
                 WHERE id = $1 AND source_account_id = $2 RETURNING {COLUMNS}"
            ),
            &[
                &id,
                &tenant,
                &settings.channel_id,
                &settings.auto_post,
                &settings.filter_hashtags,
                &settings.filter_keywords,
                &settings.exclude_retweets,
                &settings.exclude_replies,
                &settings.min_engagement,
                &settings.engagement_window_hours,
            ],
        )
        .await?;
    Ok(row.as_ref().map(read))
}

/// Deletes an integration; its history of decisions stays.
pub async fn delete(
    transaction: &Transaction<'_>,
    tenant: &str,
    id: Uuid,
) -> Result<Option<IntegrationRow>, StoreError> {
    let row = transaction
        .query_opt(
            &format!(
                "DELETE FROM nchat_social_integrations WHERE id = $1 AND source_account_id = $2 RETURNING {COLUMNS}"
            ),
            &[&id, &tenant],
        )
        .await?;
    Ok(row.as_ref().map(read))
}
