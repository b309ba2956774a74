//! Who changed what. Written in the transaction of the change, so that neither is there without the other.

use super::{Page, PageRequest, StoreError, conditions::Conditions, page::Position};
use crate::domain::Timestamp;
use deadpool_postgres::Transaction;
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditActor {
    /// An administrator; the person where one is known (Hasura's admin secret has none).
    Administrator(Option<Uuid>),
    /// A platform, by a callback that it signed.
    Platform,
    /// This service itself.
    Service,
}

/// A change to record. Name and platform of the account are taken from its row as it is then.
#[derive(Clone, Debug)]
pub struct AuditEntry<'a> {
    pub id: Uuid,
    pub tenant: &'a str,
    pub at: Timestamp,
    pub actor: AuditActor,
    /// A stable word for what was done, in the past tense: `account_connected`.
    pub action: &'static str,
    pub account_id: Option<Uuid>,
    /// What else matters, as a JSON object. Never a secret.
    pub detail: Value,
}

/// A recorded change.
#[derive(Clone, Debug)]
pub struct AuditRow {
    pub id: Uuid,
    pub done_at: Timestamp,
    /// `administrator`, `platform`, `service`.
    pub actor: String,
    pub user_id: Option<Uuid>,
    pub action: String,
    pub platform: Option<String>,
    pub account_id: Option<Uuid>,
    /// As the account was called then; empty where the change is of no account, or its owner's data was deleted.
    pub account_name: String,
    pub detail: Value,
}

/// Records a change.
pub async fn record(transaction: &Transaction<'_>, entry: &AuditEntry<'_>) -> Result<(), StoreError> {
    record_all(transaction, std::slice::from_ref(entry)).await
}

/// Records changes in one statement.
pub async fn record_all(transaction: &Transaction<'_>, entries: &[AuditEntry<'_>]) -> Result<(), StoreError> {
    if entries.is_empty() {
        return Ok(());
    }
    let statement = transaction
        .prepare_cached(
            "INSERT INTO nchat_social_audit_log (id, source_account_id, done_at, actor, user_id, action, platform, \
               account_id, account_name, detail) \
             SELECT n.id, n.tenant, n.done_at, n.actor, n.user_id, n.action, a.platform, n.account_id, \
               coalesce(a.account_name, ''), n.detail \
             FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::uuid[], $6::text[], $7::uuid[], \
               $8::jsonb[]) AS n(id, tenant, done_at, actor, user_id, action, account_id, detail) \
             LEFT JOIN nchat_social_accounts a ON a.id = n.account_id AND a.source_account_id = n.tenant",
        )
        .await?;
    let ids: Vec<Uuid> = entries.iter().map(|entry| entry.id).collect();
    let tenants: Vec<&str> = entries.iter().map(|entry| entry.tenant).collect();
    let times: Vec<Timestamp> = entries.iter().map(|entry| entry.at).collect();
    let (actors, users): (Vec<&str>, Vec<Option<Uuid>>) = entries.iter().map(|entry| entry.actor.columns()).unzip();
    let actions: Vec<&str> = entries.iter().map(|entry| entry.action).collect();
    let accounts: Vec<Option<Uuid>> = entries.iter().map(|entry| entry.account_id).collect();
    let details: Vec<&Value> = entries.iter().map(|entry| &entry.detail).collect();
    transaction.execute(&statement, &[&ids, &tenants, &times, &actors, &users, &actions, &accounts, &details]).await?;
    Ok(())
}

impl AuditActor {
    const fn columns(self) -> (&'static str, Option<Uuid>) {
        match self {
            Self::Administrator(person) => ("administrator", person),
            Self::Platform => ("platform", None),
            Self::Service => ("service", None),
        }
    }
}

const COLUMNS: &str = "id, done_at, actor, user_id, action, platform, account_id, account_name, detail";

fn read(row: &Row) -> AuditRow {
    AuditRow {
        id: row.get(0),
        done_at: row.get(1),
        actor: row.get(2),
        user_id: row.get(3),
        action: row.get(4),
        platform: row.get(5),
        account_id: row.get(6),
        account_name: row.get(7),
        detail: row.get(8),
    }
}

/// A page of changes, newest first; of one account or all.
pub async fn list(
    transaction: &Transaction<'_>,
    tenant: &str,
    account_id: Option<Uuid>,
    page: PageRequest,
) -> Result<Page<AuditRow>, StoreError> {
    let (limit, after) = (page.limit(), page.after);
    let mut conditions = Conditions::new("source_account_id = ?", &tenant);
    conditions.and("account_id = ?", account_id.as_ref());
    if let Some(after) = &after {
        conditions.push("(done_at, id) < (?, ?)", &[&after.at, &after.id]);
    }
    let limit = conditions.place(&limit);
    let statement = transaction
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM nchat_social_audit_log {} ORDER BY done_at DESC, id DESC LIMIT {limit}",
            conditions.sql()
        ))
        .await?;
    let rows = transaction.query(&statement, conditions.values()).await?;
    page.page(rows, |row| {
        let entry = read(row);
        Ok((Position { at: entry.done_at, id: entry.id }, entry))
    })
}
