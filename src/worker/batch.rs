//! Work that is done in batches as it comes in. A commit takes longer than a poll, so what ends at about the same time is
//! written together.

use futures_util::{StreamExt, stream::FuturesUnordered};
use std::time::Duration;
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

/// The first of a batch waits so long for others.
const GATHER: Duration = Duration::from_millis(25);

/// Drives `work` to its end and gives what ends to `write`, one batch at a time: what ends while one is written is of the
/// next. The work goes on meanwhile, for it may hold what the writing waits for.
pub async fn in_batches<T, F>(mut work: FuturesUnordered<impl Future<Output = T>>, write: impl Fn(Vec<T>) -> F)
where
    F: Future<Output = ()>,
{
    let mut left = work.len();
    let (ended, mut unwritten) = mpsc::unbounded_channel();
    let driven = async move {
        while let Some(done) = work.next().await {
            if ended.send(done).is_err() {
                return;
            }
        }
    };
    let written = async {
        while left > 0 {
            let mut batch = Vec::with_capacity(left);
            if unwritten.recv_many(&mut batch, left).await == 0 {
                return;
            }
            let until = Instant::now() + GATHER;
            while batch.len() < left {
                let room = left - batch.len();
                match timeout_at(until, unwritten.recv_many(&mut batch, room)).await {
                    Ok(1..) => {}
                    Ok(0) | Err(_) => break,
                }
            }
            left -= batch.len();
            write(batch).await;
        }
    };
    tokio::join!(driven, written);
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        sync::{Semaphore, oneshot},
        task::yield_now,
        time::timeout,
    };

    const PATIENCE: Duration = Duration::from_secs(10);

    /// Each had become a commit of its own.
    #[tokio::test]
    async fn defect_polls_that_end_one_after_another_are_written_together() {
        let later = async |n: usize| {
            for _ in 0..n {
                yield_now().await;
            }
            n
        };
        let (batch, mut batches) = mpsc::unbounded_channel();
        in_batches((0..64).map(later).collect(), |done| {
            batch.send(done).expect("it is read below");
            yield_now()
        })
        .await;
        drop(batch);
        let mut written = Vec::new();
        batches.recv_many(&mut written, 64).await;
        assert!(written.len() <= 3, "{written:?}");
        let mut all = written.concat();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..64), "each once: {written:?}");
    }

    #[tokio::test]
    async fn none_is_kept_from_being_written_by_one_that_does_not_end() {
        let (end, ended) = oneshot::channel();
        let (batch, mut batches) = mpsc::unbounded_channel();
        let slow = async || ended.await.expect("it is told");
        let mut slow = Some(slow());
        let work = (0..2).map(|n| {
            let slow = slow.take_if(|_| n == 0);
            async move {
                match slow {
                    Some(slow) => slow.await,
                    None => "quick",
                }
            }
        });
        let written = in_batches(work.collect(), |done| {
            batch.send(done).expect("it is read");
            yield_now()
        });
        let read = async {
            assert_eq!(batches.recv().await, Some(vec!["quick"]));
            end.send("slow").expect("it waits");
            assert_eq!(batches.recv().await, Some(vec!["slow"]));
        };
        timeout(PATIENCE, async { tokio::join!(written, read) }).await.expect("not for ever");
        let none: FuturesUnordered<std::future::Ready<()>> = FuturesUnordered::new();
        in_batches(none, |_| async { unreachable!("nothing ended") }).await;
    }

    /// One that ended could not be written, for another held the connection and was not driven on.
    #[tokio::test]
    async fn defect_what_is_written_may_wait_for_what_goes_on() {
        let connection = Semaphore::new(1);
        let work = (0..2).map(|n| {
            let connection = &connection;
            async move {
                if n > 0 {
                    let _held = connection.acquire().await.expect("open");
                    tokio::time::sleep(GATHER * 3).await;
                }
            }
        });
        let written = in_batches(work.collect(), async |_| drop(connection.acquire().await.expect("open")));
        timeout(PATIENCE, written).await.expect("not for ever");
    }
}
