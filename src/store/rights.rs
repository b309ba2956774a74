//! What the service's login may do, for `doctor`.

use super::{Store, StoreError};

/// A right, and whether the login has it.
#[derive(Clone, Debug)]
pub struct Right {
    /// The table or schema.
    pub object: &'static str,
    /// The right, as in GRANT.
    pub right: &'static str,
    /// The login has it; `None`: the object is not there.
    pub granted: Option<bool>,
}

/// Every right the service needs. `migrations/README.md` has the grants.
const NEEDED: &[(&str, &str)] = &[
    ("nchat_channels", "SELECT"),
    ("nchat_users", "SELECT"),
    ("nchat_workspaces", "SELECT"),
    ("nchat_workspace_members", "SELECT"),
    ("nchat_messages", "SELECT"),
    ("nchat_messages", "INSERT"),
    ("nchat_messages", "UPDATE"),
    ("nchat_social_accounts", "SELECT"),
    ("nchat_social_accounts", "INSERT"),
    ("nchat_social_accounts", "UPDATE"),
    ("nchat_social_accounts", "DELETE"),
    ("nchat_social_posts", "SELECT"),
    ("nchat_social_posts", "INSERT"),
    ("nchat_social_posts", "UPDATE"),
    ("nchat_social_posts", "DELETE"),
    ("nchat_social_integrations", "SELECT"),
    ("nchat_social_integrations", "INSERT"),
    ("nchat_social_integrations", "UPDATE"),
    ("nchat_social_integrations", "DELETE"),
    ("nchat_social_deliveries", "SELECT"),
    ("nchat_social_deliveries", "INSERT"),
    ("nchat_social_deliveries", "UPDATE"),
    ("nchat_social_import_logs", "SELECT"),
    ("nchat_social_import_logs", "INSERT"),
    ("nchat_social_import_logs", "DELETE"),
    ("nchat_social_credentials", "SELECT"),
    ("nchat_social_credentials", "INSERT"),
    ("nchat_social_credentials", "UPDATE"),
    ("nchat_social_credentials", "DELETE"),
    ("nchat_social_oauth_sessions", "SELECT"),
    ("nchat_social_oauth_sessions", "INSERT"),
    ("nchat_social_oauth_sessions", "UPDATE"),
    ("nchat_social_oauth_sessions", "DELETE"),
    ("nchat_social_platforms", "SELECT"),
    ("nchat_social_platforms", "INSERT"),
    ("nchat_social_platforms", "UPDATE"),
    ("nchat_social_calls", "SELECT"),
    ("nchat_social_calls", "INSERT"),
    ("nchat_social_calls", "UPDATE"),
    ("nchat_social_calls", "DELETE"),
    ("nchat_social_billed", "SELECT"),
    ("nchat_social_billed", "INSERT"),
    ("nchat_social_billed", "DELETE"),
    ("nchat_social_spending", "SELECT"),
    ("nchat_social_spending", "INSERT"),
    ("nchat_social_spending", "UPDATE"),
    ("nchat_social_spending", "DELETE"),
    ("nchat_social_reservations", "SELECT"),
    ("nchat_social_reservations", "INSERT"),
    ("nchat_social_reservations", "UPDATE"),
    ("nchat_social_reservations", "DELETE"),
    ("nchat_social_costs", "SELECT"),
    ("nchat_social_costs", "INSERT"),
    ("nchat_social_costs", "UPDATE"),
    ("nchat_social_costs", "DELETE"),
    ("nchat_social_requests", "SELECT"),
    ("nchat_social_requests", "INSERT"),
    ("nchat_social_requests", "UPDATE"),
    ("nchat_social_requests", "DELETE"),
    ("nchat_social_audit_log", "SELECT"),
    ("nchat_social_audit_log", "INSERT"),
    ("nchat_social_audit_log", "UPDATE"),
    ("nchat_social_audit_log", "DELETE"),
    ("nchat_social_leases", "SELECT"),
    ("nchat_social_leases", "INSERT"),
    ("nchat_social_leases", "DELETE"),
    ("nchat_social_deletions", "SELECT"),
    ("nchat_social_deletions", "INSERT"),
    ("nchat_social_deletions", "UPDATE"),
    ("nchat_social_deletions", "DELETE"),
    ("nchat_social_incidents", "SELECT"),
    ("nchat_social_incidents", "INSERT"),
    ("nchat_social_incidents", "UPDATE"),
    ("nchat_social_incidents", "DELETE"),
    ("nchat_social_migrations", "SELECT"),
    ("apalis.jobs", "SELECT"),
    ("apalis.jobs", "INSERT"),
    ("apalis.jobs", "UPDATE"),
    ("apalis.jobs", "DELETE"),
    ("apalis.workers", "SELECT"),
    ("apalis.workers", "INSERT"),
    ("apalis.workers", "UPDATE"),
    ("apalis.workers", "DELETE"),
];

impl Store {
    /// What the login may do of what it needs, in one read.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    pub async fn rights(&self) -> Result<Vec<Right>, StoreError> {
        let client = self.pool.get().await?;
        let (objects, rights): (Vec<&str>, Vec<&str>) = NEEDED.iter().copied().unzip();
        let rows = client
            .query(
                "SELECT CASE WHEN has_schema_privilege(coalesce(n.nspname, 'public'), 'USAGE') AND to_regclass(object) IS NOT NULL \
                   THEN has_table_privilege(to_regclass(object), privilege) END \
                 FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS r(object, privilege, place) \
                 LEFT JOIN pg_namespace n ON n.nspname = split_part(object, '.', 1) AND object LIKE '%.%' \
                 ORDER BY place",
                &[&objects, &rights],
            )
            .await?;
        Ok(NEEDED.iter().zip(rows).map(|((object, right), row)| Right { object, right, granted: row.get(0) }).collect())
    }
}
