//! Connecting an account, the second half: the platform's answer.

use super::{
    Service, ServiceError,
    connect::{CONNECT_WITHIN, DEFAULT_RETURN_PATH, hash},
    import::Chain,
};
use crate::{
    crypto::aad,
    domain::{Platform, TokenSet, account::Login},
    platforms::{CodeGrant, PlatformError, SocialPlatform},
    store::{
        ALL_TENANTS,
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
}

impl Arrival {
    /// Path and query.
    pub fn location(&self) -> String {
        match &self.result {
            ArrivalResult::Connected(platform) => format!("{}?success={platform}_connected", self.path),
            ArrivalResult::Choose(platform, id) => format!("{}?choose={id}&platform={platform}", self.path),
            ArrivalResult::Failed(code) => format!("{}?error={code}", self.path),
        }
    }
}

/// Why a connection failed: a stable word, and a sentence for the administrator.
struct Refusal {
    code: &'static str,
    message: String,
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

        let result = match self.exchange(&**client, &session, answer).await {
            Ok((tokens, login)) => self.settle_login(&session, tokens, login).await?,
            Err(refusal) => {
                tracing::warn!(%platform, connection = %session.id, code = refusal.code, "connection failed: {}", refusal.message);
                let mut connection = self.store.connection().await?;
                let transaction = connection.begin(&session.tenant).await?;
                sessions::fail(&transaction, session.id, refusal.code, &refusal.message).await?;
                transaction.commit().await?;
                ArrivalResult::Failed(refusal.code)
            }
        };
        Ok(Arrival { path: session.return_path, result })
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
                return Err(Refusal { code: "invalid_answer", message: "The platform sent no code back".into() });
            }
        };
        let verifier = session
            .verifier_sealed
            .as_deref()
            .map(|sealed| self.sealer.open(sealed, &aad(session.id, "verifier")))
            .transpose()
            .map_err(|error| Refusal { code: "internal", message: format!("The verifier cannot be opened: {error}") })?
            .map(|bytes| SecretString::from(String::from_utf8_lossy(&bytes).into_owned()));
        let grant = CodeGrant {
            code,
            redirect_uri: &self.settings.callback_url(session.platform),
            pkce_verifier: verifier.as_ref(),
            now: self.clock.now(),
        };
        let tokens = client.exchange(&grant).await.map_err(Refusal::from)?;
        let checked = match missing_scopes(client, &tokens) {
            Some(refusal) => Err(refusal),
            None => {
                let login = self.log_in(client, &session.tenant, session.id, &tokens.access_token).await;
                login.map_err(Refusal::from)
            }
        };
        match checked {
            Ok(login) if login.identities.is_empty() => {
                end_grant(client, &tokens).await;
                Err(Refusal { code: "no_accounts", message: "This login has nothing that posts can be read of".into() })
            }
            Ok(login) => Ok((tokens, login)),
            Err(refusal) => {
                end_grant(client, &tokens).await;
                Err(refusal)
            }
        }
    }

    /// One identity is connected at once; several are offered.
    async fn settle_login(
        &self,
        session: &Session,
        tokens: TokenSet,
        login: Login,
    ) -> Result<ArrivalResult, ServiceError> {
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(&session.tenant).await?;
        let result = if login.identities.len() == 1 {
            self.save_login(&transaction, session, &tokens, &login, &login.identities).await?;
            ArrivalResult::Connected(session.platform)
        } else {
            let sealed = self.seal_offer(session.id, &tokens)?;
            let expires_at = self.clock.now() + CONNECT_WITHIN;
            sessions::offer(&transaction, session.id, &login, &sealed, expires_at).await?;
            ArrivalResult::Choose(session.platform, session.id)
        };
        transaction.commit().await?;
        Ok(result)
    }
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
        Refusal { code: "access_denied", message: "The connection was declined at the platform".into() }
    } else if scope {
        Refusal {
            code: "scope_not_authorized",
            message: "The platform does not allow this app a permission it asks for: request it in the platform's \
                      developer portal"
                .into(),
        }
    } else {
        Refusal { code: "platform_refused", message: "The platform refused the connection".into() }
    }
}

/// The required scopes that were not granted, with the features that need them.
fn missing_scopes(client: &dyn SocialPlatform, tokens: &TokenSet) -> Option<Refusal> {
    let granted = tokens.scopes.as_ref()?;
    let missing: Vec<String> = client
        .spec()
        .scopes
        .iter()
        .filter(|need| need.required && !granted.contains(&need.scope))
        .map(|need| format!("{} (for: {})", need.scope, need.feature))
        .collect();
    (!missing.is_empty()).then(|| Refusal {
        code: "missing_scope",
        message: format!("Not granted: {}. Connect again and allow everything asked for", missing.join(", ")),
    })
}

impl From<PlatformError> for Refusal {
    fn from(error: PlatformError) -> Self {
        Self { code: error.code(), message: error.to_string() }
    }
}
