//! What administrators read.

use super::{
    access::{admin, admin_only, admin_or_join, joined_admin},
    fault::{OrFault, service},
    loader::{self, AccountBy, IntegrationsOf, loader},
    page::{self, Connection},
    scalar::{Day, Id, Time},
    types::{
        SocialAccount, SocialAuditEntry, SocialChannel, SocialConnection, SocialCostDay, SocialFilterPreview,
        SocialImportLog, SocialIntegration, SocialPlatformOverview, SocialPost,
    },
    word::{SocialImportStatus, SocialImportType, SocialPlatform, SocialPostStatus, word},
};
use crate::{
    domain::{Platform, filter::RuleInput},
    service::{ServiceError, integrations::IntegrationInput},
    store::{logs::LogFilter, posts::PostFilter},
};
use async_graphql::{Context, InputObject, Object, Result};
use chrono::Days;
use std::sync::Arc;
use uuid::Uuid;

/// At most so many ids in one question.
const MAX_IDS: usize = 500;

/// The longest text to search for, in characters.
const MAX_SEARCH: usize = 200;

/// The root of queries.
pub struct Query;

/// What can be read. Everything needs an administrator of the workspace.
#[Object(rename_args = "snake_case", guard = "admin_only")]
impl Query {
    /// The platforms that posts can come from, and how each is set up here.
    async fn social_platforms(&self, ctx: &Context<'_>) -> Result<Vec<SocialPlatformOverview>> {
        let service = service(ctx)?;
        Ok(Platform::ALL.into_iter().map(|platform| SocialPlatformOverview::of(service, platform)).collect())
    }

    /// The connected accounts, oldest first; at most 1,000.
    #[graphql(complexity = "1 + 20 * child_complexity")]
    async fn social_accounts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only accounts at this platform.")] platform: Option<SocialPlatform>,
        #[graphql(desc = "Only accounts with one of these ids; at most 500.")] ids: Option<Vec<Id>>,
    ) -> Result<Vec<SocialAccount>> {
        let ids = ids.map(bounded).transpose().or_fault(ctx)?;
        let rows = service(ctx)?.accounts(admin(ctx)?, platform.map(Into::into), ids.as_deref()).await.or_fault(ctx)?;
        rows.into_iter().map(TryInto::try_into).collect::<Result<_, ServiceError>>().or_fault(ctx)
    }

    /// A connected account; null when there is none with this id, and through Hasura when it is not the asker's to see.
    #[graphql(guard = "admin_or_join")]
    async fn social_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account's id here.")] id: Id,
    ) -> Result<Option<Arc<SocialAccount>>> {
        if joined_admin(ctx).is_none() {
            return Ok(None);
        }
        // By the loader: a join of Hasura's asks for hundreds at once.
        Ok(loader(ctx)?.load_one(AccountBy(id.0)).await?)
    }

    /// The integrations, oldest first: of an account (at most 100), or of all (at most 1,000).
    #[graphql(complexity = "1 + 20 * child_complexity")]
    async fn social_integrations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of this account.")] account_id: Option<Id>,
    ) -> Result<Vec<SocialIntegration>> {
        if let Some(Id(account)) = account_id {
            return Ok(loader(ctx)?.load_one(IntegrationsOf(account)).await?.unwrap_or_default());
        }
        let rows = service(ctx)?.integrations(admin(ctx)?).await.or_fault(ctx)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// The channels that posts can go to: announcement channels first, archived ones last; at most 100.
    #[graphql(complexity = "1 + 20 * child_complexity")]
    async fn social_channels(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Part of the name, case does not matter; at most 200 characters.")] search: Option<String>,
    ) -> Result<Vec<SocialChannel>> {
        let search = search.as_deref().map(|text| searchable("search", text)).transpose().or_fault(ctx)?.flatten();
        let rows = service(ctx)?.channels_to_post_to(admin(ctx)?, search.as_deref()).await.or_fault(ctx)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// The imported posts, newest first by time of publication. Filters that are given must all fit.
    #[allow(clippy::too_many_arguments)]
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn social_posts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only posts of this account.")] account_id: Option<Id>,
        #[graphql(desc = "Only posts that were decided about for this channel.")] channel_id: Option<Id>,
        #[graphql(desc = "Only posts that came to this, in channel_id where that is given.")] status: Option<
            SocialPostStatus,
        >,
        #[graphql(desc = "Published at this time or later.")] posted_after: Option<Time>,
        #[graphql(desc = "Published before this time.")] posted_before: Option<Time>,
        #[graphql(desc = "Part of the text or of the author's name, case does not matter; at most 200 characters.")]
        text: Option<String>,
        #[graphql(desc = "How many, 1 to 200; 50 when not given.")] first: Option<i32>,
        #[graphql(desc = "Read on behind this cursor.")] after: Option<String>,
    ) -> Result<Connection<SocialPost>> {
        let page = page::request(ctx, first, after.as_deref())?;
        let filter = PostFilter {
            account_id: account_id.map(|id| id.0),
            channel_id: channel_id.map(|id| id.0),
            status: status.map(|status| word(status).to_owned()),
            posted_after: posted_after.map(|at| at.0),
            posted_before: posted_before.map(|at| at.0),
            text: text.as_deref().map(|text| searchable("text", text)).transpose().or_fault(ctx)?.flatten(),
        };
        let with = loader::with(ctx);
        let read = service(ctx)?.posts(admin(ctx)?, &filter, page, with).await.or_fault(ctx)?;
        let posts = loader::keep(loader(ctx)?, with, read).await.or_fault(ctx)?;
        page::connection(page, posts).or_fault(ctx)
    }

    /// The log of imports, newest first. Filters that are given must all fit.
    #[allow(clippy::too_many_arguments)]
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn social_import_logs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only imports of this account.")] account_id: Option<Id>,
        #[graphql(desc = "Only imports that ended so.")] status: Option<SocialImportStatus>,
        #[graphql(desc = "Only imports that took place for this reason.")] import_type: Option<SocialImportType>,
        #[graphql(desc = "Begun at this time or later.")] started_after: Option<Time>,
        #[graphql(desc = "Begun before this time.")] started_before: Option<Time>,
        #[graphql(desc = "How many, 1 to 200; 50 when not given.")] first: Option<i32>,
        #[graphql(desc = "Read on behind this cursor.")] after: Option<String>,
    ) -> Result<Connection<SocialImportLog>> {
        let page = page::request(ctx, first, after.as_deref())?;
        let filter = LogFilter {
            account_id: account_id.map(|id| id.0),
            status: status.map(|status| word(status).to_owned()),
            import_type: import_type.map(|kind| word(kind).to_owned()),
            started_after: started_after.map(|at| at.0),
            started_before: started_before.map(|at| at.0),
        };
        let logs = service(ctx)?.import_logs(admin(ctx)?, &filter, page).await.or_fault(ctx)?;
        page::connection(page, logs).or_fault(ctx)
    }

    /// What reading cost, by day (UTC) and platform, newest first; days without cost are left out.
    #[graphql(complexity = "1 + 20 * child_complexity")]
    async fn social_costs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first day; 30 days before the last when not given.")] from: Option<Day>,
        #[graphql(desc = "The last day; today when not given.")] to: Option<Day>,
        #[graphql(desc = "Only what reading this account cost.")] account_id: Option<Id>,
    ) -> Result<Vec<SocialCostDay>> {
        let service = service(ctx)?;
        let to = to.map_or_else(|| service.clock.now().date_naive(), |day| day.0);
        let from = from.map_or_else(|| to.checked_sub_days(Days::new(30)).unwrap_or(to), |day| day.0);
        let days = service.costs(admin(ctx)?, from, to, account_id.map(|id| id.0)).await.or_fault(ctx)?;
        Ok(days.into_iter().map(Into::into).collect())
    }

    /// What a rule would make of an account's latest posts, decided as imports decide; nothing is changed.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn social_preview_filter(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rule to try.")] input: SocialPreviewFilterInput,
        #[graphql(desc = "On how many posts, 1 to 200; 50 when not given.")] first: Option<i32>,
    ) -> Result<SocialFilterPreview> {
        let first = page::request(ctx, first, None)?.first;
        let (account, in_force) = (input.account_id.0, input.integration_id.map(|id| id.0));
        let tried = input.into();
        let preview = service(ctx)?.preview_filter(admin(ctx)?, account, in_force, &tried, first);
        preview.await.or_fault(ctx)?.try_into().or_fault(ctx)
    }

    /// Who changed connections and integrations, newest first.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn social_audit_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only changes of this account, which may be gone.")] account_id: Option<Id>,
        #[graphql(desc = "How many, 1 to 200; 50 when not given.")] first: Option<i32>,
        #[graphql(desc = "Read on behind this cursor.")] after: Option<String>,
    ) -> Result<Connection<SocialAuditEntry>> {
        let page = page::request(ctx, first, after.as_deref())?;
        let log = service(ctx)?.audit_log(admin(ctx)?, account_id.map(|id| id.0), page).await.or_fault(ctx)?;
        page::connection(page, log).or_fault(ctx)
    }

    /// A connection being made; null when there is none with this id. They are forgotten a day after they end.
    async fn social_connection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id that socialStartConnection answered.")] id: Id,
    ) -> Result<Option<SocialConnection>> {
        let service = service(ctx)?;
        let session = service.connection(admin(ctx)?, id.0).await.or_fault(ctx)?;
        session.map(|session| SocialConnection::at(service.clock.now(), session)).transpose().or_fault(ctx)
    }
}

/// A rule to try. What is not given is taken from integration_id's; an empty list is no filter.
#[derive(InputObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialPreviewFilterInput {
    /// The account on whose posts it is tried.
    account_id: Id,
    /// The channel: posts that another integration has put there would be left out.
    channel_id: Option<Id>,
    /// The integration with whose rule it is compared.
    integration_id: Option<Id>,
    /// A post needs any one of these hashtags; with or without `#`, at most 50.
    filter_hashtags: Option<Vec<String>>,
    /// A post's text needs any one of these words or phrases, at most 50; `launch*` means words that begin so.
    filter_keywords: Option<Vec<String>>,
    /// Leave out reposts of other people's posts.
    exclude_retweets: Option<bool>,
    /// Leave out replies.
    exclude_replies: Option<bool>,
    /// The least sum of likes, reposts, replies, comments, shares and quotes.
    min_engagement: Option<i64>,
    /// How many hours after its publication a post may still reach min_engagement, 1 to 168.
    engagement_window_hours: Option<i32>,
}

impl From<SocialPreviewFilterInput> for IntegrationInput {
    fn from(input: SocialPreviewFilterInput) -> Self {
        Self {
            channel_id: input.channel_id.map(|id| id.0),
            auto_post: None,
            rule: RuleInput {
                filter_hashtags: input.filter_hashtags,
                filter_keywords: input.filter_keywords,
                exclude_retweets: input.exclude_retweets,
                exclude_replies: input.exclude_replies,
                min_engagement: input.min_engagement,
            },
            engagement_window_hours: input.engagement_window_hours,
            backfill_count: None,
        }
    }
}

fn bounded(ids: Vec<Id>) -> Result<Vec<Uuid>, ServiceError> {
    if ids.len() > MAX_IDS {
        return Err(ServiceError::Invalid(format!("ids: ask for at most {MAX_IDS} at a time")));
    }
    Ok(ids.into_iter().map(|id| id.0).collect())
}

/// What to search for; `None`: nothing in particular.
fn searchable(field: &str, text: &str) -> Result<Option<String>, ServiceError> {
    // Postgres keeps no NUL, so no text holds one.
    let text = text.replace('\0', "");
    let text = text.trim();
    if text.chars().count() > MAX_SEARCH {
        return Err(ServiceError::Invalid(format!("{field}: search for at most {MAX_SEARCH} characters")));
    }
    Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_bounded_and_an_empty_one_is_none() {
        assert_eq!(searchable("text", "  launch ").unwrap().as_deref(), Some("launch"));
        assert_eq!(searchable("text", " \0 ").unwrap(), None);
        assert_eq!(searchable("text", "").unwrap(), None);
        assert!(searchable("text", &"é".repeat(200)).is_ok());
        assert!(searchable("text", &"é".repeat(201)).is_err());
    }

    #[test]
    fn so_are_ids() {
        let ids = |count| vec![Id(Uuid::nil()); count];
        assert_eq!(bounded(ids(500)).unwrap().len(), 500);
        assert_eq!(bounded(ids(501)).unwrap_err().to_string(), "ids: ask for at most 500 at a time");
    }
}
