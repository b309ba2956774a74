//! X's JSON, as far as it is read. Both vocabularies are understood on every object: a renamed key is two optional
//! fields here and one method, so that an answer with both keys is no error; the new word wins.
//! Fields of an unexpected type count as absent and entries that cannot be read are left out of their list: one odd
//! post must not hold up the others.
//! `<https://docs.x.com/x-api/fundamentals/data-dictionary>`

use super::tolerance::{Readable, id, lenient, lenient_id};
use crate::domain::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// An answer of `/2/users/:id/tweets`. `meta` is missing when X tells why it shows nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Page {
    pub data: Readable<Post>,
    #[serde(deserialize_with = "lenient")]
    pub includes: Option<Includes>,
    pub errors: Readable<Problem>,
    #[serde(deserialize_with = "lenient")]
    pub meta: Option<Meta>,
}

/// An answer of `/2/users/me`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Me {
    #[serde(deserialize_with = "lenient")]
    pub data: Option<User>,
    pub errors: Readable<Problem>,
}

/// `newest_id` is this page's; the last page has no `next_token`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Meta {
    #[serde(deserialize_with = "lenient")]
    pub newest_id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub next_token: Option<String>,
}

/// What the posts refer to, each once, in no order.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Includes {
    tweets: Readable<Post>,
    posts: Readable<Post>,
    pub users: Readable<User>,
    pub media: Readable<Media>,
}

impl Includes {
    pub fn posts(&self) -> impl Iterator<Item = &Post> {
        self.tweets.items.iter().chain(&self.posts.items)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Post {
    #[serde(deserialize_with = "id")]
    pub id: String,
    #[serde(default)]
    pub text: String,
    #[serde(default, deserialize_with = "lenient_id")]
    pub author_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub created_at: Option<Timestamp>,
    #[serde(default)]
    edit_history_tweet_ids: Readable<String>,
    #[serde(default)]
    edit_history_post_ids: Readable<String>,
    #[serde(default)]
    referenced_tweets: Readable<Reference>,
    #[serde(default)]
    referenced_posts: Readable<Reference>,
    #[serde(default, deserialize_with = "lenient")]
    note_tweet: Option<Note>,
    #[serde(default, deserialize_with = "lenient")]
    note_post: Option<Note>,
    #[serde(default, deserialize_with = "lenient")]
    pub entities: Option<Entities>,
    #[serde(default, deserialize_with = "lenient")]
    pub attachments: Option<Attachments>,
    #[serde(default, deserialize_with = "lenient")]
    pub public_metrics: Option<Metrics>,
    #[serde(default, deserialize_with = "lenient")]
    pub possibly_sensitive: Option<bool>,
    /// Countries or reasons for which the post must not be shown; absent on all others.
    #[serde(default)]
    pub withheld: Option<Value>,
    #[serde(default, deserialize_with = "lenient")]
    pub scopes: Option<Scopes>,
    #[serde(default, deserialize_with = "lenient")]
    pub article: Option<Article>,
}

impl Page {
    /// The lowest id on the page.
    pub fn lowest_id(&self) -> Option<u64> {
        let ids = self.data.items.iter().map(|post| &post.id).chain(&self.data.unreadable);
        ids.filter_map(|id| super::cursor::post_number(id)).min()
    }
}

impl Post {
    /// Ids of all versions, oldest first; empty where X did not say.
    pub fn edit_history(&self) -> &[String] {
        newer(&self.edit_history_post_ids, &self.edit_history_tweet_ids)
    }

    /// What the post is to others, with the kinds `retweeted`, `quoted`, `replied_to` in both vocabularies.
    pub fn referenced(&self, kind: ReferenceKind) -> Option<&str> {
        let references = newer(&self.referenced_posts, &self.referenced_tweets);
        references.iter().find(|reference| reference.kind == kind).map(|reference| reference.id.as_str())
    }

    /// The full text of a post whose `text` is cut, with entities of its own.
    pub fn note(&self) -> Option<&Note> {
        self.note_post.as_ref().or(self.note_tweet.as_ref()).filter(|note| !note.text.is_empty())
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Reference {
    #[serde(rename = "type")]
    kind: ReferenceKind,
    id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum ReferenceKind {
    #[serde(rename = "retweeted", alias = "reposted")]
    Repost,
    #[serde(rename = "quoted")]
    Quote,
    #[serde(rename = "replied_to")]
    Reply,
    #[serde(other)]
    Other,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Note {
    pub text: String,
    #[serde(deserialize_with = "lenient")]
    pub entities: Option<Entities>,
}

/// `start` (inclusive) and `end` (exclusive) count Unicode code points of the escaped text.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Entities {
    pub hashtags: Readable<Hashtag>,
    pub mentions: Readable<Mention>,
    pub urls: Readable<Link>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Hashtag {
    pub tag: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Mention {
    pub username: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Link {
    pub start: usize,
    pub end: usize,
    /// The t.co link as it stands in the text.
    #[serde(default, deserialize_with = "lenient")]
    pub url: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub expanded_url: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub unwound_url: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub display_url: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub media_key: Option<String>,
}

/// In display order.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Attachments {
    pub media_keys: Readable<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metrics {
    #[serde(deserialize_with = "lenient")]
    pub like_count: Option<u64>,
    #[serde(deserialize_with = "lenient")]
    pub reply_count: Option<u64>,
    #[serde(deserialize_with = "lenient")]
    pub quote_count: Option<u64>,
    #[serde(deserialize_with = "lenient")]
    pub impression_count: Option<u64>,
    #[serde(deserialize_with = "lenient")]
    retweet_count: Option<u64>,
    #[serde(deserialize_with = "lenient")]
    repost_count: Option<u64>,
}

impl Metrics {
    pub fn repost_count(&self) -> Option<u64> {
        self.repost_count.or(self.retweet_count)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Scopes {
    pub followers: bool,
}

/// A long-form article: the post's text is only a link to it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Article {
    #[serde(deserialize_with = "lenient")]
    pub title: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct User {
    pub id: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub username: String,
    #[serde(default, deserialize_with = "lenient")]
    pub profile_image_url: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub protected: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    pub created_at: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub public_metrics: Option<UserMetrics>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct UserMetrics {
    #[serde(deserialize_with = "lenient")]
    tweet_count: Option<u64>,
    #[serde(deserialize_with = "lenient")]
    post_count: Option<u64>,
}

impl UserMetrics {
    /// Posts of all kinds ever published.
    pub fn posts(&self) -> Option<u64> {
        self.post_count.or(self.tweet_count)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Media {
    pub media_key: String,
    #[serde(rename = "type")]
    pub kind: MediaType,
    #[serde(default, deserialize_with = "lenient")]
    pub url: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub preview_image_url: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub alt_text: Option<String>,
    #[serde(default)]
    pub variants: Readable<Variant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum MediaType {
    Photo,
    Video,
    AnimatedGif,
    #[serde(other)]
    Other,
}

/// A file of a video. Streaming playlists have no bit rate.
#[derive(Debug, Deserialize)]
pub(super) struct Variant {
    #[serde(default)]
    pub content_type: String,
    #[serde(default, deserialize_with = "lenient")]
    pub bit_rate: Option<u64>,
    pub url: String,
}

/// An error: the body of a refused request, or an entry of `errors` in a granted one.
/// `<https://docs.x.com/x-api/fundamentals/response-codes-and-errors>`
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Problem {
    #[serde(deserialize_with = "lenient")]
    pub title: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub detail: Option<String>,
    #[serde(rename = "type", deserialize_with = "lenient")]
    kind: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub resource_type: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub resource_id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub value: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub reset_date: Option<String>,
    /// The form of API 1.1: a number and `message`.
    #[serde(deserialize_with = "lenient")]
    pub code: Option<u32>,
    #[serde(deserialize_with = "lenient")]
    pub message: Option<String>,
    /// What was wrong with a request: names of parameters with the values sent.
    #[serde(deserialize_with = "lenient")]
    pub parameters: Option<serde_json::Map<String, Value>>,
    pub errors: Readable<Problem>,
}

impl Problem {
    /// The last part of `type`, which is the stable one: the host before it has changed.
    pub fn kind(&self) -> &str {
        self.kind.as_deref().and_then(|kind| kind.rsplit('/').next()).unwrap_or("")
    }
}

fn newer<'a, T>(new: &'a Readable<T>, old: &'a Readable<T>) -> &'a [T] {
    if new.items.is_empty() { &old.items } else { &new.items }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn post(value: Value) -> Post {
        serde_json::from_value(value).expect("a readable post")
    }

    #[test]
    fn both_words_may_come_and_the_new_one_wins() {
        let post = post(json!({
            "id": "3",
            "edit_history_tweet_ids": ["1"], "edit_history_post_ids": ["2"],
            "note_tweet": {"text": "old"}, "note_post": {"text": "new"},
            "referenced_tweets": [{"type": "quoted", "id": "8"}], "referenced_posts": [{"type": "quoted", "id": "9"}],
            "public_metrics": {"retweet_count": 1, "repost_count": 2}
        }));
        assert_eq!(post.edit_history(), ["2"]);
        assert_eq!(post.note().map(|note| note.text.as_str()), Some("new"));
        assert_eq!(post.referenced(ReferenceKind::Quote), Some("9"));
        assert_eq!(post.public_metrics.and_then(|metrics| metrics.repost_count()), Some(2));
    }

    #[test]
    fn only_numbers_are_ids() {
        let long = "9".repeat(10_000);
        for odd in ["12\0", "", "x", "../me", long.as_str()] {
            let page: Page = serde_json::from_value(json!({
                "data": [{"id": odd, "text": "x"}, {"id": odd, "text": 5}, {"id": "7", "author_id": odd}]
            }))
            .expect("a readable page");
            assert_eq!(page.data.unreadable, ["", ""], "{odd}");
            let [post] = &page.data.items[..] else { panic!("one post: {odd}") };
            assert_eq!((post.id.as_str(), post.author_id.as_deref()), ("7", None), "{odd}");
        }
    }

    #[test]
    fn odd_fields_are_absent_and_odd_entries_left_out() {
        let page: Page = serde_json::from_value(json!({
            "data": [{"id": "1", "created_at": "soon", "entities": 5, "referenced_tweets": [{"type": "new_kind", "id": "2"}]},
                     {"id": 7}, "x", {"id": "2", "text": 1}],
            "includes": {"users": null, "media": [{"type": "hologram", "media_key": "9_1"}, {"media_key": "1"}]},
            "errors": {}, "meta": []
        }))
        .expect("a readable page");
        assert_eq!(page.data.items.len(), 1);
        assert_eq!(page.data.unreadable, ["", "", "2"]);
        assert!(page.data.items[0].created_at.is_none() && page.data.items[0].entities.is_none());
        let includes = page.includes.expect("includes");
        assert_eq!(includes.media.items[0].kind, MediaType::Other);
        assert_eq!(includes.media.unreadable.len(), 1);
    }
}
