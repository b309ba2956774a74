//! What the polls of one lease share: how their platforms stand, whose calls are counted, whose money is set aside.

use super::ending::again;
use crate::{
    domain::{Platform, Timestamp, Usd, standing::Turn},
    platforms::{Granted, Meter},
    service::{
        Service,
        costs::Book,
        import::Chain,
        limits::{Calls, NextPoll},
    },
    store::{
        StoreError,
        budget::Unsure,
        claims::{Lease, LeasedAccount},
        outcomes::HeldPoll,
        standings::Stands,
    },
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Mutex,
};
use uuid::Uuid;

/// One lease being worked.
pub struct Round {
    /// The lease.
    pub lease_id: Uuid,
    standings: HashMap<Platform, Stands>,
    calls: HashMap<Platform, Calls>,
    money: HashMap<Platform, Money>,
}

/// What the lease may spend at one platform.
#[derive(Default)]
struct Money {
    granted: HashMap<Uuid, Granted>,
    ends_at: Timestamp,
    unsure: Mutex<Vec<Unsure>>,
}

impl Round {
    /// Looks up what the lease's polls need; sets their money aside until `ends_at`.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    pub async fn begin(
        service: &Service,
        lease_id: Uuid,
        lease: Lease,
        ends_at: Timestamp,
    ) -> Result<(Self, Vec<LeasedAccount>), StoreError> {
        let Lease { accounts, standings } = lease;
        let mut round = Self { lease_id, standings, calls: HashMap::new(), money: HashMap::new() };
        let (now, today) = (service.clock.now(), service.clock.now().date_naive());
        let platforms: BTreeSet<Platform> = accounts.iter().map(|account| account.platform).collect();
        for platform in platforms {
            let Some(client) = service.platforms.get(platform) else { continue };
            if round.stopped_until(platform, now).is_some() {
                continue;
            }
            let of_it = || accounts.iter().filter(|account| account.platform == platform);
            if client.spec().daily_calls.is_some() {
                let logins: BTreeSet<Uuid> = of_it().map(|account| account.credential_id).collect();
                let logins: Vec<Uuid> = logins.into_iter().collect();
                let known = service.store.call_counts(platform, today, &logins).await?;
                round.calls.insert(platform, Calls::of(known));
            }
            // Whoever waited longest reads first.
            let mut waiting: Vec<&LeasedAccount> = of_it().collect();
            waiting.sort_by_key(|account| account.due_at);
            let waiting: Vec<Uuid> = waiting.into_iter().map(|account| account.id).collect();
            if let Some(granted) = service.allowance(platform, lease_id, &waiting, ends_at).await? {
                round.money.insert(platform, Money { granted, ends_at, ..Money::default() });
            }
        }
        Ok((round, accounts))
    }

    /// Until when `platform` must be left alone by this lease: it was stopped, and another lease finds out how it is.
    fn stopped_until(&self, platform: Platform, now: Timestamp) -> Option<(Timestamp, &'static str)> {
        let stands = self.standings.get(&platform)?;
        match stands.standing.turn(now) {
            Turn::Nobody(until) => Some((until, "platform_stopped")),
            Turn::Probe if stands.probe_lease != Some(self.lease_id) => Some((now, "platform_stopped")),
            Turn::Probe | Turn::All => None,
        }
    }

    /// Why `account` is not polled after all, if it is not.
    pub fn held(&self, service: &Service, account: &LeasedAccount) -> Option<HeldPoll> {
        let now = service.clock.now();
        if let Some((_, code)) = self.stopped_until(account.platform, now) {
            // It stays due: the platform's stop holds it.
            let next_poll_at = account.due_at.unwrap_or(now);
            return Some(HeldPoll { account_id: account.id, code, message: None, next_poll_at, hold_until: None });
        }
        let (spec, calls) = (service.platforms.get(account.platform)?.spec(), self.calls.get(&account.platform)?);
        let until = calls.used_up_until(spec, account.credential_id, now)?;
        let next_poll_at = service.first_after(until, account);
        let hold_until = Some(next_poll_at);
        Some(HeldPoll { account_id: account.id, code: "resting", message: None, next_poll_at, hold_until })
    }

    /// A meter for one poll.
    pub fn meter(&self, service: &Service, account: &LeasedAccount) -> Meter {
        let money = self.money.get(&account.platform);
        let granted = money.and_then(|money| money.granted.get(&account.id)).copied();
        let ends_at = money.map_or_else(|| service.clock.now(), |money| money.ends_at);
        service.meter(account.platform, self.lease_id, granted, ends_at)
    }

    /// Books what a poll used, whether it succeeded or not, before anything is made of what it brought.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    pub async fn used(&self, service: &Service, account: &LeasedAccount, meter: &Meter) -> Result<(), StoreError> {
        if let Some(calls) = self.calls.get(&account.platform) {
            calls.add(account.credential_id, &meter.reads());
        }
        let (platform, account_id) = (account.platform, account.id);
        let book = Book { tenant: &account.tenant, account_id, platform, lease_id: self.lease_id };
        let booked = service.book(book, meter).await;
        if let Some(money) = self.money.get(&platform) {
            let (granted, unsure) = meter.granted_and_unsure();
            // Spent, and in no ledger: all of it may be.
            let sum = if booked.is_ok() { unsure } else { granted };
            if sum > Usd::ZERO {
                locked(&money.unsure).push(Unsure { account_id, sum });
            }
        }
        booked
    }

    /// When `account` is polled next, after a poll that `meter` noted.
    pub fn next_poll(&self, service: &Service, account: &LeasedAccount, meter: &Meter) -> NextPoll {
        let standing = self.standings.get(&account.platform).map(|stands| &stands.standing);
        service.next_poll(account, &meter.reads(), standing, self.calls.get(&account.platform))
    }

    /// How `platform` stood when the lease was begun.
    pub fn stands(&self, platform: Platform) -> Option<&Stands> {
        self.standings.get(&platform)
    }

    /// Writes down what is shared: calls made, money left. What cannot be written delays nothing else; money is free again
    /// when the lease ends.
    pub async fn end(self, service: &Service) {
        let today = service.clock.now().date_naive();
        for (platform, calls) in &self.calls {
            let added = calls.added();
            if let Err(error) = again(|| service.store.count_calls(*platform, today, &added)).await {
                tracing::warn!(%platform, error = %Chain(&error), "the calls of a lease could not be counted");
            }
        }
        for (platform, money) in &self.money {
            let unsure = locked(&money.unsure).clone();
            if let Err(error) = again(|| service.end_allowance(*platform, self.lease_id, &unsure)).await {
                tracing::warn!(%platform, error = %Chain(&error), "a lease's money waits for the lease's end");
            }
        }
    }
}

fn locked<T>(list: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    list.lock().expect("a round's lock is never held over a panic")
}
