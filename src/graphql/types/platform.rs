//! The platforms and how they are set up.

use crate::{domain::Platform, graphql::word::SocialPlatform, platforms::ScopeNeed, service::Service};
use async_graphql::SimpleObject;

/// A platform: how it is shown to people, and how it is set up here.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct SocialPlatformOverview {
    /// The word for it in every table, route and setting.
    platform: SocialPlatform,
    /// The name people know.
    name: String,
    /// The icon's name in nchat's icon set.
    icon: String,
    /// Its colour as `#RRGGBB`.
    color: String,
    /// This service has its credentials: accounts can be connected.
    is_configured: bool,
    /// The redirect address that must be registered with the platform's app, to the letter.
    callback_url: String,
    /// One login can open several accounts, from which the administrator chooses; false while it is not configured.
    offers_several_accounts: bool,
    /// The time between two polls of an account, in seconds.
    poll_interval_seconds: i64,
    /// The permissions asked for when an account is connected; empty while the platform is not configured.
    scopes: Vec<SocialPlatformScope>,
    /// What the platform's terms ask of whoever keeps its posts, as a sentence; null while it is not configured.
    storage_duty: Option<String>,
    /// Where the platform says so.
    storage_duty_url: Option<String>,
}

/// A permission that connecting an account asks for.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct SocialPlatformScope {
    /// The platform's name of it.
    scope: String,
    /// Without it nothing can be imported; otherwise only its feature is missing.
    required: bool,
    /// What it is for.
    feature: String,
}

impl SocialPlatformOverview {
    /// How `platform` is set up in `service`.
    pub fn of(service: &Service, platform: Platform) -> Self {
        let brand = platform.brand();
        let client = service.platforms.get(platform);
        let duty = client.map(|client| client.spec().storage_duty);
        Self {
            platform: platform.into(),
            name: brand.name.into(),
            icon: brand.icon.into(),
            color: brand.color.into(),
            is_configured: client.is_some(),
            callback_url: service.settings.callback_url(platform),
            offers_several_accounts: client.is_some_and(|client| client.spec().offers_several),
            poll_interval_seconds: service.poll_interval(platform).num_seconds(),
            scopes: client.map(|client| client.spec().scopes.iter().map(Into::into).collect()).unwrap_or_default(),
            storage_duty: duty.map(|duty| duty.rule.into()),
            storage_duty_url: duty.map(|duty| duty.source.into()),
        }
    }
}

impl From<&ScopeNeed> for SocialPlatformScope {
    fn from(need: &ScopeNeed) -> Self {
        Self { scope: need.scope.clone(), required: need.required, feature: need.feature.into() }
    }
}
