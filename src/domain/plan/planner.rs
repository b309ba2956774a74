//! How an import is decided.

use super::{
    Correction, DeliveryStatus, Facts, Import, Known, MAX_ATTEMPTS, Plan, PlannedDelivery, PlannedMessage, PlannedPost,
    scrub::scrub,
};
use crate::domain::{
    Dice, Post, Timestamp,
    embed::{embed, plain_text},
    filter::{PreparedPost, Reason, Verdict},
    integration::{ChannelState, Integration},
};
use chrono::Duration;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Posts can turn up this much after their time of publication and still count as new.
const LATE: Duration = Duration::hours(1);

/// Decides an import.
pub fn plan(facts: &Facts, import: Import, dice: &dyn Dice) -> Plan {
    let mut planner = Planner {
        facts,
        dice,
        baseline: import.baseline || facts.baseline_at.is_none(),
        next_message_at: facts
            .last_message_at
            .map_or(facts.now, |last| facts.now.max(last + Duration::microseconds(1))),
        plan: Plan { last_message_at: facts.last_message_at, ..Plan::default() },
        failing: HashSet::new(),
    };
    let mut brought = import.posts.into_iter().map(|post| (post, Freshness::Anew)).collect::<Vec<_>>();
    let fresh: HashMap<&str, &Post> = import.seen_again.iter().map(|post| (post.post_id.as_str(), post)).collect();
    // What is known is decided as it is stored, with the counters just read: a platform may give a post seen again
    // without its media. Seen before and not known any more: somebody deleted it here, and it stays deleted.
    let mut stored: Vec<Post> = facts.known.values().filter_map(|known| known.stored.clone()).collect();
    stored.sort_by(|a, b| (b.post_id.len(), &b.post_id).cmp(&(a.post_id.len(), &a.post_id)));
    brought.extend(stored.into_iter().map(|mut post| {
        let fresh = fresh.get(post.post_id.as_str());
        let counted = fresh.is_some_and(|fresh| post.engagement.refresh(&fresh.engagement));
        (post, if counted { Freshness::Counted } else { Freshness::Known })
    }));
    // Oldest first. Platforms list newest first, and a time in whole seconds leaves ties to that order.
    brought.reverse();
    brought.sort_by_key(|(post, _)| post.posted_at);
    let mut taken = HashSet::new();
    brought.retain(|(post, _)| taken.insert(post.post_id.clone()));

    let owed = planner.owed(&brought);
    for (index, (post, freshness)) in brought.into_iter().enumerate() {
        planner.take(post, freshness, &|integration| owed.get(&integration).is_some_and(|from| index >= *from));
    }
    planner.plan.backfilled = facts.integrations.iter().filter(|i| i.backfill.is_some()).map(|i| i.id).collect();
    planner.plan
}

/// What a poll said of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Freshness {
    /// Its content: it is new, or edited.
    Anew,
    /// Its counters, which have moved.
    Counted,
    /// Nothing that is not stored.
    Known,
}

struct Planner<'a> {
    facts: &'a Facts,
    dice: &'a dyn Dice,
    baseline: bool,
    next_message_at: Timestamp,
    plan: Plan,
    failing: HashSet<Uuid>,
}

impl Planner<'_> {
    /// For each integration that is owed older posts: the index from which on `posts` (oldest first) are its newest.
    fn owed(&self, posts: &[(Post, Freshness)]) -> HashMap<Uuid, usize> {
        let owing = self.facts.integrations.iter().filter_map(|i| Some((i.id, i.backfill?)));
        owing.map(|(id, count)| (id, posts.len().saturating_sub(count))).collect()
    }

    fn take(&mut self, mut post: Post, freshness: Freshness, owed: &dyn Fn(Uuid) -> bool) {
        scrub(&mut post);
        let known = self.facts.known.get(&post.post_id);
        let id = known.map_or_else(|| self.dice.uuid(self.facts.now), |known| known.id);
        let is_edited = known.is_some() && freshness == Freshness::Anew;
        let mut outcome = Outcome::default();
        let prepared = PreparedPost::new(&post);
        let mut channels: HashSet<Uuid> = known.map(delivered_channels).unwrap_or_default();

        for integration in &self.facts.integrations {
            let before =
                known.and_then(|known| known.deliveries.iter().find(|d| d.integration_id == Some(integration.id)));
            let is_new = known.is_none() && !self.baseline && self.in_time(&post);
            let decide = match before.map(|before| before.status) {
                None => known.is_none() || owed(integration.id),
                Some(DeliveryStatus::Waiting) => true,
                Some(DeliveryStatus::Failed) => before.is_some_and(|before| before.attempts < MAX_ATTEMPTS),
                // Older than the connection, yet the administrator asked for older posts.
                Some(DeliveryStatus::Filtered | DeliveryStatus::Delivered) => false,
            };
            if !decide {
                continue;
            }
            let entitled = is_new || before.is_some() || owed(integration.id);
            let decision = self.decide(integration, &prepared, entitled, &channels);
            if matches!(decision, Decision::Waiting { .. }) && before.is_some() {
                outcome.waiting = true;
                continue;
            }
            let attempts = before.map_or(1, |before| before.attempts + 1);
            let delivery = before.map_or_else(|| self.dice.uuid(self.facts.now), |before| before.id);
            let written = self.write(&post, id, integration, delivery, attempts, decision, &mut outcome);
            channels.extend(written);
        }

        if is_edited && let Some(known) = known {
            let messages = known.deliveries.iter().filter_map(|delivery| delivery.message_id);
            for message in messages {
                self.plan.corrections.push(Correction {
                    id: message,
                    content: plain_text(self.facts.platform, &post),
                    embed: embed(self.facts.platform, &post),
                });
            }
        }
        self.count(known.is_none(), &outcome);
        let touched = !outcome.channels.is_empty() || outcome.error.is_some();
        if freshness != Freshness::Known || touched {
            self.plan.posts.push(PlannedPost {
                id,
                post,
                is_new: known.is_none(),
                channels: outcome.channels,
                error: outcome.error,
            });
        }
    }

    /// Published since stock was taken, or so shortly before that it was not to be seen then.
    fn in_time(&self, post: &Post) -> bool {
        self.facts.baseline_at.is_some_and(|baseline| post.posted_at >= baseline - LATE)
    }

    fn decide(
        &self,
        integration: &Integration,
        post: &PreparedPost,
        entitled: bool,
        channels: &HashSet<Uuid>,
    ) -> Decision {
        if !entitled {
            return Decision::Filtered(Reason::BeforeConnection);
        }
        match integration.rule.decide(post) {
            Verdict::Filtered(reason) => return Decision::Filtered(reason),
            Verdict::Waiting { have, need } => return Decision::Waiting { have, need },
            Verdict::Pass => {}
        }
        if !integration.auto_post {
            return Decision::Filtered(Reason::AutoPostOff);
        }
        if channels.contains(&integration.channel_id) {
            return Decision::Filtered(Reason::AlreadyInChannel);
        }
        match &integration.channel {
            ChannelState::Open => Decision::Deliver,
            ChannelState::Archived => {
                Decision::Failed("channel_archived", "The channel is archived: unarchive it or choose another".into())
            }
            ChannelState::Refusing(why) => Decision::Failed("channel_refuses", why.clone()),
        }
    }

    /// Records a decision; returns the channel that got the post.
    #[allow(clippy::too_many_arguments)]
    fn write(
        &mut self,
        post: &Post,
        post_row: Uuid,
        integration: &Integration,
        id: Uuid,
        attempts: i32,
        decision: Decision,
        outcome: &mut Outcome,
    ) -> Option<Uuid> {
        let mut delivery = PlannedDelivery {
            id,
            post: post_row,
            integration: integration.id,
            channel: integration.channel_id,
            status: decision.status(),
            reason: None,
            detail: None,
            message: None,
            attempts,
        };
        match decision {
            Decision::Deliver => {
                let message = self.dice.uuid(self.facts.now);
                delivery.message = Some(message);
                outcome.channels.push(integration.channel_id);
                self.plan.messages.push(PlannedMessage {
                    id: message,
                    channel: integration.channel_id,
                    content: plain_text(self.facts.platform, post),
                    embed: embed(self.facts.platform, post),
                    metadata: self.metadata(post, &delivery),
                    created_at: self.next_message_at,
                });
                self.plan.last_message_at = Some(self.next_message_at);
                self.next_message_at += Duration::microseconds(1);
            }
            Decision::Filtered(reason) => {
                outcome.filtered = true;
                delivery.reason = Some(reason.code());
                delivery.detail = Some(reason.sentence().into_owned());
            }
            Decision::Waiting { have, need } => {
                outcome.waiting = true;
                delivery.reason = Some("low_engagement");
                delivery.detail = Some(format!("below {need} in engagement: has {have}, will be looked at again"));
            }
            Decision::Failed(reason, why) => {
                self.plan.retry |= attempts < MAX_ATTEMPTS;
                delivery.reason = Some(reason);
                if self.failing.insert(integration.channel_id) {
                    self.plan.errors.push(format!("channel {}: {why}", integration.channel_id));
                }
                outcome.error.get_or_insert_with(|| why.clone());
                delivery.detail = Some(why);
            }
        }
        let channel = delivery.message.map(|_| delivery.channel);
        self.plan.deliveries.push(delivery);
        channel
    }

    fn metadata(&self, post: &Post, delivery: &PlannedDelivery) -> serde_json::Value {
        serde_json::json!({ "social": {
            "platform": self.facts.platform,
            "account_id": self.facts.account_id,
            "integration_id": delivery.integration,
            "delivery_id": delivery.id,
            "post": delivery.post,
            "post_id": post.post_id,
            "post_url": post.url,
        }})
    }

    fn count(&mut self, is_new: bool, outcome: &Outcome) {
        let counts = &mut self.plan.counts;
        counts.imported += u32::from(is_new);
        counts.messages += u32::try_from(outcome.channels.len()).unwrap_or(u32::MAX);
        if !outcome.channels.is_empty() {
            counts.posted += 1;
        } else if outcome.error.is_some() {
            counts.failed += 1;
        } else if outcome.waiting {
            counts.waiting += 1;
        } else if outcome.filtered && is_new {
            counts.filtered += 1;
        }
    }
}

enum Decision {
    Deliver,
    Filtered(Reason),
    Waiting { have: u64, need: u64 },
    Failed(&'static str, String),
}

impl Decision {
    const fn status(&self) -> DeliveryStatus {
        match self {
            Self::Deliver => DeliveryStatus::Delivered,
            Self::Filtered(_) => DeliveryStatus::Filtered,
            Self::Waiting { .. } => DeliveryStatus::Waiting,
            Self::Failed(..) => DeliveryStatus::Failed,
        }
    }
}

/// What became of one post over all integrations.
#[derive(Default)]
struct Outcome {
    channels: Vec<Uuid>,
    filtered: bool,
    waiting: bool,
    error: Option<String>,
}

fn delivered_channels(known: &Known) -> HashSet<Uuid> {
    known.deliveries.iter().filter(|d| d.status == DeliveryStatus::Delivered).map(|d| d.channel_id).collect()
}
