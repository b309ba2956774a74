//! Tokens: sealed when stored, opened when used, renewed under a lock on their row.

use super::{Service, ServiceError};
use crate::{
    crypto::{CryptoError, Sealer, aad},
    domain::{Timestamp, TokenSet},
    platforms::{PlatformError, RefreshRule, SocialPlatform},
    store::{
        StoreError,
        credentials::{self, Credential, SealedTokens},
    },
};
use chrono::Duration;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use uuid::Uuid;

/// After a renewal failed, the next try waits this long.
const COOL_DOWN: Duration = Duration::minutes(2);

/// Why no usable access token is to be had.
#[derive(Debug, thiserror::Error)]
pub enum TokenFault {
    /// The platform's word.
    #[error(transparent)]
    Platform(#[from] PlatformError),
    /// The stored tokens cannot be opened.
    #[error("the stored tokens cannot be opened: {0}")]
    Sealed(#[from] CryptoError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Seals what a platform granted, for the row `id`.
pub fn seal(sealer: &Sealer, id: Uuid, tokens: &TokenSet) -> SealedTokens {
    let bytes = |token: &SecretString, field| sealer.seal(token.expose_secret().as_bytes(), &aad(id, field));
    SealedTokens {
        access_token: bytes(&tokens.access_token, "access_token"),
        refresh_token: tokens.refresh_token.as_ref().map(|token| bytes(token, "refresh_token")),
        scopes: tokens.scopes.clone(),
        access_expires_at: tokens.access_expires_at,
        refresh_expires_at: tokens.refresh_expires_at,
    }
}

/// Opens a stored login.
///
/// # Errors
/// [`CryptoError`] when key, row or bytes do not fit.
pub fn open(sealer: &Sealer, credential: &Credential) -> Result<TokenSet, CryptoError> {
    let text = |blob: &[u8], field| -> Result<SecretString, CryptoError> {
        let bytes = sealer.open(blob, &aad(credential.id, field))?;
        let text = std::str::from_utf8(&bytes).map_err(|_| CryptoError::Damaged)?;
        Ok(SecretString::from(text))
    };
    Ok(TokenSet {
        access_token: text(&credential.access_token_sealed, "access_token")?,
        access_expires_at: credential.access_expires_at,
        refresh_token: credential
            .refresh_token_sealed
            .as_deref()
            .map(|blob| text(blob, "refresh_token"))
            .transpose()?,
        refresh_expires_at: credential.refresh_expires_at,
        scopes: Some(credential.scopes.clone()),
    })
}

/// Whether the platform's rule asks for a renewal now.
fn is_due(rule: RefreshRule, credential: &Credential, now: Timestamp) -> bool {
    rule.is_due(now, credential.obtained_at, credential.access_expires_at, credential.refresh_token_sealed.is_some())
}

fn is_usable(credential: &Credential, now: Timestamp) -> bool {
    credential.access_expires_at.is_none_or(|end| now < end)
}

impl Service {
    /// A usable access token of `credential`, renewed first if that is due.
    ///
    /// # Errors
    /// [`TokenFault`].
    pub async fn access_token(
        &self,
        platform: &Arc<dyn SocialPlatform>,
        credential: &Credential,
    ) -> Result<SecretString, TokenFault> {
        let now = self.clock.now();
        if !is_due(platform.spec().refresh, credential, now) {
            return Ok(open(&self.sealer, credential)?.access_token);
        }
        let cooling = credential.refresh_not_before.is_some_and(|until| now < until);
        if cooling && is_usable(credential, now) {
            return Ok(open(&self.sealer, credential)?.access_token);
        }
        match self.renew(platform, credential, false).await {
            // A token that still works is used while its renewal has to wait.
            Err(TokenFault::Platform(error)) if is_usable(credential, now) && is_passing(&error) => {
                tracing::warn!(credential = %credential.id, code = error.code(), %error, "token renewal has to wait");
                Ok(open(&self.sealer, credential)?.access_token)
            }
            other => other,
        }
    }

    /// A fresh access token after the platform rejected the one of `credential`.
    ///
    /// # Errors
    /// [`TokenFault`]; `TokenRejected` where the platform has no renewal.
    pub async fn replace_token(
        &self,
        platform: &Arc<dyn SocialPlatform>,
        credential: &Credential,
    ) -> Result<SecretString, TokenFault> {
        self.renew(platform, credential, true).await
    }

    /// Renews in a task of its own: whoever asked may give up waiting, but a platform that has rotated the tokens must
    /// not find the new ones dropped.
    async fn renew(
        &self,
        platform: &Arc<dyn SocialPlatform>,
        stale: &Credential,
        rejected: bool,
    ) -> Result<SecretString, TokenFault> {
        let (service, platform, stale) = (self.clone(), platform.clone(), stale.clone());
        let task = tokio::spawn(async move { service.renew_locked(&*platform, &stale, rejected).await });
        task.await.unwrap_or_else(|error| {
            tracing::error!(%error, "the renewal of a token ended badly");
            Err(PlatformError::Upstream { status: 0, retry_at: None, detail: "the renewal ended badly".into() }.into())
        })
    }

    /// Lock, read again, renew, store, commit: however many ask at once, one renews and the others find its result.
    async fn renew_locked(
        &self,
        platform: &dyn SocialPlatform,
        stale: &Credential,
        rejected: bool,
    ) -> Result<SecretString, TokenFault> {
        let mut connection = self.store.patient_connection().await?;
        let Some((transaction, current)) = credentials::lock(&mut connection, &stale.tenant, stale.id).await? else {
            return Err(PlatformError::Revoked { detail: "the account was disconnected".into() }.into());
        };
        let now = self.clock.now();
        let tokens = open(&self.sealer, &current)?;
        let renewed_meanwhile = current.access_token_sealed != stale.access_token_sealed;
        if renewed_meanwhile || !(rejected || is_due(platform.spec().refresh, &current, now)) {
            return Ok(tokens.access_token);
        }
        if rejected && !can_renew(platform.spec().refresh, &current, now) {
            return Err(PlatformError::TokenRejected { detail: "and it cannot be renewed".into() }.into());
        }
        let answer = match platform.refresh(&tokens, now).await {
            // A lost answer is ambiguous: the old token may be spent or not, and asking once more can only help.
            Err(PlatformError::Network(_)) => platform.refresh(&tokens, now).await,
            answer => answer,
        };
        match answer {
            Ok(fresh) => {
                let sealed = seal(&self.sealer, current.id, &fresh);
                credentials::renew(&transaction, current.id, &sealed, now).await?;
                transaction.commit().await.map_err(StoreError::from)?;
                self.metrics.renewal(current.platform, true);
                tracing::info!(credential = %current.id, platform = %current.platform, "token renewed");
                Ok(fresh.access_token)
            }
            Err(error) => {
                credentials::renewal_failed(&transaction, current.id, now + COOL_DOWN).await?;
                transaction.commit().await.map_err(StoreError::from)?;
                self.metrics.renewal(current.platform, false);
                Err(error.into())
            }
        }
    }
}

/// Whether a rejected token can be renewed at all.
fn can_renew(rule: RefreshRule, credential: &Credential, now: Timestamp) -> bool {
    match rule {
        RefreshRule::RefreshToken { .. } => credential.refresh_token_sealed.is_some(),
        RefreshRule::Renew { min_age, .. } => now >= credential.obtained_at + min_age && is_usable(credential, now),
    }
}

/// Faults that say nothing about the grant.
const fn is_passing(error: &PlatformError) -> bool {
    matches!(
        error,
        PlatformError::Network(_)
            | PlatformError::Upstream { .. }
            | PlatformError::RateLimited { .. }
            | PlatformError::AppRejected { .. }
            | PlatformError::Unreadable { .. }
    )
}

impl From<TokenFault> for ServiceError {
    fn from(fault: TokenFault) -> Self {
        match fault {
            TokenFault::Store(error) => error.into(),
            other => Self::Internal(other.into()),
        }
    }
}
