//! The orderly end of a process, as it is deployed: what it has begun is finished or handed back within ten seconds.

use crate::{
    app::{
        App,
        world::{LINKEDIN_PAGE, X_ACCOUNT},
    },
    connect::tokens_of,
    costs::{bill, ledger},
    processes::{Process, until},
};
use nchat_social::{
    domain::{Clock, Platform, Timestamp, clock::SystemClock},
    simulator::{Draft, Fault, FaultKind, NewAccount},
    worker::{
        Ticker, Worker,
        queue::{Handler, JobQueue, PollJob, QueueError},
        tick::Latest,
    },
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::{
    process::ExitStatus,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::watch;
use uuid::Uuid;

const SOON: Duration = Duration::from_secs(30);
/// The longest end of a process that renews nothing.
const LIMIT: Duration = Duration::from_secs(10);
const HELD: &str = "SELECT count(*) FROM nchat_social_accounts WHERE lease_id IS NOT NULL";
const DUE: &str = "UPDATE nchat_social_accounts SET next_poll_at = now(), hold_until = NULL WHERE lease_id IS NULL";

/// `count` pages of LinkedIn, connected with one login, with stock taken.
async fn pages(app: &App, count: usize) {
    let world = app.simulator.world("linkedin").expect("LinkedIn");
    for n in 1..count {
        let id = format!("urn:li:organization:{}", 7_000_000 + n);
        let account = NewAccount { id, handle: format!("page_{n}"), name: format!("Page {n}") };
        world.add_account(account).expect("a page");
    }
    assert_eq!(app.connect(Platform::Linkedin).await.len(), count);
    app.poll().await;
    app.clock.set(SystemClock.now());
}

fn slow(app: &App, platform: &str, path: &str, kind: FaultKind) {
    app.simulator.fault(Fault::new(platform, path, kind)).expect("a fault");
}

fn asked(app: &App, path: &str) -> usize {
    app.simulator.calls().iter().filter(|call| call.path.starts_with(path)).count()
}

/// How it ended, and after how long.
async fn ended(process: &mut Process) -> (ExitStatus, Duration) {
    let began = Instant::now();
    let mut status = None;
    until("ended", Duration::from_secs(60), async || {
        status = process.child.try_wait().expect("a process");
        status.is_some()
    })
    .await;
    (status.expect("it ended"), began.elapsed())
}

/// Three leases of pages, of which no answer comes: the first is read by as many as may, the others wait for a place or
/// in line.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_under_load_hands_back_every_lease_within_ten_seconds() {
    let app = App::start().await;
    pages(&app, 150).await;
    let page = format!("SELECT id FROM nchat_social_accounts WHERE account_id = '{LINKEDIN_PAGE}'");
    let page = app.chat.value(&page).await[0]["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    app.integrate(page, app.chat.announcements, json!({})).await;
    let world = app.simulator.world("linkedin").expect("LinkedIn").clone();
    world.publish(LINKEDIN_PAGE, Draft::text("Meanwhile")).expect("published");
    slow(&app, "linkedin", "/rest/posts", FaultKind::Slow(60_000));
    app.simulator.clear_calls();
    app.chat.script(DUE).await;
    let mut process = Process::start_with(&app, &["serve"], &[("SOCIAL_POLL_CONCURRENCY", "20")]);
    until("20 readings under way", SOON, async || asked(&app, "/rest/posts") == 20).await;
    until("all claimed", SOON, async || app.chat.count(HELD).await == 150).await;

    process.signal("-TERM");
    let (status, took) = ended(&mut process).await;
    assert!(status.success() && took < LIMIT, "{status} after {took:?}");
    assert_eq!(app.chat.count(HELD).await, 0, "every lease is handed back");
    let due = "SELECT count(*) FROM nchat_social_accounts WHERE next_poll_at <= now() AND failures = 0 \
               AND health = 'connected'";
    assert_eq!(app.chat.count(due).await, 150, "nobody pays for the stop");
    assert_eq!(asked(&app, "/rest/posts"), 20, "nothing was begun after the stop");
    assert_eq!(app.chat.count("SELECT count(*) FROM apalis.jobs WHERE status <> 'Done'").await, 0, "no job is left");

    app.simulator.clear_faults();
    let _next = Process::start(&app, &["worker"]);
    let polled = "SELECT count(*) FROM nchat_social_accounts WHERE next_poll_at > now() AND lease_id IS NULL";
    until("all polled", SOON, async || app.chat.count(polled).await == 150).await;
    assert_eq!(app.chat.texts().await, ["Meanwhile"]);
}

/// An answer that is on its way is waited for, posted and paid for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reading_under_way_at_the_stop_is_finished_and_booked() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    app.clock.set(SystemClock.now());
    app.simulator.world("twitter").expect("X").publish(X_ACCOUNT, Draft::text("On its way")).expect("published");
    slow(&app, "twitter", "/2/users/", FaultKind::SlowAfter(2_000));
    app.simulator.clear_calls();
    app.chat.script(DUE).await;
    let mut process = Process::start(&app, &["worker"]);
    until("asked", SOON, async || asked(&app, "/2/users/") == 1).await;
    process.signal("-TERM");
    let (status, took) = ended(&mut process).await;
    assert!(status.success() && took < LIMIT, "{status} after {took:?}");
    assert_eq!(app.chat.texts().await, ["On its way"]);
    assert_eq!(ledger(&app).await, bill(&app).await);
    app.assert_at_rest().await;
}

/// X bills what it has answered, though the answer never arrives: the money stays set aside until the account is read
/// again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reading_cut_by_the_stop_keeps_what_it_may_have_cost_aside() {
    let app = App::start().await;
    let id = app.following(Platform::Twitter, json!({})).await;
    app.clock.set(SystemClock.now());
    app.simulator.world("twitter").expect("X").publish(X_ACCOUNT, Draft::text("Cut")).expect("published");
    slow(&app, "twitter", "/2/users/", FaultKind::SlowAfter(60_000));
    app.simulator.clear_calls();
    app.chat.script(DUE).await;
    let budget = [("SOCIAL_X_DAILY_BUDGET_USD", "10")];
    let mut process = Process::start_with(&app, &["worker"], &budget);
    until("asked", SOON, async || asked(&app, "/2/users/") == 1).await;
    process.signal("-TERM");
    let (status, took) = ended(&mut process).await;
    assert!(status.success() && took < LIMIT, "{status} after {took:?}");
    app.assert_at_rest().await;
    let aside = app.chat.value("SELECT id, micro_usd > 0 AS some FROM nchat_social_reservations").await;
    assert_eq!(aside, json!([{"id": id, "some": true}]), "for the account, not for the lease");

    app.simulator.clear_faults();
    let next = Process::start_with(&app, &["worker"], &budget);
    until("posted", SOON, async || app.chat.texts().await == ["Cut"]).await;
    next.stop().await;
    assert_eq!(ledger(&app).await, bill(&app).await);
    assert_eq!(app.chat.value("SELECT id FROM nchat_social_reservations").await, json!([]));
}

/// X rotates at once and is slow to say so: longer than leases are held after a stop.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewal_under_way_at_the_stop_is_stored_while_its_lease_is_handed_back() {
    let app = App::start().await;
    let id = app.following(Platform::Twitter, json!({})).await;
    let before = tokens_of(&app, id).await;
    app.clock.set(SystemClock.now());
    app.chat
        .script(
            "UPDATE nchat_social_credentials SET access_expires_at = now() - interval '1 second', \
             obtained_at = now() - interval '2 hours'",
        )
        .await;
    slow(&app, "twitter", "/2/oauth2/token", FaultKind::SlowAfter(11_000));
    app.simulator.clear_calls();
    app.chat.script(DUE).await;
    let mut process = Process::start(&app, &["serve"]);
    until("asked", SOON, async || asked(&app, "/2/oauth2/token") == 1).await;
    process.signal("-TERM");
    let stopped = Instant::now();
    until("handed back", LIMIT, async || app.chat.count(HELD).await == 0).await;
    assert!(process.child.try_wait().expect("a process").is_none(), "it still waits after {:?}", stopped.elapsed());
    let (status, _) = ended(&mut process).await;
    assert!(status.success() && stopped.elapsed() < Duration::from_secs(20), "{status} {:?}", stopped.elapsed());
    let after = tokens_of(&app, id).await;
    assert_ne!(before.access_token.expose_secret(), after.access_token.expose_secret(), "what X granted is stored");
    app.simulator.clear_faults();
    app.poll().await;
    let health = app.chat.value("SELECT health, health_code FROM nchat_social_accounts").await;
    assert_eq!(health, json!([{"health": "connected", "health_code": null}]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_ends_a_process_at_once() {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    app.clock.set(SystemClock.now());
    slow(&app, "twitter", "/2/users/", FaultKind::Slow(60_000));
    app.simulator.clear_calls();
    app.chat.script(DUE).await;
    let mut process = Process::start(&app, &["serve"]);
    until("asked", SOON, async || asked(&app, "/2/users/") == 1).await;
    process.signal("-TERM");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(process.child.try_wait().expect("a process").is_none(), "the first signal lets it finish");
    process.signal("-TERM");
    let (status, took) = ended(&mut process).await;
    assert_eq!(status.code(), Some(130), "{status}");
    assert!(took < Duration::from_secs(2), "{took:?}");
}

/// Somebody who sends a request byte by byte keeps nobody from stopping.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_does_not_end_is_cut_by_the_stop() {
    use tokio::io::AsyncWriteExt;
    let app = App::start().await;
    let mut process = Process::start(&app, &["serve", "--no-worker"]);
    process.ready().await;
    let address = process.origin().replace("http://", "");
    let mut client = tokio::net::TcpStream::connect(&address).await.expect("a connection");
    client.write_all(b"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n{").await.expect("sent");
    tokio::time::sleep(Duration::from_millis(300)).await;
    process.signal("-TERM");
    let (status, took) = ended(&mut process).await;
    assert!(status.success() && took < LIMIT, "{status} after {took:?}");
}

/// Sixty accounts, due one after another; two processes, replaced one after another meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_of_two_processes_misses_no_interval() {
    let app = App::start().await;
    pages(&app, 60).await;
    let (mut first, mut second) = (Process::serve(&app), Process::serve(&app));
    first.ready().await;
    second.ready().await;
    // Two seconds from now on, five a second.
    app.chat
        .script(
            "CREATE TABLE due AS SELECT id, now() + interval '2 seconds' + row_number() OVER () * interval '200 ms' AS at \
               FROM nchat_social_accounts; \
             UPDATE nchat_social_accounts a SET next_poll_at = due.at, last_poll_time = NULL FROM due WHERE due.id = a.id",
        )
        .await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    for process in [&mut first, &mut second] {
        let next = Process::serve(&app);
        std::mem::replace(process, next).stop().await;
        process.ready().await;
    }
    let polled = "SELECT count(*) FROM nchat_social_accounts WHERE last_poll_time IS NOT NULL AND lease_id IS NULL";
    until("all polled", SOON, async || app.chat.count(polled).await == 60).await;
    let late: Value = app
        .chat
        .value(
            "SELECT max(extract(epoch FROM a.last_poll_time - due.at)) AS latest, \
               count(*) FILTER (WHERE a.next_poll_at > now() + interval '5 minutes') AS missed, \
               (SELECT count(*) FROM nchat_social_import_logs WHERE status = 'failed') AS failed \
             FROM nchat_social_accounts a JOIN due USING (id)",
        )
        .await;
    let latest = late[0]["latest"].as_f64().expect("seconds");
    assert!(latest < 10.0, "no poll is late by more than a fraction of its interval: {late}");
    assert_eq!((&late[0]["missed"], &late[0]["failed"]), (&json!(0), &json!(0)), "{late}");
}

/// They waited for a tick that did not come any more.
#[tokio::test]
async fn defect_leases_lost_before_the_stop_are_handed_back() {
    let app = App::start().await;
    app.connect_one(Platform::Twitter).await;
    assert_eq!(app.ticker.tick().await.expect("a tick").accounts, 1);
    let job = app.queue.take().expect("a job");
    app.service.store.lose(job.lease_id, app.clock.now() + chrono::Duration::minutes(5));
    let (_stop, stopped) = watch::channel(true);
    let on_tick = Arc::new(|_: Timestamp| {});
    Worker { ticker: app.ticker, poller: app.poller, queue: app.queue, leases: 1, on_tick }.run(stopped).await;
    assert_eq!(app.chat.count(HELD).await, 0);
}

/// A line that takes nothing and never says so.
struct Stuck;

#[async_trait::async_trait]
impl JobQueue for Stuck {
    async fn push(&self, _job: PollJob) -> Result<(), QueueError> {
        std::future::pending().await
    }

    async fn waiting(&self) -> Result<usize, QueueError> {
        Ok(0)
    }

    async fn run(&self, _workers: usize, _handler: Handler, _stop: watch::Receiver<bool>) {}

    async fn take_back(&self) -> Result<Vec<Uuid>, QueueError> {
        Ok(Vec::new())
    }

    async fn prune(&self, _before: Timestamp) -> Result<u64, QueueError> {
        Ok(0)
    }
}

/// What it had claimed and not put in line was held until the lease's end.
#[tokio::test]
async fn defect_a_tick_that_is_cut_leaves_no_lease() {
    let app = App::start().await;
    app.connect_one(Platform::Twitter).await;
    let (service, latest) = (app.service.clone(), Latest::default());
    let ticker = Ticker { service, queue: Arc::new(Stuck), most_waiting: 9, latest };
    tokio::select! {
        _ = ticker.tick() => panic!("the line takes nothing"),
        () = until("claimed", SOON, async || app.chat.count(HELD).await == 1) => {}
    }
    assert_eq!(app.service.store.hand_back(app.clock.now()).await.expect("handed back"), 1);
    assert_eq!(app.chat.count(HELD).await, 0);
}
