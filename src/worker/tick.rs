//! Claiming accounts that are due. Every process does it; the claim skips what another has locked, so no leader is
//! needed.

use super::{
    LEASE,
    queue::{JobQueue, PollJob, QueueError},
};
use crate::{
    domain::{Step, Timestamp, standing::Turn},
    service::Service,
    store::{
        StoreError,
        claims::{Claim, Claimed, LEASE_SIZE},
        jumps::SKEW,
    },
};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// So many leases are claimed in one statement: enough to catch up fast, few enough to lock no account for long.
const LEASES_AT_ONCE: usize = 32;

/// Claims accounts and puts them in line.
pub struct Ticker {
    /// The use cases.
    pub service: Service,
    /// The line.
    pub queue: Arc<dyn JobQueue>,
    /// No claims while so many wait in line: a lease must not run out before its turn.
    pub most_waiting: usize,
    /// The time of the last tick.
    pub latest: Latest,
}

/// The time a clock showed last; none at the start.
#[derive(Debug, Default)]
pub struct Latest(Mutex<Option<Timestamp>>);

impl Latest {
    /// Whether the clock shows less than before, as far as is known, and not just a little.
    fn was_put_back(&self, now: Timestamp) -> bool {
        self.0.lock().expect("never held over a panic").is_none_or(|latest| now + SKEW < latest)
    }

    /// The schedule is right by a clock that shows `now`.
    fn is(&self, now: Timestamp) {
        *self.0.lock().expect("never held over a panic") = Some(now);
    }
}

/// What a tick did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ticked {
    /// Accounts that were claimed.
    pub accounts: usize,
    /// The line is full: there may be more that are due.
    pub is_full: bool,
}

/// A tick that did not get through.
#[derive(Debug, thiserror::Error)]
pub enum TickFault {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The queue.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

impl Ticker {
    /// Claims what is due, as far as the line has room.
    ///
    /// # Errors
    /// [`TickFault`]; what was claimed is given back.
    pub async fn tick(&self) -> Result<Ticked, TickFault> {
        let now = self.service.clock.now();
        if self.latest.was_put_back(now) {
            let accounts = self.service.store.follow_clock(now, now + LEASE).await?;
            if accounts > 0 {
                tracing::warn!(accounts, "the clock was put back: the schedule follows it");
            }
        }
        self.latest.is(now);
        let handed_back = self.service.store.hand_back(now).await?;
        if handed_back > 0 {
            tracing::info!(accounts = handed_back, "handed back what was being polled when the database was away");
        }
        let waiting = self.queue.waiting().await?;
        self.service.metrics.tick(self.service.clock.now(), waiting);
        let room = self.most_waiting.saturating_sub(waiting);
        if room == 0 {
            return Ok(Ticked { accounts: 0, is_full: true });
        }
        let (turns, mut claimed) = self.turns().await?;
        let mut room = room.saturating_sub(claimed);
        // Each claim goes on where the one before it ended, instead of stepping over what that one took.
        let mut due_from = Timestamp::UNIX_EPOCH;
        while room > 0 {
            let now = self.service.clock.now();
            let lease_ids: Vec<Uuid> = (0..room.min(LEASES_AT_ONCE)).map(|_| self.service.dice.uuid(now)).collect();
            let claim = Claim { lease_ids: &lease_ids, now, until: now + LEASE, platforms: &turns, due_from };
            self.lose(&lease_ids, now);
            let Claimed { leases, due_up_to } = self.service.store.claim_due(claim).await?;
            self.service.steps.pass(Step::LeaseClaimed);
            let accounts: usize = leases.iter().map(|(_, accounts)| accounts).sum();
            let is_empty = |id: &&Uuid| leases.iter().all(|(lease, _)| lease != *id);
            lease_ids.iter().filter(is_empty).for_each(|id| self.service.store.found(*id));
            self.push(leases.iter().map(|(lease, _)| *lease)).await?;
            self.service.steps.pass(Step::JobPushed);
            claimed += accounts;
            room -= leases.len();
            due_from = due_up_to.unwrap_or(due_from);
            if i64::try_from(accounts).is_ok_and(|accounts| accounts < LEASE_SIZE) || leases.len() < lease_ids.len() {
                return Ok(Ticked { accounts: claimed, is_full: false });
            }
        }
        Ok(Ticked { accounts: claimed, is_full: true })
    }

    /// The platforms whose turn it is. Of one that was stopped, and whose pause is over, one account is claimed to find
    /// out how it is; returns how many were.
    async fn turns(&self) -> Result<(Vec<&'static str>, usize), TickFault> {
        let standings = self.service.store.standings().await?;
        let (mut turns, mut probes) = (Vec::new(), 0);
        for platform in self.service.platforms.iter().map(|client| client.spec().platform) {
            let now = self.service.clock.now();
            match standings.get(&platform).map_or(Turn::All, |stands| stands.standing.turn(now)) {
                Turn::All => turns.push(platform.as_str()),
                Turn::Nobody(_) => {}
                Turn::Probe => {
                    let lease_id = self.service.dice.uuid(now);
                    self.lose(&[lease_id], now);
                    if self.service.store.claim_probe(platform, lease_id, now, now + LEASE).await? {
                        probes += 1;
                        self.push([lease_id]).await?;
                    } else {
                        self.service.store.found(lease_id);
                    }
                }
            }
        }
        Ok((turns, probes))
    }

    /// Until they are in line, leases count as lost: the commit of a claim may have lost its answer, and a process that
    /// stops drops its tick wherever that is.
    fn lose(&self, lease_ids: &[Uuid], now: Timestamp) {
        lease_ids.iter().for_each(|lease_id| self.service.store.lose(*lease_id, now + LEASE));
    }

    /// Puts leases in line; gives back what the line does not take.
    async fn push(&self, leases: impl IntoIterator<Item = Uuid>) -> Result<(), TickFault> {
        for lease_id in leases {
            if let Err(error) = self.queue.push(PollJob { lease_id }).await {
                self.service.store.hand_back(self.service.clock.now()).await?;
                return Err(error.into());
            }
            self.service.store.found(lease_id);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Duration;

    /// A tick that could not follow the clock forgot that it was put back.
    #[test]
    fn defect_a_clock_put_back_is_remembered_until_the_schedule_follows() {
        let noon: Timestamp = "2026-11-22T12:00:00Z".parse().expect("a time");
        let latest = Latest::default();
        assert!(latest.was_put_back(noon) && latest.was_put_back(noon), "who knows, at the start");
        latest.is(noon);
        assert!(!latest.was_put_back(noon + Duration::hours(1)) && !latest.was_put_back(noon - SKEW));
        let back = noon - Duration::hours(1);
        assert!(latest.was_put_back(back) && latest.was_put_back(back));
        latest.is(back);
        assert!(!latest.was_put_back(back));
    }
}
