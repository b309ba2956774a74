//! What a platform's callback about a person reaches: the accounts that carry the person's id in such callbacks, in
//! every tenant. For transactions of all tenants.

use super::StoreError;
use crate::domain::{Platform, Timestamp};
use deadpool_postgres::Transaction;
use uuid::Uuid;

/// An account that a callback is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    pub id: Uuid,
    pub tenant: String,
}

/// Holds the tokens of a person's accounts until the transaction's end. They are locked before the accounts, as a
/// renewal locks them. Returns the accounts whose grant is not younger than `granted_until`.
pub async fn hold_granted(
    transaction: &Transaction<'_>,
    platform: Platform,
    callback_id: &str,
    granted_until: Option<Timestamp>,
) -> Result<Vec<Reached>, StoreError> {
    let rows = transaction
        .query(
            "SELECT a.id, a.source_account_id FROM nchat_social_accounts a \
             JOIN nchat_social_credentials c ON c.id = a.credential_id \
             WHERE a.platform = $1 AND a.callback_id = $2 AND ($3::timestamptz IS NULL OR c.granted_at <= $3) \
             ORDER BY c.id FOR UPDATE OF c",
            &[&platform.as_str(), &callback_id, &granted_until],
        )
        .await?;
    Ok(rows.iter().map(|row| Reached { id: row.get(0), tenant: row.get(1) }).collect())
}

/// Erases the tokens of accounts whose owner removed the app, and stops their polls.
pub async fn revoke(
    transaction: &Transaction<'_>,
    accounts: &[Uuid],
    message: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    transaction
        .execute(
            "UPDATE nchat_social_accounts SET credential_id = NULL, token_expires_at = NULL, \
               health = 'needs_reconnect', health_code = 'revoked', health_message = $2, health_since = $3, \
               lease_id = NULL, lease_until = NULL, due_at = NULL WHERE id = ANY($1)",
            &[&accounts, &message, &now],
        )
        .await?;
    Ok(())
}

/// Takes all that is a person's own out of the accounts' rows and of what tells of them, and marks the accounts for
/// `deletion`. Their posts and messages are left to be deleted in portions; another connection of the same person
/// begins anew beside them.
pub async fn erase(
    transaction: &Transaction<'_>,
    platform: Platform,
    callback_id: &str,
    deletion: Uuid,
    now: Timestamp,
) -> Result<Vec<Reached>, StoreError> {
    let rows = transaction
        .query(
            "UPDATE nchat_social_accounts SET deletion_id = $3, account_id = 'deleted:' || id, \
               account_name = '', account_handle = NULL, avatar_url = NULL, profile_url = NULL, \
               callback_id = NULL, credential_id = NULL, token_expires_at = NULL, cursor = NULL, is_active = false, \
               health = 'needs_reconnect', health_code = 'deletion_requested', health_message = NULL, \
               health_since = $4, lease_id = NULL, lease_until = NULL, due_at = NULL \
             WHERE platform = $1 AND callback_id = $2 RETURNING id, source_account_id",
            &[&platform.as_str(), &callback_id, &deletion, &now],
        )
        .await?;
    let reached: Vec<Reached> = rows.iter().map(|row| Reached { id: row.get(0), tenant: row.get(1) }).collect();
    let ids: Vec<Uuid> = reached.iter().map(|account| account.id).collect();
    transaction
        .execute(
            "UPDATE nchat_social_audit_log SET account_name = '', detail = '{}' WHERE account_id = ANY($1)",
            &[&ids],
        )
        .await?;
    // So do kept answers, by whichever fields were asked for. A mutation that is repeated just now is carried out again.
    let tenants: Vec<&str> = reached.iter().map(|account| account.tenant.as_str()).collect();
    transaction
        .execute(
            "DELETE FROM nchat_social_requests WHERE source_account_id = ANY($1) AND answer IS NOT NULL",
            &[&tenants],
        )
        .await?;
    // Connections being made name the person too.
    transaction
        .execute(
            "DELETE FROM nchat_social_oauth_sessions WHERE platform = $1 AND \
               (account_ids && $3 OR wanted_account_id = ANY($3) \
                OR identities->'identities' @> jsonb_build_array(jsonb_build_object('callback_id', $2::text)))",
            &[&platform.as_str(), &callback_id, &ids],
        )
        .await?;
    Ok(reached)
}
