//! What a connection asks of a platform.

use secrecy::SecretString;

/// For the address the browser is sent to.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizeRequest<'a> {
    /// One-time state, to come back unchanged.
    pub state: &'a str,
    /// Our callback, exactly as registered at the platform.
    pub redirect_uri: &'a str,
    /// The S256 challenge; only where `spec().pkce`.
    pub pkce_challenge: Option<&'a str>,
}

/// What the callback brought, for the token endpoint.
#[derive(Clone, Copy, Debug)]
pub struct CodeGrant<'a> {
    /// The authorization code.
    pub code: &'a SecretString,
    /// The same callback as in [`AuthorizeRequest`].
    pub redirect_uri: &'a str,
    /// The verifier whose challenge was sent; only where `spec().pkce`.
    pub pkce_verifier: Option<&'a SecretString>,
    /// The present time, to turn lifetimes into points in time.
    pub now: crate::domain::Timestamp,
}

/// For finding out who logged in.
#[derive(Clone, Copy, Debug)]
pub struct LoginRequest<'a> {
    /// The access token just granted.
    pub access_token: &'a SecretString,
    /// The present time.
    pub now: crate::domain::Timestamp,
    /// Notes what the calls use, and knows what they may cost.
    pub meter: &'a super::Meter,
}

/// What ending a grant achieved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// The platform ended it, or it was already over.
    Done,
    /// The platform offers no call for it; the person removes the app there: `where_to` says where.
    ByPerson { where_to: &'static str },
}
