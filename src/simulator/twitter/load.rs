//! Takes over posts from a recorded page, in either vocabulary, so that real pages can be served again.

use super::{
    snowflake,
    state::{Gone, Object, Post, State, moment},
    words::RENAMED,
};
use crate::domain::Timestamp;
use serde_json::{Value, json};

/// Of about the year 2085.
const MAX_ID: u64 = 9_900_000_000_000_000_000;

/// Adds the page's posts to `account`'s timeline, and its includes beside them. Returns how many posts.
pub(super) fn load(state: &mut State, account: &str, page: &Value, now: Timestamp) -> Result<usize, String> {
    let owner = state.account(account)?;
    // Everything is read before anything is changed.
    let mut posts = Vec::new();
    for json in objects(page, "/data") {
        posts.push(post(json, Some(owner))?);
    }
    let mut others = Vec::new();
    for json in objects(page, "/includes/tweets").chain(objects(page, "/includes/posts")) {
        others.push(post(json, None)?);
    }
    let mut users = Vec::new();
    for user in objects(page, "/includes/users") {
        let id = id_of(user)?;
        if !user.get("username").is_some_and(Value::is_string) {
            return Err(format!("user {id} has no username"));
        }
        users.push((id, user));
    }
    for (id, user) in users {
        let known = state.users.entry(id).or_default();
        // The account's own name is the one it was given.
        if !state.accounts.contains(&id) {
            known.extend(older_words(user));
        }
    }
    for media in objects(page, "/includes/media") {
        if let Some(key) = media.get("media_key").and_then(Value::as_str) {
            state.media.insert(key.to_owned(), media.clone());
        }
    }
    for error in objects(page, "/errors") {
        let about_post = matches!(error.get("resource_type").and_then(Value::as_str), Some("tweet" | "post"));
        if let (true, Ok(id)) = (about_post, id_in(error, "resource_id")) {
            state.gone.insert(id, why(error));
        }
    }
    for (id, mut post) in others {
        // A page of one's own posts can include older ones of them: they are not on this timeline.
        fill(&mut post.json, id, now);
        state.posts.entry(id).or_insert(post);
    }
    let count = posts.len();
    for (id, mut post) in posts {
        fill(&mut post.json, id, now);
        state.insert(id, post);
    }
    Ok(count)
}

fn objects<'a>(page: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Object> {
    page.pointer(pointer).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

fn id_in(object: &Object, name: &str) -> Result<u64, String> {
    let id = object.get(name).and_then(Value::as_str).and_then(snowflake::parse);
    id.ok_or_else(|| format!("an object has no {name} of 1 to 19 digits"))
}

/// Ids near the end of their range leave no room for those that follow.
fn id_of(object: &Object) -> Result<u64, String> {
    id_in(object, "id").and_then(|id| if id < MAX_ID { Ok(id) } else { Err(format!("the id {id} is too large")) })
}

fn post(json: &Object, owner: Option<u64>) -> Result<(u64, Post), String> {
    let id = id_of(json)?;
    if !json.get("text").is_some_and(Value::is_string) {
        return Err(format!("post {id} has no text"));
    }
    let mut json = older_words(json);
    let author = match owner {
        Some(owner) => owner,
        None => id_in(&json, "author_id").unwrap_or_default(),
    };
    if owner.is_some() {
        json.insert("author_id".into(), json!(author.to_string()));
    }
    Ok((id, Post { author, json }))
}

/// What every post has, where the recording did not ask for it.
fn fill(json: &mut Object, id: u64, now: Timestamp) {
    let made_at = if id >> 22 == 0 { now } else { snowflake::made_at(id) };
    json.entry("created_at").or_insert_with(|| json!(moment(made_at)));
    json.entry("edit_history_tweet_ids").or_insert_with(|| json!([id.to_string()]));
}

fn older_words(json: &Object) -> Object {
    let mut json = json.clone();
    let rename = |object: &mut Object, newer: &str, older: &str| {
        if let Some(value) = object.remove(newer) {
            object.insert(older.to_owned(), value);
        }
    };
    for (older, newer) in RENAMED {
        rename(&mut json, newer, older);
    }
    if let Some(Value::Object(metrics)) = json.get_mut("public_metrics") {
        rename(metrics, "repost_count", "retweet_count");
        rename(metrics, "post_count", "tweet_count");
    }
    if let Some(scope) = json.get_mut("withheld").and_then(|withheld| withheld.get_mut("scope"))
        && *scope == "post"
    {
        *scope = json!("tweet");
    }
    json
}

fn why(error: &Object) -> Gone {
    match error.get("title").and_then(Value::as_str) {
        Some("Authorization Error") => Gone::Protected,
        Some("Forbidden") => Gone::Suspended,
        _ => Gone::Deleted,
    }
}
