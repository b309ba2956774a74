//! The polls of one lease: all accounts at once, each ending by itself; quiet and failed ones are written in batches,
//! posts go through the schema's own import mutation.

use super::{
    LEASE,
    batch::in_batches,
    ending::{Done, Ended, Endings},
    fetch::{Brought, fetch},
    halt::Halt,
    queue::PollJob,
    round::Round,
};
use crate::{
    domain::{Engagement, Step, Timestamp, plan::Import, standing::Evidence},
    graphql::{self, ImportAnswer, SocialSchema},
    outbound::OutboundError,
    platforms::PlatformError,
    service::{
        Actor, Service,
        import::{Chain, ImportPosts},
        limits::NextPoll,
        outcome::{Past, PollFault, Reach, Settled},
        tokens::TokenFault,
    },
    store::{
        StoreError,
        claims::LeasedAccount,
        credentials::Credential,
        outcomes::{FailedPoll, HeldPoll, QuietPoll},
    },
};
use futures_util::{FutureExt, stream::FuturesUnordered};
use std::{collections::HashMap, panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::sync::Semaphore;
use tracing::Instrument;
use uuid::Uuid;

/// One account's poll may take this long.
const ACCOUNT_LIMIT: Duration = Duration::from_secs(90);

/// So many left-out posts are named in a log.
const NAMED_SKIPS: usize = 20;

/// Works leases.
pub struct Poller {
    /// The use cases.
    pub service: Service,
    /// The schema whose mutation takes the posts.
    pub schema: SocialSchema,
    /// Accounts polled at a time in this process.
    pub concurrency: Arc<Semaphore>,
    /// Told when the process stops.
    pub halt: Halt,
}

impl Poller {
    /// Polls the accounts of a lease. Faults are written on the accounts; nothing is returned.
    pub async fn work(&self, job: PollJob) {
        let lease_id = job.lease_id;
        let span = tracing::info_span!("poll_lease", lease = %lease_id);
        let until = self.service.clock.now() + LEASE;
        match self.poll_lease(lease_id).instrument(span).await {
            Ok(true) => {}
            Ok(false) => self.service.store.lose(lease_id, until),
            Err(error) => {
                tracing::warn!(lease = %lease_id, error = %Chain(&error), "a lease could not be worked");
                // Otherwise the lease runs out by itself, then the accounts are due again.
                if error.is_temporary() {
                    self.service.store.lose(lease_id, until);
                }
            }
        }
        if self.halt.is_asked() {
            let (store, now) = (&self.service.store, self.service.clock.now());
            match store.release(&[job.lease_id], now, None).await {
                Ok(0) => {}
                Ok(accounts) => tracing::info!(lease = %job.lease_id, accounts, "given back unread: the process stops"),
                Err(error) => tracing::warn!(lease = %job.lease_id, error = %Chain(&error), "its lease runs out"),
            }
        }
    }

    /// `false`: the database was away for some of the accounts.
    async fn poll_lease(&self, lease_id: Uuid) -> Result<bool, StoreError> {
        let (store, now) = (&self.service.store, self.service.clock.now());
        let lease = store.leased(lease_id, now).await?;
        let mut logins: Vec<Uuid> = lease.accounts.iter().map(|account| account.credential_id).collect();
        logins.sort_unstable();
        logins.dedup();
        let logins = store.credentials(&logins).await?;
        let logins: HashMap<Uuid, Credential> = logins.into_iter().map(|login| (login.id, login)).collect();
        let (round, accounts) = Round::begin(&self.service, lease_id, lease, now + LEASE).await?;

        self.service.steps.pass(Step::LeaseRead);

        let polls = FuturesUnordered::new();
        for account in &accounts {
            let span = tracing::debug_span!("poll", account = %account.id, platform = %account.platform);
            polls.push(self.poll(&round, account, logins.get(&account.credential_id)).instrument(span));
        }
        let endings = Endings::of(&self.service, &round);
        in_batches(polls, |done| endings.write(done)).await;
        let whole = endings.close().await;
        round.end(&self.service).await;
        Ok(whole)
    }

    /// One account's poll. A fault of our own in it is its own failure: neither the others of its lease suffer nor the bill.
    async fn poll(&self, round: &Round, account: &LeasedAccount, login: Option<&Credential>) -> Done {
        let began_at = self.service.clock.now();
        let polled = guarded(account, self.try_poll(round, account, login)).await;
        polled.unwrap_or_else(|| self.fail(account, began_at, &PollFault::Import))
    }

    async fn try_poll(&self, round: &Round, account: &LeasedAccount, login: Option<&Credential>) -> Done {
        let Ok(_place) = self.concurrency.acquire().await else { return Done::of(account, Ended::Settled) };
        if self.halt.is_asked() {
            return Done::of(account, Ended::Settled);
        }
        if let Some(held) = round.held(&self.service, account) {
            return Done::of(account, Ended::Held(held));
        }
        let (Some(platform), Some(login)) = (self.service.platforms.get(account.platform), login) else {
            return Done::of(account, Ended::Settled);
        };
        let started_at = self.service.clock.now();
        let meter = round.meter(&self.service, account);
        let reading = async {
            let began = std::time::Instant::now();
            let fetched = tokio::select! {
                fetched = tokio::time::timeout(ACCOUNT_LIMIT, fetch(&self.service, platform, account, login, &meter)) => {
                    let too_long = || Err(TokenFault::Platform(PlatformError::Network(OutboundError::Timeout)));
                    Some(fetched.unwrap_or_else(|_| too_long()))
                }
                () = self.halt.overtime() => None,
            };
            self.service.steps.pass(Step::PlatformAnswered);
            let late = account.due_at.map_or(chrono::Duration::zero(), |due_at| started_at - due_at);
            self.service.metrics.poll_times(account.platform, late, began.elapsed());
            fetched
        };
        let fetched = guarded(account, reading).await;
        // First the bill: what was read is paid for, whatever becomes of it here.
        if let Err(error) = round.used(&self.service, account, &meter).await {
            return self.given_up(account, started_at, &error, "its cost could not be booked");
        }
        let Some(fetched) = fetched else { return self.fail(account, started_at, &PollFault::Import) };
        let Some(fetched) = fetched else { return Done::of(account, Ended::Settled) };
        match fetched {
            Ok(brought) => {
                let next = round.next_poll(&self.service, account, &meter);
                let usage = meter.reads().app_usage_percent;
                let evidence = Evidence::of_answer(usage, self.service.clock.now());
                let ended = self.take(round.lease_id, account, started_at, brought, next).await;
                Done { evidence, ..Done::of(account, ended) }
            }
            Err(TokenFault::Store(error)) => self.given_up(account, started_at, &error, "database"),
            Err(TokenFault::Platform(error)) => {
                let mut done = self.fail(account, started_at, &PollFault::Read(error));
                if meter.reads().requests == 0 {
                    // Nobody was asked: an app is not set, and the platform has said nothing about the other.
                    done.evidence.rejection = None;
                }
                done
            }
            Err(TokenFault::Renewal(refused)) => self.fail(account, started_at, &PollFault::Renewal(refused)),
            Err(TokenFault::Sealed(error)) => self.fail(account, started_at, &PollFault::Sealed(error)),
        }
    }

    /// Ends a poll for the database: what is a matter of time is handed back, and anything else is the account's failure.
    fn given_up(&self, account: &LeasedAccount, started_at: Timestamp, error: &StoreError, why: &str) -> Done {
        tracing::warn!(account = %account.id, error = %Chain(error), "poll given up: {why}");
        if error.is_temporary() {
            return Done::of(account, Ended::Lost);
        }
        self.fail(account, started_at, &PollFault::Import)
    }

    /// Nothing new ends quietly; anything else goes through the import mutation.
    async fn take(
        &self,
        lease_id: Uuid,
        account: &LeasedAccount,
        started_at: Timestamp,
        brought: Brought,
        next: NextPoll,
    ) -> Ended {
        let fetched = &brought.fetched;
        for notice in &fetched.notices {
            tracing::info!(account = %account.id, platform = %account.platform, "{notice}");
        }
        let is_quiet = account.has_baseline
            && !account.is_requested
            && !account.retry_due
            && account.backfill.is_none()
            && fetched.posts.is_empty()
            && fetched.skipped.is_empty()
            && !decides_waiting(account, &brought);
        if is_quiet {
            self.service.metrics.poll(account.platform, "quiet");
            return Ended::Quiet(QuietPoll {
                account_id: account.id,
                cursor: brought.fetched.cursor.filter(|cursor| Some(cursor) != account.cursor.as_ref()),
                next_poll_at: next.at,
                reason: next.reason,
                hold_until: next.hold_until,
            });
        }
        // On the heap: most polls bring nothing, and each would have the room.
        Box::pin(self.import(account, import_of(lease_id, account, started_at, brought, next))).await
    }

    async fn import(&self, account: &LeasedAccount, posts: ImportPosts) -> Ended {
        let request = graphql::import_request(&posts);
        let request = graphql::prepare(request, &self.service, Actor::System);
        self.service.steps.pass(Step::PostsHanded);
        match graphql::read_import(self.schema.execute(request).await) {
            Ok(ImportAnswer::Imported(log)) => {
                self.service.metrics.poll(account.platform, "imported");
                tracing::info!(
                    account = %account.id, platform = %account.platform, fetched = log.posts_fetched,
                    imported = log.posts_imported, posted = log.posts_posted, filtered = log.posts_filtered,
                    waiting = log.posts_waiting, "imported"
                );
                Ended::Settled
            }
            Ok(ImportAnswer::Quiet) => {
                self.service.metrics.poll(account.platform, "quiet");
                Ended::Settled
            }
            Ok(ImportAnswer::LeaseLost) => {
                self.service.metrics.poll(account.platform, "lost");
                tracing::warn!(account = %account.id, lease = %posts.lease_id, "the lease was over before the import");
                Ended::Settled
            }
            Err(fault) => {
                tracing::error!(account = %account.id, error = %Chain(&fault), "the import failed");
                self.fail(account, posts.started_at, &PollFault::Import).ended
            }
        }
    }

    fn fail(&self, account: &LeasedAccount, started_at: Timestamp, fault: &PollFault) -> Done {
        let now = self.service.clock.now();
        let past =
            Past { failures: account.failures, code: account.health_code.as_deref(), since: account.health_since };
        let settled = fault.settle(past, started_at, now, self.service.dice.fraction());
        let evidence = fault.evidence(&settled, now);
        let stopped_login = settled.hold_until.filter(|_| settled.reach == Reach::Login);
        let ended = if settled.is_logged {
            self.failed(account, started_at, fault, settled)
        } else {
            self.held(account, fault, settled)
        };
        Done {
            evidence,
            stopped_login: stopped_login.map(|until| (account.credential_id, until)),
            ..Done::of(account, ended)
        }
    }

    fn failed(&self, account: &LeasedAccount, started_at: Timestamp, fault: &PollFault, settled: Settled) -> Ended {
        let (id, platform, next_poll_at) = (account.id, account.platform, settled.next_poll_at);
        let (code, health) = (settled.code, settled.health);
        self.service.metrics.poll_fault(platform, code);
        if fault.is_the_operators() {
            tracing::error!(account = %id, %platform, code, %next_poll_at, %fault, "the operator must act");
        } else {
            tracing::warn!(account = %id, %platform, code, health, %next_poll_at, "poll failed: {fault}");
        }
        Ended::Failed(Box::new(FailedPoll {
            account_id: account.id,
            health,
            code,
            message: settled.message,
            next_poll_at,
            hold_until: settled.hold_until,
            counts: settled.counts,
            import_type: import_type(account),
            log_id: self.service.dice.uuid(started_at),
            started_at,
        }))
    }

    /// A poll that was not made for want of money. Accounts that wait for the same time stay spread over their interval.
    fn held(&self, account: &LeasedAccount, fault: &PollFault, settled: Settled) -> Ended {
        let hold_until = settled.hold_until.map(|until| self.service.first_after(until, account));
        let next_poll_at = hold_until.unwrap_or(settled.next_poll_at);
        let (id, platform, code) = (account.id, account.platform, settled.code);
        tracing::info!(account = %id, %platform, code, %next_poll_at, "no poll: {fault}");
        let message = hold_until.map(|_| settled.message);
        Ended::Held(HeldPoll { account_id: id, code, message, next_poll_at, hold_until })
    }
}

/// `None`: the work panicked. No `async fn`, which would have room for the work twice.
fn guarded<T>(account: &LeasedAccount, work: impl Future<Output = T>) -> impl Future<Output = Option<T>> {
    AssertUnwindSafe(work).catch_unwind().map(|ended| {
        if ended.is_err() {
            tracing::error!(account = %account.id, platform = %account.platform, "a poll panicked");
        }
        ended.ok()
    })
}

const fn import_type(account: &LeasedAccount) -> &'static str {
    if account.is_requested { "manual" } else { "scheduled" }
}

/// What was read decides about a post that waits: a look was made, or a page shows that it passes now.
fn decides_waiting(account: &LeasedAccount, brought: &Brought) -> bool {
    let (seen_again, looks) = (&brought.fetched.seen_again, &brought.looks);
    !looks.looked_up.is_empty()
        || !looks.gone.is_empty()
        || account.waiting.iter().any(|waiting| {
            let seen = seen_again.iter().find(|post| post.post_id == waiting.post_id);
            let counters = seen.map(|post| post.engagement).filter(|counters| *counters != Engagement::default());
            counters
                .is_some_and(|counters| (waiting.is_due && counters.tell_likes()) || counters.total() >= waiting.need)
        })
}

/// What the import mutation is told.
fn import_of(
    lease_id: Uuid,
    account: &LeasedAccount,
    started_at: Timestamp,
    brought: Brought,
    next: NextPoll,
) -> ImportPosts {
    let Brought { fetched, looks, older } = brought;
    let mut notices = fetched.notices;
    notices.extend(
        fetched.skipped.iter().take(NAMED_SKIPS).map(|skip| format!("post {} left out: {}", skip.post_id, skip.reason)),
    );
    if let Some(more) = fetched.skipped.len().checked_sub(NAMED_SKIPS + 1) {
        notices.push(format!("and {} more posts left out", more + 1));
    }
    ImportPosts {
        tenant: account.tenant.clone(),
        account_id: account.id,
        lease_id,
        import_type: import_type(account).into(),
        started_at,
        fetched: i32::try_from(fetched.posts.len() + fetched.skipped.len()).unwrap_or(i32::MAX),
        import: Import {
            posts: fetched.posts,
            seen_again: fetched.seen_again,
            looked_up: looks.looked_up,
            gone: looks.gone,
            older,
            baseline: !account.has_baseline,
        },
        cursor: fetched.cursor,
        next,
        notices,
    }
}
