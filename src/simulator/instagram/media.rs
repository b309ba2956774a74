//! A post, or one item of an album, and how it answers a list of fields.
//! `<https://developers.facebook.com/docs/instagram-platform/reference/instagram-media>`

use super::{
    cdn::{File, Signer},
    errors::GraphError,
    fields::{self, Field},
};
use crate::{domain::Timestamp, simulator::Shared};
use serde_json::{Map, Value, json};

/// Every field of a post that Instagram Login knows; asking for another fails the whole request.
const FIELDS: [&str; 19] = [
    "id",
    "caption",
    "media_type",
    "media_product_type",
    "media_url",
    "thumbnail_url",
    "permalink",
    "shortcode",
    "timestamp",
    "username",
    "owner",
    "like_count",
    "comments_count",
    "children",
    "alt_text",
    "is_shared_to_feed",
    "is_comment_enabled",
    "is_ai_generated",
    "current_live_viewer_count",
];
/// The node type in error messages.
const NODE: &str = "ShadowIGMedia";

/// What a post consists of. A reel is a video too: `REELS` is never a media type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Image,
    Video,
    Album,
}

impl Kind {
    /// `media_type`.
    pub(super) const ALL: [(&str, Self); 3] =
        [("IMAGE", Self::Image), ("VIDEO", Self::Video), ("CAROUSEL_ALBUM", Self::Album)];

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| *word)
    }
}

/// Where a post is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Product {
    Feed,
    Reels,
    Story,
    Ad,
}

impl Product {
    /// `media_product_type`.
    pub(super) const ALL: [(&str, Self); 4] =
        [("FEED", Self::Feed), ("REELS", Self::Reels), ("STORY", Self::Story), ("AD", Self::Ad)];

    /// Its word to itself.
    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == word).map(|(_, product)| *product)
    }

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, product)| *product == self).map_or("", |(word, _)| *word)
    }
}

/// A post, or one item of an album.
#[derive(Clone, Debug)]
pub(super) struct Media {
    pub id: String,
    pub caption: Option<String>,
    pub kind: Kind,
    pub product: Product,
    /// Missing for copyrighted or flagged content.
    pub file: Option<File>,
    /// Videos alone have one.
    pub thumbnail: Option<File>,
    pub permalink: Option<String>,
    pub shortcode: String,
    pub at: Timestamp,
    pub username: String,
    /// The account's professional id.
    pub owner: String,
    pub likes: u64,
    pub comments: u64,
    /// The owner hides like counts.
    pub hides_likes: bool,
    pub alt_text: Option<String>,
    /// Reels alone say so.
    pub shared_to_feed: Option<bool>,
    pub comments_enabled: bool,
    pub ai_generated: bool,
    pub pinned: bool,
    /// Albums alone have some.
    pub children: Vec<Self>,
    /// Counts publications; decides between posts of the same moment.
    pub sequence: u64,
}

/// How a post is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// By its id.
    Direct,
    /// Through a list: hidden like counts are left out.
    Listed,
    /// As an item of an album: the post's own texts and counters are left out.
    Item,
}

/// Writes media for one answer.
#[derive(Clone, Copy)]
pub(super) struct Renderer<'a> {
    pub signer: &'a Signer,
    pub shared: &'a Shared,
    pub cdn_local: bool,
}

/// Refuses a list of fields that asks a post for something it does not have.
pub(super) fn check(fields: &[Field]) -> Result<(), GraphError> {
    fields::check(fields, &FIELDS, NODE)?;
    for field in fields.iter().filter(|field| !field.inner.is_empty()) {
        match field.name.as_str() {
            "children" => check(&field.inner)?,
            "owner" => fields::check(&field.inner, &["id"], "ShadowIGUser")?,
            name => return Err(GraphError::parameter(&format!("Subfields are not supported by {name}"))),
        }
    }
    Ok(())
}

impl Renderer<'_> {
    /// `media` with the checked `fields`; `id` is always there, and what there is nothing to say about is left out.
    pub(super) fn render(self, media: &Media, fields: &[Field], read: Read) -> Value {
        let mut node = Map::new();
        for field in fields {
            if let Some(value) = self.value(media, field, read) {
                node.insert(field.name.clone(), value);
            }
        }
        node.insert("id".into(), media.id.clone().into());
        Value::Object(node)
    }

    fn value(self, media: &Media, field: &Field, read: Read) -> Option<Value> {
        let post = read != Read::Item;
        Some(match field.name.as_str() {
            "caption" if post => media.caption.clone()?.into(),
            "media_type" => media.kind.word().into(),
            "media_product_type" if post => media.product.word().into(),
            "media_url" => self.link(media.file.as_ref()?),
            "thumbnail_url" => self.link(media.thumbnail.as_ref()?),
            "permalink" => media.permalink.clone()?.into(),
            "shortcode" => media.shortcode.clone().into(),
            // UTC, with an offset that has no colon.
            "timestamp" => media.at.format("%Y-%m-%dT%H:%M:%S+0000").to_string().into(),
            "username" => media.username.clone().into(),
            "owner" => json!({ "id": media.owner }),
            "like_count" if post && (read == Read::Direct || !media.hides_likes) => media.likes.into(),
            "comments_count" if post => media.comments.into(),
            "children" if media.kind == Kind::Album => {
                let shown = media.children.iter().take(field.limit.unwrap_or(usize::MAX));
                json!({ "data": shown.map(|child| self.render(child, &field.inner, Read::Item)).collect::<Vec<_>>() })
            }
            "alt_text" if post => media.alt_text.clone()?.into(),
            "is_shared_to_feed" if post => media.shared_to_feed?.into(),
            "is_comment_enabled" if post => media.comments_enabled.into(),
            "is_ai_generated" if post => media.ai_generated.into(),
            _ => return None,
        })
    }

    /// A fresh signed link.
    pub(super) fn link(self, file: &File) -> Value {
        self.signer.sign(file, self.shared, self.cdn_local).into()
    }
}
