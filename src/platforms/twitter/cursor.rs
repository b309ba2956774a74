//! The cursor: the highest post id read. Ids grow with time and are numbers written as strings of 1 to 19 digits, so they
//! are compared as numbers: as strings, "999" would be above "1000".

use crate::{
    domain::{Cursor, Timestamp},
    platforms::PlatformError,
};
use chrono::{DateTime, Duration};
use serde_json::{Value, json};

/// The millisecond from which X's ids (snowflakes) count: `id >> 22` milliseconds later the post was made.
/// `<https://docs.x.com/fundamentals/x-ids>`
const SNOWFLAKE_START_MS: i64 = 1_288_834_974_657;
/// Ids below this were handed out one by one, before snowflakes, and tell no time.
const FIRST_SNOWFLAKE: u64 = 29_700_859_247;

/// A post's id as the number it is; `None` for anything but 1 to 19 digits.
pub(super) fn post_number(id: &str) -> Option<u64> {
    let well_formed = (1..=19).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit());
    if well_formed { id.parse().ok() } else { None }
}

/// The `since_id` of a stored cursor.
///
/// # Errors
/// `Unreadable` for a cursor that this client did not write: starting anew instead would import the past.
pub(super) fn since_id(cursor: Option<&Cursor>) -> Result<Option<u64>, PlatformError> {
    let Some(Cursor(value)) = cursor else { return Ok(None) };
    value.get("since_id").and_then(Value::as_str).and_then(post_number).map(Some).ok_or_else(|| {
        PlatformError::Unreadable { at: "cursor.since_id".to_owned(), detail: "not a post id".to_owned() }
    })
}

/// Posts that were left unread between others, for want of money or pages: above the first id, below the second.
pub(super) type Gap = (u64, u64);

/// The gap that a stored cursor remembers.
pub(super) fn gap(cursor: Option<&Cursor>) -> Option<Gap> {
    let gap = cursor?.0.get("gap")?;
    let bound = |name| gap.get(name).and_then(Value::as_str).and_then(post_number);
    bound("since_id").zip(bound("until_id")).filter(|(since, until)| since < until)
}

/// The cursor that reads on after post `id`, and in the gap.
pub(super) fn after_with(id: u64, gap: Option<Gap>) -> Cursor {
    match gap {
        None => after(id),
        Some((since, until)) => Cursor(json!({
            "since_id": id.to_string(), "gap": { "since_id": since.to_string(), "until_id": until.to_string() }
        })),
    }
}

/// The cursor that reads on after post `id`.
pub(super) fn after(id: u64) -> Cursor {
    Cursor(json!({ "since_id": id.to_string() }))
}

/// An id below those of all posts made later than `at`; 1 for times before snowflakes.
pub(super) fn lowest_id_at(at: Timestamp) -> u64 {
    let millis = u64::try_from(at.timestamp_millis().saturating_sub(SNOWFLAKE_START_MS)).unwrap_or(0);
    // 19 digits hold any time up to the year 2080; the cut keeps the id valid beyond.
    millis.saturating_mul(1 << 22).clamp(1, i64::MAX.unsigned_abs())
}

/// The bound that stands for "nothing yet": five minutes back, so that no post of the present slips below it by a clock
/// that is ahead, and none of the past comes above it.
pub(super) fn nothing_before(now: Timestamp) -> u64 {
    lowest_id_at(now - Duration::minutes(5))
}

/// When the post with this id was made, to the millisecond.
pub(super) fn made_at(id: u64) -> Option<Timestamp> {
    if id < FIRST_SNOWFLAKE {
        return None;
    }
    DateTime::from_timestamp_millis(i64::try_from(id >> 22).ok()?.checked_add(SNOWFLAKE_START_MS)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a valid time")
    }

    #[test]
    fn ids_are_numbers_of_any_length() {
        assert!(post_number("999") < post_number("1000"));
        assert!(post_number("999999999999999999") < post_number("1000000000000000000"));
        assert_eq!(post_number("9223372036854775807"), Some(i64::MAX.unsigned_abs()));
        for bad in ["", "-1", "+1", "1 ", "abc", "١", "12345678901234567890"] {
            assert_eq!(post_number(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_cursor_comes_back_as_it_was_stored() {
        assert_eq!(since_id(None), Ok(None));
        for id in [1, 999, 1000, 2_100_000_000_000_000_040] {
            assert_eq!(since_id(Some(&after(id))), Ok(Some(id)));
        }
        assert_eq!(after(12).0, json!({"since_id": "12"}));
    }

    #[test]
    fn a_strange_cursor_is_refused_and_not_restarted() {
        for value in [json!(null), json!({}), json!({"since_id": 5}), json!({"since_id": "x"}), json!("5"), json!([])] {
            assert!(matches!(since_id(Some(&Cursor(value))), Err(PlatformError::Unreadable { .. })));
        }
    }

    #[test]
    fn an_id_tells_its_time() {
        // The example post of the API reference, made 2021-01-06T18:40:40Z.
        assert_eq!(
            made_at(1_346_889_436_626_259_968).map(|at| at.timestamp()),
            Some(time("2021-01-06T18:40:40Z").timestamp())
        );
        let at = time("2026-11-22T10:00:00Z");
        assert_eq!(made_at(lowest_id_at(at)), Some(at));
        assert!(lowest_id_at(at) < lowest_id_at(at + Duration::milliseconds(1)));
        assert_eq!(made_at(5), None);
        assert_eq!(lowest_id_at(time("1999-01-01T00:00:00Z")), 1);
    }

    #[test]
    fn the_bound_lies_between_the_past_and_the_present() {
        let now = time("2026-11-22T10:00:00Z");
        let bound = nothing_before(now);
        assert!(lowest_id_at(now - Duration::minutes(6)) < bound && bound < lowest_id_at(now - Duration::minutes(4)));
    }

    #[test]
    fn no_time_breaks_the_arithmetic() {
        for at in [Timestamp::MIN_UTC, Timestamp::MAX_UTC] {
            assert!((1..=19).contains(&lowest_id_at(at).to_string().len()));
        }
        assert!(made_at(u64::MAX).is_some());
    }
}
