//! A draft becomes a post as X would store it.

use super::{
    snowflake,
    state::{Gone, Object, Post, State, into_object, moment, set_counters},
    text::{self, Link},
};
use crate::{
    domain::Timestamp,
    simulator::world::{Counters, Draft, DraftMedia, Other},
};
use chrono::{Datelike, Duration};
use serde_json::{Value, json};

/// How often a post can be edited. `<https://docs.x.com/x-api/fundamentals/edit-posts>`
const EDITS: u64 = 5;
/// How long a post can be edited.
const EDITABLE_MINUTES: i64 = 60;

/// Publishes `draft` for `account`. Returns the post's id.
pub(super) fn publish(state: &mut State, account: &str, draft: &Draft, now: Timestamp) -> Result<u64, String> {
    let author = state.account(account)?;
    let at = draft.at.unwrap_or(now);
    check(draft)?;
    if let Some(other) = &draft.repost_of {
        return repost(state, author, draft, other, now);
    }
    let mut references = Vec::new();
    let mut trailing = Vec::new();
    let mut plain = draft.text.clone();
    let quoted = match &draft.quote_of {
        Some(other) => Some((other, foreign(state, other, "quoted", draft, now)?.0)),
        None => None,
    };
    let answered = match &draft.reply_to {
        Some(whom) => Some(answered(state, author, whom, &mut plain, draft, now)?),
        None => None,
    };
    let id = state.new_id(draft.at, now);
    if let Some((other, quoted)) = quoted {
        references.push(json!({ "type": "quoted", "id": quoted.to_string() }));
        let address = format!("https://x.com/{}/status/{quoted}", other.handle);
        trailing.push(Link::to(text::short_link(id, usize::MAX - 2), &address));
    }
    if let Some(answered) = &answered {
        references.push(json!({ "type": "replied_to", "id": answered.id.to_string() }));
    }
    let media_keys = attach(state, &draft.media, now);
    trailing.extend(media_link(state.handle(author), id, &media_keys));

    let mut json = json!({ "conversation_id": id.to_string() });
    if let Some(answered) = answered {
        json["conversation_id"] = json!(answered.conversation);
        json["in_reply_to_user_id"] = json!(answered.user.to_string());
    }
    if !references.is_empty() {
        json["referenced_tweets"] = json!(references);
    }
    if !media_keys.is_empty() {
        json["attachments"] = json!({ "media_keys": media_keys });
    }
    let mut json = into_object(json);
    basics(&mut json, id, author, at);
    write_text(state, &mut json, id, &plain, &trailing);
    set_counters(&mut json, draft.counters);
    json.extend(draft.extra.clone().into_iter().filter(|(name, _)| name != "unreadable_as"));
    state.insert(id, Post { author, json });
    Ok(id)
}

/// A new version of a post with another text. Returns its id.
pub(super) fn edit(state: &mut State, post_id: &str, plain: &str, now: Timestamp) -> Result<u64, String> {
    let latest = state.latest(post_id)?;
    let old = state.posts[&latest].clone();
    let mut versions = old.versions();
    let root = versions.first().copied().unwrap_or(latest);
    if old.repost_of().is_some() {
        return Err("a repost cannot be edited".into());
    }
    if versions.len() as u64 > EDITS {
        return Err(format!("a post can be edited {EDITS} times"));
    }
    if now > snowflake::made_at(root) + Duration::minutes(EDITABLE_MINUTES) {
        return Err(format!("a post can be edited for {EDITABLE_MINUTES} minutes"));
    }
    let id = state.new_id(None, now);
    versions.push(id);
    let mut json = old.json.clone();
    for stale in ["entities", "note_tweet", "display_text_range"] {
        json.remove(stale);
    }
    basics(&mut json, id, old.author, now);
    json.insert("edit_history_tweet_ids".into(), versions.iter().map(u64::to_string).collect());
    json.insert("edit_controls".into(), edit_controls(root, EDITS + 1 - versions.len() as u64));
    let media_keys: Vec<_> = old.media_keys().map(str::to_owned).collect();
    let quoted = old.references().find(|(kind, _)| *kind == "quoted").map(|(_, quoted)| {
        let address = format!("https://x.com/i/web/status/{quoted}");
        Link::to(text::short_link(id, usize::MAX - 2), &address)
    });
    let trailing: Vec<_> = quoted.into_iter().chain(media_link(state.handle(old.author), id, &media_keys)).collect();
    write_text(state, &mut json, id, plain, &trailing);
    state.insert(id, Post { author: old.author, json });
    Ok(id)
}

fn check(draft: &Draft) -> Result<(), String> {
    if draft.at.is_some_and(|at| !(2011..2100).contains(&at.year())) {
        return Err("at: from 2011, when X's ids were young, to 2099".into());
    }
    if draft.media.len() > 4 {
        return Err("media: at most 4".into());
    }
    if let Some(media) = draft.media.iter().find(|media| !matches!(media.kind.as_str(), "image" | "video" | "gif")) {
        return Err(format!("media kind {:?}: use image, video or gif", media.kind));
    }
    let known = |name: &str| match name {
        "id" | "author_id" | "edit_history_tweet_ids" => false,
        _ => name == "unreadable_as" || super::words::LEGACY_POST.contains(&name),
    };
    if let Some(name) = draft.extra.keys().find(|name| !known(name)) {
        return Err(format!("extra: X has no post field {name:?} that can be set"));
    }
    Ok(())
}

fn basics(json: &mut Object, id: u64, author: u64, at: Timestamp) {
    json.insert("id".into(), json!(id.to_string()));
    json.insert("author_id".into(), json!(author.to_string()));
    json.insert("created_at".into(), json!(moment(at)));
    let defaults = [
        ("edit_history_tweet_ids", json!([id.to_string()])),
        ("edit_controls", edit_controls(id, EDITS)),
        ("lang", json!("en")),
        ("possibly_sensitive", json!(false)),
        ("reply_settings", json!("everyone")),
        (
            "public_metrics",
            json!({ "retweet_count": 0, "reply_count": 0, "like_count": 0, "quote_count": 0,
                "bookmark_count": 0, "impression_count": 0 }),
        ),
    ];
    for (name, value) in defaults {
        json.entry(name).or_insert(value);
    }
}

fn edit_controls(root: u64, remaining: u64) -> Value {
    let until = snowflake::made_at(root) + Duration::minutes(EDITABLE_MINUTES);
    json!({ "is_edit_eligible": true, "edits_remaining": remaining, "editable_until": moment(until) })
}

fn write_text(state: &State, json: &mut Object, id: u64, plain: &str, trailing: &[Link]) {
    let composed = text::compose(plain, id, trailing, &|handle| state.user_by_handle(handle));
    json.insert("display_text_range".into(), json!([0, composed.visible]));
    json.insert("text".into(), json!(composed.short.text));
    if !composed.short.entities.is_empty() {
        json.insert("entities".into(), Value::Object(composed.short.entities));
    }
    if let Some(note) = composed.note {
        let mut whole = json!({ "text": note.text });
        if !note.entities.is_empty() {
            whole["entities"] = Value::Object(note.entities);
        }
        json.insert("note_tweet".into(), whole);
    }
}

/// Adds the media. Returns their keys; the prefixes are X's.
fn attach(state: &mut State, media: &[DraftMedia], now: Timestamp) -> Vec<String> {
    let mut keys = Vec::new();
    for draft in media {
        let number = state.new_id(None, now);
        let preview = format!("https://pbs.twimg.com/ext_tw_video_thumb/{number}/pu/img/still.jpg");
        let video = |size: &str| format!("https://video.twimg.com/ext_tw_video/{number}/pu/vid/{size}/clip.mp4");
        let (prefix, mut json) = match draft.kind.as_str() {
            "video" => (
                "7",
                json!({ "type": "video", "width": 1280, "height": 720, "duration_ms": 9000, "preview_image_url": preview,
                    "public_metrics": { "view_count": 5 },
                    "variants": [
                        { "content_type": "application/x-mpegURL",
                          "url": format!("https://video.twimg.com/ext_tw_video/{number}/pu/pl/clip.m3u8") },
                        { "bit_rate": 832_000, "content_type": "video/mp4", "url": video("640x360") },
                        { "bit_rate": 2_176_000, "content_type": "video/mp4", "url": video("1280x720") },
                    ] }),
            ),
            "gif" => (
                "16",
                json!({ "type": "animated_gif", "width": 480, "height": 270, "preview_image_url": preview,
                    "variants": [{ "bit_rate": 0, "content_type": "video/mp4",
                        "url": format!("https://video.twimg.com/tweet_video/{number}.mp4") }] }),
            ),
            _ => (
                "3",
                json!({ "type": "photo", "width": 1200, "height": 800,
                    "url": format!("https://pbs.twimg.com/media/P{number}.jpg") }),
            ),
        };
        let key = format!("{prefix}_{number}");
        json["media_key"] = json!(key);
        if let Some(alt_text) = &draft.alt_text {
            json["alt_text"] = json!(alt_text);
        }
        state.media.insert(key.clone(), into_object(json));
        keys.push(key);
    }
    keys
}

/// The one link at a text's end that stands for all attachments, with an entity for each.
fn media_link(handle: &str, id: u64, media_keys: &[String]) -> Option<Link> {
    let first = media_keys.first()?;
    let url = text::short_link(id, usize::MAX - 1);
    let kind = if first.starts_with("3_") { "photo" } else { "video" };
    let display = url.replace("https://t.co/", "pic.x.com/");
    let target = |key| {
        let expanded = format!("https://x.com/{handle}/status/{id}/{kind}/1");
        into_object(json!({ "expanded_url": expanded, "display_url": display, "media_key": key }))
    };
    Some(Link { targets: media_keys.iter().map(target).collect(), url })
}

fn repost(state: &mut State, author: u64, draft: &Draft, other: &Other, now: Timestamp) -> Result<u64, String> {
    let (original, original_text) = foreign(state, other, "retweeted", draft, now)?;
    let user = state.user_by_handle(&other.handle).unwrap_or_default();
    if let Some(post) = state.posts.get_mut(&original) {
        set_counters(&mut post.json, draft.counters);
    }
    let id = state.new_id(draft.at, now);
    let text = text::repost(&other.handle, user, &original_text);
    let mut json = into_object(json!({
        "conversation_id": id.to_string(),
        "display_text_range": [0, text.chars()],
        "text": text.text,
        "entities": text.entities,
        "referenced_tweets": [{ "type": "retweeted", "id": original.to_string() }],
    }));
    basics(&mut json, id, author, draft.at.unwrap_or(now));
    let shown = Counters { reposts: draft.counters.reposts, shares: draft.counters.shares, ..Counters::default() };
    set_counters(&mut json, shown);
    state.insert(id, Post { author, json });
    Ok(id)
}

/// Somebody else's post, an hour older. Returns its id and escaped text, also when nobody can read it.
fn foreign(
    state: &mut State,
    other: &Other,
    kind: &str,
    draft: &Draft,
    now: Timestamp,
) -> Result<(u64, String), String> {
    let author = match state.user_by_handle(&other.handle) {
        Some(user) => user,
        None => state.add_user(None, &other.handle, &other.name, now)?,
    };
    let at = draft.at.unwrap_or(now) - Duration::hours(1);
    let id = state.new_id(Some(at), now);
    let mut json = into_object(json!({ "conversation_id": id.to_string() }));
    basics(&mut json, id, author, at);
    let media_keys = if kind == "retweeted" { attach(state, &draft.media, now) } else { Vec::new() };
    if !media_keys.is_empty() {
        json.insert("attachments".into(), json!({ "media_keys": media_keys }));
    }
    let trailing: Vec<_> = media_link(&other.handle, id, &media_keys).into_iter().collect();
    write_text(state, &mut json, id, &other.text, &trailing);
    let text = json["text"].as_str().unwrap_or_default().to_owned();
    if other.unreadable {
        let why = draft.extra.get("unreadable_as").and_then(Value::as_str).unwrap_or("deleted");
        match why {
            "deleted" => state.gone.insert(id, Gone::Deleted),
            "protected" => state.gone.insert(id, Gone::Protected),
            "suspended" => state.gone.insert(id, Gone::Suspended),
            // In neither includes nor errors: X does that too.
            "silent" => None,
            _ => return Err("unreadable_as: use deleted, protected, suspended or silent".into()),
        };
    } else {
        state.insert(id, Post { author, json });
    }
    Ok((id, text))
}

struct Answered {
    id: u64,
    user: u64,
    conversation: String,
}

/// The post that is answered: the author's latest (`self`), a post's id, or a new one of somebody's handle.
fn answered(
    state: &mut State,
    author: u64,
    whom: &str,
    plain: &mut String,
    draft: &Draft,
    now: Timestamp,
) -> Result<Answered, String> {
    let id = if whom == "self" || state.user_by_handle(whom) == Some(author) {
        let own = state.timelines.get(&author).into_iter().flatten().rev();
        let newest = own.copied().find(|id| state.posts.get(id).is_some_and(|post| post.repost_of().is_none()));
        newest.ok_or("reply_to self: the account has no post yet")?
    } else if let Some(id) = snowflake::parse(whom).filter(|id| state.posts.contains_key(id)) {
        id
    } else {
        let text = "What do you think?".to_owned();
        let other = Other { handle: whom.into(), name: whom.into(), text, unreadable: false };
        foreign(state, &other, "replied_to", draft, now)?.0
    };
    let post = &state.posts[&id];
    let conversation = post.json.get("conversation_id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let user = post.author;
    let handle = state.handle(user);
    if user != author && !plain.starts_with('@') {
        *plain = format!("@{handle} {plain}");
    }
    Ok(Answered { id, user, conversation })
}
