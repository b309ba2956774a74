//! Who changed what.

use super::id;
use crate::{
    graphql::{
        loader::name_of,
        scalar::{Id, Json, Time},
        word::{self, SocialAuditActor, SocialPlatform},
    },
    service::ServiceError,
    store::audit::AuditRow,
};
use async_graphql::{ComplexObject, Context, Result, SimpleObject};

/// A change to a connection or an integration. Holds no secret.
#[derive(SimpleObject, Clone)]
#[graphql(complex, rename_fields = "snake_case")]
pub struct SocialAuditEntry {
    /// The entry's id.
    id: Id,
    /// When it was done.
    done_at: Time,
    /// Who did it.
    actor: SocialAuditActor,
    /// The administrator, where the person is known.
    user_id: Option<Id>,
    /// A stable word for what was done, such as `account_connected`.
    action: String,
    /// Where the account is.
    platform: Option<SocialPlatform>,
    /// The account's id here; the account may be gone.
    account_id: Option<Id>,
    /// What the account was called then; empty where its owner's data was deleted.
    account_name: String,
    /// What else is known of the change: an object whose fields depend on `action`.
    detail: Json,
}

#[ComplexObject(rename_fields = "snake_case")]
impl SocialAuditEntry {
    /// What the administrator is called in nchat; null where the person is not known.
    async fn user_name(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        name_of(ctx, self.user_id).await
    }
}

impl TryFrom<AuditRow> for SocialAuditEntry {
    type Error = ServiceError;

    fn try_from(row: AuditRow) -> Result<Self, ServiceError> {
        let platform = row.platform.map(|platform| word::read("nchat_social_audit_log", "platform", &platform));
        Ok(Self {
            id: row.id.into(),
            done_at: row.done_at.into(),
            actor: word::read("nchat_social_audit_log", "actor", &row.actor)?,
            user_id: id(row.user_id),
            action: row.action,
            platform: platform.transpose()?,
            account_id: id(row.account_id),
            account_name: row.account_name,
            detail: Json(row.detail),
        })
    }
}
