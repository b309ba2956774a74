//! Stand-ins for nchat's own tables, for a machine without nchat, and what lands in its channels. Only `make run` uses
//! this; on nchat's own database it creates nothing.

use super::{Store, StoreError, page::Position};
use crate::domain::Timestamp;
use uuid::Uuid;

/// nchat's tables as far as this service touches them.
const BASE: &str = include_str!("../../tests/nchat_base.sql");

/// A person, a workspace and three announcement channels.
const CHANNELS: &str = "
WITH owner AS (
    INSERT INTO nchat_users (id, email, display_name, username, email_verified)
    VALUES (gen_random_uuid(), 'owner@example.com', 'Owner', 'owner', true) RETURNING id),
workspace AS (
    INSERT INTO nchat_workspaces (id, name, slug, owner_id)
    SELECT gen_random_uuid(), 'Example', 'example', id FROM owner RETURNING id, owner_id)
INSERT INTO nchat_channels (id, workspace_id, name, slug, type, created_by, created_at)
SELECT gen_random_uuid(), workspace.id, name, name, 'announcement', workspace.owner_id, now() + place * interval '1 ms'
FROM workspace, unnest(ARRAY['news-from-x', 'news-from-instagram', 'news-from-linkedin']) WITH ORDINALITY AS c(name, place)";

/// A message of ours in a channel.
#[derive(Clone, Debug)]
pub struct Landed {
    /// Its place in the order of messages.
    pub position: Position,
    /// The channel's name.
    pub channel: String,
    /// Its text.
    pub content: String,
}

impl Store {
    /// Creates nchat's tables if the database has none, and channels if there is none.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    pub async fn create_standin(&self) -> Result<(), StoreError> {
        let client = self.pool.get().await?;
        let there: bool = client.query_one("SELECT to_regclass('nchat_channels') IS NOT NULL", &[]).await?.get(0);
        if !there {
            client.batch_execute(BASE).await?;
        }
        let any: bool = client.query_one("SELECT EXISTS (SELECT FROM nchat_channels)", &[]).await?.get(0);
        if !any {
            client.batch_execute(CHANNELS).await?;
        }
        Ok(())
    }

    /// Up to three channels that take messages, announcement channels first.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    pub async fn open_channels(&self, tenant: &str) -> Result<Vec<(Uuid, String)>, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(tenant).await?;
        let rows = transaction
            .query(
                "SELECT id, name::text FROM nchat_channels \
                 WHERE source_account_id = $1 AND NOT coalesce(is_archived, false) \
                 ORDER BY type::text <> 'announcement', created_at LIMIT 3",
                &[&tenant],
            )
            .await?;
        transaction.commit().await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Our messages behind `after`, in their order, at most 500; without `after` the newest ten.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    pub async fn landed(&self, tenant: &str, after: Option<Position>) -> Result<Vec<Landed>, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = connection.begin(tenant).await?;
        let (at, id): (Option<Timestamp>, Option<Uuid>) = (after.map(|a| a.at), after.map(|a| a.id));
        let order =
            if after.is_some() { "m.created_at, m.id LIMIT 500" } else { "m.created_at DESC, m.id DESC LIMIT 10" };
        let mut rows = transaction
            .query(
                &format!(
                    "SELECT m.created_at, m.id, c.name::text, m.content FROM nchat_messages m \
                     JOIN nchat_channels c ON c.id = m.channel_id \
                     WHERE m.source_account_id = $1 AND m.metadata ? 'social' AND m.is_deleted = false \
                       AND ($2::timestamptz IS NULL OR (m.created_at, m.id) > ($2, $3)) ORDER BY {order}"
                ),
                &[&tenant, &at, &id],
            )
            .await?;
        transaction.commit().await?;
        rows.sort_by_key(|row| (row.get::<_, Timestamp>(0), row.get::<_, Uuid>(1)));
        Ok(rows
            .iter()
            .map(|row| Landed {
                position: Position { at: row.get(0), id: row.get(1) },
                channel: row.get(2),
                content: row.get::<_, Option<String>>(3).unwrap_or_default(),
            })
            .collect())
    }
}
