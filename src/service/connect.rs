//! Connecting an account, the first half: until the browser is at the platform. Every key is random, used once, lives
//! ten minutes and is stored only as a hash.

use super::{AdminActor, Service, ServiceError};
use crate::{
    crypto::aad,
    domain::{Platform, Step},
    platforms::AuthorizeRequest,
    store::{
        ALL_TENANTS,
        accounts::Account,
        sessions::{self, Binding, NewSession, Session},
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Duration;
use sha2::{Digest, Sha256};
use url::Url;
use uuid::Uuid;

/// From the first step to the platform's answer.
pub const CONNECT_WITHIN: Duration = Duration::minutes(10);

/// Where the browser ends when nothing else was asked for.
pub const DEFAULT_RETURN_PATH: &str = "/admin/social";

/// What a connection is begun for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// New accounts of the platform, or known ones again: whatever the login offers.
    Connect(Platform),
    /// The same, but the administrator chooses also where there is only one: what it will cost is told first.
    Consider(Platform),
    /// This account again, and no other.
    Reconnect {
        /// The account's row.
        account: Uuid,
        /// The platform that the address named, where one did: an account of another is not found there.
        at: Option<Platform>,
    },
}

/// A connection that an administrator may begin in a browser.
#[derive(Clone, Debug)]
pub struct Started {
    /// Where the browser goes.
    pub platform: Platform,
    /// The account to be reconnected, as people know it.
    pub account: Option<String>,
    /// The connection; `socialConnection` tells how it stands.
    pub connection_id: Uuid,
    /// The address for the administrator's browser; works once, for ten minutes.
    pub url: String,
    /// When it stops working.
    pub expires_at: crate::domain::Timestamp,
}

/// Why a connection cannot be begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartRefusal {
    /// The platform has no credentials.
    NotConfigured,
    /// The path to return to is not one of nchat.
    BadReturnPath,
    /// The ticket is spent, too old or of another platform.
    BadTicket,
    /// There is no such account in this workspace.
    NoAccount,
}

/// The browser goes to the platform.
#[derive(Clone, Debug)]
pub struct Departure {
    /// The platform's page.
    pub authorize_url: Url,
    /// For a cookie of this browser.
    pub browser_key: String,
}

impl Service {
    /// Begins a connection from an interface that cannot set the browser's cookie (GraphQL, Hasura): the address
    /// returned sets it.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn start_connection(
        &self,
        admin: &AdminActor,
        goal: Goal,
        return_path: Option<&str>,
    ) -> Result<Result<Started, StartRefusal>, ServiceError> {
        let ticket = self.dice.token();
        let Begun { id, platform, account, expires_at } =
            match self.new_session(admin, goal, return_path, Some(&ticket)).await? {
                Ok(begun) => begun,
                Err(refusal) => return Ok(Err(refusal)),
            };
        let url = format!("{}/api/social/{platform}/auth?ticket={ticket}", self.settings.app_url);
        Ok(Ok(Started {
            platform,
            account: account.map(|account| shown(&account.account_name, account.account_handle.as_deref())),
            connection_id: id,
            url,
            expires_at,
        }))
    }

    /// Sends an administrator's own browser to the platform.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn depart(
        &self,
        admin: &AdminActor,
        goal: Goal,
        return_path: Option<&str>,
    ) -> Result<Result<Departure, StartRefusal>, ServiceError> {
        match self.new_session(admin, goal, return_path, None).await? {
            Ok(begun) => self.bind(begun.id, admin.tenant(), begun.platform).await.map(Ok),
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    /// Sends the browser that brings a ticket to the platform.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn depart_with_ticket(
        &self,
        platform: Platform,
        ticket: &str,
    ) -> Result<Result<Departure, StartRefusal>, ServiceError> {
        if self.platforms.get(platform).is_none() {
            return Ok(Err(StartRefusal::NotConfigured));
        }
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let session = sessions::spend_ticket(&transaction, platform, &hash(ticket), self.clock.now()).await?;
        transaction.commit().await?;
        match session {
            Some(Session { id, tenant, .. }) => self.bind(id, &tenant, platform).await.map(Ok),
            None => Ok(Err(StartRefusal::BadTicket)),
        }
    }

    async fn new_session(
        &self,
        admin: &AdminActor,
        goal: Goal,
        return_path: Option<&str>,
        ticket: Option<&str>,
    ) -> Result<Result<Begun, StartRefusal>, ServiceError> {
        let (platform, account) = match goal {
            Goal::Connect(platform) | Goal::Consider(platform) => (platform, None),
            Goal::Reconnect { account, at } => match self.accounts(admin, at, Some(&[account])).await?.pop() {
                Some(account) => (account.platform, Some(account)),
                None => return Ok(Err(StartRefusal::NoAccount)),
            },
        };
        if self.platforms.get(platform).is_none() {
            return Ok(Err(StartRefusal::NotConfigured));
        }
        let Some(return_path) = allowed_path(return_path) else { return Ok(Err(StartRefusal::BadReturnPath)) };
        let now = self.clock.now();
        let (id, expires_at) = (self.dice.uuid(now), now + CONNECT_WITHIN);
        let ticket_hash = ticket.map(hash);
        let new = NewSession {
            id,
            platform,
            created_by: admin.user_id(),
            return_path,
            ticket_hash: ticket_hash.as_ref().map(<[u8; 32]>::as_slice),
            wanted_account_id: account.as_ref().map(|account| account.id),
            offer_one: matches!(goal, Goal::Consider(_)),
            now,
            expires_at,
        };
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(admin.tenant()).await?;
        sessions::insert(&transaction, admin.tenant(), &new).await?;
        transaction.commit().await?;
        self.steps.pass(Step::SessionMade);
        Ok(Ok(Begun { id, platform, account, expires_at }))
    }

    async fn bind(&self, id: Uuid, tenant: &str, platform: Platform) -> Result<Departure, ServiceError> {
        let client = self.platforms.get(platform).ok_or_else(|| ServiceError::Invalid("platform is off".into()))?;
        let (state, browser_key) = (self.dice.token(), self.dice.token());
        let verifier = client.spec().pkce.then(|| self.dice.token());
        let challenge = verifier.as_deref().map(|verifier| URL_SAFE_NO_PAD.encode(hash(verifier)));
        let verifier_sealed = verifier.map(|verifier| self.sealer.seal(verifier.as_bytes(), &aad(id, "verifier")));
        let (state_hash, browser_hash) = (hash(&state), hash(&browser_key));
        let binding = Binding {
            state_hash: &state_hash,
            browser_hash: &browser_hash,
            verifier_sealed: verifier_sealed.as_deref(),
        };
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(tenant).await?;
        sessions::bind(&transaction, id, &binding).await?;
        transaction.commit().await?;
        self.steps.pass(Step::Departed);
        let authorize_url = client.authorize_url(&AuthorizeRequest {
            state: &state,
            redirect_uri: &self.settings.callback_url(platform),
            pkce_challenge: challenge.as_deref(),
        });
        Ok(Departure { authorize_url, browser_key })
    }
}

/// A connection that was written down.
struct Begun {
    id: Uuid,
    platform: Platform,
    account: Option<Account>,
    expires_at: crate::domain::Timestamp,
}

/// An account as a sentence names it. Names are the platform's, so they are cut to a line's length.
pub(super) fn shown(name: &str, handle: Option<&str>) -> String {
    let line = |text: &str| text.chars().filter(|char| !char.is_control()).take(80).collect::<String>();
    match handle {
        Some(handle) => format!("“{}” (@{})", line(name), line(handle)),
        None => format!("“{}”", line(name)),
    }
}

/// SHA-256 of a key with 256 random bits: nothing to guess, so nothing to slow down.
pub fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// A path of nchat to return to: absolute, of this origin, without tricks. `None`: not allowed.
fn allowed_path(asked: Option<&str>) -> Option<&str> {
    let path = asked.unwrap_or(DEFAULT_RETURN_PATH);
    let plain = path.starts_with('/')
        && !path.starts_with("//")
        && path.len() <= 512
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte));
    plain.then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_on_one_line() {
        assert_eq!(shown("Acme\nExample", Some("acme")), "“AcmeExample” (@acme)");
        assert_eq!(shown(&"é".repeat(90), None).chars().count(), 82);
    }

    #[test]
    fn only_plain_paths_of_this_origin_are_returned_to() {
        assert_eq!(allowed_path(None), Some("/admin/social"));
        assert_eq!(allowed_path(Some("/settings/social-media")), Some("/settings/social-media"));
        for path in ["//evil.example", "https://evil.example", "/\\evil.example", "/a?x=1", "/a#b", "/a\nb", "", "a"] {
            assert_eq!(allowed_path(Some(path)), None, "{path}");
        }
    }
}
