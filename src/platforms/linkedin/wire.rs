//! LinkedIn's JSON, as far as it is read. Everything that may be absent is optional; posts are kept as raw values at
//! first, so that one strange post does not cost the page.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// A page of a collection.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    pub paging: Paging,
    /// Never absent: an answer without it is none, not an empty page.
    pub elements: Vec<Value>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Paging {
    #[serde(default)]
    links: Vec<Link>,
}

#[derive(Debug, Deserialize)]
struct Link {
    #[serde(default)]
    rel: String,
    #[serde(default)]
    href: String,
}

impl Paging {
    /// The next page, absolute or relative.
    pub fn next(&self) -> Option<&str> {
        self.links.iter().find(|link| link.rel == "next").map(|link| link.href.as_str())
    }
}

/// An answer to `?ids=List(…)`: what is missing in `results` was refused or does not exist.
#[derive(Debug, Deserialize)]
pub(super) struct Batch<T> {
    #[serde(default = "HashMap::new")]
    pub results: HashMap<String, T>,
    /// HTTP's status for each id.
    #[serde(default)]
    pub statuses: HashMap<String, Value>,
}

/// A post. `<https://learn.microsoft.com/linkedin/marketing/community-management/shares/posts-api>`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Post {
    /// `urn:li:share:…` or `urn:li:ugcPost:…`
    pub id: String,
    /// Little text.
    #[serde(default)]
    pub commentary: Option<String>,
    #[serde(default)]
    pub visibility: Option<String>,
    #[serde(default)]
    pub lifecycle_state: Option<String>,
    #[serde(default)]
    pub distribution: Option<Distribution>,
    /// At most one key, which names its kind.
    #[serde(default)]
    pub content: Option<Map<String, Value>>,
    #[serde(default)]
    pub reshare_context: Option<Value>,
    #[serde(default)]
    pub ad_context: Option<AdContext>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Distribution {
    #[serde(default)]
    pub feed_distribution: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AdContext {
    #[serde(default)]
    pub is_dsc: Option<bool>,
}

/// `content.media`, `content.celebration.media` and the members of `content.multiImage.images`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MediaContent {
    pub id: String,
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub alt_text: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct MultiImage {
    #[serde(default)]
    pub images: Vec<MediaContent>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Article {
    #[serde(default)]
    pub source: Option<String>,
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub thumbnail: Option<String>,
    #[serde(default)]
    pub thumbnail_alt_text: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Poll {
    #[serde(default)]
    pub question: Option<String>,
    #[serde(default)]
    pub options: Vec<PollOption>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PollOption {
    #[serde(default)]
    pub text: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Celebration {
    #[serde(default)]
    pub text: Option<String>,
    #[serde(default)]
    pub media: Option<Value>,
}

/// An image or a video. `<https://learn.microsoft.com/linkedin/marketing/community-management/shares/images-api>`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Asset {
    #[serde(default)]
    pub status: Option<String>,
    /// Signed; ends at `downloadUrlExpiresAt`.
    #[serde(default)]
    pub download_url: Option<String>,
    /// Of a video: a link in most answers, an image URN in some.
    #[serde(default)]
    pub thumbnail: Option<String>,
}

/// Counters of a post. `<https://learn.microsoft.com/linkedin/marketing/community-management/shares/social-metadata-api>`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SocialMetadata {
    #[serde(default)]
    pub comment_summary: Option<CommentSummary>,
    /// An object by reaction type; some descriptions of it show an array.
    #[serde(default)]
    pub reaction_summaries: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct CommentSummary {
    #[serde(default)]
    pub count: Option<u64>,
}

/// A member's role on a page. The page's key is spelled in three ways.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Acl {
    #[serde(default)]
    pub role: Option<String>,
    #[serde(default)]
    pub state: Option<String>,
    #[serde(default)]
    pub role_assignee: Option<String>,
    #[serde(default)]
    pub organization: Option<String>,
    #[serde(default)]
    pub organization_target: Option<String>,
    #[serde(default)]
    pub organizational_target: Option<String>,
}

/// A page.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Organization {
    #[serde(default)]
    pub localized_name: Option<String>,
    #[serde(default)]
    pub vanity_name: Option<String>,
    #[serde(default)]
    pub logo_v2: Option<Value>,
}

/// `/v2/me`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Me {
    pub id: String,
    #[serde(default)]
    pub localized_first_name: Option<String>,
    #[serde(default)]
    pub localized_last_name: Option<String>,
}

/// `/v2/userinfo`
#[derive(Debug, Deserialize)]
pub(super) struct UserInfo {
    pub sub: String,
    #[serde(default)]
    pub name: Option<String>,
}
