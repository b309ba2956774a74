//! How an import is decided.

use super::{
    Ask, Correction, DeliveryStatus, Facts, Import, Known, KnownDelivery, MAX_ATTEMPTS, Plan, PlannedDelivery,
    PlannedMessage, PlannedPost, RefusedPost,
    brought::{Brought, Freshness, brought},
    judge::{Decision, at_last, judge, place},
    scrub::scrub,
};
use crate::domain::{
    Dice, Post, Timestamp,
    embed::{embed, plain_text},
    engagement::next_look,
    filter::{PreparedPost, Reason},
    integration::Integration,
};
use chrono::Duration;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Posts can turn up this much after their time of publication and still count as new.
const LATE: Duration = Duration::hours(1);

/// What was published so long before it is found is no news: weeks without polls must not flood a channel.
const NEWS_FOR: Duration = Duration::days(7);

/// What is told of a post that the database does not take.
const PARKED: &str = "The database refused this post; the service's log says why. It can be tried again.";
const LEFT_OUT: &str = "The database refused this post as it is now; the service's log says why.";
const NOT_CORRECTED: &str = "The database refused to correct the post's message; the service's log says why.";

/// Decides an import.
pub fn plan(facts: &Facts, import: Import, dice: &dyn Dice) -> Plan {
    let mut planner = Planner::new(facts, dice);
    planner.baseline = import.baseline || facts.baseline_at.is_none();
    planner.older = import.older;
    let brought = brought(facts, import);
    let owed = planner.owed(&brought);
    for (index, brought) in brought.into_iter().enumerate() {
        planner.take(brought, &|integration| owed.get(&integration).is_some_and(|from| index >= *from));
    }
    let served = facts.integrations.iter().filter(|i| planner.is_served(i)).map(|i| i.id).collect();
    planner.plan.backfilled = served;
    planner.plan
}

/// Decides about one stored `post` as an administrator asks; `by`: who that is.
pub fn plan_ask(facts: &Facts, post: Post, ask: Ask, by: Option<Uuid>, dice: &dyn Dice) -> Plan {
    let mut planner = Planner::new(facts, dice);
    planner.ask = Some((ask, by));
    // What was parked has never been written whole.
    let parked = facts.known.get(&post.post_id).is_some_and(|known| known.is_parked);
    let freshness = if parked { Freshness::Anew } else { Freshness::Known };
    planner.take(Brought { post, freshness, looked_at: false, is_gone: false }, &|_| false);
    planner.plan
}

struct Planner<'a> {
    facts: &'a Facts,
    dice: &'a dyn Dice,
    baseline: bool,
    /// So many older posts were asked for.
    older: usize,
    ask: Option<(Ask, Option<Uuid>)>,
    next_message_at: Timestamp,
    plan: Plan,
    failing: HashSet<Uuid>,
}

impl<'a> Planner<'a> {
    fn new(facts: &'a Facts, dice: &'a dyn Dice) -> Self {
        Self {
            facts,
            dice,
            baseline: false,
            older: 0,
            ask: None,
            next_message_at: facts
                .last_message_at
                .map_or(facts.now, |last| facts.now.max(last + Duration::microseconds(1))),
            plan: Plan { last_message_at: facts.last_message_at, ..Plan::default() },
            failing: HashSet::new(),
        }
    }

    /// The poll has read the older posts that `integration` is owed. It has not where the integration asked for them when
    /// the poll was under way already, or where their reading failed: then they stay owed.
    fn is_served(&self, integration: &Integration) -> bool {
        integration.backfill.is_some_and(|count| count <= self.older)
    }

    /// For each integration that is owed older posts: the index from which on `posts` (oldest first) are its newest.
    fn owed(&self, posts: &[Brought]) -> HashMap<Uuid, usize> {
        let served = self.facts.integrations.iter().filter(|i| self.is_served(i));
        let owing = served.filter_map(|i| Some((i.id, i.backfill?)));
        owing.map(|(id, count)| (id, posts.len().saturating_sub(count))).collect()
    }

    fn take(&mut self, mut brought: Brought, owed: &dyn Fn(Uuid) -> bool) {
        scrub(&mut brought.post);
        let known = self.facts.known.get(&brought.post.post_id);
        let id = known.map_or_else(|| self.dice.uuid(self.facts.now), |known| known.id);
        if let Some(refused) = self.facts.refusals.posts.get(&brought.post.post_id) {
            return self.park(id, brought.post, known.is_none(), *refused);
        }
        let mut outcome = Outcome::default();
        let prepared = PreparedPost::new(&brought.post);
        let mut channels: HashSet<Uuid> = known.map(delivered_channels).unwrap_or_default();
        for integration in &self.facts.integrations {
            let before =
                known.and_then(|known| known.deliveries.iter().find(|d| d.integration_id == Some(integration.id)));
            let in_channel = channels.contains(&integration.channel_id);
            let case = Case { integration, known, before, in_channel, owed: owed(integration.id) };
            let Some(decision) = self.decide(&case, &brought, &prepared) else { continue };
            let Some(decision) = self.wait(&case, &brought, decision) else {
                outcome.waiting = true;
                continue;
            };
            let decision = self.refused(&brought.post, integration, decision);
            channels.extend(self.write(&brought, id, &case, decision, &mut outcome));
        }
        let is_edited = brought.freshness == Freshness::Anew && self.ask.is_none();
        if let Some(known) = known.filter(|_| is_edited) {
            self.correct(known, &brought.post);
        }
        self.count(known.is_none(), &outcome);
        let touched = !outcome.channels.is_empty() || outcome.error.is_some();
        if brought.freshness != Freshness::Known || touched {
            self.plan.posts.push(PlannedPost {
                id,
                post: brought.post,
                is_new: known.is_none(),
                is_parked: false,
                channels: outcome.channels,
                error: outcome.error,
            });
        }
    }

    /// Keeps what can be kept of a post that the database refuses.
    fn park(&mut self, id: Uuid, post: Post, is_new: bool, refused: RefusedPost) {
        let (why, is_parked) = match refused {
            RefusedPost::Parked => (PARKED, true),
            RefusedPost::LeftOut => (LEFT_OUT, false),
        };
        self.plan.errors.push(format!("post {}: {why}", post.post_id));
        self.plan.counts.imported += u32::from(is_new && is_parked);
        self.plan.counts.failed += 1;
        if is_parked {
            let (channels, error) = (Vec::new(), Some(why.to_owned()));
            self.plan.posts.push(PlannedPost { id, post, is_new, is_parked, channels, error });
        }
    }

    /// What an integration says to a post; `None`: there is nothing to decide.
    fn decide(&self, case: &Case<'_>, brought: &Brought, post: &PreparedPost) -> Option<Decision> {
        let status = case.before.map(|before| before.status);
        let judged = || judge(case.integration, post, case.in_channel);
        match self.ask {
            Some((Ask::PostAnyway { integration }, _)) => {
                let asked = integration == case.integration.id && status != Some(DeliveryStatus::Delivered);
                return asked.then(|| place(case.integration, case.in_channel));
            }
            Some((Ask::Retry { integration }, _)) => {
                let asked = integration.is_none_or(|only| only == case.integration.id);
                return match status {
                    Some(DeliveryStatus::Failed) if asked => Some(judged()),
                    None if asked && case.is_unknown() && !self.in_time(&brought.post) => {
                        Some(Decision::Filtered(Reason::BeforeConnection))
                    }
                    None if asked && case.is_unknown() => Some(judged()),
                    _ => None,
                };
            }
            None => {}
        }
        match (status, case.before) {
            (None, _) if !(case.is_unknown() || case.owed) => None,
            (None, _) if case.owed => Some(judged()),
            // It may be one of the older posts that another poll reads.
            (None, _) if self.stays_owed(case.integration) && !self.is_news(&brought.post) => None,
            (None, _) if self.baseline || !self.in_time(&brought.post) => {
                let asked_for_past = case.integration.backfill.is_some();
                let reason = if asked_for_past { Reason::NoBackfill } else { Reason::BeforeConnection };
                Some(Decision::Filtered(reason))
            }
            (None, _) if !self.is_news(&brought.post) => Some(Decision::Filtered(Reason::TooOld)),
            (None, _) => Some(judged()),
            (Some(DeliveryStatus::Waiting), _) if brought.is_gone => Some(Decision::Filtered(Reason::PostGone)),
            (Some(DeliveryStatus::Waiting), _) => Some(judged()),
            (Some(DeliveryStatus::Failed), Some(before)) if before.attempts < MAX_ATTEMPTS => Some(judged()),
            (Some(_), _) => None,
        }
    }

    /// Ends the waiting when its time is over; `None`: it goes on as it was planned.
    fn wait(&self, case: &Case<'_>, brought: &Brought, decision: Decision) -> Option<Decision> {
        let Decision::Waiting { .. } = decision else { return Some(decision) };
        if case.is_waiting() && !self.is_look(case, brought) {
            return None;
        }
        let over = self.next_look(case.integration, &brought.post).is_none();
        Some(if over { at_last(decision) } else { decision })
    }

    /// A look at a waiting post was due and is made now.
    fn is_look(&self, case: &Case<'_>, brought: &Brought) -> bool {
        let due = case.before.is_some_and(|before| before.next_look_at.is_none_or(|at| at <= self.facts.now));
        case.is_waiting() && due && brought.looked_at
    }

    fn next_look(&self, integration: &Integration, post: &Post) -> Option<Timestamp> {
        next_look(self.facts.now, post.posted_at, integration.engagement_window, self.facts.day_margin)
    }

    /// What the database refused the last time fails now.
    fn refused(&self, post: &Post, integration: &Integration, decision: Decision) -> Decision {
        let refusals = &self.facts.refusals;
        if decision != Decision::Deliver {
            decision
        } else if refusals.channels.contains(&integration.channel_id) {
            Decision::Failed(Reason::ChannelRefuses)
        } else if refusals.messages.contains(&(post.post_id.clone(), integration.channel_id)) {
            Decision::Failed(Reason::MessageRefused)
        } else {
            decision
        }
    }

    fn stays_owed(&self, integration: &Integration) -> bool {
        integration.backfill.is_some() && !self.is_served(integration)
    }

    /// In time, and not just the first thing after weeks without polls.
    fn is_news(&self, post: &Post) -> bool {
        !self.baseline && self.in_time(post) && post.posted_at >= self.facts.now - NEWS_FOR
    }

    /// Published since stock was taken, or so shortly before that it was not to be seen then.
    fn in_time(&self, post: &Post) -> bool {
        self.facts.baseline_at.is_some_and(|baseline| post.posted_at >= baseline - LATE)
    }

    /// Records a decision; returns the channel that got the post.
    fn write(
        &mut self,
        brought: &Brought,
        post_row: Uuid,
        case: &Case<'_>,
        decision: Decision,
        outcome: &mut Outcome,
    ) -> Option<Uuid> {
        let (post, integration) = (&brought.post, case.integration);
        let tried = case.before.filter(|before| before.status == DeliveryStatus::Failed && self.ask.is_none());
        let attempts = tried.map_or(1, |before| before.attempts + 1);
        let anyway = matches!(self.ask, Some((Ask::PostAnyway { .. }, _)));
        let reason = decision.reason().or(anyway.then_some(Reason::PostedAnyway));
        let looks = case.before.map_or(0, |before| before.looks) + i32::from(self.is_look(case, brought));
        let mut delivery = PlannedDelivery {
            id: case.before.map_or_else(|| self.dice.uuid(self.facts.now), |before| before.id),
            post: post_row,
            integration: integration.id,
            channel: integration.channel_id,
            status: decision.status(),
            reason: reason.map(Reason::code),
            detail: reason.map(|reason| reason.sentence().into_owned()),
            message: None,
            attempts,
            looks,
            next_look_at: None,
            requested_by: self.ask.and_then(|(_, by)| by),
        };
        match decision {
            Decision::Deliver => {
                let message = self.dice.uuid(self.facts.now);
                delivery.message = Some(message);
                outcome.channels.push(integration.channel_id);
                self.plan.messages.push(PlannedMessage {
                    id: message,
                    channel: integration.channel_id,
                    post_id: post.post_id.clone(),
                    content: plain_text(self.facts.platform, post),
                    embed: embed(self.facts.platform, post),
                    metadata: self.metadata(post, &delivery),
                    created_at: self.next_message_at,
                });
                self.plan.last_message_at = Some(self.next_message_at);
                self.next_message_at += Duration::microseconds(1);
            }
            Decision::Filtered(_) => outcome.filtered = true,
            Decision::Waiting { .. } => {
                outcome.waiting = true;
                delivery.next_look_at = self.next_look(integration, post);
            }
            Decision::Failed(reason) => {
                self.plan.retry |= attempts < MAX_ATTEMPTS;
                if reason == Reason::MessageRefused {
                    self.plan.errors.push(format!("post {}: {}", post.post_id, reason.sentence()));
                } else if self.failing.insert(integration.channel_id) {
                    self.plan.errors.push(format!("channel {}: {}", integration.channel_id, reason.sentence()));
                }
                outcome.error.get_or_insert_with(|| reason.sentence().into_owned());
            }
        }
        let channel = delivery.message.map(|_| delivery.channel);
        self.plan.deliveries.push(delivery);
        channel
    }

    /// Corrects the messages of an edited post.
    fn correct(&mut self, known: &Known, post: &Post) {
        for message in known.deliveries.iter().filter_map(|delivery| delivery.message_id) {
            if self.facts.refusals.corrections.contains(&message) {
                self.plan.errors.push(format!("post {}: {NOT_CORRECTED}", post.post_id));
                continue;
            }
            self.plan.corrections.push(Correction {
                id: message,
                content: plain_text(self.facts.platform, post),
                embed: embed(self.facts.platform, post),
            });
        }
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

/// A post and an integration.
struct Case<'a> {
    integration: &'a Integration,
    known: Option<&'a Known>,
    before: Option<&'a KnownDelivery>,
    in_channel: bool,
    /// It is one of the older posts that the integration asked for.
    owed: bool,
}

impl Case<'_> {
    /// Nothing was ever decided about the post.
    fn is_unknown(&self) -> bool {
        self.known.is_none_or(|known| known.is_parked)
    }

    fn is_waiting(&self) -> bool {
        self.before.is_some_and(|before| before.status == DeliveryStatus::Waiting)
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
