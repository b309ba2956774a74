//! Sealing and opening with a ring of keys.

use super::keyring::{KeyId, KeyRing};
use crate::domain::Dice;
use aes_gcm::{AeadInOut, Aes256Gcm, Nonce};
use std::{fmt, sync::Arc};
use uuid::Uuid;
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const NONCE_BYTES: usize = 12;
const HEADER_BYTES: usize = MARK_BYTES + NONCE_BYTES;
const TAG_BYTES: usize = 16;

/// Seals with the newest key, opens with any. Random nonces are safe for 2³² values a key, which no installation nears.
pub struct Sealer {
    ring: KeyRing,
    dice: Arc<dyn Dice>,
}

/// So many first bytes of a sealed value name its form and its key.
pub const MARK_BYTES: usize = 1 + size_of::<KeyId>();

/// Which key of the ring sealed a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyAge {
    /// The one that seals now.
    Newest,
    /// One that only opens.
    Older,
    /// None of them.
    Unknown,
}

/// Why a sealed value cannot be opened. Says nothing of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum CryptoError {
    /// The key that sealed it is not in the ring.
    #[error("sealed with a key that SOCIAL_MEDIA_ENCRYPTION_KEY does not hold: add the old key behind the new one")]
    UnknownKey,
    /// Changed, cut, of another row or field, or never sealed here.
    #[error("the sealed value is damaged or belongs to another row: connect the account again")]
    Damaged,
}

impl Sealer {
    /// `dice` throws the nonces, so they must be fit for secrets.
    pub fn new(ring: KeyRing, dice: Arc<dyn Dice>) -> Self {
        Self { ring, dice }
    }

    /// `plain`, sealed; only the same `aad` opens it again. 33 bytes longer than `plain`.
    pub fn seal(&self, plain: &[u8], aad: &[u8]) -> Vec<u8> {
        let key = self.ring.newest();
        let mut nonce = [0; NONCE_BYTES];
        self.dice.fill(&mut nonce);
        let mut sealed = Vec::with_capacity(HEADER_BYTES + plain.len() + TAG_BYTES);
        sealed.push(VERSION);
        sealed.extend_from_slice(&key.id);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let body = &mut sealed[HEADER_BYTES..];
        let tag = key.cipher.encrypt_inout_detached(&nonce.into(), aad, body.into());
        sealed.extend_from_slice(&tag.expect("a secret is shorter than AES-GCM's limit of 64 GiB"));
        sealed
    }

    /// What was sealed with the same `aad`. Never panics, whatever `sealed` holds.
    pub fn open(&self, sealed: &[u8], aad: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let parts = Parts::of(sealed).ok_or(CryptoError::Damaged)?;
        let mut error = CryptoError::UnknownKey;
        for key in self.ring.named(parts.key_id) {
            match parts.open(&key.cipher, aad) {
                Some(plain) => return Ok(plain),
                None => error = CryptoError::Damaged,
            }
        }
        Err(error)
    }

    /// The first bytes of every value that the newest key sealed.
    pub fn newest_mark(&self) -> Vec<u8> {
        [&[VERSION], &self.ring.newest().id[..]].concat()
    }

    /// What a value's first [`MARK_BYTES`] tell of its key.
    pub fn key_age(&self, mark: &[u8]) -> KeyAge {
        match mark.split_first_chunk() {
            Some(([VERSION], rest)) => match rest.first_chunk() {
                Some(id) if *id == self.ring.newest().id => KeyAge::Newest,
                Some(id) if self.ring.named(*id).next().is_some() => KeyAge::Older,
                _ => KeyAge::Unknown,
            },
            _ => KeyAge::Unknown,
        }
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").field("ring", &self.ring).finish_non_exhaustive()
    }
}

/// The additional data of a sealed field: the row's id, then the field's name. The id's length is fixed, so no two
/// pairs give the same bytes.
pub fn aad(row: Uuid, field: &str) -> Vec<u8> {
    [row.as_bytes(), field.as_bytes()].concat()
}

struct Parts<'a> {
    key_id: KeyId,
    nonce: [u8; NONCE_BYTES],
    body: &'a [u8],
    tag: [u8; TAG_BYTES],
}

impl<'a> Parts<'a> {
    fn of(sealed: &'a [u8]) -> Option<Self> {
        let (version, rest) = sealed.split_first()?;
        let (key_id, rest) = rest.split_first_chunk()?;
        let (nonce, rest) = rest.split_first_chunk()?;
        let (body, tag) = rest.split_last_chunk()?;
        (*version == VERSION).then_some(Self { key_id: *key_id, nonce: *nonce, body, tag: *tag })
    }

    fn open(&self, cipher: &Aes256Gcm, aad: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut plain = Zeroizing::new(self.body.to_vec());
        let nonce = Nonce::from(self.nonce);
        cipher.decrypt_inout_detached(&nonce, aad, plain.as_mut_slice().into(), &self.tag.into()).ok()?;
        Some(plain)
    }
}

#[cfg(test)]
mod tests {
    use super::{CryptoError, HEADER_BYTES, KeyAge, MARK_BYTES, Sealer, TAG_BYTES, aad};
    use crate::crypto::KeyRing;
    use crate::domain::dice::SeededDice;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;
    use secrecy::SecretString;
    use std::sync::Arc;
    use uuid::Uuid;

    const OLD: [u8; 32] = [7; 32];
    const NEW: [u8; 32] = [8; 32];

    fn sealer(keys: &[[u8; 32]]) -> Sealer {
        let setting = keys.iter().map(|key| STANDARD.encode(key)).collect::<Vec<_>>().join(",");
        let ring = KeyRing::parse(&SecretString::from(setting)).expect("good keys");
        Sealer::new(ring, Arc::new(SeededDice::new(1)))
    }

    #[test]
    fn defect_18_a_value_sealed_for_one_row_opens_in_no_other() {
        let sealer = sealer(&[OLD]);
        let (row, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let sealed = sealer.seal(b"token", &aad(row, "access_token"));
        assert_eq!(**sealer.open(&sealed, &aad(row, "access_token")).expect("opens"), *b"token");
        assert_eq!(sealer.open(&sealed, &aad(other, "access_token")), Err(CryptoError::Damaged));
        assert_eq!(sealer.open(&sealed, &aad(row, "refresh_token")), Err(CryptoError::Damaged));
    }

    #[test]
    fn defect_18_keys_can_be_changed_because_a_value_names_its_key() {
        let (before, during, after) = (sealer(&[OLD]), sealer(&[NEW, OLD]), sealer(&[NEW]));
        let sealed = before.seal(b"token", b"");
        assert_eq!([&before, &during, &after].map(|sealer| sealer.key_age(&sealed)), {
            [KeyAge::Newest, KeyAge::Older, KeyAge::Unknown]
        });
        assert!(sealed.starts_with(&before.newest_mark()) && before.newest_mark().len() == MARK_BYTES);
        let plain = during.open(&sealed, b"").expect("the old key is still there");
        let again = during.seal(&plain, b"");
        assert_eq!([&during, &after].map(|sealer| sealer.key_age(&again[..MARK_BYTES])), [KeyAge::Newest; 2]);
        assert_eq!(**after.open(&again, b"").expect("opens"), *b"token");
        assert_eq!(after.open(&sealed, b""), Err(CryptoError::UnknownKey));
    }

    #[test]
    fn sealing_twice_gives_two_values() {
        let sealer = sealer(&[OLD]);
        assert_ne!(sealer.seal(b"token", b""), sealer.seal(b"token", b""));
    }

    /// What is stored today must open for ever: this value was sealed by another implementation of AES-256-GCM.
    #[test]
    fn the_stored_format_stays() {
        let sealed = STANDARD.decode(SEALED_ELSEWHERE).expect("base64");
        assert_eq!(**sealer(&[OLD]).open(&sealed, b"row").expect("opens"), *b"a token of 2026");
    }
    const SEALED_ELSEWHERE: &str = "AcyegiAAAQIDBAUGBwgJCgt5oZ0fdmy3aRjUxa7SalpqdvpiN7Q2fUzIDEebUMPd";

    #[test]
    fn debug_output_shows_no_key() {
        assert!(!format!("{:?}", sealer(&[OLD])).contains("7, 7"));
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens(plain: Vec<u8>, aad: Vec<u8>) {
            let sealer = sealer(&[NEW, OLD]);
            let sealed = sealer.seal(&plain, &aad);
            prop_assert_eq!(sealed.len(), HEADER_BYTES + plain.len() + TAG_BYTES);
            prop_assert_eq!(&**sealer.open(&sealed, &aad).expect("opens"), &plain);
        }

        #[test]
        fn what_was_changed_does_not_open(plain: Vec<u8>, at: prop::sample::Index, bit in 0_u8..8) {
            let sealer = sealer(&[OLD]);
            let sealed = sealer.seal(&plain, b"row");
            let mut flipped = sealed.clone();
            flipped[at.index(sealed.len())] ^= 1 << bit;
            prop_assert!(sealer.open(&flipped, b"row").is_err());
            prop_assert_eq!(sealer.open(&sealed[..at.index(sealed.len())], b"row"), Err(CryptoError::Damaged));
            prop_assert_eq!(sealer.open(&sealed, b"wor"), Err(CryptoError::Damaged));
        }

        #[test]
        fn arbitrary_bytes_never_panic(sealed in prop::collection::vec(any::<u8>(), 0..80), known: bool) {
            let sealer = sealer(&[OLD]);
            let mut sealed = sealed;
            if known && sealed.len() > 5 {
                sealed[..5].copy_from_slice(&sealer.seal(b"", b"")[..5]);
            }
            let _ = sealer.key_age(&sealed);
            prop_assert!(sealer.open(&sealed, b"").is_err());
        }
    }
}
