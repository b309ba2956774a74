//! What a platform sends to a callback about a person, signed with the app's secret.

use crate::domain::Timestamp;

/// A callback about a person whose signature was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRequest {
    /// The id under which the platform's callbacks name the person: `callback_id` of the person's identities.
    pub person: String,
    /// When the platform signed it; `None`: it does not say.
    pub issued_at: Option<Timestamp>,
    /// SHA-256 of what was signed: the same for every copy of the request.
    pub digest: [u8; 32],
}

/// Why a callback proves nothing. Says nothing of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignedRequestProblem {
    /// The platform has no such callbacks.
    #[error("this platform sends no signed requests")]
    NotOffered,
    /// It is not in the form that the platform documents.
    #[error("not a signed request: {0}")]
    Unreadable(&'static str),
    /// None of the app's secrets signed it.
    #[error("the signature is not of this app's secret")]
    Forged,
}
