//! When an account is polled next, within its platform's limits; and how the platforms stand.

use super::Service;
use crate::{
    domain::{
        Platform, Timestamp,
        limits::{Pace, Quota, Signals, pace, pace_of_share},
        schedule::next_poll,
        standing::{Evidence, Standing, judge},
    },
    platforms::{LimitScope, PlatformSpec, Reads, UsedUp},
    store::{
        StoreError,
        calls::{APP, CallCounts, NewCalls},
        claims::LeasedAccount,
    },
};
use chrono::Duration;
use std::{collections::BTreeMap, sync::Mutex};
use uuid::Uuid;

/// One part in so many of a published limit is left for what is not counted.
const SPARED: u32 = 20;
/// A poll after which the next ones are no heavier, whatever it read: a gallery comes once, and must not put the next
/// poll off by hours. Should they stay heavy, what is left tells.
const MOST_A_POLL: u32 = 4;

/// When the next poll is due, and why then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextPoll {
    /// When.
    pub at: Timestamp,
    /// `interval`; `slowed`: later than that, to stay below a limit; `resting`: a limit is nearly used up.
    pub reason: &'static str,
    /// Not before this, not even on request.
    pub hold_until: Option<Timestamp>,
}

impl NextPoll {
    /// The reason that `word` names; a word of a newer version counts as `interval`.
    pub fn reason_of(word: &str) -> &'static str {
        ["interval", "slowed", "resting"].into_iter().find(|known| *known == word).unwrap_or("interval")
    }
}

/// The day's calls at one platform while a lease is worked: what was counted before, and what its polls add.
#[derive(Debug, Default)]
pub struct Calls {
    known: CallCounts,
    added: Mutex<BTreeMap<(Uuid, &'static str), NewCalls>>,
}

impl Calls {
    /// With what was counted before.
    pub fn of(known: CallCounts) -> Self {
        Self { known, added: Mutex::default() }
    }

    /// Adds what a poll with `login` used.
    pub fn add(&self, login: Uuid, reads: &Reads) {
        let mut added = self.added.lock().expect("the count's lock is never held over a panic");
        for (endpoint, calls) in &reads.calls {
            for (whose, scope) in [(login, LimitScope::Login), (APP, LimitScope::App)] {
                let used_up = reads.used_up == Some(UsedUp { endpoint, whose: scope });
                let new = NewCalls { login: whose, endpoint, calls: 0, used_up: false };
                let entry = added.entry((whose, *endpoint)).or_insert(new);
                entry.calls = entry.calls.saturating_add(*calls);
                entry.used_up |= used_up;
            }
        }
    }

    /// What the polls added.
    pub fn added(&self) -> Vec<NewCalls> {
        let added = self.added.lock().expect("the count's lock is never held over a panic");
        added.values().filter(|calls| calls.calls > 0).cloned().collect()
    }

    /// The counts that `login` shares in, when a poll makes `a_poll` calls: those whose limit is known.
    fn quotas(&self, spec: &PlatformSpec, login: Uuid, a_poll: &BTreeMap<&str, u32>) -> Vec<Quota> {
        let Some(daily) = spec.daily_calls else { return Vec::new() };
        let added = self.added.lock().expect("the count's lock is never held over a panic");
        let added_to = |whose, endpoint: &str| {
            added
                .range((whose, "")..)
                .take_while(|((of, _), _)| *of == whose)
                .filter(|((_, name), _)| endpoint.is_empty() || *name == endpoint)
                .map(|(_, new)| new.calls)
                .sum::<u32>()
        };
        let mut quotas = Vec::new();
        for (whose, most) in [(login, daily.login), (APP, daily.app)] {
            let sharers = self.known.sharers.get(&whose).copied().unwrap_or(1);
            let counts = self.known.counts.get(&whose);
            if let Some(most) = most {
                // Connecting and people's own tries count there too, and are not counted here.
                let most = most - most / SPARED;
                let before: u32 = counts.into_iter().flat_map(|counts| counts.values()).map(|count| count.calls).sum();
                let used = before.saturating_add(added_to(whose, ""));
                let a_poll = a_poll.values().sum::<u32>().min(MOST_A_POLL);
                quotas.push(Quota { used, most, a_poll, sharers });
            }
            for (endpoint, count) in counts.into_iter().flatten() {
                let (Some(most), Some(a_poll)) = (count.most, a_poll.get(endpoint.as_str())) else { continue };
                let used = count.calls.saturating_add(added_to(whose, endpoint));
                quotas.push(Quota { used, most, a_poll: (*a_poll).min(MOST_A_POLL), sharers });
            }
        }
        quotas
    }

    /// Until when `login` has no call left. An endpoint whose limit was learned is one that a poll cannot do without.
    pub fn used_up_until(&self, spec: &PlatformSpec, login: Uuid, now: Timestamp) -> Option<Timestamp> {
        let counts = [login, APP].into_iter().filter_map(|whose| self.known.counts.get(&whose)).flatten();
        let a_poll = counts.filter(|(_, count)| count.most.is_some()).map(|(endpoint, _)| (endpoint.as_str(), 1));
        let quotas = self.quotas(spec, login, &a_poll.collect());
        match pace(now, Duration::days(1), &Signals { quotas, ..Signals::default() }) {
            Pace::Rest(until) => Some(until),
            Pace::Even | Pace::Slower(_) => None,
        }
    }
}

impl Service {
    /// The shortest interval between two polls of an account of `platform`.
    pub fn least_interval(&self, platform: Platform) -> Duration {
        let of_platform = || self.platforms.get(platform).map(|client| client.spec().min_interval);
        let configured = self.settings.least_interval;
        self.settings.interval_floor.unwrap_or_else(|| of_platform().map_or(configured, |floor| floor.max(configured)))
    }

    /// The time between two polls of an account of `platform`, which has an interval of its `own` or not.
    pub fn poll_interval(&self, platform: Platform, own: Option<i32>) -> Duration {
        let usual = || {
            let of_platform = self.platforms.get(platform).map(|client| client.spec().usual_interval);
            let usual = of_platform.filter(|_| self.settings.interval_floor.is_none());
            usual.map_or(self.settings.poll_interval, |usual| usual.max(self.settings.poll_interval))
        };
        own.map_or_else(usual, |seconds| Duration::seconds(seconds.into())).max(self.least_interval(platform))
    }

    /// When `account` is polled next, after a poll that used `reads`.
    pub fn next_poll(
        &self,
        account: &LeasedAccount,
        reads: &Reads,
        standing: Option<&Standing>,
        calls: Option<&Calls>,
    ) -> NextPoll {
        let now = self.clock.now();
        let interval = self.poll_interval(account.platform, account.poll_interval_s);
        let spec = self.platforms.get(account.platform).map(|client| client.spec());
        let quotas = match (spec, calls) {
            (Some(spec), Some(calls)) => calls.quotas(spec, account.credential_id, &reads.calls),
            _ => Vec::new(),
        };
        let signals =
            Signals { requests: reads.requests, window: reads.window, usage_percent: reads.usage_percent, quotas };
        let mut pace = pace(now, interval, &signals);
        // Above the share at which everybody rests, the platform is stopped as a whole.
        let app = reads.app_usage_percent.or_else(|| standing.and_then(|standing| standing.recent_usage(now)));
        if let Some(slower @ Pace::Slower(_)) = app.map(|percent| pace_of_share(now, interval, percent)) {
            pace = pace.slower(slower);
        }
        let fraction = self.dice.fraction();
        match pace {
            Pace::Even => NextPoll {
                at: next_poll(now, interval, account.due_at, fraction),
                reason: "interval",
                hold_until: None,
            },
            Pace::Slower(longer) => {
                NextPoll { at: next_poll(now, longer, account.due_at, fraction), reason: "slowed", hold_until: None }
            }
            Pace::Rest(until) => {
                let at = self.first_after(until, account);
                NextPoll { at, reason: "resting", hold_until: Some(at) }
            }
        }
    }

    /// The account's first slot from `until` on: accounts that wait for the same time stay spread over their interval.
    pub fn first_after(&self, until: Timestamp, account: &LeasedAccount) -> Timestamp {
        let interval = self.poll_interval(account.platform, account.poll_interval_s);
        next_poll(until, interval, account.due_at, self.dice.fraction())
    }

    /// Tells how `platform` showed itself. Writes only what can change something, and says so once for each incident.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    pub async fn report(
        &self,
        platform: Platform,
        lease_id: Uuid,
        known: Option<&Standing>,
        evidence: &Evidence,
    ) -> Result<(), StoreError> {
        if !known.cloned().unwrap_or_default().is_touched_by(evidence) {
            return Ok(());
        }
        let (now, fraction) = (self.clock.now(), self.dice.fraction());
        let judge = |standing: &Standing, probing| judge(standing, probing, evidence, now, fraction);
        let (before, after) = self.store.judge_platform(platform, lease_id, judge).await?;
        match (before.open_stop(), after.open_stop()) {
            (was, Some(stop)) if was.is_none_or(|was| was.opened_at != stop.opened_at) => {
                let (code, until) = (&stop.code, stop.until);
                if stop.opened_at == now {
                    tracing::error!(%platform, code, %until, why = %stop.message, "every account of the platform waits");
                } else {
                    tracing::warn!(%platform, code, %until, "every account of the platform waits again: {}", stop.message);
                }
            }
            (Some(stop), None) => tracing::info!(%platform, code = stop.code, "the platform answers again"),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        platforms::{DailyCalls, RefreshRule, StorageDuty},
        store::calls::Count,
    };
    use std::collections::HashMap;

    const LOGIN: Uuid = Uuid::from_u128(7);

    fn spec(daily_calls: DailyCalls) -> PlatformSpec {
        PlatformSpec {
            platform: Platform::Linkedin,
            scopes: Vec::new(),
            pkce: false,
            refresh: RefreshRule::RefreshToken { before_expiry: Duration::days(1) },
            min_interval: Duration::minutes(5),
            usual_interval: Duration::minutes(5),
            billing: None,
            daily_calls: Some(daily_calls),
            max_pages: 1,
            lookup_batch: 1,
            offers_several: true,
            storage_duty: StorageDuty { rule: "", source: "" },
        }
    }

    fn known(counts: &[(Uuid, &str, u32, Option<u32>)]) -> Calls {
        let mut known = CallCounts { sharers: HashMap::from([(LOGIN, 2), (APP, 3)]), ..CallCounts::default() };
        for (whose, endpoint, calls, most) in counts {
            let count = Count { calls: *calls, most: *most };
            known.counts.entry(*whose).or_default().insert((*endpoint).into(), count);
        }
        Calls::of(known)
    }

    fn read(posts: u32, images: u32) -> Reads {
        Reads { calls: BTreeMap::from([("posts", posts), ("images", images)]), ..Reads::default() }
    }

    #[test]
    fn published_limits_count_all_endpoints_and_learned_ones_their_own() {
        let calls = known(&[(LOGIN, "posts", 10, Some(50)), (LOGIN, "images", 4, None), (APP, "posts", 30, None)]);
        calls.add(LOGIN, &read(2, 1));
        let quotas = calls.quotas(&spec(DailyCalls { app: Some(500), login: Some(100) }), LOGIN, &read(2, 1).calls);
        assert_eq!(
            quotas,
            [
                Quota { used: 17, most: 95, a_poll: 3, sharers: 2 },
                Quota { used: 12, most: 50, a_poll: 2, sharers: 2 },
                Quota { used: 33, most: 475, a_poll: 3, sharers: 3 },
            ]
        );
        assert_eq!(calls.added().len(), 4);
        assert!(calls.quotas(&spec(DailyCalls::default()), Uuid::from_u128(8), &read(2, 1).calls).is_empty());
    }

    /// A member's limit once taught the app's count the calls so far, and every other login rested until midnight.
    #[test]
    fn defect_a_limit_of_one_count_says_nothing_about_the_other() {
        for (scope, whose) in [(LimitScope::Login, LOGIN), (LimitScope::App, APP)] {
            let calls = Calls::default();
            let used_up = Some(UsedUp { endpoint: "posts", whose: scope });
            calls.add(LOGIN, &Reads { used_up, ..read(3, 2) });
            let used_up = calls.added().into_iter().filter(|calls| calls.used_up);
            let used_up: Vec<_> = used_up.map(|calls| (calls.login, calls.endpoint, calls.calls)).collect();
            assert_eq!(used_up, [(whose, "posts", 3)], "{scope:?}");
        }
        let calls = Calls::default();
        calls.add(LOGIN, &read(3, 2));
        assert!(calls.added().iter().all(|calls| !calls.used_up));
    }

    #[test]
    fn defect_a_gallery_does_not_put_the_next_poll_off_by_hours() {
        let calls = known(&[(LOGIN, "posts", 40, None)]);
        let gallery = read(1, 9);
        calls.add(LOGIN, &gallery);
        let tier = spec(DailyCalls { app: None, login: Some(100) });
        let quotas = calls.quotas(&tier, LOGIN, &gallery.calls);
        assert_eq!(quotas, [Quota { used: 50, most: 95, a_poll: MOST_A_POLL, sharers: 2 }]);
    }

    #[test]
    fn a_login_without_calls_left_is_not_asked() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().expect("a time");
        let midnight = "2026-11-23T00:00:00Z".parse().ok();
        let tier = DailyCalls { app: None, login: Some(100) };
        for (count, daily, expected) in [
            ((LOGIN, "posts", 94, None), tier, None),
            ((LOGIN, "posts", 95, None), tier, midnight),
            ((LOGIN, "posts", 100, None), DailyCalls::default(), None),
            ((APP, "posts", 600, None), DailyCalls { app: Some(500), login: None }, midnight),
        ] {
            assert_eq!(known(&[count]).used_up_until(&spec(daily), LOGIN, now), expected, "{count:?}");
        }
    }
}
