//! Sealed values wherever they are: counted by their key, and replaced in small batches. This module moves bytes.

use super::{ALL_TENANTS, Store, StoreError};
use crate::domain::Platform;
use deadpool_postgres::Transaction;
use uuid::Uuid;

/// A column of sealed values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedColumn {
    /// Its table, whose key is `id`.
    pub table: &'static str,
    /// Its name.
    pub column: &'static str,
    /// The field that a value is bound to, beside its row's id.
    pub field: &'static str,
}

/// Every one there is.
pub const SEALED: [SealedColumn; 4] = [
    SealedColumn { table: "nchat_social_credentials", column: "access_token_sealed", field: "access_token" },
    SealedColumn { table: "nchat_social_credentials", column: "refresh_token_sealed", field: "refresh_token" },
    SealedColumn { table: "nchat_social_oauth_sessions", column: "verifier_sealed", field: "verifier" },
    SealedColumn { table: "nchat_social_oauth_sessions", column: "login_sealed", field: "login" },
];

/// A value to be sealed anew is locked for some milliseconds; so many are at once.
const BATCH: i64 = 64;

/// A value and its row.
#[derive(Clone, Debug)]
pub struct SealedValue {
    /// The row.
    pub id: Uuid,
    /// What is in the column.
    pub value: Vec<u8>,
}

/// Locks the next values behind `after` that do not begin with `mark`. Rows that somebody else has locked are left out:
/// their tokens are just being renewed.
pub async fn lock_others(
    transaction: &Transaction<'_>,
    SealedColumn { table, column, .. }: SealedColumn,
    mark: &[u8],
    after: Uuid,
) -> Result<Vec<SealedValue>, StoreError> {
    let statement = transaction
        .prepare_cached(&format!(
            "SELECT id, {column} FROM {table} WHERE id > $1 AND {column} IS NOT NULL \
               AND substr({column}, 1, length($2::bytea)) <> $2::bytea ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED"
        ))
        .await?;
    let rows = transaction.query(&statement, &[&after, &mark, &BATCH]).await?;
    Ok(rows.iter().map(|row| SealedValue { id: row.get(0), value: row.get(1) }).collect())
}

/// Writes values that [`lock_others`] locked.
pub async fn replace(
    transaction: &Transaction<'_>,
    SealedColumn { table, column, .. }: SealedColumn,
    values: &[SealedValue],
) -> Result<u64, StoreError> {
    let statement = transaction
        .prepare_cached(&format!(
            "UPDATE {table} t SET {column} = n.value FROM unnest($1::uuid[], $2::bytea[]) AS n(id, value) \
             WHERE t.id = n.id"
        ))
        .await?;
    let ids: Vec<Uuid> = values.iter().map(|value| value.id).collect();
    let values: Vec<&[u8]> = values.iter().map(|value| value.value.as_slice()).collect();
    Ok(transaction.execute(&statement, &[&ids, &values]).await?)
}

impl Store {
    /// How many values there are by their first `length` bytes.
    pub async fn sealed_by_mark(&self, length: usize) -> Result<Vec<(Vec<u8>, i64)>, StoreError> {
        let columns = SEALED.map(|SealedColumn { table, column, .. }| {
            format!("SELECT substr({column}, 1, $1) AS mark FROM {table} WHERE {column} IS NOT NULL")
        });
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let query = format!("SELECT mark, count(*) FROM ({}) v GROUP BY mark", columns.join(" UNION ALL "));
        let length = i32::try_from(length).unwrap_or(i32::MAX);
        let rows = transaction.query(&query, &[&length]).await?;
        transaction.commit().await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// The accounts that the logins `ids` read: login, platform, name.
    pub async fn accounts_of_logins(&self, ids: &[Uuid]) -> Result<Vec<(Uuid, Platform, String)>, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let rows = transaction
            .query(
                "SELECT credential_id, platform, coalesce(nullif(account_name, ''), account_handle, account_id) \
                 FROM nchat_social_accounts WHERE credential_id = ANY($1) ORDER BY platform, 3",
                &[&ids],
            )
            .await?;
        transaction.commit().await?;
        rows.iter()
            .map(|row| Ok((row.get(0), super::import::platform(row.get(1), "nchat_social_accounts")?, row.get(2))))
            .collect()
    }
}
