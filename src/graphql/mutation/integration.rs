//! Changing integrations.

use crate::{
    domain::filter::RuleInput,
    graphql::{
        access::{admin, admin_only},
        fault::{OrFault, service},
        scalar::Id,
        types::{SocialInputProblem, SocialIntegration, problems},
    },
    service::integrations::{Configured, IntegrationInput},
};
use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};

/// Mutations of integrations.
#[derive(Default)]
pub struct Integrations;

#[Object(rename_args = "snake_case", guard = "admin_only")]
impl Integrations {
    /// Lets posts of an account go to a channel.
    async fn social_create_integration(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which posts, and where to.")] input: SocialCreateIntegrationInput,
    ) -> Result<SocialCreateIntegrationPayload> {
        let account = input.account_id.0;
        let configured = service(ctx)?.create_integration(admin(ctx)?, account, &input.into()).await.or_fault(ctx)?;
        use SocialCreateIntegrationStatus::{Created, Invalid, NotFound};
        let (status, told) =
            Told::of(configured, "Created: it takes effect with the next poll.", [Created, Invalid, NotFound]);
        let Told { message, problems, integration } = told;
        Ok(SocialCreateIntegrationPayload { status, message, problems, integration })
    }

    /// Changes what is given of an integration; the rest stays. It takes effect with the next poll, for posts that
    /// are not decided yet and for those that wait.
    async fn social_update_integration(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: SocialUpdateIntegrationInput,
    ) -> Result<SocialUpdateIntegrationPayload> {
        let id = input.id.0;
        let configured = service(ctx)?.update_integration(admin(ctx)?, id, &input.into()).await.or_fault(ctx)?;
        use SocialUpdateIntegrationStatus::{Invalid, NotFound, Updated};
        let (status, told) =
            Told::of(configured, "Changed: it takes effect with the next poll.", [Updated, Invalid, NotFound]);
        let Told { message, problems, integration } = told;
        Ok(SocialUpdateIntegrationPayload { status, message, problems, integration })
    }

    /// Deletes an integration. Its messages stay, and so does the record of what it decided.
    async fn social_delete_integration(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to delete.")] input: SocialDeleteIntegrationInput,
    ) -> Result<SocialDeleteIntegrationPayload> {
        let found = service(ctx)?.delete_integration(admin(ctx)?, input.id.0).await.or_fault(ctx)?;
        let (status, message) = if found {
            (SocialDeleteIntegrationStatus::Deleted, "Deleted: no more posts go to the channel by it.")
        } else {
            (SocialDeleteIntegrationStatus::NotFound, "There is no such integration in this workspace.")
        };
        Ok(SocialDeleteIntegrationPayload { status, message: message.into(), id: found.then_some(input.id) })
    }
}

/// Which posts go where.
#[derive(InputObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialCreateIntegrationInput {
    /// The account whose posts it takes.
    account_id: Id,
    /// The channel they go to.
    channel_id: Id,
    /// Post matching posts; when not given, yes. Otherwise they are only recorded.
    auto_post: Option<bool>,
    /// A post needs any one of these hashtags; with or without `#`, at most 50.
    filter_hashtags: Option<Vec<String>>,
    /// A post's text needs any one of these words or phrases, at most 50; `launch*` means words that begin so.
    filter_keywords: Option<Vec<String>>,
    /// Leave out reposts of other people's posts; when not given, no.
    exclude_retweets: Option<bool>,
    /// Leave out replies; when not given, no.
    exclude_replies: Option<bool>,
    /// The least sum of likes, reposts, replies, comments, shares and quotes; when not given, 0.
    min_engagement: Option<i64>,
    /// How many hours after its publication a post may still reach min_engagement, 1 to 168; when not given, 24.
    engagement_window_hours: Option<i32>,
    /// How many of the account's latest posts to post at once, 0 to 50; when not given, none.
    backfill_count: Option<i32>,
    /// Given again within a day, with the same input, it answers the same and changes nothing; at most 128 characters.
    client_key: Option<String>,
}

impl From<SocialCreateIntegrationInput> for IntegrationInput {
    fn from(input: SocialCreateIntegrationInput) -> Self {
        Self {
            channel_id: Some(input.channel_id.0),
            auto_post: input.auto_post,
            rule: RuleInput {
                filter_hashtags: input.filter_hashtags,
                filter_keywords: input.filter_keywords,
                exclude_retweets: input.exclude_retweets,
                exclude_replies: input.exclude_replies,
                min_engagement: input.min_engagement,
            },
            engagement_window_hours: input.engagement_window_hours,
            backfill_count: input.backfill_count,
        }
    }
}

/// What to change of an integration. What is not given stays; an empty list removes a filter.
#[derive(InputObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialUpdateIntegrationInput {
    /// The integration's id.
    id: Id,
    /// The channel posts go to.
    channel_id: Option<Id>,
    /// Post matching posts; otherwise they are only recorded.
    auto_post: Option<bool>,
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
    /// Given again within a day, with the same input, it answers the same and changes nothing; at most 128 characters.
    client_key: Option<String>,
}

impl From<SocialUpdateIntegrationInput> for IntegrationInput {
    fn from(input: SocialUpdateIntegrationInput) -> Self {
        Self {
            channel_id: input.channel_id.map(|id| id.0),
            auto_post: input.auto_post,
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

/// Which integration to delete.
#[derive(InputObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialDeleteIntegrationInput {
    /// The integration's id.
    id: Id,
    /// Given again within a day, with the same input, it answers the same and changes nothing; at most 128 characters.
    client_key: Option<String>,
}

/// The integration that was created, or why none was.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialCreateIntegrationPayload {
    /// How it went.
    status: SocialCreateIntegrationStatus,
    /// The same for people.
    message: String,
    /// Everything that is wrong with the input.
    problems: Vec<SocialInputProblem>,
    /// The integration, if created.
    integration: Option<SocialIntegration>,
}

/// How creating went.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
enum SocialCreateIntegrationStatus {
    /// It is stored.
    Created,
    /// The input is wrong: see `problems`.
    Invalid,
    /// There is no such account in this workspace.
    NotFound,
}

/// The integration as it is now, or why it was not changed.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialUpdateIntegrationPayload {
    /// How it went.
    status: SocialUpdateIntegrationStatus,
    /// The same for people.
    message: String,
    /// Everything that is wrong with the input.
    problems: Vec<SocialInputProblem>,
    /// The integration, if changed.
    integration: Option<SocialIntegration>,
}

/// How changing went.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
enum SocialUpdateIntegrationStatus {
    /// It is stored.
    Updated,
    /// The input is wrong: see `problems`.
    Invalid,
    /// There is no such integration in this workspace.
    NotFound,
}

/// What deleting did.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialDeleteIntegrationPayload {
    /// How it went.
    status: SocialDeleteIntegrationStatus,
    /// The same for people.
    message: String,
    /// The id of what was deleted.
    id: Option<Id>,
}

/// How deleting went.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
enum SocialDeleteIntegrationStatus {
    /// It is gone.
    Deleted,
    /// There is no such integration in this workspace.
    NotFound,
}

/// What creating and changing tell alike.
struct Told {
    message: String,
    problems: Vec<SocialInputProblem>,
    integration: Option<SocialIntegration>,
}

impl Told {
    fn of<S>(configured: Configured, done: &str, [stored, invalid, not_found]: [S; 3]) -> (S, Self) {
        let told = |message: String| Self { message, problems: Vec::new(), integration: None };
        match configured {
            Configured::Done(row) => (stored, Self { integration: Some((*row).into()), ..told(done.into()) }),
            Configured::NotFound(what) => (not_found, told(format!("There is no such {what} in this workspace."))),
            Configured::Invalid(found) => {
                let (problems, sentences) = problems(found);
                (invalid, Self { problems, ..told(sentences) })
            }
        }
    }
}
