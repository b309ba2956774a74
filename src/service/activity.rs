//! Live news of imports, for those who watch. Imports are written by any process, so the log's table is the source: one
//! reader for all watchers of a process, which runs only while somebody watches.

use super::{Service, ServiceError};
use crate::{
    domain::{Clock, Timestamp},
    store::{StoreError, logs::ImportLog},
};
use futures_util::{
    future::BoxFuture,
    stream::{Stream, unfold},
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::sync::{Mutex, broadcast};
use uuid::Uuid;

/// Read again this far back: a transaction becomes visible later than the time it wrote, and clocks differ.
const OVERLAP: chrono::Duration = chrono::Duration::seconds(30);

/// A watcher that falls behind by more loses news.
const BACKLOG: usize = 1_024;

/// The reader returns at most so many logs at a time.
const PAGE: usize = 500;

/// Pages read in one go; more news than that comes with the next.
const MAX_PAGES: usize = 20;

/// Reads logs completed since a time, oldest first, at most [`PAGE`].
type Read = dyn Fn(Timestamp) -> BoxFuture<'static, Result<Vec<ImportLog>, StoreError>> + Send + Sync;

/// Where watchers come to. Cheap to clone; clones share the reader.
#[derive(Clone)]
pub struct Activity(Arc<Shared>);

struct Shared {
    read: Box<Read>,
    clock: Arc<dyn Clock>,
    period: Duration,
    /// There while the reader runs. The lock decides who comes first: a new watcher or the reader's end.
    news: Mutex<Option<broadcast::Sender<Arc<ImportLog>>>>,
}

/// What a watcher gets.
#[derive(Clone, Debug)]
pub enum News {
    /// An import is written.
    Import(Arc<ImportLog>),
    /// The watcher was too slow: so many imports, of any tenant, were left out. Read the list again.
    Missed(u64),
}

impl Activity {
    /// News from the service's database, looked for every `period`.
    pub fn of(service: &Service, period: Duration) -> Self {
        let store = service.store.clone();
        let read = move |since| -> BoxFuture<'static, _> {
            let store = store.clone();
            Box::pin(async move { store.completed_since(since).await })
        };
        Self::reading(Box::new(read), service.clock.clone(), period)
    }

    fn reading(read: Box<Read>, clock: Arc<dyn Clock>, period: Duration) -> Self {
        Self(Arc::new(Shared { read, clock, period, news: Mutex::new(None) }))
    }

    /// The imports of `tenant` that complete from now on.
    ///
    /// # Errors
    /// [`ServiceError`] when the database cannot tell what has happened already.
    pub async fn watch(&self, tenant: &str) -> Result<impl Stream<Item = News> + use<>, ServiceError> {
        let receiver = self.subscribe().await?;
        let tenant = tenant.to_owned();
        Ok(unfold((receiver, tenant), |(mut receiver, tenant)| async move {
            loop {
                match receiver.recv().await {
                    Ok(log) if log.tenant == tenant => return Some((News::Import(log), (receiver, tenant))),
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Lagged(missed)) => {
                        return Some((News::Missed(missed), (receiver, tenant)));
                    }
                    Err(broadcast::error::RecvError::Closed) => return None,
                }
            }
        }))
    }

    /// Joins the running reader or starts one.
    async fn subscribe(&self) -> Result<broadcast::Receiver<Arc<ImportLog>>, StoreError> {
        let mut running = self.0.news.lock().await;
        if let Some(news) = &*running {
            return Ok(news.subscribe());
        }
        // What is there now is no news.
        let mut reader = Reader::new(self.0.clock.now());
        reader.read(&self.0).await?;
        let (news, receiver) = broadcast::channel(BACKLOG);
        *running = Some(news.clone());
        tokio::spawn(run(self.0.clone(), reader, news));
        Ok(receiver)
    }
}

async fn run(shared: Arc<Shared>, mut reader: Reader, news: broadcast::Sender<Arc<ImportLog>>) {
    let mut ticks = tokio::time::interval(shared.period);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut is_failing = false;
    loop {
        ticks.tick().await;
        {
            let mut running = shared.news.lock().await;
            if news.receiver_count() == 0 {
                *running = None;
                return;
            }
        }
        match reader.read(&shared).await {
            Ok(logs) => {
                is_failing = false;
                for log in logs {
                    // Nobody listening any more is found out at the next tick.
                    let _ = news.send(Arc::new(log));
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut is_failing, true) {
                    tracing::warn!(error = %super::import::Chain(&error), "news of imports have to wait for the database");
                }
            }
        }
    }
}

/// How far the log has been read.
struct Reader {
    /// The newest time read, never later than ours: a clock ahead must not hide others' news.
    upto: Timestamp,
    /// What was read inside the overlap.
    seen: HashMap<Uuid, Timestamp>,
}

impl Reader {
    fn new(now: Timestamp) -> Self {
        Self { upto: now, seen: HashMap::new() }
    }

    /// What is new since the last reading, oldest first.
    async fn read(&mut self, shared: &Shared) -> Result<Vec<ImportLog>, StoreError> {
        let now = shared.clock.now();
        let since = self.upto - OVERLAP;
        self.seen.retain(|_, at| *at >= since);
        let mut fresh = Vec::new();
        let mut from = since;
        for _ in 0..MAX_PAGES {
            let page = (shared.read)(from).await?;
            let (is_full, last) = (page.len() >= PAGE, page.last().and_then(|log| log.completed_at));
            for log in page {
                let Some(at) = log.completed_at else { continue };
                if self.seen.insert(log.id, at).is_none() {
                    self.upto = self.upto.max(at.min(now));
                    fresh.push(log);
                }
            }
            match last {
                // A whole page of one and the same microsecond would be read for ever.
                Some(last) if is_full => from = last.max(from + chrono::Duration::microseconds(1)),
                _ => break,
            }
        }
        Ok(fresh)
    }
}

#[cfg(test)]
mod tests;
