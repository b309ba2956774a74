//! Connecting an account, the second half: the platform's answer.

use super::{
    Service, ServiceError,
    choose::Granted,
    connect::{CONNECT_WITHIN, DEFAULT_RETURN_PATH, hash, shown},
    import::Chain,
};
use crate::{
    crypto::aad,
    domain::{Identity, Platform, Step, TokenSet, account::Login},
    platforms::{CodeGrant, PlatformError, SocialPlatform},
    store::{
        ALL_TENANTS,
        accounts::{self, Account},
        sessions::{self, Session},
    },
};
use secrecy::SecretString;
use uuid::Uuid;

/// What the browser brought back.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The cookie set at departure.
    pub browser_key: Option<String>,
    /// `state` of the query.
    pub state: Option<String>,
    /// `code` of the query.
    pub code: Option<SecretString>,
    /// `error` of the query: only whether it is a refusal by the person matters.
    pub error: Option<String>,
}

/// Where the browser goes now. Never holds a word of the platform's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The path of nchat.
    pub path: String,
    /// How it went.
    pub result: ArrivalResult,
}

/// How a connection went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArrivalResult {
    /// Accounts are connected.
    Connected(Platform),
    /// The administrator must choose from several.
    Choose(Platform, Uuid),
    /// It failed; a stable word says why.
    Failed(&'static str),
    /// The login is not of the account that was to be reconnected; the connection tells both names.
    WrongAccount(Uuid),
}

/// The login is of another account than was to be reconnected.
const WRONG_ACCOUNT: &str = "wrong_account";

impl Arrival {
    /// Path and query.
    pub fn location(&self) -> String {
        match &self.result {
            ArrivalResult::Connected(platform) => format!("{}?success={platform}_connected", self.path),
            ArrivalResult::Choose(platform, id) => format!("{}?choose={id}&platform={platform}", self.path),
            ArrivalResult::Failed(code) => format!("{}?error={code}", self.path),
            ArrivalResult::WrongAccount(id) => format!("{}?error={WRONG_ACCOUNT}&connection={id}", self.path),
        }
    }
}

/// Why a connection failed: a stable word, and a sentence for the administrator.
struct Refusal {
    code: &'static str,
    message: String,
    /// What had been granted by then.
    granted: Option<Vec<String>>,
}

impl Refusal {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), granted: None }
    }

    /// The account to be reconnected was deleted while the administrator was at the platform.
    fn no_account() -> Self {
        Self::new("no_account", "The account to be reconnected is not here any more: connect it as a new one")
    }

    fn granted(self, granted: Option<&Vec<String>>) -> Self {
        Self { granted: granted.cloned(), ..self }
    }
}

impl Service {
    /// Takes a platform's answer: once, from the browser that left, in time.
    ///
    /// # Errors
    /// [`ServiceError`] of the database; every refusal is an [`Arrival`].
    pub async fn arrive(&self, platform: Platform, answer: &Answer) -> Result<Arrival, ServiceError> {
        let lost = |code| Arrival { path: DEFAULT_RETURN_PATH.into(), result: ArrivalResult::Failed(code) };
        let Some(client) = self.platforms.get(platform) else { return Ok(lost("not_configured")) };
        let (Some(browser_key), Some(state)) = (&answer.browser_key, &answer.state) else {
            return Ok(lost("invalid_state"));
        };
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let now = self.clock.now();
        let session = sessions::consume(&transaction, platform, &hash(state), &hash(browser_key), now).await?;
        transaction.commit().await?;
        drop(connection);
        let Some(session) = session else { return Ok(lost("invalid_state")) };
        self.steps.pass(Step::StateConsumed);

        let settled = match self.exchange(&**client, &session, answer).await {
            Ok((tokens, login)) => self.settle_login(&**client, &session, &tokens, &login).await?,
            Err(refusal) => Err(refusal),
        };
        let result = match settled {
            Ok(result) => result,
            Err(refusal) => self.refuse(&session, &refusal).await?,
        };
        Ok(Arrival { path: session.return_path, result })
    }

    async fn refuse(&self, session: &Session, refusal: &Refusal) -> Result<ArrivalResult, ServiceError> {
        let Refusal { code, message, granted } = refusal;
        tracing::warn!(platform = %session.platform, connection = %session.id, code, "connection failed: {message}");
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(&session.tenant).await?;
        sessions::fail(&transaction, session.id, code, message, granted.as_deref()).await?;
        transaction.commit().await?;
        Ok(if *code == WRONG_ACCOUNT { ArrivalResult::WrongAccount(session.id) } else { ArrivalResult::Failed(code) })
    }

    /// From the code to tokens and identities. No transaction is open meanwhile.
    async fn exchange(
        &self,
        client: &dyn SocialPlatform,
        session: &Session,
        answer: &Answer,
    ) -> Result<(TokenSet, Login), Refusal> {
        let code = match (&answer.code, &answer.error) {
            (Some(code), None) => code,
            (_, Some(error)) => return Err(refused_by_person(error)),
            (None, None) => {
                return Err(Refusal::new("invalid_answer", "The platform sent no code back"));
            }
        };
        let verifier = session
            .verifier_sealed
            .as_deref()
            .map(|sealed| self.sealer.open(sealed, &aad(session.id, "verifier")))
            .transpose()
            .map_err(|error| Refusal::new("internal", format!("The verifier cannot be opened: {error}")))?
            .map(|bytes| SecretString::from(String::from_utf8_lossy(&bytes).into_owned()));
        let grant = CodeGrant {
            code,
            redirect_uri: &self.settings.callback_url(session.platform),
            pkce_verifier: verifier.as_ref(),
            now: self.clock.now(),
        };
        let tokens = client.exchange(&grant).await.map_err(Refusal::from)?;
        self.steps.pass(Step::CodeExchanged);
        let checked = match missing_scopes(client, &tokens) {
            Some(refusal) => Err(refusal),
            None => {
                let login = self.log_in(client, &session.tenant, session.id, &tokens.access_token).await;
                login.map_err(Refusal::from)
            }
        };
        let refusal = match checked {
            Ok(login) if !login.identities.is_empty() => return Ok((tokens, login)),
            Ok(_) => Refusal::new("no_accounts", "This login has nothing that posts can be read of"),
            Err(refusal) => refusal,
        };
        end_grant(client, &tokens).await;
        Err(refusal.granted(tokens.scopes.as_ref()))
    }

    /// One identity, or the one that is to be reconnected, is connected at once; several are offered.
    async fn settle_login(
        &self,
        client: &dyn SocialPlatform,
        session: &Session,
        tokens: &TokenSet,
        login: &Login,
    ) -> Result<Result<ArrivalResult, Refusal>, ServiceError> {
        let chosen = match session.wanted_account_id {
            Some(wanted) => self.wanted(session, wanted, login).await?,
            None if login.identities.len() > 1 || session.offer_one => {
                return self.offer(session, tokens, login).await.map(Ok);
            }
            None => Ok(login.identities.clone()),
        };
        let chosen = match chosen {
            Ok(chosen) => chosen,
            Err(refusal) => {
                end_grant(client, tokens).await;
                return Ok(Err(refusal.granted(tokens.scopes.as_ref())));
            }
        };
        let own = match client.identity_tokens(tokens, &chosen, self.clock.now()).await {
            Ok(own) => own,
            Err(error) => {
                end_grant(client, tokens).await;
                return Ok(Err(Refusal::from(error).granted(tokens.scopes.as_ref())));
            }
        };
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(&session.tenant).await?;
        let granted = Granted { tokens, login, own: &own };
        if self.save_login(&transaction, session, &granted, &chosen).await?.is_some() {
            self.steps.pass(Step::LoginWritten);
            transaction.commit().await?;
            self.steps.pass(Step::LoginCommitted);
            return Ok(Ok(ArrivalResult::Connected(session.platform)));
        }
        drop(transaction);
        drop(connection);
        end_grant(client, tokens).await;
        Ok(Err(Refusal::no_account().granted(tokens.scopes.as_ref())))
    }

    async fn offer(&self, session: &Session, tokens: &TokenSet, login: &Login) -> Result<ArrivalResult, ServiceError> {
        let sealed = self.seal_offer(session.id, tokens)?;
        let expires_at = self.clock.now() + CONNECT_WITHIN;
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(&session.tenant).await?;
        sessions::offer(&transaction, session.id, login, &sealed, tokens.scopes.as_deref(), expires_at).await?;
        transaction.commit().await?;
        Ok(ArrivalResult::Choose(session.platform, session.id))
    }

    /// The identity that is to be reconnected, if the login has it.
    async fn wanted(
        &self,
        session: &Session,
        wanted: Uuid,
        login: &Login,
    ) -> Result<Result<Vec<Identity>, Refusal>, ServiceError> {
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(&session.tenant).await?;
        let account = accounts::list(&transaction, &session.tenant, Some(&[wanted]), None).await?.pop();
        let Some(account) = account else { return Ok(Err(Refusal::no_account())) };
        let identity = login.identities.iter().find(|identity| identity.remote_id == account.account_id);
        Ok(identity.map(|identity| vec![identity.clone()]).ok_or_else(|| wrong_account(&account, login)))
    }
}

/// So many identities of a wrong login are named.
const NAMED: usize = 3;

fn wrong_account(account: &Account, login: &Login) -> Refusal {
    let names: Vec<String> = login
        .identities
        .iter()
        .take(NAMED)
        .map(|identity| shown(&identity.profile.name, identity.profile.handle.as_deref()))
        .collect();
    let more = login.identities.len().saturating_sub(NAMED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let platform = account.platform.brand().name;
    Refusal::new(
        WRONG_ACCOUNT,
        format!(
            "This was to reconnect {}, but the login at {platform} is of {}{more}. Nothing was changed: log in at \
             {platform} as the right one, then reconnect again",
            shown(&account.account_name, account.account_handle.as_deref()),
            names.join(", "),
        ),
    )
}

/// A grant that will not be used is ended where the platform can; that it cannot is no fault of the connection.
async fn end_grant(client: &dyn SocialPlatform, tokens: &TokenSet) {
    if let Err(error) = client.revoke(tokens).await {
        tracing::info!(platform = %client.spec().platform, error = %Chain(&error), "an unused grant could not be ended");
    }
}

fn refused_by_person(error: &str) -> Refusal {
    let by_person = matches!(error, "access_denied" | "user_cancelled_login" | "user_cancelled_authorize");
    let scope = matches!(error, "unauthorized_scope_error" | "invalid_scope_error" | "invalid_scope");
    if by_person {
        Refusal::new("access_denied", "The connection was declined at the platform")
    } else if scope {
        Refusal::new(
            "scope_not_authorized",
            "The platform does not allow this app a permission it asks for: request it in the platform's developer \
             portal",
        )
    } else {
        Refusal::new("platform_refused", "The platform refused the connection")
    }
}

/// The required scopes that were not granted, with the features that need them.
fn missing_scopes(client: &dyn SocialPlatform, tokens: &TokenSet) -> Option<Refusal> {
    let missing: Vec<String> = client
        .spec()
        .missing_scopes(tokens.scopes.as_ref()?)
        .filter(|need| need.required)
        .map(|need| format!("{} (for: {})", need.scope, need.feature))
        .collect();
    (!missing.is_empty()).then(|| {
        let missing = missing.join(", ");
        Refusal::new("missing_scope", format!("Not granted: {missing}. Connect again and allow everything asked for"))
    })
}

impl From<PlatformError> for Refusal {
    fn from(error: PlatformError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}
