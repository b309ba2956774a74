//! A post as every platform's client hands it over: one shape, plain text, nothing platform-specific left.

use super::Timestamp;
use serde::{Deserialize, Serialize};

/// One post in its latest version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// The stable key, the same through every edit: X the first id of the edit history, Instagram the media id,
    /// LinkedIn the full URN.
    pub post_id: String,
    /// The id of the version shown; equals `post_id` where a platform has no versions.
    pub version_id: String,
    /// The https link people open.
    pub url: String,
    /// Plain text: links expanded, no platform markup, no HTML entities. May be empty.
    pub text: String,
    /// Who wrote the text shown; for a repost the original's author.
    pub author: Author,
    /// For a repost: the connected account, which passed the original on.
    pub reposted_by: Option<Author>,
    /// A quoted post shown below the text.
    pub quoted: Option<Quoted>,
    /// In display order, all of them; the embed shows the first four.
    pub media: Vec<Media>,
    /// Without `#`, as written.
    pub hashtags: Vec<String>,
    /// Without `@`: handles, or names where a platform has no handles.
    pub mentions: Vec<String>,
    /// Counters at the time of reading.
    pub engagement: Engagement,
    /// Repost, reply, quote, by the platform's data and not by the text.
    pub relation: Relation,
    /// When it was published.
    pub posted_at: Timestamp,
    /// The platform marks its media as sensitive.
    pub sensitive: bool,
}

impl Post {
    /// A post of which nothing is known but its id and its time.
    pub fn bare(post_id: impl Into<String>, posted_at: Timestamp) -> Self {
        Self {
            post_id: post_id.into(),
            version_id: String::new(),
            url: String::new(),
            text: String::new(),
            author: Author::default(),
            reposted_by: None,
            quoted: None,
            media: Vec::new(),
            hashtags: Vec::new(),
            mentions: Vec::new(),
            engagement: Engagement::default(),
            relation: Relation::default(),
            posted_at,
            sensitive: false,
        }
    }
}

/// Who wrote a post.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// Display name.
    pub name: String,
    /// Without `@`.
    pub handle: Option<String>,
    /// https link of the profile.
    pub url: Option<String>,
    /// https link of the picture; may expire.
    pub avatar_url: Option<String>,
}

/// A post quoted inside another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quoted {
    /// Who wrote it.
    pub author: Author,
    /// Plain text.
    pub text: String,
    /// https link.
    pub url: String,
}

/// A picture, video or GIF of a post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// What it is.
    pub kind: MediaKind,
    /// https link of the file; signed by Instagram and LinkedIn, so it expires.
    pub url: String,
    /// https link of a still picture, for videos and GIFs.
    pub thumbnail_url: Option<String>,
    /// The author's description for people who cannot see it.
    pub alt_text: Option<String>,
}

/// nchat's words for kinds of media.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MediaKind {
    /// A still picture.
    Image,
    /// A video.
    Video,
    /// A silent looping video.
    Gif,
}

impl MediaKind {
    /// `image`, `video` or `gif`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Gif => "gif",
        }
    }
}

/// Counters; `None` where the platform did not tell. The words are nchat's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Engagement {
    /// Likes or reactions of any kind.
    #[serde(skip_serializing_if = "is_untold")]
    pub likes: Option<u64>,
    /// Reposts on X.
    #[serde(skip_serializing_if = "is_untold")]
    pub retweets: Option<u64>,
    /// Replies on X.
    #[serde(skip_serializing_if = "is_untold")]
    pub replies: Option<u64>,
    /// Shares on LinkedIn.
    #[serde(skip_serializing_if = "is_untold")]
    pub shares: Option<u64>,
    /// Comments on Instagram and LinkedIn.
    #[serde(skip_serializing_if = "is_untold")]
    pub comments: Option<u64>,
    /// Quotes on X.
    #[serde(skip_serializing_if = "is_untold")]
    pub quotes: Option<u64>,
    /// Views; shown, never summed.
    #[serde(skip_serializing_if = "is_untold")]
    pub views: Option<u64>,
}

/// Nobody counts so far: a number that no signed integer of JSON's readers holds says nothing.
fn is_untold(counter: &Option<u64>) -> bool {
    counter.is_none_or(|count| i64::try_from(count).is_err())
}

impl Engagement {
    /// Takes over the counters that `fresh` has; whether any moved.
    pub fn refresh(&mut self, fresh: &Self) -> bool {
        let before = *self;
        self.likes = fresh.likes.or(self.likes);
        self.retweets = fresh.retweets.or(self.retweets);
        self.replies = fresh.replies.or(self.replies);
        self.shares = fresh.shares.or(self.shares);
        self.comments = fresh.comments.or(self.comments);
        self.quotes = fresh.quotes.or(self.quotes);
        self.views = fresh.views.or(self.views);
        *self != before
    }

    /// Whether these are the counters that decide. Where an owner hides likes, lists leave them out and tell the others; the
    /// post itself tells all. `<https://developers.facebook.com/docs/instagram-platform/reference/instagram-media>`
    pub const fn tell_likes(&self) -> bool {
        self.likes.is_some()
    }

    /// What `min_engagement` is compared with: likes + retweets + replies + comments + shares + quotes.
    pub fn total(&self) -> u64 {
        [self.likes, self.retweets, self.replies, self.shares, self.comments, self.quotes]
            .into_iter()
            .flatten()
            .fold(0, u64::saturating_add)
    }
}

/// How a post stands to other posts. Reply and quote can come together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Relation {
    /// Somebody's post passed on unchanged.
    pub repost: bool,
    /// An answer to a post (also to the author's own).
    pub reply: bool,
    /// Quotes another post.
    pub quote: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The schema refused it, and with it everything that the account published.
    #[test]
    fn defect_a_counter_beyond_every_integer_is_not_told() {
        let most = i64::MAX.unsigned_abs();
        let counters =
            Engagement { likes: Some(most + 1), views: Some(3_000_000_000), shares: Some(most), ..Default::default() };
        let told = serde_json::to_value(counters).expect("numbers");
        assert_eq!(told, serde_json::json!({"views": 3_000_000_000_u64, "shares": most}));
    }
}
