//! Who is an administrator, by nchat's own table of members.

use super::StoreError;
use deadpool_postgres::Transaction;
use uuid::Uuid;

/// Whether the person is owner or administrator of a workspace of the tenant, and not banned.
pub async fn is_administrator(transaction: &Transaction<'_>, tenant: &str, user: Uuid) -> Result<bool, StoreError> {
    let statement = transaction
        .prepare_cached(
            "SELECT EXISTS (SELECT FROM nchat_workspace_members \
             WHERE user_id = $2 AND source_account_id = $1 AND NOT coalesce(is_banned, false) \
               AND (role::text IN ('owner', 'admin') OR coalesce(is_owner, false)))",
        )
        .await?;
    Ok(transaction.query_one(&statement, &[&tenant, &user]).await?.get(0))
}
