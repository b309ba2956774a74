//! `appsecret_proof`: that a call comes from somebody who knows the app's secret.
//! `<https://developers.facebook.com/docs/graph-api/guides/secure-requests>`

use super::super::{errors::GraphError, params::Params};
use super::APP_SECRET;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt::Write;
use subtle::ConstantTimeEq;

/// Refuses a wrong proof always, a missing one where it is required.
pub(super) fn check(params: &Params, token: &str, required: bool) -> Result<(), GraphError> {
    let refuse = |sentence| Err(GraphError { kind: "GraphMethodException", ..GraphError::new(100, sentence) });
    match params.get("appsecret_proof") {
        None if required => refuse("API calls from the server require an appsecret_proof argument"),
        None => Ok(()),
        Some(given) if bool::from(given.as_bytes().ct_eq(proof(APP_SECRET, token).as_bytes())) => Ok(()),
        Some(_) => refuse("Invalid appsecret_proof provided in the API argument"),
    }
}

/// Lower-case hex of HMAC-SHA256 over the token, keyed by the app's secret.
pub(in super::super) fn proof(secret: &str, token: &str) -> String {
    let mut text = String::new();
    // HMAC takes keys of any length.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) {
        mac.update(token.as_bytes());
        for byte in mac.finalize().into_bytes() {
            let _ = write!(text, "{byte:02x}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_known_vector_is_met() {
        let known = "ba901af273193122e6a09621afeeeca2f0178ec975261a5cb1daeaea1c0635c2";
        assert_eq!(super::proof("test-app-secret", "EAATESTTOKEN"), known);
    }
}
