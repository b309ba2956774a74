//! The doors by which `make fuzz` reaches every decoder of foreign bytes: a function for each target, which panics where
//! a law does not hold. Compiled for fuzzing and for tests only; the seeds and every case once found are tests (replay).

mod documents;
mod doors;
mod keys;
mod laws;
mod platforms;
mod posts;
mod texts;
mod world;

#[cfg(test)]
mod replay;

use std::{future::Future, sync::LazyLock};
use tokio::runtime::{Builder, Runtime};

/// A target's name, which is its folder's below fuzz/seeds, and what it does with an input.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("admin_body", doors::admin_body),
    ("callback_body", doors::callback_body),
    ("cookies", doors::cookies),
    ("embed", posts::embed),
    ("facebook", platforms::facebook),
    ("filters", posts::filters),
    ("graphql_body", documents::body),
    ("graphql_document", documents::document),
    ("graphql_socket", documents::socket),
    ("http", doors::http),
    ("instagram", platforms::instagram),
    ("jwt", keys::jwt),
    ("jwt_config", keys::jwt_config),
    ("linkedin", platforms::linkedin),
    ("little_text", texts::little_text),
    ("nchat_token", keys::nchat_token),
    ("oauth_answer", doors::oauth_answer),
    ("page_cursor", texts::page_cursor),
    ("query", doors::query),
    ("sealed", keys::sealed),
    ("signed_request", keys::signed_request),
    ("text", texts::text),
    ("twitter", platforms::twitter),
];

/// Runs `future` to its end, on this thread.
fn wait<T>(future: impl Future<Output = T>) -> T {
    static RUNTIME: LazyLock<Runtime> =
        LazyLock::new(|| Builder::new_current_thread().enable_all().build().expect("a runtime"));
    RUNTIME.block_on(future)
}

/// The input's first line, and what follows.
fn first_line(input: &[u8]) -> (String, &[u8]) {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let rest = input.get(end + 1..).unwrap_or_default();
    (String::from_utf8_lossy(&input[..end]).into_owned(), rest)
}

/// The input as text; what is none of UTF-8 is replaced.
fn text(input: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(input)
}
