//! Posts as input: the JSON of [`domain::Post`](crate::domain::Post), typed, so that a post goes in as it is.

use crate::{
    domain::{
        Author, Cursor, Engagement, Media, Post, Quoted, Relation,
        plan::{Import, Look},
    },
    graphql::{
        scalar::{Id, Json, Time},
        word::{SocialImportType, SocialMediaKind, word},
    },
    service::{import::ImportPosts, limits::NextPoll},
};
use async_graphql::InputObject;

/// What a poll brought, for one account.
#[derive(InputObject)]
#[graphql(rename_fields = "snake_case")]
pub struct SocialImportPostsInput {
    /// The account's tenant.
    source_account_id: String,
    /// The account.
    account_id: Id,
    /// The lease under which it was polled.
    lease_id: Id,
    /// Why it was polled.
    import_type: SocialImportType,
    /// When the poll began.
    started_at: Time,
    /// The poll took stock: its posts are older than the connection. When not given, no.
    baseline: Option<bool>,
    /// New and edited posts.
    posts: Vec<SocialPostInput>,
    /// Known posts with fresh counters.
    seen_again: Option<Vec<SocialPostInput>>,
    /// Waiting posts that were looked at, with the counters that were told.
    looked_up: Option<Vec<SocialLookInput>>,
    /// Waiting posts that the platform does not show any more, by its ids.
    gone: Option<Vec<String>>,
    /// So many older posts were asked for, for integrations that are owed some; none when not given.
    older: Option<u32>,
    /// How many posts the platform returned, those left out included.
    fetched: i32,
    /// Where the next reading starts; the place stays when not given.
    cursor: Option<Json>,
    /// When the account is polled next.
    next_poll_at: Time,
    /// A stable word for why then.
    next_poll_reason: String,
    /// No poll before this, not even on request.
    hold_until: Option<Time>,
    /// What an administrator should know, as sentences.
    notices: Option<Vec<String>>,
}

/// A look at a waiting post.
#[derive(InputObject)]
#[graphql(rename_fields = "snake_case")]
pub struct SocialLookInput {
    /// The platform's id.
    post_id: String,
    /// Its counters; those not told stay as they are.
    engagement: SocialEngagementInput,
}

/// One post in its latest version.
#[derive(InputObject)]
#[graphql(rename_fields = "snake_case")]
pub struct SocialPostInput {
    /// The platform's id, the same through every edit.
    post_id: String,
    /// The id of this version.
    version_id: String,
    /// The link that people open.
    url: String,
    /// Plain text; may be empty.
    text: String,
    /// Who wrote it; for a repost the original's author.
    author: SocialAuthorInput,
    /// For a repost: the connected account.
    reposted_by: Option<SocialAuthorInput>,
    /// A quoted post shown below the text.
    quoted: Option<SocialQuotedInput>,
    /// In the order shown.
    media: Vec<SocialMediaInput>,
    /// Without `#`, as written.
    hashtags: Vec<String>,
    /// Handles or names, without `@`.
    mentions: Vec<String>,
    /// Counters at the time of reading.
    engagement: SocialEngagementInput,
    /// How it stands to other posts.
    relation: SocialRelationInput,
    /// When it was published.
    posted_at: Time,
    /// The platform marks its media as sensitive.
    sensitive: bool,
}

/// Who wrote a post.
#[derive(InputObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialAuthorInput {
    /// The name shown.
    name: String,
    /// Without `@`.
    handle: Option<String>,
    /// The page at the platform.
    url: Option<String>,
    /// The picture.
    avatar_url: Option<String>,
}

/// A post quoted inside another.
#[derive(InputObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialQuotedInput {
    /// Who wrote it.
    author: SocialAuthorInput,
    /// Plain text.
    text: String,
    /// The link that people open.
    url: String,
}

/// A picture or video of a post.
#[derive(InputObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialMediaInput {
    /// What it is.
    kind: SocialMediaKind,
    /// The file.
    url: String,
    /// A still picture, for videos.
    thumbnail_url: Option<String>,
    /// The author's description for people who cannot see it.
    alt_text: Option<String>,
}

/// Counters; null where the platform did not tell.
#[derive(InputObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialEngagementInput {
    /// Likes or reactions of any kind.
    likes: Option<u64>,
    /// Reposts on X.
    retweets: Option<u64>,
    /// Replies on X.
    replies: Option<u64>,
    /// Shares on LinkedIn.
    shares: Option<u64>,
    /// Comments on Instagram and LinkedIn.
    comments: Option<u64>,
    /// Quotes on X.
    quotes: Option<u64>,
    /// Views.
    views: Option<u64>,
}

/// How a post stands to other posts.
#[derive(InputObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialRelationInput {
    /// Somebody's post passed on unchanged.
    repost: bool,
    /// An answer to a post.
    reply: bool,
    /// Quotes another post.
    quote: bool,
}

impl From<SocialImportPostsInput> for ImportPosts {
    fn from(input: SocialImportPostsInput) -> Self {
        let posts = |posts: Vec<SocialPostInput>| posts.into_iter().map(Into::into).collect();
        Self {
            tenant: input.source_account_id,
            account_id: input.account_id.0,
            lease_id: input.lease_id.0,
            import_type: word(input.import_type).to_owned(),
            started_at: input.started_at.0,
            import: Import {
                posts: posts(input.posts),
                seen_again: posts(input.seen_again.unwrap_or_default()),
                looked_up: input.looked_up.unwrap_or_default().into_iter().map(Into::into).collect(),
                gone: input.gone.unwrap_or_default(),
                older: input.older.and_then(|older| usize::try_from(older).ok()).unwrap_or(0),
                baseline: input.baseline.unwrap_or(false),
            },
            fetched: input.fetched,
            cursor: input.cursor.map(|cursor| Cursor(cursor.0)),
            next: NextPoll {
                at: input.next_poll_at.0,
                reason: NextPoll::reason_of(&input.next_poll_reason),
                hold_until: input.hold_until.map(|until| until.0),
            },
            notices: input.notices.unwrap_or_default(),
        }
    }
}

impl From<SocialLookInput> for Look {
    fn from(input: SocialLookInput) -> Self {
        Self { post_id: input.post_id, engagement: input.engagement.into() }
    }
}

impl From<SocialPostInput> for Post {
    fn from(input: SocialPostInput) -> Self {
        Self {
            post_id: input.post_id,
            version_id: input.version_id,
            url: input.url,
            text: input.text,
            author: input.author.into(),
            reposted_by: input.reposted_by.map(Into::into),
            quoted: input.quoted.map(|quoted| Quoted {
                author: quoted.author.into(),
                text: quoted.text,
                url: quoted.url,
            }),
            media: input.media.into_iter().map(Into::into).collect(),
            hashtags: input.hashtags,
            mentions: input.mentions,
            engagement: input.engagement.into(),
            relation: Relation {
                repost: input.relation.repost,
                reply: input.relation.reply,
                quote: input.relation.quote,
            },
            posted_at: input.posted_at.0,
            sensitive: input.sensitive,
        }
    }
}

impl From<SocialAuthorInput> for Author {
    fn from(input: SocialAuthorInput) -> Self {
        Self { name: input.name, handle: input.handle, url: input.url, avatar_url: input.avatar_url }
    }
}

impl From<SocialMediaInput> for Media {
    fn from(input: SocialMediaInput) -> Self {
        Self { kind: input.kind.into(), url: input.url, thumbnail_url: input.thumbnail_url, alt_text: input.alt_text }
    }
}

impl From<SocialEngagementInput> for Engagement {
    fn from(input: SocialEngagementInput) -> Self {
        let SocialEngagementInput { likes, retweets, replies, shares, comments, quotes, views } = input;
        Self { likes, retweets, replies, shares, comments, quotes, views }
    }
}
