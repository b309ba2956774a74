//! Imported posts.

use super::{Page, PageRequest, StoreError, conditions::Conditions, json::json, page::Position, parked};
use crate::domain::{Platform, Post, Timestamp, plan::PlannedPost};
use deadpool_postgres::Transaction;
use tokio_postgres::{Row, Statement};
use uuid::Uuid;

/// A stored post, as people see it.
#[derive(Clone, Debug)]
pub struct StoredPost {
    pub id: Uuid,
    pub account_id: Uuid,
    pub platform: Platform,
    pub post_id: String,
    pub post_url: String,
    pub content: String,
    pub author_name: String,
    pub author_handle: Option<String>,
    pub author_avatar_url: Option<String>,
    pub media_urls: Vec<String>,
    pub media_types: Vec<String>,
    pub hashtags: Vec<String>,
    pub mentions: Vec<String>,
    pub engagement: serde_json::Value,
    pub posted_at: Timestamp,
    pub imported_at: Timestamp,
    pub edited_at: Option<Timestamp>,
    pub was_posted_to_channel: bool,
    pub posted_to_channels: serde_json::Value,
    pub import_error: Option<String>,
}

/// Which posts.
#[derive(Clone, Debug, Default)]
pub struct PostFilter {
    pub account_id: Option<Uuid>,
    pub channel_id: Option<Uuid>,
    /// A delivery's status, or `imported` for posts without any decision.
    pub status: Option<String>,
    pub posted_after: Option<Timestamp>,
    pub posted_before: Option<Timestamp>,
    /// Part of the text or of the author's name, any case.
    pub text: Option<String>,
}

const UPSERT: &str = "INSERT INTO nchat_social_posts AS p (id, source_account_id, account_id, post_id, post_url, content, \
       author_name, author_handle, author_avatar_url, media_urls, media_types, hashtags, mentions, engagement, \
       posted_at, imported_at, was_posted_to_channel, posted_to_channels, import_error, version_id, details) \
     SELECT n.id, $1, $2, n.post_id, n.url, n.content, n.author_name, n.author_handle, n.author_avatar_url, \
       n.media_urls::text[], n.media_types::text[], n.hashtags::text[], n.mentions::text[], n.engagement, \
       n.posted_at, $3::timestamptz, jsonb_array_length(n.channels) > 0, n.channels, n.error, n.version_id, n.details \
     FROM unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], \
       $11::text[], $12::text[], $13::text[], $14::text[], $15::jsonb[], $16::timestamptz[], $17::jsonb[], \
       $18::text[], $19::text[], $20::jsonb[]) \
       AS n(id, post_id, url, content, author_name, author_handle, author_avatar_url, media_urls, media_types, \
         hashtags, mentions, engagement, posted_at, channels, error, version_id, details) \
     ON CONFLICT (account_id, post_id) DO UPDATE SET post_url = excluded.post_url, content = excluded.content, \
       author_name = excluded.author_name, author_handle = excluded.author_handle, \
       author_avatar_url = excluded.author_avatar_url, media_urls = excluded.media_urls, \
       media_types = excluded.media_types, hashtags = excluded.hashtags, mentions = excluded.mentions, \
       engagement = excluded.engagement, import_error = excluded.import_error, \
       was_posted_to_channel = p.was_posted_to_channel OR excluded.was_posted_to_channel, \
       posted_to_channels = p.posted_to_channels || excluded.posted_to_channels, \
       edited_at = CASE WHEN NOT p.details ? 'parked' \
         AND (p.version_id <> excluded.version_id OR p.content <> excluded.content) \
         THEN $3::timestamptz ELSE p.edited_at END, \
       version_id = excluded.version_id, details = excluded.details";

/// Prepares [`upsert`]'s statement: afterwards it is sent without a wait.
pub async fn prepare(transaction: &Transaction<'_>) -> Result<Statement, StoreError> {
    Ok(transaction.prepare_cached(UPSERT).await?)
}

/// Inserts new posts and updates known ones, all in one statement.
pub async fn upsert(
    transaction: &Transaction<'_>,
    tenant: &str,
    account_id: Uuid,
    now: Timestamp,
    posts: &[PlannedPost],
) -> Result<(), StoreError> {
    if posts.is_empty() {
        return Ok(());
    }
    let statement = prepare(transaction).await?;
    let columns = Columns::of(posts);
    transaction
        .execute(
            &statement,
            &[
                &tenant,
                &account_id,
                &now,
                &columns.ids,
                &columns.post_ids,
                &columns.urls,
                &columns.contents,
                &columns.author_names,
                &columns.author_handles,
                &columns.author_avatars,
                &columns.media_urls,
                &columns.media_types,
                &columns.hashtags,
                &columns.mentions,
                &columns.engagements,
                &columns.posted_at,
                &columns.channels,
                &columns.errors,
                &columns.versions,
                &columns.details,
            ],
        )
        .await?;
    Ok(())
}

/// The rows turned into arrays, one for each column.
#[derive(Default)]
struct Columns<'a> {
    ids: Vec<Uuid>,
    post_ids: Vec<&'a str>,
    urls: Vec<&'a str>,
    contents: Vec<&'a str>,
    author_names: Vec<&'a str>,
    author_handles: Vec<Option<&'a str>>,
    author_avatars: Vec<Option<&'a str>>,
    media_urls: Vec<String>,
    media_types: Vec<String>,
    hashtags: Vec<String>,
    mentions: Vec<String>,
    engagements: Vec<serde_json::Value>,
    posted_at: Vec<Timestamp>,
    channels: Vec<serde_json::Value>,
    errors: Vec<Option<&'a str>>,
    versions: Vec<&'a str>,
    details: Vec<serde_json::Value>,
}

impl<'a> Columns<'a> {
    fn of(posts: &'a [PlannedPost]) -> Self {
        let mut columns = Self::default();
        for planned in posts {
            let post = &planned.post;
            // Of a refused post only what names it.
            let text = |text: &'a str| if planned.is_parked { "" } else { text };
            let list = |items: Vec<&'a str>| if planned.is_parked { "{}".into() } else { array_literal(&items) };
            columns.ids.push(planned.id);
            columns.post_ids.push(&post.post_id);
            columns.urls.push(text(&post.url));
            columns.contents.push(text(&post.text));
            columns.author_names.push(text(&post.author.name));
            columns.author_handles.push(post.author.handle.as_deref().map(text));
            columns.author_avatars.push(post.author.avatar_url.as_deref().map(text));
            columns.media_urls.push(list(post.media.iter().map(|media| media.url.as_str()).collect()));
            columns.media_types.push(list(post.media.iter().map(|media| media.kind.as_str()).collect()));
            columns.hashtags.push(list(post.hashtags.iter().map(String::as_str).collect()));
            columns.mentions.push(list(post.mentions.iter().map(String::as_str).collect()));
            columns.engagements.push(serde_json::json!(post.engagement));
            columns.posted_at.push(post.posted_at);
            columns.channels.push(serde_json::json!(planned.channels));
            columns.errors.push(planned.error.as_deref());
            columns.versions.push(&post.version_id);
            columns.details.push(if planned.is_parked { parked::wrap(post) } else { serde_json::json!(post) });
        }
        columns
    }
}

/// A `text[]` as Postgres writes it. (An array of arrays cannot be bound: UNNEST would flatten it.)
fn array_literal(items: &[&str]) -> String {
    let mut literal = String::from("{");
    for item in items {
        if literal.len() > 1 {
            literal.push(',');
        }
        literal.push('"');
        for c in item.chars() {
            if matches!(c, '"' | '\\') {
                literal.push('\\');
            }
            literal.push(c);
        }
        literal.push('"');
    }
    literal.push('}');
    literal
}

const COLUMNS: &str = "p.id, p.account_id, a.platform, p.post_id, p.post_url, p.content, p.author_name, \
    p.author_handle, p.author_avatar_url, p.media_urls, p.media_types, p.hashtags, p.mentions, p.engagement, \
    p.posted_at, p.imported_at, p.edited_at, p.was_posted_to_channel, p.posted_to_channels, p.import_error";

/// A page of posts, newest first by time of publication.
pub async fn list(
    transaction: &Transaction<'_>,
    tenant: &str,
    filter: &PostFilter,
    page: PageRequest,
) -> Result<Page<StoredPost>, StoreError> {
    let (text, limit, after) = (filter.text.as_deref().map(contains), page.limit(), page.after);
    let mut conditions = Conditions::new("p.source_account_id = ?", &tenant);
    conditions.and("p.account_id = ?", filter.account_id.as_ref());
    conditions.and("p.posted_at >= ?", filter.posted_after.as_ref());
    conditions.and("p.posted_at < ?", filter.posted_before.as_ref());
    if let Some(text) = &text {
        conditions.push("(p.content ILIKE ? OR p.author_name ILIKE ?)", &[text, text]);
    }
    match (&filter.channel_id, &filter.status) {
        (Some(channel), Some(status)) => {
            conditions.push(&decided("d.channel_id = ? AND d.status = ?"), &[channel, status]);
        }
        (Some(channel), None) => conditions.push(&decided("d.channel_id = ?"), &[channel]),
        (None, Some(status)) if status == "imported" => conditions.push(&format!("NOT {}", decided("true")), &[]),
        (None, Some(status)) => conditions.push(&decided("d.status = ?"), &[status]),
        (None, None) => {}
    }
    if let Some(after) = &after {
        conditions.push("(p.posted_at, p.id) < (?, ?)", &[&after.at, &after.id]);
    }
    let limit = conditions.place(&limit);
    let statement = transaction
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM nchat_social_posts p JOIN nchat_social_accounts a ON a.id = p.account_id {} \
             ORDER BY p.posted_at DESC, p.id DESC LIMIT {limit}",
            conditions.sql()
        ))
        .await?;
    let rows = transaction.query(&statement, conditions.values()).await?;
    page.page(rows, |row| {
        let post = read(row)?;
        Ok((Position { at: post.posted_at, id: post.id }, post))
    })
}

/// A post as it is stored, with what its embed needs.
#[derive(Clone, Debug)]
pub struct WholePost {
    /// As people see it.
    pub row: StoredPost,
    /// As rules and embeds see it; `None` for rows that were not written by this service.
    pub post: Option<Post>,
}

/// The tenant's posts with these ids.
pub async fn whole(transaction: &Transaction<'_>, tenant: &str, ids: &[Uuid]) -> Result<Vec<WholePost>, StoreError> {
    let statement = transaction
        .prepare_cached(&format!(
            "SELECT {COLUMNS}, p.details FROM nchat_social_posts p JOIN nchat_social_accounts a ON a.id = p.account_id \
             WHERE p.source_account_id = $1 AND p.id = ANY($2)"
        ))
        .await?;
    transaction.query(&statement, &[&tenant, &ids]).await?.iter().map(read_whole).collect()
}

/// The latest posts of one of the tenant's accounts, newest first; without those that the database refused.
pub async fn latest(
    transaction: &Transaction<'_>,
    tenant: &str,
    account_id: Uuid,
    count: i64,
) -> Result<Vec<WholePost>, StoreError> {
    let statement = transaction
        .prepare_cached(&format!(
            "SELECT {COLUMNS}, p.details FROM nchat_social_posts p JOIN nchat_social_accounts a ON a.id = p.account_id \
             WHERE p.source_account_id = $1 AND p.account_id = $2 AND NOT p.details ? 'parked' \
             ORDER BY p.posted_at DESC, p.id DESC LIMIT $3"
        ))
        .await?;
    transaction.query(&statement, &[&tenant, &account_id, &count]).await?.iter().map(read_whole).collect()
}

fn read_whole(row: &Row) -> Result<WholePost, StoreError> {
    Ok(WholePost { row: read(row)?, post: json(row, 20).and_then(parked::unwrap) })
}

/// The post has a decision of this kind.
fn decided(kind: &str) -> String {
    format!("EXISTS (SELECT FROM nchat_social_deliveries d WHERE d.post_id = p.id AND {kind})")
}

/// An ILIKE pattern for "contains `text`", with its wildcards taken literally.
fn contains(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

fn read(row: &Row) -> Result<StoredPost, StoreError> {
    Ok(StoredPost {
        id: row.get(0),
        account_id: row.get(1),
        platform: super::import::platform(row.get(2), "nchat_social_accounts")?,
        post_id: row.get(3),
        post_url: row.get(4),
        content: row.get(5),
        author_name: row.get(6),
        author_handle: row.get(7),
        author_avatar_url: row.get(8),
        media_urls: row.get(9),
        media_types: row.get(10),
        hashtags: row.get(11),
        mentions: row.get(12),
        engagement: json(row, 13).unwrap_or_default(),
        posted_at: row.get(14),
        imported_at: row.get(15),
        edited_at: row.get(16),
        was_posted_to_channel: row.get(17),
        posted_to_channels: json(row, 18).unwrap_or_default(),
        import_error: row.get(19),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn array_literals_quote_everything() {
        assert_eq!(array_literal(&["a", "b,c", "d\"e\\", "", "{f}"]), r#"{"a","b,c","d\"e\\","","{f}"}"#);
        assert_eq!(array_literal(&[]), "{}");
    }

    #[test]
    fn searching_for_a_wildcard_finds_the_wildcard() {
        assert_eq!(contains("50%_\\"), "%50\\%\\_\\\\%");
    }
}
