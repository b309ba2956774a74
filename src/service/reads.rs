//! What administrators read. Every read is one statement, bound to the administrator's tenant.

use super::{AdminActor, Service, ServiceError};
use crate::{
    domain::Platform,
    store::{
        Page, PageRequest, StoreError,
        accounts::{self, Account},
        channels::{self, Channel},
        deliveries::{self, Delivery},
        integrations::{self, IntegrationRow},
        logs::{self, ImportLog, LogFilter},
        people,
        posts::{self, PostFilter, StoredPost},
    },
};
use std::collections::HashMap;
use uuid::Uuid;

/// A read in a transaction of its own: `read!(self, admin, |transaction, tenant| …)`.
macro_rules! read {
    ($service:expr, $admin:expr, |$transaction:ident, $tenant:ident| $read:expr) => {{
        let $tenant = $admin.tenant();
        let mut connection = $service.store.connection().await?;
        let $transaction = &connection.begin($tenant).await?;
        // Nothing to commit: the transaction ends with its loan.
        Ok($read.await?)
    }};
}

/// What is read together with a page of posts.
#[derive(Clone, Copy, Debug, Default)]
pub struct With {
    /// Their accounts.
    pub accounts: bool,
    /// What was decided about them.
    pub deliveries: bool,
}

/// A page of posts, and what was read with it.
pub struct PostsRead {
    /// The page.
    pub page: Page<StoredPost>,
    /// Their accounts, if asked for.
    pub accounts: Vec<Account>,
    /// What was decided about them, if asked for.
    pub deliveries: Vec<Delivery>,
}

impl Service {
    /// Accounts, oldest first, at most 1,000: all, those of a platform, those with the given ids.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn accounts(
        &self,
        admin: &AdminActor,
        platform: Option<Platform>,
        ids: Option<&[Uuid]>,
    ) -> Result<Vec<Account>, ServiceError> {
        read!(self, admin, |transaction, tenant| accounts::list(transaction, tenant, ids, platform))
    }

    /// Integrations, oldest first, at most 1,000.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn integrations(&self, admin: &AdminActor) -> Result<Vec<IntegrationRow>, ServiceError> {
        read!(self, admin, |transaction, tenant| integrations::list(transaction, tenant, None, None))
    }

    /// The integrations of each of `accounts`, oldest first, at most 100 of each.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn integrations_of(
        &self,
        admin: &AdminActor,
        accounts: &[Uuid],
    ) -> Result<Vec<IntegrationRow>, ServiceError> {
        read!(self, admin, |transaction, tenant| integrations::of_accounts(transaction, tenant, accounts))
    }

    /// The integrations with these ids.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn integrations_by_ids(
        &self,
        admin: &AdminActor,
        ids: &[Uuid],
    ) -> Result<Vec<IntegrationRow>, ServiceError> {
        read!(self, admin, |transaction, tenant| integrations::by_ids(transaction, tenant, ids))
    }

    /// At most 100 channels that posts can go to, those of announcements first. `search` is a part of the name.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn channels_to_post_to(
        &self,
        admin: &AdminActor,
        search: Option<&str>,
    ) -> Result<Vec<Channel>, ServiceError> {
        read!(self, admin, |transaction, tenant| channels::to_post_to(transaction, tenant, search, 100))
    }

    /// The channels with these ids.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn channels(&self, admin: &AdminActor, ids: &[Uuid]) -> Result<Vec<Channel>, ServiceError> {
        read!(self, admin, |transaction, tenant| channels::by_ids(transaction, tenant, ids))
    }

    /// What the people with these ids are called.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn names(&self, admin: &AdminActor, people: &[Uuid]) -> Result<HashMap<Uuid, String>, ServiceError> {
        read!(self, admin, |transaction, tenant| people::names(transaction, tenant, people))
    }

    /// A page of posts, newest first, and what `with` asks for of them, in one transaction.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn posts(
        &self,
        admin: &AdminActor,
        filter: &PostFilter,
        page: PageRequest,
        with: With,
    ) -> Result<PostsRead, ServiceError> {
        read!(self, admin, |transaction, tenant| async {
            let page = posts::list(transaction, tenant, filter, page).await?;
            let mut of: Vec<Uuid> = page.rows.iter().map(|(_, post)| post.account_id).collect();
            of.sort_unstable();
            of.dedup();
            let ids: Vec<Uuid> = page.rows.iter().map(|(_, post)| post.id).collect();
            let accounts = async {
                if !with.accounts || of.is_empty() {
                    return Ok(Vec::new());
                }
                accounts::list(transaction, tenant, Some(&of), None).await
            };
            let deliveries = async {
                if !with.deliveries || ids.is_empty() {
                    return Ok(Vec::new());
                }
                deliveries::of_posts(transaction, tenant, &ids).await
            };
            let (accounts, deliveries) = futures_util::try_join!(accounts, deliveries)?;
            Ok::<_, StoreError>(PostsRead { page, accounts, deliveries })
        })
    }

    /// What was decided for `posts`.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn deliveries(&self, admin: &AdminActor, posts: &[Uuid]) -> Result<Vec<Delivery>, ServiceError> {
        read!(self, admin, |transaction, tenant| deliveries::of_posts(transaction, tenant, posts))
    }

    /// A page of the log of imports, newest first.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn import_logs(
        &self,
        admin: &AdminActor,
        filter: &LogFilter,
        page: PageRequest,
    ) -> Result<Page<ImportLog>, ServiceError> {
        read!(self, admin, |transaction, tenant| logs::list(transaction, tenant, filter, page))
    }
}
