use super::*;
use crate::domain::clock::ManualClock;
use futures_util::StreamExt;
use std::sync::{
    Mutex as Lock,
    atomic::{AtomicUsize, Ordering},
};

/// A log's table by hand.
#[derive(Default)]
struct Table {
    rows: Lock<Vec<ImportLog>>,
    reads: AtomicUsize,
}

impl Table {
    fn write(&self, id: u128, tenant: &str, completed_at: &str) {
        let at = completed_at.parse().unwrap();
        self.rows.lock().unwrap().push(ImportLog {
            id: Uuid::from_u128(id),
            tenant: tenant.into(),
            account_id: Uuid::nil(),
            import_type: "scheduled".into(),
            status: "completed".into(),
            code: None,
            posts_fetched: 1,
            posts_imported: 1,
            posts_filtered: 0,
            posts_posted: 1,
            posts_waiting: 0,
            messages_posted: 1,
            quiet_polls: 0,
            errors: vec![],
            started_at: at,
            completed_at: Some(at),
            requested_by: None,
        });
    }

    fn read(&self, since: Timestamp) -> Vec<ImportLog> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        let mut rows: Vec<ImportLog> =
            self.rows.lock().unwrap().iter().filter(|log| log.completed_at >= Some(since)).cloned().collect();
        rows.sort_by_key(|log| (log.completed_at, log.id));
        rows.truncate(PAGE);
        rows
    }
}

fn activity(now: &str) -> (Arc<Table>, Arc<ManualClock>, Activity) {
    let (table, clock) = (Arc::new(Table::default()), Arc::new(ManualClock::at(now.parse().unwrap())));
    let read = table.clone();
    let read = move |since| -> BoxFuture<'static, _> {
        let rows = read.read(since);
        Box::pin(async move { Ok(rows) })
    };
    let activity = Activity::reading(Box::new(read), clock.clone(), Duration::from_millis(1));
    (table, clock, activity)
}

async fn next(news: &mut (impl Stream<Item = News> + Unpin)) -> u128 {
    let news = tokio::time::timeout(Duration::from_secs(10), news.next()).await.expect("news in time");
    match news.expect("no end") {
        News::Import(log) => log.id.as_u128(),
        News::Missed(count) => panic!("{count} missed"),
    }
}

#[tokio::test]
async fn watchers_get_what_completes_from_now_on_each_once_and_only_their_tenants() {
    let (table, _, activity) = activity("2026-11-22T12:00:00Z");
    table.write(1, "primary", "2026-11-22T11:59:59Z");
    let mut here = Box::pin(activity.watch("primary").await.unwrap());
    let mut there = Box::pin(activity.watch("other").await.unwrap());
    table.write(2, "primary", "2026-11-22T12:00:00Z");
    assert_eq!(next(&mut here).await, 2);
    table.write(3, "other", "2026-11-22T12:00:01Z");
    assert_eq!(next(&mut there).await, 3);
    // Committed late: its time is before others already told.
    table.write(4, "primary", "2026-11-22T11:59:50Z");
    assert_eq!(next(&mut here).await, 4);
    table.write(5, "primary", "2026-11-22T12:00:02Z");
    assert_eq!(next(&mut here).await, 5);
}

#[tokio::test]
async fn a_clock_ahead_does_not_hide_the_others() {
    let (table, clock, activity) = activity("2026-11-22T12:00:00Z");
    let mut news = Box::pin(activity.watch("primary").await.unwrap());
    table.write(1, "primary", "2026-11-22T13:00:00Z");
    assert_eq!(next(&mut news).await, 1);
    clock.advance(chrono::Duration::seconds(5));
    table.write(2, "primary", "2026-11-22T12:00:05Z");
    assert_eq!(next(&mut news).await, 2);
}

#[tokio::test]
async fn more_than_a_page_is_read_to_its_end_and_memory_stays_bounded() {
    let (table, clock, activity) = activity("2026-11-22T12:00:00Z");
    let mut reader = Reader::new(clock.now());
    for id in 0..1_200 {
        table.write(id, "primary", "2026-11-22T12:00:00Z");
    }
    for id in 1_200..2_400 {
        let at = format!("2026-11-22T12:00:01.{:06}Z", id);
        table.write(id, "primary", &at);
    }
    clock.advance(chrono::Duration::seconds(2));
    // Of the many with the same time, those beyond a page are left out; all that follow are told.
    let fresh = reader.read(&activity.0).await.unwrap();
    assert_eq!(fresh.len(), 500 + 1_200);
    assert!(reader.read(&activity.0).await.unwrap().is_empty());
    clock.advance(chrono::Duration::minutes(1));
    table.write(9_999, "primary", "2026-11-22T12:01:00Z");
    assert_eq!(reader.read(&activity.0).await.unwrap().len(), 1);
    reader.read(&activity.0).await.unwrap();
    assert_eq!(reader.seen.len(), 1);
}

#[tokio::test]
async fn one_reader_for_all_and_none_for_nobody() {
    let (table, _, activity) = activity("2026-11-22T12:00:00Z");
    assert_eq!(table.reads.load(Ordering::SeqCst), 0);
    let first = activity.watch("primary").await.unwrap();
    let second = activity.watch("primary").await.unwrap();
    assert_eq!(activity.0.news.lock().await.as_ref().map(broadcast::Sender::receiver_count), Some(2));
    drop((first, second));
    let ended = async {
        while activity.0.news.lock().await.is_some() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), ended).await.expect("the reader ends");
    // And begins again.
    let mut again = Box::pin(activity.watch("primary").await.unwrap());
    table.write(7, "primary", "2026-11-22T12:00:03Z");
    assert_eq!(next(&mut again).await, 7);
}

#[tokio::test]
async fn a_watcher_that_falls_behind_is_told_and_goes_on() {
    let (table, _, activity) = activity("2026-11-22T12:00:00Z");
    let mut slow = Box::pin(activity.watch("primary").await.unwrap());
    let all = BACKLOG as u128 + 100;
    for id in 0..all {
        table.write(id, "primary", &format!("2026-11-22T12:00:01.{id:06}Z"));
    }
    // The reader tells all of them in one go, so the watcher cannot keep up.
    let first = tokio::time::timeout(Duration::from_secs(10), slow.next()).await.expect("news in time");
    assert!(matches!(first, Some(News::Missed(100))), "{first:?}");
    assert_eq!(next(&mut slow).await, 100);
}
