//! What a server owes: requests and answers are counted as they pass, above TLS, for whether a silent server hangs or has
//! nothing to say is told by the count alone. Statements are sent before earlier ones are answered, so that an answer is
//! no proof that no other is awaited.
//!
//! Every message but those of the login is a letter, a length and a body; a query or a `Sync` is answered by one
//! `ReadyForQuery`: <https://www.postgresql.org/docs/current/protocol-flow.html>.

use super::{
    dial::LastBreak,
    line::{Bytes, Line},
};
use futures_util::{FutureExt, TryFutureExt, future::BoxFuture};
use std::{
    io,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::Notify,
};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

/// So much of an error is looked at: its code is among the first fields.
const ERROR_HEAD: usize = 64;

/// The code of an error that refuses to write, as a field of the message: the server is a primary no more.
const READ_ONLY: &[u8] = b"\0C25006\0";

/// What was asked and answered on one connection.
#[derive(Default)]
pub(super) struct Tally {
    counts: Mutex<Counts>,
    settled: Notify,
    last_break: Arc<LastBreak>,
}

#[derive(Default)]
struct Counts {
    /// The login is over; during it the server always owes something.
    is_counting: bool,
    sent: Scanner,
    received: Scanner,
    owed: usize,
}

impl Tally {
    /// Of a connection that notes a server which writes no more as a break.
    pub(super) fn new(last_break: Arc<LastBreak>) -> Self {
        Self { last_break, ..Self::default() }
    }

    /// The login is over: from here on every message is whole, and nothing is owed.
    pub(super) fn start(&self) {
        self.counts().is_counting = true;
    }

    /// Whether the server owes an answer.
    pub(super) fn owes(&self) -> bool {
        let counts = self.counts();
        !counts.is_counting || counts.owed > 0
    }

    /// Waits until the server owes nothing, or is gone.
    pub(super) async fn settled(&self) {
        loop {
            let mut settled = pin!(self.settled.notified());
            // From here on no settling is missed.
            settled.as_mut().enable();
            if !self.owes() {
                return;
            }
            settled.await;
        }
    }

    /// The connection is over: nothing is waited for any more.
    pub(super) fn end(&self) {
        self.counts().owed = 0;
        self.settled.notify_waiters();
    }

    /// Counts what was sent to the server.
    pub(super) fn sent(&self, bytes: &[u8]) {
        let counts = &mut *self.counts();
        if counts.is_counting {
            let owed = &mut counts.owed;
            counts.sent.scan(bytes, |letter, _| *owed += usize::from(matches!(letter, b'Q' | b'S')));
        }
    }

    /// Counts what came from it.
    pub(super) fn received(&self, bytes: &[u8]) {
        let mut is_read_only = false;
        let is_settled = {
            let counts = &mut *self.counts();
            if counts.is_counting {
                let owed = &mut counts.owed;
                counts.received.scan(bytes, |letter, error| match letter {
                    b'Z' => *owed = owed.saturating_sub(1),
                    b'E' => is_read_only |= error.windows(READ_ONLY.len()).any(|part| part == READ_ONLY),
                    _ => {}
                });
            }
            counts.owed == 0
        };
        if is_settled {
            self.settled.notify_waiters();
        }
        if is_read_only {
            self.last_break.now();
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells messages apart, however the bytes are cut.
#[derive(Default)]
struct Scanner {
    head: [u8; 5],
    /// How much of the head is there.
    known: usize,
    /// How much of the body is to come.
    left: usize,
    /// The beginning of an error's body.
    error: Vec<u8>,
}

impl Scanner {
    /// Calls `seen` with the letter of every message that is complete, and the beginning of its body if it is an error.
    fn scan(&mut self, mut bytes: &[u8], mut seen: impl FnMut(u8, &[u8])) {
        while !bytes.is_empty() {
            if self.known < self.head.len() {
                let part = bytes.split_off(..bytes.len().min(self.head.len() - self.known)).unwrap_or_default();
                self.head[self.known..][..part.len()].copy_from_slice(part);
                self.known += part.len();
                if self.known < self.head.len() {
                    return;
                }
                let [_, length @ ..] = self.head;
                // The length counts itself.
                self.left = (u32::from_be_bytes(length) as usize).saturating_sub(4);
            } else {
                let part = bytes.split_off(..bytes.len().min(self.left)).unwrap_or_default();
                self.left -= part.len();
                if self.head[0] == b'E' {
                    let room = ERROR_HEAD.saturating_sub(self.error.len());
                    self.error.extend_from_slice(&part[..part.len().min(room)]);
                }
            }
            if self.left == 0 {
                seen(self.head[0], &self.error);
                self.error.clear();
                self.known = 0;
            }
        }
    }
}

/// Makes TLS over a line, and counts above it.
pub(super) struct Above<T>(pub(super) T);

impl<T> TlsConnect<Line> for Above<T>
where
    T: TlsConnect<Line>,
    T::Stream: Send + 'static,
    T::Future: Send + 'static,
{
    type Stream = Counted<T::Stream>;
    type Error = T::Error;
    type Future = BoxFuture<'static, Result<Self::Stream, Self::Error>>;

    fn connect(self, mut line: Line) -> Self::Future {
        let tally = line.veil();
        self.0.connect(line).map_ok(|stream| Counted { stream, tally }).boxed()
    }
}

/// Bytes that are counted as they pass.
pub(super) struct Counted<S> {
    pub(super) stream: S,
    pub(super) tally: Arc<Tally>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.tally.received(&buf.filled()[before..]);
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        if let Poll::Ready(Ok(count)) = &written {
            self.tally.sent(&buf[..*count]);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: Bytes + TlsStream> TlsStream for Counted<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.stream.channel_binding()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Instant;

    fn message(letter: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).expect("a length").to_be_bytes();
        [&[letter], &length[..], body].concat()
    }

    fn tally() -> Tally {
        let tally = Tally::default();
        tally.start();
        tally
    }

    proptest! {
        #[test]
        fn messages_are_counted_however_they_are_cut(cuts in proptest::collection::vec(1_usize..40, 1..40)) {
            let asked = [message(b'P', b"SELECT\0"), message(b'S', b""), message(b'Q', b"Z\0\0\0\x05S"), message(b'S', b"")];
            let answers = [message(b'D', b"Q\0\0\0\x04Z\0\0\0\x05I"), message(b'Z', b"I"), message(b'E', b"SERROR\0")];
            let (asked, answers) = (asked.concat(), answers.concat());
            let tally = tally();
            let mut cuts = cuts.iter().cycle();
            let mut cut = |mut bytes: &[u8], count: &dyn Fn(&[u8])| {
                while !bytes.is_empty() {
                    count(bytes.split_off(..bytes.len().min(*cuts.next().expect("endless"))).expect("bytes"));
                }
            };
            cut(&asked, &|part| tally.sent(part));
            cut(&answers, &|part| tally.received(part));
            prop_assert_eq!(tally.counts().owed, 2, "three were asked, one is answered");
        }
    }

    #[test]
    fn a_login_is_not_counted_and_owes_all_the_time() {
        let tally = Tally::default();
        tally.sent(b"\0\0\0\x08\x04\xd2\x16\x2f");
        assert!(tally.owes());
        tally.received(b"N");
        tally.start();
        assert!(!tally.owes());
        tally.sent(&message(b'Q', b"SELECT 1\0"));
        assert!(tally.owes());
        tally.received(&message(b'Z', b"I"));
        assert!(!tally.owes());
    }

    #[tokio::test]
    async fn whoever_waits_for_answers_is_told_of_the_last_and_of_the_end() {
        let tally = tally();
        tally.settled().await;
        tally.sent(&[message(b'Q', b"SELECT 1\0"), message(b'S', b"")].concat());
        let mut waits = pin!(tally.settled());
        assert!(futures_util::poll!(&mut waits).is_pending());
        tally.received(&message(b'Z', b"I"));
        assert!(futures_util::poll!(&mut waits).is_pending(), "one of two is answered");
        tally.received(&message(b'Z', b"I"));
        waits.await;
        tally.sent(&message(b'S', b""));
        let mut waits = pin!(tally.settled());
        assert!(futures_util::poll!(&mut waits).is_pending());
        tally.end();
        waits.await;
    }

    #[test]
    fn a_server_that_refuses_to_write_is_a_break_in_whatever_language() {
        let used = Instant::now();
        for (code, broke) in [("25006", true), ("25P02", false), ("42501", false)] {
            let tally = tally();
            let body = format!("SFEHLER\0VERROR\0C{code}\0Mkann nicht: C25006\0{}\0\0", "…".repeat(100));
            tally.received(&message(b'E', body.as_bytes()));
            assert_eq!(!tally.last_break.is_before(used), broke, "{code}");
        }
    }
}
