//! Who asks. A permission is a type: what only administrators may do takes an [`AdminActor`], and only [`Service::actor`]
//! and [`Service::operator`] make one.

use super::{Service, ServiceError};
use crate::store::people;
use uuid::Uuid;

/// What a session claims, after its signature or secret was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// `x-hasura-role`, or the token's default role.
    pub role: String,
    /// `x-hasura-user-id`.
    pub user_id: Option<Uuid>,
    /// `x-hasura-source-account-id`; the default tenant when absent.
    pub tenant: Option<String>,
}

/// Who asks.
#[derive(Clone, Debug)]
pub enum Actor {
    /// This service itself: polls. Never from outside.
    System,
    /// An administrator of a tenant.
    Admin(AdminActor),
    /// Somebody of the chat who administers nothing.
    Member,
    /// Nobody known. Hasura's introspection comes as this too, with the secret alone.
    Nobody,
}

/// An administrator of one tenant.
#[derive(Clone, Debug)]
pub struct AdminActor {
    tenant: String,
    user_id: Option<Uuid>,
}

impl AdminActor {
    /// The tenant that is administered.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The person, where one is known (Hasura's admin secret has none).
    pub const fn user_id(&self) -> Option<Uuid> {
        self.user_id
    }
}

impl Actor {
    /// The administrator, if it is one.
    ///
    /// # Errors
    /// [`ServiceError::Unauthenticated`] or [`ServiceError::Forbidden`].
    pub const fn admin(&self) -> Result<&AdminActor, ServiceError> {
        match self {
            Self::Admin(admin) => Ok(admin),
            Self::Nobody => Err(ServiceError::Unauthenticated),
            Self::Member | Self::System => Err(ServiceError::Forbidden),
        }
    }

    /// Whether it is this service itself.
    pub const fn is_system(&self) -> bool {
        matches!(self, Self::System)
    }
}

impl Service {
    /// The operator of this service, who showed its own token: administers the default tenant.
    pub fn operator(&self) -> Actor {
        Actor::Admin(AdminActor { tenant: self.settings.default_tenant.clone(), user_id: None })
    }

    /// Who claims of this kind are. nchat's browser asks as role `user` whatever the person is, so a person without an
    /// administrator's role is looked up among the workspace's owners and administrators.
    ///
    /// # Errors
    /// [`ServiceError::Internal`] when the database cannot tell.
    pub async fn actor(&self, claims: &Claims) -> Result<Actor, ServiceError> {
        let tenant = claims.tenant.clone().unwrap_or_else(|| self.settings.default_tenant.clone());
        if tenant.is_empty() || tenant == crate::store::ALL_TENANTS {
            return Ok(Actor::Nobody);
        }
        let user_id = claims.user_id;
        if self.settings.admin_roles.contains(&claims.role) {
            return Ok(Actor::Admin(AdminActor { tenant, user_id }));
        }
        let Some(user) = user_id else { return Ok(Actor::Nobody) };
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin_as(&tenant, user).await?;
        let is_admin = people::is_administrator(&transaction, &tenant, user).await?;
        transaction.commit().await.map_err(crate::store::StoreError::from)?;
        Ok(if is_admin { Actor::Admin(AdminActor { tenant, user_id }) } else { Actor::Member })
    }
}
