//! Sealed tokens. This module moves bytes; only `service::tokens` can open them.

use super::{ALL_TENANTS, Connection, Store, StoreError, import::platform, incidents::END};
use crate::domain::{Platform, Timestamp};
use deadpool_postgres::Transaction;
use std::collections::HashMap;
use tokio_postgres::Row;
use uuid::Uuid;

/// A login's tokens, sealed.
#[derive(Clone, Debug)]
pub struct Credential {
    pub id: Uuid,
    pub tenant: String,
    pub platform: Platform,
    pub access_token_sealed: Vec<u8>,
    pub refresh_token_sealed: Option<Vec<u8>>,
    pub scopes: Vec<String>,
    pub access_expires_at: Option<Timestamp>,
    pub refresh_expires_at: Option<Timestamp>,
    /// When the access token was granted.
    pub obtained_at: Timestamp,
    /// Renewals in a row that failed in the same way.
    pub refresh_failures: i32,
    /// The word the last one failed with; `None`: it worked.
    pub refresh_code: Option<String>,
    /// No renewal before this.
    pub refresh_not_before: Option<Timestamp>,
}

/// How a renewal failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedRenewal {
    /// A stable word.
    pub code: &'static str,
    /// Failures of this kind in a row, this one included where it counts.
    pub failures: i32,
    /// No renewal before this.
    pub not_before: Timestamp,
}

/// A login, or a page's own token, to save.
#[derive(Clone, Debug)]
pub struct NewCredential<'a> {
    pub id: Uuid,
    pub subject: &'a str,
    pub subject_name: &'a str,
    pub sealed: SealedTokens,
}

/// Tokens as they are stored.
#[derive(Clone, Debug)]
pub struct SealedTokens {
    pub access_token: Vec<u8>,
    /// `None` in a renewal: the old one stays.
    pub refresh_token: Option<Vec<u8>>,
    pub scopes: Option<Vec<String>>,
    pub access_expires_at: Option<Timestamp>,
    pub refresh_expires_at: Option<Timestamp>,
}

const COLUMNS: &str = "id, source_account_id, platform, access_token_sealed, refresh_token_sealed, scopes, \
    access_expires_at, refresh_expires_at, obtained_at, refresh_failures, refresh_not_before, refresh_code";

fn read(row: &Row) -> Result<Credential, StoreError> {
    Ok(Credential {
        id: row.get(0),
        tenant: row.get(1),
        platform: platform(row.get(2), "nchat_social_credentials")?,
        access_token_sealed: row.get(3),
        refresh_token_sealed: row.get(4),
        scopes: row.get(5),
        access_expires_at: row.get(6),
        refresh_expires_at: row.get(7),
        obtained_at: row.get(8),
        refresh_failures: row.get(9),
        refresh_not_before: row.get(10),
        refresh_code: row.get(11),
    })
}

impl Store {
    /// The logins with these ids, of any tenant, in one read.
    pub async fn credentials(&self, ids: &[Uuid]) -> Result<Vec<Credential>, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let credentials = by_ids(&transaction, ids).await?;
        transaction.commit().await?;
        Ok(credentials)
    }
}

/// The logins with these ids.
pub async fn by_ids(transaction: &Transaction<'_>, ids: &[Uuid]) -> Result<Vec<Credential>, StoreError> {
    let statement = transaction
        .prepare_cached(&format!("SELECT {COLUMNS} FROM nchat_social_credentials WHERE id = ANY($1)"))
        .await?;
    transaction.query(&statement, &[&ids]).await?.iter().map(read).collect()
}

/// The login with this id, held until the transaction's end: a renewal under way ends first.
pub async fn hold(transaction: &Transaction<'_>, id: Uuid) -> Result<Option<Credential>, StoreError> {
    let row = transaction
        .query_opt(&format!("SELECT {COLUMNS} FROM nchat_social_credentials WHERE id = $1 FOR UPDATE"), &[&id])
        .await?;
    row.as_ref().map(read).transpose()
}

/// Lets one transaction at a time save logins of `subjects`; the others wait for its end. Give them sorted: two
/// transactions must lock in the same order.
pub async fn one_at_a_time(
    transaction: &Transaction<'_>,
    tenant: &str,
    platform: Platform,
    subjects: &[&str],
) -> Result<(), StoreError> {
    let names: Vec<String> =
        subjects.iter().map(|subject| format!("nchat-social login {tenant} {platform} {subject}")).collect();
    transaction
        .execute("SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest($1::text[]) AS name", &[&names])
        .await?;
    Ok(())
}

/// The rows that logins of `subjects` have already, locked; their ids must be reused, for the tokens are sealed to them.
pub async fn find(
    transaction: &Transaction<'_>,
    tenant: &str,
    platform: Platform,
    subjects: &[&str],
) -> Result<HashMap<String, Uuid>, StoreError> {
    let rows = transaction
        .query(
            "SELECT subject, id FROM nchat_social_credentials \
             WHERE source_account_id = $1 AND platform = $2 AND subject = ANY($3) ORDER BY subject FOR UPDATE",
            &[&tenant, &platform.as_str(), &subjects],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Saves logins in one statement, replacing the tokens they had.
pub async fn save(
    transaction: &Transaction<'_>,
    tenant: &str,
    platform: Platform,
    now: Timestamp,
    new: &[NewCredential<'_>],
) -> Result<(), StoreError> {
    let statement = transaction
        .prepare_cached(
            "INSERT INTO nchat_social_credentials (id, source_account_id, platform, subject, subject_name, \
               access_token_sealed, refresh_token_sealed, scopes, access_expires_at, refresh_expires_at, obtained_at, \
               granted_at) \
             SELECT n.id, $1, $2, n.subject, n.subject_name, n.access_token, n.refresh_token, \
               string_to_array(n.scopes, ' '), n.access_expires_at, n.refresh_expires_at, $3, $3 \
             FROM unnest($4::uuid[], $5::text[], $6::text[], $7::bytea[], $8::bytea[], $9::text[], $10::timestamptz[], \
               $11::timestamptz[]) AS n(id, subject, subject_name, access_token, refresh_token, scopes, \
               access_expires_at, refresh_expires_at) \
             ON CONFLICT (source_account_id, platform, subject) DO UPDATE SET subject_name = excluded.subject_name, \
               access_token_sealed = excluded.access_token_sealed, \
               refresh_token_sealed = excluded.refresh_token_sealed, scopes = excluded.scopes, \
               access_expires_at = excluded.access_expires_at, refresh_expires_at = excluded.refresh_expires_at, \
               obtained_at = excluded.obtained_at, granted_at = excluded.granted_at, refresh_failures = 0, \
               refresh_not_before = NULL, refresh_code = NULL",
        )
        .await?;
    let ids: Vec<Uuid> = new.iter().map(|new| new.id).collect();
    let subjects: Vec<&str> = new.iter().map(|new| new.subject).collect();
    let names: Vec<&str> = new.iter().map(|new| new.subject_name).collect();
    let access: Vec<&[u8]> = new.iter().map(|new| new.sealed.access_token.as_slice()).collect();
    let refresh: Vec<Option<&[u8]>> = new.iter().map(|new| new.sealed.refresh_token.as_deref()).collect();
    // No scope holds a space (RFC 6749 §3.3), and an array of arrays cannot be taken apart by rows.
    let scopes: Vec<String> =
        new.iter().map(|new| new.sealed.scopes.as_deref().unwrap_or_default().join(" ")).collect();
    let access_ends: Vec<Option<Timestamp>> = new.iter().map(|new| new.sealed.access_expires_at).collect();
    let refresh_ends: Vec<Option<Timestamp>> = new.iter().map(|new| new.sealed.refresh_expires_at).collect();
    transaction
        .execute(
            &statement,
            &[
                &tenant,
                &platform.as_str(),
                &now,
                &ids,
                &subjects,
                &names,
                &access,
                &refresh,
                &scopes,
                &access_ends,
                &refresh_ends,
            ],
        )
        .await?;
    Ok(())
}

/// A transaction that holds a login's row: the one lock that lasts over a call to a platform.
pub async fn lock<'c>(
    connection: &'c mut Connection,
    tenant: &str,
    id: Uuid,
) -> Result<Option<(Transaction<'c>, Credential)>, StoreError> {
    let transaction = connection.begin(tenant).await?;
    // Another process may be refreshing: its call may take as long as a statement, or this one comes again.
    let credential = hold(&transaction, id).await?;
    Ok(credential.map(|credential| (transaction, credential)))
}

/// Stores renewed tokens, and the new expiry on the accounts that use them.
pub async fn renew(
    transaction: &Transaction<'_>,
    id: Uuid,
    sealed: &SealedTokens,
    now: Timestamp,
) -> Result<(), StoreError> {
    transaction
        .execute(
            "UPDATE nchat_social_credentials SET access_token_sealed = $2, \
               refresh_token_sealed = coalesce($3, refresh_token_sealed), scopes = coalesce($4, scopes), \
               access_expires_at = $5, refresh_expires_at = coalesce($6, refresh_expires_at), obtained_at = $7, \
               refresh_failures = 0, refresh_not_before = NULL, refresh_code = NULL WHERE id = $1",
            &[
                &id,
                &sealed.access_token,
                &sealed.refresh_token,
                &sealed.scopes,
                &sealed.access_expires_at,
                &sealed.refresh_expires_at,
                &now,
            ],
        )
        .await?;
    transaction
        .execute(
            &format!(
                "UPDATE nchat_social_accounts a SET token_expires_at = coalesce({END}, c.access_expires_at) \
                 FROM nchat_social_credentials c WHERE c.id = $1 AND a.credential_id = $1"
            ),
            &[&id],
        )
        .await?;
    Ok(())
}

/// Notes how a renewal failed.
pub async fn renewal_failed(transaction: &Transaction<'_>, id: Uuid, failed: &FailedRenewal) -> Result<(), StoreError> {
    transaction
        .execute(
            "UPDATE nchat_social_credentials SET refresh_failures = $2, refresh_code = $3, refresh_not_before = $4 \
             WHERE id = $1",
            &[&id, &failed.failures, &failed.code, &failed.not_before],
        )
        .await?;
    Ok(())
}
