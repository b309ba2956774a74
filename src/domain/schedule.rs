//! When an account is read next.

use super::Timestamp;
use chrono::Duration;

/// The shortest time between two polls, should a setting ask for less.
const MIN_INTERVAL: Duration = Duration::seconds(1);
/// What the first failure costs at most.
const BACKOFF_BASE: Duration = Duration::seconds(30);
/// What any failure costs at most.
const BACKOFF_CAP: Duration = Duration::hours(1);

/// The time of the next poll: later than `now` by at most one `interval`.
///
/// An account keeps its phase: polls stand on the grid `previous_next_poll_at + k · interval`, so accounts that were spread
/// evenly stay so, and any number of missed intervals gives one poll. A new account (`None`) gets its phase from
/// `fraction` (0 to 1, thrown).
pub fn next_poll(
    now: Timestamp,
    interval: Duration,
    previous_next_poll_at: Option<Timestamp>,
    fraction: f64,
) -> Timestamp {
    let interval = micros(interval.max(MIN_INTERVAL));
    let wait = match previous_next_poll_at {
        // How far the grid's last slot lies back: from 0 up to, not including, one interval.
        Some(slot) => interval - micros(now - slot).rem_euclid(interval),
        None => interval - part_of(interval, fraction).min(interval - 1),
    };
    now.checked_add_signed(Duration::microseconds(wait)).unwrap_or(now)
}

/// How long to leave an account alone after its `failures`-th failure in a row (the first is 1): exponential with full
/// jitter by `fraction` (0 to 1, thrown), at least 15 s, at most 30 s after the first, twice that after each further one,
/// never more than an hour.
pub fn backoff(failures: u32, fraction: f64) -> Duration {
    let floor = micros(BACKOFF_BASE) / 2;
    // Seven doublings pass the cap.
    let doublings = failures.saturating_sub(1).min(16);
    let ceiling = (micros(BACKOFF_BASE) << doublings).min(micros(BACKOFF_CAP));
    Duration::microseconds(floor + part_of(ceiling - floor, fraction))
}

/// Microseconds, which Postgres keeps; lengths beyond 290,000 years are cut to that.
fn micros(length: Duration) -> i64 {
    length.num_microseconds().unwrap_or(i64::MAX)
}

/// `fraction` of `whole`, from 0 to `whole` whatever the fraction.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn part_of(whole: i64, fraction: f64) -> i64 {
    let fraction = if fraction.is_nan() { 0.0 } else { fraction.clamp(0.0, 1.0) };
    ((whole as f64 * fraction) as i64).clamp(0, whole)
}

#[cfg(test)]
mod tests {
    use super::{BACKOFF_BASE, BACKOFF_CAP, MIN_INTERVAL, backoff, next_poll};
    use crate::domain::Timestamp;
    use chrono::Duration;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_timestamp(1_800_000_000 + second, 0).expect("a time of our days")
    }

    fn minutes(minutes: i64) -> Duration {
        Duration::minutes(minutes)
    }

    #[test]
    fn an_account_keeps_its_phase() {
        for (now, slot, next) in [
            (0, 0, 300),       // on time
            (7, 0, 300),       // a little late
            (299, 0, 300),     // nearly an interval late
            (300, 0, 600),     // a slot that is due now counts as taken
            (3_000, 7, 3_007), // ten intervals missed: one poll
            (100, 250, 250),   // read by hand before its time
            (100, 900, 300),   // back from a long pause before its end
        ] {
            assert_eq!(next_poll(at(now), minutes(5), Some(at(slot)), 0.5), at(next), "now {now}, slot {slot}");
        }
    }

    #[test]
    fn new_accounts_spread_over_the_first_interval() {
        assert_eq!(next_poll(at(0), minutes(5), None, 0.0), at(300));
        assert_eq!(next_poll(at(0), minutes(5), None, 0.5), at(150));
        assert!(next_poll(at(0), minutes(5), None, 1.0) > at(0));
    }

    #[test]
    fn failures_double_the_wait_up_to_an_hour() {
        let longest: Vec<i64> = (0..9).map(|failures| backoff(failures, 1.0).num_seconds()).collect();
        assert_eq!(longest, [30, 30, 60, 120, 240, 480, 960, 1_920, 3_600]);
        assert_eq!(backoff(u32::MAX, 1.0), BACKOFF_CAP);
        assert_eq!(backoff(9, 0.0), Duration::seconds(15));
        assert_eq!(backoff(9, f64::NAN), Duration::seconds(15));
    }

    proptest! {
        #[test]
        fn the_next_poll_is_ahead_by_at_most_an_interval_and_on_the_grid(
            now in -1_000_000_000_000_i64..1_000_000_000_000, slot in -1_000_000_000_000_i64..1_000_000_000_000,
            interval in -10_i64..200_000_000_000, known: bool, fraction in -1.0_f64..2.0,
        ) {
            let (now, slot) = (at(0) + Duration::microseconds(now), at(0) + Duration::microseconds(slot));
            let interval = Duration::microseconds(interval);
            let next = next_poll(now, interval, known.then_some(slot), fraction);
            let interval = interval.max(MIN_INTERVAL);
            prop_assert!(next > now && next <= now + interval);
            if known {
                prop_assert_eq!((next - slot).num_microseconds().unwrap() % interval.num_microseconds().unwrap(), 0);
            }
        }

        #[test]
        fn extreme_times_never_panic(now: i64, slot: i64, interval: i64, failures: u32, fraction: f64) {
            let time = |micros| Timestamp::from_timestamp_micros(micros).unwrap_or(Timestamp::MAX_UTC);
            let now = time(now);
            prop_assert!(next_poll(now, Duration::microseconds(interval), Some(time(slot)), fraction) >= now);
            let wait = backoff(failures, fraction);
            prop_assert!(wait >= BACKOFF_BASE / 2 && wait <= BACKOFF_CAP);
        }

        #[test]
        fn more_failures_never_wait_less(failures in 0_u32..40, fraction in 0.0_f64..1.0) {
            prop_assert!(backoff(failures + 1, fraction) >= backoff(failures, fraction));
        }
    }
}
