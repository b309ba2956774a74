//! What administrators ask for a stored post: to try again what failed, to post it anyway. Decided by the plan of imports,
//! under the lock that imports take, so that nothing is doubled however many ask at once.

use super::{
    AdminActor, Service, ServiceError,
    import::{Attempt, MAX_TRIES, RETRY_AFTER},
};
use crate::{
    domain::plan::{Ask, DeliveryStatus, Facts, Known, Plan, Refusals, plan_ask},
    store::{
        StoreError, audit, import,
        posts::{self, StoredPost},
    },
};
use serde_json::json;
use uuid::Uuid;

/// What came of it.
#[derive(Clone, Debug)]
pub enum Asked {
    /// It was decided again, and it is written: so many deliveries came to these.
    Decided {
        /// Messages are there now.
        delivered: usize,
        /// Still not.
        failed: usize,
        /// The faults, as sentences.
        errors: Vec<String>,
    },
    /// Nothing has failed.
    NothingToDo,
    /// The channel has the post.
    AlreadyThere,
    /// The channel is archived.
    Archived,
    /// The post's content is not kept here.
    NoContent,
    /// There is no such thing in this workspace: `post` or `integration`.
    NotFound(&'static str),
}

impl Service {
    /// Does what `ask` says for a post, at once.
    ///
    /// # Errors
    /// [`ServiceError`] of the database; nothing was written.
    pub async fn ask_for_post(&self, admin: &AdminActor, post: Uuid, ask: Ask) -> Result<Asked, ServiceError> {
        let mut refusals = Refusals::default();
        for _ in 0..MAX_TRIES {
            match self.try_ask(admin, post, ask, &refusals).await {
                Ok(Attempt::Done(asked)) => return Ok(asked),
                Ok(Attempt::Refused(more)) => refusals.extend(more),
                Err(StoreError::Contended(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ServiceError::Internal("a post was asked for and lost against other transactions too often".into()))
    }

    async fn try_ask(
        &self,
        admin: &AdminActor,
        post: Uuid,
        ask: Ask,
        refusals: &Refusals,
    ) -> Result<Attempt<Asked>, StoreError> {
        let (tenant, now) = (admin.tenant(), self.clock.now());
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(tenant).await?;
        let account = import::lock_of_post(&transaction, tenant, post).await?;
        let whole = posts::whole(&transaction, tenant, &[post]).await?.pop();
        let (Some(account), Some(whole)) = (account, whole) else { return Ok(Attempt::Done(Asked::NotFound("post"))) };
        let (account_id, again) = (whole.row.account_id, [whole.row.post_id.clone()]);
        let (integrations, known) = futures_util::try_join!(
            import::integrations(&transaction, account_id),
            import::known(&transaction, account_id, &[], &again),
        )?;
        let facts = Facts {
            now,
            platform: account.platform,
            account_id,
            baseline_at: account.baseline_at,
            last_message_at: account.last_message_at,
            integrations,
            known,
            day_margin: self.day_margin(&account),
            refusals: refusals.clone(),
        };
        if let Some(answer) = facts.known.get(&whole.row.post_id).and_then(|known| answer_at_once(&facts, known, ask)) {
            return Ok(Attempt::Done(answer));
        }
        let Some(content) = whole.post else { return Ok(Attempt::Done(Asked::NoContent)) };
        let plan = plan_ask(&facts, content, ask, admin.user_id(), &*self.dice);
        match import::write(&transaction, tenant, account_id, now, &plan).await {
            Ok(()) => {}
            Err(refused @ (StoreError::Refused { .. } | StoreError::Driver { .. })) => {
                transaction.rollback().await?;
                let account = (tenant, account_id);
                return self.find_refusals(&mut connection, account, now, &plan, refused).await.map(Attempt::Refused);
            }
            Err(error) => return Err(error),
        }
        import::finish_ask(&transaction, account_id, &plan, plan.retry.then(|| now + RETRY_AFTER)).await?;
        if !is_empty(&plan) {
            let (action, integration) = match ask {
                Ask::Retry { integration } => ("post_retried", integration),
                Ask::PostAnyway { integration } => ("post_posted_anyway", Some(integration)),
            };
            let detail = json!({"post_id": post, "integration_id": integration});
            audit::record(&transaction, &self.audit_entry_of(admin, action, account_id, detail)).await?;
        }
        transaction.commit().await?;
        Ok(Attempt::Done(answer(plan)))
    }

    /// A post, as people see it.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn post(&self, admin: &AdminActor, id: Uuid) -> Result<Option<StoredPost>, ServiceError> {
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(admin.tenant()).await?;
        let whole = posts::whole(&transaction, admin.tenant(), &[id]).await?.pop();
        Ok(whole.map(|whole| whole.row))
    }
}

/// What needs no plan.
fn answer_at_once(facts: &Facts, known: &Known, ask: Ask) -> Option<Asked> {
    let named = match ask {
        Ask::Retry { integration } => integration,
        Ask::PostAnyway { integration } => Some(integration),
    };
    let integration = named.map(|id| facts.integrations.iter().find(|integration| integration.id == id));
    match (ask, integration) {
        (_, Some(None)) => Some(Asked::NotFound("integration")),
        (Ask::PostAnyway { .. }, Some(Some(integration))) => {
            let delivered = known.deliveries.iter().filter(|delivery| delivery.status == DeliveryStatus::Delivered);
            let there = delivered.into_iter().any(|delivery| {
                delivery.integration_id == Some(integration.id) || delivery.channel_id == integration.channel_id
            });
            match there {
                true => Some(Asked::AlreadyThere),
                false if integration.is_archived => Some(Asked::Archived),
                false => None,
            }
        }
        _ => None,
    }
}

fn answer(plan: Plan) -> Asked {
    let count = |status| plan.deliveries.iter().filter(|delivery| delivery.status == status).count();
    if is_empty(&plan) {
        return Asked::NothingToDo;
    }
    let (delivered, failed) = (count(DeliveryStatus::Delivered), count(DeliveryStatus::Failed));
    Asked::Decided { delivered, failed, errors: plan.errors }
}

/// There was nothing to decide.
fn is_empty(plan: &Plan) -> bool {
    plan.deliveries.is_empty() && plan.posts.is_empty() && plan.errors.is_empty()
}
