//! A clock that was put back: what was written in the hour before lies in the future now.

use super::{ALL_TENANTS, Store, StoreError};
use crate::domain::{
    Timestamp,
    standing::{DOWN, LONGEST_PAUSE},
};
use chrono::Duration;

/// The clocks of several machines may differ by this.
pub const SKEW: Duration = Duration::minutes(1);

impl Store {
    /// Lets the schedule follow a clock that was put back to `now`. An account polled in what is the future again waits
    /// from now on for what was left of its interval, so that accounts stay spread, and its login for what was left before
    /// its next renewal; whoever waits for a named time waits on. A platform that was stopped then is left alone for as long
    /// as it was to be. No lease lasts longer than until `longest`. Once it is done, doing it again changes nothing. Returns
    /// how many accounts it reached.
    pub async fn follow_clock(&self, now: Timestamp, longest: Timestamp) -> Result<u64, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let (soon, latest) = (now + SKEW, longest + SKEW);
        // First the logins, as their renewals do; an account's poll says when the renewal failed.
        let logins = "UPDATE nchat_social_credentials c \
                        SET refresh_not_before = c.refresh_not_before - (p.last_poll_time - $1::timestamptz) \
                      FROM (SELECT credential_id, max(last_poll_time) AS last_poll_time FROM nchat_social_accounts \
                        WHERE last_poll_time > $2 AND lease_id IS NULL AND hold_until IS NULL GROUP BY 1) p \
                      WHERE c.id = p.credential_id AND c.refresh_not_before > $1";
        transaction.execute(logins, &[&now, &soon]).await?;
        let platforms = "UPDATE nchat_social_platforms \
                         SET hold_until = CASE WHEN opened_at > $2 THEN hold_until - (opened_at - $1::timestamptz) \
                             ELSE hold_until END, \
                           opened_at = CASE WHEN opened_at > $1 THEN $1 ELSE opened_at END, \
                           closed_at = CASE WHEN closed_at > $1 THEN $1 ELSE closed_at END, \
                           failing_since = CASE WHEN failing_since > $1 THEN $1 ELSE failing_since END, \
                           usage_at = CASE WHEN usage_at > $1 THEN $1 ELSE usage_at END, \
                           probe_until = CASE WHEN probe_until > $3 THEN $3 ELSE probe_until END \
                         WHERE opened_at > $2 OR closed_at > $2 OR failing_since > $2 OR usage_at > $2 OR probe_until > $4";
        transaction.execute(platforms, &[&now, &soon, &longest, &latest]).await?;
        // A platform that is down is tried again every few minutes, however often it was before.
        let down = "UPDATE nchat_social_platforms SET hold_until = $1 \
                    WHERE code = $2 AND closed_at IS NULL AND hold_until > $1";
        transaction.execute(down, &[&(now + LONGEST_PAUSE), &DOWN]).await?;
        let leases = "UPDATE nchat_social_accounts SET lease_until = $1, next_poll_at = least(next_poll_at, $1) \
                      WHERE lease_until > $2";
        let leases = transaction.execute(leases, &[&longest, &latest]).await?;
        let polled = "UPDATE nchat_social_accounts SET next_poll_at = next_poll_at - (last_poll_time - $1::timestamptz), \
                        last_poll_time = $1, health_since = CASE WHEN health_since > $1 THEN $1 ELSE health_since END \
                      WHERE last_poll_time > $2 AND lease_id IS NULL AND hold_until IS NULL";
        let polled = transaction.execute(polled, &[&now, &soon]).await?;
        transaction.commit().await?;
        Ok(leases + polled)
    }
}
