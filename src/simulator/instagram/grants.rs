//! Codes and tokens.
//! `<https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login>`

use super::errors::GraphError;
use crate::{
    domain::{Dice, Timestamp},
    simulator::Shared,
};
use chrono::Duration;
use std::collections::HashMap;

/// The scope that reading needs and every other includes.
pub(super) const BASIC: &str = "instagram_business_basic";
/// Every scope of Instagram Login.
pub(super) const SCOPES: [&str; 5] = [
    BASIC,
    "instagram_business_content_publish",
    "instagram_business_manage_comments",
    "instagram_business_manage_messages",
    "instagram_business_manage_insights",
];

/// Lifetime of a code and of a short-lived token.
const HOUR: Duration = Duration::hours(1);
/// `expires_in` of the exchange for a long-lived token, in seconds, as observed.
pub(super) const EXCHANGED_SECONDS: i64 = 5_183_944;
/// `expires_in` of a refresh, in seconds: 60 days.
pub(super) const REFRESHED_SECONDS: i64 = 5_184_000;
/// A token cannot be refreshed before it is this old.
pub(super) const REFRESH_AGE: Duration = Duration::hours(24);
/// Dead tokens are remembered this long, so that they can say that they expired.
const REMEMBERED: Duration = Duration::days(90);

/// An authorization: what a person granted to the app.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    /// The account's professional id.
    pub account: String,
    pub scopes: Vec<&'static str>,
}

#[derive(Debug)]
struct Code {
    grant: Grant,
    redirect_uri: String,
    expires_at: Timestamp,
}

/// An access token's record.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub grant: Grant,
    pub long_lived: bool,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
    removed: bool,
}

/// Why a code is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CodeRefusal {
    /// Never issued, used, or older than an hour.
    Unknown,
    /// The redirect URI is not the one of the authorize request.
    OtherRedirect,
}

/// Every code and token there is.
#[derive(Debug, Default)]
pub(super) struct Grants {
    codes: HashMap<String, Code>,
    tokens: HashMap<String, Token>,
    /// By account: how often a token was renewed.
    renewals: HashMap<String, u32>,
}

impl Grants {
    /// A new code, good for one exchange within an hour.
    pub(super) fn issue_code(&mut self, shared: &Shared, grant: Grant, redirect_uri: &str) -> String {
        let now = shared.clock.now();
        self.codes.retain(|_, code| code.expires_at > now);
        let code = format!("AQ{}", shared.dice.token());
        let redirect_uri = redirect_uri.to_owned();
        self.codes.insert(code.clone(), Code { grant, redirect_uri, expires_at: now + HOUR });
        code
    }

    /// Takes a code. One that came with the wrong redirect URI stays.
    pub(super) fn redeem(&mut self, code: &str, redirect_uri: &str, now: Timestamp) -> Result<Grant, CodeRefusal> {
        let known = self.codes.get(code).filter(|known| known.expires_at > now).ok_or(CodeRefusal::Unknown)?;
        if known.redirect_uri != redirect_uri {
            return Err(CodeRefusal::OtherRedirect);
        }
        self.codes.remove(code).map(|code| code.grant).ok_or(CodeRefusal::Unknown)
    }

    /// A token of one hour.
    pub(super) fn issue_short(&mut self, shared: &Shared, grant: Grant) -> String {
        self.issue(shared, grant, false, HOUR)
    }

    /// A token of `seconds`.
    pub(super) fn issue_long(&mut self, shared: &Shared, grant: Grant, seconds: i64) -> String {
        self.issue(shared, grant, true, Duration::seconds(seconds))
    }

    fn issue(&mut self, shared: &Shared, grant: Grant, long_lived: bool, lifetime: Duration) -> String {
        let now = shared.clock.now();
        self.tokens.retain(|_, token| token.expires_at + REMEMBERED > now);
        let text = format!("IGAA{}", alphanumeric(&*shared.dice));
        let token = Token { grant, long_lived, issued_at: now, expires_at: now + lifetime, removed: false };
        self.tokens.insert(text.clone(), token);
        text
    }

    /// Notes that a token of `account` was renewed.
    pub(super) fn renewed(&mut self, account: &str) {
        *self.renewals.entry(account.to_owned()).or_default() += 1;
    }

    /// Whether the app can go on reading `account` for more than an hour, and how often it renewed.
    pub(super) fn standing(&self, account: &str, now: Timestamp) -> (bool, u32) {
        let lives = |token: &Token| {
            token.grant.account == account
                && token.long_lived
                && !token.removed
                && token.expires_at > now
                && token.grant.scopes.contains(&BASIC)
        };
        (self.tokens.values().any(lives), self.renewals.get(account).copied().unwrap_or(0))
    }

    /// The person takes one scope back.
    pub(super) fn withdraw(&mut self, account: &str, scope: &str) {
        self.of(account).for_each(|token| token.grant.scopes.retain(|held| *held != scope));
    }

    /// Gives a long-lived token another `seconds` from now.
    pub(super) fn prolong(&mut self, token: &str, seconds: i64, now: Timestamp) {
        if let Some(token) = self.tokens.get_mut(token) {
            token.issued_at = now;
            token.expires_at = now + Duration::seconds(seconds);
        }
    }

    /// The record of a live token; otherwise the 190 that its holder sees.
    pub(super) fn check(&self, token: &str, now: Timestamp) -> Result<&Token, GraphError> {
        let known = self.tokens.get(token).ok_or_else(GraphError::unparsable_token)?;
        if known.removed {
            return Err(GraphError::removed());
        }
        if known.expires_at <= now {
            return Err(GraphError::expired(known.expires_at, now));
        }
        Ok(known)
    }

    /// The person removes the app: codes and tokens of `account` are dead.
    pub(super) fn revoke(&mut self, account: &str) {
        self.codes.retain(|_, code| code.grant.account != account);
        self.of(account).for_each(|token| token.removed = true);
    }

    /// The tokens of `account` end at `now`.
    pub(super) fn expire(&mut self, account: &str, now: Timestamp) {
        self.of(account).for_each(|token| token.expires_at = token.expires_at.min(now));
    }

    fn of(&mut self, account: &str) -> impl Iterator<Item = &mut Token> {
        self.tokens.values_mut().filter(move |token| token.grant.account == account)
    }
}

/// Randomness in letters and digits, as the platform's tokens are.
pub(super) fn alphanumeric(dice: &dyn Dice) -> String {
    format!("{}{}", dice.token(), dice.token()).replace(['-', '_'], "Z")
}
