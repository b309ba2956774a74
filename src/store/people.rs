//! nchat's people: who is an administrator, and what they are called.

use super::StoreError;
use deadpool_postgres::Transaction;
use std::collections::HashMap;
use uuid::Uuid;

/// Whether the person, on whose behalf the transaction was begun, is owner or administrator of a workspace of the tenant, and not banned.
pub async fn is_administrator(transaction: &Transaction<'_>, tenant: &str, user: Uuid) -> Result<bool, StoreError> {
    let statement = transaction
        .prepare_cached(
            "SELECT EXISTS (SELECT FROM nchat_workspace_members m JOIN nchat_workspaces w ON w.id = m.workspace_id \
             WHERE m.user_id = $2 AND w.source_account_id = $1 AND NOT coalesce(m.is_banned, false) \
               AND (m.role::text IN ('owner', 'admin') OR coalesce(m.is_owner, false)))",
        )
        .await?;
    Ok(transaction.query_one(&statement, &[&tenant, &user]).await?.get(0))
}

/// What the tenant's people with these ids are called, in one read. Who left and was deleted has no name any more.
pub async fn names(
    transaction: &Transaction<'_>,
    tenant: &str,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, String>, StoreError> {
    let statement = transaction
        .prepare_cached(
            "SELECT id, display_name FROM nchat_users \
             WHERE source_account_id = $1 AND id = ANY($2) AND deleted_at IS NULL AND display_name IS NOT NULL",
        )
        .await?;
    let rows = transaction.query(&statement, &[&tenant, &ids]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}
