//! The operator: whoever has SOCIAL_ADMIN_TOKEN. Scripts present the token itself; the built-in page changes it for a
//! short session in a cookie, so that no script of a page ever holds it.

use super::shared_secret;
use crate::{config::AuthConfig, crypto::jws::SessionKey, domain::Timestamp};
use chrono::{DateTime, Duration};
use secrecy::SecretString;

/// The cookie of a session.
pub(in crate::web) const COOKIE: &str = "nchat_social_session";
/// A session lasts a working day.
pub(in crate::web) const SESSION: Duration = Duration::hours(8);
const PURPOSE: &str = "nchat-social operator session 1";
const MOST_BYTES: usize = 256;

/// Whether `presented` is the token. Without a configured one nothing is.
pub(in crate::web) fn is_token(auth: &AuthConfig, presented: &[u8]) -> bool {
    auth.admin_token.as_ref().is_some_and(|token| shared_secret::is_right(token, presented))
}

/// The value of a cookie that proves until [`SESSION`] from `now` that its browser presented the token.
pub(in crate::web) fn open_session(token: &SecretString, now: Timestamp) -> String {
    let until = (now + SESSION).timestamp().to_string();
    let signature = SessionKey::derive(token, PURPOSE).sign(&until);
    format!("{until}.{signature}")
}

/// Until when a cookie proves it; `None`: it proves nothing at `now`.
pub(super) fn session_until(auth: &AuthConfig, value: &str, now: Timestamp) -> Option<Timestamp> {
    let token = auth.admin_token.as_ref()?;
    let (until, signature) = value.split_once('.').filter(|_| value.len() <= MOST_BYTES)?;
    if !SessionKey::derive(token, PURPOSE).is_signed(until, signature) {
        return None;
    }
    DateTime::from_timestamp(until.parse().ok()?, 0).filter(|until| now < *until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_signed_ends_and_dies_with_its_token() {
        let token = "a token for operators of some length";
        let auth = |token: &str| AuthConfig {
            shared_secret: None,
            jwt: None,
            admin_token: Some(token.into()),
            admin_roles: Vec::new(),
            session_cookies: Vec::new(),
        };
        let now = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
        let value = open_session(&token.into(), now);
        let until = |value: &str, at| session_until(&auth(token), value, at);
        assert_eq!(until(&value, now), Some(now + SESSION));
        assert_eq!(until(&value, now + SESSION - Duration::seconds(1)), Some(now + SESSION));
        assert_eq!(until(&value, now + SESSION), None, "over");
        let (_, signature) = value.split_once('.').expect("two parts");
        let longer = format!("{}.{signature}", (now + SESSION + SESSION).timestamp());
        for crooked in ["", ".", "1.2", signature, longer.as_str(), &value[..value.len() - 1]] {
            assert_eq!(until(crooked, now), None, "{crooked}");
        }
        assert_eq!(session_until(&auth("another token of the same length ..."), &value, now), None);
        assert!(!value.contains(token));
        assert!(is_token(&auth(token), token.as_bytes()) && !is_token(&auth(token), b""));
        let unset = AuthConfig { admin_token: None, ..auth(token) };
        assert!(!is_token(&unset, b"") && session_until(&unset, &value, now).is_none());
    }
}
