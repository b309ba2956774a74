//! What a rule would make of the posts that are there, before anybody saves it.

use super::{
    AdminActor, Service, ServiceError,
    integrations::{InputProblem, IntegrationInput, rule_of},
};
use crate::{
    domain::{
        Post,
        filter::{Rule, RuleInput},
        integration::Integration,
        plan::{Previewed, preview},
    },
    store::{
        StoreError, accounts, channels, deliveries,
        integrations::{self, IntegrationRow},
        posts::{self, StoredPost},
    },
};
use chrono::Duration;
use deadpool_postgres::Transaction;
use std::collections::HashMap;
use uuid::Uuid;

/// What came of a preview.
#[derive(Clone, Debug)]
pub enum FilterPreview {
    /// The latest posts, newest first.
    Posts(Vec<PreviewedPost>),
    /// There is no such account, channel or integration in this workspace.
    NotFound(&'static str),
    /// The rule is wrong: every problem, with what to do.
    Invalid(Vec<InputProblem>),
}

/// A post and what would become of it.
#[derive(Clone, Debug)]
pub struct PreviewedPost {
    /// As people see it.
    pub row: StoredPost,
    /// As embeds see it.
    pub post: Post,
    /// What would become of it.
    pub previewed: Previewed,
}

impl Service {
    /// Tries the rule of `input` on the latest `first` posts of an account. What `input` does not give is taken from
    /// `in_force`, an integration, with whose rule it is compared. Both are tried as if they posted by themselves.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn preview_filter(
        &self,
        admin: &AdminActor,
        account_id: Uuid,
        in_force: Option<Uuid>,
        input: &IntegrationInput,
        first: u32,
    ) -> Result<FilterPreview, ServiceError> {
        let tenant = admin.tenant();
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(tenant).await?;
        if accounts::list(&transaction, tenant, Some(&[account_id]), None).await?.is_empty() {
            return Ok(FilterPreview::NotFound("account"));
        }
        let in_force = match in_force {
            None => None,
            Some(id) => match integrations::list(&transaction, tenant, None, Some(id)).await?.pop() {
                Some(row) if row.account_id == account_id => Some(row),
                _ => return Ok(FilterPreview::NotFound("integration")),
            },
        };
        let (rule, hours) = match rule_of(input, in_force.as_ref()) {
            Ok(rule) => rule,
            Err(problems) => return Ok(FilterPreview::Invalid(problems)),
        };
        let channel = input.channel_id.or(in_force.as_ref().map(|row| row.channel_id));
        let Some(is_archived) = archived(&transaction, tenant, channel).await? else {
            return Ok(FilterPreview::NotFound("channel"));
        };
        let id = in_force.as_ref().map_or(Uuid::nil(), |row| row.id);
        let tried = Integration {
            id,
            channel_id: channel.unwrap_or_default(),
            is_archived,
            auto_post: true,
            rule,
            engagement_window: Duration::hours(hours.into()),
            backfill: None,
        };
        let in_force = match in_force {
            None => None,
            Some(row) => {
                let is_archived = archived(&transaction, tenant, Some(row.channel_id)).await?.unwrap_or(true);
                Some(as_posting(row, is_archived))
            }
        };

        let latest = posts::latest(&transaction, tenant, account_id, first.into()).await?;
        let ids: Vec<Uuid> = latest.iter().map(|whole| whole.row.id).collect();
        let mut placed: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
        for delivery in deliveries::of_posts(&transaction, tenant, &ids).await? {
            // What the integration itself has posted it may post.
            if delivery.status == "delivered" && delivery.integration_id != Some(id) {
                placed.entry(delivery.post_id).or_default().push(delivery.channel_id);
            }
        }
        let now = self.clock.now();
        let previewed = latest.into_iter().filter_map(|whole| {
            let post = whole.post?;
            let channels = placed.remove(&whole.row.id).unwrap_or_default();
            let in_channel = |integration: &Integration| channels.contains(&integration.channel_id);
            let previewed = preview(now, &post, &tried, in_force.as_ref(), in_channel);
            Some(PreviewedPost { row: whole.row, post, previewed })
        });
        Ok(FilterPreview::Posts(previewed.collect()))
    }
}

/// Whether the channel, if one is named, is archived; `None`: it is not there.
async fn archived(
    transaction: &Transaction<'_>,
    tenant: &str,
    channel: Option<Uuid>,
) -> Result<Option<bool>, StoreError> {
    let Some(id) = channel else { return Ok(Some(false)) };
    Ok(channels::by_ids(transaction, tenant, &[id]).await?.pop().map(|channel| channel.is_archived))
}

/// A stored integration, as if it posted by itself.
fn as_posting(row: IntegrationRow, is_archived: bool) -> Integration {
    Integration {
        id: row.id,
        channel_id: row.channel_id,
        is_archived,
        auto_post: true,
        rule: Rule::from_stored(&RuleInput {
            filter_hashtags: Some(row.filter_hashtags),
            filter_keywords: Some(row.filter_keywords),
            exclude_retweets: Some(row.exclude_retweets),
            exclude_replies: Some(row.exclude_replies),
            min_engagement: Some(row.min_engagement.into()),
        }),
        engagement_window: Duration::hours(row.engagement_window_hours.into()),
        backfill: None,
    }
}
