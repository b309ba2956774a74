//! The daily budget: what is spent, and what readings under way have set aside. The day's row of the platform is locked
//! while a part is set aside, never over a call, so no number of processes can promise the same money twice.

use super::{ALL_TENANTS, Store, StoreError};
use crate::domain::{Platform, Timestamp, Usd};
use std::collections::HashMap;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// What there is to share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Funds {
    /// Spent today.
    pub spent: Usd,
    /// Set aside by readings under way.
    pub set_aside: Usd,
}

/// Money kept for an account's reading whose answer was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsure {
    /// The account.
    pub account_id: Uuid,
    /// What the platform may have billed.
    pub sum: Usd,
}

impl Store {
    /// Sets aside for `lease_id`, until `expires_at`, what `share` makes of today's funds. What was kept for lost answers
    /// of its `accounts` goes over to it, for they are read again: the second value returned, by account.
    ///
    /// # Errors
    /// [`StoreError`]; nothing is set aside.
    pub async fn set_aside(
        &self,
        platform: Platform,
        lease_id: Uuid,
        accounts: &[Uuid],
        (now, expires_at): (Timestamp, Timestamp),
        share: impl FnOnce(Funds) -> Usd,
    ) -> Result<(Funds, Usd, HashMap<Uuid, Usd>), StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let lock = transaction
            .prepare_cached(
                "INSERT INTO nchat_social_spending AS s (platform, day) VALUES ($1, $2) \
                 ON CONFLICT (platform, day) DO UPDATE SET micro_usd = s.micro_usd RETURNING micro_usd",
            )
            .await?;
        let aside = transaction
            .prepare_cached(
                "SELECT coalesce(sum(micro_usd), 0)::bigint FROM nchat_social_reservations \
                 WHERE platform = $1 AND expires_at > $2",
            )
            .await?;
        let name = platform.as_str();
        let day = now.date_naive();
        // Sent together; the second statement sees what the first one waited for.
        let (of_day, at_present): ([&(dyn ToSql + Sync); 2], [&(dyn ToSql + Sync); 2]) = ([&name, &day], [&name, &now]);
        let (spent, set_aside) = futures_util::try_join!(
            transaction.query_one(&lock, &of_day),
            transaction.query_one(&aside, &at_present),
        )?;
        let funds = Funds { spent: Usd(spent.get(0)), set_aside: Usd(set_aside.get(0)) };
        let sum = share(funds);
        let mut kept = HashMap::new();
        if !accounts.is_empty() && funds.set_aside > Usd::ZERO {
            let take = transaction
                .prepare_cached(
                    "DELETE FROM nchat_social_reservations WHERE id = ANY($1) AND expires_at > $2 RETURNING id, micro_usd",
                )
                .await?;
            let taken = transaction.query(&take, &[&accounts, &now]).await?;
            kept = taken.iter().map(|row| (row.get(0), Usd(row.get(1)))).collect();
        }
        let total = sum + kept.values().copied().sum();
        if total > Usd::ZERO {
            let insert = transaction
                .prepare_cached(
                    "INSERT INTO nchat_social_reservations AS r (id, platform, micro_usd, expires_at) \
                     VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET \
                       micro_usd = r.micro_usd + excluded.micro_usd, expires_at = excluded.expires_at",
                )
                .await?;
            transaction.execute(&insert, &[&lease_id, &name, &total.0, &expires_at]).await?;
        }
        transaction.commit().await?;
        Ok((funds, sum, kept))
    }

    /// Gives back what `lease_id` has left. What the platform may have billed without our knowing stays set aside until
    /// `keep_until`.
    ///
    /// # Errors
    /// [`StoreError`]; then it is given back when the lease ends.
    pub async fn give_back(
        &self,
        platform: Platform,
        lease_id: Uuid,
        unsure: &[Unsure],
        keep_until: Timestamp,
    ) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let statement = transaction
            .prepare_cached(
                "WITH kept AS ( \
                   INSERT INTO nchat_social_reservations AS r (id, platform, micro_usd, expires_at) \
                   SELECT u.id, $1, u.sum, $5 FROM unnest($3::uuid[], $4::bigint[]) AS u(id, sum) ORDER BY u.id \
                   ON CONFLICT (id) DO UPDATE SET micro_usd = greatest(r.micro_usd, excluded.micro_usd)) \
                 DELETE FROM nchat_social_reservations WHERE id = $2",
            )
            .await?;
        let ids: Vec<Uuid> = unsure.iter().map(|unsure| unsure.account_id).collect();
        let sums: Vec<i64> = unsure.iter().map(|unsure| unsure.sum.0).collect();
        transaction.execute(&statement, &[&platform.as_str(), &lease_id, &ids, &sums, &keep_until]).await?;
        transaction.commit().await?;
        Ok(())
    }
}
