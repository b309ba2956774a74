//! Renewing a login's tokens: under a lock on its row, by the platform's rule, with a memory for failures.

mod keep;

use keep::Granted;

use super::{
    Service,
    tokens::{TokenFault, is_due, open, seal},
};
use crate::{
    domain::{Step, Timestamp, schedule::backoff},
    platforms::{PlatformError, RefreshRule, SocialPlatform},
    store::{
        StoreError,
        credentials::{self, Credential, FailedRenewal},
    },
};
use chrono::Duration;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;

/// A platform that says the login is over is asked once more after this: a single word may be its slip.
pub const CONFIRM_AFTER: Duration = Duration::minutes(1);
/// How often the login must be called over before it is believed.
const CONFIRMATIONS: i32 = 2;
/// A login that is over is not asked for more often; only a person can help.
const OVER: Duration = Duration::days(1);
/// Time for the operator to mend the app's settings.
const OPERATORS_PAUSE: Duration = Duration::minutes(15);
/// The shortest pause after a passing fault.
const SHORTEST_PAUSE: Duration = Duration::minutes(1);

/// A renewal that did not work.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{error}")]
pub struct Refused {
    /// The platform's word.
    pub error: PlatformError,
    /// The platform has said so before, a while ago.
    pub confirmed: bool,
}

/// Who acts on a failed renewal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Blame {
    /// The login is over: a person.
    Login,
    /// Our app is not accepted: the operator. No login pays for it.
    App,
    /// Nobody: it passes.
    Passing,
}

impl Blame {
    fn of(error: &PlatformError) -> Self {
        match error {
            error if error.ends_connection() => Self::Login,
            PlatformError::AppRejected { .. } => Self::App,
            _ => Self::Passing,
        }
    }

    /// From what the row remembers.
    fn remembered(credential: &Credential) -> Option<Self> {
        credential.refresh_code.as_deref().map(|code| match code {
            "token_rejected" | "revoked" | "missing_scope" => Self::Login,
            "app_rejected" => Self::App,
            _ => Self::Passing,
        })
    }
}

/// What the last renewal failed with, while the next one has to wait.
pub(super) fn waiting(credential: &Credential, now: Timestamp) -> Option<Refused> {
    let until = credential.refresh_not_before.filter(|until| now < *until)?;
    let error = match Blame::remembered(credential)? {
        Blame::Login => PlatformError::Revoked { detail: "the platform refused to renew the login".into() },
        Blame::App => PlatformError::AppRejected { detail: "it refused to renew a login".into() },
        Blame::Passing => PlatformError::Upstream {
            status: 0,
            retry_at: Some(until),
            detail: "a token could not be renewed; it is tried again".into(),
        },
    };
    let confirmed = error.ends_connection() && credential.refresh_failures >= CONFIRMATIONS;
    Some(Refused { error, confirmed })
}

/// How a failure is remembered. Pure; `fraction` is a throw of the dice.
fn failed(
    credential: &Credential,
    error: &PlatformError,
    rule: RefreshRule,
    now: Timestamp,
    fraction: f64,
) -> FailedRenewal {
    let blame = Blame::of(error);
    // Only failures of the same kind add up: an outage before it is no confirmation.
    let before = if Blame::remembered(credential) == Some(blame) { credential.refresh_failures } else { 0 };
    let failures = if blame == Blame::App { credential.refresh_failures } else { before.saturating_add(1) };
    let pause = match (blame, rule) {
        (Blame::Login, _) if failures < CONFIRMATIONS => CONFIRM_AFTER,
        (Blame::Login, _) => OVER,
        (Blame::App, _) => OPERATORS_PAUSE,
        (Blame::Passing, RefreshRule::Renew { retry_every, .. }) => retry_every,
        (Blame::Passing, _) => backoff(u32::try_from(failures).unwrap_or(1), fraction).max(SHORTEST_PAUSE),
    };
    let named = match error {
        PlatformError::RateLimited { until, .. } | PlatformError::UsageCapped { until, .. } => *until,
        PlatformError::Upstream { retry_at, .. } => *retry_at,
        _ => None,
    };
    // What a platform names is believed up to a day.
    let not_before = named.map_or(now, |named| named.min(now + OVER)).max(now + pause);
    FailedRenewal { code: error.code(), failures, not_before }
}

/// The one line for a renewal that failed while nobody is the worse for it yet.
pub(super) fn tell(credential: &Credential, error: &PlatformError) {
    let (credential, platform, code) = (credential.id, credential.platform, error.code());
    if Blame::of(error) == Blame::App {
        tracing::error!(%credential, %platform, code, %error, "the operator must act");
    } else {
        tracing::warn!(%credential, %platform, code, "the renewal of a token has to wait: {error}");
    }
}

impl Service {
    /// Renews in a task of its own: whoever asked may give up waiting, but a platform that has rotated the tokens must
    /// not find the new ones dropped.
    pub(super) async fn renew(
        &self,
        platform: &Arc<dyn SocialPlatform>,
        stale: &Credential,
        rejected: bool,
    ) -> Result<SecretString, TokenFault> {
        let (service, platform, stale) = (self.clone(), platform.clone(), stale.clone());
        let task = tokio::spawn(async move { service.renew_locked(&*platform, &stale, rejected).await });
        task.await.unwrap_or_else(|error| {
            tracing::error!(%error, "the renewal of a token ended badly");
            Err(PlatformError::Upstream { status: 0, retry_at: None, detail: "the renewal ended badly".into() }.into())
        })
    }

    /// Lock, read again, renew, store, commit: however many ask at once, one renews and the others find its result.
    async fn renew_locked(
        &self,
        platform: &dyn SocialPlatform,
        stale: &Credential,
        rejected: bool,
    ) -> Result<SecretString, TokenFault> {
        let mut connection = self.store.patient_connection().await?;
        let Some((transaction, current)) = credentials::lock(&mut connection, &stale.tenant, stale.id).await? else {
            return Err(PlatformError::Revoked { detail: "the account was disconnected".into() }.into());
        };
        let (now, rule) = (self.clock.now(), platform.spec().refresh);
        let tokens = open(&self.sealer, &current)?;
        // Not by the sealed bytes: another key changes those, and the token stays.
        let renewed_meanwhile = current.obtained_at != stale.obtained_at
            || open(&self.sealer, stale)
                .is_ok_and(|stale| stale.access_token.expose_secret() != tokens.access_token.expose_secret());
        if renewed_meanwhile || !(rejected || is_due(rule, &current, now)) {
            return Ok(tokens.access_token);
        }
        // A rejected token waits for no outage that may be over, but a login that was refused is not pressed.
        if let Some(refused) = waiting(&current, now)
            && !(rejected && Blame::of(&refused.error) == Blame::Passing)
        {
            return Err(refused.into());
        }
        let has_refresh_token = current.refresh_token_sealed.is_some();
        if rejected && !rule.can_renew(now, current.obtained_at, current.access_expires_at, has_refresh_token) {
            return Err(PlatformError::TokenRejected { detail: "and it cannot be renewed".into() }.into());
        }
        self.steps.pass(Step::RenewalLocked);
        let answer = match platform.refresh(&tokens, now).await {
            // A lost answer is ambiguous: the old token may be spent or not, and asking once more can only help.
            Err(PlatformError::Network(_)) => platform.refresh(&tokens, now).await,
            answer => answer,
        };
        self.steps.pass(Step::RenewalAnswered);
        match answer {
            Ok(fresh) => {
                let granted =
                    Granted { login: &current, spent: &tokens, sealed: seal(&self.sealer, current.id, &fresh), now };
                match self.store_tokens(transaction, &granted).await {
                    Err(error) if error.is_temporary() => self.keep(&mut connection, &granted, error).await?,
                    stored => stored?,
                }
                self.steps.pass(Step::RenewalCommitted);
                self.metrics.renewal(current.platform, true);
                tracing::info!(credential = %current.id, platform = %current.platform, "token renewed");
                Ok(fresh.access_token)
            }
            Err(error) => {
                let failed = failed(&current, &error, rule, now, self.dice.fraction());
                credentials::renewal_failed(&transaction, current.id, &failed).await?;
                transaction.commit().await.map_err(StoreError::from)?;
                self.metrics.renewal(current.platform, false);
                let confirmed = error.ends_connection() && failed.failures >= CONFIRMATIONS;
                Err(Refused { error, confirmed }.into())
            }
        }
    }
}

#[cfg(test)]
mod tests;
