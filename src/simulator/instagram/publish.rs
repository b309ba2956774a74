//! A draft becomes a post.

use super::{
    account::Account,
    cdn::File,
    media::{Kind, Media, Product},
    state::{MAX_POSTS_PER_ACCOUNT, State},
};
use crate::simulator::{Draft, DraftMedia, Shared};
use serde::Deserialize;

/// Albums hold 10 or 20 items, depending on the era.
const MAX_ITEMS: usize = 20;

/// What a draft may say in `extra`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Extra {
    /// The owner hides like counts.
    hide_likes: bool,
    /// The platform withholds `media_url`.
    copyrighted: bool,
    /// `FEED`, `REELS`, `STORY` or `AD`; a single video is a reel otherwise, all else feed.
    media_product_type: Option<String>,
    pinned: bool,
    is_ai_generated: bool,
    comments_disabled: bool,
}

/// Publishes `draft` on the account `account`. Returns the media id.
pub(super) fn publish(state: &mut State, shared: &Shared, account: &str, draft: Draft) -> Result<String, String> {
    if draft.repost_of.is_some() || draft.quote_of.is_some() || draft.reply_to.is_some() {
        return Err("Instagram has neither reposts nor quotes nor replies among posts".into());
    }
    if draft.media.len() > MAX_ITEMS {
        return Err(format!("an album holds at most {MAX_ITEMS} items"));
    }
    let extra: Extra = serde_json::from_value(draft.extra.into())
        .map_err(|error| format!("extra is not what Instagram takes: {error}"))?;
    let kinds = draft.media.iter().map(kind_of).collect::<Result<Vec<_>, _>>()?;
    let kind = match kinds.as_slice() {
        // There is no post without a picture.
        [] => Kind::Image,
        [kind] => *kind,
        _ => Kind::Album,
    };
    let product = match extra.media_product_type.as_deref() {
        Some(word) => Product::parse(word).ok_or_else(|| format!("unknown media_product_type {word:?}"))?,
        None if kind == Kind::Video => Product::Reels,
        None => Product::Feed,
    };
    let username = room_on(state.account_mut(account)?, 1)?.username.clone();

    let id = state.next_media_id(&*shared.dice);
    let mut media = Media {
        caption: Some(draft.text).filter(|text| !text.is_empty()),
        kind,
        product,
        at: draft.at.unwrap_or_else(|| shared.clock.now()),
        username,
        owner: account.to_owned(),
        likes: draft.counters.likes.unwrap_or(0),
        comments: draft.counters.comments.unwrap_or(0),
        hides_likes: extra.hide_likes,
        shared_to_feed: (product == Product::Reels).then_some(true),
        comments_enabled: !extra.comments_disabled,
        ai_generated: extra.is_ai_generated,
        pinned: extra.pinned,
        ..blank(&id, kind, shared)
    };
    match kind {
        Kind::Album => {
            for (item, kind) in kinds.into_iter().enumerate() {
                let id = state.next_media_id(&*shared.dice);
                let child = Media {
                    at: media.at,
                    username: media.username.clone(),
                    owner: media.owner.clone(),
                    sequence: u64::try_from(item).unwrap_or(0),
                    ..blank(&id, kind, shared)
                };
                media.children.push(child);
            }
            // An album shows its first item.
            media.file = media.children.first().and_then(|child| child.file.clone());
        }
        Kind::Image => media.alt_text = draft.media.into_iter().next().and_then(|picture| picture.alt_text),
        Kind::Video => {}
    }
    if extra.copyrighted {
        media.file = None;
        media.children.iter_mut().for_each(|child| child.file = None);
    }
    media.permalink = Some(permalink(product, &media.shortcode));
    media.sequence = state.next_sequence();
    state.account_mut(account)?.media.push(media);
    Ok(id)
}

/// `account`, if it can take `more` posts.
pub(super) fn room_on(account: &Account, more: usize) -> Result<&Account, String> {
    if account.media.len() + more <= MAX_POSTS_PER_ACCOUNT {
        Ok(account)
    } else {
        Err(format!("an account holds at most {MAX_POSTS_PER_ACCOUNT} posts"))
    }
}

/// A post of `kind` with nothing but its ids and files.
pub(super) fn blank(id: &str, kind: Kind, shared: &Shared) -> Media {
    let shortcode = format!("D{}", &shared.dice.token()[..10]);
    Media {
        id: id.to_owned(),
        caption: None,
        kind,
        product: Product::Feed,
        file: match kind {
            Kind::Image => Some(File::image(id)),
            Kind::Video => Some(File::video(id)),
            Kind::Album => None,
        },
        thumbnail: (kind == Kind::Video).then(|| File::image(id)),
        permalink: Some(permalink(Product::Feed, &shortcode)),
        shortcode,
        at: shared.clock.now(),
        username: String::new(),
        owner: String::new(),
        likes: 0,
        comments: 0,
        hides_likes: false,
        alt_text: None,
        shared_to_feed: None,
        comments_enabled: true,
        ai_generated: false,
        pinned: false,
        children: Vec::new(),
        sequence: 0,
    }
}

fn permalink(product: Product, shortcode: &str) -> String {
    let section = if product == Product::Reels { "reel" } else { "p" };
    format!("https://www.instagram.com/{section}/{shortcode}/")
}

fn kind_of(media: &DraftMedia) -> Result<Kind, String> {
    match media.kind.as_str() {
        "image" => Ok(Kind::Image),
        "video" => Ok(Kind::Video),
        other => Err(format!("Instagram has no media of the kind {other:?}: use image or video")),
    }
}
