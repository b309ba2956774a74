//! nchat's channels, as far as this service shows them.

use crate::{graphql::scalar::Id, store::channels::Channel};
use async_graphql::SimpleObject;

/// A channel of nchat.
#[derive(SimpleObject, Clone)]
#[graphql(rename_fields = "snake_case")]
pub struct SocialChannel {
    /// The channel's id in nchat.
    id: Id,
    /// Its name, without `#`.
    name: String,
    /// Its name in addresses.
    slug: Option<String>,
    /// nchat's word for its kind: public, private, direct, group, announcement.
    #[graphql(name = "type")]
    kind: Option<String>,
    /// It is archived and takes no messages.
    is_archived: bool,
    /// Its members do not write there; posts of accounts arrive all the same.
    is_readonly: bool,
}

impl From<Channel> for SocialChannel {
    fn from(row: Channel) -> Self {
        Self {
            id: row.id.into(),
            name: row.name,
            slug: row.slug,
            kind: row.kind,
            is_archived: row.is_archived,
            is_readonly: row.is_readonly,
        }
    }
}
