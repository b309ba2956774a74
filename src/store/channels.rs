//! nchat's channels, read only.

use super::StoreError;
use deadpool_postgres::Transaction;
use uuid::Uuid;

/// A channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    pub id: Uuid,
    pub name: String,
    pub slug: Option<String>,
    /// nchat's `channel_type`: public, private, direct, group, announcement.
    pub kind: Option<String>,
    pub is_archived: bool,
}

/// The tenant's channels with these ids, in one read.
pub async fn by_ids(transaction: &Transaction<'_>, tenant: &str, ids: &[Uuid]) -> Result<Vec<Channel>, StoreError> {
    let statement = transaction
        .prepare_cached(
            "SELECT id, name, slug, type::text, coalesce(is_archived, false) FROM nchat_channels \
             WHERE source_account_id = $1 AND id = ANY($2)",
        )
        .await?;
    let rows = transaction.query(&statement, &[&tenant, &ids]).await?;
    Ok(rows
        .iter()
        .map(|row| Channel {
            id: row.get(0),
            name: row.get::<_, Option<String>>(1).unwrap_or_default(),
            slug: row.get(2),
            kind: row.get(3),
            is_archived: row.get(4),
        })
        .collect())
}
