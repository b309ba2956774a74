//! Tokens: sealed when stored, opened when used.

use super::{
    Service, ServiceError,
    renewal::{self, Refused},
};
use crate::{
    crypto::{CryptoError, Sealer, aad},
    domain::{Timestamp, TokenSet},
    platforms::{PlatformError, RefreshRule, SocialPlatform},
    store::{
        StoreError,
        credentials::{Credential, SealedTokens},
    },
};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use uuid::Uuid;

/// Why no usable access token is to be had.
#[derive(Debug, thiserror::Error)]
pub enum TokenFault {
    /// The platform's word on what was read.
    #[error(transparent)]
    Platform(#[from] PlatformError),
    /// The platform's word on the login itself.
    #[error(transparent)]
    Renewal(#[from] Refused),
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
pub(super) fn is_due(rule: RefreshRule, credential: &Credential, now: Timestamp) -> bool {
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
        let waiting = renewal::waiting(credential, now);
        let renewed = match &waiting {
            Some(refused) => Err(refused.clone().into()),
            None => self.renew(platform, credential, false).await,
        };
        match renewed {
            // A token that still works is used while its renewal has to wait.
            Err(TokenFault::Renewal(Refused { error, .. }))
                if is_usable(credential, now) && !error.ends_connection() =>
            {
                if waiting.is_none() {
                    renewal::tell(credential, &error);
                }
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
}

impl From<TokenFault> for ServiceError {
    fn from(fault: TokenFault) -> Self {
        match fault {
            TokenFault::Store(error) => error.into(),
            other => Self::Internal(other.into()),
        }
    }
}
