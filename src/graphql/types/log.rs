//! The log of imports.

use super::{SocialAccount, id, time};
use crate::{
    graphql::{
        loader::{AccountBy, loader},
        scalar::{Id, Time},
        word::{self, SocialImportStatus, SocialImportType},
    },
    service::ServiceError,
    store::logs::ImportLog,
};
use async_graphql::{ComplexObject, Context, Result, SimpleObject};
use std::sync::Arc;

/// A poll that brought something, failed, or was asked for. Every count is of posts, unless it says otherwise.
#[derive(SimpleObject, Clone)]
#[graphql(complex, rename_fields = "snake_case")]
pub struct SocialImportLog {
    /// The entry's id.
    id: Id,
    /// The account that was polled.
    account_id: Id,
    /// Why it was polled.
    import_type: SocialImportType,
    /// How it ended.
    status: SocialImportStatus,
    /// A stable word for why it failed.
    code: Option<String>,
    /// Returned by the platform, those left out included.
    posts_fetched: i32,
    /// Not known before.
    posts_imported: i32,
    /// New, and let through by no integration.
    posts_filtered: i32,
    /// Posted to at least one channel.
    posts_posted: i32,
    /// Waiting for more engagement.
    posts_waiting: i32,
    /// Messages written; a post can go to several channels.
    messages_posted: i32,
    /// Polls since the entry before this one, none of which brought anything.
    quiet_polls: i64,
    /// What an administrator should know, as sentences.
    errors: Vec<String>,
    /// When the poll began.
    started_at: Time,
    /// When the import was written.
    completed_at: Option<Time>,
    /// The administrator who asked for it.
    requested_by: Option<Id>,
}

#[ComplexObject(rename_fields = "snake_case")]
impl SocialImportLog {
    /// The account that was polled.
    async fn account(&self, ctx: &Context<'_>) -> Result<Option<Arc<SocialAccount>>> {
        Ok(loader(ctx)?.load_one(AccountBy(self.account_id.0)).await?)
    }
}

impl TryFrom<ImportLog> for SocialImportLog {
    type Error = ServiceError;

    fn try_from(row: ImportLog) -> Result<Self, ServiceError> {
        Ok(Self {
            id: row.id.into(),
            account_id: row.account_id.into(),
            import_type: word::read("nchat_social_import_logs", "import_type", &row.import_type)?,
            status: word::read("nchat_social_import_logs", "status", &row.status)?,
            code: row.code,
            posts_fetched: row.posts_fetched,
            posts_imported: row.posts_imported,
            posts_filtered: row.posts_filtered,
            posts_posted: row.posts_posted,
            posts_waiting: row.posts_waiting,
            messages_posted: row.messages_posted,
            quiet_polls: row.quiet_polls,
            errors: row.errors,
            started_at: row.started_at.into(),
            completed_at: time(row.completed_at),
            requested_by: id(row.requested_by),
        })
    }
}
