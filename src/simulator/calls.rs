//! What was called, without the secrets in it.

use crate::domain::Timestamp;
use serde::Serialize;
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard},
};

/// How many calls are remembered; older ones are forgotten.
pub const KEPT: usize = 10_000;

/// Query parameters whose values never get into the log.
const SECRET: [&str; 12] = [
    "access_token",
    "app_secret",
    "appsecret_proof",
    "authorization",
    "client_secret",
    "code",
    "code_verifier",
    "fb_exchange_token",
    "input_token",
    "password",
    "refresh_token",
    "token",
];

/// One request to a simulated platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Call {
    /// `twitter`, `instagram`, `linkedin`.
    pub platform: String,
    /// `GET`, `POST`, …
    pub method: String,
    /// Below the platform's name, as sent: `/2/users/me`.
    pub path: String,
    /// As sent, secrets replaced by `***`; empty without a query.
    pub query: String,
    /// The answer's HTTP status; `None` while it is not answered, and for ever if the caller went away before.
    pub status: Option<u16>,
    /// The fault that happened to it.
    pub fault: Option<&'static str>,
    /// When it came, by the simulator's clock.
    pub at: Timestamp,
}

/// The call log: a ring.
#[derive(Default)]
pub(super) struct Calls(Mutex<Ring>);

#[derive(Default)]
struct Ring {
    forgotten: usize,
    calls: VecDeque<Call>,
}

impl Calls {
    /// Notes a call as it comes. Returns its number for [`Self::answered`].
    pub(super) fn began(&self, call: Call) -> usize {
        let mut ring = self.ring();
        if ring.calls.len() == KEPT {
            ring.calls.pop_front();
            ring.forgotten += 1;
        }
        ring.calls.push_back(call);
        ring.forgotten + ring.calls.len() - 1
    }

    /// Notes the answer's status of call `number`.
    pub(super) fn answered(&self, number: usize, status: u16) {
        let mut ring = self.ring();
        let place = number.checked_sub(ring.forgotten);
        if let Some(call) = place.and_then(|place| ring.calls.get_mut(place)) {
            call.status = Some(status);
        }
    }

    pub(super) fn list(&self) -> Vec<Call> {
        self.ring().calls.iter().cloned().collect()
    }

    pub(super) fn clear(&self) {
        let mut ring = self.ring();
        ring.forgotten += ring.calls.len();
        ring.calls.clear();
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.0.lock().expect("the log's lock is never held over a panic")
    }
}

/// `query` with the values of secret parameters replaced.
pub(super) fn redact(query: &str) -> String {
    let parts = query.split('&').map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let plain = percent_encoding::percent_decode_str(name).decode_utf8_lossy().to_ascii_lowercase();
        if !value.is_empty() && SECRET.contains(&plain.as_str()) { format!("{name}=***") } else { part.to_owned() }
    });
    parts.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(path: &str) -> Call {
        Call {
            platform: "twitter".into(),
            method: "GET".into(),
            path: path.into(),
            query: String::new(),
            status: None,
            fault: None,
            at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn secrets_are_replaced_however_the_name_is_written() {
        assert_eq!(
            redact("code=abc&state=xyz&Access_Token=t%20t&client%5Fsecret=s"),
            "code=***&state=xyz&Access_Token=***&client%5Fsecret=***"
        );
        assert_eq!(redact(""), "");
        assert_eq!(redact("code=&code"), "code=&code");
    }

    #[test]
    fn the_ring_forgets_the_oldest_and_late_answers_find_their_call() {
        let calls = Calls::default();
        let first = calls.began(call("/first"));
        for index in 0..KEPT {
            calls.began(call(&format!("/{index}")));
        }
        calls.answered(first, 500);
        let last = calls.began(call("/last"));
        calls.answered(last, 200);
        let list = calls.list();
        assert_eq!(list.len(), KEPT);
        assert_eq!(list[0].path, "/1");
        assert_eq!(list[KEPT - 1].status, Some(200));
        assert!(list[..KEPT - 1].iter().all(|call| call.status.is_none()));

        calls.clear();
        calls.answered(last, 404);
        assert!(calls.list().is_empty());
    }
}
