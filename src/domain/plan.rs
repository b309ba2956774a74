//! The decision of an import, pure: from what a poll brought and what is known, to every row that must be written.
//! Deciding twice from the same facts decides the same; deciding again after the rows are written decides nothing.

use super::{
    Dice, Platform, Post, Timestamp,
    embed::{embed, plain_text},
    filter::{PreparedPost, Reason, Verdict},
    integration::{ChannelState, Integration},
};
use chrono::Duration;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// A failed delivery is tried this many times in all.
pub const MAX_ATTEMPTS: i32 = 5;

/// Posts can turn up this much after their time of publication and still count as new.
const LATE: Duration = Duration::hours(1);

/// What a poll brought.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// New and edited posts.
    pub posts: Vec<Post>,
    /// Known posts with fresh counters.
    pub seen_again: Vec<Post>,
    /// The poll took stock: its posts are older than the connection.
    pub baseline: bool,
}

/// What is known when the import is decided.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The time of the import.
    pub now: Timestamp,
    /// Where the posts come from.
    pub platform: Platform,
    /// The account's row.
    pub account_id: Uuid,
    /// When stock was taken; `None`: this import takes it.
    pub baseline_at: Option<Timestamp>,
    /// The newest message of the account, so that messages keep their order on a clock that stands still.
    pub last_message_at: Option<Timestamp>,
    /// The account's integrations, oldest first.
    pub integrations: Vec<Integration>,
    /// The rows of posts that are known, by `post_id`.
    pub known: HashMap<String, Known>,
}

/// A known post.
#[derive(Clone, Debug)]
pub struct Known {
    /// Its row.
    pub id: Uuid,
    /// The post as stored; only read for posts with open deliveries that the poll did not bring anew.
    pub stored: Option<Post>,
    /// What was decided for it.
    pub deliveries: Vec<KnownDelivery>,
}

/// A decision already recorded.
#[derive(Clone, Debug)]
pub struct KnownDelivery {
    /// Its row.
    pub id: Uuid,
    /// For which integration; `None`: it was deleted.
    pub integration_id: Option<Uuid>,
    /// In which channel.
    pub channel_id: Uuid,
    /// What it came to.
    pub status: DeliveryStatus,
    /// The message, if there is one.
    pub message_id: Option<Uuid>,
    /// How often it was tried.
    pub attempts: i32,
}

/// What a decision came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// A message is in the channel.
    Delivered,
    /// The rule says no.
    Filtered,
    /// Everything matches but the engagement; it is looked at again.
    Waiting,
    /// It should be there and is not.
    Failed,
}

impl DeliveryStatus {
    /// The word in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Filtered => "filtered",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
        }
    }
}

/// Every row to write.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Posts to insert or update, oldest first.
    pub posts: Vec<PlannedPost>,
    /// Decisions to insert or replace.
    pub deliveries: Vec<PlannedDelivery>,
    /// Messages to insert.
    pub messages: Vec<PlannedMessage>,
    /// Messages to correct.
    pub corrections: Vec<Correction>,
    /// For the log.
    pub counts: Counts,
    /// Faults to tell the administrator, one for each channel.
    pub errors: Vec<String>,
    /// Integrations that got their older posts.
    pub backfilled: Vec<Uuid>,
    /// The newest message of the account now.
    pub last_message_at: Option<Timestamp>,
    /// Failed deliveries are left to be tried again.
    pub retry: bool,
}

/// A post to write.
#[derive(Clone, Debug)]
pub struct PlannedPost {
    /// Its row.
    pub id: Uuid,
    /// What it says now.
    pub post: Post,
    /// It is not known yet.
    pub is_new: bool,
    /// Channels that get it now.
    pub channels: Vec<Uuid>,
    /// Why it is not in a channel where it should be.
    pub error: Option<String>,
}

/// A decision to write.
#[derive(Clone, Debug)]
pub struct PlannedDelivery {
    /// Its row.
    pub id: Uuid,
    /// The post's row.
    pub post: Uuid,
    /// The integration.
    pub integration: Uuid,
    /// The channel.
    pub channel: Uuid,
    /// What it came to.
    pub status: DeliveryStatus,
    /// A stable word for why.
    pub reason: Option<&'static str>,
    /// A sentence for why.
    pub detail: Option<String>,
    /// The message.
    pub message: Option<Uuid>,
    /// How often it was tried.
    pub attempts: i32,
}

/// A message to write.
#[derive(Clone, Debug)]
pub struct PlannedMessage {
    /// Its row.
    pub id: Uuid,
    /// The channel.
    pub channel: Uuid,
    /// Readable text.
    pub content: String,
    /// The one embed.
    pub embed: serde_json::Value,
    /// `{social: {…ids}}`.
    pub metadata: serde_json::Value,
    /// Strictly rising within an account.
    pub created_at: Timestamp,
}

/// A message whose post was edited.
#[derive(Clone, Debug)]
pub struct Correction {
    /// The message's row.
    pub id: Uuid,
    /// Readable text.
    pub content: String,
    /// The one embed.
    pub embed: serde_json::Value,
}

/// Posts by what became of them; each post counts once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Not known before.
    pub imported: u32,
    /// Imported, decided by at least one integration, let through by none.
    pub filtered: u32,
    /// In at least one channel by this import.
    pub posted: u32,
    /// Waiting for more engagement.
    pub waiting: u32,
    /// In no channel although it should be.
    pub failed: u32,
    /// Messages written.
    pub messages: u32,
}

impl Plan {
    /// Nothing of it is worth a line in the log: at most counters moved.
    pub fn is_quiet(&self) -> bool {
        self.counts.imported == 0
            && self.deliveries.is_empty()
            && self.corrections.is_empty()
            && self.errors.is_empty()
            && self.backfilled.is_empty()
    }
}

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
    // without its media.
    brought.extend(facts.known.iter().filter_map(|(post_id, known)| {
        let mut post = known.stored.clone()?;
        let counted = fresh.get(post_id.as_str()).is_some_and(|fresh| post.engagement.refresh(&fresh.engagement));
        Some((post, if counted { Freshness::Counted } else { Freshness::Known }))
    }));
    // Not stored although seen before: an import was undone, or the row was deleted. It counts as new.
    let unknown = import.seen_again.iter().filter(|post| !facts.known.contains_key(&post.post_id));
    brought.extend(unknown.map(|post| (post.clone(), Freshness::Anew)));
    // Oldest first; ids break ties, shorter numbers being older.
    brought.sort_by(|(a, _), (b, _)| {
        (a.posted_at, a.post_id.len(), &a.post_id).cmp(&(b.posted_at, b.post_id.len(), &b.post_id))
    });
    brought.dedup_by(|(later, _), (earlier, _)| later.post_id == earlier.post_id);

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

/// Postgres keeps no NUL, neither in text nor in JSON: a post with one must not stop the others.
fn scrub(post: &mut Post) {
    let strip = |text: &mut String| text.retain(|c| c != '\0');
    let Post { url, text, author, reposted_by, quoted, media, hashtags, mentions, .. } = post;
    [url, text].into_iter().chain(hashtags).chain(mentions).for_each(strip);
    let quoted_author = quoted.as_mut().map(|quoted| {
        strip(&mut quoted.text);
        strip(&mut quoted.url);
        &mut quoted.author
    });
    for author in [Some(author), reposted_by.as_mut(), quoted_author].into_iter().flatten() {
        strip(&mut author.name);
        [&mut author.handle, &mut author.url, &mut author.avatar_url].into_iter().flatten().for_each(strip);
    }
    for media in media {
        strip(&mut media.url);
        [&mut media.thumbnail_url, &mut media.alt_text].into_iter().flatten().for_each(strip);
    }
}
