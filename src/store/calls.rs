//! Our own count of calls a day, where a platform counts them and does not tell. Per deployment; the app's own count
//! stands under the login of zeros.

use super::{ALL_TENANTS, Store, StoreError};
use crate::domain::Platform;
use chrono::NaiveDate;
use std::collections::{BTreeMap, HashMap};
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

/// The login under which the app's own calls are counted.
pub const APP: Uuid = Uuid::nil();

/// One count of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Calls made today.
    pub calls: u32,
    /// The day's limit, where a refusal taught it.
    pub most: Option<u32>,
}

/// What is known of the day's calls.
#[derive(Clone, Debug, Default)]
pub struct CallCounts {
    /// By login ([`APP`] for the app) and endpoint.
    pub counts: HashMap<Uuid, BTreeMap<String, Count>>,
    /// Active accounts by login.
    pub sharers: HashMap<Uuid, u32>,
}

/// The counts of day `$2` at platform `$1`. A new day may have a larger limit: what was learned grows until it is met
/// again.
const COUNTS: &str = "SELECT login_id, endpoint, CASE WHEN day = $2 THEN calls ELSE 0 END, \
       CASE WHEN day = $2 THEN most ELSE most + most / 10 + 1 END \
     FROM nchat_social_calls WHERE platform = $1 AND ";

/// Calls to be counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NewCalls {
    /// Whose; [`APP`] for the app's.
    pub login: Uuid,
    /// The endpoint.
    pub endpoint: &'static str,
    /// How many.
    pub calls: u32,
    /// The last one was refused: the count is used up.
    pub used_up: bool,
}

fn count(row: &Row) -> Count {
    let number = |number: i32| u32::try_from(number).unwrap_or(0);
    Count { calls: number(row.get(2)), most: row.get::<_, Option<i32>>(3).map(number) }
}

impl Store {
    /// The counts of `day` for `logins` and for the app at `platform`.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    pub async fn call_counts(
        &self,
        platform: Platform,
        day: NaiveDate,
        logins: &[Uuid],
    ) -> Result<CallCounts, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let counts = transaction.prepare_cached(&format!("{COUNTS} (login_id = ANY($3) OR login_id = $4)")).await?;
        let sharers = transaction
            .prepare_cached(
                "SELECT credential_id, count(*) FROM nchat_social_accounts \
                 WHERE credential_id = ANY($1) AND is_active GROUP BY 1 \
                 UNION ALL SELECT $3::uuid, count(*) FROM nchat_social_accounts \
                 WHERE platform = $2 AND is_active AND credential_id IS NOT NULL AND health <> 'needs_reconnect'",
            )
            .await?;
        let platform = platform.as_str();
        let of_day: [&(dyn ToSql + Sync); 4] = [&platform, &day, &logins, &APP];
        let of_logins: [&(dyn ToSql + Sync); 3] = [&logins, &platform, &APP];
        let (counted, shared) =
            futures_util::try_join!(transaction.query(&counts, &of_day), transaction.query(&sharers, &of_logins))?;
        let mut known = CallCounts::default();
        for row in counted {
            known.counts.entry(row.get(0)).or_default().insert(row.get(1), count(&row));
        }
        let shared = shared.iter().map(|row| (row.get(0), u32::try_from(row.get::<_, i64>(1)).unwrap_or(u32::MAX)));
        known.sharers = shared.collect();
        Ok(known)
    }

    /// The app's own counts of `day` at `platform`, by endpoint.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    pub async fn app_calls(&self, platform: Platform, day: NaiveDate) -> Result<BTreeMap<String, Count>, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let statement = transaction.prepare_cached(&format!("{COUNTS} login_id = $3")).await?;
        let rows = transaction.query(&statement, &[&platform.as_str(), &day, &APP]).await?;
        Ok(rows.iter().map(|row| (row.get(1), count(row))).collect())
    }

    /// Counts calls of `day` at `platform`, in one statement.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    pub async fn count_calls(&self, platform: Platform, day: NaiveDate, calls: &[NewCalls]) -> Result<(), StoreError> {
        if calls.is_empty() {
            return Ok(());
        }
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let statement = transaction
            .prepare_cached(
                "INSERT INTO nchat_social_calls AS c (platform, login_id, endpoint, day, calls, most) \
                 SELECT $1, n.login, n.endpoint, $2, n.calls, CASE WHEN n.used_up THEN greatest(n.calls - 1, 1) END \
                 FROM unnest($3::uuid[], $4::text[], $5::int[], $6::bool[]) AS n(login, endpoint, calls, used_up) \
                 ORDER BY n.login, n.endpoint \
                 ON CONFLICT (platform, login_id, endpoint) DO UPDATE SET \
                   calls = excluded.calls + CASE WHEN c.day = excluded.day THEN c.calls ELSE 0 END, \
                   most = CASE WHEN excluded.most IS NOT NULL \
                       THEN greatest(excluded.calls + CASE WHEN c.day = excluded.day THEN c.calls ELSE 0 END - 1, 1) \
                     WHEN c.day = excluded.day THEN c.most ELSE c.most + c.most / 10 + 1 END, \
                   day = excluded.day",
            )
            .await?;
        let logins: Vec<Uuid> = calls.iter().map(|calls| calls.login).collect();
        let endpoints: Vec<&str> = calls.iter().map(|calls| calls.endpoint).collect();
        let numbers: Vec<i32> = calls.iter().map(|calls| i32::try_from(calls.calls).unwrap_or(i32::MAX)).collect();
        let used_up: Vec<bool> = calls.iter().map(|calls| calls.used_up).collect();
        transaction.execute(&statement, &[&platform.as_str(), &day, &logins, &endpoints, &numbers, &used_up]).await?;
        transaction.commit().await?;
        Ok(())
    }
}
