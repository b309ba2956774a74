//! nchat's side of the database: what its people would see.

use super::database::Database;
use serde_json::Value;
use tokio_postgres::{Client, types::ToSql};
use uuid::Uuid;

/// The chat's workspace.
pub struct Chat {
    client: Client,
    /// A channel for announcements.
    pub announcements: Uuid,
    /// The workspace's owner.
    pub owner: Uuid,
    /// Somebody who administers nothing.
    pub member: Uuid,
}

/// A message as the chat's people see it.
#[derive(Clone, Debug)]
pub struct Message {
    pub content: String,
    pub embeds: Value,
    pub metadata: Value,
    pub kind: String,
    pub is_edited: bool,
}

impl Chat {
    /// Makes the workspace, or finds it as an earlier process left it.
    pub async fn new(database: &Database) -> Self {
        let client = database.client().await;
        let chat = Self {
            client,
            announcements: Uuid::from_u128(0xa),
            owner: Uuid::from_u128(0xb),
            member: Uuid::from_u128(0xc),
        };
        chat.client
            .batch_execute(&format!(
                "INSERT INTO nchat_users (id, email, display_name, username, email_verified) VALUES \
                   ('{owner}', 'owner@example.com', 'Owner', 'owner', true), \
                   ('{member}', 'member@example.com', 'Member', 'member', true) ON CONFLICT DO NOTHING; \
                 INSERT INTO nchat_workspaces (id, name, slug, owner_id) \
                   VALUES ('{workspace}', 'Acme', 'acme', '{owner}') ON CONFLICT DO NOTHING; \
                 INSERT INTO nchat_workspace_members (workspace_id, user_id, role) VALUES \
                   ('{workspace}', '{owner}', 'owner'), ('{workspace}', '{member}', 'member') ON CONFLICT DO NOTHING",
                owner = chat.owner,
                member = chat.member,
                workspace = Uuid::from_u128(1),
            ))
            .await
            .expect("a workspace");
        chat.channel(chat.announcements, "announcements", "primary").await;
        chat
    }

    /// Makes an announcement channel.
    pub async fn channel(&self, id: Uuid, name: &str, tenant: &str) {
        self.run(
            "INSERT INTO nchat_channels (id, workspace_id, name, slug, type, created_by, source_account_id) \
             VALUES ($1, $2, $3, $4, 'announcement', $5, $6) ON CONFLICT DO NOTHING",
            &[&id, &Uuid::from_u128(1), &name, &format!("{name}-{}", id.simple()), &self.owner, &tenant],
        )
        .await;
    }

    /// Makes another channel of the workspace.
    pub async fn another_channel(&self, name: &str) -> Uuid {
        let id =
            Uuid::from_u128(u128::from(self.count("SELECT count(*) FROM nchat_channels").await.unsigned_abs()) + 100);
        self.channel(id, name, "primary").await;
        id
    }

    /// The messages of a channel, oldest first, as nchat's own query selects them (`is_deleted = false`).
    pub async fn messages(&self, channel: Uuid) -> Vec<Message> {
        let rows = self
            .client
            .query(
                "SELECT id, content, embeds, metadata, type::text, is_edited FROM nchat_messages \
                 WHERE channel_id = $1 AND is_deleted = false ORDER BY created_at, id",
                &[&channel],
            )
            .await
            .expect("messages");
        rows.iter()
            .map(|row| Message {
                content: row.get(1),
                embeds: row.get(2),
                metadata: row.get(3),
                kind: row.get(4),
                is_edited: row.get(5),
            })
            .collect()
    }

    /// The texts of the posts in `announcements`, oldest first.
    pub async fn texts(&self) -> Vec<String> {
        let messages = self.messages(self.announcements).await;
        messages.iter().map(|m| m.embeds[0]["description"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// One number.
    pub async fn count(&self, query: &str) -> i64 {
        self.client.query_one(query, &[]).await.expect("a number").get(0)
    }

    /// One JSON value.
    pub async fn value(&self, query: &str) -> Value {
        let query = format!("SELECT coalesce(jsonb_agg(to_jsonb(r)), '[]') FROM ({query}) r");
        self.client.query_one(&query, &[]).await.expect("rows").get(0)
    }

    /// Runs a statement.
    pub async fn run(&self, statement: &str, parameters: &[&(dyn ToSql + Sync)]) -> u64 {
        self.client.execute(statement, parameters).await.unwrap_or_else(|error| panic!("{statement}: {error:?}"))
    }

    /// Runs several statements.
    pub async fn script(&self, statements: &str) {
        self.client.batch_execute(statements).await.unwrap_or_else(|error| panic!("{statements}: {error:?}"));
    }
}
