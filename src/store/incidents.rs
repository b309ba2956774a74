//! What somebody has to act on: found among accounts, platforms and logins, and told once. Found over all tenants at
//! once; told inside one, for nchat's channels and messages know no other way.

use super::{ALL_TENANTS, Store, StoreError, import::platform};
use crate::domain::{Platform, Timestamp, alert::REMIND_DAYS};
use chrono::Duration;
use deadpool_postgres::Transaction;
use uuid::Uuid;

/// So many are opened at a time; the others follow a minute later.
const BATCH: i64 = 500;

/// What one transaction tells a channel of.
const TOLD_AT_ONCE: i64 = 200;

/// A trouble that is told: its word, and the health of accounts that have it for good.
pub type Told<'a> = (&'a str, &'a str);

/// What to look for.
#[derive(Clone, Copy, Debug)]
pub struct Watch<'a> {
    pub now: Timestamp,
    /// The tenant that is told of the platforms' troubles.
    pub tenant: &'a str,
    /// Troubles that are an account's own.
    pub of_accounts: &'a [Told<'a>],
    /// Troubles that the operator ends, for every account at once.
    pub of_platforms: &'a [Told<'a>],
    /// Since before then, for what may still pass.
    pub lasting_since: Timestamp,
    /// Platforms whose logins end unless they have a refresh token.
    pub refreshing: &'a [&'a str],
}

/// An incident that was opened or closed, for the log.
#[derive(Clone, Debug)]
pub struct Turned {
    pub is_open: bool,
    pub account_id: Option<Uuid>,
    pub platform: Platform,
    pub code: String,
}

/// A channel with something to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressee {
    pub tenant: String,
    pub channel: Uuid,
}

/// An incident that is to be told of.
#[derive(Clone, Debug)]
pub struct Untold {
    pub id: Uuid,
    pub platform: Platform,
    pub code: String,
    pub message: String,
    pub account_id: Option<Uuid>,
    pub account_name: String,
    pub account_handle: Option<String>,
    pub credential_id: Option<Uuid>,
    /// It was told of when it began, and is over.
    pub is_over: bool,
    /// A reminder: the login ends then, and is of no use any more if it is renewed meanwhile.
    pub ends_at: Option<Timestamp>,
    pub is_stale: bool,
}

/// Where an incident `i`, of account `a`, is told: `$1` is the default tenant, `$2` its channel.
const CHANNEL: &str = "coalesce(a.alert_channel_id, CASE WHEN i.source_account_id = $1 THEN $2::uuid END)";

/// The end of a login `c` that no renewal moves; the index has the same words.
pub const END: &str =
    "coalesce(c.refresh_expires_at, CASE WHEN c.refresh_token_sealed IS NULL THEN c.access_expires_at END)";

/// Opens incidents of accounts. Every process asks each minute: accounts that are well must not be read for it.
pub const OPEN_OF_ACCOUNTS: &str = "INSERT INTO nchat_social_incidents \
       (source_account_id, account_id, platform, code, message, opened_at, tell_at) \
     SELECT a.source_account_id, a.id, a.platform, a.health_code, coalesce(a.health_message, ''), \
       $1::timestamptz, $1 \
     FROM nchat_social_accounts a \
     JOIN unnest($2::text[], $3::text[]) AS t(code, health) ON a.health_code = t.code AND a.health = t.health \
     WHERE a.is_active AND a.health <> 'connected' AND a.deletion_id IS NULL AND NOT EXISTS ( \
       SELECT FROM nchat_social_incidents i WHERE i.account_id = a.id AND i.closed_at IS NULL) \
     ORDER BY a.id LIMIT $4 ON CONFLICT DO NOTHING RETURNING true, account_id, platform, code";

/// Opens and closes incidents of platforms.
pub const OF_PLATFORMS: &str = "WITH standing AS ( \
       SELECT platform, code, max(message) AS message FROM ( \
         SELECT platform, code, message FROM nchat_social_platforms \
         WHERE opened_at IS NOT NULL AND closed_at IS NULL AND code = ANY($3) \
         UNION ALL \
         SELECT DISTINCT a.platform, a.health_code, '' FROM nchat_social_accounts a \
         JOIN unnest($3::text[], $4::text[]) AS t(code, health) \
           ON a.health_code = t.code AND a.health = t.health \
         WHERE a.is_active AND a.health <> 'connected' \
           AND (a.health <> 'degraded' OR a.health_since <= $5)) AS s \
       GROUP BY platform, code), \
     closed AS ( \
       UPDATE nchat_social_incidents i SET closed_at = $1::timestamptz, \
         tell_at = CASE WHEN i.message_id IS NOT NULL THEN $1::timestamptz END \
       WHERE i.closed_at IS NULL AND i.account_id IS NULL \
         AND NOT EXISTS (SELECT FROM standing s WHERE s.platform = i.platform AND s.code = i.code) \
       RETURNING i.account_id, i.platform, i.code), \
     opened AS ( \
       INSERT INTO nchat_social_incidents (source_account_id, platform, code, message, opened_at, tell_at) \
       SELECT $2::text, s.platform, s.code, coalesce(s.message, ''), $1, $1 FROM standing s \
       ON CONFLICT DO NOTHING RETURNING account_id, platform, code) \
     SELECT false, * FROM closed UNION ALL SELECT true, * FROM opened";

/// Notes reminders that are due.
pub fn reminders() -> String {
    format!(
        "WITH due AS ( \
           SELECT a.id, a.source_account_id, a.platform, a.credential_id, {END} AS ends_at, \
             CASE WHEN {END} <= $2::timestamptz THEN $5::int WHEN {END} <= $3::timestamptz THEN $6::int ELSE $7::int END AS days \
           FROM nchat_social_credentials c JOIN nchat_social_accounts a ON a.credential_id = c.id \
           WHERE {END} > $1::timestamptz AND {END} <= $4::timestamptz \
             AND (c.refresh_expires_at IS NOT NULL OR c.platform = ANY($8)) \
             AND a.is_active AND a.health <> 'needs_reconnect') \
         INSERT INTO nchat_social_incidents (source_account_id, account_id, platform, code, ends_at, days, \
           opened_at, closed_at, tell_at) \
         SELECT source_account_id, id, platform, 'login_ends', ends_at, days, $1::timestamptz, $1, $1 FROM due \
         WHERE credential_id IN ( \
           SELECT d.credential_id FROM due d WHERE NOT EXISTS ( \
             SELECT FROM nchat_social_incidents i \
             WHERE i.account_id = d.id AND i.ends_at = d.ends_at AND i.days = d.days) \
           ORDER BY 1 LIMIT $9) \
         ORDER BY id ON CONFLICT DO NOTHING"
    )
}

impl Store {
    /// Opens and closes incidents as accounts, platforms and logins stand. Whatever process does it, each is opened once:
    /// the indexes see to it.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was changed.
    pub async fn watch_incidents(&self, watch: Watch<'_>) -> Result<Vec<Turned>, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let mut turned = accounts(&transaction, &watch).await?;
        turned.extend(platforms(&transaction, &watch).await?);
        remind(&transaction, &watch).await?;
        transaction.commit().await?;
        Ok(turned)
    }

    /// The channels that are to be told of something now, at most 100.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    pub async fn untold(
        &self,
        tenant: &str,
        channel: Option<Uuid>,
        now: Timestamp,
    ) -> Result<Vec<Addressee>, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let statement = transaction
            .prepare_cached(&format!(
                "SELECT DISTINCT i.source_account_id, {CHANNEL} AS channel FROM nchat_social_incidents i \
                 LEFT JOIN nchat_social_accounts a ON a.id = i.account_id \
                 WHERE i.tell_at <= $3 AND {CHANNEL} IS NOT NULL ORDER BY 1, 2 LIMIT 100"
            ))
            .await?;
        let rows = transaction.query(&statement, &[&tenant, &channel, &now]).await?;
        Ok(rows.iter().map(|row| Addressee { tenant: row.get(0), channel: row.get(1) }).collect())
    }
}

/// Accounts: what is over is closed first, so that another trouble of the same account can be opened. An account that
/// somebody switched off or that has another trouble now is not solved: nothing is told of that.
async fn accounts(transaction: &Transaction<'_>, watch: &Watch<'_>) -> Result<Vec<Turned>, StoreError> {
    let (codes, healths): (Vec<&str>, Vec<&str>) = watch.of_accounts.iter().copied().unzip();
    let close = transaction
        .prepare_cached(
            "UPDATE nchat_social_incidents i SET closed_at = $1::timestamptz, \
               tell_at = CASE WHEN a.is_active AND a.health = 'connected' AND i.message_id IS NOT NULL THEN $1::timestamptz END \
             FROM nchat_social_accounts a \
             WHERE i.closed_at IS NULL AND i.account_id IS NOT NULL AND a.id = i.account_id \
               AND (NOT a.is_active OR a.health = 'connected' OR a.health_code <> i.code \
                 AND (a.health_code, a.health) IN (SELECT * FROM unnest($2::text[], $3::text[]))) \
             RETURNING false, i.account_id, i.platform, i.code",
        )
        .await?;
    let open = transaction.prepare_cached(OPEN_OF_ACCOUNTS).await?;
    let mut rows = transaction.query(&close, &[&watch.now, &codes, &healths]).await?;
    rows.extend(transaction.query(&open, &[&watch.now, &codes, &healths, &BATCH]).await?);
    rows.iter().map(turned).collect()
}

/// Platforms: a stop, or accounts whose trouble the operator ends, is one incident, whoever's accounts they are. Nothing
/// of an account is in it.
async fn platforms(transaction: &Transaction<'_>, watch: &Watch<'_>) -> Result<Vec<Turned>, StoreError> {
    let (codes, healths): (Vec<&str>, Vec<&str>) = watch.of_platforms.iter().copied().unzip();
    let statement = transaction.prepare_cached(OF_PLATFORMS).await?;
    let rows =
        transaction.query(&statement, &[&watch.now, &watch.tenant, &codes, &healths, &watch.lasting_since]).await?;
    rows.iter().map(turned).collect()
}

/// Reminders of logins that end: each threshold once, and of several that have passed the nearest to the end.
async fn remind(transaction: &Transaction<'_>, watch: &Watch<'_>) -> Result<(), StoreError> {
    let [far, near, last] = REMIND_DAYS;
    let statement = transaction.prepare_cached(&reminders()).await?;
    let within = |days: i32| watch.now + Duration::days(days.into());
    transaction
        .execute(
            &statement,
            &[&watch.now, &within(last), &within(near), &within(far), &last, &near, &far, &watch.refreshing, &BATCH],
        )
        .await?;
    Ok(())
}

fn turned(row: &tokio_postgres::Row) -> Result<Turned, StoreError> {
    Ok(Turned {
        is_open: row.get(0),
        account_id: row.get(1),
        platform: platform(row.get(2), "nchat_social_incidents")?,
        code: row.get(3),
    })
}

/// What the channel is to be told of, held until the transaction's end: another process finds it told.
pub async fn hold(
    transaction: &Transaction<'_>,
    tenant: &str,
    channel: Uuid,
    is_default: bool,
    now: Timestamp,
) -> Result<Vec<Untold>, StoreError> {
    // Without a channel of its own an incident goes to the default tenant's.
    let default_channel = is_default.then_some(channel);
    let statement = transaction
        .prepare_cached(&format!(
            "SELECT i.id, i.platform, i.code, i.message, i.account_id, coalesce(a.account_name, ''), a.account_handle, \
               a.credential_id, i.closed_at IS NOT NULL, i.ends_at, \
               i.ends_at IS NOT NULL AND (i.ends_at <= $3 OR i.ends_at IS DISTINCT FROM ( \
                 SELECT {END} FROM nchat_social_credentials c WHERE c.id = a.credential_id)) \
             FROM nchat_social_incidents i LEFT JOIN nchat_social_accounts a ON a.id = i.account_id \
             WHERE i.tell_at <= $3 AND i.source_account_id = $1 AND {CHANNEL} = $4 \
             ORDER BY i.id LIMIT $5 FOR UPDATE OF i"
        ))
        .await?;
    let rows = transaction.query(&statement, &[&tenant, &default_channel, &now, &channel, &TOLD_AT_ONCE]).await?;
    let read = |row: &tokio_postgres::Row| {
        let ends_at: Option<Timestamp> = row.get(9);
        Ok(Untold {
            id: row.get(0),
            platform: platform(row.get(1), "nchat_social_incidents")?,
            code: row.get(2),
            message: row.get(3),
            account_id: row.get(4),
            account_name: row.get(5),
            account_handle: row.get(6),
            credential_id: row.get(7),
            is_over: row.get::<_, bool>(8) && ends_at.is_none(),
            ends_at,
            is_stale: row.get(10),
        })
    };
    rows.iter().map(read).collect()
}

/// Notes which message told of which incident; `None`: none was needed.
pub async fn told(transaction: &Transaction<'_>, messages: &[(Uuid, Option<Uuid>)]) -> Result<(), StoreError> {
    let (ids, messages): (Vec<Uuid>, Vec<Option<Uuid>>) = messages.iter().copied().unzip();
    transaction
        .execute(
            "UPDATE nchat_social_incidents i SET tell_at = NULL, \
               closing_id = CASE WHEN i.message_id IS NULL THEN i.closing_id ELSE t.message_id END, \
               message_id = coalesce(i.message_id, t.message_id) \
             FROM unnest($1::uuid[], $2::uuid[]) AS t(id, message_id) WHERE i.id = t.id",
            &[&ids, &messages],
        )
        .await?;
    Ok(())
}

/// Puts off what a channel could not be told.
pub async fn put_off(transaction: &Transaction<'_>, ids: &[Uuid], until: Timestamp) -> Result<(), StoreError> {
    transaction.execute("UPDATE nchat_social_incidents SET tell_at = $2 WHERE id = ANY($1)", &[&ids, &until]).await?;
    Ok(())
}

/// The messages that name an account.
pub async fn messages_of(transaction: &Transaction<'_>, account: Uuid) -> Result<Vec<Uuid>, StoreError> {
    let rows = transaction
        .query(
            "SELECT m FROM nchat_social_incidents, unnest(ARRAY[message_id, closing_id]) AS m \
             WHERE account_id = $1 AND m IS NOT NULL",
            &[&account],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
