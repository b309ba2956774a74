//! apalis's own tables.

use apalis_postgres::PostgresStorage;
use secrecy::{ExposeSecret, SecretString};
use sqlx::{Connection as _, PgConnection, migrate::MigrateError};

/// Why the queue's tables cannot be made, in words for the administrator.
#[derive(Debug, thiserror::Error)]
pub enum SetupProblem {
    /// No connection.
    #[error("the database does not answer")]
    Unavailable(#[source] sqlx::Error),
    /// The login lacks a right.
    #[error(
        "the login may not create the queue's schema `apalis` and its extensions: migrate with the database owner's \
         login, or run GRANT CREATE ON DATABASE … TO … first"
    )]
    Forbidden(#[source] sqlx::Error),
    /// An extension is not installed on the server.
    #[error("the queue needs the extensions hstore and pgcrypto: install PostgreSQL's contrib package on the server")]
    NoExtension(#[source] sqlx::Error),
    /// The extension hstore lives in a schema that the login does not look into.
    #[error(
        "the extension hstore is in a schema outside the login's search_path: add it, for instance with \
         ?options=-csearch_path%3Dpublic,extensions at the end of DATABASE_URL, for every process"
    )]
    HiddenHstore,
    /// The schema was made by another version.
    #[error("the schema `apalis` was made by another version of apalis, or half made")]
    OtherVersion(#[source] MigrateError),
    /// Anything else.
    #[error("the queue's tables cannot be made")]
    Failed(#[source] MigrateError),
}

/// Brings apalis's tables to this build's state.
///
/// A connection of its own: sqlx takes its advisory lock before it creates anything, and leaves it to the end of the
/// connection when a migration fails.
pub(super) async fn up(url: &SecretString) -> Result<(), SetupProblem> {
    let mut connection = PgConnection::connect(url.expose_secret()).await.map_err(SetupProblem::Unavailable)?;
    let migrated = PostgresStorage::migrations().run(&mut connection).await.map_err(in_words);
    let found = match migrated {
        // Whoever looks elsewhere finds the tables but cannot read their columns.
        Ok(()) => sqlx::query_scalar("SELECT to_regtype('hstore') IS NOT NULL")
            .fetch_one(&mut connection)
            .await
            .map_err(SetupProblem::Unavailable)
            .and_then(|visible: bool| if visible { Ok(()) } else { Err(SetupProblem::HiddenHstore) }),
        Err(problem) => Err(problem),
    };
    // Ends the lock, too; what cannot be closed is closing already.
    connection.close().await.ok();
    found
}

fn in_words(problem: MigrateError) -> SetupProblem {
    match problem {
        MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) => match code(&cause).as_deref() {
            Some("42501") => SetupProblem::Forbidden(cause),
            // 0A000: "extension … is not available"; 58P01: its control file is missing.
            Some("0A000" | "58P01") => SetupProblem::NoExtension(cause),
            // The migrations use one type that they do not define in their own schema.
            Some("42704") => SetupProblem::HiddenHstore,
            None if cause.as_database_error().is_none() => SetupProblem::Unavailable(cause),
            _ => SetupProblem::Failed(MigrateError::Execute(cause)),
        },
        MigrateError::VersionMissing(_) | MigrateError::VersionMismatch(_) | MigrateError::Dirty(_) => {
            SetupProblem::OtherVersion(problem)
        }
        other => SetupProblem::Failed(other),
    }
}

/// The SQLSTATE (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
fn code(problem: &sqlx::Error) -> Option<String> {
    problem.as_database_error()?.code().map(|code| code.into_owned())
}
