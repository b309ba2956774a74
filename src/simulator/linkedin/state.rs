//! What the world remembers.

use super::grants::Grants;
use super::media::Asset;
use super::switches::Switches;
use super::urn;
use super::usage::Usage;
use crate::domain::Timestamp;
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

/// Roles by which a page's posts and media can be read.
/// `<https://learn.microsoft.com/linkedin/marketing/community-management/organizations/organization-access-control-by-role>`
const READER_ROLES: [&str; 4] =
    ["ADMINISTRATOR", "DIRECT_SPONSORED_CONTENT_POSTER", "CONTENT_ADMIN", "CONTENT_ADMINISTRATOR"];

/// A company page or a brand page.
#[derive(Clone, Debug)]
pub(super) struct Page {
    /// The full URN, as accounts are named.
    pub urn: String,
    pub number: u64,
    pub name: String,
    pub vanity: String,
    /// The id of its logo, shared by its `digitalmediaAsset` and its `image` URN.
    pub logo: String,
    /// What the member is there; `None` once the role is taken away.
    pub role: Option<String>,
    pub created_at: Timestamp,
}

impl Page {
    pub fn is_brand(&self) -> bool {
        self.urn.starts_with("urn:li:organizationBrand:")
    }

    /// Whether the member may read its posts and media.
    pub fn shows_posts(&self) -> bool {
        self.role.as_deref().is_some_and(|role| READER_ROLES.contains(&role))
    }

    /// Whether the member may read its statistics.
    pub fn is_administered(&self) -> bool {
        self.role.as_deref() == Some("ADMINISTRATOR")
    }
}

/// What people did with a post.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub likes: u64,
    pub comments: u64,
    pub shares: u64,
    pub views: u64,
}

/// A post, as the JSON that the API shows.
#[derive(Clone, Debug)]
pub(super) struct StoredPost {
    pub body: Map<String, Value>,
    /// The page it stands on.
    pub page: u64,
    /// The URN by which reactions know it; its number is not the post's.
    pub activity: String,
    /// Whether hashtags are written as templates.
    pub hashtag_templates: bool,
    /// Names written as mentions, with their URNs.
    pub mentions: Vec<(String, String)>,
    pub tally: Tally,
}

impl StoredPost {
    pub fn text(&self, field: &str) -> &str {
        self.body.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// Epoch milliseconds.
    pub fn time(&self, field: &str) -> i64 {
        self.body.get(field).and_then(Value::as_i64).unwrap_or(0)
    }

    pub fn is_published(&self) -> bool {
        self.text("lifecycleState") == "PUBLISHED"
    }

    /// Sponsored content, shown to an audience and not on the page.
    pub fn is_dsc(&self) -> bool {
        self.body.get("adContext").and_then(|context| context.get("isDsc")).and_then(Value::as_bool) == Some(true)
    }
}

/// Everything behind the one lock.
#[derive(Default)]
pub(super) struct State {
    pub switches: Switches,
    pub grants: Grants,
    pub usage: Usage,
    /// In the order they were added.
    pub pages: Vec<Page>,
    /// By full URN.
    pub posts: HashMap<String, StoredPost>,
    /// By full URN.
    pub media: HashMap<String, Asset>,
    /// Posts of others that exist but are not ours to read.
    pub foreign: HashSet<String>,
    /// Counts posts and pages made here, for their numbers.
    pub made: u64,
}

impl State {
    /// The page that an organization's or a brand's URN names; both kinds name both kinds of page.
    pub fn page(&self, urn: &str) -> Option<&Page> {
        self.page_numbered(urn::page_number(urn)?)
    }

    pub fn page_numbered(&self, number: u64) -> Option<&Page> {
        self.pages.iter().find(|page| page.number == number)
    }

    /// A post by any of its URNs: share, ugcPost or activity.
    pub fn post(&self, urn: &str) -> Option<&StoredPost> {
        self.posts.get(urn).or_else(|| self.posts.values().find(|post| post.activity == urn))
    }

    /// Whether the member may read the page of this post.
    pub fn shows(&self, post: &StoredPost) -> bool {
        self.page_numbered(post.page).is_some_and(Page::shows_posts)
    }

    /// The next of the world's own numbers.
    pub fn next_made(&mut self) -> u64 {
        self.made += 1;
        self.made
    }
}
