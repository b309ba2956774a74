//! A connection's bytes, watched: a server that owes an answer and says nothing is given up. It ends its statements by
//! itself (`statement_timeout`), so only one that hangs, or whose machine is gone, stays silent for longer; the driver
//! would wait for it for ever.

use super::tally::Tally;
use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

/// What bytes travel on.
pub(super) trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytes for T {}

/// A connection to a server.
pub(super) struct Line {
    /// Or why there is none: told at the first use, for the driver's errors are made by the driver alone.
    bytes: Result<Box<dyn Bytes>, io::ErrorKind>,
    patience: Duration,
    /// What the server owes.
    tally: Arc<Tally>,
    /// TLS lies above: somebody else counts.
    is_veiled: bool,
    /// Since when nothing has come although something is owed.
    silent_since: Option<Instant>,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Line {
    /// Over `bytes`, whose other end may take `patience` to answer.
    pub(super) fn over(bytes: io::Result<Box<dyn Bytes>>, patience: Duration, tally: Arc<Tally>) -> Self {
        let bytes = bytes.map_err(|error| error.kind());
        Self { bytes, patience, tally, is_veiled: false, silent_since: None, alarm: None }
    }

    /// From now on TLS lies above: whoever sees the messages counts them.
    pub(super) fn veil(&mut self) -> Arc<Tally> {
        self.is_veiled = true;
        self.tally.clone()
    }

    /// Ready when an answer is overdue.
    fn poll_overdue(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(since) = self.silent_since else { return Poll::Pending };
        let deadline = since + self.patience;
        // Set once and moved only when it rings: an answer comes sooner as a rule.
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        while alarm.as_mut().poll(cx).is_ready() {
            if Instant::now() >= deadline {
                return Poll::Ready(());
            }
            alarm.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let bytes = self.bytes.as_mut().map_err(|kind| *kind)?;
        let before = buf.filled().len();
        let read = Pin::new(bytes).poll_read(cx, buf);
        if read.is_ready() {
            if !self.is_veiled {
                self.tally.received(&buf.filled()[before..]);
            }
            self.silent_since = None;
            return read;
        }
        if !self.tally.owes() {
            self.silent_since = None;
            return Poll::Pending;
        }
        self.silent_since.get_or_insert_with(Instant::now);
        self.poll_overdue(cx).map(|()| Err(io::Error::new(io::ErrorKind::TimedOut, "the database fell silent")))
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let bytes = self.bytes.as_mut().map_err(|kind| *kind)?;
        let written = Pin::new(bytes).poll_write(cx, buf);
        if let (false, Poll::Ready(Ok(count))) = (self.is_veiled, &written) {
            self.tally.sent(&buf[..*count]);
        }
        self.silent_since.get_or_insert_with(Instant::now);
        // The driver reads before it writes: without this nobody would wake it. Whether anything is owed is asked then.
        let _ = self.poll_overdue(cx);
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let bytes = self.bytes.as_mut().map_err(|kind| *kind)?;
        Pin::new(bytes).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let bytes = self.bytes.as_mut().map_err(|kind| *kind)?;
        Pin::new(bytes).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tally::Counted;
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    const PATIENCE: Duration = Duration::from_millis(60);
    /// A query, and the word that it is answered.
    const ASK: &[u8] = b"Q\0\0\0\x05\0";
    const ANSWER: &[u8] = b"Z\0\0\0\x05I";

    /// A line over which somebody has logged in, and its other end.
    fn line() -> (Line, DuplexStream) {
        let (near, far) = duplex(1_000);
        let tally = Arc::new(Tally::default());
        tally.start();
        (Line::over(Ok(Box::new(near)), PATIENCE, tally), far)
    }

    /// As it is, and with TLS above it.
    fn both() -> [(Box<dyn Bytes>, DuplexStream); 2] {
        let ((bare, far), (mut veiled, other)) = (line(), line());
        let tally = veiled.veil();
        [(Box::new(bare), far), (Box::new(Counted { stream: veiled, tally }), other)]
    }

    #[tokio::test]
    async fn a_silent_server_is_given_up_after_its_time() {
        for (mut line, mut far) in both() {
            for _ in 0..2 {
                line.write_all(ASK).await.expect("sent");
                tokio::time::sleep(PATIENCE / 2).await;
                far.write_all(ANSWER).await.expect("answered");
                line.read_exact(&mut [0; 6]).await.expect("read");
            }
            let began = Instant::now();
            line.write_all(ASK).await.expect("sent");
            let error = line.read_exact(&mut [0; 6]).await.expect_err("nobody answers");
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
            assert!(began.elapsed() >= PATIENCE);
        }
    }

    /// The first answer used to be taken for all of them, and the second was waited for without end.
    #[tokio::test]
    async fn defect_a_server_that_answers_one_of_two_and_falls_silent_is_given_up() {
        for (mut line, mut far) in both() {
            line.write_all(ASK).await.expect("sent");
            line.write_all(ASK).await.expect("sent");
            far.write_all(ANSWER).await.expect("answered");
            line.read_exact(&mut [0; 6]).await.expect("read");
            let mut next = [0; 6];
            let read = tokio::time::timeout(PATIENCE * 10, line.read_exact(&mut next)).await.expect("given up in time");
            assert_eq!(read.expect_err("nobody answers").kind(), io::ErrorKind::TimedOut);
        }
    }

    #[tokio::test]
    async fn whoever_reads_before_asking_is_woken_all_the_same() {
        for (line, _far) in both() {
            let (mut read, mut write) = tokio::io::split(line);
            let mut answer = [0; 6];
            let both = async { tokio::join!(read.read_exact(&mut answer), write.write_all(ASK)) };
            let (answered, asked) = tokio::time::timeout(PATIENCE * 10, both).await.expect("woken");
            asked.expect("sent");
            assert_eq!(answered.expect_err("nobody answers").kind(), io::ErrorKind::TimedOut);
        }
    }

    #[tokio::test]
    async fn a_server_that_owes_nothing_may_be_silent() {
        for (mut line, mut far) in both() {
            line.write_all(ASK).await.expect("sent");
            far.write_all(ANSWER).await.expect("answered");
            line.read_exact(&mut [0; 6]).await.expect("read");
            let mut byte = [0];
            assert!(tokio::time::timeout(PATIENCE * 3, line.read(&mut byte)).await.is_err(), "still waiting, no error");
        }
    }

    #[tokio::test]
    async fn a_line_that_was_never_made_says_why() {
        let mut line = Line::over(Err(io::ErrorKind::ConnectionRefused.into()), PATIENCE, Arc::default());
        let error = line.write_all(b"ask").await.expect_err("no line");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }
}
