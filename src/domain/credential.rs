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

impl TokenSet {
    /// The end of the login: its grant's. Without a refresh token the access token's counts as well, for nothing goes on
    /// after it.
    pub fn ends_at(&self) -> Option<Timestamp> {
        match (self.refresh_expires_at, self.access_expires_at) {
            (Some(grant), Some(token)) if self.refresh_token.is_none() => Some(grant.min(token)),
            (grant, token) => grant.or(token),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_ends_with_its_grant_and_without_a_refresh_token_with_whichever_end_is_first() {
        let at = |days: i64| Timestamp::UNIX_EPOCH + chrono::Duration::days(days);
        for (token, refresh_token, grant, end) in [
            (None, None, None, None),
            (Some(1), Some("r"), None, Some(1)),
            (Some(60), Some("r"), Some(365), Some(365)),
            (Some(60), None, None, Some(60)),
            (Some(60), None, Some(90), Some(60)),
            (None, None, Some(90), Some(90)),
        ] {
            let tokens = TokenSet {
                access_token: "a".into(),
                access_expires_at: token.map(at),
                refresh_token: refresh_token.map(Into::into),
                refresh_expires_at: grant.map(at),
                scopes: None,
            };
            assert_eq!(tokens.ends_at(), end.map(at), "{token:?} {refresh_token:?} {grant:?}");
        }
    }
}
