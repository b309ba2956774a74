//! nchat's channels, read only.

use super::StoreError;
use deadpool_postgres::Transaction;
use tokio_postgres::Row;
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
    pub is_readonly: bool,
}

impl Channel {
    /// People's own conversation, which is no place for posts or alerts.
    pub fn is_conversation(&self) -> bool {
        matches!(self.kind.as_deref(), Some("direct" | "group"))
    }
}

const COLUMNS: &str = "id, name, slug, type::text, coalesce(is_archived, false), coalesce(is_readonly, false)";

fn channel(row: &Row) -> Channel {
    Channel {
        id: row.get(0),
        name: row.get::<_, Option<String>>(1).unwrap_or_default(),
        slug: row.get(2),
        kind: row.get(3),
        is_archived: row.get(4),
        is_readonly: row.get(5),
    }
}

/// At most `limit` of the tenant's channels that posts can go to: announcement channels first, archived ones last. Never
/// people's direct messages. `search` is a part of the name; case does not matter.
pub async fn to_post_to(
    transaction: &Transaction<'_>,
    tenant: &str,
    search: Option<&str>,
    limit: i64,
) -> Result<Vec<Channel>, StoreError> {
    let statement = transaction
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM nchat_channels \
             WHERE source_account_id = $1 AND type::text NOT IN ('direct', 'group') \
               AND ($2::text IS NULL OR strpos(lower(name), lower($2)) > 0) \
             ORDER BY coalesce(is_archived, false), type::text <> 'announcement', lower(name), id LIMIT $3"
        ))
        .await?;
    let rows = transaction.query(&statement, &[&tenant, &search, &limit]).await?;
    Ok(rows.iter().map(channel).collect())
}

/// The tenant's channels with these ids, in one read.
pub async fn by_ids(transaction: &Transaction<'_>, tenant: &str, ids: &[Uuid]) -> Result<Vec<Channel>, StoreError> {
    let statement = transaction
        .prepare_cached(&format!("SELECT {COLUMNS} FROM nchat_channels WHERE source_account_id = $1 AND id = ANY($2)"))
        .await?;
    let rows = transaction.query(&statement, &[&tenant, &ids]).await?;
    Ok(rows.iter().map(channel).collect())
}
