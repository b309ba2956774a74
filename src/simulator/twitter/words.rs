//! Every name a request may ask for, in the older words and in the newer. The older lists are those that X prints in its
//! 400 answers, the newer those of `<https://api.x.com/2/openapi.json>` (2.173).

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
pub(super) const NEW_POST: &[&str] = &[
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
pub(super) const NEW_ONLY_EXPANDED: &[&str] = &["referenced_posts", "edit_history_post_ids"];

pub(super) const LEGACY_EXPANSIONS: &[&str] = &[
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
pub(super) const DOTTED_EXPANSIONS: &[&str] =
    &["referenced_tweets.id", "referenced_tweets.id.author_id", "referenced_tweets.id.attachments.media_keys"];
pub(super) const NEW_EXPANSIONS: &[&str] = &[
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
pub(super) const USER_EXPANSIONS: &[&str] = &["pinned_tweet_id", "most_recent_tweet_id", "affiliation"];
pub(super) const NEW_USER_EXPANSIONS: &[&str] = &["pinned_post_id", "most_recent_post_id", "affiliation"];

pub(super) const USER: &[&str] = &[
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
pub(super) const NEW_USER: &[&str] = &["pinned_post_id", "most_recent_post_id"];
pub(super) const MEDIA: &[&str] = &[
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
pub(super) const POLL: &[&str] = &["id", "options", "duration_minutes", "end_datetime", "voting_status"];
pub(super) const PLACE: &[&str] =
    &["contained_within", "country", "country_code", "full_name", "geo", "id", "name", "place_type"];

/// Each older word with the newer one.
pub(super) const RENAMED: [(&str, &str); 6] = [
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
