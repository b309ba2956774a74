//! The one door by which posts enter: decided purely, written in one transaction per account, fenced by the lease.

use super::{Service, ServiceError};
use crate::{
    domain::{
        Cursor, Post, Timestamp,
        integration::ChannelState,
        plan::{Facts, Import, Plan, plan},
        schedule::next_poll,
    },
    store::{
        StoreError,
        import::{self, Finish, LockedAccount},
        logs::ImportLog,
        messages,
        outcomes::{self, QuietPoll},
    },
    telemetry::metrics::ImportCounts,
};
use std::collections::HashMap;
use uuid::Uuid;

/// Failed deliveries are tried again after this long.
const RETRY_AFTER: chrono::Duration = chrono::Duration::minutes(15);

/// Losing against another transaction so often is no accident.
const MAX_TRIES: usize = 4;

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
    /// Imports posts. A channel that refuses its messages fails alone.
    ///
    /// # Errors
    /// [`ServiceError`]; nothing was written.
    pub async fn import_posts(&self, posts: &ImportPosts) -> Result<Imported, ServiceError> {
        let mut refusing = HashMap::new();
        for _ in 0..MAX_TRIES {
            match self.try_import(posts, &refusing).await {
                Ok(Attempt::Done(imported)) => return Ok(imported),
                Ok(Attempt::Refused(channels)) => refusing.extend(channels),
                Err(StoreError::Contended(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ServiceError::Internal("the import lost against other transactions too often".into()))
    }

    async fn try_import(&self, posts: &ImportPosts, refusing: &HashMap<Uuid, String>) -> Result<Attempt, StoreError> {
        let now = self.clock.now();
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(&posts.tenant).await?;
        let ids = |posts: &'_ [Post]| -> Vec<String> { posts.iter().map(|post| post.post_id.clone()).collect() };
        let (anew, again) = (ids(&posts.import.posts), ids(&posts.import.seen_again));
        // Sent together, answered one after another: three statements, one round trip.
        let (account, integrations, known) = futures_util::try_join!(
            import::lock(&transaction, posts.account_id, posts.lease_id),
            import::integrations(&transaction, posts.account_id),
            import::known(&transaction, posts.account_id, &anew, &again),
        )?;
        let Some(account) = account else { return Ok(Attempt::Done(Imported::LeaseLost)) };
        let mut facts = Facts {
            now,
            platform: account.platform,
            account_id: posts.account_id,
            baseline_at: account.baseline_at,
            last_message_at: account.last_message_at,
            integrations,
            known,
        };
        for integration in &mut facts.integrations {
            if let Some(why) = refusing.get(&integration.channel_id) {
                integration.channel = ChannelState::Refusing(why.clone());
            }
        }
        let plan = plan(&facts, posts.import.clone(), &*self.dice);
        match import::write(&transaction, &posts.tenant, posts.account_id, now, &plan).await {
            Ok(()) => {}
            Err(refused @ (StoreError::Refused { .. } | StoreError::Driver { .. })) => {
                // The transaction is void; find out in a new one who refuses.
                transaction.rollback().await?;
                let mut probe = connection.begin(&posts.tenant).await?;
                let found = messages::refusing_channels(&mut probe, &posts.tenant, now, &plan.messages).await?;
                probe.rollback().await?;
                if found.is_empty() {
                    return Err(refused);
                }
                return Ok(Attempt::Refused(found.into_iter().map(|(channel, error)| {
                    tracing::warn!(%channel, account = %posts.account_id, error = %Chain(&error), "channel refuses messages");
                    (channel, "The database refuses messages in this channel; the service's log says why".to_owned())
                }).collect()));
            }
            Err(error) => return Err(error),
        }
        let imported = self.end(&transaction, posts, &account, &plan, now).await?;
        transaction.commit().await?;
        self.metrics.imported(account.platform, &counts(&plan, posts));
        Ok(Attempt::Done(imported))
    }

    async fn end(
        &self,
        transaction: &deadpool_postgres::Transaction<'_>,
        posts: &ImportPosts,
        account: &LockedAccount,
        plan: &Plan,
        now: Timestamp,
    ) -> Result<Imported, StoreError> {
        let interval = self.poll_interval(account.platform);
        let next_poll_at = next_poll(now, interval, account.due_at, self.dice.fraction());
        let is_scheduled = posts.import_type == "scheduled" && account.baseline_at.is_some() && !posts.import.baseline;
        if is_scheduled && plan.is_quiet() && posts.fetched == 0 {
            let quiet = QuietPoll { account_id: posts.account_id, cursor: posts.cursor.clone(), next_poll_at };
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
            next_poll_at,
            retry_at: plan.retry.then(|| now + RETRY_AFTER),
            fetched: posts.fetched,
            errors: &errors,
        };
        let log = import::finish(transaction, account, plan, &finish).await?;
        Ok(Imported::Done(Box::new(log)))
    }

    /// The time between two polls of an account of `platform`.
    pub fn poll_interval(&self, platform: crate::domain::Platform) -> chrono::Duration {
        let of_platform = || self.platforms.get(platform).map(|client| client.spec().min_interval);
        let floor = self.settings.interval_floor.or_else(of_platform);
        floor.map_or(self.settings.poll_interval, |floor| floor.max(self.settings.poll_interval))
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

enum Attempt {
    Done(Imported),
    Refused(HashMap<Uuid, String>),
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
