//! What administrators do with integrations. Input is checked here, and every problem is named.

use super::{AdminActor, Service, ServiceError};
use crate::{
    domain::{
        engagement::{DEFAULT_WINDOW_HOURS, MAX_WINDOW_HOURS},
        filter::{Rule, RuleInput},
    },
    store::{
        StoreError, accounts, audit, channels,
        integrations::{self, IntegrationRow, IntegrationSettings},
    },
};
use deadpool_postgres::Transaction;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The most older posts an integration can ask for.
pub const MAX_BACKFILL: i32 = 50;

/// An integration as an administrator describes it. `None` means: not given.
#[derive(Clone, Debug, Default)]
pub struct IntegrationInput {
    /// Where messages go; must be given for a new one.
    pub channel_id: Option<Uuid>,
    /// Post by itself; default yes.
    pub auto_post: Option<bool>,
    /// The filters.
    pub rule: RuleInput,
    /// How long a post may take to reach the minimum, 1 to 168.
    pub engagement_window_hours: Option<i32>,
    /// How many older posts to post, 0 to 50; only for a new one.
    pub backfill_count: Option<i32>,
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum Configured {
    /// It is stored.
    Done(Box<IntegrationRow>),
    /// There is no such integration or account in this workspace.
    NotFound(&'static str),
    /// The input is wrong: every problem, with what to do.
    Invalid(Vec<InputProblem>),
}

/// One thing wrong with an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputProblem {
    /// The field.
    pub field: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl InputProblem {
    fn new(field: &str, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

impl Service {
    /// Creates an integration.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn create_integration(
        &self,
        admin: &AdminActor,
        account_id: Uuid,
        input: &IntegrationInput,
    ) -> Result<Configured, ServiceError> {
        let tenant = admin.tenant();
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(tenant).await?;
        if accounts::list(&transaction, tenant, Some(&[account_id]), None).await?.is_empty() {
            return Ok(Configured::NotFound("account"));
        }
        let backfill = input.backfill_count.unwrap_or(0);
        let mut problems = Vec::new();
        if !(0..=MAX_BACKFILL).contains(&backfill) {
            problems.push(InputProblem::new("backfill_count", format!("use 0 to {MAX_BACKFILL}")));
        }
        let settings = match self.check(&transaction, tenant, input, None, problems).await? {
            Ok(settings) => settings,
            Err(problems) => return Ok(Configured::Invalid(problems)),
        };
        let now = self.clock.now();
        let id = self.dice.uuid(now);
        let row =
            integrations::insert(&transaction, tenant, id, account_id, &settings, backfill, admin.user_id(), now).await;
        self.stored(transaction, admin, "integration_created", None, row.map(Some)).await
    }

    /// Changes what is given of an integration.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn update_integration(
        &self,
        admin: &AdminActor,
        id: Uuid,
        input: &IntegrationInput,
    ) -> Result<Configured, ServiceError> {
        let tenant = admin.tenant();
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(tenant).await?;
        let Some(current) = integrations::list(&transaction, tenant, None, Some(id)).await?.pop() else {
            return Ok(Configured::NotFound("integration"));
        };
        let settings = match self.check(&transaction, tenant, input, Some(&current), Vec::new()).await? {
            Ok(settings) => settings,
            Err(problems) => return Ok(Configured::Invalid(problems)),
        };
        let row = integrations::update(&transaction, tenant, id, &settings).await;
        self.stored(transaction, admin, "integration_updated", Some(&current), row).await
    }

    /// Deletes an integration; `false` when there is none.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn delete_integration(&self, admin: &AdminActor, id: Uuid) -> Result<bool, ServiceError> {
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(admin.tenant()).await?;
        let Some(deleted) = integrations::delete(&transaction, admin.tenant(), id).await? else { return Ok(false) };
        let detail = told(&deleted, None);
        let entry = self.audit_entry_of(admin, "integration_deleted", deleted.account_id, detail);
        audit::record(&transaction, &entry).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Checks an input, filling what is not given from `current`.
    async fn check(
        &self,
        transaction: &Transaction<'_>,
        tenant: &str,
        input: &IntegrationInput,
        current: Option<&IntegrationRow>,
        mut problems: Vec<InputProblem>,
    ) -> Result<Result<IntegrationSettings, Vec<InputProblem>>, StoreError> {
        let channel_id = input.channel_id.or(current.map(|current| current.channel_id));
        match channel_id {
            None => problems.push(InputProblem::new("channel_id", "choose a channel")),
            Some(id) if input.channel_id.is_some() || current.is_none() => {
                match channels::by_ids(transaction, tenant, &[id]).await?.pop() {
                    None => {
                        problems.push(InputProblem::new("channel_id", "there is no such channel in this workspace"))
                    }
                    Some(channel) if channel.is_archived => problems.push(InputProblem::new(
                        "channel_id",
                        format!("#{} is archived: unarchive it or choose another channel", channel.name),
                    )),
                    Some(channel) if channel.is_conversation() => problems.push(InputProblem::new(
                        "channel_id",
                        "posts cannot go into a direct or group conversation: choose a channel",
                    )),
                    Some(_) => {}
                }
            }
            Some(_) => {}
        }
        let (rule, hours) = match rule_of(input, current) {
            Ok(rule) => rule,
            Err(found) => {
                problems.extend(found);
                (Rule::default(), DEFAULT_WINDOW_HOURS)
            }
        };
        let Some(channel_id) = channel_id.filter(|_| problems.is_empty()) else { return Ok(Err(problems)) };
        Ok(Ok(IntegrationSettings {
            channel_id,
            auto_post: input.auto_post.or(current.map(|c| c.auto_post)).unwrap_or(true),
            filter_hashtags: rule.hashtags().to_vec(),
            filter_keywords: rule.stored_keywords(),
            exclude_retweets: rule.excludes_retweets(),
            exclude_replies: rule.excludes_replies(),
            min_engagement: i32::try_from(rule.min_engagement()).unwrap_or(i32::MAX),
            engagement_window_hours: hours,
        }))
    }

    /// Commits with a line in the audit log, or says in words what the database refused (a channel deleted meanwhile, a
    /// trigger's rule).
    async fn stored(
        &self,
        transaction: Transaction<'_>,
        admin: &AdminActor,
        action: &'static str,
        before: Option<&IntegrationRow>,
        row: Result<Option<IntegrationRow>, StoreError>,
    ) -> Result<Configured, ServiceError> {
        match row {
            Ok(Some(row)) => {
                let entry = self.audit_entry_of(admin, action, row.account_id, told(&row, before));
                audit::record(&transaction, &entry).await?;
                transaction.commit().await?;
                Ok(Configured::Done(Box::new(row)))
            }
            Ok(None) => Ok(Configured::NotFound("integration")),
            // A foreign key, or the trigger that compares workspaces; other refusals are the operator's matter.
            Err(error) if error.constraint().is_some_and(|name| name.ends_with("_fkey") || name == "23514") => {
                Ok(Configured::Invalid(vec![InputProblem::new(
                    "channel_id",
                    "account or channel is gone, of another workspace, or no channel for posts",
                )]))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// The rule and the window, in hours, of an input, filled from `current` where it gives nothing.
///
/// # Errors
/// Everything that is wrong with them.
pub(super) fn rule_of(
    input: &IntegrationInput,
    current: Option<&IntegrationRow>,
) -> Result<(Rule, i32), Vec<InputProblem>> {
    let given = &input.rule;
    let rule = Rule::parse(&RuleInput {
        filter_hashtags: given.filter_hashtags.clone().or_else(|| current.map(|c| c.filter_hashtags.clone())),
        filter_keywords: given.filter_keywords.clone().or_else(|| current.map(|c| c.filter_keywords.clone())),
        exclude_retweets: given.exclude_retweets.or(current.map(|c| c.exclude_retweets)),
        exclude_replies: given.exclude_replies.or(current.map(|c| c.exclude_replies)),
        min_engagement: given.min_engagement.or(current.map(|c| i64::from(c.min_engagement))),
    });
    let hours = input.engagement_window_hours.or(current.map(|c| c.engagement_window_hours));
    let hours = hours.unwrap_or(DEFAULT_WINDOW_HOURS);
    let in_bounds = (1..=MAX_WINDOW_HOURS).contains(&hours);
    match rule {
        Ok(rule) if in_bounds => Ok((rule, hours)),
        rule => {
            let found = rule.err().unwrap_or_default();
            let mut problems: Vec<InputProblem> = found
                .into_iter()
                .map(|problem| InputProblem::new(problem.field, format!("“{}”: {}", problem.value, problem.advice)))
                .collect();
            if !in_bounds {
                let advice = format!("use 1 to {MAX_WINDOW_HOURS} hours");
                problems.push(InputProblem::new("engagement_window_hours", advice));
            }
            Err(problems)
        }
    }
}

/// An integration for the audit log: all that is set, or what differs from `before`.
fn told(row: &IntegrationRow, before: Option<&IntegrationRow>) -> Value {
    let mut told = settings(row);
    if let Some(before) = before {
        let mut changed = Map::new();
        for (field, was) in settings(before) {
            let is = told.remove(&field).unwrap_or_default();
            if is != was {
                changed.insert(field, json!({"from": was, "to": is}));
            }
        }
        told = changed;
    }
    json!({"integration_id": row.id, "channel_id": row.channel_id, "settings": told})
}

fn settings(row: &IntegrationRow) -> Map<String, Value> {
    let settings = json!({
        "channel_id": row.channel_id,
        "auto_post": row.auto_post,
        "filter_hashtags": row.filter_hashtags,
        "filter_keywords": row.filter_keywords,
        "exclude_retweets": row.exclude_retweets,
        "exclude_replies": row.exclude_replies,
        "min_engagement": row.min_engagement,
        "engagement_window_hours": row.engagement_window_hours,
        "backfill_count": row.backfill_count,
    });
    match settings {
        Value::Object(settings) => settings,
        _ => Map::new(),
    }
}
