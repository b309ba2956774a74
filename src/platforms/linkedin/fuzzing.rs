//! What fuzzing needs of the inside of this client.

use super::{Linkedin, little};
use std::time::Duration;

impl Linkedin {
    /// The same client, which waits for nothing.
    pub fn without_delay(self) -> Self {
        Self { race_delay: Duration::ZERO, ..self }
    }
}

/// Little text read: the plain text, and the hashtags and names in it.
pub fn little_text(source: &str) -> (String, Vec<String>) {
    let little = little::read(source);
    let names = little.mentions.into_iter().map(|mention| mention.name);
    (little.text, little.hashtags.into_iter().chain(names).collect())
}
