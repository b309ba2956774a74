//! Which accounts are due, and who polls them. A claim is a lease on the accounts' rows: a process that dies holds them
//! no longer than the lease lasts. A lease's accounts are listed in a row of its own and theirs only say which lease holds
//! them, so that a claim touches no index.

use super::{ALL_TENANTS, Store, StoreError, import::platform, json::json, standings};
use crate::domain::{AccountProfile, Cursor, Platform, Timestamp};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// The most accounts of one lease.
pub const LEASE_SIZE: i64 = 64;

/// No more waiting posts of an account are thought of in one poll.
pub const MAX_WAITING: i64 = 200;

/// So many workspaces have their turn in one claim.
pub const TENANTS_AT_ONCE: i64 = 64;

/// An account `a` that is polled at all, as the indexes of turns have it.
macro_rules! polled {
    () => {
        "a.is_active AND a.credential_id IS NOT NULL AND a.health <> 'needs_reconnect'"
    };
}

/// An account `a` that may be claimed at `$1`.
macro_rules! due {
    () => {
        concat!(
            polled!(),
            " AND a.next_poll_at <= $1::timestamptz AND (a.lease_until IS NULL OR a.lease_until <= $1::timestamptz)"
        )
    };
}

/// Locks accounts of workspaces whose turn it is, due no earlier than `$2`, and says behind which workspace the next turns
/// begin. Each platform by itself: one that is stopped may have any number of accounts waiting. The workspaces are found by
/// jumping from one to the next in the index, however many accounts lie between.
pub const BY_TURNS: &str = concat!(
    "WITH RECURSIVE turn AS ( \
       SELECT p.platform, next.tenant, 1::int8 AS place FROM unnest($3::text[]) AS p(platform) CROSS JOIN LATERAL ( \
         SELECT a.source_account_id AS tenant FROM nchat_social_accounts a \
         WHERE a.platform = p.platform AND a.source_account_id > $5::text \
           AND ",
    polled!(),
    "    ORDER BY a.source_account_id LIMIT 1) next \
       UNION ALL \
       SELECT t.platform, next.tenant, t.place + 1 FROM turn t CROSS JOIN LATERAL ( \
         SELECT a.source_account_id AS tenant FROM nchat_social_accounts a \
         WHERE a.platform = t.platform AND a.source_account_id > t.tenant \
           AND ",
    polled!(),
    "    ORDER BY a.source_account_id LIMIT 1) next \
       WHERE t.place < $6::int8), \
     locked AS MATERIALIZED ( \
       SELECT d.id FROM turn CROSS JOIN LATERAL ( \
         SELECT a.id FROM nchat_social_accounts a \
         WHERE a.platform = turn.platform AND a.source_account_id = turn.tenant AND ",
    due!(),
    "      AND a.next_poll_at >= $2::timestamptz \
         ORDER BY a.next_poll_at LIMIT $7::int8 FOR NO KEY UPDATE SKIP LOCKED) d LIMIT $4::int8) \
     SELECT coalesce((SELECT array_agg(id) FROM locked), '{}'), \
       (SELECT min(last.tenant) FROM (SELECT max(tenant) AS tenant FROM turn GROUP BY platform \
         HAVING count(*) = $6::int8) last)"
);

/// Claims the accounts `$5` and as many of the longest due, since `$2`, as there is room for.
pub const BY_AGE: &str = concat!(
    "WITH aged AS MATERIALIZED ( \
       SELECT d.id, d.next_poll_at FROM unnest($3::text[]) AS p(platform) CROSS JOIN LATERAL ( \
         SELECT a.id, a.next_poll_at FROM nchat_social_accounts a \
         WHERE a.platform = p.platform AND a.id NOT IN (SELECT unnest($5::uuid[])) AND ",
    due!(),
    "      AND a.next_poll_at >= $2::timestamptz \
         ORDER BY a.next_poll_at LIMIT $4::int8 FOR NO KEY UPDATE SKIP LOCKED) d ORDER BY d.next_poll_at LIMIT $4::int8), \
     due AS MATERIALIZED ( \
       SELECT b.id, (row_number() OVER () - 1) / $6::int8 AS part FROM ( \
         SELECT unnest($5::uuid[]) AS id UNION ALL SELECT id FROM aged) b), \
     claimed AS ( \
       UPDATE nchat_social_accounts a SET lease_id = ($7::uuid[])[due.part + 1], lease_until = $8::timestamptz, \
         due_at = coalesce(a.due_at, a.next_poll_at) \
       FROM due WHERE a.id = due.id RETURNING a.id, a.lease_id), \
     listed AS ( \
       INSERT INTO nchat_social_leases (id, account_ids, ends_at) \
       SELECT lease_id, array_agg(id), $8::timestamptz FROM claimed GROUP BY lease_id RETURNING id, account_ids) \
     SELECT l.id, coalesce(cardinality(l.account_ids), 0)::int8, (SELECT max(next_poll_at) FROM aged), \
       set_config('synchronous_commit', 'off', true) \
     FROM (SELECT) one LEFT JOIN listed l ON true"
);

/// Claims for lease `$2` the longest due account of platform `$4`, if its pause is over and nobody finds out about it.
const PROBE: &str = concat!(
    "WITH turn AS ( \
       UPDATE nchat_social_platforms p SET probe_lease = $2, probe_until = $3 \
       WHERE p.platform = $4 AND p.opened_at IS NOT NULL AND p.closed_at IS NULL AND p.hold_until <= $1 \
         AND (p.probe_until IS NULL OR p.probe_until <= $1) \
         AND EXISTS (SELECT FROM nchat_social_accounts a WHERE a.platform = $4 AND ",
    due!(),
    ") RETURNING p.platform), \
     due AS MATERIALIZED ( \
       SELECT d.id FROM turn CROSS JOIN LATERAL ( \
         SELECT a.id FROM nchat_social_accounts a WHERE a.platform = turn.platform AND ",
    due!(),
    "    ORDER BY a.next_poll_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) d), \
     claimed AS ( \
       UPDATE nchat_social_accounts a SET lease_id = $2, lease_until = $3, due_at = coalesce(a.due_at, a.next_poll_at) \
       FROM due WHERE a.id = due.id RETURNING a.id) \
     INSERT INTO nchat_social_leases (id, account_ids, ends_at) \
     SELECT $2, array_agg(id), $3 FROM claimed HAVING count(*) > 0"
);

/// The accounts of lease `$1` at `$2`, each with at most `$3` waiting posts.
pub const LEASED: &str = "SELECT a.id, a.source_account_id, a.platform, a.account_id, a.account_name, a.account_handle, \
       a.profile_url, a.avatar_url, a.cursor, a.baseline_at IS NOT NULL, a.due_at, a.failures, \
       a.poll_requested_at IS NOT NULL, coalesce(a.retry_at <= $2, false), \
       a.credential_id, coalesce(i.no_reposts, false), coalesce(i.no_replies, false), i.owed, \
       w.post_ids, w.needs, w.due, w.counted, \
       a.health_code, a.health_since, a.poll_interval_s \
     FROM nchat_social_leases l JOIN nchat_social_accounts a ON a.id = ANY(l.account_ids) \
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
     WHERE l.id = $1 AND a.lease_id = l.id AND a.lease_until > $2 AND a.is_active AND a.credential_id IS NOT NULL";

/// Whose turn it is: each process goes round the workspaces by itself.
#[derive(Clone, Debug, Default)]
pub struct Turns(Arc<Mutex<String>>);

impl Turns {
    fn after(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn go_on_after(&self, tenant: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = tenant;
    }
}

/// A claim to be.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// A lease for each [`LEASE_SIZE`] accounts, at most.
    pub lease_ids: &'a [Uuid],
    /// Now.
    pub now: Timestamp,
    /// When the leases end by themselves.
    pub until: Timestamp,
    /// Platforms whose turn it is; accounts of others wait.
    pub platforms: &'a [&'static str],
    /// What was due before this is claimed already, as an earlier claim found.
    pub due_from: Timestamp,
}

/// What a claim took.
#[derive(Clone, Debug, Default)]
pub struct Claimed {
    /// The leases with the number of their accounts.
    pub leases: Vec<(Uuid, usize)>,
    /// Whatever was due before this is claimed now. `None`: not known.
    pub due_up_to: Option<Timestamp>,
}

/// A lease with what its polls need.
#[derive(Clone, Debug, Default)]
pub struct Lease {
    /// Its accounts. None: the lease is over.
    pub accounts: Vec<LeasedAccount>,
    /// How the platforms stand that ever gave trouble.
    pub standings: HashMap<Platform, standings::Stands>,
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
    /// Its own interval in seconds, if it has one.
    pub poll_interval_s: Option<i32>,
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
    /// Claims accounts that are due, as many as the leases hold. Half of them by age, the longest due first; the other half
    /// by turns, some of each of the next workspaces: whoever has ten thousand overdue accounts delays nobody's ten. They
    /// stay due, so that an account whose poller dies is claimed again when the lease ends. The commit does not wait for
    /// the disk: what a crash of the server takes back is claimed once more.
    pub async fn claim_due(&self, claim: Claim<'_>) -> Result<Claimed, StoreError> {
        let most = LEASE_SIZE * i64::try_from(claim.lease_ids.len()).unwrap_or(1);
        let half = most / 2;
        let each = (half / TENANTS_AT_ONCE).max(1);
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let (by_turns, by_age) =
            futures_util::try_join!(transaction.prepare_cached(BY_TURNS), transaction.prepare_cached(BY_AGE))?;
        let after = self.turns.after();
        let Claim { lease_ids, now, until, platforms, due_from } = claim;
        let turns: [&(dyn ToSql + Sync); 7] = [&now, &due_from, &platforms, &half, &after, &TENANTS_AT_ONCE, &each];
        let row = transaction.query_one(&by_turns, &turns).await?;
        let (in_turn, last): (Vec<Uuid>, Option<String>) = (row.get(0), row.get(1));
        // In a statement of its own, which knows how many are missing: a limit the planner does not know makes it sort.
        let missing = most - i64::try_from(in_turn.len()).unwrap_or(most);
        let aged: [&(dyn ToSql + Sync); 8] =
            [&now, &due_from, &platforms, &missing, &in_turn, &LEASE_SIZE, &lease_ids, &until];
        let rows = transaction.query(&by_age, &aged).await?;
        transaction.commit().await?;
        // Behind the last workspace of any platform the round begins anew.
        self.turns.go_on_after(last.unwrap_or_default());
        let leases = rows.iter().filter_map(|row| Some((row.get::<_, Option<Uuid>>(0)?, row.get::<_, i64>(1))));
        let leases = leases.map(|(lease, count)| (lease, usize::try_from(count).unwrap_or(usize::MAX))).collect();
        Ok(Claimed { leases, due_up_to: rows.first().and_then(|row| row.get(2)) })
    }

    /// Claims one due account of a stopped platform whose pause is over, to find out whether it answers again; `false`
    /// if somebody else is finding out, or no account is due.
    pub async fn claim_probe(
        &self,
        of: Platform,
        lease_id: Uuid,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let statement = transaction.prepare_cached(PROBE).await?;
        let claimed = transaction.execute(&statement, &[&now, &lease_id, &until, &of.as_str()]).await?;
        transaction.commit().await?;
        Ok(claimed > 0)
    }

    /// The accounts of a lease and how their platforms stand, in one round trip.
    pub async fn leased(&self, lease_id: Uuid, now: Timestamp) -> Result<Lease, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let standings =
            transaction.prepare_cached(&format!("SELECT {} FROM nchat_social_platforms", standings::COLUMNS)).await?;
        let statement = transaction.prepare_cached(LEASED).await?;
        let of_lease: [&(dyn ToSql + Sync); 3] = [&lease_id, &now, &MAX_WAITING];
        let (rows, standings) =
            futures_util::try_join!(transaction.query(&statement, &of_lease), transaction.query(&standings, &[]))?;
        transaction.commit().await?;
        let accounts = rows
            .iter()
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
                    cursor: json(row, 8).map(Cursor),
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
                    poll_interval_s: row.get(24),
                })
            })
            .collect::<Result<_, StoreError>>()?;
        let standings = standings.iter().map(standings::read).collect::<Result<_, _>>()?;
        Ok(Lease { accounts, standings })
    }

    /// Gives back what leases still hold, to be claimed again in the order in which it was due: at once, or not before
    /// `not_before`. A platform that one of them was to find out about is free to be asked by another. Returns how many
    /// accounts.
    pub async fn release(
        &self,
        lease_ids: &[Uuid],
        now: Timestamp,
        not_before: Option<Timestamp>,
    ) -> Result<u64, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let statement = transaction
            .prepare_cached(
                "WITH probes AS ( \
                   UPDATE nchat_social_platforms SET probe_lease = NULL, probe_until = NULL \
                   WHERE probe_lease = ANY($1)) \
                 UPDATE nchat_social_accounts a SET lease_id = NULL, lease_until = NULL, \
                   next_poll_at = greatest(least(a.due_at, $2), $3) \
                 FROM nchat_social_leases l WHERE l.id = ANY($1) AND a.id = ANY(l.account_ids) AND a.lease_id = l.id",
            )
            .await?;
        let released = transaction.execute(&statement, &[&lease_ids, &now, &not_before]).await?;
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
