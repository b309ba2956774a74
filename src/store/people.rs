//! Who is an administrator, by nchat's own table of members.

use super::StoreError;
use deadpool_postgres::Transaction;
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
