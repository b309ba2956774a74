//! What calls use of a platform's limits and money, noted as answers arrive: so it is known of a reading that fails or
//! is given up half-way too. Where a budget holds, the meter is also asked before a call that costs.

use super::{LimitScope, PlatformError};
use crate::domain::{Usd, limits::Window};
use futures_util::future::BoxFuture;
use std::{collections::BTreeMap, fmt, sync::Mutex};

/// What calls used.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reads {
    /// HTTP requests.
    pub requests: u32,
    /// Posts in the answers.
    pub posts: u32,
    /// What the platform bills; a thing may be in it twice.
    pub billed: Vec<Billed>,
    /// Calls left in the window of the token, where the platform tells.
    pub window: Option<Window>,
    /// The largest share of a limit of the account's that is used, in percent, where the platform tells.
    pub usage_percent: Option<f64>,
    /// The same of the app's limits.
    pub app_usage_percent: Option<f64>,
    /// Requests by endpoint, where the platform counts them by the day and does not tell.
    pub calls: BTreeMap<&'static str, u32>,
    /// The daily count that an answer called used up.
    pub used_up: Option<UsedUp>,
}

/// A daily count without a call left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsedUp {
    /// The endpoint.
    pub endpoint: &'static str,
    /// Whose count of it: the login's or the app's. The other one may have many calls left.
    pub whose: LimitScope,
}

/// One thing that a platform bills.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Billed {
    /// What it is.
    pub kind: BilledKind,
    /// The kind of call: the same thing is billed again by another kind.
    pub endpoint: &'static str,
    /// The platform's id of it.
    pub id: String,
}

/// Kinds of things that are billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BilledKind {
    /// A post.
    Post,
    /// A user.
    User,
}

impl BilledKind {
    /// The word in the tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::User => "user",
        }
    }
}

/// What things cost, and how they are read. Prices are the operator's to set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Billing {
    /// A post.
    pub post: Usd,
    /// A user.
    pub user: Usd,
    /// Not more than this on a UTC day.
    pub daily_budget: Option<Usd>,
    /// Posts of the smallest page.
    pub smallest_page: u32,
    /// Posts of the largest page.
    pub largest_page: u32,
    /// UTC days that the look-ups of one post touch at most: on each of them it is billed anew.
    pub lookup_days: u32,
}

impl Billing {
    /// The price of one thing.
    pub const fn price(&self, kind: BilledKind) -> Usd {
        match kind {
            BilledKind::Post => self.post,
            BilledKind::User => self.user,
        }
    }

    /// The price of all of these, each billed.
    pub fn price_of(&self, billed: &[Billed]) -> Usd {
        billed.iter().map(|thing| self.price(thing.kind)).sum()
    }
}

/// Asks the budget for at least the first and at most the second sum.
pub type MoreMoney = Box<dyn Fn(Usd, Usd) -> BoxFuture<'static, Granted> + Send + Sync>;

/// The budget's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granted {
    /// So much.
    Some(Usd),
    /// Nothing now: others have set aside what is left, and may give some of it back.
    Later,
    /// Nothing more today.
    SpentOut,
}

/// Money set aside for the calls of one reading.
struct Purse {
    billing: Billing,
    left: Mutex<Left>,
    more: MoreMoney,
}

#[derive(Clone, Copy)]
struct Left {
    /// To spend.
    free: Usd,
    /// For the call under way.
    aside: Usd,
    /// For calls whose answers were lost: the platform may have billed them.
    unsure: Usd,
    /// Everything granted.
    granted: Usd,
}

/// Notes what the calls of one reading use.
#[derive(Default)]
pub struct Meter {
    reads: Mutex<Reads>,
    purse: Option<Purse>,
}

impl Meter {
    /// A meter with `granted` to spend, and `more` to ask when that is not enough.
    pub fn with_budget(billing: Billing, granted: Usd, more: MoreMoney) -> Self {
        let left = Left { free: granted, aside: Usd::ZERO, unsure: Usd::ZERO, granted };
        Self { reads: Mutex::default(), purse: Some(Purse { billing, left: Mutex::new(left), more }) }
    }

    /// Notes something.
    pub fn note(&self, what: impl FnOnce(&mut Reads)) {
        what(&mut self.reads.lock().expect("a meter's lock is never held over a panic"));
    }

    /// What was used so far.
    pub fn reads(&self) -> Reads {
        self.reads.lock().expect("a meter's lock is never held over a panic").clone()
    }

    /// Everything granted, and of it what calls without an answer may have cost.
    pub fn granted_and_unsure(&self) -> (Usd, Usd) {
        self.purse.as_ref().map_or((Usd::ZERO, Usd::ZERO), |purse| {
            let left = purse.left();
            (left.granted, left.unsure + left.aside)
        })
    }

    /// How many things a call may bring, `least` to `most`. Must be asked before each call that costs, and followed by
    /// [`Meter::answered`] once what the call cost is known.
    ///
    /// # Errors
    /// [`PlatformError::OverBudget`] when the budget has no room for `least`.
    pub async fn allow(&self, kind: BilledKind, least: u32, most: u32) -> Result<u32, PlatformError> {
        let Some(purse) = &self.purse else { return Ok(most) };
        let price = purse.billing.price(kind);
        let (need, want) = (price.times(least.into()), price.times(most.into()));
        let free = purse.left().free;
        if free < need {
            match (purse.more)(need - free, want - free).await {
                Granted::Some(sum) => purse.change(|left| {
                    left.free = left.free + sum;
                    left.granted = left.granted + sum;
                }),
                Granted::Later => return Err(PlatformError::OverBudget { spent_out: false }),
                Granted::SpentOut => return Err(PlatformError::OverBudget { spent_out: true }),
            }
        }
        let fits = price.fits_into(purse.left().free).min(most.into());
        let fits = u32::try_from(fits).unwrap_or(most);
        purse.change(|left| {
            // What the last call put aside and nobody answered for stays out of reach.
            left.unsure = left.unsure + left.aside;
            left.aside = price.times(fits.into());
            left.free = left.free - left.aside;
        });
        Ok(fits)
    }

    /// The call was answered, and cost `billed`: nothing, where it was refused.
    pub fn answered(&self, billed: Vec<Billed>) {
        if let Some(purse) = &self.purse {
            let cost = purse.billing.price_of(&billed);
            purse.change(|left| {
                left.free = left.free + (left.aside - cost);
                left.aside = Usd::ZERO;
            });
        }
        self.note(|reads| reads.billed.extend(billed));
    }
}

impl Purse {
    fn left(&self) -> Left {
        *self.left.lock().expect("a purse's lock is never held over a panic")
    }

    fn change(&self, how: impl FnOnce(&mut Left)) {
        how(&mut self.left.lock().expect("a purse's lock is never held over a panic"));
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter").field("reads", &self.reads()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn billing() -> Billing {
        let (post, user) = (Usd(5_000), Usd(10_000));
        Billing { post, user, daily_budget: None, smallest_page: 5, largest_page: 100, lookup_days: 2 }
    }

    fn posts(count: u32) -> Vec<Billed> {
        let post = |n| Billed { kind: BilledKind::Post, endpoint: "timeline", id: format!("{n}") };
        (0..count).map(post).collect()
    }

    /// A meter with money for so many posts, and a budget that has room for so many more.
    fn meter(granted: u32, room: u32) -> Meter {
        let post = billing().post;
        let room = Arc::new(Mutex::new(post.times(room.into())));
        let more: MoreMoney = Box::new(move |least, most| {
            let mut room = room.lock().unwrap();
            let granted = if *room < least { Granted::Later } else { Granted::Some(most.min(*room)) };
            if let Granted::Some(sum) = granted {
                *room = *room - sum;
            }
            Box::pin(async move { granted })
        });
        Meter::with_budget(billing(), post.times(granted.into()), more)
    }

    #[tokio::test]
    async fn without_a_budget_everything_is_allowed_and_noted() {
        let meter = Meter::default();
        assert_eq!(meter.allow(BilledKind::Post, 5, 100).await, Ok(100));
        meter.answered(posts(3));
        assert_eq!(meter.reads().billed.len(), 3);
    }

    #[tokio::test]
    async fn a_call_brings_no_more_than_there_is_money_for() {
        let meter = meter(12, 30);
        assert_eq!(meter.allow(BilledKind::Post, 5, 100).await, Ok(12));
        meter.answered(posts(10));
        assert_eq!(meter.allow(BilledKind::Post, 5, 20).await, Ok(20), "2 left and 18 more");
        meter.answered(posts(20));
        assert_eq!(meter.allow(BilledKind::Post, 5, 100).await, Ok(12), "all that was left");
        meter.answered(Vec::new());
        assert_eq!(meter.allow(BilledKind::Post, 5, 100).await, Ok(12), "a refused call cost nothing");
        meter.answered(posts(12));
        let over = meter.allow(BilledKind::Post, 5, 100).await;
        assert_eq!(over, Err(PlatformError::OverBudget { spent_out: false }));
        assert_eq!(meter.granted_and_unsure(), (billing().post.times(42), Usd::ZERO));
    }

    #[tokio::test]
    async fn a_call_whose_answer_was_lost_keeps_its_money() {
        let meter = meter(20, 0);
        assert_eq!(meter.allow(BilledKind::Post, 5, 10).await, Ok(10));
        // No answer. The same is tried again.
        assert_eq!(meter.allow(BilledKind::Post, 5, 20).await, Ok(10));
        meter.answered(posts(1));
        assert_eq!(meter.granted_and_unsure(), (billing().post.times(20), billing().post.times(10)));
    }
}
