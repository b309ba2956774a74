//! What a platform has just granted is stored, also when the database goes away at that moment: the old tokens may be
//! spent, and without the new ones a person would have to connect the account again.

use super::{super::tokens::open, Service};
use crate::{
    domain::{Step, Timestamp, TokenSet},
    store::{
        Connection, StoreError,
        credentials::{self, Credential, SealedTokens},
    },
};
use deadpool_postgres::Transaction;
use secrecy::ExposeSecret;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The pause between two tries.
const PAUSE: Duration = Duration::from_secs(1);
/// A database that is away for longer takes the tokens with it.
const KEPT_FOR: Duration = Duration::from_secs(900);

/// Tokens that are not stored yet.
pub(super) struct Granted<'a> {
    /// The login, as it was before.
    pub(super) login: &'a Credential,
    /// The tokens it had.
    pub(super) spent: &'a TokenSet,
    /// The new ones.
    pub(super) sealed: SealedTokens,
    pub(super) now: Timestamp,
}

impl Service {
    /// Stores the tokens in the transaction that holds their row.
    pub(super) async fn store_tokens(
        &self,
        transaction: Transaction<'_>,
        granted: &Granted<'_>,
    ) -> Result<(), StoreError> {
        credentials::renew(&transaction, granted.login.id, &granted.sealed, granted.now).await?;
        self.steps.pass(Step::RenewalWritten);
        Ok(transaction.commit().await?)
    }

    /// Tries again until they are stored.
    ///
    /// # Errors
    /// [`StoreError`]: not in time, or not for want of a database.
    pub(super) async fn keep(
        &self,
        connection: &mut Connection,
        granted: &Granted<'_>,
        mut error: StoreError,
    ) -> Result<(), StoreError> {
        let (credential, began) = (granted.login.id, Instant::now());
        tracing::warn!(%credential, %error, "renewed tokens are kept until the database takes them");
        while error.is_temporary() && began.elapsed() < KEPT_FOR {
            sleep(PAUSE).await;
            match self.try_again(connection, granted).await {
                Ok(()) => return Ok(()),
                Err(now) => error = now,
            }
        }
        tracing::error!(%credential, %error, "renewed tokens could not be stored: the login may be lost");
        Err(error)
    }

    async fn try_again(&self, connection: &mut Connection, granted: &Granted<'_>) -> Result<(), StoreError> {
        connection.renew(&self.store).await?;
        let (login, spent) = (granted.login, granted.spent.access_token.expose_secret());
        let Some((transaction, found)) = credentials::lock(connection, &login.tenant, login.id).await? else {
            return Ok(());
        };
        // Others are there if the commit had worked all the same, or somebody has connected the account again.
        let is_spent = open(&self.sealer, &found).is_ok_and(|found| found.access_token.expose_secret() == spent);
        if is_spent { self.store_tokens(transaction, granted).await } else { Ok(()) }
    }
}
