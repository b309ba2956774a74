//! Codes and tokens, and their rules.
//! `<https://learn.microsoft.com/linkedin/shared/authentication/authorization-code-flow>` and
//! `<https://learn.microsoft.com/linkedin/shared/authentication/programmatic-refresh-tokens>`

use crate::domain::Timestamp;
use chrono::Duration;
use std::collections::{BTreeSet, HashMap};

/// Seconds in which a code can be exchanged, once.
const CODE_SECONDS: i64 = 30 * 60;
/// Seconds an access token lives: 60 days less the second it took to send.
const ACCESS_SECONDS: i64 = 5_183_999;
/// Seconds from the first grant to the end of its refresh token; refreshing does not prolong it.
const REFRESH_SECONDS: i64 = 31_536_059;

/// What the member allowed, and when.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub scopes: BTreeSet<String>,
    pub authorized_at: Timestamp,
}

#[derive(Clone, Debug)]
struct Code {
    grant: Grant,
    redirect_uri: String,
}

/// An issued access token.
#[derive(Clone, Debug)]
pub(super) struct AccessToken {
    pub grant: Grant,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked: bool,
}

#[derive(Clone, Debug)]
struct RefreshToken {
    grant: Grant,
    expires_at: Timestamp,
}

/// Why a code is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CodeRefusal {
    /// Never issued, or used already.
    Unknown,
    /// Too old, or for another callback.
    Mismatch,
}

/// What an exchange or a refresh hands out.
#[derive(Clone, Debug)]
pub(super) struct Issued {
    pub access_token: String,
    /// Seconds.
    pub expires_in: i64,
    /// The token and the seconds it has left.
    pub refresh: Option<(String, i64)>,
    pub scopes: BTreeSet<String>,
}

/// All of the member's grants to the one app.
#[derive(Debug, Default)]
pub(super) struct Grants {
    codes: HashMap<String, Code>,
    access: HashMap<String, AccessToken>,
    refresh: HashMap<String, RefreshToken>,
    renewals: u32,
}

impl Grants {
    /// Whether the same scopes are granted by a living token: then the consent screen is skipped.
    pub fn covers(&self, scopes: &BTreeSet<String>, now: Timestamp) -> bool {
        self.access.values().any(|token| !token.revoked && token.expires_at > now && token.grant.scopes == *scopes)
    }

    /// Remembers a code for the callback it goes to.
    pub fn offer(&mut self, code: String, scopes: BTreeSet<String>, redirect_uri: String, now: Timestamp) {
        let day_ago = now - Duration::days(1);
        self.codes.retain(|_, code| code.grant.authorized_at > day_ago);
        self.codes.insert(code, Code { grant: Grant { scopes, authorized_at: now }, redirect_uri });
    }

    /// Takes a code; it is gone afterwards, whatever the answer.
    pub fn redeem(&mut self, code: &str, redirect_uri: &str, now: Timestamp) -> Result<Grant, CodeRefusal> {
        let code = self.codes.remove(code).ok_or(CodeRefusal::Unknown)?;
        let alive = now < code.grant.authorized_at + Duration::seconds(CODE_SECONDS);
        if alive && code.redirect_uri == redirect_uri { Ok(code.grant) } else { Err(CodeRefusal::Mismatch) }
    }

    /// Issues tokens for a redeemed grant. Another set of scopes ends all that the member granted before.
    pub fn issue(&mut self, grant: Grant, access: String, refresh: Option<String>, now: Timestamp) -> Issued {
        for token in self.access.values_mut().filter(|token| token.grant.scopes != grant.scopes) {
            token.revoked = true;
        }
        self.refresh.retain(|_, token| token.grant.scopes == grant.scopes);
        if let Some(refresh) = &refresh {
            let expires_at = now + Duration::seconds(REFRESH_SECONDS);
            self.refresh.insert(refresh.clone(), RefreshToken { grant: grant.clone(), expires_at });
        }
        self.put(grant, access, refresh.map(|token| (token, REFRESH_SECONDS)), now)
    }

    /// A new access token for a living refresh token, which stays what it was and only has less time left.
    pub fn renew(&mut self, refresh: &str, access: String, now: Timestamp) -> Option<Issued> {
        let token = self.refresh.get(refresh).filter(|token| token.expires_at > now)?;
        self.renewals += 1;
        let left = (token.expires_at - now).num_seconds();
        let grant = token.grant.clone();
        Some(self.put(grant, access, Some((refresh.to_owned(), left)), now))
    }

    /// An access token by its value.
    pub fn access(&self, token: &str) -> Option<&AccessToken> {
        self.access.get(token)
    }

    /// Whether the app can go on without the member, and how often it renewed. Nothing is spent here: the refresh token
    /// stays what it is.
    pub fn standing(&self, now: Timestamp) -> (bool, u32) {
        let access = self.access.values().any(|token| !token.revoked && token.expires_at > now);
        (access || self.refresh.values().any(|token| token.expires_at > now), self.renewals)
    }

    /// The member takes one scope back.
    pub fn withdraw(&mut self, scope: &str) {
        let access = self.access.values_mut().map(|token| &mut token.grant);
        let refresh = self.refresh.values_mut().map(|token| &mut token.grant);
        access.chain(refresh).for_each(|grant| {
            grant.scopes.remove(scope);
        });
    }

    /// The member takes the app's access away.
    pub fn revoke_all(&mut self) {
        self.codes.clear();
        self.refresh.clear();
        self.access.values_mut().for_each(|token| token.revoked = true);
    }

    /// Access tokens end now.
    pub fn expire_all(&mut self, now: Timestamp) {
        self.access.values_mut().for_each(|token| token.expires_at = token.expires_at.min(now));
    }

    fn put(&mut self, grant: Grant, access: String, refresh: Option<(String, i64)>, now: Timestamp) -> Issued {
        let expires_in = refresh.as_ref().map_or(ACCESS_SECONDS, |(_, left)| ACCESS_SECONDS.min(*left));
        let scopes = grant.scopes.clone();
        let expires_at = now + Duration::seconds(expires_in);
        self.access.insert(access.clone(), AccessToken { grant, issued_at: now, expires_at, revoked: false });
        Issued { access_token: access, expires_in, refresh, scopes }
    }
}
