//! What a rule would make of posts.

use super::{SocialInputProblem, SocialPost, problems};
use crate::{
    domain::{
        self,
        embed::{embed, plain_text},
        plan::{Change, Decision, DeliveryStatus},
    },
    graphql::{scalar::Json, word::SocialDeliveryStatus},
    service::{
        ServiceError,
        preview::{FilterPreview, PreviewedPost},
    },
};
use async_graphql::{ComplexObject, Enum, SimpleObject};

/// What a rule would make of an account's latest posts, with the counters they have now, if they were published today.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct SocialFilterPreview {
    /// How it went.
    status: SocialPreviewFilterStatus,
    /// The same for people.
    message: String,
    /// Everything that is wrong with the rule.
    problems: Vec<SocialInputProblem>,
    /// How many posts it was tried on.
    total: i32,
    /// So many would be posted.
    delivered: i32,
    /// So many would wait for engagement.
    waiting: i32,
    /// So many would be left out.
    filtered: i32,
    /// So many would be posted if the channel took them.
    failed: i32,
    /// So many would be posted that the rule in force does not post.
    gained: i32,
    /// So many would not be posted that the rule in force posts.
    lost: i32,
    /// The posts, newest first.
    posts: Vec<SocialPreviewedPost>,
}

/// How a preview went.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
pub enum SocialPreviewFilterStatus {
    /// See `posts`.
    Previewed,
    /// The rule is wrong: see `problems`.
    Invalid,
    /// There is no such account, channel or integration in this workspace.
    NotFound,
}

/// A post, and what would become of it.
#[derive(SimpleObject)]
#[graphql(complex, rename_fields = "snake_case")]
pub struct SocialPreviewedPost {
    /// The post.
    post: SocialPost,
    /// What would become of it.
    status: SocialDeliveryStatus,
    /// A stable word for why it would not be posted.
    reason: Option<String>,
    /// The same as a sentence.
    detail: Option<String>,
    /// What the rule in force makes of it; null without integration_id.
    in_force: Option<SocialDeliveryStatus>,
    /// What the rule would change; null when nothing, and without integration_id.
    change: Option<SocialPreviewChange>,
    #[graphql(skip)]
    content: domain::Post,
    #[graphql(skip)]
    platform: domain::Platform,
}

/// How a rule differs from the one in force.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
pub enum SocialPreviewChange {
    /// It would be posted, and is not by the rule in force.
    Gained,
    /// It is posted by the rule in force, and would not be.
    Lost,
}

#[ComplexObject(rename_fields = "snake_case")]
impl SocialPreviewedPost {
    /// The embed that its message would have.
    async fn embed(&self) -> Json {
        Json(embed(self.platform, &self.content))
    }

    /// The text that its message would have.
    async fn content(&self) -> String {
        plain_text(self.platform, &self.content)
    }
}

impl TryFrom<FilterPreview> for SocialFilterPreview {
    type Error = ServiceError;

    fn try_from(preview: FilterPreview) -> Result<Self, ServiceError> {
        use SocialPreviewFilterStatus::{Invalid, NotFound, Previewed};
        match preview {
            FilterPreview::NotFound(what) => {
                Ok(Self::without_posts(NotFound, format!("There is no such {what} in this workspace."), Vec::new()))
            }
            FilterPreview::Invalid(found) => {
                let (problems, sentences) = problems(found);
                Ok(Self::without_posts(Invalid, sentences, problems))
            }
            FilterPreview::Posts(posts) => {
                let count = |status| length(posts.iter().filter(|p| p.previewed.tried.status() == status).count());
                let changes = |change| length(posts.iter().filter(|p| p.previewed.change() == Some(change)).count());
                let (total, delivered) = (length(posts.len()), count(DeliveryStatus::Delivered));
                Ok(Self {
                    total,
                    delivered,
                    waiting: count(DeliveryStatus::Waiting),
                    filtered: count(DeliveryStatus::Filtered),
                    failed: count(DeliveryStatus::Failed),
                    gained: changes(Change::Gained),
                    lost: changes(Change::Lost),
                    posts: posts.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
                    ..Self::without_posts(Previewed, format!("{delivered} of {total} would be posted."), Vec::new())
                })
            }
        }
    }
}

impl SocialFilterPreview {
    fn without_posts(status: SocialPreviewFilterStatus, message: String, problems: Vec<SocialInputProblem>) -> Self {
        Self {
            status,
            message,
            problems,
            total: 0,
            delivered: 0,
            waiting: 0,
            filtered: 0,
            failed: 0,
            gained: 0,
            lost: 0,
            posts: Vec::new(),
        }
    }
}

fn length(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

impl TryFrom<PreviewedPost> for SocialPreviewedPost {
    type Error = ServiceError;

    fn try_from(of: PreviewedPost) -> Result<Self, ServiceError> {
        let reason = of.previewed.tried.reason();
        Ok(Self {
            platform: of.row.platform,
            post: of.row.try_into()?,
            status: status(of.previewed.tried),
            reason: reason.map(|reason| reason.code().to_owned()),
            detail: reason.map(|reason| reason.sentence().into_owned()),
            in_force: of.previewed.in_force.map(status),
            change: of.previewed.change().map(|change| match change {
                Change::Gained => SocialPreviewChange::Gained,
                Change::Lost => SocialPreviewChange::Lost,
            }),
            content: of.post,
        })
    }
}

fn status(decision: Decision) -> SocialDeliveryStatus {
    match decision.status() {
        DeliveryStatus::Delivered => SocialDeliveryStatus::Delivered,
        DeliveryStatus::Filtered => SocialDeliveryStatus::Filtered,
        DeliveryStatus::Waiting => SocialDeliveryStatus::Waiting,
        DeliveryStatus::Failed => SocialDeliveryStatus::Failed,
    }
}
