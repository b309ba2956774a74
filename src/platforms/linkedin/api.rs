//! One GET at LinkedIn: address, headers, answer. Headers:
//! `<https://learn.microsoft.com/linkedin/marketing/versioning>`.

use super::errors::{Limit, Refusal};
use crate::{
    config::{LinkedinConfig, platforms::LinkedinTier},
    domain::Timestamp,
    outbound::{Outbound, OutboundError},
    platforms::{LimitScope, Meter, PlatformError, UsedUp},
};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use url::Url;

/// What is asked for; it decides the words of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Posts,
    Images,
    Videos,
    Counters,
    Roles,
    Organization,
    Logo,
    Me,
    UserInfo,
}

impl Call {
    /// For people.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Posts => "the page's posts",
            Self::Images => "images",
            Self::Videos => "videos",
            Self::Counters => "reactions and comments",
            Self::Roles => "the member's page roles",
            Self::Organization => "the page",
            Self::Logo => "the page's logo",
            Self::Me | Self::UserInfo => "the member's profile",
        }
    }

    /// The endpoint whose calls are counted together. The profile calls of a connection are too few to count.
    const fn endpoint(self) -> &'static str {
        match self {
            Self::Posts => "posts",
            Self::Images => "images",
            Self::Videos => "videos",
            Self::Counters => "socialMetadata",
            Self::Roles => "organizationAcls",
            Self::Organization | Self::Logo => "organizations",
            Self::Me | Self::UserInfo => "me",
        }
    }

    /// The scope without which it is refused.
    pub const fn scope(self) -> &'static str {
        match self {
            Self::Posts | Self::Images | Self::Videos => "r_organization_social",
            Self::Counters => super::COUNTERS_SCOPE,
            Self::Roles | Self::Organization | Self::Logo => "rw_organization_admin",
            Self::Me => "r_basicprofile",
            Self::UserInfo => "openid profile",
        }
    }

    /// `/v2` knows no versions.
    const fn versioned(self) -> bool {
        !matches!(self, Self::Me | Self::UserInfo | Self::Logo)
    }
}

/// Why a call brought nothing.
#[derive(Debug)]
pub(super) enum CallError {
    /// LinkedIn answered, but not with 2xx.
    Refused { refusal: Refusal, call: Call, now: Timestamp },
    /// No answer, or none that can be read.
    Failed(PlatformError),
}

impl CallError {
    /// 403: a scope, a role or, for batches, the development tier.
    pub fn is_forbidden(&self) -> bool {
        self.status() == Some(403)
    }

    /// See [`Refusal::says_revoked_token`].
    pub fn says_revoked_token(&self) -> bool {
        matches!(self, Self::Refused { refusal, .. } if refusal.says_revoked_token())
    }

    /// The token or the API version is refused: no other call would fare better.
    pub fn stops_everything(&self) -> bool {
        matches!(self.status(), Some(401 | 426))
    }

    /// The status of a refusal.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal.status),
            Self::Failed(_) => None,
        }
    }
}

impl From<CallError> for PlatformError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused { refusal, call, now } => refusal.into_error(call, now),
            CallError::Failed(error) => error,
        }
    }
}

/// Calls with one token, counted.
pub(super) struct Api<'a> {
    http: &'a Outbound,
    pub config: &'a LinkedinConfig,
    token: &'a SecretString,
    now: Timestamp,
    meter: &'a Meter,
}

impl<'a> Api<'a> {
    pub fn new(
        http: &'a Outbound,
        config: &'a LinkedinConfig,
        token: &'a SecretString,
        now: Timestamp,
        meter: &'a Meter,
    ) -> Self {
        Self { http, config, token, now, meter }
    }

    /// The development tier refuses batches, and a refused call counts among its 100 a day.
    pub fn may_batch(&self) -> bool {
        self.config.tier != LinkedinTier::Development
    }

    /// The address of `path_and_query`, which begins with `/` and is encoded already.
    pub fn url(&self, path_and_query: &str) -> Result<Url, PlatformError> {
        let base = self.config.api_url.as_str().trim_end_matches('/');
        Url::parse(&format!("{base}{path_and_query}")).map_err(|_| PlatformError::Network(OutboundError::Invalid))
    }

    /// GETs `path_and_query` as JSON.
    pub async fn get<T: DeserializeOwned>(&self, call: Call, path_and_query: &str) -> Result<T, CallError> {
        let url = self.url(path_and_query).map_err(CallError::Failed)?;
        self.get_url(call, &url).await
    }

    /// GETs `url` as JSON.
    pub async fn get_url<T: DeserializeOwned>(&self, call: Call, url: &Url) -> Result<T, CallError> {
        let mut headers = vec![("accept", "application/json"), ("x-restli-protocol-version", "2.0.0")];
        if call.versioned() {
            headers.push(("linkedin-version", &self.config.version));
        }
        self.meter.note(|reads| {
            reads.requests += 1;
            *reads.calls.entry(call.endpoint()).or_default() += 1;
        });
        let sent = self.http.get(url, Some(self.token), &headers).await;
        let reply = sent.map_err(|error| CallError::Failed(PlatformError::Network(error)))?;
        if !reply.status.is_success() {
            let refusal = Refusal::of(&reply);
            let whose = match refusal.limit() {
                Some(Limit::Member) => Some(LimitScope::Login),
                Some(Limit::App) => Some(LimitScope::App),
                Some(Limit::Other) | None => None,
            };
            // Pictures and counters can be done without.
            if let Some(whose) = whose.filter(|_| call == Call::Posts) {
                self.meter.note(|reads| reads.used_up = Some(UsedUp { endpoint: call.endpoint(), whose }));
            }
            return Err(CallError::Refused { refusal, call, now: self.now });
        }
        // serde's own text can quote the answer: only the place is told.
        serde_json::from_slice(&reply.body).map_err(|error| {
            CallError::Failed(PlatformError::Unreadable {
                at: format!("line {} column {}", error.line(), error.column()),
                detail: format!("not in the expected form: {}", call.what()),
            })
        })
    }
}
