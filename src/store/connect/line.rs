//! A connection's bytes, watched: a server that owes an answer and says nothing is given up. It ends its statements by
//! itself (`statement_timeout`), so only one that hangs, or whose machine is gone, stays silent for longer; the driver
//! would wait for it for ever.

use std::{
    io,
    pin::Pin,
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
    /// Since when an answer is owed.
    owed_since: Option<Instant>,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Line {
    /// Over `bytes`, whose other end may take `patience` to answer.
    pub(super) fn over(bytes: io::Result<Box<dyn Bytes>>, patience: Duration) -> Self {
        Self { bytes: bytes.map_err(|error| error.kind()), patience, owed_since: None, alarm: None }
    }

    /// Ready when the answer is overdue.
    fn poll_overdue(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(since) = self.owed_since else { return Poll::Pending };
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
        let read = Pin::new(bytes).poll_read(cx, buf);
        if read.is_ready() {
            self.owed_since = None;
            return read;
        }
        self.poll_overdue(cx).map(|()| Err(io::Error::new(io::ErrorKind::TimedOut, "the database fell silent")))
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let bytes = self.bytes.as_mut().map_err(|kind| *kind)?;
        let written = Pin::new(bytes).poll_write(cx, buf);
        self.owed_since.get_or_insert_with(Instant::now);
        // The driver reads before it writes: without this nobody would wake it.
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
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    const PATIENCE: Duration = Duration::from_millis(60);

    fn line() -> (Line, tokio::io::DuplexStream) {
        let (near, far) = duplex(1_000);
        (Line::over(Ok(Box::new(near)), PATIENCE), far)
    }

    #[tokio::test]
    async fn a_silent_server_is_given_up_after_its_time() {
        let (mut line, mut far) = line();
        for _ in 0..2 {
            line.write_all(b"ask").await.expect("sent");
            tokio::time::sleep(PATIENCE / 2).await;
            far.write_all(b"answer").await.expect("answered");
            line.read_exact(&mut [0; 6]).await.expect("read");
        }
        let began = Instant::now();
        line.write_all(b"ask").await.expect("sent");
        let error = line.read_exact(&mut [0; 6]).await.expect_err("nobody answers");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(began.elapsed() >= PATIENCE);
    }

    #[tokio::test]
    async fn whoever_reads_before_asking_is_woken_all_the_same() {
        let (line, _far) = line();
        let (mut read, mut write) = tokio::io::split(line);
        let mut answer = [0; 6];
        let both = async { tokio::join!(read.read_exact(&mut answer), write.write_all(b"ask")) };
        let (answered, asked) = tokio::time::timeout(PATIENCE * 10, both).await.expect("woken");
        asked.expect("sent");
        assert_eq!(answered.expect_err("nobody answers").kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_server_that_owes_nothing_may_be_silent() {
        let (mut line, _far) = line();
        let mut byte = [0];
        assert!(tokio::time::timeout(PATIENCE * 3, line.read(&mut byte)).await.is_err(), "still waiting, no error");
    }

    #[tokio::test]
    async fn a_line_that_was_never_made_says_why() {
        let mut line = Line::over(Err(io::ErrorKind::ConnectionRefused.into()), PATIENCE);
        let error = line.write_all(b"ask").await.expect_err("no line");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }
}
