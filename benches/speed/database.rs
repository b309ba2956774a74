//! A database with accounts that are connected and due.

use crate::Bench;
use nchat_social::{
    crypto::{KeyRing, Sealer, aad},
    domain::dice::SystemDice,
    store::migrate,
    worker::queue::apalis::ApalisQueue,
};
use secrecy::SecretString;
use std::{fs, sync::Arc};
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

/// The key that seals the accounts' tokens: base64 of 32 bytes.
pub const KEY: &str = "YmVuY2gtZW5jcnlwdGlvbi1rZXktMDEyMzQ1Njc4OTA=";

/// nchat's tables as far as this service touches them.
const NCHAT: &str = include_str!("../../tests/nchat_base.sql");

/// A database of its own; dropped with the next run's cluster.
pub struct Database {
    /// Its address.
    pub url: String,
    /// A connection to it.
    pub client: Client,
}

impl Database {
    /// A migrated one called `name`, with `accounts` of X in `tenants` workspaces, each posting into a channel of its own.
    /// They have taken stock and are due now.
    pub async fn create(bench: &Bench, name: &str, accounts: usize, tenants: usize) -> anyhow::Result<Self> {
        let server = connect(&bench.admin_url).await?;
        server.batch_execute(&format!("DROP DATABASE IF EXISTS bench_{name} WITH (FORCE)")).await?;
        server.batch_execute(&format!("CREATE DATABASE bench_{name}")).await?;
        let mut url = url::Url::parse(&bench.admin_url)?;
        url.set_path(&format!("bench_{name}"));
        let url = String::from(url);
        let client = connect(&url).await?;
        client.batch_execute(NCHAT).await?;
        let secret = SecretString::from(url.clone());
        migrate::up(&secret).await?;
        ApalisQueue::setup(&secret).await?;
        let database = Self { url, client };
        database.settle(accounts, tenants).await?;
        Ok(database)
    }

    async fn settle(&self, accounts: usize, tenants: usize) -> anyhow::Result<()> {
        self.client
            .batch_execute(
                "INSERT INTO nchat_users (id, email, display_name, username, email_verified) \
                   VALUES (md5('owner')::uuid, 'owner@example.com', 'Owner', 'owner', true); \
                 INSERT INTO nchat_workspaces (id, name, slug, owner_id) \
                   VALUES (md5('workspace')::uuid, 'Acme', 'acme', md5('owner')::uuid); \
                 CREATE TEMP TABLE settler (n int8, login uuid, token bytea, id uuid, channel uuid, tenant text, remote text)",
            )
            .await?;
        let sealer = Sealer::new(KeyRing::parse(&SecretString::from(KEY.to_owned()))?, Arc::new(SystemDice));
        for first in (0..accounts).step_by(5_000) {
            let numbers: Vec<i64> = (first..accounts.min(first + 5_000)).map(|n| n as i64).collect();
            let logins: Vec<Uuid> = numbers.iter().map(|n| login(*n)).collect();
            let sealed: Vec<Vec<u8>> =
                logins.iter().map(|id| sealer.seal(&[b'x'; 100], &aad(*id, "access_token"))).collect();
            self.client.execute(SETTLERS, &[&numbers, &logins, &sealed, &(tenants as i64)]).await?;
            self.client.batch_execute(SETTLE).await?;
        }
        self.client.batch_execute("ANALYZE").await?;
        Ok(())
    }

    /// Makes every account due again, one after another within the last minute, and lets Postgres clean up behind it, as
    /// it would over the minutes between.
    pub async fn all_due(&self) -> anyhow::Result<()> {
        self.client
            .batch_execute(
                "UPDATE nchat_social_accounts SET next_poll_at = now() - random() * interval '1 minute', \
                   lease_id = NULL, lease_until = NULL",
            )
            .await?;
        self.client.batch_execute("VACUUM nchat_social_accounts").await?;
        Ok(())
    }

    /// One number.
    pub async fn count(&self, query: &str) -> anyhow::Result<i64> {
        Ok(self.client.query_one(query, &[]).await?.get(0))
    }

    /// Bytes written to the write-ahead log so far.
    pub async fn wal_bytes(&self) -> anyhow::Result<f64> {
        let bytes = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8";
        Ok(self.client.query_one(bytes, &[]).await?.get(0))
    }

    /// Seconds of processor time that the server has used so far.
    pub async fn server_cpu(&self) -> anyhow::Result<f64> {
        let backend: i32 = self.client.query_one("SELECT pg_backend_pid()", &[]).await?.get(0);
        let server = parent(&stat(backend)?);
        let mut total = 0.0;
        for process in fs::read_dir("/proc")?.flatten() {
            let Some(pid) = process.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
            let Ok(fields) = stat(pid) else { continue };
            if pid == server {
                // The children that have ended are counted here.
                total += seconds(&fields, 11..15);
            } else if parent(&fields) == server {
                total += seconds(&fields, 11..13);
            }
        }
        Ok(total)
    }
}

/// Seconds of processor time that a process has used so far.
pub fn cpu_of(pid: u32) -> anyhow::Result<f64> {
    Ok(seconds(&stat(i32::try_from(pid)?)?, 11..13))
}

/// The fields of /proc/PID/stat behind the name.
fn stat(pid: i32) -> std::io::Result<Vec<i64>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields = text.rsplit_once(") ").map_or("", |(_, fields)| fields);
    Ok(fields.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect())
}

fn parent(fields: &[i64]) -> i32 {
    fields.get(1).and_then(|pid| i32::try_from(*pid).ok()).unwrap_or(0)
}

/// Linux counts in hundredths.
fn seconds(fields: &[i64], places: std::ops::Range<usize>) -> f64 {
    fields.get(places).unwrap_or_default().iter().sum::<i64>() as f64 / 100.0
}

/// The id of an account's login.
fn login(number: i64) -> Uuid {
    Uuid::from_u128((1 << 96) | u128::from(number.unsigned_abs()))
}

/// A plain connection.
pub async fn connect(url: &str) -> anyhow::Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Who settles: numbers, logins, sealed tokens, and in how many workspaces.
const SETTLERS: &str = "
INSERT INTO settler
SELECT n, login, token, md5('account' || n)::uuid, md5('channel' || n)::uuid,
  CASE n % $4::int8 WHEN 0 THEN 'primary' ELSE 'tenant-' || (n % $4::int8) END, (2000000 + n)::text
FROM unnest($1::int8[], $2::uuid[], $3::bytea[]) AS s(n, login, token)";

/// Their logins, accounts, channels and integrations.
const SETTLE: &str = "
INSERT INTO nchat_social_credentials (id, source_account_id, platform, subject, access_token_sealed, obtained_at,
  granted_at)
SELECT login, tenant, 'twitter', remote, token, now(), now() FROM settler;
INSERT INTO nchat_social_accounts (id, source_account_id, platform, account_id, account_name, account_handle,
  credential_id, cursor, baseline_at, next_poll_at)
SELECT id, tenant, 'twitter', remote, 'Acme ' || n, 'acme_' || n, login,
  jsonb_build_object('since_id', (1000000000000000000 + n * 1000000)::text), '2020-01-01', now() FROM settler;
INSERT INTO nchat_channels (id, workspace_id, name, slug, type, created_by, source_account_id)
SELECT channel, md5('workspace')::uuid, 'news-' || n, 'news-' || n, 'announcement', md5('owner')::uuid, tenant
FROM settler;
INSERT INTO nchat_social_integrations (id, source_account_id, account_id, channel_id, filter_hashtags, backfilled_at)
SELECT md5('integration' || n)::uuid, tenant, id, channel, '{launch}', now() FROM settler;
TRUNCATE settler";
