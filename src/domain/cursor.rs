//! How far an account has been read.

use serde::{Deserialize, Serialize};

/// A platform's own note of how far it has read; only that platform's client looks inside.
/// At most a few kilobytes: it is stored on the account's row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub serde_json::Value);

/// A short fingerprint (FNV-1a) of what is shown of a post, to notice edits where a platform does not report them.
pub fn fingerprint(parts: &[&str]) -> u32 {
    let mut hash = 0x811c_9dc5_u32;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }
    hash
}
