//! What somebody must be told in a channel, and what was told. Found over all tenants, told in each by itself: only a
//! tenant sees its channels.

use super::{ALL_TENANTS, Store, StoreError, import::platform};
use crate::domain::{Platform, Timestamp, alert::Named};
use deadpool_postgres::Transaction;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// So many of a kind are found at a time; the rest is next.
const MOST: i64 = 1_000;

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Watch<'a> {
    /// Now.
    pub now: Timestamp,
    /// Whose channel `channel` is.
    pub default_tenant: &'a str,
    /// For accounts of the default tenant that have no channel of their own, and for platforms.
    pub channel: Option<Uuid>,
    /// Codes of accounts that are told.
    pub account_codes: &'a [&'static str],
    /// Codes of platforms that are told.
    pub platform_codes: &'a [&'static str],
    /// Platforms whose tokens renew themselves, and so have no end to remind of.
    pub renewing: &'a [&'static str],
    /// Days before a login's end at which it is told.
    pub days: &'a [i32],
}

/// Where something is told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub tenant: String,
    pub channel: Uuid,
}

/// An account that needs somebody.
#[derive(Clone, Debug)]
pub struct NeedyAccount {
    pub place: Place,
    pub platform: Platform,
    pub code: String,
    pub id: Uuid,
    pub named: Named,
    pub why: Option<String>,
}

/// A platform that is not read.
#[derive(Clone, Debug)]
pub struct StoppedPlatform {
    pub place: Place,
    pub platform: Platform,
    pub code: String,
    pub why: Option<String>,
}

/// An incident that is over.
#[derive(Clone, Debug)]
pub struct Over {
    pub place: Place,
    pub platform: Platform,
    pub id: Uuid,
    /// The account it was about, if it was about one that works again; `None` otherwise.
    pub account: Option<Named>,
    /// Worth telling: it was solved, and not merely switched off, deleted or replaced by another trouble.
    pub is_solved: bool,
}

/// A login that ends soon.
#[derive(Clone, Debug)]
pub struct EndingLogin {
    pub place: Place,
    pub platform: Platform,
    pub id: Uuid,
    pub ends_at: Timestamp,
    pub days_before: i32,
    pub accounts: Vec<Named>,
}

/// Everything that was not told yet.
#[derive(Clone, Debug, Default)]
pub struct Untold {
    pub accounts: Vec<NeedyAccount>,
    pub platforms: Vec<StoppedPlatform>,
    pub over: Vec<Over>,
    pub logins: Vec<EndingLogin>,
}

/// The platforms that nobody can read, and why: stopped as a whole, or an account met a fault that all would meet.
const STOPPED: &str = "stopped AS (SELECT DISTINCT ON (platform, code) platform, code, message FROM ( \
       SELECT platform, code, message FROM nchat_social_platforms \
       WHERE opened_at IS NOT NULL AND closed_at IS NULL AND code = ANY($1) \
       UNION ALL SELECT platform, health_code, NULL FROM nchat_social_accounts \
       WHERE is_active AND health IN ('paused', 'needs_reconnect') AND health_code = ANY($1)) found \
     ORDER BY platform, code, message NULLS LAST)";

impl Store {
    /// Finds what was not told yet, in one round trip.
    pub async fn untold(&self, watch: &Watch<'_>) -> Result<Untold, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let accounts = transaction
            .prepare_cached(
                "SELECT a.source_account_id, t.channel_id, a.platform, a.health_code, a.id, a.account_name, \
                   a.account_handle, a.health_message \
                 FROM nchat_social_accounts a CROSS JOIN LATERAL (SELECT coalesce(a.alert_channel_id, \
                   CASE WHEN a.source_account_id = $2 THEN $3::uuid END) AS channel_id) t \
                 WHERE a.is_active AND a.health IN ('paused', 'needs_reconnect') AND a.health_code = ANY($1) \
                   AND t.channel_id IS NOT NULL AND NOT EXISTS (SELECT FROM nchat_social_incidents i \
                     WHERE i.account_id = a.id AND i.code = a.health_code AND i.closed_at IS NULL) \
                 ORDER BY a.health_since, a.id LIMIT $4",
            )
            .await?;
        let platforms = transaction
            .prepare_cached(&format!(
                "WITH {STOPPED}, places AS ( \
                   SELECT $2::text AS tenant, $3::uuid AS channel_id, NULL::text AS platform WHERE $3::uuid IS NOT NULL \
                   UNION SELECT source_account_id, alert_channel_id, platform FROM nchat_social_accounts \
                   WHERE is_active AND alert_channel_id IS NOT NULL) \
                 SELECT DISTINCT p.tenant, p.channel_id, s.platform, s.code, s.message \
                 FROM stopped s JOIN places p ON p.platform = s.platform OR p.platform IS NULL \
                 WHERE NOT EXISTS (SELECT FROM nchat_social_incidents i WHERE i.channel_id = p.channel_id \
                   AND i.platform = s.platform AND i.code = s.code AND i.account_id IS NULL AND i.closed_at IS NULL) \
                 LIMIT $4"
            ))
            .await?;
        let over = transaction
            .prepare_cached(&format!(
                "WITH {STOPPED} \
                 SELECT i.source_account_id, i.channel_id, i.platform, i.id, a.account_name, a.account_handle, \
                   CASE WHEN i.account_id IS NULL THEN true ELSE coalesce(a.is_active AND a.health = 'connected', false) END \
                 FROM nchat_social_incidents i LEFT JOIN nchat_social_accounts a ON a.id = i.account_id \
                 WHERE i.closed_at IS NULL AND CASE WHEN i.account_id IS NULL \
                   THEN NOT EXISTS (SELECT FROM stopped s WHERE s.platform = i.platform AND s.code = i.code) \
                   ELSE NOT coalesce(a.is_active AND (a.health = 'degraded' \
                     OR a.health IN ('paused', 'needs_reconnect') AND a.health_code = i.code), false) END \
                 ORDER BY i.opened_at, i.id LIMIT $2"
            ))
            .await?;
        let logins = transaction
            .prepare_cached(
                "SELECT c.source_account_id, t.channel_id, c.platform, c.id, e.ends_at, s.days, \
                   array_agg(a.account_name ORDER BY a.account_name, a.id), \
                   array_agg(a.account_handle ORDER BY a.account_name, a.id) \
                 FROM nchat_social_credentials c \
                 CROSS JOIN LATERAL (SELECT coalesce(c.refresh_expires_at, c.access_expires_at) AS ends_at) e \
                 CROSS JOIN LATERAL (SELECT min(d) AS days FROM unnest($4::int[]) d \
                   WHERE e.ends_at <= $1::timestamptz + make_interval(days => d)) s \
                 JOIN nchat_social_accounts a ON a.credential_id = c.id AND a.is_active \
                   AND a.health <> 'needs_reconnect' \
                 CROSS JOIN LATERAL (SELECT coalesce(a.alert_channel_id, \
                   CASE WHEN a.source_account_id = $2 THEN $3::uuid END) AS channel_id) t \
                 WHERE (c.refresh_expires_at IS NOT NULL OR c.refresh_token_sealed IS NULL) \
                   AND c.platform <> ALL($5) AND t.channel_id IS NOT NULL \
                   AND coalesce(c.refresh_expires_at, c.access_expires_at) > $1 \
                   AND coalesce(c.refresh_expires_at, c.access_expires_at) <= $1::timestamptz + interval '14 days' \
                   AND NOT EXISTS (SELECT FROM nchat_social_incidents i WHERE i.login_id = c.id \
                     AND i.channel_id = t.channel_id AND i.days_before <= s.days \
                     AND i.ends_at BETWEEN e.ends_at - interval '1 day' AND e.ends_at + interval '1 day') \
                 GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY e.ends_at, c.id LIMIT $6",
            )
            .await?;
        let (tenant, channel) = (watch.default_tenant, watch.channel);
        let of_accounts: [&(dyn ToSql + Sync); 4] = [&watch.account_codes, &tenant, &channel, &MOST];
        let of_platforms: [&(dyn ToSql + Sync); 4] = [&watch.platform_codes, &tenant, &channel, &MOST];
        let of_over: [&(dyn ToSql + Sync); 2] = [&watch.platform_codes, &MOST];
        let of_logins: [&(dyn ToSql + Sync); 6] = [&watch.now, &tenant, &channel, &watch.days, &watch.renewing, &MOST];
        let (accounts, platforms, over, logins) = futures_util::try_join!(
            transaction.query(&accounts, &of_accounts),
            transaction.query(&platforms, &of_platforms),
            transaction.query(&over, &of_over),
            transaction.query(&logins, &of_logins),
        )?;
        transaction.commit().await?;

        let place = |row: &tokio_postgres::Row| Place { tenant: row.get(0), channel: row.get(1) };
        let of = |row: &tokio_postgres::Row| platform(row.get(2), "nchat_social_incidents");
        let accounts = accounts.iter().map(|row| {
            Ok(NeedyAccount {
                place: place(row),
                platform: of(row)?,
                code: row.get(3),
                id: row.get(4),
                named: Named { name: row.get(5), handle: row.get(6) },
                why: row.get(7),
            })
        });
        let platforms = platforms.iter().map(|row| {
            Ok(StoppedPlatform { place: place(row), platform: of(row)?, code: row.get(3), why: row.get(4) })
        });
        let over = over.iter().map(|row| {
            let name: Option<String> = row.get(4);
            let account = name.map(|name| Named { name, handle: row.get(5) });
            Ok(Over { place: place(row), platform: of(row)?, id: row.get(3), account, is_solved: row.get(6) })
        });
        let logins = logins.iter().map(|row| {
            let names = row.get::<_, Vec<String>>(6).into_iter().zip(row.get::<_, Vec<Option<String>>>(7));
            Ok(EndingLogin {
                place: place(row),
                platform: of(row)?,
                id: row.get(3),
                ends_at: row.get(4),
                days_before: row.get(5),
                accounts: names.map(|(name, handle)| Named { name, handle }).collect(),
            })
        });
        Ok(Untold {
            accounts: accounts.collect::<Result<_, StoreError>>()?,
            platforms: platforms.collect::<Result<_, StoreError>>()?,
            over: over.collect::<Result<_, StoreError>>()?,
            logins: logins.collect::<Result<_, StoreError>>()?,
        })
    }
}

/// An incident to open.
#[derive(Clone, Copy, Debug)]
pub struct Opened<'a> {
    pub id: Uuid,
    pub platform: Platform,
    pub code: &'a str,
    pub account_id: Option<Uuid>,
    /// A login's, its end and the days before it.
    pub login: Option<(Uuid, Timestamp, i32)>,
}

/// Opens incidents; a reminder is closed at once. Returns the ids of those that nobody else opened.
pub async fn open(
    transaction: &Transaction<'_>,
    place: &Place,
    now: Timestamp,
    opened: &[Opened<'_>],
) -> Result<Vec<Uuid>, StoreError> {
    if opened.is_empty() {
        return Ok(Vec::new());
    }
    let statement = transaction
        .prepare_cached(
            "INSERT INTO nchat_social_incidents (id, source_account_id, channel_id, platform, code, account_id, \
               login_id, ends_at, days_before, opened_at, closed_at) \
             SELECT n.id, $1, $2, n.platform, n.code, n.account_id, n.login_id, n.ends_at, n.days, $3::timestamptz, \
               CASE WHEN n.login_id IS NOT NULL THEN $3::timestamptz END \
             FROM unnest($4::uuid[], $5::text[], $6::text[], $7::uuid[], $8::uuid[], $9::timestamptz[], $10::int[]) \
               AS n(id, platform, code, account_id, login_id, ends_at, days) \
             ORDER BY n.account_id, n.login_id, n.platform, n.code ON CONFLICT DO NOTHING RETURNING id",
        )
        .await?;
    let ids: Vec<Uuid> = opened.iter().map(|new| new.id).collect();
    let platforms: Vec<&str> = opened.iter().map(|new| new.platform.as_str()).collect();
    let codes: Vec<&str> = opened.iter().map(|new| new.code).collect();
    let accounts: Vec<Option<Uuid>> = opened.iter().map(|new| new.account_id).collect();
    let logins: Vec<Option<Uuid>> = opened.iter().map(|new| new.login.map(|(login, ..)| login)).collect();
    let ends: Vec<Option<Timestamp>> = opened.iter().map(|new| new.login.map(|(_, at, _)| at)).collect();
    let days: Vec<Option<i32>> = opened.iter().map(|new| new.login.map(|(.., days)| days)).collect();
    let rows = transaction
        .query(
            &statement,
            &[&place.tenant, &place.channel, &now, &ids, &platforms, &codes, &accounts, &logins, &ends, &days],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Closes incidents. Returns the ids of those that nobody else closed.
pub async fn close(transaction: &Transaction<'_>, ids: &[Uuid], now: Timestamp) -> Result<Vec<Uuid>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let statement = transaction
        .prepare_cached(
            "UPDATE nchat_social_incidents SET closed_at = $2 WHERE id = ANY($1) AND closed_at IS NULL RETURNING id",
        )
        .await?;
    let rows = transaction.query(&statement, &[&ids, &now]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
