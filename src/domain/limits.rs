//! How fast an account may be read, by what its platform said about its limits: slower before a limit, not after it.

use super::Timestamp;
use chrono::{Days, Duration, NaiveTime};

/// Above this share of a limit an account is read half as often.
pub const SLOW_ABOVE_PERCENT: f64 = 80.0;
/// Above this share it is left alone for [`REST`].
pub const REST_ABOVE_PERCENT: f64 = 95.0;
/// How long a limit that is nearly used up is left alone.
pub const REST: Duration = Duration::hours(1);

/// No limit of a platform's lasts longer: a day, and an hour for clocks that differ.
const LONGEST_LIMIT: Duration = Duration::hours(25);

/// Calls left until a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Calls left.
    pub remaining: u32,
    /// When the count starts again.
    pub resets_at: Timestamp,
}

/// A count that starts again at 00:00 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Calls made today.
    pub used: u32,
    /// Calls that are answered in a day.
    pub most: u32,
    /// Calls a poll makes of those that count.
    pub a_poll: u32,
    /// Accounts that share the count.
    pub sharers: u32,
}

/// What is known of the limits of an account after a poll.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Signals {
    /// Calls a poll makes.
    pub requests: u32,
    /// The window of the account's token, where the platform tells.
    pub window: Option<Window>,
    /// The largest share of any limit that is used, in percent, where the platform tells.
    pub usage_percent: Option<f64>,
    /// Daily counts, where we keep them because the platform does not tell.
    pub quotas: Vec<Quota>,
}

/// How fast to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As set.
    Even,
    /// With this interval, longer than the one set.
    Slower(Duration),
    /// Not before this.
    Rest(Timestamp),
}

impl Pace {
    /// The slower of two.
    #[must_use]
    pub fn slower(self, other: Self) -> Self {
        match (self, other) {
            (Self::Rest(a), Self::Rest(b)) => Self::Rest(a.max(b)),
            (Self::Rest(_), _) => self,
            (_, Self::Rest(_)) => other,
            (Self::Slower(a), Self::Slower(b)) => Self::Slower(a.max(b)),
            (Self::Even, _) => other,
            (_, Self::Even) => self,
        }
    }
}

/// The pace for an account that is read every `interval`.
pub fn pace(now: Timestamp, interval: Duration, signals: &Signals) -> Pace {
    let by_window = signals.window.map(|window| spread(now, interval, window, signals.requests.max(1)));
    let by_share = signals.usage_percent.map(|percent| pace_of_share(now, interval, percent));
    let by_quota = signals.quotas.iter().map(|quota| pace_of_quota(now, interval, *quota));
    by_window.into_iter().chain(by_share).chain(by_quota).fold(Pace::Even, Pace::slower)
}

/// The pace when `percent` of a limit is used.
pub fn pace_of_share(now: Timestamp, interval: Duration, percent: f64) -> Pace {
    if percent > REST_ABOVE_PERCENT {
        Pace::Rest(now + REST)
    } else if percent > SLOW_ABOVE_PERCENT {
        Pace::Slower(interval * 2)
    } else {
        Pace::Even
    }
}

fn pace_of_quota(now: Timestamp, interval: Duration, quota: Quota) -> Pace {
    let window = Window { remaining: quota.most.saturating_sub(quota.used), resets_at: next_midnight(now) };
    let a_poll = quota.a_poll.max(1);
    if window.remaining < a_poll {
        return Pace::Rest(window.resets_at);
    }
    spread(now, interval, window, a_poll.saturating_mul(quota.sharers.max(1)))
}

/// The end of a limit that a platform names, if it can be one: a later one is in another unit, or a slip, and would keep
/// an account waiting for years.
pub fn believed(until: Timestamp, now: Timestamp) -> Option<Timestamp> {
    (until - now <= LONGEST_LIMIT).then_some(until)
}

/// The calls left, spread over the time they must last, when a round of polls takes `a_round` of them.
fn spread(now: Timestamp, interval: Duration, window: Window, a_round: u32) -> Pace {
    let left = window.resets_at - now;
    if left <= Duration::zero() || believed(window.resets_at, now).is_none() {
        return Pace::Even;
    }
    if window.remaining == 0 {
        return Pace::Rest(window.resets_at);
    }
    let micros = i128::from(left.num_microseconds().unwrap_or(i64::MAX));
    let even = micros * i128::from(a_round) / i128::from(window.remaining);
    let even = Duration::microseconds(i64::try_from(even).unwrap_or(i64::MAX)).min(left);
    if even > interval { Pace::Slower(even) } else { Pace::Even }
}

/// 00:00 UTC of the next day.
pub fn next_midnight(now: Timestamp) -> Timestamp {
    let tomorrow = now.date_naive().checked_add_days(Days::new(1));
    tomorrow.map_or(Timestamp::MAX_UTC, |day| day.and_time(NaiveTime::MIN).and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FIVE: Duration = Duration::minutes(5);

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn noon() -> Timestamp {
        at("2026-11-22T12:00:00Z")
    }

    fn window(remaining: u32, minutes: i64) -> Signals {
        let resets_at = noon() + Duration::minutes(minutes);
        Signals { requests: 1, window: Some(Window { remaining, resets_at }), ..Signals::default() }
    }

    #[test]
    fn the_calls_left_in_a_window_are_spread_over_it() {
        for (signals, expected) in [
            (Signals::default(), Pace::Even),
            (window(897, 15), Pace::Even),
            (window(3, 15), Pace::Even),
            (window(2, 15), Pace::Slower(Duration::minutes(15) / 2)),
            (window(1, 15), Pace::Slower(Duration::minutes(15))),
            (window(0, 15), Pace::Rest(noon() + Duration::minutes(15))),
            // A window that is over tells nothing.
            (window(0, 0), Pace::Even),
            (window(0, -3), Pace::Even),
            // Nor one that is told in milliseconds.
            (window(0, 29_000_000_000), Pace::Even),
            (window(1, 26 * 60), Pace::Even),
            // A poll of three pages needs three calls.
            (Signals { requests: 3, ..window(6, 15) }, Pace::Slower(Duration::minutes(15) / 2)),
        ] {
            assert_eq!(pace(noon(), FIVE, &signals), expected, "{signals:?}");
        }
    }

    #[test]
    fn a_used_share_slows_down_and_then_rests() {
        for (percent, expected) in [
            (0.0, Pace::Even),
            (80.0, Pace::Even),
            (80.1, Pace::Slower(FIVE * 2)),
            (95.0, Pace::Slower(FIVE * 2)),
            (95.1, Pace::Rest(noon() + REST)),
            (150.0, Pace::Rest(noon() + REST)),
            (f64::NAN, Pace::Even),
        ] {
            let signals = Signals { usage_percent: Some(percent), ..Signals::default() };
            assert_eq!(pace(noon(), FIVE, &signals), expected, "{percent} %");
        }
    }

    #[test]
    fn a_days_calls_last_for_the_day() {
        let quota = |used, most, a_poll, sharers| Quota { used, most, a_poll, sharers };
        let midnight = at("2026-11-23T00:00:00Z");
        for (quota, expected) in [
            // 50 calls left for 12 hours.
            (quota(50, 100, 1, 1), Pace::Slower(Duration::seconds(864))),
            (quota(50, 100, 2, 1), Pace::Slower(Duration::seconds(1_728))),
            (quota(50, 100, 1, 3), Pace::Slower(Duration::seconds(2_592))),
            (quota(0, 100_000, 1, 1), Pace::Even),
            (quota(99, 100, 2, 1), Pace::Rest(midnight)),
            (quota(100, 100, 1, 1), Pace::Rest(midnight)),
            (quota(120, 100, 1, 1), Pace::Rest(midnight)),
            // More sharers than calls: each gets one more at most, at the end.
            (quota(99, 100, 1, 50), Pace::Slower(Duration::hours(12))),
        ] {
            let signals = Signals { quotas: vec![quota], ..Signals::default() };
            assert_eq!(pace(noon(), FIVE, &signals), expected, "{quota:?}");
        }
    }

    #[test]
    fn the_slowest_word_counts() {
        let rest = Pace::Rest(noon());
        let slower = Pace::Slower(FIVE);
        for (a, b, expected) in [
            (Pace::Even, slower, slower),
            (slower, rest, rest),
            (rest, Pace::Rest(noon() + FIVE), Pace::Rest(noon() + FIVE)),
            (slower, Pace::Slower(FIVE * 2), Pace::Slower(FIVE * 2)),
            (Pace::Even, Pace::Even, Pace::Even),
        ] {
            assert_eq!((a.slower(b), b.slower(a)), (expected, expected));
        }
    }

    proptest! {
        /// Polled at the pace that is told after each poll, the calls last for the day: they are never all used up before
        /// its last eighth.
        #[test]
        fn who_keeps_the_pace_has_calls_for_the_whole_day(
            rounds in 8_u32..500, a_poll in 1_u32..4, sharers in 1_u32..6, minutes in 1_i64..60,
        ) {
            let most = rounds * a_poll * sharers;
            let (start, interval) = (at("2026-11-22T00:00:00Z"), Duration::minutes(minutes));
            let end = next_midnight(start);
            let mut used = 0;
            let mut due = vec![start; sharers as usize];
            while let Some(next) = due.iter_mut().min().filter(|next| **next < end) {
                let now = *next;
                used += a_poll;
                let signals = Signals { quotas: vec![Quota { used, most, a_poll, sharers }], ..Signals::default() };
                *next = match pace(now, interval, &signals) {
                    Pace::Even => now + interval,
                    Pace::Slower(longer) => now + longer,
                    Pace::Rest(until) => {
                        prop_assert!(end - now <= Duration::hours(3), "used up at {now}");
                        until
                    }
                };
                prop_assert!(*next > now);
            }
            prop_assert!(used <= most, "{used} of {most}");
        }

        #[test]
        fn no_numbers_break_the_arithmetic(
            remaining: u32, requests: u32, used: u32, most: u32, a_poll: u32, sharers: u32, percent: f64,
            seconds in -1_000_000_000_i64..1_000_000_000,
        ) {
            let signals = Signals {
                requests,
                window: Some(Window { remaining, resets_at: noon() + Duration::seconds(seconds) }),
                usage_percent: Some(percent),
                quotas: vec![Quota { used, most, a_poll, sharers }],
            };
            if let Pace::Rest(until) = pace(noon(), FIVE, &signals) {
                prop_assert!(until > noon());
            }
        }
    }
}
