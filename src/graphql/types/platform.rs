//! The platforms and how they are set up.

use super::{SocialCost, time};
use crate::{
    domain::{Platform, limits::next_midnight},
    graphql::{
        access::admin,
        fault::{OrFault, service},
        scalar::{Money, Time},
        word::SocialPlatform,
    },
    platforms::ScopeNeed,
    service::Service,
    store::standings::Stands,
};
use async_graphql::{ComplexObject, Context, Result, SimpleObject};

/// A platform: how it is shown to people, and how it is set up here.
#[derive(SimpleObject)]
#[graphql(complex, rename_fields = "snake_case")]
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
    /// The time between two polls of an account that has no interval of its own, in seconds.
    poll_interval_seconds: i64,
    /// The shortest interval that an account can be set to, in seconds.
    least_poll_interval_seconds: i64,
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

/// How the platform stands with this app: what holds for every account at once.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialPlatformStanding {
    /// Every account waits: the platform does not answer, has no money of ours left, or takes no more calls.
    is_stopped: bool,
    /// A stable word for why, while it is.
    code: Option<String>,
    /// The same as a sentence.
    message: Option<String>,
    /// Since when.
    stopped_at: Option<Time>,
    /// Nobody calls before this; then one account finds out whether the platform answers again.
    hold_until: Option<Time>,
    /// How much of the app's limit is used, in percent; null unless the platform told so within the hour, and it is much.
    usage_percent: Option<f64>,
}

/// What the platform bills, and what the workspace spends there.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialPlatformBilling {
    /// The price of a post, in US dollars.
    post_usd: Money,
    /// The price of a user.
    user_usd: Money,
    /// No more than this is spent on a day (UTC), by all workspaces together; null: there is no limit.
    daily_budget_usd: Option<Money>,
    /// What this workspace spends.
    cost: SocialCost,
}

/// This app's calls of the day, where the platform counts them and does not tell how many: so we do.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialPlatformCalls {
    /// Calls of this UTC day, of all workspaces together.
    used: u32,
    /// Calls that the app has in a day; null where the platform does not say.
    most: Option<u32>,
    /// Calls that each login has in a day; null where the platform does not say.
    most_of_login: Option<u32>,
    /// When the counts start again.
    resets_at: Time,
    /// The same by endpoint.
    endpoints: Vec<SocialEndpointCalls>,
}

/// This app's calls of the day at one of the platform's endpoints.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialEndpointCalls {
    /// A stable word for the endpoint, such as `posts`.
    endpoint: String,
    /// Calls of this UTC day.
    used: u32,
    /// Calls that the app has there in a day, as a refusal taught it; null while there was none.
    most: Option<u32>,
}

#[ComplexObject(rename_fields = "snake_case")]
impl SocialPlatformOverview {
    /// This app's calls of the day; null where they are not counted, because the platform tells of its limits itself.
    async fn calls(&self, ctx: &Context<'_>) -> Result<Option<SocialPlatformCalls>> {
        let (service, platform) = (service(ctx)?, Platform::from(self.platform));
        let Some(daily) = service.platforms.get(platform).and_then(|client| client.spec().daily_calls) else {
            return Ok(None);
        };
        let now = service.clock.now();
        let counts = service.store.app_calls(platform, now.date_naive()).await.or_fault(ctx)?;
        Ok(Some(SocialPlatformCalls {
            used: counts.values().map(|count| count.calls).fold(0, u32::saturating_add),
            most: daily.app,
            most_of_login: daily.login,
            resets_at: next_midnight(now).into(),
            endpoints: counts
                .into_iter()
                .map(|(endpoint, count)| SocialEndpointCalls { endpoint, used: count.calls, most: count.most })
                .collect(),
        }))
    }

    /// How the platform stands with this app.
    async fn standing(&self, ctx: &Context<'_>) -> Result<SocialPlatformStanding> {
        let (service, platform) = (service(ctx)?, Platform::from(self.platform));
        let stands: Stands = service.store.standings().await.or_fault(ctx)?.remove(&platform).unwrap_or_default();
        let stop = stands.standing.open_stop();
        Ok(SocialPlatformStanding {
            is_stopped: stop.is_some(),
            code: stop.map(|stop| stop.code.clone()),
            message: stop.map(|stop| stop.message.clone()),
            stopped_at: time(stop.map(|stop| stop.opened_at)),
            hold_until: time(stop.map(|stop| stop.until)),
            usage_percent: stands.standing.recent_usage(service.clock.now()),
        })
    }

    /// What the platform bills; null where it does not.
    async fn billing(&self, ctx: &Context<'_>) -> Result<Option<SocialPlatformBilling>> {
        let (service, platform) = (service(ctx)?, Platform::from(self.platform));
        let Some(billing) = service.billing(platform) else { return Ok(None) };
        let cost = service.workspace_cost(admin(ctx)?, platform).await.or_fault(ctx)?;
        Ok(Some(SocialPlatformBilling {
            post_usd: billing.post.into(),
            user_usd: billing.user.into(),
            daily_budget_usd: billing.daily_budget.map(Into::into),
            cost: cost.into(),
        }))
    }
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
            poll_interval_seconds: service.poll_interval(platform, None).num_seconds(),
            least_poll_interval_seconds: service.least_interval(platform).num_seconds(),
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
