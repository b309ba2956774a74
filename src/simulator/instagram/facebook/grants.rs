//! Codes, consents, and the tokens of the person and of the pages.
//! `<https://developers.facebook.com/docs/facebook-login/guides/access-tokens>`

use super::super::{errors::GraphError, grants::alphanumeric};
use crate::{domain::Timestamp, simulator::Shared};
use chrono::Duration;
use std::collections::HashMap;

/// What this app may ask for.
pub(in super::super) const SCOPES: [&str; 11] = [
    "instagram_basic",
    "pages_show_list",
    "pages_read_engagement",
    "business_management",
    "ads_management",
    "ads_read",
    "instagram_manage_insights",
    "instagram_manage_comments",
    "instagram_content_publish",
    "public_profile",
    "email",
];

/// A code's life (ours: the platform says only that it expires).
const CODE_LIFE: Duration = Duration::minutes(10);
/// A short-lived user token's life: between one and two hours.
pub(super) const SHORT_SECONDS: i64 = 5_400;
/// A long-lived one's: about 60 days.
pub(super) const LONG_SECONDS: i64 = 5_183_999;
/// After this long without consent the data are closed, although the token is valid.
const DATA_ACCESS: Duration = Duration::days(90);

#[derive(Debug)]
struct Code {
    consent: usize,
    redirect_uri: String,
    expires_at: Timestamp,
    used: bool,
}

/// What the person allowed.
#[derive(Clone, Debug)]
pub(super) struct Consent {
    pub asked: Vec<&'static str>,
    pub scopes: Vec<&'static str>,
    given_at: Timestamp,
    removed: bool,
}

impl Consent {
    pub fn data_access_ends_at(&self) -> Timestamp {
        self.given_at + DATA_ACCESS
    }

    pub fn has(&self, scope: &str) -> bool {
        self.scopes.contains(&scope)
    }
}

/// Whose token it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    Person,
    /// By the page's id.
    Page(String),
}

/// A token's record.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub holder: Holder,
    pub issued_at: Timestamp,
    /// `None`: no expiry date.
    pub expires_at: Option<Timestamp>,
    pub long_lived: bool,
    consent: usize,
}

/// Every code, consent and token.
#[derive(Debug, Default)]
pub(in super::super) struct Grants {
    codes: HashMap<String, Code>,
    consents: Vec<Consent>,
    tokens: HashMap<String, Token>,
    renewals: u32,
}

impl Grants {
    /// A code for what the person allowed of what was asked.
    pub fn allow(
        &mut self,
        shared: &Shared,
        asked: Vec<&'static str>,
        scopes: Vec<&'static str>,
        redirect_uri: &str,
    ) -> String {
        let now = shared.clock.now();
        self.consents.push(Consent { asked, scopes, given_at: now, removed: false });
        let code = format!("AQ{}", alphanumeric(&*shared.dice));
        let consent = self.consents.len() - 1;
        let redirect_uri = redirect_uri.to_owned();
        self.codes.insert(code.clone(), Code { consent, redirect_uri, expires_at: now + CODE_LIFE, used: false });
        code
    }

    /// Takes a code. The subcodes are those of recorded answers.
    pub fn redeem(&mut self, code: &str, redirect_uri: &str, now: Timestamp) -> Result<usize, GraphError> {
        let refuse = |subcode, sentence| GraphError::new(100, sentence).with_subcode(subcode);
        let unknown = || GraphError::new(100, "Invalid verification code format.");
        let code = self.codes.get_mut(code).ok_or_else(unknown)?;
        if code.used {
            return Err(refuse(36_009, "This authorization code has been used."));
        }
        if code.expires_at <= now {
            return Err(refuse(36_007, "This authorization code has expired."));
        }
        if code.redirect_uri != redirect_uri {
            let sentence = "Error validating verification code. Please make sure your redirect_uri is identical to the \
                            one you used in the OAuth dialog request";
            return Err(refuse(36_008, sentence));
        }
        code.used = true;
        Ok(code.consent)
    }

    /// A user token of `seconds`.
    pub fn issue_user(&mut self, shared: &Shared, consent: usize, long_lived: bool) -> (String, i64) {
        let seconds = if long_lived { LONG_SECONDS } else { SHORT_SECONDS };
        let (issued_at, text) = (shared.clock.now(), fresh(shared));
        let expires_at = Some(issued_at + Duration::seconds(seconds));
        let token = Token { holder: Holder::Person, issued_at, expires_at, long_lived, consent };
        self.tokens.insert(text.clone(), token);
        (text, seconds)
    }

    /// A long-lived user token for a living one.
    pub(super) fn prolong(&mut self, shared: &Shared, token: &Token) -> (String, i64) {
        self.renewals += 1;
        self.issue_user(shared, token.consent, true)
    }

    /// The token of a page, seen by the holder of `user`: without end if that one lives long, else it ends with it.
    /// The same consent sees the same token again.
    pub(super) fn page_token(&mut self, shared: &Shared, user: &Token, page: &str) -> String {
        let holder = Holder::Page(page.to_owned());
        let expires_at = if user.long_lived { None } else { user.expires_at };
        let same =
            |token: &Token| token.consent == user.consent && token.holder == holder && token.expires_at == expires_at;
        if let Some((text, _)) = self.tokens.iter().find(|(_, token)| same(token)) {
            return text.clone();
        }
        let (issued_at, text) = (shared.clock.now(), fresh(shared));
        let token = Token { holder, issued_at, expires_at, long_lived: user.long_lived, consent: user.consent };
        self.tokens.insert(text.clone(), token);
        text
    }

    /// A token's record, whatever became of it.
    pub(super) fn find(&self, token: &str) -> Option<(&Token, &Consent)> {
        let token = self.tokens.get(token)?;
        Some((token, &self.consents[token.consent]))
    }

    /// A live token; otherwise the 190 that its holder sees. Whether the person still has a role on a page is not
    /// looked at here.
    pub(super) fn check(&self, token: &str, now: Timestamp) -> Result<(&Token, &Consent), GraphError> {
        let (token, consent) = self.find(token).ok_or_else(GraphError::unparsable_token)?;
        if consent.removed {
            return Err(GraphError::removed());
        }
        if let Some(end) = token.expires_at.filter(|end| *end <= now) {
            return Err(GraphError::expired(end, now));
        }
        if consent.data_access_ends_at() <= now {
            return Err(GraphError::data_access_over());
        }
        Ok((token, consent))
    }

    /// `DELETE /me/permissions`: everything that came from the consent behind `token` is dead, the pages' tokens too.
    pub(super) fn give_up(&mut self, token: &Token) {
        self.consents[token.consent].removed = true;
    }

    /// The person removes the app.
    pub fn revoke(&mut self) {
        self.codes.clear();
        self.consents.iter_mut().for_each(|consent| consent.removed = true);
    }

    /// Every token ends.
    pub fn expire(&mut self, now: Timestamp) {
        let tokens = self.tokens.values_mut();
        tokens.for_each(|token| token.expires_at = Some(token.expires_at.map_or(now, |end| end.min(now))));
    }

    /// The person takes one scope back.
    pub fn withdraw(&mut self, scope: &str) {
        self.consents.iter_mut().for_each(|consent| consent.scopes.retain(|held| *held != scope));
    }

    /// Whether any consent can still read, and how often user tokens were exchanged for longer ones.
    pub fn standing(&self, now: Timestamp) -> (bool, u32) {
        let lives = |text| {
            self.check(text, now).is_ok_and(|(token, consent)| {
                consent.has("instagram_basic") && (token.long_lived || token.expires_at.is_none())
            })
        };
        (self.tokens.keys().any(|text| lives(text)), self.renewals)
    }
}

fn fresh(shared: &Shared) -> String {
    format!("EAA{}", alphanumeric(&*shared.dice))
}
