//! Floor 1: all SQL. One struct before a pool of connections; [`Store::begin`] is the only way to a transaction, and it
//! binds the transaction to a tenant, so that row level security holds whatever a statement forgets.

pub mod accounts;
pub mod adoption;
pub mod audit;
pub mod budget;
pub mod callbacks;
pub mod calls;
pub mod catalog;
pub mod channels;
pub mod claims;
pub mod conditions;
pub mod connect;
pub mod costs;
pub mod credentials;
pub mod deletions;
pub mod deliveries;
pub mod error;
pub mod housekeeping;
pub mod import;
pub mod incidents;
pub mod integrations;
pub mod json;
pub mod jumps;
pub mod load;
pub mod logs;
pub mod lost;
pub mod messages;
pub mod migrate;
pub mod outcomes;
pub mod page;
pub mod parked;
pub mod people;
pub mod posts;
pub mod refusals;
pub mod requests;
pub mod rights;
pub mod sealed;
pub mod sessions;
pub mod standin;
pub mod standings;
pub mod troubles;

pub use error::StoreError;
pub use page::{Page, PageRequest};

use crate::domain::Timestamp;
use connect::{Object, Pool};
use deadpool_postgres::Transaction;
use futures_util::poll;
use std::{
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_postgres::{SimpleQueryMessage, types::ToSql};
use uuid::Uuid;

/// The tenant that sees every tenant's rows of our own tables: the scheduler and the callback, which learn a row's
/// tenant from the row.
pub const ALL_TENANTS: &str = "*";

/// The database.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
    /// Places for transactions that last over a call to a platform.
    patient: Arc<Semaphore>,
    patient_places: u32,
    /// No such transaction begins any more.
    is_ending: Arc<AtomicBool>,
    /// Leases whose end could not be written, and when they end by themselves.
    lost: Arc<Mutex<Vec<(Uuid, Timestamp)>>>,
    /// Whose accounts are claimed next.
    turns: claims::Turns,
}

/// A connection on loan; [`Connection::begin`] starts the transaction.
pub struct Connection {
    object: Object,
    _place: Option<OwnedSemaphorePermit>,
}

impl Store {
    /// A store on `pool`.
    pub fn new(pool: Pool) -> Self {
        let half = u32::try_from(pool.status().max_size / 2).unwrap_or(1).max(1);
        Self {
            pool,
            patient: Arc::new(Semaphore::new(half as usize)),
            patient_places: half,
            is_ending: Arc::default(),
            lost: Arc::default(),
            turns: claims::Turns::default(),
        }
    }

    /// A connection from the pool.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when none is to be had in time.
    pub async fn connection(&self) -> Result<Connection, StoreError> {
        Ok(Connection { object: self.pool.get().await?, _place: None })
    }

    /// A connection for a transaction that lasts over a call to a platform. Half of the pool at most is lent so, however
    /// slow the platforms are; the others wait for a place.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when none is to be had in time, and after [`Store::end_patient_work`].
    pub async fn patient_connection(&self) -> Result<Connection, StoreError> {
        let place = self.patient.clone().acquire_owned().await.ok();
        if self.is_ending.load(Ordering::Relaxed) {
            return Err(StoreError::Unavailable("the process ends".into()));
        }
        Ok(Connection { object: self.pool.get().await?, _place: place })
    }

    /// Waits until no transaction lasts over a call any more: what a platform has just granted is stored then.
    pub async fn patient_work_done(&self) {
        let _ = self.patient.acquire_many(self.patient_places).await;
    }

    /// The same for the end of the process: those that wait for a place, or come later, are refused.
    pub async fn end_patient_work(&self) {
        self.is_ending.store(true, Ordering::Relaxed);
        self.patient_work_done().await;
    }

    /// Whether the database answers, and would be written to: after a failover the address may lead to a standby.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let client = self.pool.get().await?;
        let told = client.simple_query("SHOW transaction_read_only").await?;
        if told.iter().any(|message| matches!(message, SimpleQueryMessage::Row(row) if row.get(0) == Some("on"))) {
            // The next one may lead to another server.
            drop(Object::take(client));
            return Err(StoreError::Unavailable("the database takes no writes".into()));
        }
        Ok(())
    }

    /// The newest migration applied; `None`: none.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    pub async fn schema_version(&self) -> Result<Option<i64>, StoreError> {
        let client = self.pool.get().await?;
        let there: bool =
            client.query_one("SELECT to_regclass('nchat_social_migrations') IS NOT NULL", &[]).await?.get(0);
        if !there {
            return Ok(None);
        }
        let row = client.query_one("SELECT max(version) FROM nchat_social_migrations WHERE success", &[]).await?;
        Ok(row.get(0))
    }
}

impl Connection {
    /// Exchanges a connection that broke for another; its place stays.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when none is to be had in time.
    pub async fn renew(&mut self, store: &Store) -> Result<(), StoreError> {
        self.object = store.pool.get().await?;
        Ok(())
    }

    /// Starts a transaction that sees and writes rows of `tenant` only.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    pub async fn begin(&mut self, tenant: &str) -> Result<Transaction<'_>, StoreError> {
        self.begin_as(tenant, Uuid::nil()).await
    }

    /// The same on behalf of a person of the chat: nchat's own policies let that person see the workspaces joined.
    ///
    /// Both settings are always given: one that was ever set on a connection is the empty text afterwards, which
    /// nchat's policies cannot read as a uuid.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    pub async fn begin_as(&mut self, tenant: &str, person: Uuid) -> Result<Transaction<'_>, StoreError> {
        let transaction = self.object.transaction().await?;
        let statement = transaction
            .prepare_cached(
                "SELECT set_config('app.current_source_account_id', $1, true), set_config('hasura.user.id', $2, true)",
            )
            .await?;
        let person = person.to_string();
        let values: [&(dyn ToSql + Sync); 2] = [&tenant, &person];
        // Sent and not waited for: Postgres takes statements in order, and would refuse all that follow if this one failed.
        if let Poll::Ready(answer) = poll!(pin!(transaction.query(&statement, &values))) {
            answer?;
        }
        Ok(transaction)
    }
}
