//! The log of imports.

use super::{ALL_TENANTS, Page, PageRequest, Store, StoreError, conditions::Conditions, page::Position};
use crate::domain::Timestamp;
use deadpool_postgres::Transaction;
use tokio_postgres::Row;
use uuid::Uuid;

/// One poll that brought something, failed, or was asked for.
#[derive(Clone, Debug)]
pub struct ImportLog {
    pub id: Uuid,
    pub tenant: String,
    pub account_id: Uuid,
    pub import_type: String,
    pub status: String,
    pub code: Option<String>,
    pub posts_fetched: i32,
    pub posts_imported: i32,
    pub posts_filtered: i32,
    pub posts_posted: i32,
    pub posts_waiting: i32,
    pub messages_posted: i32,
    pub quiet_polls: i64,
    pub errors: Vec<String>,
    pub started_at: Timestamp,
    pub completed_at: Option<Timestamp>,
    pub requested_by: Option<Uuid>,
}

/// Which logs.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    pub account_id: Option<Uuid>,
    pub status: Option<String>,
    pub import_type: Option<String>,
    pub started_after: Option<Timestamp>,
    pub started_before: Option<Timestamp>,
}

pub(super) const COLUMNS: &str = "id, source_account_id, account_id, import_type, status, code, posts_fetched, posts_imported, \
    posts_filtered, posts_posted, posts_waiting, messages_posted, quiet_polls, errors, started_at, completed_at, \
    requested_by";

pub(super) fn read(row: &Row) -> ImportLog {
    ImportLog {
        id: row.get(0),
        tenant: row.get(1),
        account_id: row.get(2),
        import_type: row.get(3),
        status: row.get(4),
        code: row.get(5),
        posts_fetched: row.get(6),
        posts_imported: row.get(7),
        posts_filtered: row.get(8),
        posts_posted: row.get(9),
        posts_waiting: row.get(10),
        messages_posted: row.get(11),
        quiet_polls: row.get(12),
        errors: row.get::<_, Option<Vec<String>>>(13).unwrap_or_default(),
        started_at: row.get(14),
        completed_at: row.get(15),
        requested_by: row.get(16),
    }
}

/// A page of logs, newest first.
pub async fn list(
    transaction: &Transaction<'_>,
    tenant: &str,
    filter: &LogFilter,
    page: PageRequest,
) -> Result<Page<ImportLog>, StoreError> {
    let (limit, after) = (page.limit(), page.after);
    let mut conditions = Conditions::new("source_account_id = ?", &tenant);
    conditions.and("account_id = ?", filter.account_id.as_ref());
    conditions.and("status = ?", filter.status.as_ref());
    conditions.and("import_type = ?", filter.import_type.as_ref());
    conditions.and("started_at >= ?", filter.started_after.as_ref());
    conditions.and("started_at < ?", filter.started_before.as_ref());
    if let Some(after) = &after {
        conditions.push("(started_at, id) < (?, ?)", &[&after.at, &after.id]);
    }
    let limit = conditions.place(&limit);
    let statement = transaction
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM nchat_social_import_logs {} ORDER BY started_at DESC, id DESC LIMIT {limit}",
            conditions.sql()
        ))
        .await?;
    let rows = transaction.query(&statement, conditions.values()).await?;
    page.page(rows, |row| {
        let log = read(row);
        Ok((Position { at: log.started_at, id: log.id }, log))
    })
}

impl Store {
    /// Logs of every tenant completed since `since`, oldest first, at most 500: what live watchers are fed from.
    pub async fn completed_since(&self, since: Timestamp) -> Result<Vec<ImportLog>, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let statement = transaction
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM nchat_social_import_logs WHERE completed_at >= $1 \
                 ORDER BY completed_at, id LIMIT 500"
            ))
            .await?;
        let rows = transaction.query(&statement, &[&since]).await?;
        transaction.commit().await?;
        Ok(rows.iter().map(read).collect())
    }
}
