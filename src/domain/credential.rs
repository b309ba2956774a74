//! Tokens of one login, as a platform granted them.

use super::Timestamp;
use secrecy::SecretString;

/// What a token endpoint granted. Debug output never shows a token.
#[derive(Clone, Debug)]
pub struct TokenSet {
    /// The access token.
    pub access_token: SecretString,
    /// When the access token ends; `None`: the platform named no end.
    pub access_expires_at: Option<Timestamp>,
    /// The refresh token, where the platform has one.
    pub refresh_token: Option<SecretString>,
    /// When the refresh token ends, where the platform says so.
    pub refresh_expires_at: Option<Timestamp>,
    /// The granted scopes; `None`: the answer did not name them.
    pub scopes: Option<Vec<String>>,
}
