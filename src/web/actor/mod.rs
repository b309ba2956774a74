//! Who calls: Hasura by its secret, the operator by a token, a person by a signed token in a header or a cookie, or
//! nobody. What is presented and wrong is refused; it never makes a caller a stranger silently, since strangers may read the schema.

mod browser;
mod jwt;
mod nhost;
pub(super) mod operator;
mod proof;
mod session;
mod shared_secret;

pub(super) use browser::may_speak;
pub(super) use proof::{Proof, SECRET, bearer};

use super::{Problem, WebState};
use crate::service::Actor;
use axum::http::{HeaderMap, Method, StatusCode};

#[cfg(test)]
pub(super) use jwt::tests as jwt_for_tests;

/// A caller, known as well as the request proves.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) actor: Actor,
    /// What proves it, by which it can be looked up again.
    pub(super) proof: Proof,
}

/// Why what was presented proves nothing. Shown to the caller, so it tells nothing of the secret or token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("the shared secret is wrong")]
    Secret,
    #[error("the token is not valid or not valid any more: sign in again")]
    Token,
    #[error("the role asked for is not among the token's roles")]
    Role,
    #[error("the session is not usable: {0}")]
    Session(&'static str),
    #[error("the header {0} came more than once")]
    Twice(&'static str),
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", refusal.to_string())
    }
}

/// Who sends a request with this method and these headers.
pub(super) async fn identify(state: &WebState, method: &Method, headers: &HeaderMap) -> Result<Caller, Problem> {
    let origin = state.web.app_url.origin().ascii_serialization();
    let proof = proof::prove(&state.auth, &origin, state.service.clock.now(), method, headers).inspect_err(|_| {
        state.service.metrics.refused_proof();
    })?;
    if proof::claims_in_vain(&proof, headers) {
        state.service.metrics.claim_in_vain();
        tracing::debug!("session headers without the secret are ignored");
    }
    resolve(state, &proof).await
}

/// Who the proof is of. The database knows who administers.
pub(super) async fn resolve(state: &WebState, proof: &Proof) -> Result<Caller, Problem> {
    let actor = match &proof.claims {
        _ if proof.is_operator => state.service.operator(),
        Some(claims) => state.service.actor(claims).await?,
        None => Actor::Nobody,
    };
    Ok(Caller { actor, proof: proof.clone() })
}
