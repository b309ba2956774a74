//! Connected accounts.

use super::{StoreError, import::platform, incidents::END};
use crate::domain::{Identity, Platform, Timestamp};
use deadpool_postgres::Transaction;
use tokio_postgres::Row;
use uuid::Uuid;

/// A connected account, as people see it. Never a token.
#[derive(Clone, Debug)]
pub struct Account {
    pub id: Uuid,
    pub platform: Platform,
    pub account_id: String,
    pub account_name: String,
    pub account_handle: Option<String>,
    pub profile_url: Option<String>,
    pub avatar_url: Option<String>,
    pub is_active: bool,
    pub health: String,
    pub health_code: Option<String>,
    pub health_message: Option<String>,
    pub health_since: Option<Timestamp>,
    pub token_expires_at: Option<Timestamp>,
    pub last_poll_time: Option<Timestamp>,
    pub next_poll_at: Timestamp,
    pub next_poll_reason: String,
    pub hold_until: Option<Timestamp>,
    pub is_polling: bool,
    pub quiet_polls: i64,
    pub created_by: Option<Uuid>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub credential_id: Option<Uuid>,
    pub poll_interval_s: Option<i32>,
    /// Where it is told that somebody must act.
    pub alert_channel_id: Option<Uuid>,
    /// What its login was granted; empty: not known.
    pub granted_scopes: Vec<String>,
    /// The end of its login that no renewal moves, if its platform renews with a refresh token or said so.
    pub login_ends_at: Option<Timestamp>,
    /// The platform said so.
    pub is_end_told: bool,
}

const COLUMNS: &str = "a.id, a.platform, a.account_id, a.account_name, a.account_handle, a.profile_url, a.avatar_url, \
    a.is_active, a.health, a.health_code, a.health_message, a.health_since, a.token_expires_at, a.last_poll_time, \
    greatest(a.next_poll_at, p.hold_until), \
    CASE WHEN p.hold_until > a.next_poll_at THEN p.code ELSE a.next_poll_reason END, \
    greatest(a.hold_until, p.hold_until), a.lease_id IS NOT NULL, a.quiet_polls, a.created_by, \
    a.created_at, a.updated_at, a.credential_id, a.poll_interval_s, a.alert_channel_id, \
    coalesce(c.scopes, '{}')";

/// Accounts, their logins, and the stop of their platform while it lasts: it holds for each of them.
const FROM: &str = "nchat_social_accounts a LEFT JOIN nchat_social_credentials c ON c.id = a.credential_id \
    LEFT JOIN nchat_social_platforms p \
    ON p.platform = a.platform AND p.opened_at IS NOT NULL AND p.closed_at IS NULL";

fn read(row: &Row) -> Result<Account, StoreError> {
    Ok(Account {
        id: row.get(0),
        platform: platform(row.get(1), "nchat_social_accounts")?,
        account_id: row.get(2),
        account_name: row.get(3),
        account_handle: row.get(4),
        profile_url: row.get(5),
        avatar_url: row.get(6),
        is_active: row.get(7),
        health: row.get(8),
        health_code: row.get(9),
        health_message: row.get(10),
        health_since: row.get(11),
        token_expires_at: row.get(12),
        last_poll_time: row.get(13),
        next_poll_at: row.get(14),
        next_poll_reason: row.get(15),
        hold_until: row.get(16),
        is_polling: row.get(17),
        quiet_polls: row.get(18),
        created_by: row.get(19),
        created_at: row.get(20),
        updated_at: row.get(21),
        credential_id: row.get(22),
        poll_interval_s: row.get(23),
        alert_channel_id: row.get(24),
        granted_scopes: row.get(25),
        login_ends_at: row.get(26),
        is_end_told: row.get(27),
    })
}

/// Accounts of the tenant, oldest first; all, or those with the given ids. At most 1,000. Those that are being deleted on
/// their owner's request are out of reach.
pub async fn list(
    transaction: &Transaction<'_>,
    tenant: &str,
    ids: Option<&[Uuid]>,
    of: Option<Platform>,
) -> Result<Vec<Account>, StoreError> {
    let statement = transaction
        .prepare_cached(&format!(
            "SELECT {COLUMNS}, {END}, c.refresh_expires_at IS NOT NULL OR c.refresh_code IS NOT NULL FROM {FROM} \
             WHERE a.source_account_id = $1 AND a.deletion_id IS NULL \
             AND ($2::uuid[] IS NULL OR a.id = ANY($2)) AND ($3::text IS NULL OR a.platform = $3) \
             ORDER BY a.created_at, a.id LIMIT 1000"
        ))
        .await?;
    let rows = transaction.query(&statement, &[&tenant, &ids, &of.map(Platform::as_str)]).await?;
    rows.iter().map(read).collect()
}

/// An identity to save as an account.
#[derive(Clone, Copy, Debug)]
pub struct NewAccount<'a> {
    /// The row's id, if the identity is not known.
    pub id: Uuid,
    /// What the platform says of it.
    pub identity: &'a Identity,
    /// The tokens it is read with.
    pub credential_id: Uuid,
    /// When they end: for good, where that is known; otherwise unless they are renewed.
    pub token_expires_at: Option<Timestamp>,
}

/// Saves identities as accounts. A known identity keeps its row, integrations, history and cursor; its health and
/// schedule start afresh, and a poll under way with the old tokens is none of its any more. Returns the rows in the order of `accounts`.
pub async fn save(
    transaction: &Transaction<'_>,
    tenant: &str,
    platform: Platform,
    created_by: Option<Uuid>,
    now: Timestamp,
    accounts: &[NewAccount<'_>],
) -> Result<Vec<Uuid>, StoreError> {
    let statement = transaction
        .prepare_cached(
            "INSERT INTO nchat_social_accounts AS a (id, source_account_id, platform, account_id, account_name, \
               account_handle, profile_url, avatar_url, callback_id, credential_id, token_expires_at, created_by, \
               created_at, updated_at, next_poll_at, health_since) \
             SELECT n.id, $1, $2, n.remote, n.name, n.handle, n.url, n.avatar, n.callback, n.credential, n.expires_at, \
               $3, $4, $4, $4, $4 \
             FROM unnest($5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], \
               $12::uuid[], $13::timestamptz[]) \
               AS n(id, remote, name, handle, url, avatar, callback, credential, expires_at) \
             ORDER BY n.remote \
             ON CONFLICT (source_account_id, platform, account_id) DO UPDATE SET account_name = excluded.account_name, \
               account_handle = excluded.account_handle, profile_url = excluded.profile_url, \
               avatar_url = excluded.avatar_url, callback_id = excluded.callback_id, \
               is_active = a.is_active OR a.credential_id IS NULL, \
               credential_id = excluded.credential_id, token_expires_at = excluded.token_expires_at, \
               health = 'connected', health_code = NULL, health_message = NULL, health_since = $4, failures = 0, \
               hold_until = NULL, next_poll_at = $4, next_poll_reason = 'reconnected', \
               lease_id = NULL, lease_until = NULL, due_at = NULL \
             RETURNING a.id, a.account_id",
        )
        .await?;
    let ids: Vec<Uuid> = accounts.iter().map(|new| new.id).collect();
    let remote: Vec<&str> = accounts.iter().map(|new| new.identity.remote_id.as_str()).collect();
    let names: Vec<&str> = accounts.iter().map(|new| new.identity.profile.name.as_str()).collect();
    let handles: Vec<Option<&str>> = accounts.iter().map(|new| new.identity.profile.handle.as_deref()).collect();
    let urls: Vec<Option<&str>> = accounts.iter().map(|new| new.identity.profile.url.as_deref()).collect();
    let avatars: Vec<Option<&str>> = accounts.iter().map(|new| new.identity.profile.avatar_url.as_deref()).collect();
    let callbacks: Vec<Option<&str>> = accounts.iter().map(|new| new.identity.callback_id.as_deref()).collect();
    let credentials: Vec<Uuid> = accounts.iter().map(|new| new.credential_id).collect();
    let ends: Vec<Option<Timestamp>> = accounts.iter().map(|new| new.token_expires_at).collect();
    let rows = transaction
        .query(
            &statement,
            &[
                &tenant,
                &platform.as_str(),
                &created_by,
                &now,
                &ids,
                &remote,
                &names,
                &handles,
                &urls,
                &avatars,
                &callbacks,
                &credentials,
                &ends,
            ],
        )
        .await?;
    let saved = |remote: &str| rows.iter().find(|row| row.get::<_, &str>(1) == remote).map(|row| row.get(0));
    Ok(accounts.iter().filter_map(|new| saved(&new.identity.remote_id)).collect())
}

/// Tells the other accounts that are read with `credentials` of their new tokens: those that waited for a person are
/// polled again, and of those that were not well no poll under way with the old ones counts.
pub async fn revive(
    transaction: &Transaction<'_>,
    credentials: &[Uuid],
    but: &[Uuid],
    now: Timestamp,
) -> Result<(), StoreError> {
    let statement = transaction
        .prepare_cached(
            "WITH reached AS (SELECT id, health = 'needs_reconnect' AS waited FROM nchat_social_accounts \
               WHERE credential_id = ANY($1) AND id <> ALL($2) ORDER BY id FOR UPDATE) \
             UPDATE nchat_social_accounts a SET \
               token_expires_at = coalesce(c.refresh_expires_at, c.access_expires_at), \
               health = CASE WHEN waited THEN 'connected' ELSE a.health END, \
               health_code = CASE WHEN waited THEN NULL ELSE a.health_code END, \
               health_message = CASE WHEN waited THEN NULL ELSE a.health_message END, \
               health_since = CASE WHEN waited THEN $3 ELSE a.health_since END, \
               failures = CASE WHEN waited THEN 0 ELSE a.failures END, \
               next_poll_at = CASE WHEN waited THEN $3 ELSE a.next_poll_at END, \
               next_poll_reason = CASE WHEN waited THEN 'reconnected' ELSE a.next_poll_reason END, \
               lease_id = CASE WHEN a.health = 'connected' THEN a.lease_id END, \
               lease_until = CASE WHEN a.health = 'connected' THEN a.lease_until END, \
               due_at = CASE WHEN a.health = 'connected' THEN a.due_at END \
             FROM reached, nchat_social_credentials c WHERE a.id = reached.id AND c.id = a.credential_id",
        )
        .await?;
    transaction.execute(&statement, &[&credentials, &but, &now]).await?;
    Ok(())
}

/// Holds the account that is to be reconnected until the transaction's end. `false`: it is gone, or of another identity.
pub async fn hold(transaction: &Transaction<'_>, tenant: &str, id: Uuid, remote_id: &str) -> Result<bool, StoreError> {
    let row = transaction
        .query_opt(
            "SELECT FROM nchat_social_accounts WHERE id = $1 AND source_account_id = $2 AND account_id = $3 FOR UPDATE",
            &[&id, &tenant, &remote_id],
        )
        .await?;
    Ok(row.is_some())
}

/// Switches an account on or off. With `catch_up` an account switched on again imports what it missed; otherwise its
/// next poll takes stock (the database's trigger forgets the baseline).
pub async fn set_active(
    transaction: &Transaction<'_>,
    tenant: &str,
    id: Uuid,
    is_active: bool,
    catch_up: bool,
) -> Result<bool, StoreError> {
    let row = transaction
        .query_opt(
            "SELECT baseline_at FROM nchat_social_accounts \
             WHERE id = $1 AND source_account_id = $2 AND deletion_id IS NULL FOR UPDATE",
            &[&id, &tenant],
        )
        .await?;
    let Some(row) = row else { return Ok(false) };
    let baseline_at: Option<Timestamp> = row.get(0);
    transaction.execute("UPDATE nchat_social_accounts SET is_active = $2 WHERE id = $1", &[&id, &is_active]).await?;
    if is_active && catch_up {
        transaction
            .execute("UPDATE nchat_social_accounts SET baseline_at = $2 WHERE id = $1", &[&id, &baseline_at])
            .await?;
    }
    Ok(true)
}

/// Sets an account's own interval; `None`: the platform's. The next poll stays within it.
pub async fn set_poll_interval(
    transaction: &Transaction<'_>,
    tenant: &str,
    id: Uuid,
    seconds: Option<i32>,
    latest: Timestamp,
) -> Result<bool, StoreError> {
    let changed = transaction
        .execute(
            "UPDATE nchat_social_accounts SET poll_interval_s = $3, \
               next_poll_at = CASE WHEN next_poll_reason IN ('interval', 'slowed') THEN least(next_poll_at, $4) \
                 ELSE next_poll_at END \
             WHERE id = $1 AND source_account_id = $2",
            &[&id, &tenant, &seconds, &latest],
        )
        .await?;
    Ok(changed == 1)
}

/// Sets where it is told that somebody must act on the account; `None`: where it is told by default. What was not told
/// yet is told there.
pub async fn set_alert_channel(
    transaction: &Transaction<'_>,
    tenant: &str,
    id: Uuid,
    channel: Option<Uuid>,
    now: Timestamp,
) -> Result<(), StoreError> {
    transaction
        .execute(
            "UPDATE nchat_social_accounts SET alert_channel_id = $3 WHERE id = $1 AND source_account_id = $2",
            &[&id, &tenant, &channel],
        )
        .await?;
    // It may have been put off, for the channel before was of no use.
    transaction
        .execute("UPDATE nchat_social_incidents SET tell_at = $2 WHERE account_id = $1 AND tell_at > $2", &[&id, &now])
        .await?;
    Ok(())
}

/// Deletes an account with its posts, integrations, logs and, if it was the login's last, tokens.
pub async fn delete(transaction: &Transaction<'_>, tenant: &str, id: Uuid) -> Result<bool, StoreError> {
    let deleted = transaction
        .execute("DELETE FROM nchat_social_accounts WHERE id = $1 AND source_account_id = $2", &[&id, &tenant])
        .await?;
    Ok(deleted == 1)
}

/// Keeps an account's history but forgets its tokens and stops its polls.
pub async fn disconnect(
    transaction: &Transaction<'_>,
    tenant: &str,
    id: Uuid,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = transaction
        .execute(
            "UPDATE nchat_social_accounts SET is_active = false, credential_id = NULL, token_expires_at = NULL, \
               health = 'needs_reconnect', health_code = 'disconnected', \
               health_message = 'Disconnected by an administrator: connect it again to go on', health_since = $3, \
               lease_id = NULL, lease_until = NULL, due_at = NULL \
             WHERE id = $1 AND source_account_id = $2",
            &[&id, &tenant, &now],
        )
        .await?;
    Ok(changed == 1)
}

/// Asks for polls at once. Returns the accounts asked for and those that may not be polled before a time.
pub async fn request_polls(
    transaction: &Transaction<'_>,
    tenant: &str,
    id: Option<Uuid>,
    requested_by: Option<Uuid>,
    now: Timestamp,
) -> Result<Vec<RequestedPoll>, StoreError> {
    let statement = transaction
        .prepare_cached(
            "WITH asked AS ( \
               SELECT a.id, greatest(a.hold_until, ( \
                 SELECT p.hold_until FROM nchat_social_platforms p \
                 WHERE p.platform = a.platform AND p.opened_at IS NOT NULL AND p.closed_at IS NULL)) AS hold \
               FROM nchat_social_accounts a \
               WHERE a.source_account_id = $1 AND ($2::uuid IS NULL OR a.id = $2) AND a.is_active \
                 AND a.credential_id IS NOT NULL AND a.health <> 'needs_reconnect' FOR UPDATE OF a) \
             UPDATE nchat_social_accounts a SET \
               poll_requested_at = CASE WHEN hold > $4 THEN poll_requested_at ELSE $4 END, \
               poll_requested_by = CASE WHEN hold > $4 THEN poll_requested_by ELSE $3 END, \
               due_at = CASE WHEN hold > $4 THEN due_at ELSE coalesce(due_at, next_poll_at) END, \
               next_poll_at = CASE WHEN hold > $4 THEN next_poll_at ELSE least(next_poll_at, $4) END, \
               next_poll_reason = CASE WHEN hold > $4 THEN next_poll_reason ELSE 'requested' END \
             FROM asked WHERE a.id = asked.id \
             RETURNING a.id, CASE WHEN hold > $4 THEN hold END, a.lease_until > $4",
        )
        .await?;
    let rows = transaction.query(&statement, &[&tenant, &id, &requested_by, &now]).await?;
    Ok(rows
        .iter()
        .map(|row| RequestedPoll {
            account_id: row.get(0),
            held_until: row.get(1),
            is_polling: row.get::<_, Option<bool>>(2).unwrap_or(false),
        })
        .collect())
}

/// The answer to a request for a poll.
#[derive(Clone, Copy, Debug)]
pub struct RequestedPoll {
    /// The account.
    pub account_id: Uuid,
    /// The platform allows no poll before this.
    pub held_until: Option<Timestamp>,
    /// A poll is under way; another follows it.
    pub is_polling: bool,
}
