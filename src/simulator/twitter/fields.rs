//! X's two vocabularies and what a request asks for in either.
//!
//! Since the summer of 2026 X's published specification (`<https://api.x.com/2/openapi.json>`, 2.167 and later) says
//! "posts" where the server goes on to say "tweets" too: the fields parameter of the request picks the words of the answer.

use super::params::{Params, Problems};
use std::collections::BTreeSet;

/// Which words an answer uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vocabulary {
    /// `tweet.fields`, or no fields parameter.
    Legacy,
    /// `post.fields`.
    Posts,
}

/// `tweet.fields`.
pub(super) const LEGACY_POST: &[&str] = &[
    "id",
    "text",
    "edit_history_tweet_ids",
    "withheld",
    "rest_id",
    "created_at",
    "author_id",
    "conversation_id",
    "in_reply_to_user_id",
    "referenced_tweets",
    "attachments",
    "lang",
    "possibly_sensitive",
    "paid_partnership",
    "reply_settings",
    "source",
    "display_text_range",
    "card_uri",
    "community_id",
    "note_tweet",
    "scopes",
    "username",
    "suggested_source_links",
    "suggested_source_links_with_counts",
    "matched_media_notes",
    "note_request_suggestions",
    "public_metrics",
    "context_annotations",
    "entities",
    "geo",
    "edit_controls",
    "media_metadata",
    "non_public_metrics",
    "organic_metrics",
    "promoted_metrics",
    "article",
];
/// `post.fields`.
const NEW_POST: &[&str] = &[
    "article",
    "article_title",
    "attachments",
    "card_uri",
    "community_id",
    "context_annotations",
    "conversation_id",
    "created_at",
    "display_text_range",
    "edit_controls",
    "entities",
    "geo",
    "id",
    "lang",
    "matched_media_notes",
    "media_metadata",
    "non_public_metrics",
    "note_post",
    "note_request_suggestions",
    "organic_metrics",
    "paid_partnership",
    "possibly_sensitive",
    "promoted_metrics",
    "public_metrics",
    "reply_settings",
    "scopes",
    "source",
    "suggested_source_links",
    "suggested_source_links_with_counts",
    "text",
    "withheld",
];
/// Expansions in the new words, never fields; named as fields they are dropped without a word.
const NEW_ONLY_EXPANDED: &[&str] = &["referenced_posts", "edit_history_post_ids"];

const LEGACY_EXPANSIONS: &[&str] = &[
    "edit_history_tweet_ids",
    "author_id",
    "in_reply_to_user_id",
    "referenced_tweets",
    "attachments.media_keys",
    "attachments.poll_ids",
    "attachments.media_source_tweet",
    "username",
    "entities.mentions.username",
    "geo.place_id",
    "article.cover_media",
    "article.media_entities",
];
/// Work without being in the list that the error message prints.
const DOTTED_EXPANSIONS: &[&str] =
    &["referenced_tweets.id", "referenced_tweets.id.author_id", "referenced_tweets.id.attachments.media_keys"];
const NEW_EXPANSIONS: &[&str] = &[
    "edit_history_post_ids",
    "author_id",
    "in_reply_to_user_id",
    "referenced_posts",
    "attachments.media_keys",
    "attachments.poll_ids",
    "attachments.media_source_tweet",
    "username",
    "entities.mentions.username",
    "geo.place_id",
    "article.cover_media",
    "article.media_entities",
];
const USER_EXPANSIONS: &[&str] = &["pinned_tweet_id", "most_recent_tweet_id", "affiliation"];
const NEW_USER_EXPANSIONS: &[&str] = &["pinned_post_id", "most_recent_post_id", "affiliation"];

const USER: &[&str] = &[
    "id",
    "name",
    "username",
    "withheld",
    "created_at",
    "description",
    "entities",
    "location",
    "pinned_tweet_id",
    "profile_banner_url",
    "profile_image_url",
    "protected",
    "public_metrics",
    "url",
    "verified",
    "subscription_type",
    "verified_type",
    "most_recent_tweet_id",
    "is_identity_verified",
    "affiliation",
    "connection_status",
    "receives_your_dm",
    "verified_followers_count",
    "parody",
    "subscribes_to_you",
    "subscription",
    "confirmed_email",
    "active_follower_count",
    "subscriber_count",
];
const NEW_USER: &[&str] = &["pinned_post_id", "most_recent_post_id"];
const MEDIA: &[&str] = &[
    "media_key",
    "type",
    "url",
    "preview_image_url",
    "width",
    "height",
    "alt_text",
    "duration_ms",
    "variants",
    "public_metrics",
    "non_public_metrics",
    "organic_metrics",
    "promoted_metrics",
];
const POLL: &[&str] = &["id", "options", "duration_minutes", "end_datetime", "voting_status"];
const PLACE: &[&str] = &["contained_within", "country", "country_code", "full_name", "geo", "id", "name", "place_type"];

/// The parameters that choose fields.
pub(super) const PARAMETERS: &[&str] =
    &["tweet.fields", "post.fields", "expansions", "media.fields", "user.fields", "poll.fields", "place.fields"];

/// What a request asks for, in the older words whichever it used.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) vocabulary: Vocabulary,
    pub(super) post: BTreeSet<&'static str>,
    pub(super) expansions: BTreeSet<&'static str>,
    pub(super) user: BTreeSet<&'static str>,
    pub(super) media: BTreeSet<&'static str>,
}

impl Ask {
    /// Reads the field parameters of a request for posts.
    pub(super) fn of_posts(params: &Params, problems: &mut Problems) -> Self {
        Self::read(params, problems, (LEGACY_EXPANSIONS, NEW_EXPANSIONS))
    }

    /// Reads the field parameters of a request for users.
    pub(super) fn of_users(params: &Params, problems: &mut Problems) -> Self {
        Self::read(params, problems, (USER_EXPANSIONS, NEW_USER_EXPANSIONS))
    }

    fn read(params: &Params, problems: &mut Problems, expansions: (&'static [&str], &'static [&str])) -> Self {
        let legacy = params.choice("tweet.fields", LEGACY_POST, &[NEW_POST, NEW_ONLY_EXPANDED], problems);
        let new = params.choice("post.fields", NEW_POST, &[LEGACY_POST, NEW_ONLY_EXPANDED], problems);
        let vocabulary = if params.has("post.fields") { Vocabulary::Posts } else { Vocabulary::Legacy };
        let (named, defaults, expanded): (_, &[&'static str], _) = match vocabulary {
            Vocabulary::Legacy => {
                let mut expanded =
                    params.choice("expansions", expansions.0, &[DOTTED_EXPANSIONS, expansions.1], problems);
                expanded.extend(params.named("expansions", DOTTED_EXPANSIONS));
                (legacy, &["id", "text", "edit_history_tweet_ids"], expanded)
            }
            Vocabulary::Posts => {
                let others: &[&[&str]] = &[DOTTED_EXPANSIONS, expansions.0];
                (new, &["id", "text"], params.choice("expansions", expansions.1, others, problems))
            }
        };
        let expansions: BTreeSet<_> = expanded.into_iter().map(older_word).collect();
        // An expansion shows the field that it expands.
        let shown = expansions.iter().map(|expansion| expansion.split('.').next().unwrap_or(expansion));
        let post = defaults.iter().copied().chain(named.into_iter().map(older_word)).chain(shown).collect();
        let user = params.choice("user.fields", USER, &[NEW_USER], problems);
        let media = params.choice("media.fields", MEDIA, &[], problems);
        params.choice("poll.fields", POLL, &[], problems);
        params.choice("place.fields", PLACE, &[], problems);
        Self {
            vocabulary,
            post,
            expansions,
            user: ["id", "name", "username"].into_iter().chain(user).collect(),
            media: ["media_key", "type"].into_iter().chain(media).collect(),
        }
    }

    /// Whether posts that a post refers to are hydrated: the dotted forms imply it.
    pub(super) fn hydrates_references(&self) -> bool {
        self.expansions.iter().any(|expansion| expansion.starts_with("referenced_tweets"))
    }

    /// Whether `expansion`, in the older words, was asked for.
    pub(super) fn expands(&self, expansion: &str) -> bool {
        self.expansions.contains(expansion)
    }
}

/// Each older word with the newer one.
const RENAMED: [(&str, &str); 6] = [
    ("edit_history_tweet_ids", "edit_history_post_ids"),
    ("referenced_tweets", "referenced_posts"),
    ("note_tweet", "note_post"),
    ("pinned_tweet_id", "pinned_post_id"),
    ("most_recent_tweet_id", "most_recent_post_id"),
    ("retweet_count", "repost_count"),
];

/// The older word for a name of either vocabulary.
pub(super) fn older_word(name: &'static str) -> &'static str {
    RENAMED.iter().find(|(_, newer)| *newer == name).map_or(name, |(older, _)| older)
}

/// The pairs of words, older first.
pub(super) const fn renamed() -> &'static [(&'static str, &'static str)] {
    &RENAMED
}
