//! The one door by which posts enter: decided purely, written in one transaction per account, fenced by the lease.

use super::{Service, ServiceError, limits::NextPoll};
use crate::{
    domain::{
        Cursor, Step, Timestamp,
        plan::{Facts, Import, Plan, Refusals, plan},
    },
    store::{
        Connection, StoreError,
        import::{self, Finish, LockedAccount},
        logs::ImportLog,
        outcomes::{self, QuietPoll},
        refusals,
    },
    telemetry::metrics::ImportCounts,
};
use chrono::Duration;
use uuid::Uuid;

/// Failed deliveries are tried again after this long.
pub(super) const RETRY_AFTER: Duration = Duration::minutes(15);

/// Losing against another transaction so often is no accident.
pub(super) const MAX_TRIES: usize = 4;

/// A lost connection is made anew after this.
const AFTER_A_CUT: std::time::Duration = std::time::Duration::from_millis(300);

/// A look is made by a poll, and a poll may start this late.
const POLLS_ARE_LATE_BY: Duration = Duration::minutes(1);

/// What a poll brought, for one account.
#[derive(Clone, Debug)]
pub struct ImportPosts {
    /// The account's tenant.
    pub tenant: String,
    /// The account.
    pub account_id: Uuid,
    /// The lease under which it was polled.
    pub lease_id: Uuid,
    /// `scheduled`, `manual` or `webhook`.
    pub import_type: String,
    /// When the poll began.
    pub started_at: Timestamp,
    /// The posts.
    pub import: Import,
    /// Posts the platform returned that were new or edited, those left out included.
    pub fetched: i32,
    /// Where the next reading starts.
    pub cursor: Option<Cursor>,
    /// When the account is polled next.
    pub next: NextPoll,
    /// What an administrator should know.
    pub notices: Vec<String>,
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum Imported {
    /// It is written; the log says what.
    Done(Box<ImportLog>),
    /// A scheduled poll that brought nothing but counters: it is written, without a line in the log.
    Quiet,
    /// The lease is over or was never this one: nothing was written.
    LeaseLost,
}

impl Service {
    /// Imports posts. What the database refuses fails alone: a post, a message, a channel.
    ///
    /// # Errors
    /// [`ServiceError`]; nothing was written.
    pub async fn import_posts(&self, posts: &ImportPosts) -> Result<Imported, ServiceError> {
        let mut refusals = Refusals::default();
        for tries in 1..=MAX_TRIES {
            match self.try_import(posts, &refusals).await {
                Ok(Attempt::Done(imported)) => return Ok(imported),
                Ok(Attempt::Refused(more)) => refusals.extend(more),
                Err(StoreError::Contended(_)) => {}
                // If it had committed all the same, the lease is over.
                Err(error) if error.is_cut() && tries < MAX_TRIES => tokio::time::sleep(AFTER_A_CUT).await,
                Err(error) => return Err(error.into()),
            }
        }
        Err(ServiceError::Internal("the import lost against other transactions too often".into()))
    }

    async fn try_import(&self, posts: &ImportPosts, refusals: &Refusals) -> Result<Attempt<Imported>, StoreError> {
        let now = self.clock.now();
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(&posts.tenant).await?;
        let (anew, again) = (posts.import.ids_anew(), posts.import.ids_again());
        // Sent together, answered one after another: three statements, one round trip.
        let (account, integrations, known) = futures_util::try_join!(
            import::lock(&transaction, posts.account_id, posts.lease_id),
            import::integrations(&transaction, posts.account_id),
            import::known(&transaction, posts.account_id, &anew, &again),
        )?;
        let Some(account) = account else { return Ok(Attempt::Done(Imported::LeaseLost)) };
        let facts = Facts {
            now,
            platform: account.platform,
            account_id: posts.account_id,
            baseline_at: account.baseline_at,
            last_message_at: account.last_message_at,
            integrations,
            known,
            day_margin: self.day_margin(&account),
            refusals: refusals.clone(),
        };
        let plan = plan(&facts, posts.import.clone(), &*self.dice);
        let imported = match self.end(&transaction, posts, &account, &plan, now).await {
            Ok(imported) => imported,
            Err(refused @ (StoreError::Refused { .. } | StoreError::Driver { .. })) => {
                // The transaction is void; find out in a new one who refuses.
                transaction.rollback().await?;
                let account = (posts.tenant.as_str(), posts.account_id);
                return self.find_refusals(&mut connection, account, now, &plan, refused).await.map(Attempt::Refused);
            }
            Err(error) => return Err(error),
        };
        self.steps.pass(Step::ImportWritten);
        transaction.commit().await?;
        self.steps.pass(Step::ImportCommitted);
        self.metrics.imported(account.platform, &counts(&plan, posts));
        Ok(Attempt::Done(imported))
    }

    /// What of `plan` the database refuses; its first word again, if it is none of the rows.
    pub(super) async fn find_refusals(
        &self,
        connection: &mut Connection,
        (tenant, account): (&str, Uuid),
        now: Timestamp,
        plan: &Plan,
        refused: StoreError,
    ) -> Result<Refusals, StoreError> {
        let mut probe = connection.begin(tenant).await?;
        let found = refusals::find(&mut probe, tenant, account, now, plan).await?;
        probe.rollback().await?;
        if found.causes.is_empty() {
            return Err(refused);
        }
        for (part, error) in &found.causes {
            tracing::warn!(%account, part, error = %Chain(error), "the database refuses a part of an import");
        }
        Ok(found.refusals)
    }

    /// Writes the plan, and how the poll ended.
    async fn end(
        &self,
        transaction: &deadpool_postgres::Transaction<'_>,
        posts: &ImportPosts,
        account: &LockedAccount,
        plan: &Plan,
        now: Timestamp,
    ) -> Result<Imported, StoreError> {
        let is_scheduled = posts.import_type == "scheduled" && account.baseline_at.is_some() && !posts.import.baseline;
        if is_scheduled && plan.is_quiet() && posts.fetched == 0 {
            let quiet = QuietPoll {
                account_id: posts.account_id,
                cursor: posts.cursor.clone(),
                next_poll_at: posts.next.at,
                reason: posts.next.reason,
                hold_until: posts.next.hold_until,
            };
            import::write(transaction, &posts.tenant, posts.account_id, now, plan).await?;
            outcomes::end_quiet(transaction, posts.lease_id, now, &[quiet]).await?;
            return Ok(Imported::Quiet);
        }
        let log_id = self.dice.uuid(now);
        let errors: Vec<String> = plan.errors.iter().chain(&posts.notices).cloned().collect();
        let finish = Finish {
            account_id: posts.account_id,
            lease_id: posts.lease_id,
            log_id,
            import_type: &posts.import_type,
            started_at: posts.started_at,
            now,
            cursor: posts.cursor.as_ref(),
            next_poll_at: posts.next.at,
            next_poll_reason: posts.next.reason,
            hold_until: posts.next.hold_until,
            retry_at: plan.retry.then(|| now + RETRY_AFTER),
            fetched: posts.fetched,
            errors: &errors,
        };
        let log = import::write_and_finish(transaction, &posts.tenant, account, plan, &finish).await?;
        Ok(Imported::Done(Box::new(log)))
    }

    /// Where the account's platform bills by the UTC day: how long before midnight a look must be due so that a poll makes
    /// it that day.
    pub(super) fn day_margin(&self, account: &LockedAccount) -> Option<Duration> {
        self.billing(account.platform)?;
        Some(self.poll_interval(account.platform, account.poll_interval_s) + POLLS_ARE_LATE_BY)
    }
}

/// What was committed, for the metrics.
fn counts(plan: &Plan, posts: &ImportPosts) -> ImportCounts {
    ImportCounts {
        fetched: u64::try_from(posts.fetched).unwrap_or(0),
        imported: plan.counts.imported.into(),
        posted: plan.counts.posted.into(),
        filtered: plan.counts.filtered.into(),
        waiting: plan.counts.waiting.into(),
        messages: plan.counts.messages.into(),
        deliveries: plan.deliveries.iter().map(|delivery| delivery.status.as_str()).collect(),
    }
}

/// One try to write.
pub(super) enum Attempt<T> {
    Done(T),
    /// Nothing is written; with this it can be tried again.
    Refused(Refusals),
}

/// An error with its sources, for the log.
pub struct Chain<'a>(pub &'a (dyn std::error::Error + 'a));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}
