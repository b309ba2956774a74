//! Tokens as nchat's own code sealed them: base64 of nonce (16 bytes) · tag (16) · ciphertext, AES-256-GCM under a key
//! stretched from the text of SOCIAL_MEDIA_ENCRYPTION_KEY, bound to no row. Only opened here, never made.
//! `<https://github.com/nself-org/nchat>`, `lib/social/encryption.ts`

use aes_gcm::{AeadInOut, AesGcm, KeyInit, aead::consts::U16, aes::Aes256};
use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use zeroize::Zeroizing;

const SALT: &[u8] = b"social-media-salt";
const ROUNDS: u32 = 100_000;
const NONCE_BYTES: usize = 16;
const TAG_BYTES: usize = 16;

type Cipher = AesGcm<Aes256, U16>;

/// The keys that nchat would make of a setting.
pub struct NchatKeys(Vec<Cipher>);

impl NchatKeys {
    /// One key for each text in `setting`, which lists several by commas. Takes some hundredths of a second each.
    pub fn derive(setting: &SecretString) -> Self {
        let texts = setting.expose_secret().split(',').map(str::trim);
        Self(texts.map(|text| cipher(text.as_bytes())).collect())
    }

    /// What nchat sealed as `text`; `None` when no key opens it, or when it is no text.
    pub fn open(&self, text: &str) -> Option<SecretString> {
        let bytes = STANDARD.decode(text.trim()).ok()?;
        let (nonce, rest) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        let (tag, body) = rest.split_first_chunk::<TAG_BYTES>()?;
        self.0.iter().find_map(|cipher| {
            let mut plain = Zeroizing::new(body.to_vec());
            cipher.decrypt_inout_detached(nonce.into(), b"", plain.as_mut_slice().into(), tag.into()).ok()?;
            std::str::from_utf8(&plain).ok().filter(|plain| !plain.is_empty()).map(SecretString::from)
        })
    }
}

fn cipher(text: &[u8]) -> Cipher {
    let mut key = Zeroizing::new([0; 32]);
    pbkdf2::pbkdf2_hmac::<Sha256>(text, SALT, ROUNDS, &mut *key);
    Cipher::new((&*key).into())
}

#[cfg(test)]
mod tests {
    use super::NchatKeys;
    use base64::{Engine, engine::general_purpose::STANDARD};
    use secrecy::{ExposeSecret, SecretString};

    const KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
    /// "a token of 2026", sealed by Node's own crypto.
    const SEALED: &str = "AAECAwQFBgcICQoLDA0OD1RMhTCgNMR4kxzbONia+oZtkEdGjpwy4KFvBGv8kJs=";

    #[test]
    fn what_node_sealed_opens_with_any_key_of_the_list_and_nothing_else_does() {
        let keys = NchatKeys::derive(&SecretString::from(format!("another, {KEY}")));
        assert_eq!(keys.open(SEALED).expect("opens").expose_secret(), "a token of 2026");
        assert_eq!(keys.open(&format!(" {SEALED}\n")).expect("opens").expose_secret(), "a token of 2026");
        let mut changed = STANDARD.decode(SEALED).expect("base64");
        changed[40] ^= 1;
        for damaged in ["", "plain", "AAECAwQ=", &SEALED[..44], &STANDARD.encode(&changed)] {
            assert!(keys.open(damaged).is_none(), "{damaged}");
        }
        assert!(NchatKeys::derive(&SecretString::from("another")).open(SEALED).is_none());
    }
}
