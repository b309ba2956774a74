//! Requests to delete a person's data, and their work: in portions, so that no account is too large.

use super::{ALL_TENANTS, Store, StoreError, callbacks::Reached, import::platform, messages};
use crate::domain::{Platform, Timestamp};
use deadpool_postgres::Transaction;
use uuid::Uuid;

/// Posts deleted in one transaction.
const PORTION: i64 = 500;

/// A request to delete.
#[derive(Clone, Debug)]
pub struct Deletion {
    pub platform: Platform,
    pub requested_at: Timestamp,
    /// `None`: it is under way.
    pub completed_at: Option<Timestamp>,
}

/// Notes a request, once: `false` when it is known already.
pub async fn note(
    transaction: &Transaction<'_>,
    id: Uuid,
    platform: Platform,
    request_hash: &[u8],
    code: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let noted = transaction
        .execute(
            "INSERT INTO nchat_social_deletions (id, platform, request_hash, code, requested_at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (request_hash) DO NOTHING",
            &[&id, &platform.as_str(), &request_hash, &code, &now],
        )
        .await?;
    Ok(noted == 1)
}

/// The code of a request that is known already.
pub async fn code_of(transaction: &Transaction<'_>, request_hash: &[u8]) -> Result<Option<String>, StoreError> {
    let row = transaction
        .query_opt("SELECT code FROM nchat_social_deletions WHERE request_hash = $1", &[&request_hash])
        .await?;
    Ok(row.map(|row| row.get(0)))
}

/// Notes how many accounts a request reaches.
pub async fn count(transaction: &Transaction<'_>, id: Uuid, accounts: i32) -> Result<(), StoreError> {
    transaction.execute("UPDATE nchat_social_deletions SET accounts = $2 WHERE id = $1", &[&id, &accounts]).await?;
    Ok(())
}

/// Deletes a portion of an account's posts with their decisions, and empties their messages. `true`: none are left.
pub async fn delete_portion(
    transaction: &Transaction<'_>,
    tenant: &str,
    account: Uuid,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let rows = transaction
        .query("SELECT id FROM nchat_social_posts WHERE account_id = $1 LIMIT $2", &[&account, &PORTION])
        .await?;
    let posts: Vec<Uuid> = rows.iter().map(|row| row.get(0)).collect();
    let rows = transaction
        .query(
            "SELECT message_id FROM nchat_social_deliveries WHERE post_id = ANY($1) AND message_id IS NOT NULL",
            &[&posts],
        )
        .await?;
    let written: Vec<Uuid> = rows.iter().map(|row| row.get(0)).collect();
    messages::erase(transaction, tenant, now, &written).await?;
    transaction.execute("DELETE FROM nchat_social_posts WHERE id = ANY($1)", &[&posts]).await?;
    Ok(i64::try_from(posts.len()).is_ok_and(|deleted| deleted < PORTION))
}

/// Holds an account that is to be deleted, unless somebody else works on it.
pub async fn hold(transaction: &Transaction<'_>, account: Uuid) -> Result<bool, StoreError> {
    let row = transaction
        .query_opt(
            "SELECT FROM nchat_social_accounts WHERE id = $1 AND deletion_id IS NOT NULL FOR UPDATE SKIP LOCKED",
            &[&account],
        )
        .await?;
    Ok(row.is_some())
}

impl Store {
    /// Accounts that are to be deleted, at most a hundred.
    pub async fn to_delete(&self) -> Result<Vec<Reached>, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let rows = transaction
            .query(
                "SELECT id, source_account_id FROM nchat_social_accounts WHERE deletion_id IS NOT NULL \
                 ORDER BY id LIMIT 100",
                &[],
            )
            .await?;
        Ok(rows.iter().map(|row| Reached { id: row.get(0), tenant: row.get(1) }).collect())
    }

    /// Ends the requests whose accounts are all gone.
    pub async fn end_deletions(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let ended = transaction
            .execute(
                "UPDATE nchat_social_deletions d SET completed_at = $1 WHERE completed_at IS NULL \
                   AND NOT EXISTS (SELECT FROM nchat_social_accounts a WHERE a.deletion_id = d.id)",
                &[&now],
            )
            .await?;
        transaction.commit().await?;
        Ok(ended)
    }

    /// The request with this confirmation code.
    pub async fn deletion(&self, code: &str) -> Result<Option<Deletion>, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let row = transaction
            .query_opt(
                "SELECT platform, requested_at, completed_at FROM nchat_social_deletions WHERE code = $1",
                &[&code],
            )
            .await?;
        row.map(|row| {
            Ok(Deletion {
                platform: platform(row.get(0), "nchat_social_deletions")?,
                requested_at: row.get(1),
                completed_at: row.get(2),
            })
        })
        .transpose()
    }
}
