//! Asking twice with the same key changes things once.

use super::{AdminActor, Service, ServiceError};
use crate::store::requests::{Begun, Keyed};
use chrono::Duration;
use uuid::Uuid;

/// Keys and answers are kept this long.
pub const KEEP_REQUESTS: Duration = Duration::days(1);

/// A request that was begun so long ago and not answered has died with its process.
const DEAD_AFTER: Duration = Duration::minutes(2);

impl Service {
    /// Takes `client_key` for the request that `fingerprint` stands for.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn begin_request(
        &self,
        admin: &AdminActor,
        client_key: &str,
        fingerprint: &[u8],
    ) -> Result<Begun, ServiceError> {
        let now = self.clock.now();
        Ok(self.store.begin_request(&keyed(admin, client_key, fingerprint), now, now - DEAD_AFTER).await?)
    }

    /// Keeps the answer under its key; without one the key is free again.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn end_request(
        &self,
        admin: &AdminActor,
        client_key: &str,
        fingerprint: &[u8],
        answer: Option<&str>,
    ) -> Result<(), ServiceError> {
        Ok(self.store.end_request(&keyed(admin, client_key, fingerprint), answer).await?)
    }
}

fn keyed<'a>(admin: &'a AdminActor, client_key: &'a str, fingerprint: &'a [u8]) -> Keyed<'a> {
    Keyed { tenant: admin.tenant(), asked_by: admin.user_id().unwrap_or(Uuid::nil()), client_key, fingerprint }
}
