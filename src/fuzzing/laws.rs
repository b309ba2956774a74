//! What holds whatever strangers send.

use crate::platforms::PlatformError;

/// Part of every secret given to what is fuzzed: in no error, notice or answer.
pub const CANARY: &str = "canary-7c9e66797425de944be07fc1f9";

const MOST_NOTICE_CHARS: usize = 1_000;

/// An error names nothing that was secret, and is short enough for a row and a log.
pub fn is_discreet(error: &PlatformError) {
    let told = format!("{error} {error:?}");
    keeps_quiet(&told);
    assert!(told.chars().count() <= 2 * MOST_NOTICE_CHARS, "{told}");
}

/// The same of a sentence for administrators.
pub fn is_a_notice(notice: &str) {
    keeps_quiet(notice);
    assert!(!notice.contains('\0'), "{notice:?}");
    assert!(notice.chars().count() <= MOST_NOTICE_CHARS, "{notice}");
}

/// Nothing secret is in `told`.
pub fn keeps_quiet(told: &str) {
    assert!(!told.contains(CANARY), "a secret is told: {told}");
}
