//! `appsecret_proof`: shows that a call comes from whoever has the app's secret, so that a stolen token alone is of no
//! use where the app demands it. `<https://developers.facebook.com/docs/graph-api/guides/secure-requests>`

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use std::fmt::Write;

/// HMAC-SHA256 of the token under the app's secret, in lower-case hexadecimal.
pub(super) fn proof(app_secret: &SecretString, access_token: &str) -> String {
    // HMAC takes keys of every length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(app_secret.expose_secret().as_bytes()) else {
        return String::new();
    };
    mac.update(access_token.as_bytes());
    mac.finalize().into_bytes().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_documented_signature() {
        assert_eq!(
            proof(&SecretString::from("test-app-secret"), "EAATESTTOKEN"),
            "ba901af273193122e6a09621afeeeca2f0178ec975261a5cb1daeaea1c0635c2"
        );
    }
}
