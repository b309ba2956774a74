//! Enums whose words are those of the tables: each is written once, as the name of its value in the schema.

use crate::{domain::Platform, service::ServiceError, store::error::inconsistent};
use async_graphql::{Enum, resolver_utils::EnumType};

/// The value that `word` of `column` names.
///
/// # Errors
/// [`ServiceError::Internal`] for a word the schema does not know.
pub fn read<T: EnumType>(table: &'static str, column: &str, word: &str) -> Result<T, ServiceError> {
    let known = T::items().iter().find(|item| item.name == word);
    known.map(|item| item.value).ok_or_else(|| inconsistent(table, column).into())
}

/// The word for `value`.
pub fn word<T: EnumType>(value: T) -> &'static str {
    T::items().iter().find(|item| item.value == value).map_or("", |item| item.name)
}

/// A platform that posts come from.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(rename_items = "snake_case", remote = "Platform")]
pub enum SocialPlatform {
    /// X, formerly Twitter: the posts of one account.
    Twitter,
    /// Instagram: the posts of a professional account.
    Instagram,
    /// LinkedIn: the posts of a company's page.
    Linkedin,
}

/// How well the connection to an account works.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
pub enum SocialAccountHealth {
    /// It works.
    Connected,
    /// The last polls failed; the service tries on by itself.
    Degraded,
    /// The platform or the operator must act; the service looks again now and then.
    Paused,
    /// An administrator must connect the account again.
    NeedsReconnect,
}

/// What came of a post for one integration.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
pub enum SocialDeliveryStatus {
    /// A message is in the channel.
    Delivered,
    /// The integration does not want the post.
    Filtered,
    /// Only engagement is missing; the post is looked at again.
    Waiting,
    /// It should be in the channel and is not; it is tried again.
    Failed,
}

/// What came of a post, for searching.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
pub enum SocialPostStatus {
    /// Imported, and no integration has decided about it.
    Imported,
    /// In at least one channel.
    Delivered,
    /// Not wanted by at least one integration.
    Filtered,
    /// Waiting for engagement for at least one integration.
    Waiting,
    /// Failed for at least one integration.
    Failed,
}

/// How an import ended.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
pub enum SocialImportStatus {
    /// It is under way.
    Running,
    /// It is done.
    Completed,
    /// It failed; `errors` says why.
    Failed,
}

/// Why an import took place.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
pub enum SocialImportType {
    /// It was due.
    Scheduled,
    /// An administrator asked for it.
    Manual,
    /// The platform announced a post.
    Webhook,
}

/// Who changed something.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
pub enum SocialAuditActor {
    /// An administrator of the workspace.
    Administrator,
    /// The platform, on behalf of the account's owner.
    Platform,
    /// This service by itself.
    Service,
}

/// How far a connection has come.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
pub enum SocialConnectionStatus {
    /// The address was handed out and not opened yet.
    Started,
    /// The administrator is at the platform.
    Waiting,
    /// The platform's answer is being worked on.
    Exchanging,
    /// The administrator must choose from `identities` with socialChooseIdentities.
    Choosing,
    /// `accounts` are connected.
    Connected,
    /// It failed; `message` says why and what to do.
    Failed,
    /// Its time ran out: start again.
    Expired,
}

/// A kind of media.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(rename_items = "snake_case", remote = "crate::domain::MediaKind")]
pub enum SocialMediaKind {
    /// A still picture.
    Image,
    /// A video.
    Video,
    /// A silent looping video.
    Gif,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schemas_words_are_the_domains() {
        for platform in Platform::ALL {
            assert_eq!(word(SocialPlatform::from(platform)), platform.as_str());
        }
        use crate::domain::{MediaKind, plan::DeliveryStatus};
        for kind in [MediaKind::Image, MediaKind::Video, MediaKind::Gif] {
            assert_eq!(word(SocialMediaKind::from(kind)), kind.as_str());
        }
        use DeliveryStatus::{Delivered, Failed, Filtered, Waiting};
        for status in [Delivered, Filtered, Waiting, Failed] {
            let read: SocialDeliveryStatus = read("t", "status", status.as_str()).unwrap();
            assert_eq!(word(read), status.as_str());
        }
    }

    #[test]
    fn an_unknown_word_is_a_fault_and_not_a_guess() {
        let read = read::<SocialAccountHealth>("nchat_social_accounts", "health", "fine");
        assert_eq!(read.unwrap_err().code(), "internal");
    }
}
