//! How the polls of a lease end: written in batches, for a commit is dear, and what they showed about their platforms.
//! What cannot be written is its own poll's trouble: the others go on.

use super::round::Round;
use crate::{
    domain::{Platform, Timestamp, standing::Evidence},
    service::{Service, import::Chain},
    store::{
        StoreError,
        claims::LeasedAccount,
        outcomes::{FailedPoll, HeldPoll, QuietPoll},
    },
};
use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use uuid::Uuid;

/// How one account's poll ended.
pub enum Ended {
    /// Written with its posts, no longer ours to write, or to be given back.
    Settled,
    /// The database was away: the account is handed back.
    Lost,
    /// Nothing new.
    Quiet(QuietPoll),
    /// It was not made.
    Held(HeldPoll),
    /// It failed.
    Failed(Box<FailedPoll>),
}

/// One account's poll, ended.
pub struct Done {
    /// How.
    pub ended: Ended,
    /// Where its posts come from.
    pub platform: Platform,
    /// What it showed about the platform.
    pub evidence: Evidence,
    /// A login that is stopped, and until when.
    pub stopped_login: Option<(Uuid, Timestamp)>,
}

impl Done {
    /// A poll of `account` that shows nothing about its platform.
    pub fn of(account: &LeasedAccount, ended: Ended) -> Self {
        Self { ended, platform: account.platform, evidence: Evidence::default(), stopped_login: None }
    }
}

/// What a lease has shown about a platform so far.
#[derive(Default)]
struct Shown {
    successes: u32,
    rejected: Evidence,
}

/// Writes the ends of one lease's polls.
pub struct Endings<'a> {
    service: &'a Service,
    round: &'a Round,
    whole: AtomicBool,
    shown: Mutex<BTreeMap<Platform, Shown>>,
}

impl<'a> Endings<'a> {
    /// None has ended yet.
    pub fn of(service: &'a Service, round: &'a Round) -> Self {
        Self { service, round, whole: AtomicBool::new(true), shown: Mutex::default() }
    }

    /// Writes polls that brought no post, and what they showed.
    pub async fn write(&self, polls: Vec<Done>) {
        let (mut quiet, mut failed, mut held, mut logins) = (Vec::new(), Vec::new(), Vec::new(), BTreeMap::new());
        let mut shown = Vec::new();
        for done in polls {
            match done.ended {
                Ended::Settled => {}
                Ended::Lost => self.whole.store(false, Ordering::Relaxed),
                Ended::Quiet(poll) => quiet.push(poll),
                Ended::Held(poll) => held.push(poll),
                Ended::Failed(poll) => failed.push(*poll),
            }
            shown.push((done.platform, done.evidence));
            logins.extend(done.stopped_login);
        }
        let (store, lease_id, now) = (&self.service.store, self.round.lease_id, self.service.clock.now());
        self.end("quiet", &quiet, |polls| store.end_quiet(lease_id, now, polls)).await;
        self.end("failed", &failed, |polls| store.end_failed(lease_id, now, polls)).await;
        self.end("held", &held, |polls| store.end_held(lease_id, now, polls)).await;
        let logins: Vec<(Uuid, Timestamp)> = logins.into_iter().collect();
        match again(|| store.hold_logins(now, &logins, "rate_limited")).await {
            Ok(0) => {}
            Ok(waiting) => tracing::warn!(logins = logins.len(), waiting, "other accounts of a login wait with it"),
            Err(error) => tracing::warn!(error = %Chain(&error), "other accounts of a login could not be held"),
        }
        for (platform, evidence) in self.note(shown) {
            self.report(platform, &evidence).await;
        }
    }

    /// Tells what only the whole lease shows: a platform that rejects our app while it answers others of the lease rejects
    /// one account. `false`: the database was away for some of them.
    pub async fn close(self) -> bool {
        let shown = std::mem::take(&mut *self.shown.lock().unwrap_or_else(PoisonError::into_inner));
        for (platform, shown) in shown {
            if shown.successes == 0 && shown.rejected.rejection.is_some() {
                self.report(platform, &shown.rejected).await;
            }
        }
        self.whole.into_inner()
    }

    /// Keeps rejections for the end; what is left to be told at once.
    fn note(&self, polls: Vec<(Platform, Evidence)>) -> BTreeMap<Platform, Evidence> {
        let mut at_once: BTreeMap<Platform, Evidence> = BTreeMap::new();
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        for (platform, evidence) in polls {
            let shown = shown.entry(platform).or_default();
            shown.successes = shown.successes.saturating_add(evidence.successes);
            let sum =
                if evidence.rejection.is_some() { &mut shown.rejected } else { at_once.entry(platform).or_default() };
            *sum = std::mem::take(sum).and(evidence);
        }
        at_once
    }

    async fn report(&self, platform: Platform, evidence: &Evidence) {
        let known = self.round.stands(platform).map(|stands| &stands.standing);
        if let Err(error) = again(|| self.service.report(platform, self.round.lease_id, known, evidence)).await {
            tracing::warn!(%platform, error = %Chain(&error), "how the platform showed itself could not be written");
        }
    }

    /// Writes `polls` together; where that cannot be done, each by itself, so that none stands in the others' way.
    async fn end<'p, P, F>(&self, what: &str, polls: &'p [P], write: impl Fn(&'p [P]) -> F)
    where
        F: Future<Output = Result<u64, StoreError>>,
    {
        let Err(error) = again(|| write(polls)).await else { return };
        if polls.len() == 1 || matches!(error, StoreError::Unavailable(_)) {
            return self.unwritten(what, polls.len(), &error);
        }
        for poll in polls {
            if let Err(error) = again(|| write(std::slice::from_ref(poll))).await {
                self.unwritten(what, 1, &error);
            }
        }
    }

    /// What is a matter of time is handed back with the lease; anything else waits for the lease's end.
    fn unwritten(&self, what: &str, polls: usize, error: &StoreError) {
        let lease = self.round.lease_id;
        tracing::warn!(%lease, polls, error = %Chain(error), "the end of {what} polls could not be written");
        if error.is_temporary() {
            self.whole.store(false, Ordering::Relaxed);
        }
    }
}

/// A transaction that lost against another is tried once more.
pub async fn again<T, F>(work: impl Fn() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    match work().await {
        Err(StoreError::Contended(_)) => work().await,
        ended => ended,
    }
}
