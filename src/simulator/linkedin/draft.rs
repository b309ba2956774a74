//! From a draft to a post in LinkedIn's shape.

use super::media::{Asset, new_id};
use super::state::{StoredPost, Tally};
use super::world::unknown;
use super::{LinkedinWorld, content, little_text};
use crate::domain::Timestamp;
use crate::simulator::{Counters, Draft};
use serde_json::{Map, Value, json};

/// What `extra` may hold. `mentions` maps names to URNs (`@Name` in the text becomes a mention), `hashtags` is
/// `template` or `plain`, `createdAt` is epoch ms for posts planned earlier; the rest is LinkedIn's own.
const KNOWN_EXTRA: [&str; 15] = [
    "article",
    "poll",
    "document",
    "content",
    "mentions",
    "hashtags",
    "createdAt",
    "feedDistribution",
    "isDsc",
    "adContext",
    "visibility",
    "lifecycleState",
    "container",
    "contentLandingPage",
    "contentCallToActionLabel",
];

/// LinkedIn takes no longer texts.
const LONGEST_COMMENTARY: usize = 3000;

/// Publishes `draft` on the page `account`.
pub(super) fn publish(world: &LinkedinWorld, account: &str, draft: Draft) -> Result<String, String> {
    check(&draft)?;
    let now = world.now();
    let at = draft.at.unwrap_or(now);
    let mut state = world.state();
    let page = state.pages.iter().find(|page| page.urn == account).ok_or_else(|| unknown(account))?.number;
    let mut uploads = Vec::new();
    let content = content::build(&draft, &mut |kind| {
        let urn = format!("urn:li:{kind}:{}", new_id(if kind == "document" { "D4E1FAQ" } else { "D4E10AQ" }, world));
        uploads.push(urn.clone());
        urn
    })?;
    let made = state.next_made();
    let mentions = mentions(&draft)?;
    let hashtag_templates = match draft.extra.get("hashtags").and_then(Value::as_str) {
        Some(form) => form == "template",
        // Independent of which name space the id falls in.
        None => (made / 2).is_multiple_of(2),
    };
    let kind = if made.is_multiple_of(2) { "ugcPost" } else { "share" };
    let id = format!("urn:li:{kind}:{}", number(at, made));
    let mut body = skeleton(&draft, &id, account, at);
    body.insert("commentary".to_owned(), little_text::write(&draft.text, &mentions, hashtag_templates).into());
    if let Some(content) = content {
        body.insert("content".to_owned(), content);
    }
    if let Some(original) = &draft.repost_of {
        let parent = format!("urn:li:share:{}", number(at - chrono::Duration::days(30), made));
        if !original.unreadable {
            state.foreign.insert(parent.clone());
        }
        body.insert("reshareContext".to_owned(), json!({"parent": parent, "root": parent}));
    }
    state.media.extend(uploads.into_iter().map(|urn| (urn, Asset { page, uploaded_at: at })));
    let activity = format!("urn:li:activity:{}", number(at + chrono::Duration::milliseconds(1), made));
    let mut tally = Tally::default();
    count(&mut tally, draft.counters);
    state.posts.insert(id.clone(), StoredPost { body, page, activity, hashtag_templates, mentions, tally });
    Ok(id)
}

/// Sets the counters that are given, under LinkedIn's names or the other platforms'.
pub(super) fn count(tally: &mut Tally, counters: Counters) {
    tally.likes = counters.likes.unwrap_or(tally.likes);
    tally.comments = counters.comments.or(counters.replies).unwrap_or(tally.comments);
    tally.shares = counters.shares.or(counters.reposts).unwrap_or(tally.shares);
    tally.views = counters.views.unwrap_or(tally.views);
}

fn check(draft: &Draft) -> Result<(), String> {
    if draft.quote_of.is_some() || draft.reply_to.is_some() {
        return Err("LinkedIn pages have neither quotes nor replies: use repost_of".to_owned());
    }
    check_length(&draft.text)?;
    match draft.extra.keys().find(|name| !KNOWN_EXTRA.contains(&name.as_str())) {
        Some(stranger) => Err(format!("linkedin knows no extra {stranger:?}; known: {}", KNOWN_EXTRA.join(", "))),
        None => Ok(()),
    }
}

pub(super) fn check_length(text: &str) -> Result<(), String> {
    if text.chars().count() > LONGEST_COMMENTARY {
        return Err(format!("LinkedIn takes {LONGEST_COMMENTARY} characters at most"));
    }
    Ok(())
}

fn mentions(draft: &Draft) -> Result<Vec<(String, String)>, String> {
    let Some(given) = draft.extra.get("mentions") else { return Ok(Vec::new()) };
    let given = given.as_object().ok_or("mentions must be an object from names to URNs")?;
    let pair = |(name, urn): (&String, &Value)| Some((name.clone(), urn.as_str()?.to_owned()));
    given.iter().map(pair).collect::<Option<_>>().ok_or_else(|| "mentions must map names to URNs".to_owned())
}

/// Everything but text and content. `lastModifiedAt` of an untouched post is its publication.
fn skeleton(draft: &Draft, id: &str, author: &str, at: Timestamp) -> Map<String, Value> {
    let extra = |name: &str, otherwise: &str| draft.extra.get(name).cloned().unwrap_or_else(|| otherwise.into());
    let at_ms = at.timestamp_millis();
    let lifecycle = extra("lifecycleState", "PUBLISHED");
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    put("id", id.into());
    put("author", author.into());
    put("visibility", extra("visibility", "PUBLIC"));
    put("lifecycleStateInfo", json!({"isEditedByAuthor": false}));
    let feed = extra("feedDistribution", "MAIN_FEED");
    put("distribution", json!({"feedDistribution": feed, "thirdPartyDistributionChannels": []}));
    // A post is created a moment before it is published, or long before when it was planned.
    put("createdAt", draft.extra.get("createdAt").cloned().unwrap_or_else(|| (at_ms - 400).into()));
    if lifecycle == "PUBLISHED" {
        put("publishedAt", at_ms.into());
    }
    put("lifecycleState", lifecycle);
    put("lastModifiedAt", at_ms.into());
    put("isReshareDisabledByAuthor", false.into());
    if draft.extra.get("isDsc") == Some(&Value::Bool(true)) {
        put("adContext", json!({"isDsc": true, "dscAdType": "STANDARD", "dscStatus": "ACTIVE"}));
    }
    for name in ["adContext", "container", "contentLandingPage", "contentCallToActionLabel"] {
        if let Some(value) = draft.extra.get(name) {
            put(name, value.clone());
        }
    }
    body
}

/// Nineteen digits, more than a double holds, growing with time: milliseconds in front of a running number.
fn number(at: Timestamp, made: u64) -> u64 {
    let ms = u64::try_from(at.timestamp_millis()).unwrap_or(0).clamp(1 << 38, (1 << 41) - 1);
    (ms << 22) | (made & 0x3f_ffff)
}
