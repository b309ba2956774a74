//! Connections being made: one row each, whose one-time keys are stored only as hashes.

use super::{StoreError, import::platform};
use crate::domain::{Platform, Timestamp, account::Login};
use deadpool_postgres::Transaction;
use tokio_postgres::Row;
use uuid::Uuid;

/// A connection being made.
#[derive(Clone, Debug)]
pub struct Session {
    pub id: Uuid,
    pub tenant: String,
    pub platform: Platform,
    pub created_by: Option<Uuid>,
    pub verifier_sealed: Option<Vec<u8>>,
    pub return_path: String,
    /// `started`, `waiting`, `exchanging`, `choosing`, `connected`, `failed`.
    pub status: String,
    pub code: Option<String>,
    pub message: Option<String>,
    /// The tokens, until the administrator has chosen.
    pub login_sealed: Option<Vec<u8>>,
    /// Who logged in and what can be chosen from.
    pub login: Option<Login>,
    pub account_ids: Vec<Uuid>,
    pub expires_at: Timestamp,
    /// The account to be reconnected; `None`: whatever the login offers.
    pub wanted_account_id: Option<Uuid>,
    /// What the platform granted; `None`: not known.
    pub granted_scopes: Option<Vec<String>>,
    /// The administrator chooses also where the login can read one account only.
    pub offer_one: bool,
}

/// A connection to begin.
#[derive(Clone, Debug)]
pub struct NewSession<'a> {
    pub id: Uuid,
    pub platform: Platform,
    pub created_by: Option<Uuid>,
    pub return_path: &'a str,
    pub ticket_hash: Option<&'a [u8]>,
    pub wanted_account_id: Option<Uuid>,
    pub now: Timestamp,
    pub expires_at: Timestamp,
    pub offer_one: bool,
}

/// What binds a connection to one browser and one answer.
#[derive(Clone, Debug)]
pub struct Binding<'a> {
    pub state_hash: &'a [u8],
    pub browser_hash: &'a [u8],
    pub verifier_sealed: Option<&'a [u8]>,
}

const COLUMNS: &str = "id, source_account_id, platform, created_by, verifier_sealed, return_path, status, code, message, \
    login_sealed, identities, account_ids, expires_at, wanted_account_id, granted_scopes, offer_one";

fn read(row: &Row) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.get(0),
        tenant: row.get(1),
        platform: platform(row.get(2), "nchat_social_oauth_sessions")?,
        created_by: row.get(3),
        verifier_sealed: row.get(4),
        return_path: row.get(5),
        status: row.get(6),
        code: row.get(7),
        message: row.get(8),
        login_sealed: row.get(9),
        login: serde_json::from_value(row.get(10)).ok(),
        account_ids: row.get(11),
        expires_at: row.get(12),
        wanted_account_id: row.get(13),
        granted_scopes: row.get(14),
        offer_one: row.get(15),
    })
}

/// Begins a connection.
pub async fn insert(transaction: &Transaction<'_>, tenant: &str, new: &NewSession<'_>) -> Result<(), StoreError> {
    transaction
        .execute(
            "INSERT INTO nchat_social_oauth_sessions (id, source_account_id, platform, created_by, return_path, \
               ticket_hash, wanted_account_id, offer_one, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            &[
                &new.id,
                &tenant,
                &new.platform.as_str(),
                &new.created_by,
                &new.return_path,
                &new.ticket_hash,
                &new.wanted_account_id,
                &new.offer_one,
                &new.now,
                &new.expires_at,
            ],
        )
        .await?;
    Ok(())
}

/// Spends a ticket, once.
pub async fn spend_ticket(
    transaction: &Transaction<'_>,
    platform: Platform,
    ticket_hash: &[u8],
    now: Timestamp,
) -> Result<Option<Session>, StoreError> {
    let row = transaction
        .query_opt(
            &format!(
                "UPDATE nchat_social_oauth_sessions SET ticket_hash = NULL \
                 WHERE ticket_hash = $1 AND platform = $2 AND status = 'started' AND expires_at > $3 RETURNING {COLUMNS}"
            ),
            &[&ticket_hash, &platform.as_str(), &now],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

/// Binds a connection to a browser, just before that is sent to the platform.
pub async fn bind(transaction: &Transaction<'_>, id: Uuid, binding: &Binding<'_>) -> Result<(), StoreError> {
    transaction
        .execute(
            "UPDATE nchat_social_oauth_sessions SET state_hash = $2, browser_hash = $3, verifier_sealed = $4, \
             status = 'waiting' WHERE id = $1",
            &[&id, &binding.state_hash, &binding.browser_hash, &binding.verifier_sealed],
        )
        .await?;
    Ok(())
}

/// Takes the answer of the platform, once: state and browser must belong together and be in time.
pub async fn consume(
    transaction: &Transaction<'_>,
    platform: Platform,
    state_hash: &[u8],
    browser_hash: &[u8],
    now: Timestamp,
) -> Result<Option<Session>, StoreError> {
    let row = transaction
        .query_opt(
            &format!(
                "UPDATE nchat_social_oauth_sessions SET status = 'exchanging', state_hash = NULL, browser_hash = NULL \
                 WHERE state_hash = $1 AND browser_hash = $2 AND platform = $3 AND status = 'waiting' \
                   AND expires_at > $4 RETURNING {COLUMNS}"
            ),
            &[&state_hash, &browser_hash, &platform.as_str(), &now],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

/// Ends a connection without success.
pub async fn fail(
    transaction: &Transaction<'_>,
    id: Uuid,
    code: &str,
    message: &str,
    granted_scopes: Option<&[String]>,
) -> Result<(), StoreError> {
    transaction
        .execute(
            "UPDATE nchat_social_oauth_sessions SET status = 'failed', code = $2, message = $3, granted_scopes = $4, \
             login_sealed = NULL, verifier_sealed = NULL WHERE id = $1",
            &[&id, &code, &message, &granted_scopes],
        )
        .await?;
    Ok(())
}

/// Keeps a login until the administrator has chosen from its identities.
pub async fn offer(
    transaction: &Transaction<'_>,
    id: Uuid,
    login: &Login,
    login_sealed: &[u8],
    granted_scopes: Option<&[String]>,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    transaction
        .execute(
            "UPDATE nchat_social_oauth_sessions SET status = 'choosing', identities = $2, login_sealed = $3, \
             verifier_sealed = NULL, expires_at = $4, granted_scopes = $5 WHERE id = $1",
            &[&id, &serde_json::json!(login), &login_sealed, &expires_at, &granted_scopes],
        )
        .await?;
    Ok(())
}

/// Ends a connection with its accounts.
pub async fn connected(
    transaction: &Transaction<'_>,
    id: Uuid,
    accounts: &[Uuid],
    granted_scopes: Option<&[String]>,
) -> Result<(), StoreError> {
    transaction
        .execute(
            "UPDATE nchat_social_oauth_sessions SET status = 'connected', account_ids = $2, granted_scopes = $3, \
             login_sealed = NULL, verifier_sealed = NULL WHERE id = $1",
            &[&id, &accounts, &granted_scopes],
        )
        .await?;
    Ok(())
}

/// The connection, locked where `lock`, if it is of the tenant.
pub async fn find(
    transaction: &Transaction<'_>,
    tenant: &str,
    id: Uuid,
    lock: bool,
) -> Result<Option<Session>, StoreError> {
    let lock = if lock { " FOR UPDATE" } else { "" };
    let row = transaction
        .query_opt(
            &format!(
                "SELECT {COLUMNS} FROM nchat_social_oauth_sessions WHERE id = $1 AND source_account_id = $2{lock}"
            ),
            &[&id, &tenant],
        )
        .await?;
    row.as_ref().map(read).transpose()
}
