//! What administrators watch.

use super::{
    access::{admin, admin_only},
    fault::{Fault, OrFault, request_id},
    scalar::Id,
    types::SocialImportLog,
};
use crate::service::{
    ServiceError,
    activity::{Activity, News},
};
use async_graphql::{Context, Error, ErrorExtensions, Result, Subscription as Subscribing};
use futures_util::{Stream, StreamExt};

/// The root of subscriptions.
pub struct Subscription;

/// What can be watched. Everything needs an administrator of the workspace. Not through Hasura, which forwards no
/// subscriptions: connect to this service directly.
#[Subscribing(rename_args = "snake_case", guard = "admin_only")]
impl Subscription {
    /// Every import that completes from now on. Polls that bring nothing are not among them. An error with the code
    /// `missed` means that the watcher was too slow: read socialImportLogs again; the watching goes on.
    async fn social_import_activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only imports of this account.")] account_id: Option<Id>,
    ) -> Result<impl Stream<Item = Result<SocialImportLog>> + use<>> {
        let tenant = admin(ctx)?.tenant();
        let activity = ctx.data_opt::<Activity>();
        let activity = activity.ok_or_else(|| ServiceError::Internal("the schema was built without news".into()));
        let news = activity.or_fault(ctx)?.watch(tenant).await.or_fault(ctx)?;
        let request_id = request_id(ctx).map(str::to_owned);
        Ok(news.filter_map(move |news| {
            let item = match news {
                News::Import(log) if account_id.is_none_or(|id| id.0 == log.account_id) => {
                    let log = SocialImportLog::try_from((*log).clone());
                    Some(log.map_err(|error| Fault::of(&error, request_id.as_deref()).into()))
                }
                News::Import(_) => None,
                News::Missed(count) => {
                    tracing::warn!(count, "a watcher of imports is too slow");
                    Some(Err(Error::new("some imports were left out: read the list again")
                        .extend_with(|_, extensions| extensions.set("code", "missed"))))
                }
            };
            std::future::ready(item)
        }))
    }
}
