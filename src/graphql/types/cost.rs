//! What reading costs.

use crate::{
    graphql::{
        scalar::{Day, Money},
        word::SocialPlatform,
    },
    service::costs::Cost,
    store::costs::CostDay,
};
use async_graphql::SimpleObject;

/// What an account, or a workspace at one platform, costs.
#[derive(SimpleObject, Clone)]
#[graphql(rename_fields = "snake_case")]
pub struct SocialCost {
    /// On this day (UTC), in US dollars.
    today_usd: Money,
    /// In this month so far.
    month_usd: Money,
    /// In this month at its end, if the days left are like those of the last four weeks.
    forecast_month_usd: Money,
}

/// What reading cost on one day at one platform.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct SocialCostDay {
    /// The day (UTC).
    day: Day,
    /// The platform that bills.
    platform: SocialPlatform,
    /// Posts billed: each once a day and kind of call.
    posts: i64,
    /// Users billed.
    users: i64,
    /// Their price in US dollars, as configured on that day.
    usd: Money,
}

impl From<Cost> for SocialCost {
    fn from(cost: Cost) -> Self {
        Self {
            today_usd: cost.today.into(),
            month_usd: cost.month.into(),
            forecast_month_usd: cost.forecast_month.into(),
        }
    }
}

impl From<CostDay> for SocialCostDay {
    fn from(day: CostDay) -> Self {
        Self {
            day: day.day.into(),
            platform: day.platform.into(),
            posts: day.posts,
            users: day.users,
            usd: day.cost.into(),
        }
    }
}
