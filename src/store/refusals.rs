//! Which parts of a plan the database refuses, found under savepoints by halving; nothing stays written. One bad post, one
//! bad message or one bad channel must not stop the others.

use super::{StoreError, messages, posts};
use crate::domain::{
    Post, Timestamp,
    plan::{Correction, Plan, PlannedMessage, PlannedPost, Refusals, RefusedPost},
};
use deadpool_postgres::Transaction;
use std::collections::HashMap;
use uuid::Uuid;

/// What was refused, and in the database's words, for the log, why.
#[derive(Debug, Default)]
pub struct Found {
    /// For the next plan.
    pub refusals: Refusals,
    /// A part's name and its fault.
    pub causes: Vec<(String, StoreError)>,
}

/// Tries the parts of `plan`. `transaction` is rolled back by whoever began it.
pub async fn find(
    transaction: &mut Transaction<'_>,
    tenant: &str,
    account_id: Uuid,
    now: Timestamp,
    plan: &Plan,
) -> Result<Found, StoreError> {
    let to = Rows { tenant, account_id, now };
    let mut found = Found::default();
    for (part, cause) in to.refused(transaction, plan.posts.iter().map(Part::Post).collect()).await? {
        let Part::Post(post) = part else { continue };
        let parked = PlannedPost { is_parked: true, ..post.clone() };
        let keeps = post.is_new && to.attempt(transaction, &[Part::Post(&parked)]).await?.is_none();
        if !keeps && to.attempt(transaction, &[Part::Post(&harmless(post, now))]).await?.is_some() {
            // Nothing can be written at all: to leave posts out would lose them.
            return Err(cause);
        }
        let refused = if keeps { RefusedPost::Parked } else { RefusedPost::LeftOut };
        found.refusals.posts.insert(post.post.post_id.clone(), refused);
        found.causes.push((format!("post {}", post.post.post_id), cause));
    }
    let mut by_channel: HashMap<Uuid, Vec<Part<'_>>> = HashMap::new();
    for message in &plan.messages {
        by_channel.entry(message.channel).or_default().push(Part::Message(message));
    }
    for (channel, parts) in by_channel {
        let count = parts.len();
        let mut refused = to.refused(transaction, parts).await?;
        if refused.len() == count {
            found.refusals.channels.insert(channel);
            found.causes.extend(refused.pop().map(|(_, cause)| (format!("channel {channel}"), cause)));
            continue;
        }
        for (part, cause) in refused {
            let Part::Message(message) = part else { continue };
            found.refusals.messages.insert((message.post_id.clone(), channel));
            found.causes.push((format!("message of post {}", message.post_id), cause));
        }
    }
    for (part, cause) in to.refused(transaction, plan.corrections.iter().map(Part::Correction).collect()).await? {
        let Part::Correction(correction) = part else { continue };
        found.refusals.corrections.insert(correction.id);
        found.causes.push((format!("correction of message {}", correction.id), cause));
    }
    Ok(found)
}

/// A row against which there is nothing to say but that it is one.
fn harmless(like: &PlannedPost, now: Timestamp) -> PlannedPost {
    let post = Post::bare(format!("probe {}", like.id), now);
    // A row of its own: the post may have one.
    let id = Uuid::from_u128(!like.id.as_u128());
    PlannedPost { id, post, is_new: true, is_parked: true, channels: Vec::new(), error: None }
}

/// A row to be.
#[derive(Clone, Copy)]
enum Part<'a> {
    Post(&'a PlannedPost),
    Message(&'a PlannedMessage),
    Correction(&'a Correction),
}

/// Where rows go.
struct Rows<'a> {
    tenant: &'a str,
    account_id: Uuid,
    now: Timestamp,
}

impl Rows<'_> {
    /// Those of `parts` that are refused alone.
    async fn refused<'p>(
        &self,
        transaction: &mut Transaction<'_>,
        parts: Vec<Part<'p>>,
    ) -> Result<Vec<(Part<'p>, StoreError)>, StoreError> {
        let mut refused = Vec::new();
        let mut open = vec![parts.as_slice()];
        while let Some(parts) = open.pop() {
            if parts.is_empty() {
                continue;
            }
            match (self.attempt(transaction, parts).await?, parts) {
                (None, _) => {}
                (Some(cause), [part]) => refused.push((*part, cause)),
                (Some(_), _) => {
                    let (left, right) = parts.split_at(parts.len() / 2);
                    open.extend([right, left]);
                }
            }
        }
        Ok(refused)
    }

    /// Writes `parts` and takes them back; what the database says against them.
    async fn attempt(
        &self,
        transaction: &mut Transaction<'_>,
        parts: &[Part<'_>],
    ) -> Result<Option<StoreError>, StoreError> {
        let (mut posts, mut messages, mut corrections) = (Vec::new(), Vec::new(), Vec::new());
        for part in parts {
            match part {
                Part::Post(post) => posts.push((*post).clone()),
                Part::Message(message) => messages.push((*message).clone()),
                Part::Correction(correction) => corrections.push((*correction).clone()),
            }
        }
        let savepoint = transaction.savepoint("part").await?;
        let written = async {
            posts::upsert(&savepoint, self.tenant, self.account_id, self.now, &posts).await?;
            messages::write(&savepoint, self.tenant, self.now, &messages, &corrections).await
        };
        let said = match written.await {
            Ok(()) => None,
            Err(error @ (StoreError::Unavailable(_) | StoreError::Contended(_))) => return Err(error),
            // Leaving posts out because the statement or the login is wrong would lose them.
            Err(error) if messages.is_empty() && !error.is_about_rows() => return Err(error),
            Err(error) => Some(error),
        };
        savepoint.rollback().await?;
        Ok(said)
    }
}
