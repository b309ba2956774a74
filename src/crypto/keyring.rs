//! The keys of SOCIAL_MEDIA_ENCRYPTION_KEY.

use crate::domain::Dice;
use aes_gcm::{Aes256Gcm, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::fmt;
use zeroize::Zeroizing;

const KEY_BYTES: usize = 32;
/// More keys than any rotation needs.
const MAX_KEYS: usize = 16;

/// The keys that open what is sealed; the first one seals. A key lives only in its cipher, which wipes itself.
pub struct KeyRing(Vec<Key>);

pub(super) struct Key {
    pub(super) id: KeyId,
    /// Holds the key schedule: worked out once.
    pub(super) cipher: Aes256Gcm,
}

/// A name of a key that tells nothing of it: the first bytes of SHA-256("nchat-social key id" ‖ key).
pub(super) type KeyId = [u8; 4];

/// What is wrong with SOCIAL_MEDIA_ENCRYPTION_KEY. Never shows what it holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    /// Nothing, or nothing between two commas.
    #[error("key {position} is empty; make one with `nchat-social keys generate`")]
    Empty {
        /// Counted from 1.
        position: usize,
    },
    /// Not base64.
    #[error("key {position} is not base64; make one with `nchat-social keys generate`")]
    NotBase64 {
        /// Counted from 1.
        position: usize,
    },
    /// Not AES-256's size.
    #[error("key {position} has {bytes} bytes instead of 32; make one with `nchat-social keys generate`")]
    WrongSize {
        /// Counted from 1.
        position: usize,
        /// Its length when decoded.
        bytes: usize,
    },
    /// The list is not a list of keys.
    #[error("more than 16 keys; keep the newest and those that still open stored tokens")]
    TooMany,
}

impl KeyRing {
    /// Reads one or several keys of 32 bytes, newest first, separated by commas, in base64 of either alphabet, padded or
    /// not.
    pub fn parse(setting: &SecretString) -> Result<Self, KeyProblem> {
        let mut keys = Vec::with_capacity(MAX_KEYS);
        for (index, text) in setting.expose_secret().split(',').enumerate() {
            if index == MAX_KEYS {
                return Err(KeyProblem::TooMany);
            }
            keys.push(Key::parse(text.trim(), index + 1)?);
        }
        Ok(Self(keys))
    }

    /// A new key in base64, as SOCIAL_MEDIA_ENCRYPTION_KEY takes it.
    pub fn generate(dice: &dyn Dice) -> String {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        dice.fill(&mut *key);
        STANDARD.encode(key.as_slice())
    }

    /// The key that seals.
    pub(super) fn newest(&self) -> &Key {
        // `parse` is the only way to a ring, and even an empty setting has one part.
        &self.0[0]
    }

    /// The keys of that name; two in four thousand million share one.
    pub(super) fn named(&self, id: KeyId) -> impl Iterator<Item = &Key> {
        self.0.iter().filter(move |key| key.id == id)
    }
}

impl Key {
    fn parse(text: &str, position: usize) -> Result<Self, KeyProblem> {
        if text.is_empty() {
            return Err(KeyProblem::Empty { position });
        }
        // Both alphabets as one, wiped like the key itself.
        let mut standard = Zeroizing::new(text.trim_end_matches('=').as_bytes().to_vec());
        for byte in standard.iter_mut() {
            *byte = match *byte {
                b'-' => b'+',
                b'_' => b'/',
                other => other,
            };
        }
        let bytes = STANDARD_NO_PAD.decode(&*standard).map(Zeroizing::new);
        let bytes = bytes.map_err(|_| KeyProblem::NotBase64 { position })?;
        let cipher =
            Aes256Gcm::new_from_slice(&bytes).map_err(|_| KeyProblem::WrongSize { position, bytes: bytes.len() })?;
        let digest = Sha256::new().chain_update(b"nchat-social key id").chain_update(&*bytes).finalize();
        let mut id = KeyId::default();
        id.copy_from_slice(&digest[..4]);
        Ok(Self { id, cipher })
    }
}

impl fmt::Debug for KeyRing {
    /// Shows the keys' names only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = self.0.iter().map(|key| format!("{:08x}", u32::from_be_bytes(key.id)));
        f.debug_tuple("KeyRing").field(&ids.collect::<Vec<_>>()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyProblem, KeyRing};
    use crate::domain::dice::SeededDice;
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
    use secrecy::SecretString;

    fn parse(setting: &str) -> Result<KeyRing, KeyProblem> {
        KeyRing::parse(&SecretString::from(setting))
    }

    #[test]
    fn every_spelling_of_a_key_is_the_same_key() {
        let key = [0xfb; 32];
        let spellings = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD].map(|base64| base64.encode(key));
        let ids = spellings.map(|spelling| parse(&format!(" {spelling}\n")).expect("a key").newest().id);
        assert_eq!(ids, [ids[0]; 4]);
    }

    #[test]
    fn a_generated_key_is_accepted_and_a_list_keeps_its_order() {
        let dice = SeededDice::new(1);
        let (new, old) = (KeyRing::generate(&dice), KeyRing::generate(&dice));
        assert_ne!(new, old);
        let ring = parse(&format!("{new}, {old}")).expect("two keys");
        assert_eq!(ring.newest().id, parse(&new).expect("a key").newest().id);
        assert_eq!(ring.named(parse(&old).expect("a key").newest().id).count(), 1);
    }

    #[test]
    fn defect_18_anything_but_32_bytes_is_refused_with_the_command_that_makes_a_key() {
        let key = KeyRing::generate(&SeededDice::new(1));
        for (setting, problem) in [
            (String::new(), KeyProblem::Empty { position: 1 }),
            (format!("{key},"), KeyProblem::Empty { position: 2 }),
            ("change me, please".to_owned(), KeyProblem::NotBase64 { position: 1 }),
            (format!("{key},a=b"), KeyProblem::NotBase64 { position: 2 }),
            (STANDARD.encode([1; 16]), KeyProblem::WrongSize { position: 1, bytes: 16 }),
            (STANDARD.encode([1; 33]), KeyProblem::WrongSize { position: 1, bytes: 33 }),
            ("0f".repeat(32), KeyProblem::WrongSize { position: 1, bytes: 48 }),
        ] {
            let refused = parse(&setting).expect_err("no key");
            assert_eq!(refused, problem);
            assert!(refused.to_string().contains("nchat-social keys generate"));
        }
        assert_eq!(parse(&vec![key; 17].join(",")).expect_err("too many"), KeyProblem::TooMany);
    }

    #[test]
    fn debug_output_names_keys_and_shows_none() {
        let key = [0x41; 32];
        let shown = format!("{:?}", parse(&STANDARD.encode(key)).expect("a key"));
        assert_eq!(shown.len(), r#"KeyRing(["00000000"])"#.len());
        assert!(!shown.contains("41414141") && !shown.contains("AAAA") && !shown.contains("QUFB"));
    }
}
