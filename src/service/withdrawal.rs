//! What a person tells us through the platform: that the app may not read the account any more, or that the person's
//! data must go. Requests are signed by the platform; a copy of one does nothing that the first did not.

use super::{Service, ServiceError, housekeeping::Round};
use crate::{
    domain::{Platform, Timestamp},
    platforms::{SignedRequest, SignedRequestProblem},
    store::{
        ALL_TENANTS,
        audit::{self, AuditActor, AuditEntry},
        callbacks::{self, Reached},
        deletions::{self, Deletion},
        incidents, messages,
    },
};
use chrono::Duration;
use deadpool_postgres::Transaction;
use serde_json::json;
use uuid::Uuid;

/// The platform's clock and ours may differ by this: a grant that is not older counts as the one that was withdrawn.
const SKEW: Duration = Duration::minutes(10);

/// Older requests are copies of what was heard long ago. Platforms repeat a callback for some days at most.
pub const HEARD_FOR: Duration = Duration::days(30);

/// Portions of posts deleted while the platform waits for the answer; housekeeping does the rest.
const AT_ONCE: usize = 4;

/// Why a request is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unheard {
    /// The platform is not configured.
    NotConfigured,
    /// It proves nothing.
    Unproven(SignedRequestProblem),
    /// It is too old.
    Old,
}

impl Service {
    /// The person removed the app at the platform: tokens are erased and polls stop, in every workspace. Returns how
    /// many accounts it reached; an unknown person is none.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn deauthorize(&self, platform: Platform, signed: &str) -> Result<Result<usize, Unheard>, ServiceError> {
        let request = match self.hear(platform, signed) {
            Ok(request) => request,
            Err(unheard) => return Ok(Err(unheard)),
        };
        let now = self.clock.now();
        let name = platform.brand().name;
        let message = format!("Its owner removed this app at {name}: reconnect the account to go on");
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        // A grant that is younger than the request was given after it.
        let until = request.issued_at.and_then(|at| at.checked_add_signed(SKEW));
        let reached = callbacks::hold_granted(&transaction, platform, &request.person, until).await?;
        let ids: Vec<Uuid> = reached.iter().map(|account| account.id).collect();
        callbacks::revoke(&transaction, &ids, &message, now).await?;
        self.record_withdrawal(&transaction, &reached, "access_revoked").await?;
        transaction.commit().await?;
        tracing::warn!(%platform, accounts = reached.len(), "a person removed this app at the platform");
        Ok(Ok(reached.len()))
    }

    /// The person wants the data gone: whatever names the person is erased at once, posts and the messages made of
    /// them in portions. Returns the code under which anybody can read how it stands; a copy of a request has the same.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn delete_data(&self, platform: Platform, signed: &str) -> Result<Result<String, Unheard>, ServiceError> {
        let request = match self.hear(platform, signed) {
            Ok(request) => request,
            Err(unheard) => return Ok(Err(unheard)),
        };
        let now = self.clock.now();
        let (id, code) = (self.dice.uuid(now), self.confirmation_code());
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        if !deletions::note(&transaction, id, platform, &request.digest, &code, now).await? {
            let known = deletions::code_of(&transaction, &request.digest).await?;
            return known.map(Ok).ok_or_else(|| ServiceError::Internal("a request is known and has no code".into()));
        }
        callbacks::hold_granted(&transaction, platform, &request.person, None).await?;
        let reached = callbacks::erase(&transaction, platform, &request.person, id, now).await?;
        deletions::count(&transaction, id, i32::try_from(reached.len()).unwrap_or(i32::MAX)).await?;
        self.record_withdrawal(&transaction, &reached, "deletion_requested").await?;
        transaction.commit().await?;
        drop(connection);
        tracing::warn!(%platform, accounts = reached.len(), deletion = %id, "a person asked for the deletion of data");
        if let Err(error) = self.work_deletions(AT_ONCE).await {
            tracing::warn!(deletion = %id, error = %super::import::Chain(&error), "the deletion has to wait");
        }
        Ok(Ok(code))
    }

    /// How a request to delete stands.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn deletion(&self, code: &str) -> Result<Option<Deletion>, ServiceError> {
        Ok(self.store.deletion(code).await?)
    }

    /// Deletes what was asked for, at most `portions` of it; an account that cannot be deleted keeps no other from it.
    /// Returns how many accounts are gone.
    ///
    /// # Errors
    /// [`ServiceError`], the first of several.
    pub async fn work_deletions(&self, portions: usize) -> Result<u64, ServiceError> {
        let mut left = portions;
        let mut round = Round::default();
        for account in self.store.to_delete().await? {
            while left > 0 {
                left -= 1;
                match self.delete_portion(&account).await {
                    Ok(Portion::More) => continue,
                    Ok(Portion::Last) => round.note(Ok(1))?,
                    Ok(Portion::Busy) => {}
                    Err(error) => round.note(Err(error))?,
                }
                break;
            }
        }
        round.note(self.store.end_deletions(self.clock.now()).await.map(|_| 0).map_err(ServiceError::from))?;
        round.end()
    }

    async fn delete_portion(&self, account: &Reached) -> Result<Portion, ServiceError> {
        let now = self.clock.now();
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(&account.tenant).await?;
        if !deletions::hold(&transaction, account.id).await? {
            return Ok(Portion::Busy);
        }
        let is_last = deletions::delete_portion(&transaction, &account.tenant, account.id, now).await?;
        if is_last {
            let alerts = incidents::messages_of(&transaction, account.id).await?;
            messages::erase(&transaction, &account.tenant, now, &alerts).await?;
            crate::store::accounts::delete(&transaction, &account.tenant, account.id).await?;
            let (actor, id) = (AuditActor::Service, Some(account.id));
            let entry = self.audit_entry(&account.tenant, actor, "deletion_completed", id, json!({}));
            audit::record(&transaction, &entry).await?;
        }
        transaction.commit().await?;
        Ok(if is_last { Portion::Last } else { Portion::More })
    }

    fn hear(&self, platform: Platform, signed: &str) -> Result<SignedRequest, Unheard> {
        let client = self.platforms.get(platform).ok_or(Unheard::NotConfigured)?;
        let request = client.signed_request(signed).map_err(Unheard::Unproven)?;
        if is_old(request.issued_at, self.clock.now()) { Err(Unheard::Old) } else { Ok(request) }
    }

    async fn record_withdrawal(
        &self,
        transaction: &Transaction<'_>,
        reached: &[Reached],
        action: &'static str,
    ) -> Result<(), ServiceError> {
        let entries: Vec<AuditEntry<'_>> = reached
            .iter()
            .map(|account| {
                let (tenant, id) = (account.tenant.as_str(), Some(account.id));
                self.audit_entry(tenant, AuditActor::Platform, action, id, json!({}))
            })
            .collect();
        Ok(audit::record_all(transaction, &entries).await?)
    }

    /// 80 random bits, easy to read out.
    fn confirmation_code(&self) -> String {
        let mut random = [0; 10];
        self.dice.fill(&mut random);
        random.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// How far a portion came.
enum Portion {
    /// More are to follow.
    More,
    /// The account is gone.
    Last,
    /// Somebody else works on it.
    Busy,
}

fn is_old(issued_at: Option<Timestamp>, now: Timestamp) -> bool {
    issued_at.is_some_and(|at| now - at > HEARD_FOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_heard_for_a_month() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().expect("a time");
        for (issued_at, old) in [
            (None, false),
            (Some(now), false),
            (Some(now + Duration::hours(1)), false),
            (Some(now - HEARD_FOR), false),
            (Some(now - HEARD_FOR - Duration::seconds(1)), true),
            (Some(Timestamp::UNIX_EPOCH), true),
            (Some(Timestamp::MAX_UTC), false),
            (Some(Timestamp::MIN_UTC), true),
        ] {
            assert_eq!(is_old(issued_at, now), old, "{issued_at:?}");
        }
    }
}
