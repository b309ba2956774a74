//! What reaches the log.

use super::*;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// A log that is read afterwards.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What `log` writes under `filter`.
fn written(filter: &str, pretty: bool, log: impl FnOnce()) -> String {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = subscriber(filter, pretty, move || writer.clone()).expect("a valid filter");
    tracing::subscriber::with_default(subscriber, log);
    let bytes = lines.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    String::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn json_is_one_flat_object_a_line() {
    let text = written("info", false, || {
        let span = tracing::info_span!("poll", lease = "l1");
        span.in_scope(|| tracing::warn!(accounts = 3, secret = ?secrecy::SecretString::from("canary"), "two\nlines"));
    });
    assert_eq!(text.lines().count(), 1, "{text}");
    let line: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&line["level"], &line["message"]), (&"WARN".into(), &"two\nlines".into()));
    assert_eq!((&line["accounts"], &line["span"]["lease"]), (&3.into(), &"l1".into()));
    assert!(!text.contains("canary"));
}

#[test]
fn libraries_are_quiet_until_asked() {
    let talk = || {
        tracing::info!(target: "sqlx::query", "chatter");
        tracing::warn!(target: "sqlx::query", "slow");
        tracing::debug!(target: "nchat_social::worker", "detail");
        tracing::info!(target: "nchat_social::worker", "news");
    };
    let quiet = written("info", true, talk);
    assert!(quiet.contains("slow") && quiet.contains("news"), "{quiet}");
    assert!(!quiet.contains("chatter") && !quiet.contains("detail"), "{quiet}");
    assert!(written("info,sqlx=info", true, talk).contains("chatter"));
    assert!(written("info,nchat_social::worker=debug", true, talk).contains("detail"));
}

#[test]
fn a_wrong_filter_is_named() {
    let error = subscriber("info,nchat_social=loud", true, io::sink).err().expect("an error").to_string();
    assert!(error.starts_with(r#"SOCIAL_LOG="info,nchat_social=loud""#), "{error}");
}
