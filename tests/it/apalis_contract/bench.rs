//! The bench: a database with the queue's tables, workers, and eyes on both.

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
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::{sync::watch, task::JoinHandle};
use uuid::Uuid;

/// More than anything here takes; only a failing test waits so long.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The login of a superuser.
pub fn server() -> String {
    nchat_social::config::environment("TEST_DATABASE_URL").expect("TEST_DATABASE_URL: run the tests with `make test`")
}

pub fn fresh_uuid() -> Uuid {
    SystemDice.uuid(SystemClock.now())
}

/// An empty database of its own; returns its URL.
pub async fn database() -> String {
    let name = format!("it_{}", fresh_uuid().simple());
    let mut server_connection = PgConnection::connect(&server()).await.expect("the server answers");
    execute(&mut server_connection, &format!("CREATE DATABASE {name}")).await;
    let mut url = url::Url::parse(&server()).expect("a URL");
    url.set_path(&name);
    url.into()
}

/// Deletes what [`database`] made. A failing test leaves it to be looked at.
pub async fn discard(url: &str) {
    let name = url::Url::parse(url).expect("a URL").path().trim_start_matches('/').to_owned();
    let mut server_connection = PgConnection::connect(&server()).await.expect("the server answers");
    execute(&mut server_connection, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

/// Runs statements; returns how many rows the last one touched.
pub async fn execute(connection: &mut PgConnection, statement: &str) -> u64 {
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned()))
        .execute(connection)
        .await
        .expect("the statement runs")
        .rows_affected()
}

/// The queue at `url`.
pub fn open(url: &str, timing: Timing) -> Arc<ApalisQueue> {
    let url = SecretString::from(url.to_owned());
    Arc::new(ApalisQueue::connect(&url, Arc::new(SystemClock), Arc::new(SystemDice), timing).expect("a good URL"))
}

/// A database with the queue's tables, and a look into it.
pub struct Bench {
    pub url: String,
    pub eye: PgConnection,
}

impl Bench {
    pub async fn new() -> Self {
        let url = database().await;
        ApalisQueue::setup(&SecretString::from(url.clone())).await.expect("apalis sets up its tables");
        let eye = PgConnection::connect(&url).await.expect("the database answers");
        Self { url, eye }
    }

    /// The queue as another process would open it.
    pub fn queue(&self, timing: Timing) -> Arc<ApalisQueue> {
        open(&self.url, timing)
    }

    /// `(status, attempts)` of every job, sorted.
    pub async fn jobs(&mut self) -> Vec<(String, i32)> {
        sqlx::query_as("SELECT status, attempts FROM apalis.jobs ORDER BY 1, 2")
            .fetch_all(&mut self.eye)
            .await
            .expect("jobs")
    }

    /// The number that `statement` answers with.
    pub async fn count(&mut self, statement: &str) -> i64 {
        sqlx::query_scalar(sqlx::AssertSqlSafe(statement.to_owned())).fetch_one(&mut self.eye).await.expect("a number")
    }

    /// Waits until all `jobs` are Done.
    pub async fn until_done(&mut self, jobs: usize) {
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

    pub async fn end(self) {
        self.eye.close().await.ok();
        discard(&self.url).await;
    }
}

/// The queue is another process's clockwork: what it does is waited for in small steps.
pub async fn breathe() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

/// Waits until `condition` holds.
pub async fn until(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < PATIENCE, "in vain: {what}");
        breathe().await;
    }
}

/// Looks often, dies fast.
pub fn hasty() -> Timing {
    Timing {
        poll_every: Duration::from_millis(50),
        heartbeat: Duration::from_secs(1),
        missed_heartbeats: 2,
        ..Timing::with_job_limit(Duration::from_secs(20))
    }
}

/// Workers of one process, until stopped.
pub struct Workers {
    pub stop: watch::Sender<bool>,
    pub running: JoinHandle<()>,
}

impl Workers {
    pub fn start(queue: &Arc<ApalisQueue>, count: usize, handler: Handler) -> Self {
        let (stop, stopped) = watch::channel(false);
        let queue = Arc::clone(queue);
        let running = tokio::spawn(async move { queue.run(count, handler, stopped).await });
        Self { stop, running }
    }

    pub async fn end(self) {
        self.stop.send_replace(true);
        self.running.await.expect("run ends without a panic");
    }
}

/// A handler of a function.
pub fn handler<F: Future<Output = ()> + Send + 'static>(
    work: impl Fn(PollJob) -> F + Send + Sync + 'static,
) -> Handler {
    Arc::new(move |job| Box::pin(work(job)))
}

/// How often each lease was worked.
#[derive(Clone, Default)]
pub struct Tally(Arc<Mutex<HashMap<Uuid, usize>>>);

impl Tally {
    pub fn add(&self, job: PollJob) {
        *self.0.lock().expect("tally").entry(job.lease_id).or_default() += 1;
    }

    pub fn of(&self, job: PollJob) -> usize {
        self.0.lock().expect("tally").get(&job.lease_id).copied().unwrap_or(0)
    }

    pub fn leases(&self) -> usize {
        self.0.lock().expect("tally").len()
    }

    /// Works a job by counting it.
    pub fn handler(&self) -> Handler {
        let tally = self.clone();
        handler(move |job| {
            tally.add(job);
            std::future::ready(())
        })
    }
}

/// A job of a lease of its own.
pub fn job() -> PollJob {
    PollJob { lease_id: fresh_uuid() }
}

/// Passes on to the server at `url`, until told to be silent: then what is open stays open and says nothing, as when
/// a machine is gone. Later connections get through. Returns the URL that leads through it.
pub async fn wire(url: &str, silent: watch::Receiver<bool>) -> String {
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
