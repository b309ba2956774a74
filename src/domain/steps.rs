//! Named points between two steps, where a test ends the process to see what is left. Nothing of it is in a release.

#[cfg(debug_assertions)]
use std::sync::Arc;

/// A point that the code passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The login's row is locked; the platform was not asked yet.
    RenewalLocked,
    /// The platform has granted tokens; nothing is written.
    RenewalAnswered,
    /// They are written, but not committed.
    RenewalWritten,
    /// They are committed, but nobody has used them.
    RenewalCommitted,
}

impl Step {
    /// Every point, in the order they are passed.
    pub const ALL: [Self; 4] =
        [Self::RenewalLocked, Self::RenewalAnswered, Self::RenewalWritten, Self::RenewalCommitted];

    /// Its name for settings and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RenewalLocked => "renewal_locked",
            Self::RenewalAnswered => "renewal_answered",
            Self::RenewalWritten => "renewal_written",
            Self::RenewalCommitted => "renewal_committed",
        }
    }
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
