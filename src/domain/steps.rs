//! Named points between two steps, where a test ends the process to see what is left. Nothing of it is in a release.

#[cfg(debug_assertions)]
use std::sync::Arc;

macro_rules! steps {
    ($($(#[$told:meta])* $step:ident = $name:literal,)+) => {
        /// A point that the code passes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Step {
            $($(#[$told])* $step,)+
        }

        impl Step {
            /// Every point.
            pub const ALL: &'static [Self] = &[$(Self::$step,)+];

            /// Its name for settings and messages.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$step => $name,)+
                }
            }
        }
    };
}

steps! {
    /// Accounts are claimed; nobody is told.
    LeaseClaimed = "lease_claimed",
    /// The lease is in line.
    JobPushed = "job_pushed",
    /// A worker knows its accounts, and money is set aside for them.
    LeaseRead = "lease_read",
    /// The platform has answered; neither bill nor posts are written.
    PlatformAnswered = "platform_answered",
    /// The bill is booked; the posts are about to be imported.
    PostsHanded = "posts_handed",
    /// The import is written, but not committed.
    ImportWritten = "import_written",
    /// It is committed, but nobody knows.
    ImportCommitted = "import_committed",
    /// The login's row is locked; the platform was not asked yet.
    RenewalLocked = "renewal_locked",
    /// The platform has granted tokens; nothing is written.
    RenewalAnswered = "renewal_answered",
    /// They are written, but not committed.
    RenewalWritten = "renewal_written",
    /// They are committed, but nobody has used them.
    RenewalCommitted = "renewal_committed",
    /// A connection is written down; the browser was sent nowhere yet.
    SessionMade = "session_made",
    /// The browser's keys are written down; the browser has not got them.
    Departed = "departed",
    /// The browser is back, and its state is spent.
    StateConsumed = "state_consumed",
    /// The platform has handed out tokens for the code.
    CodeExchanged = "code_exchanged",
    /// Accounts and tokens are written, but not committed.
    LoginWritten = "login_written",
    /// They are committed; the browser does not know.
    LoginCommitted = "login_committed",
    /// An account's tokens are deleted here; the platform was not asked to end them.
    TokensDeleted = "tokens_deleted",
    /// The platform has ended them; the administrator does not know.
    GrantEnded = "grant_ended",
}

/// Told of every step; the default, and every release, does nothing about it.
#[derive(Clone, Default)]
pub struct Steps {
    #[cfg(debug_assertions)]
    told: Option<Arc<dyn Fn(Step) + Send + Sync>>,
}

impl Steps {
    /// Calls `tell` at every step.
    #[cfg(debug_assertions)]
    pub fn telling(tell: impl Fn(Step) + Send + Sync + 'static) -> Self {
        Self { told: Some(Arc::new(tell)) }
    }

    /// The code passes `step`.
    #[inline]
    pub fn pass(&self, step: Step) {
        #[cfg(debug_assertions)]
        if let Some(tell) = &self.told {
            tell(step);
        }
        #[cfg(not(debug_assertions))]
        let _ = step;
    }
}
