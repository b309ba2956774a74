//! Keeps what could be read, and searches it for secrets in every form they could take.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::{Arc, Mutex},
};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

/// So much of a secret is as good as all of it.
const PART: usize = 16;

/// Every log line of this thread, while the guard lives: ours at the finest level, libraries' at `info`.
pub fn capture() -> (Log, DefaultGuard) {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new("info,nchat_social=trace"))
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    (log, tracing::subscriber::set_default(subscriber))
}

/// The lines so far.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("no panic holds it")).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic holds it").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// What could be read, and what must not be in it.
#[derive(Default)]
pub struct Recorder {
    /// Text and where it was first seen.
    kept: BTreeMap<String, String>,
    secrets: BTreeMap<String, String>,
}

impl Recorder {
    /// Something that must be nowhere.
    pub fn secret(&mut self, name: &str, secret: &str) {
        assert!(secret.len() >= 8, "{name} is too short to be searched for");
        self.secrets.entry(secret.to_owned()).or_insert_with(|| name.to_owned());
    }

    /// Something that anybody could read.
    pub fn keep(&mut self, place: &str, text: impl Into<String>) {
        self.kept.entry(text.into()).or_insert_with(|| place.to_owned());
    }

    /// The same, where each of `secrets` belongs once.
    pub fn keep_but(&mut self, place: &str, text: impl Into<String>, secrets: &[&str]) {
        let mut text = text.into();
        for secret in secrets {
            assert!(text.contains(secret), "{place} holds what belongs there");
            text = text.replacen(secret, "…", 1);
        }
        self.keep(place, text);
    }

    /// Whether it is searched for.
    pub fn knows(&self, secret: &str) -> bool {
        self.secrets.contains_key(secret)
    }

    pub fn texts(&self) -> usize {
        self.kept.len()
    }

    pub fn secrets(&self) -> usize {
        self.secrets.len()
    }

    /// Each secret found, with its place. Never the secret itself.
    pub fn leaks(&self) -> Vec<String> {
        let mut leaks = BTreeSet::new();
        for (secret, name) in &self.secrets {
            let forms = forms(secret);
            for (text, place) in &self.kept {
                if let Some((form, _)) = forms.iter().find(|(_, needle)| text.contains(needle.as_str())) {
                    leaks.insert(format!("{name} ({form}) in {place}"));
                }
            }
        }
        leaks.into_iter().collect()
    }

    pub fn assert_clean(&self) {
        let leaks = self.leaks();
        assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    }
}

/// What a secret looks like, cut to what is as good as all of it.
fn forms(secret: &str) -> Vec<(&'static str, String)> {
    let part: String = secret.chars().take(PART.max(secret.len() / 4)).collect();
    let end: String = secret.chars().skip(secret.chars().count().saturating_sub(PART.max(secret.len() / 4))).collect();
    // Base64 writes three bytes at a time: the last of them may be half.
    let encoded = |text: String| text[..text.len() / 4 * 4].to_owned();
    let list = format!("{:?}", part.as_bytes());
    vec![
        ("in base64", encoded(STANDARD_NO_PAD.encode(&part))),
        ("in base64 for addresses", encoded(URL_SAFE_NO_PAD.encode(&part))),
        ("in an address", url::form_urlencoded::byte_serialize(part.as_bytes()).collect()),
        ("in hex", part.bytes().map(|byte| format!("{byte:02x}")).collect()),
        ("as bytes", list.trim_matches(['[', ']']).to_owned()),
        ("its end", end),
        ("as it is", part),
    ]
}
