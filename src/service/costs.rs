//! What reading costs: booking it, forecasting it, and keeping it below the budget.

use super::{AdminActor, Service, ServiceError, import::Chain};
use crate::{
    domain::{
        Platform, Timestamp, Usd,
        account::Login,
        limits::next_midnight,
        money::{month_end, month_of, shares},
    },
    platforms::{Billed, Billing, Granted, LoginRequest, Meter, PlatformError, SocialPlatform},
    store::{
        StoreError,
        budget::{Funds, Unsure},
        costs::{self, CONNECTING, Charge, CostDay, Spent},
    },
};
use chrono::{Datelike, Duration, Months, NaiveDate};
use secrecy::SecretString;
use std::collections::HashMap;
use uuid::Uuid;

/// Finding out who logged in takes no longer.
const LOGIN_LIMIT: Duration = Duration::minutes(5);

/// Whose reading is booked, and where.
#[derive(Clone, Copy, Debug)]
pub struct Book<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The account; [`CONNECTING`] while there is none.
    pub account_id: Uuid,
    /// The platform.
    pub platform: Platform,
    /// The lease, or whatever else the money was set aside for.
    pub lease_id: Uuid,
}

/// What a workspace or an account costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// On this UTC day.
    pub today: Usd,
    /// In this month.
    pub month: Usd,
    /// In this month, at its end, if things go on as in the last days.
    pub forecast_month: Usd,
}

/// What reading an account will cost, from what it publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// Reading each post once.
    pub month: Usd,
    /// Added to that at most while an integration asks for engagement: looking at each post again.
    pub lookups_month: Usd,
}

impl Service {
    /// What reading at `platform` costs, where it costs.
    pub fn billing(&self, platform: Platform) -> Option<&Billing> {
        self.platforms.get(platform)?.spec().billing.as_ref()
    }

    /// Sets a part of today's budget aside for `lease_id`, which is to read `accounts`: for each what its smallest to its
    /// largest page can cost, for the first ones if there is not enough for all. `None`: there is no budget.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    pub async fn allowance(
        &self,
        platform: Platform,
        lease_id: Uuid,
        accounts: &[Uuid],
        expires_at: Timestamp,
    ) -> Result<Option<HashMap<Uuid, Granted>>, StoreError> {
        let Some((billing, budget)) = self.billing(platform).and_then(|of| Some((of, of.daily_budget?))) else {
            return Ok(None);
        };
        let claimants = u64::try_from(accounts.len()).unwrap_or(u64::MAX);
        let smallest = billing.post.times(billing.smallest_page.into());
        let largest = billing.post.times(billing.largest_page.into());
        let (mut each, mut count) = (Usd::ZERO, 0);
        let share = |funds: Funds| {
            let left = budget - funds.spent - funds.set_aside;
            (each, count) = shares(left, claimants, smallest, largest, billing.post);
            each.times(count)
        };
        let times = (self.clock.now(), expires_at);
        let (funds, _, kept) = self.store.set_aside(platform, lease_id, accounts, times, share).await?;
        let refused = if budget - funds.spent < smallest { Granted::SpentOut } else { Granted::Later };
        let granted = accounts.iter().zip(0..).map(|(account, place)| {
            let share = if place < count { each } else { Usd::ZERO };
            let sum = share + kept.get(account).copied().unwrap_or_default();
            (*account, if sum > Usd::ZERO { Granted::Some(sum) } else { refused })
        });
        Ok(Some(granted.collect()))
    }

    /// A meter for one reading. With a budget it holds `granted` and asks for more as it needs it.
    pub fn meter(&self, platform: Platform, lease_id: Uuid, granted: Option<Granted>, expires_at: Timestamp) -> Meter {
        let (Some(billing), Some(granted)) = (self.billing(platform), granted) else { return Meter::default() };
        let Some(budget) = billing.daily_budget else { return Meter::default() };
        let service = self.clone();
        let (sum, refused) = match granted {
            Granted::Some(sum) => (sum, None),
            refused => (Usd::ZERO, Some(refused)),
        };
        let more = move |least: Usd, most: Usd| -> futures_util::future::BoxFuture<'static, Granted> {
            let service = service.clone();
            Box::pin(async move {
                if let Some(refused) = refused {
                    return refused;
                }
                service.more_money(platform, lease_id, budget, least, most, expires_at).await
            })
        };
        Meter::with_budget(billing.clone(), sum, Box::new(more))
    }

    async fn more_money(
        &self,
        platform: Platform,
        id: Uuid,
        budget: Usd,
        least: Usd,
        most: Usd,
        expires_at: Timestamp,
    ) -> Granted {
        let share = |funds: Funds| {
            let left = budget - funds.spent - funds.set_aside;
            if left < least { Usd::ZERO } else { most.min(left) }
        };
        match self.store.set_aside(platform, id, &[], (self.clock.now(), expires_at), share).await {
            Ok((_, sum, _)) if sum > Usd::ZERO => Granted::Some(sum),
            Ok((funds, ..)) if budget - funds.spent < least => Granted::SpentOut,
            Ok(_) => Granted::Later,
            Err(error) => {
                tracing::warn!(%platform, error = %Chain(&error), "no money for a reading: database");
                Granted::Later
            }
        }
    }

    /// Books what a reading was billed, and frees what was set aside for it and is certainly not billed.
    ///
    /// # Errors
    /// [`StoreError`]; nothing is booked.
    pub async fn book(&self, book: Book<'_>, meter: &Meter) -> Result<(), StoreError> {
        let Some(billing) = self.billing(book.platform) else { return Ok(()) };
        let billed: Vec<Billed> = meter.reads().billed;
        if billed.is_empty() {
            return Ok(());
        }
        let (granted, unsure) = meter.granted_and_unsure();
        let charge = Charge {
            tenant: book.tenant,
            account_id: book.account_id,
            platform: book.platform,
            day: self.clock.now().date_naive(),
            endpoints: billed.iter().map(|thing| thing.endpoint).collect(),
            kinds: billed.iter().map(|thing| thing.kind.as_str()).collect(),
            ids: billed.iter().map(|thing| thing.id.as_str()).collect(),
            post: billing.post,
            user: billing.user,
            set_aside: (granted > Usd::ZERO).then(|| (book.lease_id, granted - unsure)),
        };
        match self.store.charge(&charge).await {
            // Two readings that book the same posts can get in each other's way.
            Err(StoreError::Contended(_)) => self.store.charge(&charge).await.map(drop),
            booked => booked.map(drop),
        }
    }

    /// Ends what `lease_id` had set aside at `platform`. What answers that were lost may have cost stays set aside
    /// until their accounts are read again, at most until the day ends.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    pub async fn end_allowance(&self, platform: Platform, lease_id: Uuid, unsure: &[Unsure]) -> Result<(), StoreError> {
        let keep_until = next_midnight(self.clock.now());
        self.store.give_back(platform, lease_id, unsure, keep_until).await
    }

    /// Finds out who logged in, within the budget; what that cost is booked also when the login cannot be used. `id` is
    /// the connection's.
    ///
    /// # Errors
    /// [`PlatformError`], the budget's included.
    pub async fn log_in(
        &self,
        client: &dyn SocialPlatform,
        tenant: &str,
        id: Uuid,
        access_token: &SecretString,
    ) -> Result<Login, PlatformError> {
        let (platform, now) = (client.spec().platform, self.clock.now());
        let meter = self.meter(platform, id, Some(Granted::Some(Usd::ZERO)), now + LOGIN_LIMIT);
        let login = client.login(&LoginRequest { access_token, now, meter: &meter }).await;
        let booked = self.book(Book { tenant, account_id: CONNECTING, platform, lease_id: id }, &meter).await;
        let (granted, unsure) = meter.granted_and_unsure();
        let ended = if granted > Usd::ZERO {
            let unsure = (unsure > Usd::ZERO).then_some(Unsure { account_id: id, sum: unsure });
            self.end_allowance(platform, id, unsure.as_slice()).await
        } else {
            Ok(())
        };
        if let Err(error) = booked.and(ended) {
            tracing::error!(%platform, error = %Chain(&error), "what connecting cost could not be booked");
        }
        login
    }

    /// What reading an identity that publishes so many posts a day will cost.
    pub fn forecast(&self, platform: Platform, posts_per_day: f64) -> Option<Forecast> {
        let billing = self.billing(platform)?;
        Some(Forecast {
            month: month_of(posts_per_day, billing.post),
            lookups_month: month_of(posts_per_day, billing.post.times(billing.lookup_days.into())),
        })
    }

    /// The costs of each UTC day, newest first.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn costs(
        &self,
        admin: &AdminActor,
        from: NaiveDate,
        to: NaiveDate,
        account_id: Option<Uuid>,
    ) -> Result<Vec<CostDay>, ServiceError> {
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(admin.tenant()).await?;
        Ok(costs::by_day(&transaction, admin.tenant(), from, to, account_id).await?)
    }

    /// What each of `accounts` costs; those without any cost are left out.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn account_costs(
        &self,
        admin: &AdminActor,
        accounts: &[Uuid],
    ) -> Result<HashMap<Uuid, Cost>, ServiceError> {
        let today = self.clock.now().date_naive();
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(admin.tenant()).await?;
        let spent = costs::lately(&transaction, admin.tenant(), today, None, Some(accounts)).await?;
        Ok(spent.into_iter().map(|(id, spent)| (id, cost_of(spent, today))).collect())
    }

    /// What the workspace spends at `platform`.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn workspace_cost(&self, admin: &AdminActor, platform: Platform) -> Result<Cost, ServiceError> {
        let today = self.clock.now().date_naive();
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(admin.tenant()).await?;
        let spent = costs::lately(&transaction, admin.tenant(), today, Some(platform), None).await?;
        Ok(spent.into_iter().next().map_or_else(Cost::default, |(_, spent)| cost_of(spent, today)))
    }
}

fn cost_of(spent: Spent, today: NaiveDate) -> Cost {
    // What is already there of today counts; the rest of today is not expected to add much.
    let first = today.with_day(1).and_then(|first| first.checked_add_months(Months::new(1)));
    let days_left = first.map_or(0, |first| (first - today).num_days() - 1);
    // On the first day there is nothing but today to go by.
    let (recent, days) = if spent.recent_days == 0 { (spent.today, 1) } else { (spent.recent, spent.recent_days) };
    let forecast_month = month_end(spent.month, recent, days, u32::try_from(days_left).unwrap_or(0));
    Cost { today: spent.today, month: spent.month, forecast_month }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_ends_as_its_last_days_went() {
        let day = |text: &str| text.parse().expect("a date");
        let spent = |today, month, recent, recent_days| Spent {
            today: Usd(today),
            month: Usd(month),
            recent: Usd(recent),
            recent_days,
        };
        for (today, spent, expected) in [
            ("2026-11-30", spent(5, 100, 90, 28), 100),
            ("2026-11-20", spent(5, 100, 140, 28), 100 + 10 * 5),
            ("2026-11-20", spent(5, 5, 0, 0), 5 + 10 * 5),
            ("2026-12-01", spent(0, 0, 280, 28), 300),
            ("2026-02-28", spent(0, 7, 280, 28), 7),
            ("2026-11-20", spent(0, 0, 0, 0), 0),
        ] {
            assert_eq!(cost_of(spent, day(today)).forecast_month, Usd(expected), "{today} {spent:?}");
        }
    }
}
