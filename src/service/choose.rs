//! Connecting an account, the end: which of a login's identities, and saving them with its tokens.

use super::{AdminActor, Service, ServiceError, tokens::seal};
use crate::{
    crypto::aad,
    domain::{Identity, Platform, Step, Timestamp, TokenSet, account::Login},
    store::{
        accounts::{self, NewAccount},
        audit::{self, AuditActor, AuditEntry},
        credentials::{self, NewCredential},
        sessions::{self, Session},
    },
};
use deadpool_postgres::Transaction;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
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
    /// The platform did not hand out what the chosen are read with; the choice can be repeated.
    Platform(String),
}

/// What a login granted.
pub(super) struct Granted<'a> {
    /// The login's own tokens.
    pub tokens: &'a TokenSet,
    /// Who logged in.
    pub login: &'a Login,
    /// Tokens of identities that have their own, by `remote_id`.
    pub own: &'a HashMap<String, TokenSet>,
}

/// A choice that can be carried out.
struct Choice {
    session: Session,
    login: Login,
    tokens: TokenSet,
    chosen: Vec<Identity>,
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

/// What a choice comes to.
enum Chosen {
    /// It can be carried out.
    Now(Box<Choice>),
    /// It was, with these accounts.
    Before(Vec<Uuid>),
}

impl Granted<'_> {
    /// The tokens that an identity is read with.
    fn tokens_of(&self, identity: &Identity) -> &TokenSet {
        self.own.get(&identity.remote_id).unwrap_or(self.tokens)
    }

    /// Whose they are.
    fn subject_of<'a>(&'a self, identity: &'a Identity) -> &'a str {
        if self.own.contains_key(&identity.remote_id) { &identity.remote_id } else { &self.login.subject }
    }
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
        let session = sessions::find(&transaction, admin.tenant(), id, false).await?;
        drop(transaction);
        drop(connection);
        let choice = match self.check_choice(session, remote_ids)? {
            Ok(Chosen::Now(choice)) => choice,
            Ok(Chosen::Before(accounts)) => return Ok(Ok(accounts)),
            Err(refusal) => return Ok(Err(refusal)),
        };
        let Some(client) = self.platforms.get(choice.session.platform) else {
            return Ok(Err(ChooseRefusal::Platform("The platform is not set up any more".into())));
        };
        let own = match client.identity_tokens(&choice.tokens, &choice.chosen, self.clock.now()).await {
            Ok(own) => own,
            Err(error) => {
                tracing::warn!(connection = %id, code = error.code(), %error, "the chosen could not be connected");
                return Ok(Err(ChooseRefusal::Platform(error.to_string())));
            }
        };

        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(admin.tenant()).await?;
        // Another choice may have been made meanwhile.
        let session = sessions::find(&transaction, admin.tenant(), id, true).await?;
        let session = match self.check_choice(session, remote_ids)? {
            Ok(Chosen::Now(choice)) => choice.session,
            Ok(Chosen::Before(accounts)) => return Ok(Ok(accounts)),
            Err(refusal) => return Ok(Err(refusal)),
        };
        let granted = Granted { tokens: &choice.tokens, login: &choice.login, own: &own };
        let Some(accounts) = self.save_login(&transaction, &session, &granted, &choice.chosen).await? else {
            return Ok(Err(ChooseRefusal::NotFound));
        };
        self.steps.pass(Step::LoginWritten);
        transaction.commit().await?;
        self.steps.pass(Step::LoginCommitted);
        Ok(Ok(accounts))
    }

    /// Whether the connection is at the point of choosing, and offers what is chosen.
    fn check_choice(
        &self,
        session: Option<Session>,
        remote_ids: &[String],
    ) -> Result<Result<Chosen, ChooseRefusal>, ServiceError> {
        let Some(mut session) = session else { return Ok(Err(ChooseRefusal::NotFound)) };
        let is_over = session.expires_at <= self.clock.now();
        match session.status.as_str() {
            "choosing" => {}
            "connected" => return Ok(Ok(Chosen::Before(session.account_ids))),
            "failed" => return Ok(Err(ChooseRefusal::Over(session.message.unwrap_or_default()))),
            _ if is_over => {
                return Ok(Err(ChooseRefusal::Over("The time for this connection ran out: start again".into())));
            }
            _ => return Ok(Err(ChooseRefusal::NotReady)),
        }
        let (Some(login), Some(sealed)) = (session.login.take(), session.login_sealed.take()) else {
            return Ok(Err(ChooseRefusal::NotReady));
        };
        if is_over {
            return Ok(Err(ChooseRefusal::Over("The login is too old: connect again".into())));
        }
        if remote_ids.is_empty() {
            return Ok(Err(ChooseRefusal::Empty));
        }
        let offered = |id: &String| login.identities.iter().any(|identity| identity.remote_id == *id);
        if let Some(unknown) = remote_ids.iter().find(|id| !offered(id)) {
            return Ok(Err(ChooseRefusal::NotOffered(unknown.chars().take(100).collect())));
        }
        let is_chosen = |identity: &&Identity| remote_ids.contains(&identity.remote_id);
        let chosen: Vec<Identity> = login.identities.iter().filter(is_chosen).cloned().collect();
        let tokens = self.open_offer(session.id, &sealed)?;
        Ok(Ok(Chosen::Now(Box::new(Choice { session, login, tokens, chosen }))))
    }

    /// Saves a login and the accounts it reads, and ends the connection, all in the caller's transaction. `None`: the
    /// account to be reconnected is gone.
    pub(super) async fn save_login(
        &self,
        transaction: &Transaction<'_>,
        session: &Session,
        granted: &Granted<'_>,
        chosen: &[Identity],
    ) -> Result<Option<Vec<Uuid>>, ServiceError> {
        let now = self.clock.now();
        let (tenant, platform) = (session.tenant.as_str(), session.platform);
        let saved = self.save_tokens(transaction, tenant, platform, granted, chosen).await?;
        if let (Some(wanted), [identity]) = (session.wanted_account_id, chosen) {
            // Held by us it cannot go away, so that what follows finds it and makes no new one.
            if !accounts::hold(transaction, tenant, wanted, &identity.remote_id).await? {
                return Ok(None);
            }
        }
        let rows: Vec<NewAccount<'_>> = chosen
            .iter()
            .filter_map(|identity| {
                let subject = granted.subject_of(identity);
                let (credential_id, tokens) = (*saved.get(subject)?, granted.tokens_of(identity));
                let token_expires_at = tokens.ends_at();
                Some(NewAccount { id: self.dice.uuid(now), identity, credential_id, token_expires_at })
            })
            .collect();
        let accounts = accounts::save(transaction, tenant, platform, session.created_by, now, &rows).await?;
        let credentials: Vec<Uuid> = saved.values().copied().collect();
        accounts::revive(transaction, &credentials, &accounts, now).await?;
        let actor = AuditActor::Administrator(session.created_by);
        let entries: Vec<AuditEntry<'_>> = accounts
            .iter()
            .map(|id| {
                let is_new = rows.iter().any(|row| row.id == *id);
                let action = if is_new { "account_connected" } else { "account_reconnected" };
                let detail = json!({"logged_in_as": granted.login.subject_name});
                self.audit_entry(tenant, actor, action, Some(*id), detail)
            })
            .collect();
        audit::record_all(transaction, &entries).await?;
        sessions::connected(transaction, session.id, &accounts, granted.tokens.scopes.as_deref()).await?;
        tracing::info!(%platform, accounts = accounts.len(), "connected");
        Ok(Some(accounts))
    }

    /// Saves the tokens that the chosen are read with: the login's, unless each has its own. The rows by subject.
    async fn save_tokens(
        &self,
        transaction: &Transaction<'_>,
        tenant: &str,
        platform: Platform,
        granted: &Granted<'_>,
        chosen: &[Identity],
    ) -> Result<HashMap<String, Uuid>, ServiceError> {
        let now = self.clock.now();
        let login = granted.login;
        let mut parts: BTreeMap<&str, (&str, &TokenSet)> = BTreeMap::new();
        for identity in chosen {
            let name = match granted.own.get(&identity.remote_id) {
                Some(_) => &identity.profile.name,
                None => &login.subject_name,
            };
            parts.insert(granted.subject_of(identity), (name, granted.tokens_of(identity)));
        }
        let subjects: Vec<&str> = parts.keys().copied().collect();
        // Tokens are sealed to their row, so the row's id must be known first; one login at a time may look.
        credentials::one_at_a_time(transaction, tenant, platform, &subjects).await?;
        let mut saved = credentials::find(transaction, tenant, platform, &subjects).await?;
        let mut rows = Vec::with_capacity(parts.len());
        for (subject, (subject_name, tokens)) in parts {
            let id = *saved.entry(subject.to_owned()).or_insert_with(|| self.dice.uuid(now));
            let mut sealed = seal(&self.sealer, id, tokens);
            // A page's token reaches as far as the login that it came from.
            sealed.scopes = sealed.scopes.or_else(|| granted.tokens.scopes.clone());
            rows.push(NewCredential { id, subject, subject_name, sealed });
        }
        credentials::save(transaction, tenant, platform, now, &rows).await?;
        Ok(saved)
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
