//! What this project relies on apalis for, fact by fact, on a real Postgres: an upgrade that changes one fails here.

use nchat_social::{
    domain::{
        Clock,
        clock::SystemClock,
        dice::{Dice, SystemDice},
    },
    worker::queue::{
        Handler, JobQueue, PollJob,
        apalis::{ApalisQueue, Timing},
    },
};
use secrecy::SecretString;
use sqlx::{Connection as _, PgConnection};
use std::{
    collections::HashMap,
    future::Future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{sync::watch, task::JoinHandle};
use uuid::Uuid;

/// More than anything here takes; only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(30);

// The bench -----------------------------------------------------------------------------------------------------------

fn server() -> String {
    nchat_social::config::environment("TEST_DATABASE_URL").expect("TEST_DATABASE_URL: run the tests with `make test`")
}

fn fresh_uuid() -> Uuid {
    SystemDice.uuid(SystemClock.now())
}

/// An empty database of its own; returns its URL.
async fn database() -> String {
    let name = format!("it_{}", fresh_uuid().simple());
    let mut server_connection = PgConnection::connect(&server()).await.expect("the server answers");
    run(&mut server_connection, &format!("CREATE DATABASE {name}")).await;
    let mut url = url::Url::parse(&server()).expect("a URL");
    url.set_path(&name);
    url.into()
}

/// Deletes what [`database`] made. A failing test leaves it to be looked at.
async fn discard(url: &str) {
    let name = url::Url::parse(url).expect("a URL").path().trim_start_matches('/').to_owned();
    let mut server_connection = PgConnection::connect(&server()).await.expect("the server answers");
    run(&mut server_connection, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

async fn run(connection: &mut PgConnection, statement: &str) -> u64 {
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned()))
        .execute(connection)
        .await
        .expect("the statement runs")
        .rows_affected()
}

/// A database with the queue's tables, and a look into it.
struct Bench {
    url: String,
    eye: PgConnection,
}

impl Bench {
    async fn new() -> Self {
        let url = database().await;
        ApalisQueue::setup(&SecretString::from(url.clone())).await.expect("apalis sets up its tables");
        let eye = PgConnection::connect(&url).await.expect("the database answers");
        Self { url, eye }
    }

    /// The queue as another process would open it.
    fn queue(&self, timing: Timing) -> Arc<ApalisQueue> {
        let url = SecretString::from(self.url.clone());
        Arc::new(ApalisQueue::connect(&url, Arc::new(SystemClock), Arc::new(SystemDice), timing).expect("a good URL"))
    }

    /// `(status, attempts)` of every job, sorted.
    async fn jobs(&mut self) -> Vec<(String, i32)> {
        sqlx::query_as("SELECT status, attempts FROM apalis.jobs ORDER BY 1, 2")
            .fetch_all(&mut self.eye)
            .await
            .expect("jobs")
    }

    async fn count(&mut self, statement: &str) -> i64 {
        sqlx::query_scalar(sqlx::AssertSqlSafe(statement.to_owned())).fetch_one(&mut self.eye).await.expect("a number")
    }

    /// Waits until all `jobs` are Done.
    async fn until_done(&mut self, jobs: usize) {
        let started = Instant::now();
        loop {
            let states = self.jobs().await;
            if states.len() == jobs && states.iter().all(|(status, _)| status == "Done") {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "not done: {states:?}");
            breathe().await;
        }
    }

    async fn end(self) {
        self.eye.close().await.ok();
        discard(&self.url).await;
    }
}

/// The queue is another process's clockwork: what it does is waited for in small steps.
async fn breathe() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < PATIENCE, "in vain: {what}");
        breathe().await;
    }
}

/// Looks often, dies fast.
fn hasty() -> Timing {
    Timing {
        poll_every: Duration::from_millis(50),
        heartbeat: Duration::from_secs(1),
        missed_heartbeats: 2,
        ..Timing::with_job_limit(Duration::from_secs(20))
    }
}

/// Workers of one process, until stopped.
struct Workers {
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl Workers {
    fn start(queue: &Arc<ApalisQueue>, count: usize, handler: Handler) -> Self {
        let (stop, stopped) = watch::channel(false);
        let queue = Arc::clone(queue);
        let running = tokio::spawn(async move { queue.run(count, handler, stopped).await });
        Self { stop, running }
    }

    async fn end(self) {
        self.stop.send_replace(true);
        self.running.await.expect("run ends without a panic");
    }
}

fn handler<F: Future<Output = ()> + Send + 'static>(work: impl Fn(PollJob) -> F + Send + Sync + 'static) -> Handler {
    Arc::new(move |job| Box::pin(work(job)))
}

/// How often each lease was worked.
#[derive(Clone, Default)]
struct Tally(Arc<Mutex<HashMap<Uuid, usize>>>);

impl Tally {
    fn add(&self, job: PollJob) {
        *self.0.lock().expect("tally").entry(job.lease_id).or_default() += 1;
    }

    fn of(&self, job: PollJob) -> usize {
        self.0.lock().expect("tally").get(&job.lease_id).copied().unwrap_or(0)
    }

    fn leases(&self) -> usize {
        self.0.lock().expect("tally").len()
    }

    /// Works a job by counting it.
    fn handler(&self) -> Handler {
        let tally = self.clone();
        handler(move |job| {
            tally.add(job);
            std::future::ready(())
        })
    }
}

fn job() -> PollJob {
    PollJob { lease_id: fresh_uuid() }
}

// Setting up ----------------------------------------------------------------------------------------------------------

#[tokio::test]
async fn three_processes_may_set_up_at_once() {
    let url = database().await;
    let secret = SecretString::from(url.clone());
    let (first, second, third) =
        tokio::join!(ApalisQueue::setup(&secret), ApalisQueue::setup(&secret), ApalisQueue::setup(&secret));
    for outcome in [first, second, third] {
        outcome.expect("all succeed");
    }
    ApalisQueue::setup(&secret).await.expect("and again");
    discard(&url).await;
}

/// A login of the database `url` that may do nothing yet.
async fn stranger(url: &str) -> (String, String) {
    let name = format!("it_{}", fresh_uuid().simple());
    let mut connection = PgConnection::connect(url).await.expect("the database answers");
    run(&mut connection, &format!("CREATE ROLE {name} LOGIN PASSWORD '{name}'")).await;
    let mut login = url::Url::parse(url).expect("a URL");
    login.set_username(&name).expect("a name");
    login.set_password(Some(&name)).expect("a password");
    (name, login.into())
}

fn said(outcome: Result<(), nchat_social::worker::queue::QueueError>) -> String {
    let problem = outcome.expect_err("refused");
    std::error::Error::source(&problem).expect("a reason").to_string()
}

#[tokio::test]
async fn a_login_that_may_not_create_is_told_so() {
    let url = database().await;
    let (name, login) = stranger(&url).await;
    let words = said(ApalisQueue::setup(&SecretString::from(login.clone())).await);
    assert!(words.contains("GRANT CREATE ON DATABASE"), "{words}");

    let mut connection = PgConnection::connect(&url).await.expect("the database answers");
    let database = url::Url::parse(&url).expect("a URL").path().trim_start_matches('/').to_owned();
    run(
        &mut connection,
        &format!("GRANT CREATE ON DATABASE {database} TO {name}; GRANT CREATE ON SCHEMA public TO {name}"),
    )
    .await;
    ApalisQueue::setup(&SecretString::from(login)).await.expect("what was advised is enough");
    discard(&url).await;
    let mut server_connection = PgConnection::connect(&server()).await.expect("the server answers");
    run(&mut server_connection, &format!("DROP ROLE {name}")).await;
}

#[tokio::test]
async fn hstore_out_of_sight_is_named_and_the_advice_helps() {
    let url = database().await;
    let mut connection = PgConnection::connect(&url).await.expect("the database answers");
    run(&mut connection, "CREATE SCHEMA extensions; CREATE EXTENSION hstore SCHEMA extensions").await;
    let words = said(ApalisQueue::setup(&SecretString::from(url.clone())).await);
    assert!(words.contains("search_path"), "{words}");

    let seeing = format!("{url}?options=-csearch_path%3Dpublic,extensions");
    ApalisQueue::setup(&SecretString::from(seeing.clone())).await.expect("with the search_path it works");
    let mut bench = Bench { url: seeing, eye: connection };
    let queue = bench.queue(hasty());
    queue.push(job()).await.expect("pushed");
    let workers = Workers::start(&queue, 1, Tally::default().handler());
    bench.until_done(1).await;
    workers.end().await;
    bench.url = url;
    bench.end().await;
}

// Jobs ----------------------------------------------------------------------------------------------------------------

#[tokio::test]
async fn the_same_lease_twice_is_one_job() {
    let mut bench = Bench::new().await;
    let queue = bench.queue(hasty());
    let job = job();
    let (first, second) = tokio::join!(queue.push(job), queue.push(job));
    first.expect("pushed");
    second.expect("already there is success");
    assert_eq!(queue.waiting().await.expect("counted"), 1);

    let tally = Tally::default();
    let workers = Workers::start(&queue, 1, tally.handler());
    bench.until_done(1).await;
    queue.push(job).await.expect("a job that is done stands for its lease");
    queue.push(self::job()).await.expect("pushed");
    bench.until_done(2).await;
    workers.end().await;
    assert_eq!((tally.of(job), tally.leases()), (1, 2));
    bench.end().await;
}

#[tokio::test]
async fn a_job_is_done_once() {
    let mut bench = Bench::new().await;
    let queue = bench.queue(hasty());
    assert_eq!(queue.waiting().await.expect("counted"), 0);
    let jobs: Vec<_> = (0..3).map(|_| job()).collect();
    for job in &jobs {
        queue.push(*job).await.expect("pushed");
    }
    assert_eq!(queue.waiting().await.expect("counted"), 3);
    let tally = Tally::default();
    let workers = Workers::start(&queue, 2, tally.handler());
    bench.until_done(3).await;
    workers.end().await;
    assert_eq!(queue.waiting().await.expect("counted"), 0);
    assert_eq!(jobs.iter().map(|job| tally.of(*job)).collect::<Vec<_>>(), [1, 1, 1]);
    assert_eq!(bench.jobs().await, vec![("Done".to_owned(), 1); 3]);
    bench.end().await;
}

#[tokio::test]
async fn a_panic_ends_its_job_and_neither_worker_nor_queue() {
    let mut bench = Bench::new().await;
    let queue = bench.queue(hasty());
    let (bad, good) = (job(), job());
    queue.push(bad).await.expect("pushed");
    let tally = Tally::default();
    let counted = tally.clone();
    let workers = Workers::start(
        &queue,
        1,
        handler(move |job| {
            counted.add(job);
            assert!(job != bad, "on purpose");
            std::future::ready(())
        }),
    );
    bench.until_done(1).await;
    queue.push(good).await.expect("pushed");
    bench.until_done(2).await;
    workers.end().await;
    assert_eq!((tally.of(bad), tally.of(good)), (1, 1));
    assert_eq!(bench.count("SELECT count(*) FROM apalis.workers").await, 1, "the worker lived on");
    bench.end().await;
}

#[tokio::test]
async fn a_job_that_takes_too_long_is_cut_off() {
    let mut bench = Bench::new().await;
    let queue = bench.queue(Timing { job_limit: Duration::from_millis(100), ..hasty() });
    let (endless, next) = (job(), job());
    queue.push(endless).await.expect("pushed");
    queue.push(next).await.expect("pushed");
    let tally = Tally::default();
    let counted = tally.clone();
    let workers = Workers::start(
        &queue,
        1,
        handler(move |job| {
            counted.add(job);
            async move {
                if job == endless {
                    std::future::pending::<()>().await;
                }
            }
        }),
    );
    bench.until_done(2).await;
    workers.end().await;
    assert_eq!((tally.of(endless), tally.of(next)), (1, 1));
    bench.end().await;
}

#[tokio::test]
async fn what_cannot_be_read_is_put_away() {
    let mut bench = Bench::new().await;
    let queue = bench.queue(hasty());
    run(
        &mut bench.eye,
        "INSERT INTO apalis.jobs (id, job_type, job, status, attempts, max_attempts, run_at, priority) \
         VALUES (apalis.generate_ulid(), 'nchat-social-poll', '{\"of\": \"another version\"}', 'Pending', 0, 1, now(), 1)",
    )
    .await;
    let good = job();
    queue.push(good).await.expect("pushed");
    let tally = Tally::default();
    let workers = Workers::start(&queue, 1, tally.handler());
    bench.until_done(2).await;
    workers.end().await;
    assert_eq!((tally.of(good), tally.leases()), (1, 1));
    bench.end().await;
}

// Workers -------------------------------------------------------------------------------------------------------------

#[tokio::test]
async fn the_job_of_a_killed_process_is_taken_up_again() {
    let mut bench = Bench::new().await;
    let queue = bench.queue(hasty());
    let orphan = job();
    queue.push(orphan).await.expect("pushed");
    let tally = Tally::default();

    // A process that dies in the middle: its runtime goes, and nothing of it says goodbye.
    let doomed = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let counted = tally.clone();
    let dying = bench.url.clone();
    doomed.spawn(async move {
        let url = SecretString::from(dying);
        let queue =
            ApalisQueue::connect(&url, Arc::new(SystemClock), Arc::new(SystemDice), hasty()).expect("a good URL");
        let stuck = handler(move |job| {
            counted.add(job);
            std::future::pending()
        });
        let (_stop, stopped) = watch::channel(false);
        queue.run(1, stuck, stopped).await;
    });
    until("the job begins", || tally.of(orphan) == 1).await;
    let started = Instant::now();
    while bench.jobs().await[0].0 != "Running" {
        assert!(started.elapsed() < PATIENCE, "never marked as running");
        breathe().await;
    }
    doomed.shutdown_background();

    // At least once: the second run finds the lease over, or goes on with it. Both are harmless.
    let killed = Instant::now();
    let workers = Workers::start(&queue, 1, tally.handler());
    bench.until_done(1).await;
    workers.end().await;
    assert_eq!(tally.of(orphan), 2);
    assert!(
        killed.elapsed() < Duration::from_secs(8),
        "dead after 2 s, noticed within a heartbeat: {:?}",
        killed.elapsed()
    );
    bench.end().await;
}

#[tokio::test]
async fn two_processes_share_the_jobs_without_doing_one_twice() {
    let mut bench = Bench::new().await;
    let (here, there) = (bench.queue(hasty()), bench.queue(hasty()));
    let jobs: Vec<_> = (0..200).map(|_| job()).collect();
    for job in &jobs {
        here.push(*job).await.expect("pushed");
    }
    let tally = Tally::default();
    let shares = [Tally::default(), Tally::default()];
    let crew = |queue: &Arc<ApalisQueue>, share: &Tally| {
        let (all, share) = (tally.clone(), share.clone());
        Workers::start(
            queue,
            3,
            handler(move |job| {
                all.add(job);
                share.add(job);
                tokio::time::sleep(Duration::from_millis(5))
            }),
        )
    };
    let (left, right) = (crew(&here, &shares[0]), crew(&there, &shares[1]));
    bench.until_done(200).await;
    left.end().await;
    right.end().await;
    assert!(jobs.iter().all(|job| tally.of(*job) == 1), "each exactly once");
    assert!(shares.iter().all(|share| share.leases() > 0), "both took part");
    assert_eq!(bench.count("SELECT count(DISTINCT id) FROM apalis.workers").await, 6, "six names");
    bench.end().await;
}

#[tokio::test]
async fn a_slow_job_keeps_its_worker_alive() {
    let mut bench = Bench::new().await;
    let queue = bench.queue(hasty());
    let (slow, waiting) = (job(), job());
    queue.push(slow).await.expect("pushed");
    queue.push(waiting).await.expect("pushed");
    let tally = Tally::default();
    let counted = tally.clone();
    let busy = Workers::start(
        &queue,
        1,
        handler(move |job| {
            counted.add(job);
            // Twice as long as a worker may be silent.
            tokio::time::sleep(Duration::from_secs(if job == slow { 4 } else { 0 }))
        }),
    );
    until("the slow job begins", || tally.of(slow) == 1).await;
    let other = Workers::start(&bench.queue(hasty()), 1, tally.handler());
    bench.until_done(2).await;
    busy.end().await;
    other.end().await;
    assert_eq!((tally.of(slow), tally.of(waiting)), (1, 1));
    bench.end().await;
}

#[tokio::test]
async fn the_stop_lets_begun_jobs_end_and_begins_no_other() {
    let mut bench = Bench::new().await;
    let queue = bench.queue(hasty());
    let (first, second) = (job(), job());
    queue.push(first).await.expect("pushed");
    let (begun, ended) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let gate = Arc::new(tokio::sync::Notify::new());
    let work = {
        let (begun, ended, gate) = (Arc::clone(&begun), Arc::clone(&ended), Arc::clone(&gate));
        handler(move |_| {
            let (begun, ended, gate) = (Arc::clone(&begun), Arc::clone(&ended), Arc::clone(&gate));
            async move {
                begun.store(true, Ordering::SeqCst);
                gate.notified().await;
                ended.store(true, Ordering::SeqCst);
            }
        })
    };
    let workers = Workers::start(&queue, 1, work);
    until("the job begins", || begun.load(Ordering::SeqCst)).await;
    queue.push(second).await.expect("pushed");
    workers.stop.send_replace(true);
    breathe().await;
    assert!(!workers.running.is_finished(), "waits for what has begun");
    gate.notify_one();
    workers.end().await;
    assert!(ended.load(Ordering::SeqCst));
    assert_eq!(bench.jobs().await, [("Done".to_owned(), 1), ("Pending".to_owned(), 0)]);
    bench.end().await;
}

#[tokio::test]
async fn the_stop_does_not_wait_for_ever() {
    let bench = Bench::new().await;
    let queue = bench.queue(Timing { grace: Duration::from_millis(300), ..hasty() });
    queue.push(job()).await.expect("pushed");
    let tally = Tally::default();
    let counted = tally.clone();
    // Lives as long as the job does.
    let (life, jobs_life) = (Arc::new(()), Mutex::new(None));
    *jobs_life.lock().expect("life") = Some(Arc::clone(&life));
    let workers = Workers::start(
        &queue,
        1,
        handler(move |job| {
            counted.add(job);
            let life = jobs_life.lock().expect("life").take();
            async move {
                std::future::pending::<()>().await;
                drop(life);
            }
        }),
    );
    until("the job begins", || tally.leases() == 1).await;
    let stopping = Instant::now();
    workers.end().await;
    assert!(stopping.elapsed() < Duration::from_secs(5));
    until("the job is dropped", || Arc::strong_count(&life) == 1).await;
    bench.end().await;
}

// Trouble -------------------------------------------------------------------------------------------------------------

const CUT: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
    WHERE datname = current_database() AND application_name = 'nchat-social-queue'";

#[tokio::test]
async fn cut_connections_are_made_anew() {
    let mut bench = Bench::new().await;
    let queue = bench.queue(hasty());
    let tally = Tally::default();
    let workers = Workers::start(&queue, 2, tally.handler());
    for round in 1..=3 {
        let job = job();
        queue.push(job).await.expect("pushed");
        until("the job", || tally.of(job) == 1).await;
        bench.until_done(round).await;
        assert!(bench.count(CUT).await > 0, "somebody was connected");
    }
    workers.end().await;
    assert_eq!(tally.leases(), 3);
    bench.end().await;
}

#[tokio::test]
async fn an_absent_database_is_waited_for() {
    let mut bench = Bench::new().await;
    let queue = bench.queue(hasty());
    let tally = Tally::default();
    let gate = Arc::new(tokio::sync::Notify::new());
    let work = {
        let (tally, gate) = (tally.clone(), Arc::clone(&gate));
        handler(move |job| {
            tally.add(job);
            let gate = Arc::clone(&gate);
            async move { gate.notified().await }
        })
    };
    let workers = Workers::start(&queue, 1, work);
    let begun = job();
    queue.push(begun).await.expect("pushed");
    until("a job begins", || tally.of(begun) == 1).await;

    // Refused at once, again and again: the hardest kind of absence.
    let mut server_connection = PgConnection::connect(&server()).await.expect("the server answers");
    let name = url::Url::parse(&bench.url).expect("a URL").path().trim_start_matches('/').to_owned();
    run(&mut server_connection, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await;
    bench.count(CUT).await;
    assert!(queue.push(job()).await.is_err(), "it is absent");
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert!(!workers.running.is_finished(), "never gives up");
    run(&mut server_connection, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await;

    // The job that had begun went on; its worker's successor works the next one.
    let next = job();
    queue.push(next).await.expect("pushed");
    let opening = tokio::spawn(async move {
        loop {
            gate.notify_one();
            breathe().await;
        }
    });
    until("the next job", || tally.of(next) == 1).await;
    bench.until_done(2).await;
    opening.abort();
    workers.end().await;
    assert!(bench.count("SELECT count(*) FROM apalis.workers").await < 12, "restarts are paced");
    bench.end().await;
}

/// Passes on to the server at `url`, until told to be silent: then what is open stays open and says nothing, as when
/// a machine is gone. Later connections get through. Returns the URL that leads through it.
async fn wire(url: &str, silent: watch::Receiver<bool>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let mut through = url::Url::parse(url).expect("a URL");
    let server = format!("{}:{}", through.host_str().expect("a host"), through.port().unwrap_or(5432));
    through.set_host(Some("127.0.0.1")).expect("a host");
    through.set_port(Some(listener.local_addr().expect("an address").port())).expect("a port");
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let mut far = tokio::net::TcpStream::connect(&server).await.expect("the server answers");
            let mut silent = silent.clone();
            let was_silent = *silent.borrow();
            tokio::spawn(async move {
                let hush = async {
                    if was_silent || silent.wait_for(|silent| *silent).await.is_err() {
                        std::future::pending::<()>().await;
                    }
                };
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut near, &mut far) => return,
                    () = hush => {}
                }
                std::future::pending::<()>().await; // open, and mute
            });
        }
    });
    through.into()
}

#[tokio::test]
async fn a_server_that_falls_silent_is_left() {
    let mut bench = Bench::new().await;
    let (silence, silent) = watch::channel(false);
    let direct = bench.queue(hasty());
    let through = SecretString::from(wire(&bench.url, silent).await);
    let queue = ApalisQueue::connect(&through, Arc::new(SystemClock), Arc::new(SystemDice), hasty());
    let tally = Tally::default();
    let workers = Workers::start(&Arc::new(queue.expect("a good URL")), 2, tally.handler());
    let (first, second) = (job(), job());
    direct.push(first).await.expect("pushed");
    until("the first job", || tally.of(first) == 1).await;
    bench.until_done(1).await;

    silence.send_replace(true);
    breathe().await;
    direct.push(second).await.expect("pushed");
    until("the second job", || tally.of(second) == 1).await;
    bench.until_done(2).await;
    workers.end().await;
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_is_seen_within_two_seconds_under_load() {
    let bench = Bench::new().await;
    // A heartbeat that cannot help within the test.
    let queue = bench.queue(Timing::with_job_limit(Duration::from_secs(20)));
    let seen = Arc::new(Mutex::new(HashMap::new()));
    let noted = Arc::clone(&seen);
    let workers = Workers::start(
        &queue,
        1,
        handler(move |job: PollJob| {
            noted.lock().expect("seen").insert(job.lease_id, Instant::now());
            std::future::ready(())
        }),
    );
    let over = Arc::new(AtomicBool::new(false));
    let burners: Vec<_> = (0..4)
        .map(|_| {
            let over = Arc::clone(&over);
            std::thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            })
        })
        .collect();
    let mut slowest = Duration::ZERO;
    for _ in 0..12 {
        let job = job();
        queue.push(job).await.expect("pushed");
        let pushed = Instant::now();
        until("the job", || seen.lock().expect("seen").contains_key(&job.lease_id)).await;
        let at = seen.lock().expect("seen")[&job.lease_id];
        slowest = slowest.max(at.saturating_duration_since(pushed));
        // A quiet moment, so that the worker finds nothing and must be woken.
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    over.store(true, Ordering::Relaxed);
    for burner in burners {
        burner.join().expect("a busy loop ends");
    }
    workers.end().await;
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    bench.end().await;
}

// Housekeeping --------------------------------------------------------------------------------------------------------

#[tokio::test]
async fn prune_deletes_what_is_done_and_nothing_else() {
    let mut bench = Bench::new().await;
    let queue = bench.queue(hasty());
    let tally = Tally::default();
    let workers = Workers::start(&queue, 1, tally.handler());
    for _ in 0..3 {
        queue.push(job()).await.expect("pushed");
    }
    bench.until_done(3).await;
    workers.end().await;
    let worker: String =
        sqlx::query_scalar("SELECT id FROM apalis.workers").fetch_one(&mut bench.eye).await.expect("a worker");
    run(
        &mut bench.eye,
        &format!(
            "UPDATE apalis.jobs SET done_at = now() - interval '3 days' WHERE id IN (SELECT id FROM apalis.jobs LIMIT 2);
             INSERT INTO apalis.workers (id, worker_type, storage_name, last_seen) VALUES
               ('lost', 'nchat-social-poll', 'PgStorage', now() - interval '3 days'),
               ('idle', 'nchat-social-poll', 'PgStorage', now() - interval '3 days'),
               ('foreign', 'somebody-else', 'PgStorage', now() - interval '3 days');
             INSERT INTO apalis.jobs (id, job_type, job, status, attempts, max_attempts, run_at, done_at, lock_at, lock_by)
             VALUES
               ('pending', 'nchat-social-poll', '{{}}', 'Pending', 0, 1, now() - interval '3 days', NULL, NULL, NULL),
               ('running', 'nchat-social-poll', '{{}}', 'Running', 0, 1, now(), NULL, now() - interval '3 days', '{worker}'),
               ('orphan', 'nchat-social-poll', '{{}}', 'Running', 0, 1, now(), NULL, now() - interval '3 days', 'lost'),
               ('failed', 'nchat-social-poll', '{{}}', 'Failed', 1, 1, now(), now() - interval '3 days', NULL, NULL),
               ('failing', 'nchat-social-poll', '{{}}', 'Failed', 1, 2, now(), now() - interval '3 days', NULL, NULL),
               ('theirs', 'somebody-else', '{{}}', 'Done', 1, 1, now(), now() - interval '3 days', NULL, NULL)"
        ),
    )
    .await;

    let before = SystemClock.now() - chrono::Duration::days(2);
    assert_eq!(queue.prune(before).await.expect("pruned"), 4, "two done, one failed, one orphan");
    let left: Vec<String> = sqlx::query_scalar("SELECT id FROM apalis.jobs WHERE length(id) < 20 ORDER BY 1")
        .fetch_all(&mut bench.eye)
        .await
        .expect("jobs");
    assert_eq!(left, ["failing", "pending", "running", "theirs"]);
    assert_eq!(bench.count("SELECT count(*) FROM apalis.jobs WHERE status = 'Done'").await, 2, "the young and theirs");
    let left: Vec<String> = sqlx::query_scalar("SELECT id FROM apalis.workers WHERE id <> $1 ORDER BY 1")
        .bind(&worker)
        .fetch_all(&mut bench.eye)
        .await
        .expect("workers");
    assert_eq!(left, ["foreign"]);
    assert_eq!(queue.prune(before).await.expect("pruned"), 0, "all at once");
    bench.end().await;
}
