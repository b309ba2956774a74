//! Sealing everything anew with the newest key, in small batches, while polls go on.

use super::{Service, ServiceError};
use crate::{
    crypto::{CryptoError, KeyAge, MARK_BYTES, aad},
    store::{
        ALL_TENANTS,
        sealed::{self, SEALED, SealedColumn, SealedValue},
    },
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// How many sealed values there are, by the age of their key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Under the key that seals now.
    pub newest: i64,
    /// Under keys that only open.
    pub older: i64,
    /// Under keys that the ring does not hold.
    pub unknown: i64,
}

/// One way through all values.
#[derive(Debug, Default)]
pub struct Pass {
    /// Values sealed anew.
    pub resealed: u64,
    /// Values that could not be opened, so they were left as they are.
    pub unreadable: Vec<Unreadable>,
}

/// A value that could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Where it is.
    pub column: SealedColumn,
    /// Its row.
    pub id: Uuid,
    /// Why.
    pub error: CryptoError,
}

impl Service {
    /// How many values each age of key has sealed.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn key_census(&self) -> Result<Census, ServiceError> {
        let mut census = Census::default();
        for (mark, count) in self.store.sealed_by_mark(MARK_BYTES).await? {
            match self.sealer.key_age(&mark) {
                KeyAge::Newest => census.newest += count,
                KeyAge::Older => census.older += count,
                KeyAge::Unknown => census.unknown += count,
            }
        }
        Ok(census)
    }

    /// Goes once through every value that another key than the newest has sealed. Stopped in the middle it has done what
    /// it has told; rows that are locked are left for the next pass.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn reseal(&self, mut told: impl FnMut(u64)) -> Result<Pass, ServiceError> {
        let mut pass = Pass::default();
        for column in SEALED {
            let mut after = Uuid::nil();
            while let Some(last) = self.reseal_batch(column, after, &mut pass).await? {
                after = last;
                told(pass.resealed);
            }
        }
        Ok(pass)
    }

    /// The row that the batch ended with; `None`: there was nothing left.
    async fn reseal_batch(
        &self,
        column: SealedColumn,
        after: Uuid,
        pass: &mut Pass,
    ) -> Result<Option<Uuid>, ServiceError> {
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let others = sealed::lock_others(&transaction, column, &self.sealer.newest_mark(), after).await?;
        let mut anew = Vec::with_capacity(others.len());
        for SealedValue { id, value } in &others {
            let bound_to = aad(*id, column.field);
            match self.sealer.open(value, &bound_to) {
                Ok(plain) => anew.push(SealedValue { id: *id, value: self.sealer.seal(&plain, &bound_to) }),
                Err(error) => pass.unreadable.push(Unreadable { column, id: *id, error }),
            }
        }
        let resealed = sealed::replace(&transaction, column, &anew).await?;
        transaction.commit().await.map_err(crate::store::StoreError::from)?;
        pass.resealed += resealed;
        Ok(others.last().map(|last| last.id))
    }

    /// What people call those values: the accounts whose tokens they are.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn names_of(&self, unreadable: &[Unreadable]) -> Result<Vec<(String, CryptoError)>, ServiceError> {
        let ids: Vec<Uuid> = unreadable.iter().map(|value| value.id).collect();
        let accounts = self.store.accounts_of_logins(&ids).await?;
        let mut names = BTreeSet::new();
        for value in unreadable {
            let mut called: Vec<String> = accounts
                .iter()
                .filter(|(login, ..)| *login == value.id)
                .map(|(_, platform, name)| format!("{} account {name:?}", platform.brand().name))
                .collect();
            if called.is_empty() {
                called.push(format!("row {} of {}", value.id, value.column.table));
            }
            names.extend(called.into_iter().map(|name| (name, value.error)));
        }
        Ok(names.into_iter().collect())
    }
}
