//! Tokens that nchat's own code left in the accounts' columns: read in batches, and moved into logins.

use super::{Connection, StoreError, import::platform};
use crate::domain::{Platform, Timestamp};
use deadpool_postgres::Transaction;
use uuid::Uuid;

/// Accounts read at a time.
const BATCH: i64 = 200;

/// An account whose columns hold something.
#[derive(Clone, Debug)]
pub struct OldTokens {
    /// The account.
    pub id: Uuid,
    /// Its tenant.
    pub tenant: String,
    /// Its platform.
    pub platform: Platform,
    /// The platform's id of it.
    pub remote_id: String,
    /// What people call it.
    pub name: String,
    /// As nchat sealed it.
    pub access_token: Option<String>,
    /// As nchat sealed it.
    pub refresh_token: Option<String>,
    /// When the access token ends.
    pub expires_at: Option<Timestamp>,
    /// When the account was connected.
    pub created_at: Timestamp,
    /// It has a login already.
    pub has_login: bool,
}

/// A login made of old tokens.
#[derive(Clone, Debug)]
pub struct AdoptedLogin<'a> {
    /// The account.
    pub account: &'a OldTokens,
    /// The new login's row.
    pub id: Uuid,
    /// Sealed to that row.
    pub access_token: Vec<u8>,
    /// Sealed to that row.
    pub refresh_token: Option<Vec<u8>>,
}

/// How many accounts hold such tokens.
pub async fn count(connection: &mut Connection) -> Result<i64, StoreError> {
    let transaction = connection.begin(super::ALL_TENANTS).await?;
    let row = transaction
        .query_one(
            "SELECT count(*) FROM nchat_social_accounts \
             WHERE coalesce(access_token_encrypted, '') <> '' OR coalesce(refresh_token_encrypted, '') <> ''",
            &[],
        )
        .await?;
    transaction.commit().await?;
    Ok(row.get(0))
}

/// Locks the next accounts behind `after` that hold such tokens.
pub async fn lock_next(transaction: &Transaction<'_>, after: Uuid) -> Result<Vec<OldTokens>, StoreError> {
    let rows = transaction
        .query(
            "SELECT id, source_account_id, platform, account_id, coalesce(nullif(account_name, ''), account_id), \
               nullif(access_token_encrypted, ''), nullif(refresh_token_encrypted, ''), token_expires_at, created_at, \
               credential_id IS NOT NULL \
             FROM nchat_social_accounts \
             WHERE id > $1 \
               AND (coalesce(access_token_encrypted, '') <> '' OR coalesce(refresh_token_encrypted, '') <> '') \
             ORDER BY id LIMIT $2 FOR UPDATE",
            &[&after, &BATCH],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(OldTokens {
                id: row.get(0),
                tenant: row.get(1),
                platform: platform(row.get(2), "nchat_social_accounts")?,
                remote_id: row.get(3),
                name: row.get(4),
                access_token: row.get(5),
                refresh_token: row.get(6),
                expires_at: row.get(7),
                created_at: row.get(8),
                has_login: row.get(9),
            })
        })
        .collect()
}

/// Empties the columns of accounts that have a login already.
pub async fn empty(transaction: &Transaction<'_>, accounts: &[Uuid]) -> Result<(), StoreError> {
    transaction
        .execute(
            "UPDATE nchat_social_accounts SET access_token_encrypted = NULL, refresh_token_encrypted = NULL \
             WHERE id = ANY($1)",
            &[&accounts],
        )
        .await?;
    Ok(())
}

/// Saves the logins, and lets their accounts be polled by them. Returns the accounts that were adopted: a login of the
/// same name that is there already stays as it is.
pub async fn adopt(
    transaction: &Transaction<'_>,
    logins: &[AdoptedLogin<'_>],
    now: Timestamp,
) -> Result<Vec<Uuid>, StoreError> {
    let ids: Vec<Uuid> = logins.iter().map(|login| login.id).collect();
    let accounts: Vec<Uuid> = logins.iter().map(|login| login.account.id).collect();
    let access: Vec<&[u8]> = logins.iter().map(|login| login.access_token.as_slice()).collect();
    let refresh: Vec<Option<&[u8]>> = logins.iter().map(|login| login.refresh_token.as_deref()).collect();
    let rows = transaction
        .query(
            "WITH given AS ( \
               SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::bytea[]) AS g(id, account, access, refresh)), \
             saved AS ( \
               INSERT INTO nchat_social_credentials (id, source_account_id, platform, subject, subject_name, \
                 access_token_sealed, refresh_token_sealed, access_expires_at, obtained_at, granted_at) \
               SELECT g.id, a.source_account_id, a.platform, a.account_id, a.account_name, g.access, g.refresh, \
                 a.token_expires_at, a.created_at, a.created_at \
               FROM given g JOIN nchat_social_accounts a ON a.id = g.account \
               ON CONFLICT DO NOTHING RETURNING id) \
             SELECT g.id, g.account FROM given g JOIN saved s ON s.id = g.id",
            &[&ids, &accounts, &access, &refresh],
        )
        .await?;
    let (logins, accounts): (Vec<Uuid>, Vec<Uuid>) =
        rows.iter().map(|row| (row.get::<_, Uuid>(0), row.get::<_, Uuid>(1))).unzip();
    transaction
        .execute(
            "UPDATE nchat_social_accounts a SET credential_id = g.login, access_token_encrypted = NULL, \
               refresh_token_encrypted = NULL, health = 'connected', health_code = NULL, health_message = NULL, \
               health_since = $3, failures = 0, hold_until = NULL, next_poll_at = $3, next_poll_reason = 'new' \
             FROM unnest($1::uuid[], $2::uuid[]) AS g(login, account) WHERE a.id = g.account",
            &[&logins, &accounts, &now],
        )
        .await?;
    Ok(accounts)
}
