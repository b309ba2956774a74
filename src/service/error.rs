//! What is not an expected refusal. Expected refusals are a `status` in the answer.

use crate::{crypto::CryptoError, store::StoreError};

/// A fault, or a caller without rights.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Nobody known asks.
    #[error("sign in as an administrator first")]
    Unauthenticated,
    /// Somebody known asks, who may not.
    #[error("only an administrator may do this")]
    Forbidden,
    /// Input that no form of the interface can send by mistake.
    #[error("{0}")]
    Invalid(String),
    /// The database or the machine; the caller learns a request id and nothing else.
    #[error("internal fault")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database is not available.
    #[error("the database is not available, try again in a moment")]
    Unavailable(#[source] StoreError),
}

impl ServiceError {
    /// A stable word for clients.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::Invalid(_) => "invalid",
            Self::Internal(_) => "internal",
            Self::Unavailable(_) => "unavailable",
        }
    }
}

impl ServiceError {
    /// Whether the database is away, so that whatever comes next fails, too.
    pub fn is_cut(&self) -> bool {
        matches!(self, Self::Unavailable(error) if error.is_cut())
    }
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        if error.is_temporary() { Self::Unavailable(error) } else { Self::Internal(error.into()) }
    }
}

impl From<deadpool_postgres::tokio_postgres::Error> for ServiceError {
    fn from(error: deadpool_postgres::tokio_postgres::Error) -> Self {
        StoreError::from(error).into()
    }
}

impl From<CryptoError> for ServiceError {
    fn from(error: CryptoError) -> Self {
        Self::Internal(error.into())
    }
}
