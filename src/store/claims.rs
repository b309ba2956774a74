//! Which accounts are due, and who polls them. A claim is a lease on the accounts' rows: a process that dies holds them
//! no longer than the lease lasts.

use super::{ALL_TENANTS, Store, StoreError, import::platform};
use crate::domain::{AccountProfile, Cursor, Platform, Timestamp};
use uuid::Uuid;

/// The most accounts of one lease.
pub const LEASE_SIZE: i64 = 64;

/// No more waiting posts of an account are thought of in one poll.
pub const MAX_WAITING: i64 = 200;

/// A claim to be.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The lease.
    pub lease_id: Uuid,
    /// Now.
    pub now: Timestamp,
    /// When the lease ends by itself.
    pub until: Timestamp,
    /// Platforms that are configured; accounts of others wait.
    pub platforms: &'a [&'static str],
}

/// An account as a poll needs it.
#[derive(Clone, Debug)]
pub struct LeasedAccount {
    /// Its row.
    pub id: Uuid,
    /// Its tenant.
    pub tenant: String,
    /// Where its posts come from.
    pub platform: Platform,
    /// The platform's id of it.
    pub remote_id: String,
    /// The author of its posts.
    pub profile: AccountProfile,
    /// How far it has been read.
    pub cursor: Option<Cursor>,
    /// Stock was taken.
    pub has_baseline: bool,
    /// When the poll was due.
    pub due_at: Option<Timestamp>,
    /// Failures in a row so far.
    pub failures: i32,
    /// The word the last poll failed with; `None`: it worked.
    pub health_code: Option<String>,
    /// Since when it fails with this word.
    pub health_since: Option<Timestamp>,
    /// A person asked for this poll.
    pub is_requested: bool,
    /// Failed deliveries are due to be tried again.
    pub retry_due: bool,
    /// Posts that wait for engagement, those due first; at most [`MAX_WAITING`].
    pub waiting: Vec<Waiting>,
    /// The login whose tokens read it.
    pub credential_id: Uuid,
    /// Every integration leaves reposts out.
    pub exclude_reposts: bool,
    /// Every integration leaves replies out.
    pub exclude_replies: bool,
    /// The most older posts an integration is owed.
    pub backfill: Option<usize>,
}

/// A post that waits for engagement, for one integration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The platform's id.
    pub post_id: String,
    /// What the integration asks for.
    pub need: u64,
    /// It is to be looked at now.
    pub is_due: bool,
    /// Its counters still matter; otherwise it is decided as it is stored.
    pub is_counted: bool,
}

impl Store {
    /// Claims up to [`LEASE_SIZE`] accounts that are due; returns how many. Their next poll moves to the lease's end,
    /// so that an account whose poller dies is due again just then.
    pub async fn claim_due(&self, claim: Claim<'_>) -> Result<usize, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let statement = transaction
            .prepare_cached(
                "WITH due AS ( \
                   SELECT id FROM nchat_social_accounts \
                   WHERE is_active AND credential_id IS NOT NULL AND health <> 'needs_reconnect' \
                     AND next_poll_at <= $2 AND (lease_until IS NULL OR lease_until <= $2) AND platform = ANY($4) \
                   ORDER BY next_poll_at LIMIT $5 FOR UPDATE SKIP LOCKED) \
                 UPDATE nchat_social_accounts a SET lease_id = $1, lease_until = $3, \
                   due_at = coalesce(a.due_at, a.next_poll_at), next_poll_at = $3 \
                 FROM due WHERE a.id = due.id",
            )
            .await?;
        let claimed = transaction
            .execute(&statement, &[&claim.lease_id, &claim.now, &claim.until, &claim.platforms, &LEASE_SIZE])
            .await?;
        transaction.commit().await?;
        Ok(usize::try_from(claimed).unwrap_or(usize::MAX))
    }

    /// The accounts of a lease, with what their polls need, in one read. Empty when the lease is over.
    pub async fn leased(&self, lease_id: Uuid, now: Timestamp) -> Result<Vec<LeasedAccount>, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let statement = transaction
            .prepare_cached(
                "SELECT a.id, a.source_account_id, a.platform, a.account_id, a.account_name, a.account_handle, \
                   a.profile_url, a.avatar_url, a.cursor, a.baseline_at IS NOT NULL, a.due_at, a.failures, \
                   a.poll_requested_at IS NOT NULL, coalesce(a.retry_at <= $2, false), \
                   a.credential_id, coalesce(i.no_reposts, false), coalesce(i.no_replies, false), i.owed, \
                   w.post_ids, w.needs, w.due, w.counted, \
                   a.health_code, a.health_since \
                 FROM nchat_social_accounts a \
                 LEFT JOIN LATERAL ( \
                   SELECT bool_and(exclude_retweets) AS no_reposts, bool_and(exclude_replies) AS no_replies, \
                     max(backfill_count) FILTER (WHERE backfilled_at IS NULL AND backfill_count > 0) AS owed \
                   FROM nchat_social_integrations WHERE account_id = a.id) i ON true \
                 CROSS JOIN LATERAL ( \
                   SELECT array_agg(p.post_id) AS post_ids, array_agg(j.min_engagement) AS needs, \
                     array_agg(coalesce(d.next_look_at <= $2, true)) AS due, \
                     array_agg(j.auto_post AND p.posted_at \
                       + make_interval(hours => j.engagement_window_hours) + interval '1 day' > $2) AS counted \
                   FROM (SELECT post_id, integration_id, next_look_at FROM nchat_social_deliveries \
                     WHERE account_id = a.id AND status = 'waiting' \
                     ORDER BY next_look_at NULLS FIRST LIMIT $3) d \
                   JOIN nchat_social_posts p ON p.id = d.post_id \
                   JOIN nchat_social_integrations j ON j.id = d.integration_id) w \
                 WHERE a.lease_id = $1 AND a.lease_until > $2 AND a.is_active AND a.credential_id IS NOT NULL",
            )
            .await?;
        let rows = transaction.query(&statement, &[&lease_id, &now, &MAX_WAITING]).await?;
        transaction.commit().await?;
        rows.iter()
            .map(|row| {
                Ok(LeasedAccount {
                    id: row.get(0),
                    tenant: row.get(1),
                    platform: platform(row.get(2), "nchat_social_accounts")?,
                    remote_id: row.get(3),
                    profile: AccountProfile {
                        name: row.get(4),
                        handle: row.get(5),
                        url: row.get(6),
                        avatar_url: row.get(7),
                    },
                    cursor: row.get::<_, Option<serde_json::Value>>(8).map(Cursor),
                    has_baseline: row.get(9),
                    due_at: row.get(10),
                    failures: row.get(11),
                    is_requested: row.get(12),
                    retry_due: row.get(13),
                    credential_id: row.get(14),
                    exclude_reposts: row.get(15),
                    exclude_replies: row.get(16),
                    backfill: row.get::<_, Option<i32>>(17).and_then(|count| usize::try_from(count).ok()),
                    waiting: waiting(row.get(18), row.get(19), row.get(20), row.get(21)),
                    health_code: row.get(22),
                    health_since: row.get(23),
                })
            })
            .collect()
    }

    /// Gives back what a lease still holds, to be claimed again at once.
    pub async fn release(&self, lease_id: Uuid, now: Timestamp) -> Result<u64, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let statement = transaction
            .prepare_cached(
                "UPDATE nchat_social_accounts SET lease_id = NULL, lease_until = NULL, next_poll_at = $2 \
                 WHERE lease_id = $1",
            )
            .await?;
        let released = transaction.execute(&statement, &[&lease_id, &now]).await?;
        transaction.commit().await?;
        Ok(released)
    }
}

/// The columns of waiting posts as rows; none of them is there for an account without any.
fn waiting(
    post_ids: Option<Vec<String>>,
    needs: Option<Vec<i32>>,
    due: Option<Vec<bool>>,
    counted: Option<Vec<bool>>,
) -> Vec<Waiting> {
    let columns = post_ids.unwrap_or_default().into_iter().zip(needs.unwrap_or_default());
    let columns = columns.zip(due.unwrap_or_default()).zip(counted.unwrap_or_default());
    let row = |(((post_id, need), is_due), is_counted)| Waiting {
        post_id,
        need: u64::try_from(need).unwrap_or(0),
        is_due,
        is_counted,
    };
    columns.map(row).collect()
}
