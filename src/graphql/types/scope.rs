//! Permissions that were not granted.

use crate::{domain::Platform, graphql::fault::service, platforms::ScopeNeed};
use async_graphql::{Context, Result, SimpleObject};

/// A permission that was asked for and not granted.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct SocialMissingScope {
    /// The platform's name of it.
    scope: String,
    /// What is switched off without it.
    feature: String,
    /// Without it nothing can be imported; otherwise only its feature is missing.
    required: bool,
}

impl From<&ScopeNeed> for SocialMissingScope {
    fn from(need: &ScopeNeed) -> Self {
        Self { scope: need.scope.clone(), feature: need.feature.into(), required: need.required }
    }
}

/// What is asked for at the account's platform today and its login was not `granted`. Nothing where the login lacks every
/// required one: then it was connected by another login of the platform, which asks for other things.
pub(super) fn missing_of_account(
    ctx: &Context<'_>,
    platform: Platform,
    granted: &[String],
) -> Result<Vec<SocialMissingScope>> {
    let client = service(ctx)?.platforms.get(platform);
    let is_of_this_login = client
        .is_some_and(|client| client.spec().scopes.iter().any(|need| need.required && granted.contains(&need.scope)));
    missing(ctx, platform, is_of_this_login.then_some(granted))
}

/// What is asked for at `platform` today and not among `granted`; nothing where it is not known what was granted.
pub(super) fn missing(
    ctx: &Context<'_>,
    platform: Platform,
    granted: Option<&[String]>,
) -> Result<Vec<SocialMissingScope>> {
    let (Some(client), Some(granted)) = (service(ctx)?.platforms.get(platform), granted) else {
        return Ok(Vec::new());
    };
    Ok(client.spec().missing_scopes(granted).map(Into::into).collect())
}
