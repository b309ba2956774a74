//! A recorded page of the media list becomes posts.

use super::{
    cdn::File,
    media::{Kind, Media, Product},
    publish::{blank, room_on},
    state::State,
};
use crate::{domain::Timestamp, simulator::Shared};
use chrono::DateTime;
use serde_json::Value;

/// Takes over `page.data` for `account`, all or nothing; a post that is there already is replaced. What an item does
/// not have it will not have here either, where the platform leaves such fields out.
pub(super) fn load(state: &mut State, shared: &Shared, account: &str, page: &Value) -> Result<usize, String> {
    let items = page["data"].as_array().ok_or("a page of media has an array called data")?;
    let (owner, username) = {
        let account = room_on(state.account_mut(account)?, items.len())?;
        (account.user_id.clone(), account.username.clone())
    };
    let mut posts = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let mut post = post(item, shared).map_err(|problem| format!("data[{index}]: {problem}"))?;
        let own = |media: &mut Media| {
            media.owner.clone_from(&owner);
            if media.username.is_empty() {
                media.username.clone_from(&username);
            }
        };
        own(&mut post);
        post.children.iter_mut().for_each(own);
        if state
            .accounts
            .iter()
            .any(|other| other.user_id != owner && other.media.iter().any(|media| media.id == post.id))
        {
            return Err(format!("data[{index}]: {} belongs to another account", post.id));
        }
        posts.push(post);
    }
    let count = posts.len();
    // Newest first on the page: the last was published first.
    for mut post in posts.into_iter().rev() {
        post.sequence = state.next_sequence();
        let account = state.account_mut(account)?;
        account.media.retain(|known| known.id != post.id);
        account.media.push(post);
    }
    Ok(count)
}

fn post(item: &Value, shared: &Shared) -> Result<Media, String> {
    let mut media = media(item, shared)?;
    let at = text(item, "timestamp").ok_or("timestamp is missing")?;
    media.at = timestamp(&at).ok_or_else(|| format!("timestamp {at:?} is not 2026-11-20T09:15:30+0000"))?;
    if let Some(word) = text(item, "media_product_type") {
        media.product = Product::parse(&word).ok_or_else(|| format!("unknown media_product_type {word:?}"))?;
    }
    media.caption = text(item, "caption").filter(|caption| !caption.is_empty());
    media.alt_text = text(item, "alt_text");
    media.likes = item["like_count"].as_u64().unwrap_or(0);
    media.hides_likes = item.get("like_count").is_none();
    media.comments = item["comments_count"].as_u64().unwrap_or(0);
    media.shared_to_feed = item["is_shared_to_feed"].as_bool();
    media.comments_enabled = item["is_comment_enabled"].as_bool().unwrap_or(true);
    media.ai_generated = item["is_ai_generated"].as_bool().unwrap_or(false);
    if let Some(children) = item["children"]["data"].as_array() {
        for child in children {
            let mut child = self::media(child, shared).map_err(|problem| format!("children: {problem}"))?;
            child.at = media.at;
            media.children.push(child);
        }
    }
    Ok(media)
}

/// What posts and items of albums have in common.
fn media(item: &Value, shared: &Shared) -> Result<Media, String> {
    let id = text(item, "id").filter(|id| !id.is_empty()).ok_or("id is missing")?;
    let word = text(item, "media_type").ok_or("media_type is missing")?;
    let kind = Kind::ALL.iter().find(|(known, _)| *known == word);
    let (_, kind) = kind.ok_or_else(|| format!("unknown media_type {word:?}"))?;
    let mut media = blank(&id, *kind, shared);
    media.file = file(item, "media_url", &media, *kind);
    media.thumbnail = file(item, "thumbnail_url", &media, Kind::Image);
    media.permalink = text(item, "permalink");
    if media.permalink.as_deref().is_some_and(|link| link.contains("/reel/")) {
        media.product = Product::Reels;
    }
    media.username = text(item, "username").unwrap_or_default();
    let recorded = media.permalink.as_deref().and_then(|link| link.trim_end_matches('/').rsplit('/').next());
    if let Some(shortcode) = text(item, "shortcode").or(recorded.map(str::to_owned)) {
        media.shortcode = shortcode;
    }
    Ok(media)
}

/// The recorded file, or a made-up one where the link leads elsewhere.
fn file(item: &Value, field: &str, media: &Media, kind: Kind) -> Option<File> {
    let made_up = || if kind == Kind::Video { File::video(&media.id) } else { File::image(&media.id) };
    text(item, field).map(|url| File::recorded(&url).unwrap_or_else(made_up))
}

fn text(item: &Value, field: &str) -> Option<String> {
    item[field].as_str().map(str::to_owned)
}

fn timestamp(text: &str) -> Option<Timestamp> {
    let offset_without_colon = DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%z");
    offset_without_colon.or_else(|_| DateTime::parse_from_rfc3339(text)).ok().map(|at| at.to_utc())
}
