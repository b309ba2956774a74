//! The polls of one lease: all accounts at once, each ending by itself; quiet and failed ones are written in batches,
//! posts go through the schema's own import mutation.

use super::{
    fetch::{Brought, fetch},
    queue::PollJob,
};
use crate::{
    crypto::CryptoError,
    domain::{Engagement, Timestamp, plan::Import, schedule::next_poll},
    graphql::{self, ImportAnswer, SocialSchema},
    outbound::OutboundError,
    platforms::PlatformError,
    service::{
        Actor, Service,
        import::{Chain, ImportPosts},
        outcome::settle,
        renewal::{CONFIRM_AFTER, Refused},
        tokens::TokenFault,
    },
    store::{
        StoreError,
        claims::LeasedAccount,
        credentials::Credential,
        outcomes::{FailedPoll, QuietPoll},
    },
};
use futures_util::{StreamExt, stream::FuturesUnordered};
use std::{collections::HashMap, sync::Arc, time::Duration};
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
}

/// How one account's poll ended.
enum Ended {
    /// Written with its posts, or no longer ours to write.
    Settled,
    /// Nothing new.
    Quiet(QuietPoll),
    /// It failed; with a time until which the whole platform waits.
    Failed(Box<FailedPoll>, Option<(crate::domain::Platform, Timestamp)>),
}

impl Poller {
    /// Polls the accounts of a lease. Faults are written on the accounts; nothing is returned.
    pub async fn work(&self, job: PollJob) {
        let span = tracing::info_span!("poll_lease", lease = %job.lease_id);
        if let Err(error) = self.poll_lease(job.lease_id).instrument(span).await {
            // The lease runs out by itself, then the accounts are due again.
            tracing::warn!(lease = %job.lease_id, error = %Chain(&error), "a lease could not be worked");
        }
    }

    async fn poll_lease(&self, lease_id: Uuid) -> Result<(), StoreError> {
        let store = &self.service.store;
        let accounts = store.leased(lease_id, self.service.clock.now()).await?;
        let mut logins: Vec<Uuid> = accounts.iter().map(|account| account.credential_id).collect();
        logins.sort_unstable();
        logins.dedup();
        let logins = store.credentials(&logins).await?;
        let logins: HashMap<Uuid, Credential> = logins.into_iter().map(|login| (login.id, login)).collect();

        let count = accounts.len().max(1);
        let polls = FuturesUnordered::new();
        for account in &accounts {
            let span = tracing::debug_span!("poll", account = %account.id, platform = %account.platform);
            polls.push(self.poll(lease_id, account, logins.get(&account.credential_id)).instrument(span));
        }
        let mut ended = polls.ready_chunks(count);
        while let Some(ended) = ended.next().await {
            self.write(lease_id, ended).await?;
        }
        Ok(())
    }

    /// Writes polls that brought no post, as many at once as have ended.
    async fn write(&self, lease_id: Uuid, ended: Vec<Ended>) -> Result<(), StoreError> {
        let (mut quiet, mut failed, mut holds) = (Vec::new(), Vec::new(), HashMap::new());
        for poll in ended {
            match poll {
                Ended::Settled => {}
                Ended::Quiet(poll) => quiet.push(poll),
                Ended::Failed(poll, hold) => {
                    if let Some((platform, until)) = hold {
                        let held = holds.entry(platform).or_insert((until, poll.code));
                        *held = (held.0.max(until), poll.code);
                    }
                    failed.push(*poll);
                }
            }
        }
        let now = self.service.clock.now();
        self.service.store.end_quiet(lease_id, now, &quiet).await?;
        self.service.store.end_failed(lease_id, now, &failed).await?;
        for (platform, (until, code)) in holds {
            let held = self.service.store.hold_platform(platform.as_str(), now, until, code).await?;
            tracing::error!(%platform, %until, code, held, "the platform stopped this app; its accounts wait");
        }
        Ok(())
    }

    async fn poll(&self, lease_id: Uuid, account: &LeasedAccount, login: Option<&Credential>) -> Ended {
        let Ok(_place) = self.concurrency.acquire().await else { return Ended::Settled };
        let started_at = self.service.clock.now();
        let fetched = match (self.service.platforms.get(account.platform), login) {
            (Some(platform), Some(login)) => {
                let reading = fetch(&self.service, platform, account, login);
                let began = std::time::Instant::now();
                let fetched = tokio::time::timeout(ACCOUNT_LIMIT, reading)
                    .await
                    .unwrap_or(Err(TokenFault::Platform(PlatformError::Network(OutboundError::Timeout))));
                let late = account.due_at.map_or(chrono::Duration::zero(), |due_at| started_at - due_at);
                self.service.metrics.poll_times(account.platform, late, began.elapsed());
                fetched
            }
            _ => return Ended::Settled,
        };
        match fetched {
            Ok(brought) => self.take(lease_id, account, started_at, brought).await,
            Err(fault) => self.fail(account, started_at, &fault),
        }
    }

    /// Nothing new ends quietly; anything else goes through the import mutation.
    async fn take(&self, lease_id: Uuid, account: &LeasedAccount, started_at: Timestamp, brought: Brought) -> Ended {
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
            let (now, interval) = (self.service.clock.now(), self.service.poll_interval(account.platform));
            return Ended::Quiet(QuietPoll {
                account_id: account.id,
                cursor: brought.fetched.cursor.filter(|cursor| Some(cursor) != account.cursor.as_ref()),
                next_poll_at: next_poll(now, interval, account.due_at, self.service.dice.fraction()),
            });
        }
        let posts = import_of(lease_id, account, started_at, brought);
        let request = graphql::import_request(&posts);
        let request = graphql::prepare(request, &self.service, Actor::System);
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
                tracing::warn!(account = %account.id, lease = %lease_id, "the lease was over before the import");
                Ended::Settled
            }
            Err(fault) => {
                tracing::error!(account = %account.id, error = %Chain(&fault), "the import failed");
                let fault = PlatformError::Upstream {
                    status: 0,
                    retry_at: None,
                    detail: "the import failed inside this service; its log says why".into(),
                };
                let detail = "the import failed inside this service";
                self.fail_with(account, started_at, &fault, false, "import_failed", detail)
            }
        }
    }

    fn fail(&self, account: &LeasedAccount, started_at: Timestamp, fault: &TokenFault) -> Ended {
        // Said before, and not just now: a person's impatience confirms nothing.
        let is_said_again = |code: &str| {
            let long_ago = account.health_since.is_some_and(|since| since + CONFIRM_AFTER <= started_at);
            account.health_code.as_deref() == Some(code) && long_ago
        };
        let (error, code, confirmed) = match fault {
            TokenFault::Platform(error) => (error.clone(), error.code(), is_said_again(error.code())),
            TokenFault::Renewal(Refused { error, confirmed }) => (error.clone(), error.code(), *confirmed),
            // The key is the operator's affair; connecting again would not bring it back.
            TokenFault::Sealed(error @ CryptoError::UnknownKey) => {
                (PlatformError::AppRejected { detail: error.to_string() }, "key_missing", false)
            }
            TokenFault::Sealed(error @ CryptoError::Damaged) => {
                let code = "tokens_unreadable";
                (PlatformError::Revoked { detail: error.to_string() }, code, is_said_again(code))
            }
            TokenFault::Store(error) => {
                // The row cannot be written either; the lease runs out by itself.
                tracing::warn!(account = %account.id, error = %Chain(error), "poll given up: database");
                return Ended::Settled;
            }
        };
        self.fail_with(account, started_at, &error, confirmed, code, &fault.to_string())
    }

    fn fail_with(
        &self,
        account: &LeasedAccount,
        started_at: Timestamp,
        error: &PlatformError,
        confirmed: bool,
        code: &'static str,
        detail: &str,
    ) -> Ended {
        self.service.metrics.poll_fault(account.platform, code);
        let settled =
            settle(error, confirmed, account.failures, self.service.clock.now(), self.service.dice.fraction());
        let (id, platform, next_poll_at) = (account.id, account.platform, settled.next_poll_at);
        if matches!(error, PlatformError::AppRejected { .. }) {
            tracing::error!(account = %id, %platform, code, %next_poll_at, "the operator must act: {detail}");
        } else {
            let health = settled.health;
            tracing::warn!(account = %id, %platform, code, health, %next_poll_at, "poll failed: {detail}");
        }
        let message = if code == error.code() { settled.message } else { format!("{detail}; it is tried again") };
        Ended::Failed(
            Box::new(FailedPoll {
                account_id: account.id,
                health: settled.health,
                code,
                message,
                next_poll_at: settled.next_poll_at,
                hold_until: settled.hold_until,
                counts: settled.counts,
                import_type: import_type(account),
                log_id: self.service.dice.uuid(started_at),
                started_at,
            }),
            settled.hold_platform.map(|until| (account.platform, until)),
        )
    }
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
            counters.is_some_and(|counters| waiting.is_due || counters.total() >= waiting.need)
        })
}

/// What the import mutation is told.
fn import_of(lease_id: Uuid, account: &LeasedAccount, started_at: Timestamp, brought: Brought) -> ImportPosts {
    let Brought { fetched, looks } = brought;
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
            baseline: !account.has_baseline,
        },
        cursor: fetched.cursor,
        notices,
    }
}
