//! nchat's own table of messages. The only place that writes it.

use super::{StoreError, error::inconsistent};
use crate::domain::{
    Timestamp,
    plan::{Correction, PlannedMessage},
};
use deadpool_postgres::Transaction;
use tokio_postgres::Statement;
use uuid::Uuid;

const WRITE: &str = "WITH corrected AS ( \
       UPDATE nchat_messages m SET content = c.content, content_plain = c.content, \
         embeds = jsonb_build_array(c.embed), updated_at = $2::timestamptz, \
         is_edited = m.is_edited OR m.content IS DISTINCT FROM c.content, \
         edited_at = CASE WHEN m.content IS DISTINCT FROM c.content THEN $2::timestamptz ELSE m.edited_at END \
       FROM unnest($8::uuid[], $9::text[], $10::jsonb[]) AS c(id, content, embed) \
       WHERE m.id = c.id AND m.source_account_id = $1) \
     INSERT INTO nchat_messages (id, source_account_id, channel_id, user_id, type, content, content_plain, \
       embeds, metadata, is_edited, is_pinned, is_deleted, is_system, reaction_count, reply_count, created_at, \
       updated_at) \
     SELECT n.id, $1, n.channel, NULL, 'embed', n.content, n.content, jsonb_build_array(n.embed), n.metadata, \
       false, false, false, false, 0, 0, n.created_at, n.created_at \
     FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::jsonb[], $7::jsonb[], $11::timestamptz[]) \
       AS n(id, channel, content, embed, metadata, created_at) \
     ORDER BY n.channel, n.created_at";

/// Prepares [`write`]'s statement: afterwards it is sent without a wait.
pub async fn prepare(transaction: &Transaction<'_>) -> Result<Statement, StoreError> {
    Ok(transaction.prepare_cached(WRITE).await?)
}

/// Inserts new messages and corrects those whose post was edited, in one statement. nchat shows a message only if
/// `is_deleted` is false and not NULL, and its columns have no defaults: every flag is written.
pub async fn write(
    transaction: &Transaction<'_>,
    tenant: &str,
    now: Timestamp,
    messages: &[PlannedMessage],
    corrections: &[Correction],
) -> Result<(), StoreError> {
    if messages.is_empty() && corrections.is_empty() {
        return Ok(());
    }
    let statement = prepare(transaction).await?;
    // By channel: nchat's trigger locks the channel's row, and two imports must lock channels in the same order.
    let ids: Vec<Uuid> = messages.iter().map(|message| message.id).collect();
    let channels: Vec<Uuid> = messages.iter().map(|message| message.channel).collect();
    let contents: Vec<&str> = messages.iter().map(|message| message.content.as_str()).collect();
    let embeds: Vec<&serde_json::Value> = messages.iter().map(|message| &message.embed).collect();
    let metadata: Vec<&serde_json::Value> = messages.iter().map(|message| &message.metadata).collect();
    let created: Vec<Timestamp> = messages.iter().map(|message| message.created_at).collect();
    let corrected: Vec<Uuid> = corrections.iter().map(|correction| correction.id).collect();
    let corrected_contents: Vec<&str> = corrections.iter().map(|correction| correction.content.as_str()).collect();
    let corrected_embeds: Vec<&serde_json::Value> = corrections.iter().map(|correction| &correction.embed).collect();
    let written = transaction
        .execute(
            &statement,
            &[
                &tenant,
                &now,
                &ids,
                &channels,
                &contents,
                &embeds,
                &metadata,
                &corrected,
                &corrected_contents,
                &corrected_embeds,
                &created,
            ],
        )
        .await?;
    if written == messages.len() as u64 {
        Ok(())
    } else {
        Err(inconsistent("nchat_messages", "a message was not kept"))
    }
}

/// A message of this service itself.
#[derive(Clone, Debug)]
pub struct Notice {
    /// The message's id to be.
    pub id: Uuid,
    /// Plain text.
    pub content: String,
    /// For programs, as a JSON object.
    pub metadata: serde_json::Value,
}

/// Inserts messages of the system into `channel`, in one statement. Every flag is written, as above.
pub async fn notify(
    transaction: &Transaction<'_>,
    tenant: &str,
    channel: Uuid,
    now: Timestamp,
    notices: &[Notice],
) -> Result<(), StoreError> {
    if notices.is_empty() {
        return Ok(());
    }
    let statement = transaction
        .prepare_cached(
            "INSERT INTO nchat_messages (id, source_account_id, channel_id, user_id, type, content, content_plain, \
               embeds, metadata, is_edited, is_pinned, is_deleted, is_system, reaction_count, reply_count, created_at, \
               updated_at) \
             SELECT n.id, $1, $2, NULL, 'system', n.content, n.content, '[]', n.metadata, \
               false, false, false, true, 0, 0, \
               $3::timestamptz + n.place * interval '1 millisecond', $3 \
             FROM unnest($4::uuid[], $5::text[], $6::jsonb[]) WITH ORDINALITY AS n(id, content, metadata, place) \
             ORDER BY n.place",
        )
        .await?;
    let ids: Vec<Uuid> = notices.iter().map(|notice| notice.id).collect();
    let contents: Vec<&str> = notices.iter().map(|notice| notice.content.as_str()).collect();
    let metadata: Vec<&serde_json::Value> = notices.iter().map(|notice| &notice.metadata).collect();
    let written = transaction.execute(&statement, &[&tenant, &channel, &now, &ids, &contents, &metadata]).await?;
    if written == notices.len() as u64 { Ok(()) } else { Err(inconsistent("nchat_messages", "a message was not kept")) }
}

/// Empties messages and takes them out of sight: nothing of the post stays, while answers to it keep their place.
pub async fn erase(
    transaction: &Transaction<'_>,
    tenant: &str,
    now: Timestamp,
    messages: &[Uuid],
) -> Result<(), StoreError> {
    transaction
        .execute(
            "UPDATE nchat_messages SET content = '', content_html = NULL, content_plain = '', embeds = '[]', \
               metadata = '{}', is_deleted = true, deleted_at = $3, updated_at = $3 \
             WHERE id = ANY($1) AND source_account_id = $2",
            &[&messages, &tenant, &now],
        )
        .await?;
    Ok(())
}
