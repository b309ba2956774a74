//! The mutation by which posts enter.

use super::input::SocialImportPostsInput;
use crate::{
    graphql::{
        access::{is_system, system_only},
        fault::{OrFault, service},
        types::SocialImportLog,
    },
    service::import::Imported,
};
use async_graphql::{Context, Enum, Object, Result, SimpleObject};

/// The mutation by which posts enter.
#[derive(Default)]
pub struct Importing;

#[Object(rename_args = "snake_case", guard = "system_only")]
impl Importing {
    /// Imports the posts of one account under the lease of its poll, with everything that follows from them, in one
    /// transaction. For this service itself only.
    #[graphql(visible = "is_system")]
    async fn social_import_posts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the poll brought.")] input: SocialImportPostsInput,
    ) -> Result<SocialImportPostsPayload> {
        Ok(match service(ctx)?.import_posts(&input.into()).await.or_fault(ctx)? {
            Imported::Done(log) => SocialImportPostsPayload {
                status: SocialImportPostsStatus::Imported,
                message: "Imported.".into(),
                log: Some((*log).try_into().or_fault(ctx)?),
            },
            Imported::Quiet => SocialImportPostsPayload {
                status: SocialImportPostsStatus::Quiet,
                message: "Nothing new: the account counts the poll, the log has no line of it.".into(),
                log: None,
            },
            Imported::LeaseLost => SocialImportPostsPayload {
                status: SocialImportPostsStatus::LeaseLost,
                message: "The lease is over: nothing was written, another poll has the account.".into(),
                log: None,
            },
        })
    }
}

/// What became of the posts.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialImportPostsPayload {
    /// How it went.
    status: SocialImportPostsStatus,
    /// The same for people.
    message: String,
    /// The entry in the log, as it was just written.
    log: Option<SocialImportLog>,
}

/// How an import went.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
enum SocialImportPostsStatus {
    /// It is written.
    Imported,
    /// Nothing but counters moved: written, without a line in the log.
    Quiet,
    /// The lease is over or was never this one: nothing was written.
    LeaseLost,
}
