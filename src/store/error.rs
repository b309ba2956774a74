//! What can go wrong at the database, sorted by who acts. The driver's own words stay here: they go to the log, never
//! to a client.

use deadpool_postgres::PoolError;
use tokio_postgres::error::SqlState;

/// A database fault.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No connection, too many connections, starting up, shutting down, read-only, time-out: try again later.
    #[error("the database is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Another transaction came first (serialization, deadlock): try again at once.
    #[error("another transaction came first")]
    Contended(#[source] tokio_postgres::Error),
    /// A constraint or trigger refused the rows.
    #[error("the database refused the rows ({constraint})")]
    Refused {
        /// The constraint's name, or the SQL state where a trigger refused.
        constraint: String,
        /// The driver's error, for the log.
        #[source]
        source: tokio_postgres::Error,
    },
    /// A row does not say what it must.
    #[error("inconsistent row in {table}: {what}")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// Column and fault, without the value.
        what: String,
    },
    /// Anything else.
    #[error("database error ({state})")]
    Driver {
        /// SQL state or the driver's kind of error.
        state: String,
        /// The driver's error, for the log.
        #[source]
        source: tokio_postgres::Error,
    },
}

impl StoreError {
    /// The name of the constraint that refused, if one did.
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Refused { constraint, .. } => Some(constraint),
            _ => None,
        }
    }

    /// Whether the rows' own content was at fault, and not the statement, the login or the server.
    pub fn is_about_rows(&self) -> bool {
        match self {
            Self::Refused { constraint, .. } => constraint != SqlState::INSUFFICIENT_PRIVILEGE.code(),
            // Program limits: a value too large for its index, for example.
            Self::Driver { state, .. } => state.starts_with("54"),
            Self::Unavailable(_) | Self::Contended(_) | Self::Inconsistent { .. } => false,
        }
    }

    /// Whether the connection was lost, or none was to be had: a statement that took too long is another matter.
    pub fn is_cut(&self) -> bool {
        let Self::Unavailable(source) = self else { return false };
        let code = source.downcast_ref::<tokio_postgres::Error>().and_then(tokio_postgres::Error::code);
        code.is_none_or(|code| *code == SqlState::READ_ONLY_SQL_TRANSACTION || !is_passing(code))
    }

    /// Whether the same work may succeed if it is tried again.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Contended(_))
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(db) = error.as_db_error() else {
            if error.is_closed() || std::error::Error::source(&error).is_some_and(|s| s.is::<std::io::Error>()) {
                return Self::Unavailable(error.into());
            }
            return Self::Driver { state: "client".into(), source: error };
        };
        let state = db.code().clone();
        match state {
            SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => Self::Contended(error),
            _ if is_passing(&state) => Self::Unavailable(error.into()),
            _ => match &state.code()[..2] {
                // Connection trouble, resources, operator intervention.
                "08" | "53" | "57" => Self::Unavailable(error.into()),
                // Data exceptions, integrity, RLS checks, RAISE in triggers.
                "22" | "23" | "44" | "42" | "P0" if is_refusal(&state) => {
                    let constraint = db.constraint().unwrap_or_else(|| state.code()).to_owned();
                    Self::Refused { constraint, source: error }
                }
                _ => Self::Driver { state: state.code().to_owned(), source: error },
            },
        }
    }
}

/// A statement failed and neither it nor its rows are at fault, while the connection is whole.
fn is_passing(state: &SqlState) -> bool {
    // Too slow; a lock that is not to be had; what follows an error that nobody waited for; a primary that has become a
    // standby; a disk.
    [
        SqlState::QUERY_CANCELED,
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::IN_FAILED_SQL_TRANSACTION,
        SqlState::READ_ONLY_SQL_TRANSACTION,
    ]
    .contains(state)
        || state.code().starts_with("58")
}

/// Rows were at fault, not the statement.
fn is_refusal(state: &SqlState) -> bool {
    let code = state.code();
    matches!(&code[..2], "22" | "23" | "44" | "P0") || *state == SqlState::INSUFFICIENT_PRIVILEGE
}

impl From<PoolError> for StoreError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => match Self::from(error) {
                // While connecting every fault but a refusal of our login means: not now.
                Self::Driver { source, .. } => Self::Unavailable(source.into()),
                other => other,
            },
            other => Self::Unavailable(other.into()),
        }
    }
}

/// A column that cannot be understood.
pub fn inconsistent(table: &'static str, what: impl Into<String>) -> StoreError {
    StoreError::Inconsistent { table, what: what.into() }
}
