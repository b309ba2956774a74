//! Mutations that came with a client's key: begun once, answered alike.

use super::{Store, StoreError};
use crate::domain::Timestamp;
use uuid::Uuid;

/// A request under its key.
#[derive(Clone, Copy, Debug)]
pub struct Keyed<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The person who asks; nil where none is known.
    pub asked_by: Uuid,
    /// The client's key.
    pub client_key: &'a str,
    /// What is asked, as a hash.
    pub fingerprint: &'a [u8],
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Nothing: it is ours to execute.
    Now,
    /// The same was asked and answered.
    Answered(String),
    /// The same is being executed.
    Running,
    /// Something else was asked with this key.
    Different,
}

impl Store {
    /// Takes the key, unless it is taken. One that was begun before `stale_before` and never answered is taken over.
    pub async fn begin_request(
        &self,
        request: &Keyed<'_>,
        now: Timestamp,
        stale_before: Timestamp,
    ) -> Result<Begun, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(request.tenant).await?;
        let Keyed { tenant, asked_by, client_key, fingerprint } = request;
        let statement = transaction
            .prepare_cached(
                "INSERT INTO nchat_social_requests AS r \
                   (source_account_id, asked_by, client_key, fingerprint, begun_at) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT (source_account_id, asked_by, client_key) DO UPDATE SET begun_at = excluded.begun_at \
                 WHERE r.answer IS NULL AND r.begun_at < $6 AND r.fingerprint = excluded.fingerprint",
            )
            .await?;
        let taken =
            transaction.execute(&statement, &[tenant, asked_by, client_key, fingerprint, &now, &stale_before]).await?;
        let begun = if taken == 1 {
            Begun::Now
        } else {
            let row = transaction
                .query_opt(
                    "SELECT fingerprint = $4, answer FROM nchat_social_requests \
                     WHERE source_account_id = $1 AND asked_by = $2 AND client_key = $3",
                    &[tenant, asked_by, client_key, fingerprint],
                )
                .await?;
            match row.map(|row| (row.get(0), row.get(1))) {
                Some((true, Some(answer))) => Begun::Answered(answer),
                Some((false, _)) => Begun::Different,
                // Without a row: whoever had it failed in this moment, and will be out of the way next time.
                Some((true, None)) | None => Begun::Running,
            }
        };
        transaction.commit().await?;
        Ok(begun)
    }

    /// Keeps the answer; `None` forgets the key, so that it can be tried again.
    pub async fn end_request(&self, request: &Keyed<'_>, answer: Option<&str>) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(request.tenant).await?;
        let Keyed { tenant, asked_by, client_key, .. } = request;
        let statement = transaction
            .prepare_cached(if answer.is_some() {
                "UPDATE nchat_social_requests SET answer = $4 \
                 WHERE source_account_id = $1 AND asked_by = $2 AND client_key = $3"
            } else {
                "DELETE FROM nchat_social_requests \
                 WHERE source_account_id = $1 AND asked_by = $2 AND client_key = $3 AND answer IS NOT DISTINCT FROM $4"
            })
            .await?;
        transaction.execute(&statement, &[tenant, asked_by, client_key, &answer]).await?;
        transaction.commit().await?;
        Ok(())
    }
}
