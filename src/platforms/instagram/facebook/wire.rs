//! JSON of graph.facebook.com that Instagram's host does not have: Pages, businesses, what a token is.
//! `<https://developers.facebook.com/docs/graph-api/reference/page>`,
//! `<https://developers.facebook.com/docs/graph-api/reference/debug_token>`

use crate::platforms::instagram::wire::{id, integer, lenient, lenient_list, text};
use serde::Deserialize;

/// A person, a Page, a business, or the Instagram account of a Page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Node {
    #[serde(deserialize_with = "id")]
    pub id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub name: Option<String>,
    #[serde(deserialize_with = "text")]
    pub username: Option<String>,
    #[serde(deserialize_with = "text")]
    pub profile_picture_url: Option<String>,
}

/// A Facebook Page. No Debug: it holds its token.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Page {
    #[serde(deserialize_with = "id")]
    pub id: Option<String>,
    /// Missing where the person may not act for the Page.
    #[serde(deserialize_with = "lenient")]
    pub access_token: Option<String>,
    /// Missing, not null, where none is linked.
    #[serde(deserialize_with = "lenient")]
    pub instagram_business_account: Option<Node>,
}

/// What `debug_token` tells of a token.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Inspected {
    #[serde(deserialize_with = "lenient")]
    pub is_valid: Option<bool>,
    /// Seconds since 1970; 0: no end.
    #[serde(deserialize_with = "integer")]
    pub expires_at: Option<i64>,
    /// Seconds since 1970: data is refused from then on, although the token lives. 0: no end.
    #[serde(deserialize_with = "integer")]
    pub data_access_expires_at: Option<i64>,
    #[serde(deserialize_with = "lenient_list")]
    pub scopes: Vec<String>,
    #[serde(deserialize_with = "lenient_list")]
    pub granular_scopes: Vec<Granular>,
}

/// A permission granted for certain Pages or accounts only.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Granular {
    #[serde(deserialize_with = "text")]
    pub scope: Option<String>,
    /// None: for all there are.
    #[serde(deserialize_with = "lenient_list")]
    pub target_ids: Vec<Target>,
}

/// An id, as text or as a number.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Target(#[serde(deserialize_with = "id")] pub Option<String>);
