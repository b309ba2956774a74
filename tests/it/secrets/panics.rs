//! Panics with tokens in scope, in a process whose whole output is read: the message and the frames show none.
#![cfg(debug_assertions)]

use super::recorder::Recorder;
use crate::{app::App, connect::tokens_of};
use futures_util::FutureExt;
use nchat_social::{
    domain::{Dice, Platform, Step, Steps, dice::SystemDice},
    service::Service,
};
use secrecy::ExposeSecret;
use std::{
    fs,
    panic::AssertUnwindSafe,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// Where the child tells which secrets it held.
fn told(parent: u32) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("secrets-of-panics-{parent}"))
}

#[tokio::test]
async fn a_panic_with_tokens_in_scope_prints_none_of_them() {
    let parent = std::process::id();
    let mut child = Command::new(std::env::current_exe().expect("this program"));
    child
        .args(["--exact", "secrets::panics::panics_beside_tokens", "--ignored", "--nocapture"])
        .env("RUST_BACKTRACE", "full")
        .env("PANICS_FOR", parent.to_string());
    let output = tokio::task::spawn_blocking(move || child.output()).await.expect("no panic").expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");

    let secrets = fs::read_to_string(told(parent)).expect("the secrets");
    fs::remove_file(told(parent)).expect("a file of ours");
    let mut recorder = Recorder::default();
    for secret in secrets.lines() {
        recorder.secret("a token", secret);
    }
    assert!(recorder.secrets() >= 4, "{}", recorder.secrets());
    for step in Step::ALL.iter().copied().filter(|step| step.as_str().starts_with("renewal_")) {
        assert!(said.contains(&format!("the step {}", step.as_str())), "{step:?}: {said}");
    }
    assert!(said.contains("the dice broke") && said.contains("stack backtrace"), "the hook spoke");
    recorder.keep("what the hook printed", said);
    recorder.assert_clean();
}

/// Dice that can break.
struct BrittleDice(AtomicBool);

impl Dice for BrittleDice {
    fn fill(&self, bytes: &mut [u8]) {
        assert!(!self.0.load(Ordering::Relaxed), "the dice broke");
        SystemDice.fill(bytes);
    }
}

#[tokio::test]
#[ignore = "a part of the test above, which reads what it prints"]
#[allow(clippy::disallowed_methods)]
async fn panics_beside_tokens() {
    let parent = std::env::var("PANICS_FOR").expect("the test above").parse().expect("a number");
    let mut app = App::start().await;
    let id = app.connect_one(Platform::Twitter).await;
    let mut secrets = Vec::new();
    let mut steps = Vec::new();
    for step in Step::ALL.iter().copied().filter(|step| step.as_str().starts_with("renewal_")) {
        let tokens = tokens_of(&app, id).await;
        secrets.extend([Some(tokens.access_token), tokens.refresh_token].into_iter().flatten());
        let telling = Steps::telling(move |passed| assert!(passed != step, "the step {}", step.as_str()));
        app.use_service(Service { steps: telling, ..app.service.clone() });
        steps.push(AssertUnwindSafe(app.poll_after(180)).catch_unwind().await.is_err());
        app.use_service(Service { steps: Steps::default(), ..app.service.clone() });
        // X took the old refresh token with the answer: a person connects again.
        app.connect_one(Platform::Twitter).await;
    }

    // The answer of a token endpoint is about to be sealed.
    let dice = Arc::new(BrittleDice(AtomicBool::new(false)));
    let sealer = Arc::new(nchat_social::crypto::Sealer::new(
        nchat_social::crypto::KeyRing::parse(&crate::app::ENCRYPTION_KEY.into()).expect("a key"),
        dice.clone(),
    ));
    app.use_service(Service { sealer, ..app.service.clone() });
    let (cookie, page) = crate::app::world::depart(&app, Platform::Twitter).await;
    let back = crate::app::world::consent(&page).await;
    let key = cookie.split_once('=').expect("a cookie").1.to_owned();
    dice.0.store(true, Ordering::Relaxed);
    let answer = crate::connect::send(
        &app,
        "GET",
        &crate::connect::below_origin(back.as_str()),
        &[("cookie", &cookie)],
        String::new(),
    )
    .await;
    assert_eq!(answer.status, 500, "{}", answer.body);
    let mut lines: Vec<String> = secrets.iter().map(|token| token.expose_secret().to_owned()).collect();
    lines.push(crate::app::world::query(&back, "code").expect("a code"));
    lines.push(key);
    fs::write(told(parent), lines.join("\n")).expect("written");
}
