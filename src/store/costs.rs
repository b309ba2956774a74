//! The ledger of what reading costs: each thing once a UTC day and kind of call, as the platform bills it.

use super::{ALL_TENANTS, Store, StoreError, import::platform};
use crate::domain::{Platform, Usd};
use chrono::NaiveDate;
use deadpool_postgres::Transaction;
use uuid::Uuid;

/// The account under which connecting is booked: there is none yet.
pub const CONNECTING: Uuid = Uuid::nil();

/// Things to be booked. The lists are equally long: kind of call, `post` or `user`, id.
#[derive(Clone, Debug)]
pub struct Charge<'a> {
    /// Whose.
    pub tenant: &'a str,
    /// The account read.
    pub account_id: Uuid,
    /// The platform that bills.
    pub platform: Platform,
    /// The UTC day on which it answered.
    pub day: NaiveDate,
    /// Kinds of call.
    pub endpoints: Vec<&'a str>,
    /// Kinds of things.
    pub kinds: Vec<&'static str>,
    /// Their ids.
    pub ids: Vec<&'a str>,
    /// The price of a post.
    pub post: Usd,
    /// The price of a user.
    pub user: Usd,
    /// Money that was set aside for it, and under which id.
    pub set_aside: Option<(Uuid, Usd)>,
}

/// A day's bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CostDay {
    /// The UTC day.
    pub day: NaiveDate,
    /// Who bills.
    pub platform: Platform,
    /// Posts billed.
    pub posts: i64,
    /// Users billed.
    pub users: i64,
    /// Their price.
    pub cost: Usd,
}

/// What an account, or a workspace, cost lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// On this UTC day.
    pub today: Usd,
    /// In this month.
    pub month: Usd,
    /// On the last whole days, at most 28, since the first cost.
    pub recent: Usd,
    /// How many days these are.
    pub recent_days: u32,
}

impl Store {
    /// Books what was billed and is not booked yet, in one statement. Returns its price.
    ///
    /// The day's total is one row for everybody, so nobody waits for the disk with it locked: the import that follows
    /// waits for both. Should Postgres fall between the two, the posts are read and booked again.
    ///
    /// # Errors
    /// [`StoreError`]; nothing is booked.
    pub async fn charge(&self, charge: &Charge<'_>) -> Result<Usd, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        // Rows are locked in the same order by everybody: ids, the account's cost, the day's total, the reservation.
        let statement = transaction
            .prepare_cached(
                "WITH fresh AS ( \
                   INSERT INTO nchat_social_billed (day, platform, endpoint, kind, resource_id) \
                   SELECT $1, $2, b.endpoint, b.kind, b.id FROM unnest($3::text[], $4::text[], $5::text[]) \
                     AS b(endpoint, kind, id) ORDER BY b.endpoint, b.kind, b.id \
                   ON CONFLICT DO NOTHING RETURNING kind), \
                 priced AS ( \
                   SELECT posts, users, posts * $6::bigint + users * $7::bigint AS micro_usd FROM ( \
                     SELECT count(*) FILTER (WHERE kind = 'post') AS posts, \
                       count(*) FILTER (WHERE kind = 'user') AS users FROM fresh) AS counted), \
                 booked AS ( \
                   INSERT INTO nchat_social_costs AS c (source_account_id, day, platform, account_id, posts, users, \
                     micro_usd) \
                   SELECT $8, $1, $2, $9, posts, users, micro_usd FROM priced WHERE posts + users > 0 \
                   ON CONFLICT (source_account_id, day, platform, account_id) DO UPDATE SET \
                     posts = c.posts + excluded.posts, users = c.users + excluded.users, \
                     micro_usd = c.micro_usd + excluded.micro_usd RETURNING 1), \
                 spent AS ( \
                   INSERT INTO nchat_social_spending AS s (platform, day, micro_usd) \
                   SELECT $2, $1, priced.micro_usd FROM priced, (SELECT count(*) FROM booked) AS b(n) WHERE n > 0 \
                   ON CONFLICT (platform, day) DO UPDATE SET micro_usd = s.micro_usd + excluded.micro_usd RETURNING 1), \
                 used AS ( \
                   UPDATE nchat_social_reservations r SET micro_usd = greatest(r.micro_usd - $11, 0) \
                   FROM (SELECT count(*) FROM spent) AS s(n) WHERE r.id = $10 AND n >= 0) \
                 SELECT micro_usd, set_config('synchronous_commit', 'off', true) FROM priced",
            )
            .await?;
        let (aside, sum) = charge.set_aside.unzip();
        let row = transaction
            .query_one(
                &statement,
                &[
                    &charge.day,
                    &charge.platform.as_str(),
                    &charge.endpoints,
                    &charge.kinds,
                    &charge.ids,
                    &charge.post.0,
                    &charge.user.0,
                    &charge.tenant,
                    &charge.account_id,
                    &aside,
                    &sum.unwrap_or_default().0,
                ],
            )
            .await?;
        transaction.commit().await?;
        Ok(Usd(row.get(0)))
    }
}

/// The days of `tenant` from `from` to `to`, newest first: of one account or all, each platform by itself.
pub async fn by_day(
    transaction: &Transaction<'_>,
    tenant: &str,
    from: NaiveDate,
    to: NaiveDate,
    account_id: Option<Uuid>,
) -> Result<Vec<CostDay>, StoreError> {
    let statement = transaction
        .prepare_cached(
            "SELECT day, platform, sum(posts)::bigint, sum(users)::bigint, sum(micro_usd)::bigint \
             FROM nchat_social_costs WHERE source_account_id = $1 AND day BETWEEN $2 AND $3 \
               AND ($4::uuid IS NULL OR account_id = $4) \
             GROUP BY day, platform ORDER BY day DESC, platform LIMIT 1000",
        )
        .await?;
    let rows = transaction.query(&statement, &[&tenant, &from, &to, &account_id]).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(CostDay {
            day: row.get(0),
            platform: platform(row.get(1), "nchat_social_costs")?,
            posts: row.get(2),
            users: row.get(3),
            cost: Usd(row.get(4)),
        })
    };
    rows.iter().map(read).collect()
}

/// What `tenant` spent lately at `platform`: by account for those in `accounts`, or in all under the id of zeros.
pub async fn lately(
    transaction: &Transaction<'_>,
    tenant: &str,
    today: NaiveDate,
    at: Option<Platform>,
    accounts: Option<&[Uuid]>,
) -> Result<Vec<(Uuid, Spent)>, StoreError> {
    let statement = transaction
        .prepare_cached(
            "SELECT CASE WHEN $4::uuid[] IS NULL THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE account_id END, \
               coalesce(sum(micro_usd) FILTER (WHERE day = $2), 0)::bigint, \
               coalesce(sum(micro_usd) FILTER (WHERE day >= date_trunc('month', $2::date)), 0)::bigint, \
               coalesce(sum(micro_usd) FILTER (WHERE day < $2 AND day >= $2 - 28), 0)::bigint, \
               least($2 - min(day), 28) \
             FROM nchat_social_costs \
             WHERE source_account_id = $1 AND day BETWEEN $2 - 400 AND $2 AND ($3::text IS NULL OR platform = $3) \
               AND ($4::uuid[] IS NULL OR account_id = ANY($4)) GROUP BY 1",
        )
        .await?;
    let rows = transaction.query(&statement, &[&tenant, &today, &at.map(Platform::as_str), &accounts]).await?;
    let read = |row: &tokio_postgres::Row| {
        let recent_days = row.get::<_, Option<i32>>(4).and_then(|days| u32::try_from(days).ok()).unwrap_or(0);
        let spent = Spent { today: Usd(row.get(1)), month: Usd(row.get(2)), recent: Usd(row.get(3)), recent_days };
        (row.get(0), spent)
    };
    Ok(rows.iter().map(read).collect())
}
