//! Money: whole millionths of a US dollar, so that no sum is ever off by a rounding.

use std::{
    fmt,
    iter::Sum,
    ops::{Add, Sub},
};

/// Millionths in a dollar.
const MILLION: i64 = 1_000_000;
/// Days in a month, on average.
const DAYS_A_MONTH: f64 = 365.25 / 12.0;
/// Nobody writes more; what claims to is a fault of the numbers it was made of.
const MOST_POSTS_A_DAY: f64 = 10_000.0;

/// US dollars, in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Usd(pub i64);

impl Usd {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Dollars as people write them, such as `0.005`: digits, and up to six more behind a point.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 6 || whole.len() > 9 {
            return None;
        }
        let whole: i64 = whole.parse().ok()?;
        let part: i64 = format!("{part:0<6}").parse().ok()?;
        Some(Self(whole * MILLION + part))
    }

    /// The price of `count` things.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(i64::try_from(count).unwrap_or(i64::MAX)))
    }

    /// How many things of this price `sum` pays for.
    pub fn fits_into(self, sum: Self) -> u64 {
        u64::try_from(if self.0 > 0 { sum.0 / self.0 } else { i64::MAX }).unwrap_or(0)
    }

    /// As a number for people and JSON. A fraction of two holds 15 digits, so six of them behind the point are exact
    /// for every sum below a billion.
    #[allow(clippy::cast_precision_loss)]
    pub fn dollars(self) -> f64 {
        self.0 as f64 / MILLION as f64
    }
}

impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}", self.dollars())
    }
}

impl Add for Usd {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Usd {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::ZERO, Add::add)
    }
}

/// What a month of reading each post once costs, at so many posts a day.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
pub fn month_of(posts_a_day: f64, price: Usd) -> Usd {
    let posts = if posts_a_day.is_nan() { 0.0 } else { posts_a_day.clamp(0.0, MOST_POSTS_A_DAY) };
    Usd((posts * DAYS_A_MONTH * price.0 as f64).round() as i64)
}

/// What this month will have cost at its end: so far, and for each of `days_left` whole days what a day cost lately.
pub fn month_end(so_far: Usd, recent: Usd, recent_days: u32, days_left: u32) -> Usd {
    let expected = i128::from(recent.0) * i128::from(days_left) / i128::from(recent_days.max(1));
    so_far + Usd(i64::try_from(expected).unwrap_or(i64::MAX))
}

/// How `available` is shared among `claimants`: what each of the first so many gets. Nobody gets less than `smallest`,
/// which is what the smallest reading can cost, or more than `largest`; shares are whole multiples of `step`.
pub fn shares(available: Usd, claimants: u64, smallest: Usd, largest: Usd, step: Usd) -> (Usd, u64) {
    if claimants == 0 || available < smallest || smallest <= Usd::ZERO {
        return (Usd::ZERO, 0);
    }
    let even = i64::try_from(claimants).map_or(0, |claimants| available.0 / claimants);
    let even = step.times(step.fits_into(Usd(even)));
    let each = even.clamp(smallest, largest.max(smallest));
    (each, each.fits_into(available).min(claimants))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn prices_are_read_to_the_millionth() {
        for (text, micros) in [
            ("0.005", Some(5_000)),
            ("0.010", Some(10_000)),
            ("5", Some(5_000_000)),
            ("0", Some(0)),
            ("999999999.999999", Some(999_999_999_999_999)),
            ("0.0000001", None),
            ("", None),
            (".5", None),
            ("5.", None),
            ("-1", None),
            ("+1", None),
            ("1e3", None),
            ("$1", None),
            ("1,5", None),
        ] {
            assert_eq!(Usd::parse(text), micros.map(Usd), "{text}");
        }
    }

    #[test]
    fn a_months_forecast_follows_the_posting_rate() {
        let price = Usd(5_000);
        for (rate, micros) in [(0.0, 0), (1.0, 152_188), (10.0, 1_521_875), (-3.0, 0), (f64::NAN, 0)] {
            assert_eq!(month_of(rate, price), Usd(micros), "{rate}");
        }
        assert_eq!(month_of(f64::INFINITY, price), month_of(MOST_POSTS_A_DAY, price));
        assert_eq!(month_end(Usd(100), Usd(700), 7, 3), Usd(400));
        assert_eq!(month_end(Usd(100), Usd(700), 0, 3), Usd(2_200), "a day is the least that was seen");
    }

    #[test]
    fn money_is_shared_in_whole_posts_and_never_in_parts_too_small_to_read() {
        let share = |available, claimants| shares(Usd(available), claimants, Usd(25), Usd(500), Usd(5));
        assert_eq!(share(10_000, 4), (Usd(500), 4), "plenty: a full page for each");
        assert_eq!(share(1_000, 4), (Usd(250), 4));
        assert_eq!(share(1_003, 4), (Usd(250), 4), "whole posts");
        assert_eq!(share(60, 4), (Usd(25), 2), "the first two read the smallest page");
        assert_eq!(share(24, 4), (Usd(0), 0));
        assert_eq!(share(100, 0), (Usd(0), 0));
        assert_eq!(share(-100, 3), (Usd(0), 0));
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_is_read(micros in 0_i64..1_000_000_000_000_000) {
            let text = Usd(micros).dollars().to_string();
            prop_assert_eq!(Usd::parse(&text), Some(Usd(micros)), "{}", text);
        }

        #[test]
        fn shares_never_exceed_what_there_is(
            available in -1_000_000_i64..1_000_000_000, claimants in 0_u64..100_000,
            smallest in 1_i64..100_000, largest in 1_i64..1_000_000, step in 1_i64..10_000,
        ) {
            let (each, count) = shares(Usd(available), claimants, Usd(smallest), Usd(largest), Usd(step));
            prop_assert!(each.times(count) <= Usd(available.max(0)));
            prop_assert!(count <= claimants && (count == 0 || each >= Usd(smallest)));
        }
    }
}
