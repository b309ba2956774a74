//! Calls in a rolling window, mostly an account's in 24 hours, and the headers that tell about them.
//! `<https://developers.facebook.com/docs/graph-api/overview/rate-limiting>`

use crate::domain::Timestamp;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use chrono::Duration;
use serde_json::json;
use std::collections::{HashMap, VecDeque};

/// The share of the app's calls.
pub(super) const APP_USAGE: &str = "x-app-usage";
/// The shares of the accounts' calls.
pub(super) const BUSINESS_USAGE: &str = "x-business-use-case-usage";

/// The window of an account's calls.
pub(super) const DAY: Duration = Duration::hours(24);
/// A calm share that recordings show, when nothing is counted.
const CALM_PERCENT: u64 = 1;
/// A made-up business that owns the account: a real answer names both.
const BUSINESS_ID: &str = "100000000000001";

/// How much of its share an account used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Usage {
    /// 100 and above is blocked.
    pub percent: u64,
    /// Until calls are answered again; 0 says "not blocked now" and nothing else.
    pub minutes: i64,
}

impl Usage {
    /// Nothing worth counting.
    pub(super) const CALM: Self = Self { percent: CALM_PERCENT, minutes: 0 };

    /// `x-app-usage`.
    pub(super) fn app_header(self, headers: &mut HeaderMap) {
        let usage = json!({ "call_count": self.percent, "total_cputime": 0, "total_time": 0 });
        insert(headers, APP_USAGE, &usage);
    }

    /// `x-business-use-case-usage` of `account` and of the business that owns it.
    pub(super) fn business_header(self, account: &str, headers: &mut HeaderMap) {
        let entry = |usage: Self| {
            json!([{
                "type": "instagram", "call_count": usage.percent, "total_cputime": 1, "total_time": 1,
                "estimated_time_to_regain_access": usage.minutes,
            }])
        };
        let usage = json!({ BUSINESS_ID: entry(Self::CALM), account: entry(self) });
        insert(headers, BUSINESS_USAGE, &usage);
    }
}

fn insert(headers: &mut HeaderMap, name: &'static str, usage: &serde_json::Value) {
    if let Ok(value) = HeaderValue::from_str(&usage.to_string()) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// The latest calls, by whom or what they are counted for.
#[derive(Debug, Default)]
pub(super) struct Calls(HashMap<String, VecDeque<Timestamp>>);

impl Calls {
    /// Counts a call. The error is a call too many; it counts as well, so calling on prolongs the block.
    pub(super) fn note(
        &mut self,
        key: &str,
        quota: Option<usize>,
        window: Duration,
        now: Timestamp,
    ) -> Result<Usage, Usage> {
        let Some(quota) = quota else {
            self.0.remove(key);
            return Ok(Usage::CALM);
        };
        let calls = self.0.entry(key.to_owned()).or_default();
        calls.retain(|call| *call + window > now);
        calls.push_back(now);
        // More than twice the quota says nothing new.
        while calls.len() > 2 * quota + 1 {
            calls.pop_front();
        }
        let percent = (calls.len() * 100).checked_div(quota).map_or(100, |part| u64::try_from(part).unwrap_or(100));
        if calls.len() <= quota {
            return Ok(Usage { percent, minutes: 0 });
        }
        // Fewer than `quota` calls may be left when the next one comes.
        let free_at = calls.get(calls.len() - quota.max(1)).map_or(now + window, |call| *call + window);
        let minutes = ((free_at - now).num_seconds() + 59) / 60;
        Err(Usage { percent: percent.max(100), minutes: minutes.max(1) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_count_for_a_day_and_calling_on_prolongs_the_block() {
        let start: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        let at = |hours| start + Duration::hours(hours);
        let mut calls = Calls::default();
        assert_eq!(calls.note("a", Some(2), DAY, at(0)), Ok(Usage { percent: 50, minutes: 0 }));
        assert_eq!(calls.note("a", Some(2), DAY, at(1)), Ok(Usage { percent: 100, minutes: 0 }));
        assert_eq!(calls.note("b", Some(2), DAY, at(1)), Ok(Usage { percent: 50, minutes: 0 }), "accounts count apart");
        assert_eq!(calls.note("a", Some(2), DAY, at(2)), Err(Usage { percent: 150, minutes: 23 * 60 }));
        assert_eq!(
            calls.note("a", Some(2), DAY, at(24)),
            Err(Usage { percent: 150, minutes: 2 * 60 }),
            "the first fell out"
        );
        assert_eq!(calls.note("a", Some(2), DAY, at(48)), Ok(Usage { percent: 50, minutes: 0 }));
        assert_eq!(calls.note("c", Some(0), DAY, at(0)), Err(Usage { percent: 100, minutes: 24 * 60 }));
        assert_eq!(calls.note("a", None, DAY, at(48)), Ok(Usage::CALM));
    }
}
