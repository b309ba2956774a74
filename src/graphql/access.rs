//! Who may. Default deny: the guards stand on the root types, so that a field added later is closed until it says
//! otherwise; and what administers takes the [`AdminActor`] that only [`admin`] hands out.

use super::fault::OrFault;
use crate::service::{Actor, AdminActor, ServiceError};
use async_graphql::{Context, Result};

/// The request comes from Hasura, with its secret: higher limits, since one question of Hasura's can hold a row's field
/// for each of many rows. Put into the request's data by whoever checked the secret.
#[derive(Clone, Copy, Debug)]
pub struct FromHasura;

fn actor<'a>(ctx: &Context<'a>) -> &'a Actor {
    ctx.data_opt::<Actor>().unwrap_or(&Actor::Nobody)
}

/// The administrator who asks.
pub(super) fn admin<'a>(ctx: &Context<'a>) -> Result<&'a AdminActor> {
    actor(ctx).admin().or_fault(ctx)
}

/// Guard: administrators only.
pub(super) fn admin_only(ctx: &Context<'_>) -> Result<()> {
    admin(ctx).map(|_| ())
}

/// Guard: administrators only, but a question of Hasura's passes: [`joined_admin`] answers it.
pub(super) fn admin_or_join(ctx: &Context<'_>) -> Result<()> {
    if ctx.data_opt::<FromHasura>().is_some() { Ok(()) } else { admin_only(ctx) }
}

/// The administrator who asks. Nobody, where Hasura asks on behalf of somebody else: what it joins to a row is null then,
/// for an error would take the row with it and all others.
/// `<https://hasura.io/docs/2.0/remote-schemas/remote-relationships/>`
pub(super) fn joined_admin<'a>(ctx: &Context<'a>) -> Option<&'a AdminActor> {
    actor(ctx).admin().ok()
}

/// Guard: this service itself only.
pub(super) fn system_only(ctx: &Context<'_>) -> Result<()> {
    let refusal = match actor(ctx) {
        Actor::System => return Ok(()),
        Actor::Nobody => ServiceError::Unauthenticated,
        Actor::Admin(_) | Actor::Member => ServiceError::Forbidden,
    };
    Err(refusal).or_fault(ctx)
}

/// Visibility: what only this service itself may use, nobody else's introspection shows.
pub(super) fn is_system(ctx: &Context<'_>) -> bool {
    actor(ctx).is_system()
}
