//! Connecting an account, the end: which of a login's identities, and saving them with its tokens.

use super::{AdminActor, Service, ServiceError, tokens::seal};
use crate::{
    crypto::aad,
    domain::{Identity, Timestamp, TokenSet, account::Login},
    store::{
        accounts,
        credentials::{self, NewCredential},
        sessions::{self, Session},
    },
};
use deadpool_postgres::Transaction;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

/// Why nothing was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChooseRefusal {
    /// There is no such connection in this workspace.
    NotFound,
    /// Its time is over, or it failed.
    Over(String),
    /// It is not at the point of choosing.
    NotReady,
    /// None of these was offered.
    NotOffered(String),
    /// Nothing was chosen.
    Empty,
}

/// The tokens of an offer, sealed as one until the choice.
#[derive(Serialize, Deserialize)]
struct OfferedTokens {
    access_token: String,
    access_expires_at: Option<Timestamp>,
    refresh_token: Option<String>,
    refresh_expires_at: Option<Timestamp>,
    scopes: Option<Vec<String>>,
}

impl Service {
    /// How a connection stands.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn connection(&self, admin: &AdminActor, id: Uuid) -> Result<Option<Session>, ServiceError> {
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(admin.tenant()).await?;
        let session = sessions::find(&transaction, admin.tenant(), id, false).await?;
        transaction.commit().await?;
        Ok(session)
    }

    /// Connects the chosen identities. Choosing again what was chosen gives the same accounts.
    ///
    /// # Errors
    /// [`ServiceError`] of the database or of sealed tokens that cannot be opened.
    pub async fn choose_identities(
        &self,
        admin: &AdminActor,
        id: Uuid,
        remote_ids: &[String],
    ) -> Result<Result<Vec<Uuid>, ChooseRefusal>, ServiceError> {
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(admin.tenant()).await?;
        let Some(session) = sessions::find(&transaction, admin.tenant(), id, true).await? else {
            return Ok(Err(ChooseRefusal::NotFound));
        };
        match session.status.as_str() {
            "choosing" => {}
            "connected" => return Ok(Ok(session.account_ids)),
            "failed" => return Ok(Err(ChooseRefusal::Over(session.message.unwrap_or_default()))),
            _ if session.expires_at <= self.clock.now() => {
                return Ok(Err(ChooseRefusal::Over("The time for this connection ran out: start again".into())));
            }
            _ => return Ok(Err(ChooseRefusal::NotReady)),
        }
        let (Some(login), Some(sealed)) = (&session.login, &session.login_sealed) else {
            return Ok(Err(ChooseRefusal::NotReady));
        };
        if session.expires_at <= self.clock.now() {
            return Ok(Err(ChooseRefusal::Over("The login is too old: connect again".into())));
        }
        if remote_ids.is_empty() {
            return Ok(Err(ChooseRefusal::Empty));
        }
        let offered = |id: &String| login.identities.iter().any(|identity| identity.remote_id == *id);
        if let Some(unknown) = remote_ids.iter().find(|id| !offered(id)) {
            return Ok(Err(ChooseRefusal::NotOffered(unknown.chars().take(100).collect())));
        }
        let chosen: Vec<Identity> =
            login.identities.iter().filter(|identity| remote_ids.contains(&identity.remote_id)).cloned().collect();
        let tokens = self.open_offer(session.id, sealed)?;
        let accounts = self.save_login(&transaction, &session, &tokens, login, &chosen).await?;
        transaction.commit().await?;
        Ok(Ok(accounts))
    }

    /// Saves a login and the accounts it reads, and ends the connection, all in the caller's transaction.
    pub(super) async fn save_login(
        &self,
        transaction: &Transaction<'_>,
        session: &Session,
        tokens: &TokenSet,
        login: &Login,
        chosen: &[Identity],
    ) -> Result<Vec<Uuid>, ServiceError> {
        let now = self.clock.now();
        let tenant = &session.tenant;
        // Tokens are sealed to their row, so the row's id must be known first; one login at a time may look.
        credentials::one_at_a_time(transaction, tenant, session.platform, &login.subject).await?;
        let known = credentials::find(transaction, tenant, session.platform, &login.subject).await?;
        let id = known.unwrap_or_else(|| self.dice.uuid(now));
        let new = NewCredential {
            id,
            platform: session.platform,
            subject: &login.subject,
            subject_name: &login.subject_name,
            sealed: seal(&self.sealer, id, tokens),
            now,
        };
        credentials::save(transaction, tenant, &new).await?;
        let rows: Vec<(Uuid, &Identity)> = chosen.iter().map(|identity| (self.dice.uuid(now), identity)).collect();
        let accounts = accounts::save(
            transaction,
            tenant,
            session.platform,
            id,
            tokens.access_expires_at,
            session.created_by,
            now,
            &rows,
        )
        .await?;
        sessions::connected(transaction, session.id, &accounts).await?;
        tracing::info!(platform = %session.platform, accounts = accounts.len(), "connected");
        Ok(accounts)
    }

    pub(super) fn seal_offer(&self, session: Uuid, tokens: &TokenSet) -> Result<Vec<u8>, ServiceError> {
        let offered = OfferedTokens {
            access_token: tokens.access_token.expose_secret().to_owned(),
            access_expires_at: tokens.access_expires_at,
            refresh_token: tokens.refresh_token.as_ref().map(|token| token.expose_secret().to_owned()),
            refresh_expires_at: tokens.refresh_expires_at,
            scopes: tokens.scopes.clone(),
        };
        let plain = Zeroizing::new(serde_json::to_vec(&offered).map_err(|error| ServiceError::Internal(error.into()))?);
        Ok(self.sealer.seal(&plain, &aad(session, "login")))
    }

    fn open_offer(&self, session: Uuid, sealed: &[u8]) -> Result<TokenSet, ServiceError> {
        let plain = self.sealer.open(sealed, &aad(session, "login"))?;
        let offered: OfferedTokens =
            serde_json::from_slice(&plain).map_err(|error| ServiceError::Internal(error.into()))?;
        Ok(TokenSet {
            access_token: SecretString::from(offered.access_token),
            access_expires_at: offered.access_expires_at,
            refresh_token: offered.refresh_token.map(SecretString::from),
            refresh_expires_at: offered.refresh_expires_at,
            scopes: offered.scopes,
        })
    }
}
