//! No secret leaves: a whole life of connections with everything that can be read of it recorded, then searched.

mod faults;
mod outside;
mod panics;
pub mod recorder;
pub mod scenario;

use crate::app::App;
use recorder::{Recorder, capture};

#[tokio::test]
async fn no_secret_gets_into_a_log_an_answer_or_a_row() {
    let (log, _guard) = capture();
    let mut app = App::start().await;
    let mut recorder = Recorder::default();
    scenario::configured(&mut recorder);

    scenario::connect_all(&mut app, &mut recorder).await;
    scenario::live(&mut app, &mut recorder).await;
    scenario::fail(&mut app, &mut recorder).await;
    scenario::part(&mut app, &mut recorder).await;
    scenario::without_a_database(&mut app, &mut recorder).await;
    scenario::doctor(&app, &mut recorder).await;

    recorder.keep("the log", log.text());
    // What was recorded is what happened, or the search would find nothing for want of anything to find.
    for word in ["connected", "connection failed", "token renewed", "poll failed", "disconnected", "a request failed"] {
        assert!(log.text().contains(word), "the log tells of: {word}");
    }
    assert!(recorder.texts() > 100 && recorder.secrets() > 40, "{} {}", recorder.texts(), recorder.secrets());
    recorder.assert_clean();
}

/// A search that cannot find proves nothing.
#[tokio::test]
async fn the_search_finds_what_is_planted() {
    let (log, _guard) = capture();
    let secret = "canary/planted+secret=0123456789abcdef";
    let mut recorder = Recorder::default();
    recorder.secret("planted", secret);
    recorder.keep("clean", "nothing here");
    assert!(recorder.leaks().is_empty());

    tracing::info!(token = secret, "as a field");
    recorder.keep("the log", log.text());
    assert_eq!(recorder.leaks().len(), 1, "in a log line");
    for (form, text) in [
        ("as it is", secret.to_owned()),
        ("its beginning", secret[..20].to_owned()),
        ("in an address", url::form_urlencoded::byte_serialize(secret.as_bytes()).collect()),
        ("in base64", base64::Engine::encode(&base64::engine::general_purpose::STANDARD, secret)),
        ("in hex, as Postgres shows bytes", secret.bytes().map(|byte| format!("{byte:02x}")).collect()),
        ("as a list of bytes", format!("{:?}", secret.as_bytes())),
        ("in JSON", serde_json::json!({ "message": format!("x{secret}x") }).to_string()),
    ] {
        let mut recorder = Recorder::default();
        recorder.secret("planted", secret);
        recorder.keep(form, format!("before {text} after"));
        assert_eq!(recorder.leaks().len(), 1, "{form}");
    }
    // In the one place where it belongs it is taken out, and there alone.
    let mut recorder = Recorder::default();
    recorder.secret("planted", secret);
    recorder.keep_but("its place", format!("?state={secret}"), &[secret]);
    assert!(recorder.leaks().is_empty());
    recorder.keep_but("its place, twice", format!("?state={secret}&again={secret}"), &[secret]);
    assert_eq!(recorder.leaks().len(), 1);
}
