//! Posts, users and media as a request asked for them: only its fields, in its words, with what it expanded.

use super::{
    fields::{Ask, Vocabulary},
    partial::{post_error, user_error},
    snowflake,
    state::{Gone, Object, Post, State},
    words::RENAMED,
};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What posts lead to.
#[derive(Default)]
struct Includes {
    posts: BTreeSet<u64>,
    users: BTreeSet<u64>,
    media: BTreeSet<String>,
    /// By what they are about, so that none comes twice.
    errors: BTreeMap<(String, String), Value>,
}

/// The posts `ids` with their includes and errors: `data`, `includes`, `errors`, each only if it is not empty.
pub(super) fn posts(state: &State, ids: &[u64], ask: &Ask) -> Object {
    let mut includes = Includes::default();
    let mut data = Vec::new();
    for post in ids.iter().filter_map(|id| state.posts.get(id)) {
        data.push(post_json(state, post, ask));
        includes.expand(state, post, ask);
    }
    let mut body = Map::new();
    if !data.is_empty() {
        body.insert("data".into(), Value::Array(data));
    }
    if let Some(expanded) = includes.json(state, ask) {
        body.insert("includes".into(), expanded);
    }
    if !includes.errors.is_empty() {
        body.insert("errors".into(), includes.errors.into_values().collect());
    }
    body
}

/// Users a request expands that X bills: the posts' authors.
pub(super) fn billed_users(state: &State, ids: &[u64], ask: &Ask) -> BTreeSet<u64> {
    let authors = ids.iter().filter_map(|id| state.posts.get(id)).map(|post| post.author);
    if ask.expands("author_id") { authors.collect() } else { BTreeSet::new() }
}

/// One post.
fn post_json(state: &State, post: &Post, ask: &Ask) -> Value {
    let mut json = select(&post.json, &ask.post);
    if ask.post.contains("username") {
        json.insert("username".into(), json!(state.handle(post.author)));
    }
    in_words(json, ask.vocabulary)
}

/// One user.
pub(super) fn user_json(user: &Object, ask: &Ask) -> Value {
    in_words(select(user, &ask.user), ask.vocabulary)
}

fn select(whole: &Object, fields: &BTreeSet<&'static str>) -> Object {
    let wanted = whole.iter().filter(|(name, value)| fields.contains(name.as_str()) && !is_nothing(value));
    wanted.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// X leaves out what would be empty.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

fn in_words(mut json: Object, vocabulary: Vocabulary) -> Value {
    if vocabulary == Vocabulary::Posts {
        for (older, newer) in RENAMED {
            rename(&mut json, older, newer);
        }
        if let Some(Value::Object(metrics)) = json.get_mut("public_metrics") {
            rename(metrics, "retweet_count", "repost_count");
            rename(metrics, "tweet_count", "post_count");
        }
        if let Some(scope) = json.get_mut("withheld").and_then(|withheld| withheld.get_mut("scope"))
            && *scope == "tweet"
        {
            *scope = json!("post");
        }
    }
    Value::Object(json)
}

fn rename(json: &mut Object, older: &str, newer: &str) {
    if let Some(value) = json.remove(older) {
        json.insert(newer.to_owned(), value);
    }
}

impl Includes {
    fn expand(&mut self, state: &State, post: &Post, ask: &Ask) {
        if ask.expands("author_id") {
            self.users.insert(post.author);
        }
        if ask.expands("attachments.media_keys") {
            self.media.extend(post.media_keys().map(str::to_owned));
        }
        if ask.expands("edit_history_tweet_ids") {
            self.posts.extend(post.versions());
        }
        if ask.expands("in_reply_to_user_id")
            && let Some(id) = post.json.get("in_reply_to_user_id").and_then(Value::as_str)
        {
            match snowflake::parse(id).filter(|id| state.users.contains_key(id)) {
                Some(user) => _ = self.users.insert(user),
                None => self.fail(user_error(Gone::Deleted, id, "in_reply_to_user_id")),
            }
        }
        if ask.expands("entities.mentions.username") {
            let mentions = post.json.get("entities").and_then(|entities| entities["mentions"].as_array());
            for name in mentions.into_iter().flatten().filter_map(|mention| mention["username"].as_str()) {
                match state.user_by_handle(name) {
                    Some(user) => _ = self.users.insert(user),
                    None => self.fail(user_error(Gone::Deleted, name, "entities.mentions.username")),
                }
            }
        }
        if ask.hydrates_references() {
            for (_, id) in post.references() {
                self.refer(state, id, ask);
            }
        }
    }

    fn refer(&mut self, state: &State, id: u64, ask: &Ask) {
        if let Some(post) = state.posts.get(&id) {
            self.posts.insert(id);
            if ask.expands("referenced_tweets.id.author_id") {
                self.users.insert(post.author);
            }
            if ask.expands("referenced_tweets.id.attachments.media_keys") {
                self.media.extend(post.media_keys().map(str::to_owned));
            }
        } else if let Some(why) = state.gone.get(&id) {
            self.fail(post_error(*why, id, "referenced_tweets.id", ask.vocabulary));
        }
    }

    fn fail(&mut self, error: Value) {
        let key = (error["parameter"].to_string(), error["value"].to_string());
        self.errors.insert(key, error);
    }

    fn json(&self, state: &State, ask: &Ask) -> Option<Value> {
        let posts = self.posts.iter().filter_map(|id| Some(post_json(state, state.posts.get(id)?, ask)));
        let users = self.users.iter().filter_map(|id| Some(user_json(state.users.get(id)?, ask)));
        let media = self.media.iter().filter_map(|key| Some(Value::Object(select(state.media.get(key)?, &ask.media))));
        let posts_word = if ask.vocabulary == Vocabulary::Posts { "posts" } else { "tweets" };
        let lists: [(&str, Vec<Value>); 3] =
            [(posts_word, posts.collect()), ("users", users.collect()), ("media", media.collect())];
        let full = lists.into_iter().filter(|(_, list)| !list.is_empty());
        let json: Object = full.map(|(name, list)| (name.to_owned(), Value::Array(list))).collect();
        if json.is_empty() { None } else { Some(Value::Object(json)) }
    }
}
