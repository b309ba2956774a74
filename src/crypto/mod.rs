//! Floor 1: secrets at rest, and signatures. The only place that knows AES, RSA and curves.
//!
//! A sealed value is `version (1 byte) · key id (4) · nonce (12) · ciphertext · tag (16)`, AES-256-GCM. The key id tells
//! which key of the ring opens it, so keys can be changed while the service runs; the additional data ([`aad`]) names
//! the row and the field, so a sealed value is worth nothing anywhere else.

pub mod jws;
mod keyring;
mod nchat;
mod sealer;

pub use keyring::{KeyProblem, KeyRing};
pub use nchat::NchatKeys;
pub use sealer::{CryptoError, KeyAge, MARK_BYTES, Sealer, aad};
