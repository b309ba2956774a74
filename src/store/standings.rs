//! How platforms stand with this app: one row for each that ever gave trouble, shared by every process. Per deployment,
//! so no tenant is bound.

use super::{ALL_TENANTS, Store, StoreError, import::platform};
use crate::domain::{
    Platform, Timestamp,
    standing::{Standing, Stop},
};
use std::collections::HashMap;
use tokio_postgres::Row;
use uuid::Uuid;

/// A platform's standing, and who finds out whether a stop is over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stands {
    /// The standing.
    pub standing: Standing,
    /// The lease whose account probes the platform.
    pub probe_lease: Option<Uuid>,
    /// Until when it has time for that.
    pub probe_until: Option<Timestamp>,
}

pub(super) const COLUMNS: &str = "platform, code, message, opened_at, closed_at, hold_until, strikes, failures, \
    failing_since, usage_percent, usage_at, probe_lease, probe_until";

pub(super) fn read(row: &Row) -> Result<(Platform, Stands), StoreError> {
    let opened_at: Option<Timestamp> = row.get(3);
    let until: Option<Timestamp> = row.get(5);
    let stop = opened_at.zip(until).map(|(opened_at, until)| Stop {
        code: row.get::<_, Option<String>>(1).unwrap_or_default(),
        message: row.get::<_, Option<String>>(2).unwrap_or_default(),
        opened_at,
        closed_at: row.get(4),
        until,
        strikes: u32::try_from(row.get::<_, i32>(6)).unwrap_or(0),
    });
    let usage: Option<f32> = row.get(9);
    let standing = Standing {
        stop,
        failures: u32::try_from(row.get::<_, i32>(7)).unwrap_or(0),
        failing_since: row.get(8),
        usage: usage.map(f64::from).zip(row.get(10)),
    };
    let stands = Stands { standing, probe_lease: row.get(11), probe_until: row.get(12) };
    Ok((platform(row.get(0), "nchat_social_platforms")?, stands))
}

impl Store {
    /// How the platforms stand that ever gave trouble.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    pub async fn standings(&self) -> Result<HashMap<Platform, Stands>, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let statement = transaction.prepare_cached(&format!("SELECT {COLUMNS} FROM nchat_social_platforms")).await?;
        transaction.query(&statement, &[]).await?.iter().map(read).collect()
    }

    /// Lets `judge` decide how `platform` stands, under a lock on its row. It is given the standing and whether
    /// `lease_id` is the probe. Returns the standing before and after.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was written.
    #[allow(clippy::cast_possible_truncation)]
    pub async fn judge_platform(
        &self,
        of: Platform,
        lease_id: Uuid,
        judge: impl FnOnce(&Standing, bool) -> Standing,
    ) -> Result<(Standing, Standing), StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let insert = "INSERT INTO nchat_social_platforms (platform) VALUES ($1) ON CONFLICT DO NOTHING";
        transaction.execute(insert, &[&of.as_str()]).await?;
        let select = format!("SELECT {COLUMNS} FROM nchat_social_platforms WHERE platform = $1 FOR UPDATE");
        let (_, stands) = read(&transaction.query_one(&select, &[&of.as_str()]).await?)?;
        let probing = stands.probe_lease == Some(lease_id);
        let next = judge(&stands.standing, probing);
        if next != stands.standing || probing {
            let stop = next.stop.as_ref();
            transaction
                .execute(
                    "UPDATE nchat_social_platforms SET code = $2, message = $3, opened_at = $4, closed_at = $5, \
                       hold_until = $6, strikes = $7, failures = $8, failing_since = $9, usage_percent = $10, \
                       usage_at = $11, probe_lease = CASE WHEN $12 THEN NULL ELSE probe_lease END, \
                       probe_until = CASE WHEN $12 THEN NULL ELSE probe_until END \
                     WHERE platform = $1",
                    &[
                        &of.as_str(),
                        &stop.map(|stop| &stop.code),
                        &stop.map(|stop| &stop.message),
                        &stop.map(|stop| stop.opened_at),
                        &stop.and_then(|stop| stop.closed_at),
                        &stop.map(|stop| stop.until),
                        &i32::try_from(stop.map_or(0, |stop| stop.strikes)).unwrap_or(i32::MAX),
                        &i32::try_from(next.failures).unwrap_or(i32::MAX),
                        &next.failing_since,
                        &next.usage.map(|(percent, _)| percent as f32),
                        &next.usage.map(|(_, at)| at),
                        &probing,
                    ],
                )
                .await?;
        }
        transaction.commit().await?;
        Ok((stands.standing, next))
    }
}
