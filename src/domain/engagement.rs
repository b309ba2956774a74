//! When a post that waits for engagement is looked at again. A fresh post has no likes: judged once, a minimum would never
//! be reached.

use super::Timestamp;
use chrono::{Duration, NaiveTime};

/// How long a post may take to reach a minimum, in hours, unless the integration says otherwise.
pub const DEFAULT_WINDOW_HOURS: i32 = 24;
/// The longest that an integration may say, in hours.
pub const MAX_WINDOW_HOURS: i32 = 168;

/// Minutes after publication; from the last one on once a day.
const FIRST_DAY: [i64; 5] = [15, 60, 4 * 60, 12 * 60, 24 * 60];
/// A look is moved out of the next day by this much at most.
const MAX_SHIFT: Duration = Duration::hours(1);

/// The first look after `now` at a post that may take `window` from its publication; `None`: there is none left.
///
/// Looks stand at 15 minutes, 1, 4, 12 and 24 hours, then once a day, and the last one at the window's end, whenever they
/// are asked for: any number of missed looks gives one. Where a platform bills by the UTC day, `day_margin` says how long
/// before midnight a look must be due to be made on that day; a look just after midnight is then moved before it, into a
/// day that the look before has paid for.
pub fn next_look(
    now: Timestamp,
    posted_at: Timestamp,
    window: Duration,
    day_margin: Option<Duration>,
) -> Option<Timestamp> {
    let (mut distance, mut before) = (Duration::zero(), None);
    looks(window).find_map(|after| {
        let spacing = after - distance;
        distance = after;
        let planned = posted_at.checked_add_signed(after)?;
        let at = match (day_margin, before) {
            (Some(margin), Some(before)) => within_day(planned, before, spacing, margin),
            _ => planned,
        };
        before = Some(at);
        (at > now).then_some(at)
    })
}

/// The looks' distances from publication, rising, the last one `window`.
fn looks(window: Duration) -> impl Iterator<Item = Duration> {
    let window = window.clamp(Duration::hours(1), Duration::hours(MAX_WINDOW_HOURS.into()));
    let daily = (2..).map(|day| day * 24 * 60);
    let planned = FIRST_DAY.into_iter().chain(daily).map(Duration::minutes);
    planned.take_while(move |after| *after < window).chain([window])
}

/// `at`, or shortly before the midnight that it misses by little: by an hour at most, by no more than half of the way since
/// the look `before`, and into that one's day.
fn within_day(at: Timestamp, before: Timestamp, spacing: Duration, margin: Duration) -> Timestamp {
    let Some(close) = at.checked_add_signed(margin) else { return at };
    let midnight = close.date_naive().and_time(NaiveTime::MIN).and_utc();
    match midnight.checked_sub_signed(margin) {
        Some(earlier) if at - earlier <= MAX_SHIFT.min(spacing / 2) && earlier.date_naive() == before.date_naive() => {
            earlier
        }
        _ => at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    /// All looks at a post published at `posted_at`.
    fn all(posted_at: Timestamp, hours: i64, day_margin: Option<Duration>) -> Vec<Timestamp> {
        let mut now = posted_at;
        let next = || {
            now = next_look(now, posted_at, Duration::hours(hours), day_margin)?;
            Some(now)
        };
        std::iter::from_fn(next).collect()
    }

    fn hours_after(posted_at: Timestamp, looks: &[Timestamp]) -> Vec<f64> {
        looks.iter().map(|look| (*look - posted_at).num_minutes() as f64 / 60.0).collect()
    }

    #[test]
    fn the_first_day_has_five_looks_and_every_further_day_one() {
        let noon = at("2026-11-22T12:00:00Z");
        for (hours, expected) in [
            (24, vec![0.25, 1.0, 4.0, 12.0, 24.0]),
            (1, vec![0.25, 1.0]),
            (2, vec![0.25, 1.0, 2.0]),
            (30, vec![0.25, 1.0, 4.0, 12.0, 24.0, 30.0]),
            (72, vec![0.25, 1.0, 4.0, 12.0, 24.0, 48.0, 72.0]),
            (168, vec![0.25, 1.0, 4.0, 12.0, 24.0, 48.0, 72.0, 96.0, 120.0, 144.0, 168.0]),
        ] {
            assert_eq!(hours_after(noon, &all(noon, hours, None)), expected, "{hours} hours");
        }
    }

    #[test]
    fn missed_looks_give_one() {
        let noon = at("2026-11-22T12:00:00Z");
        let next = |hours| next_look(noon + Duration::hours(hours), noon, Duration::hours(24), None);
        assert_eq!(next(5), Some(noon + Duration::hours(12)));
        assert_eq!(next(12), Some(noon + Duration::hours(24)));
        assert_eq!(next(24), None);
        assert_eq!(next(24 * 400), None);
    }

    #[test]
    fn a_look_just_after_midnight_is_made_just_before_it() {
        let margin = Some(Duration::minutes(6));
        for (posted_at, index, expected) in [
            // Twelve hours after noon is midnight.
            ("2026-11-22T12:00:00Z", 3, "2026-11-22T23:54:00Z"),
            ("2026-11-22T12:50:00Z", 3, "2026-11-22T23:54:00Z"),
            // Too far into the next day.
            ("2026-11-22T13:00:00Z", 3, "2026-11-23T01:00:00Z"),
            // So late that the poll that makes it would come after midnight.
            ("2026-11-22T11:57:00Z", 3, "2026-11-22T23:54:00Z"),
            ("2026-11-22T11:50:00Z", 3, "2026-11-22T23:50:00Z"),
            // The last look of a post published just after midnight.
            ("2026-11-22T00:10:00Z", 4, "2026-11-22T23:54:00Z"),
            // A quarter of an hour is not cut to a minute.
            ("2026-11-22T23:50:00Z", 0, "2026-11-23T00:05:00Z"),
            ("2026-11-22T22:59:00Z", 1, "2026-11-22T23:54:00Z"),
            // The day before has no look that is paid for.
            ("2026-11-22T23:45:00Z", 0, "2026-11-23T00:00:00Z"),
        ] {
            let looks = all(at(posted_at), 24, margin);
            assert_eq!(looks[index], at(expected), "{posted_at}");
            assert_eq!(looks.len(), 5);
        }
    }

    proptest! {
        #[test]
        fn looks_lie_ahead_rise_and_end_with_the_window(
            minute in 0_i64..600_000, hours in 1_i64..=168, margin in proptest::option::of(1_i64..30),
        ) {
            let posted_at = at("2026-01-01T00:00:00Z") + Duration::minutes(minute);
            let (plain, looks) = (all(posted_at, hours, None), all(posted_at, hours, margin.map(Duration::minutes)));
            prop_assert_eq!(plain.last(), Some(&(posted_at + Duration::hours(hours))));
            prop_assert_eq!(plain.len(), looks.len(), "none is lost by moving");
            prop_assert!(plain.len() <= 11);
            prop_assert!(looks.is_sorted_by(|a, b| a < b) && looks[0] > posted_at);
            for (plain, moved) in plain.iter().zip(&looks) {
                prop_assert!(moved <= plain && *plain - *moved <= MAX_SHIFT);
                // Moving only ever saves a day.
                prop_assert!(moved == plain || moved.date_naive() < plain.date_naive()
                    || *plain + Duration::minutes(margin.unwrap_or(0)) >= plain.date_naive().succ_opt().unwrap().and_time(NaiveTime::MIN).and_utc());
            }
        }

        #[test]
        fn moving_never_costs_a_day_more(minute in 0_i64..600_000, hours in 1_i64..=168) {
            let posted_at = at("2026-01-01T00:00:00Z") + Duration::minutes(minute);
            let days = |looks: Vec<Timestamp>| {
                looks.iter().map(Timestamp::date_naive).collect::<std::collections::BTreeSet<_>>().len()
            };
            prop_assert!(days(all(posted_at, hours, Some(Duration::minutes(6)))) <= days(all(posted_at, hours, None)));
        }

        #[test]
        fn extreme_times_never_panic(now: i64, posted_at: i64, hours: i64, margin: u32) {
            let time = |micros| Timestamp::from_timestamp_micros(micros).unwrap_or(Timestamp::MAX_UTC);
            let window = Duration::try_hours(hours).unwrap_or(Duration::MAX);
            let next = next_look(time(now), time(posted_at), window, Some(Duration::seconds(margin.into())));
            prop_assert!(next.is_none_or(|next| next > time(now)));
        }
    }
}
