//! X's ids: milliseconds since 2010-11-04 in the upper bits, so that ids grow with time.
//! `<https://docs.x.com/fundamentals/x-ids>`

use crate::domain::Timestamp;
use chrono::DateTime;

const EPOCH_MS: i64 = 1_288_834_974_657;

/// The lowest id of the millisecond `at`; 1 before the epoch of ids.
pub(super) fn first_of(at: Timestamp) -> u64 {
    u64::try_from(at.timestamp_millis() - EPOCH_MS).map_or(1, |ms| (ms << 22).max(1))
}

/// When `id` was made. Ids too small or too large to carry a time give the epoch of ids.
pub(super) fn made_at(id: u64) -> Timestamp {
    let ms = i64::try_from(id >> 22).unwrap_or(0) + EPOCH_MS;
    DateTime::from_timestamp_millis(ms).unwrap_or(DateTime::UNIX_EPOCH)
}

/// An id as X writes it: 1 to 19 digits.
pub(super) fn parse(text: &str) -> Option<u64> {
    let digits = (1..=19).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_carry_their_time() {
        // The example of X's own explanation of its ids.
        assert_eq!(made_at(1_541_815_603_606_036_480).to_rfc3339(), "2022-06-28T16:07:40.105+00:00");
        let at = made_at(2_100_000_000_000_000_040);
        assert_eq!(made_at(first_of(at)), at);
        assert_eq!(first_of(DateTime::UNIX_EPOCH), 1);
    }

    #[test]
    fn ids_are_digits_alone() {
        assert_eq!(parse("0042"), Some(42));
        for bad in ["", "+1", "-1", "1a", "12345678901234567890", " 1"] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
    }
}
