//! Migrations, applied under an advisory lock: any number of processes may start at once.

use secrecy::{ExposeSecret, SecretString};
use sqlx::{Connection as _, PgConnection, migrate::Migrator};

/// The migrations of this build, and the table that remembers them (nchat may have an `_sqlx_migrations` of its own).
fn migrator() -> Migrator {
    let mut migrator = sqlx::migrate!("./migrations");
    migrator.dangerous_set_table_name("nchat_social_migrations");
    migrator
}

/// Why the database cannot be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateProblem {
    /// nchat's tables are not there.
    #[error(
        "nchat's own tables (nchat_channels, nchat_messages) are not in this database: point DATABASE_URL at nchat's \
         database and run nchat's migrations first"
    )]
    NoChat,
    /// Somebody else made tables of our names.
    #[error(
        "the database holds tables named {0} that this program did not make: rename them, run `nchat-social migrate`, \
         copy the rows you need into the new tables, and run it once more to take over the tokens among them"
    )]
    Foreign(String),
    /// No connection.
    #[error("the database does not answer")]
    Unavailable(#[source] sqlx::Error),
    /// A migration failed or its text was changed after it was applied.
    #[error("migration failed")]
    Failed(#[from] sqlx::migrate::MigrateError),
}

/// Brings the tables to this build's state.
///
/// # Errors
/// [`MigrateProblem`]; nothing of a failed migration stays.
pub async fn up(url: &SecretString) -> Result<(), MigrateProblem> {
    let mut connection = PgConnection::connect(url.expose_secret()).await.map_err(MigrateProblem::Unavailable)?;
    let there: bool = sqlx::query_scalar(
        "SELECT to_regclass('nchat_channels') IS NOT NULL AND to_regclass('nchat_messages') IS NOT NULL",
    )
    .fetch_one(&mut connection)
    .await
    .map_err(MigrateProblem::Unavailable)?;
    if !there {
        return Err(MigrateProblem::NoChat);
    }
    let foreign: Option<String> = sqlx::query_scalar(
        "SELECT string_agg(relname, ', ' ORDER BY relname) FROM pg_class \
         WHERE relkind IN ('r', 'p', 'v', 'm') AND pg_table_is_visible(oid) \
           AND relname LIKE 'nchat\\_social\\_%' AND to_regclass('nchat_social_migrations') IS NULL",
    )
    .fetch_one(&mut connection)
    .await
    .map_err(MigrateProblem::Unavailable)?;
    if let Some(names) = foreign {
        return Err(MigrateProblem::Foreign(names));
    }
    migrator().run(&mut connection).await?;
    Ok(())
}

/// Takes back every migration above `version` (0: all of them). Imported posts and tokens are lost.
///
/// # Errors
/// [`MigrateProblem`].
pub async fn down(url: &SecretString, version: i64) -> Result<(), MigrateProblem> {
    let mut connection = PgConnection::connect(url.expose_secret()).await.map_err(MigrateProblem::Unavailable)?;
    migrator().undo(&mut connection, version).await?;
    Ok(())
}

/// The newest migration of this build.
pub fn newest_version() -> i64 {
    migrator().iter().map(|migration| migration.version).max().unwrap_or(0)
}
