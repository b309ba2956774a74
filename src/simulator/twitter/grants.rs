//! Codes and tokens. `<https://docs.x.com/fundamentals/authentication/oauth-2-0/user-access-token>`

use crate::{
    domain::{Dice, Timestamp},
    simulator::GrantState,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Duration;
use std::collections::{BTreeMap, HashMap};

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
    /// By number: a later consent has a higher one.
    families: BTreeMap<u64, Family>,
}

/// A consent, and what became of the tokens that came from it.
#[derive(Default)]
struct Family {
    user: u64,
    renewals: u32,
    spent_uses: u32,
    blind_uses: u32,
    /// The newest pair never reached the app.
    is_lost: bool,
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
    /// Whether it is a refresh token.
    renews: bool,
    spent: bool,
}

impl Token {
    fn lives(&self, now: Timestamp) -> bool {
        !self.spent && self.expires_at > now
    }
}

/// What the token endpoint hands out.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) access: String,
    /// Only with `offline.access`.
    pub(super) refresh: Option<String>,
    pub(super) scopes: Vec<String>,
    /// The consent it belongs to.
    pub(super) family: u64,
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
        let family = self.families.last_key_value().map_or(1, |(last, _)| last + 1);
        self.families.insert(family, Family { user: code.user, ..Family::default() });
        Some(self.issue(code.user, code.scopes, family, mint))
    }

    /// New tokens for a refresh token, which is dead from now on. With `family_revocation`, using a dead one kills all
    /// that came from the same consent.
    pub(super) fn rotate(&mut self, refresh: &str, family_revocation: bool, mint: Mint<'_>) -> Option<Pair> {
        let token = self.refresh.get_mut(refresh).filter(|token| token.expires_at > mint.now)?;
        if token.spent {
            let family = token.family;
            self.note(family, |family| if family.is_lost { family.blind_uses += 1 } else { family.spent_uses += 1 });
            if family_revocation {
                self.retain(|other| other.family != family);
            }
            return None;
        }
        token.spent = true;
        let token = token.clone();
        self.note(token.family, |family| family.renewals += 1);
        Some(self.issue(token.user, token.scopes, token.family, mint))
    }

    /// The pair that the latest exchange or renewal of this consent handed out never arrived.
    pub(super) fn lose(&mut self, family: u64) {
        self.note(family, |family| family.is_lost = true);
    }

    /// Somebody else uses the newest refresh token of `user`; what comes of it is theirs.
    pub(super) fn rotate_elsewhere(&mut self, user: u64, mint: Mint<'_>) -> Result<(), String> {
        let living = self.refresh.iter().filter(|(_, token)| token.user == user && token.lives(mint.now));
        let newest = living.max_by_key(|(_, token)| token.family).map(|(text, _)| text.clone());
        let pair = newest.and_then(|text| self.rotate(&text, false, mint));
        let pair = pair.ok_or_else(|| format!("{user} has no refresh token to rotate"))?;
        self.lose(pair.family);
        Ok(())
    }

    /// `user` takes one scope back.
    pub(super) fn withdraw(&mut self, user: u64, scope: &str) {
        let tokens = self.access.values_mut().chain(self.refresh.values_mut());
        tokens.filter(|token| token.user == user).for_each(|token| token.scopes.retain(|held| held != scope));
    }

    /// Every consent, oldest first. One without `offline.access` lives as long as its access token.
    pub(super) fn list(&self, now: Timestamp) -> Vec<GrantState> {
        let state = |(number, family): (&u64, &Family)| {
            let mut tokens = self.refresh.values().chain(self.access.values());
            let lives = |token: &Token| {
                let can_renew = token.renews || !token.scopes.iter().any(|scope| scope == "offline.access");
                token.family == *number && token.lives(now) && can_renew
            };
            GrantState {
                account: family.user.to_string(),
                alive: !family.is_lost && tokens.any(lives),
                renewals: family.renewals,
                spent_uses: family.spent_uses,
                blind_uses: family.blind_uses,
            }
        };
        self.families.iter().map(state).collect()
    }

    fn note(&mut self, family: u64, what: impl FnOnce(&mut Family)) {
        if let Some(family) = self.families.get_mut(&family) {
            what(family);
        }
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
        let token = |lives, renews| {
            let scopes = scopes.clone();
            Token { user, scopes, family, expires_at: mint.now + lives, renews, spent: false }
        };
        let access = mint.make("at");
        self.access.insert(access.clone(), token(Duration::seconds(mint.seconds), false));
        let refresh = scopes.iter().any(|scope| scope == "offline.access").then(|| mint.make("rt"));
        if let Some(refresh) = &refresh {
            self.refresh.insert(refresh.clone(), token(Duration::days(REFRESH_DAYS), true));
        }
        Pair { access, refresh, scopes, family }
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
