//! The secret that Hasura presents.

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Whether `presented` is the secret. Hashes are compared, so that the time tells neither length nor prefix.
pub(super) fn is_right(secret: &SecretString, presented: &[u8]) -> bool {
    let expected = Sha256::digest(secret.expose_secret().as_bytes());
    Sha256::digest(presented).ct_eq(&expected).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_secret_is_right() {
        let secret = SecretString::from("correct horse battery staple");
        assert!(is_right(&secret, b"correct horse battery staple"));
        for wrong in
            ["", "correct horse battery stapl", "correct horse battery staple ", "Correct horse battery staple"]
        {
            assert!(!is_right(&secret, wrong.as_bytes()), "{wrong:?}");
        }
    }
}
