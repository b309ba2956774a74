//! Daily counters: per endpoint, for the application and for the member within it, from 00:00 UTC to 00:00 UTC.
//! Nothing of them shows in headers. `<https://learn.microsoft.com/linkedin/shared/api-guide/concepts/rate-limits>`

use super::refusal::Refusal;
use super::switches::Switches;
use crate::domain::Timestamp;
use chrono::NaiveDate;
use std::collections::HashMap;

/// Calls a day in the Development tier, over all endpoints: of the application, of one member.
const DEVELOPMENT: (u32, u32) = (500, 100);

/// Today's calls. The world has one member, so both counters of an endpoint see the same calls and only their limits
/// differ.
#[derive(Debug, Default)]
pub(super) struct Usage {
    day: NaiveDate,
    by_endpoint: HashMap<String, u32>,
    total: u32,
}

impl Usage {
    /// Counts one call, or refuses it because the day's calls are used up.
    pub fn count(&mut self, endpoint: &str, now: Timestamp, switches: &Switches) -> Result<(), Refusal> {
        if self.day != now.date_naive() {
            *self = Self { day: now.date_naive(), ..Self::default() };
        }
        let calls = self.by_endpoint.get(endpoint).copied().unwrap_or(0);
        let (tier_app, tier_member) = if switches.development { DEVELOPMENT } else { (u32::MAX, u32::MAX) };
        if calls >= switches.app_limit.unwrap_or(u32::MAX) || self.total >= tier_app {
            return Err(Refusal::throttled("APPLICATION"));
        }
        if calls >= switches.member_limit.unwrap_or(u32::MAX) || self.total >= tier_member {
            return Err(Refusal::throttled("APPLICATION_AND_MEMBER"));
        }
        self.by_endpoint.insert(endpoint.to_owned(), calls + 1);
        self.total += 1;
        Ok(())
    }
}
