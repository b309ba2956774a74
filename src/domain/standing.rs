//! How a platform stands with this app, shared by every process: when it must be left alone, and how it is found out
//! that it may be called again. Pure; the store keeps the row and locks it while [`judge`] decides.

use super::Timestamp;
use chrono::Duration;

/// So many polls in a row without an answer, of whatever accounts, and the platform is taken to be down.
pub const BREAKS_AFTER: u32 = 5;
/// Failures further apart than this are not one outage.
const WITHIN: Duration = Duration::minutes(10);
/// The pause before the first probe of a platform that is down; twice that after each probe that fails.
const FIRST_PAUSE: Duration = Duration::seconds(30);
/// The longest pause between two probes of a platform that is down.
pub const LONGEST_PAUSE: Duration = Duration::minutes(10);
/// A limit is waited for at most so long at a time.
const LONGEST_WAIT: Duration = Duration::days(1);
/// A stop for the same reason within this time of the last one is the same incident.
const SAME_INCIDENT: Duration = Duration::hours(1);
/// When a probe tells nothing about the stop, another account is tried.
const TRY_ANOTHER: Duration = Duration::minutes(1);
/// The code of a stop because the platform does not answer.
pub const DOWN: &str = "platform_down";

/// How a platform stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// The present stop, or the last one.
    pub stop: Option<Stop>,
    /// Polls in a row without an answer.
    pub failures: u32,
    /// When the first of them ended.
    pub failing_since: Option<Timestamp>,
    /// How much of the app's limit is used, in percent, and when that was told.
    pub usage: Option<(f64, Timestamp)>,
}

/// The whole platform is left alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Stop {
    /// A stable word.
    pub code: String,
    /// Why, as a sentence.
    pub message: String,
    /// Since when: one incident, one alarm.
    pub opened_at: Timestamp,
    /// When it ended; `None`: it lasts.
    pub closed_at: Option<Timestamp>,
    /// Nobody calls before this; then one account probes.
    pub until: Timestamp,
    /// Probes that failed.
    pub strikes: u32,
}

/// What a refusal asks of every account of the platform.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// A stable word.
    pub code: &'static str,
    /// Why, as a sentence.
    pub message: String,
    /// Nobody calls before this.
    pub until: Timestamp,
    /// Met again after it was waited for, it is waited for twice as long.
    pub doubles: bool,
}

/// What polls of a platform showed, since it was last judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Polls that were answered with posts, or none.
    pub successes: u32,
    /// Polls that the platform did not answer: 5xx, HTML, cut connections.
    pub failures: u32,
    /// A refusal that stops every account.
    pub refusal: Option<Refusal>,
    /// A refusal that stops every account, unless others still get through.
    pub rejection: Option<Refusal>,
    /// How much of the app's limit is used, in percent.
    pub usage_percent: Option<f64>,
}

impl Evidence {
    /// Of one poll that was answered.
    pub fn of_answer(app_usage_percent: Option<f64>, now: Timestamp) -> Self {
        use super::limits::{REST, REST_ABOVE_PERCENT};
        let rests = app_usage_percent.is_some_and(|percent| percent > REST_ABOVE_PERCENT);
        let refusal = rests.then(|| Refusal {
            code: "rate_limited",
            message: "the app's limit at the platform is nearly used up: nobody calls it for an hour".to_owned(),
            until: now + REST,
            doubles: false,
        });
        Self { successes: 1, usage_percent: app_usage_percent, refusal, ..Self::default() }
    }

    /// Both together; of two refusals the one that lasts longer.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let longer = |a: Option<Refusal>, b: Option<Refusal>| match (a, b) {
            (Some(a), Some(b)) => Some(if b.until > a.until { b } else { a }),
            (a, b) => a.or(b),
        };
        let larger = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        };
        Self {
            successes: self.successes + other.successes,
            failures: self.failures + other.failures,
            refusal: longer(self.refusal, other.refusal),
            rejection: longer(self.rejection, other.rejection),
            usage_percent: larger(self.usage_percent, other.usage_percent),
        }
    }
}

/// What may be claimed of a platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Everything that is due.
    All,
    /// One account, to find out.
    Probe,
    /// Nothing before this.
    Nobody(Timestamp),
}

impl Standing {
    /// The stop, while it lasts.
    pub fn open_stop(&self) -> Option<&Stop> {
        self.stop.as_ref().filter(|stop| stop.closed_at.is_none())
    }

    /// Whose turn it is at `now`.
    pub fn turn(&self, now: Timestamp) -> Turn {
        match self.open_stop() {
            None => Turn::All,
            Some(stop) if stop.until > now => Turn::Nobody(stop.until),
            Some(_) => Turn::Probe,
        }
    }

    /// The share of the app's limit that is used, if that was told within the last hour.
    pub fn recent_usage(&self, now: Timestamp) -> Option<f64> {
        self.usage.filter(|(_, told_at)| now - *told_at < Duration::hours(1)).map(|(percent, _)| percent)
    }

    /// Whether `evidence` can change anything: most never does, and then nothing is locked or written.
    pub fn is_touched_by(&self, evidence: &Evidence) -> bool {
        let slows = evidence.usage_percent.is_some_and(|percent| percent > super::limits::SLOW_ABOVE_PERCENT);
        evidence.refusal.is_some()
            || evidence.rejection.is_some()
            || evidence.failures > 0
            || self.failures > 0
            || self.open_stop().is_some()
            || slows
            || (self.usage.is_some() && evidence.usage_percent.is_some())
    }
}

/// How the platform stands after `evidence`. `probing`: it comes from the probe of the present stop. `fraction` is a
/// throw of the dice.
pub fn judge(standing: &Standing, probing: bool, evidence: &Evidence, now: Timestamp, fraction: f64) -> Standing {
    let mut next = standing.clone();
    if let Some(percent) = evidence.usage_percent {
        next.usage = (percent > super::limits::SLOW_ABOVE_PERCENT).then_some((percent, now));
    }
    let rejection = evidence.rejection.as_ref().filter(|_| evidence.successes == 0);
    if let Some(refusal) = evidence.refusal.as_ref().or(rejection) {
        next.stop = Some(stopped(standing.stop.as_ref(), probing, refusal, now));
        return next;
    }
    match &mut next.stop {
        Some(stop) if stop.closed_at.is_none() => {
            // What was under way when the platform was stopped says nothing about now.
            if probing {
                end_probe(stop, evidence, now, fraction);
                (next.failures, next.failing_since) = (0, None);
            }
        }
        _ => count_failures(&mut next, evidence, now, fraction),
    }
    next
}

fn count_failures(next: &mut Standing, evidence: &Evidence, now: Timestamp, fraction: f64) {
    if evidence.failures <= evidence.successes {
        if evidence.successes > 0 {
            (next.failures, next.failing_since) = (0, None);
        }
        return;
    }
    let goes_on = next.failing_since.is_some_and(|since| now - since < WITHIN);
    if !goes_on {
        (next.failures, next.failing_since) = (0, Some(now));
    }
    next.failures = next.failures.saturating_add(evidence.failures);
    if next.failures >= BREAKS_AFTER {
        let message = "the platform does not answer; one account is tried now and then until it does".to_owned();
        let refusal = Refusal { code: DOWN, message, until: now + pause(0, fraction), doubles: false };
        next.stop = Some(stopped(next.stop.as_ref(), false, &refusal, now));
        (next.failures, next.failing_since) = (0, None);
    }
}

/// The stop that `refusal` makes of what was there before.
fn stopped(before: Option<&Stop>, probing: bool, refusal: &Refusal, now: Timestamp) -> Stop {
    let same = before.filter(|stop| stop.code == refusal.code);
    let same = same.filter(|stop| stop.closed_at.is_none_or(|closed| now - closed < SAME_INCIDENT));
    let strikes = same.map_or(0, |stop| stop.strikes + u32::from(probing || stop.closed_at.is_some()));
    let asked = (refusal.until - now).max(Duration::zero());
    let wait = if refusal.doubles { longer(asked, strikes) } else { asked };
    // Processes tell the same news one after another: the longest wait counts.
    let open_until = before.filter(|stop| stop.closed_at.is_none() && !probing).map(|stop| stop.until);
    Stop {
        code: refusal.code.to_owned(),
        message: refusal.message.clone(),
        opened_at: same.map_or(now, |stop| stop.opened_at),
        closed_at: None,
        until: open_until.map_or(now + wait, |until| until.max(now + wait)),
        strikes,
    }
}

fn end_probe(stop: &mut Stop, evidence: &Evidence, now: Timestamp, fraction: f64) {
    let answered = evidence.failures == 0;
    if evidence.successes > 0 || (answered && stop.code == DOWN) {
        stop.closed_at = Some(now);
    } else if answered {
        stop.until = now + TRY_ANOTHER;
    } else {
        stop.strikes = stop.strikes.saturating_add(1);
        stop.until = now + pause(stop.strikes, fraction);
    }
}

/// Twice `wait` for each strike, at most a day unless it was longer from the start.
pub fn longer(wait: Duration, strikes: u32) -> Duration {
    let most = wait.max(LONGEST_WAIT);
    wait.checked_mul(1 << strikes.min(12)).map_or(most, |longer| longer.min(most))
}

/// Between half and the whole of a pause that doubles with each strike.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn pause(strikes: u32, fraction: f64) -> Duration {
    let whole = (FIRST_PAUSE * (1 << strikes.min(8))).min(LONGEST_PAUSE);
    let part = (whole.num_milliseconds() as f64 * (0.5 + fraction.clamp(0.0, 1.0) / 2.0)) as i64;
    Duration::milliseconds(part)
}

#[cfg(test)]
mod tests;
