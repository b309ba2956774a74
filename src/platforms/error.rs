//! What can go wrong at a platform, sorted by who acts next. The texts are ours: no body, token or address of the
//! platform's gets in, so every one of them can be shown to an administrator and written to a log.

use crate::{domain::Timestamp, outbound::OutboundError};

/// Whom a limit stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitScope {
    /// One account.
    Account,
    /// Every account read with the same login.
    Login,
    /// Every account read through our app at that platform.
    App,
}

/// A platform's refusal or fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlatformError {
    /// Too many calls. Poll again at `until`, or with back-off where the platform named no time.
    #[error("rate limited: {detail}")]
    RateLimited { scope: LimitScope, until: Option<Timestamp>, detail: String },
    /// The app's money, credits or monthly cap are used up: stops every account of the platform.
    #[error("usage cap reached: {detail}")]
    UsageCapped { until: Option<Timestamp>, detail: String },
    /// Our own daily budget has no room for the call: it was not made. `spent_out`: nothing more today; otherwise others
    /// have set aside what is left.
    #[error("the daily budget leaves no room for another reading")]
    OverBudget { spent_out: bool },
    /// The access token is not accepted: refresh once and repeat once.
    #[error("access token rejected: {detail}")]
    TokenRejected { detail: String },
    /// The grant is gone (refresh token dead, access removed): a person must reconnect.
    #[error("connection ended at the platform: {detail}")]
    Revoked { detail: String },
    /// Our app's credentials, product or API version are wrong: the operator must act, no account is at fault.
    #[error("the platform rejects this app: {detail}")]
    AppRejected { detail: String },
    /// A scope or role is missing: an administrator must reconnect with more rights. `missing` names them.
    #[error("permission missing ({missing}): {detail}")]
    MissingScope { missing: String, detail: String },
    /// The account is suspended, protected or deleted: look again rarely.
    #[error("account not readable: {detail}")]
    Gone { detail: String },
    /// The authorization code or the person's consent was refused: start the connection again.
    #[error("connection refused: {detail}")]
    Refused { detail: String },
    /// The platform failed (5xx, temporary codes). `retry_at` where it named a time.
    #[error("the platform failed (HTTP {status}): {detail}")]
    Upstream { status: u16, retry_at: Option<Timestamp>, detail: String },
    /// No answer.
    #[error("network: {0}")]
    Network(#[from] OutboundError),
    /// An answer that cannot be understood; `at` says where in it (a JSON path).
    #[error("unreadable answer at {at}: {detail}")]
    Unreadable { at: String, detail: String },
}

impl PlatformError {
    /// The platform says that the grant itself is not enough any more. Believed when said twice.
    pub const fn ends_connection(&self) -> bool {
        matches!(self, Self::TokenRejected { .. } | Self::Revoked { .. } | Self::MissingScope { .. })
    }

    /// A stable word for logs, metrics and the troubleshooting table.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RateLimited { .. } => "rate_limited",
            Self::UsageCapped { .. } => "usage_capped",
            Self::OverBudget { .. } => "budget_reached",
            Self::TokenRejected { .. } => "token_rejected",
            Self::Revoked { .. } => "revoked",
            Self::AppRejected { .. } => "app_rejected",
            Self::MissingScope { .. } => "missing_scope",
            Self::Gone { .. } => "account_gone",
            Self::Refused { .. } => "refused",
            Self::Upstream { .. } => "upstream",
            Self::Network(_) => "network",
            Self::Unreadable { .. } => "unreadable",
        }
    }
}
