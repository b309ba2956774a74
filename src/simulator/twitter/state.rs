//! What the simulated X remembers.

use super::{access::Windows, grants::Grants, ledger::Ledger, snowflake, switches::Switches};
use crate::{
    domain::Timestamp,
    simulator::world::{Counters, NewAccount},
};
use chrono::SecondsFormat;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A JSON object.
pub(super) type Object = Map<String, Value>;

/// Posts remembered of one account; X shows 3,200 of them.
const KEPT_POSTS: usize = 10_000;

#[derive(Default)]
pub(super) struct State {
    /// Everybody, by id: object with every field, in the older vocabulary.
    pub(super) users: BTreeMap<u64, Object>,
    /// Those who can publish and log in, in the order they came.
    pub(super) accounts: Vec<u64>,
    /// Every version of every post.
    pub(super) posts: BTreeMap<u64, Post>,
    /// The latest versions on each account's timeline.
    pub(super) timelines: BTreeMap<u64, BTreeSet<u64>>,
    /// Posts that cannot be shown.
    pub(super) gone: BTreeMap<u64, Gone>,
    /// Media by `media_key`: object with every field.
    pub(super) media: BTreeMap<String, Object>,
    pub(super) switches: Switches,
    pub(super) grants: Grants,
    pub(super) windows: Windows,
    pub(super) ledger: Ledger,
    last_id: u64,
}

/// One version of a post.
#[derive(Clone)]
pub(super) struct Post {
    pub(super) author: u64,
    /// Object with every field, in the older vocabulary.
    pub(super) json: Object,
}

/// Why a post cannot be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gone {
    Deleted,
    Protected,
    Suspended,
}

impl Post {
    /// `(type, id)` of `referenced_tweets`.
    pub(super) fn references(&self) -> impl Iterator<Item = (&str, u64)> {
        self.json
            .get("referenced_tweets")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|reference| Some((reference["type"].as_str()?, snowflake::parse(reference["id"].as_str()?)?)))
    }

    /// The id of the post it passes on.
    pub(super) fn repost_of(&self) -> Option<u64> {
        self.references().find(|(kind, _)| *kind == "retweeted").map(|(_, id)| id)
    }

    /// Every version's id, oldest first.
    pub(super) fn versions(&self) -> Vec<u64> {
        let ids = self.json.get("edit_history_tweet_ids").and_then(Value::as_array).into_iter().flatten();
        ids.filter_map(|id| snowflake::parse(id.as_str()?)).collect()
    }

    /// Strings under `attachments.media_keys`.
    pub(super) fn media_keys(&self) -> impl Iterator<Item = &str> {
        let attachments = self.json.get("attachments").and_then(|attachments| attachments.get("media_keys"));
        attachments.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }
}

impl State {
    /// The account `name` stands for: its id, or its handle.
    pub(super) fn account(&self, name: &str) -> Result<u64, String> {
        let by_id = snowflake::parse(name).filter(|id| self.accounts.contains(id));
        let by_handle = || self.user_by_handle(name).filter(|id| self.accounts.contains(id));
        by_id.or_else(by_handle).ok_or_else(|| format!("no account {name:?} here"))
    }

    /// The user with this handle, in any case.
    pub(super) fn user_by_handle(&self, handle: &str) -> Option<u64> {
        let same = |user: &Object| {
            user.get("username").and_then(Value::as_str).is_some_and(|name| name.eq_ignore_ascii_case(handle))
        };
        self.users.iter().find(|(_, user)| same(user)).map(|(id, _)| *id)
    }

    pub(super) fn handle(&self, user: u64) -> &str {
        self.users.get(&user).and_then(|user| user.get("username")?.as_str()).unwrap_or_default()
    }

    pub(super) fn add_account(&mut self, account: &NewAccount, now: Timestamp) -> Result<u64, String> {
        let id = match account.id.as_str() {
            "" => None,
            text => Some(snowflake::parse(text).ok_or("id: 1 to 19 digits")?),
        };
        if let Some(id) = id.filter(|id| self.users.contains_key(id)) {
            return Err(format!("there is a user {id} already"));
        }
        let id = self.add_user(id, &account.handle, &account.name, now)?;
        self.accounts.push(id);
        Ok(id)
    }

    /// Adds a user; the id is made up when not given.
    pub(super) fn add_user(
        &mut self,
        id: Option<u64>,
        handle: &str,
        name: &str,
        now: Timestamp,
    ) -> Result<u64, String> {
        let letters = handle.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !(1..=15).contains(&handle.len()) || !letters {
            return Err(format!("handle {handle:?}: 1 to 15 of A-Z, a-z, 0-9 and _"));
        }
        if self.user_by_handle(handle).is_some() {
            return Err(format!("the handle {handle:?} is taken"));
        }
        let id = id.unwrap_or_else(|| self.new_id(None, now));
        let name = if name.is_empty() { handle } else { name };
        let user = json!({
            "id": id.to_string(), "username": handle, "name": name, "protected": false, "verified": false,
            "verified_type": "none", "created_at": moment(snowflake::made_at(id)), "description": "",
            "profile_image_url": format!("https://pbs.twimg.com/profile_images/{id}/face_normal.jpg"),
            "public_metrics": { "followers_count": 10, "following_count": 5, "tweet_count": 0, "listed_count": 0,
                "like_count": 3, "media_count": 0 },
        });
        self.users.insert(id, into_object(user));
        Ok(id)
    }

    /// Profiles say what the switch says.
    pub(super) fn mark_protected(&mut self) {
        for id in &self.accounts {
            let protected = self.switches.protected.contains(id);
            self.users.entry(*id).or_default().insert("protected".into(), json!(protected));
        }
    }

    /// A fresh id: of the past moment `at`, or else of `now` and above every id before.
    pub(super) fn new_id(&mut self, at: Option<Timestamp>, now: Timestamp) -> u64 {
        let mut id = match at {
            Some(at) => snowflake::first_of(at),
            None => snowflake::first_of(now).max(self.last_id + 1),
        };
        while self.posts.contains_key(&id) || self.gone.contains_key(&id) || self.users.contains_key(&id) {
            id += 1;
        }
        self.last_id = self.last_id.max(id);
        id
    }

    /// Remembers a version; the account's oldest posts are forgotten beyond [`KEPT_POSTS`].
    pub(super) fn insert(&mut self, id: u64, post: Post) {
        let author = post.author;
        self.last_id = self.last_id.max(id);
        let older = post.versions();
        self.posts.insert(id, post);
        if !self.accounts.contains(&author) {
            return;
        }
        let timeline = self.timelines.entry(author).or_default();
        for version in older {
            timeline.remove(&version);
        }
        timeline.insert(id);
        if timeline.len() > KEPT_POSTS
            && let Some(oldest) = timeline.pop_first()
        {
            self.forget(oldest);
        }
    }

    /// Forgets a post with its versions, its media, and what others wrote that only it led to.
    fn forget(&mut self, id: u64) {
        let Some(post) = self.posts.remove(&id) else { return };
        for key in post.media_keys() {
            self.media.remove(key);
        }
        for version in post.versions() {
            self.posts.remove(&version);
        }
        for (_, other) in post.references() {
            if self.posts.get(&other).is_some_and(|other| !self.accounts.contains(&other.author)) {
                self.forget(other);
            }
        }
    }

    /// The latest version of the post with a version called `post_id`.
    pub(super) fn latest(&self, post_id: &str) -> Result<u64, String> {
        let unknown = || format!("no post {post_id:?} here");
        let id = snowflake::parse(post_id).filter(|id| self.posts.contains_key(id)).ok_or_else(unknown)?;
        let root = self.posts[&id].versions().first().copied().unwrap_or(id);
        let same = |post: &Post| post.versions().first() == Some(&root);
        Ok(self.posts.range(root..).rev().find(|(_, post)| same(post)).map_or(id, |(id, _)| *id))
    }

    /// Deleting any version deletes all.
    pub(super) fn delete(&mut self, post_id: &str) -> Result<(), String> {
        let latest = self.latest(post_id)?;
        let Some(post) = self.posts.remove(&latest) else { return Ok(()) };
        for version in post.versions().into_iter().chain([latest]) {
            self.posts.remove(&version);
            self.gone.insert(version, Gone::Deleted);
        }
        if let Some(timeline) = self.timelines.get_mut(&post.author) {
            timeline.remove(&latest);
        }
        Ok(())
    }

    /// Likes of a repost are the original's; so X shows none on the repost itself.
    pub(super) fn count(&mut self, post_id: &str, counters: Counters) -> Result<(), String> {
        let latest = self.latest(post_id)?;
        let original = self.posts[&latest].repost_of();
        if let Some(original) = original.and_then(|id| self.posts.get_mut(&id)) {
            set_counters(&mut original.json, counters);
            if let Some(reposts) = counters.reposts {
                let only = Counters { reposts: Some(reposts), ..Counters::default() };
                self.posts.get_mut(&latest).into_iter().for_each(|post| set_counters(&mut post.json, only));
            }
        } else if let Some(post) = self.posts.get_mut(&latest) {
            set_counters(&mut post.json, counters);
        }
        Ok(())
    }
}

/// Sets the counters X has; a comment is a reply here and a share a repost.
pub(super) fn set_counters(post: &mut Object, counters: Counters) {
    let given = [
        ("like_count", counters.likes),
        ("retweet_count", counters.reposts.or(counters.shares)),
        ("reply_count", counters.replies.or(counters.comments)),
        ("quote_count", counters.quotes),
        ("impression_count", counters.views),
    ];
    let metrics = post.entry("public_metrics").or_insert_with(|| json!({}));
    let Value::Object(metrics) = metrics else { return };
    for (name, value) in given {
        if let Some(value) = value {
            metrics.insert(name.to_owned(), json!(value));
        }
    }
}

/// `2026-10-19T12:04:00.000Z`: X's milliseconds are always zero.
pub(super) fn moment(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true).replace('Z', ".000Z")
}

/// The members of a JSON object; none of anything else.
pub(super) fn into_object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}
