//! Whose token it is. The two logins have hosts, renewal and signatures of their own, and an account keeps the login it
//! was connected through when the setting changes. So tokens of Facebook Login carry a mark of ours before Meta's text:
//! it is stored, sealed and replaced with the token, and no call can miss it.

use secrecy::{ExposeSecret, SecretString};

const USER_MARK: &str = "facebook-user:";
const PAGE_MARK: &str = "facebook-page:";

/// How unmarked tokens of Facebook Login begin. nchat stored its own that way; ours are marked.
const FACEBOOK_TOKEN: &str = "EAA";

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of an account that logged in at Instagram.
    Instagram,
    /// Of a person who logged in at Facebook.
    FacebookUser,
    /// Of a Facebook Page.
    FacebookPage,
}

/// The token as the program keeps it.
pub(super) fn marked(kind: Kind, token: &str) -> SecretString {
    match kind {
        Kind::Instagram => SecretString::from(token),
        Kind::FacebookUser => SecretString::from(format!("{USER_MARK}{token}")),
        Kind::FacebookPage => SecretString::from(format!("{PAGE_MARK}{token}")),
    }
}

/// What a kept token is, and its text for Meta.
pub(super) fn read(kept: &SecretString) -> (Kind, SecretString) {
    let text = kept.expose_secret();
    let (kind, text) = if let Some(text) = text.strip_prefix(USER_MARK) {
        (Kind::FacebookUser, text)
    } else if let Some(text) = text.strip_prefix(PAGE_MARK) {
        (Kind::FacebookPage, text)
    } else if text.starts_with(FACEBOOK_TOKEN) {
        (Kind::FacebookUser, text)
    } else {
        (Kind::Instagram, text)
    };
    (kind, SecretString::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_comes_back_with_the_text() {
        for kind in [Kind::Instagram, Kind::FacebookUser, Kind::FacebookPage] {
            let (read_kind, text) = read(&marked(kind, "canary"));
            assert_eq!((read_kind, text.expose_secret()), (kind, "canary"));
        }
    }

    #[test]
    fn tokens_that_nchat_stored_have_no_mark() {
        for (kept, kind) in [("EAAGold", Kind::FacebookUser), ("IGAAold", Kind::Instagram), ("", Kind::Instagram)] {
            let (read_kind, text) = read(&SecretString::from(kept));
            assert_eq!((read_kind, text.expose_secret()), (kind, kept));
        }
    }
}
