//! Codes and tokens. `<https://docs.x.com/fundamentals/authentication/oauth-2-0/user-access-token>`

use crate::domain::{Dice, Timestamp};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Duration;
use std::collections::HashMap;

/// A code's life.
pub(super) const CODE_SECONDS: i64 = 30;
/// A refresh token's life, about half a year; X gives no number.
const REFRESH_DAYS: i64 = 182;

/// Every code and token that could still be used, and the refresh tokens that were.
#[derive(Default)]
pub(super) struct Grants {
    codes: HashMap<String, Code>,
    access: HashMap<String, Token>,
    refresh: HashMap<String, Token>,
    families: u64,
}

/// What the person allowed, until the app fetches it.
#[derive(Clone, Debug)]
pub(super) struct Code {
    pub(super) user: u64,
    pub(super) scopes: Vec<String>,
    pub(super) redirect_uri: String,
    pub(super) challenge: Challenge,
    expires_at: Timestamp,
}

/// What the verifier must fit.
#[derive(Clone, Debug)]
pub(super) enum Challenge {
    Plain(String),
    S256(String),
}

#[derive(Clone)]
struct Token {
    user: u64,
    scopes: Vec<String>,
    /// All tokens that came from one consent.
    family: u64,
    expires_at: Timestamp,
    spent: bool,
}

/// What the token endpoint hands out.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) access: String,
    /// Only with `offline.access`.
    pub(super) refresh: Option<String>,
    pub(super) scopes: Vec<String>,
}

/// The moment and the means of making tokens.
#[derive(Clone, Copy)]
pub(super) struct Mint<'a> {
    pub(super) dice: &'a dyn Dice,
    pub(super) now: Timestamp,
    /// The access token's life.
    pub(super) seconds: i64,
}

impl Mint<'_> {
    /// Opaque to everybody; `kind` is `at`, `rt` or `ac`.
    fn make(&self, kind: &str) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}:{}:1:0:{kind}:1", self.dice.token(), self.now.timestamp_millis()))
    }
}

impl Challenge {
    /// Whether `verifier` fits it.
    pub(super) fn fits(&self, verifier: &str) -> bool {
        use sha2::{Digest, Sha256};
        match self {
            Self::Plain(challenge) => challenge == verifier,
            Self::S256(challenge) => *challenge == URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)),
        }
    }
}

impl Grants {
    /// A code for what `user` allowed.
    pub(super) fn allow(
        &mut self,
        user: u64,
        scopes: Vec<String>,
        redirect_uri: String,
        challenge: Challenge,
        mint: Mint<'_>,
    ) -> String {
        self.codes.retain(|_, code| code.expires_at > mint.now);
        let expires_at = mint.now + Duration::seconds(CODE_SECONDS);
        let code = mint.make("ac");
        self.codes.insert(code.clone(), Code { user, scopes, redirect_uri, challenge, expires_at });
        code
    }

    /// What `code` stands for; `None` when unknown, used or too old.
    pub(super) fn code(&self, code: &str, now: Timestamp) -> Option<&Code> {
        self.codes.get(code).filter(|code| code.expires_at > now)
    }

    /// The tokens for `code`, which is used up.
    pub(super) fn exchange(&mut self, code: &str, mint: Mint<'_>) -> Option<Pair> {
        let code = self.codes.remove(code)?;
        self.families += 1;
        Some(self.issue(code.user, code.scopes, self.families, mint))
    }

    /// New tokens for a refresh token, which is dead from now on. With `family_revocation`, using a dead one kills all
    /// that came from the same consent.
    pub(super) fn rotate(&mut self, refresh: &str, family_revocation: bool, mint: Mint<'_>) -> Option<Pair> {
        let token = self.refresh.get_mut(refresh).filter(|token| token.expires_at > mint.now)?;
        if token.spent {
            let family = token.family;
            if family_revocation {
                self.retain(|other| other.family != family);
            }
            return None;
        }
        token.spent = true;
        let token = token.clone();
        Some(self.issue(token.user, token.scopes, token.family, mint))
    }

    /// Kills this token alone, of whichever kind.
    pub(super) fn kill(&mut self, token: &str) {
        self.access.remove(token);
        self.refresh.remove(token);
    }

    /// The person removed the app: everything of theirs is dead.
    pub(super) fn revoke_user(&mut self, user: u64) {
        self.codes.retain(|_, code| code.user != user);
        self.retain(|token| token.user != user);
    }

    /// The person's access tokens end now.
    pub(super) fn expire_user(&mut self, user: u64) {
        self.access.retain(|_, token| token.user != user);
    }

    /// Whose access token it is, and for what.
    pub(super) fn caller(&self, access: &str, now: Timestamp) -> Option<(u64, Vec<String>)> {
        let token = self.access.get(access).filter(|token| token.expires_at > now)?;
        Some((token.user, token.scopes.clone()))
    }

    fn retain(&mut self, keep: impl Fn(&Token) -> bool) {
        self.access.retain(|_, token| keep(token));
        self.refresh.retain(|_, token| keep(token));
    }

    fn issue(&mut self, user: u64, scopes: Vec<String>, family: u64, mint: Mint<'_>) -> Pair {
        self.retain(|token| token.expires_at > mint.now);
        let token = |lives| Token { user, scopes: scopes.clone(), family, expires_at: mint.now + lives, spent: false };
        let access = mint.make("at");
        self.access.insert(access.clone(), token(Duration::seconds(mint.seconds)));
        let refresh = scopes.iter().any(|scope| scope == "offline.access").then(|| mint.make("rt"));
        if let Some(refresh) = &refresh {
            self.refresh.insert(refresh.clone(), token(Duration::days(REFRESH_DAYS)));
        }
        Pair { access, refresh, scopes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard_fits() {
        // RFC 7636, appendix B.
        let challenge = Challenge::S256("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".into());
        assert!(challenge.fits("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        assert!(!challenge.fits("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
        assert!(Challenge::Plain("same".into()).fits("same") && !Challenge::Plain("same".into()).fits("other"));
    }
}
