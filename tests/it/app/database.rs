//! A database for each test: a copy of one that was migrated once.

use nchat_social::{
    domain::{Dice, dice::SystemDice},
    store::migrate,
    worker::queue::apalis::ApalisQueue,
};
use secrecy::SecretString;
use std::sync::{Arc, OnceLock};
use tokio_postgres::{Client, NoTls};

/// A test's database; dropped with the last who shares it.
pub struct Database(Arc<Owned>);

struct Owned {
    server: String,
    name: String,
}

static TEMPLATE: OnceLock<String> = OnceLock::new();

impl Database {
    /// A migrated database with nchat's tables.
    pub fn create() -> Self {
        let template = TEMPLATE.get_or_init(make_template);
        let name = fresh_name("test");
        let statement = format!("CREATE DATABASE {name} TEMPLATE {template}");
        apart(move || async move { run(&server(), &statement).await });
        Self(Arc::new(Owned { server: server(), name }))
    }

    /// The same on a server of the test's own, which takes it with it.
    pub async fn on(server: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let name = fresh_name("own");
        run(server, &format!("CREATE DATABASE {name}")).await;
        furnish(&address(server, &name)).await;
        Self(Arc::new(Owned { server: server.to_owned(), name }))
    }

    /// The database of the same name and content on another server: a copy of its cluster.
    pub fn copied_to(&self, server: &str) -> Self {
        Self(Arc::new(Owned { server: server.to_owned(), name: self.0.name.clone() }))
    }

    /// An empty database.
    pub fn empty() -> Self {
        let name = fresh_name("empty");
        let statement = format!("CREATE DATABASE {name}");
        apart(move || async move { run(&server(), &statement).await });
        Self(Arc::new(Owned { server: server(), name }))
    }

    /// The same database for a second process.
    pub fn share(&self) -> Self {
        Self(self.0.clone())
    }

    /// Its address.
    pub fn url(&self) -> String {
        address(&self.0.server, &self.0.name)
    }

    /// Its address for another login.
    pub fn url_as(&self, user: &str, password: &str) -> String {
        let mut url = url::Url::parse(&self.url()).expect("an address");
        url.set_username(user).expect("a user");
        url.set_password(Some(password)).expect("a password");
        url.into()
    }

    /// A plain connection to it.
    pub async fn client(&self) -> Client {
        connect(&self.url()).await
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        if self.server != server() {
            return;
        }
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        apart(move || async move { run(&server(), &statement).await });
    }
}

/// nchat's stand-in tables, our migrations and the queue's.
fn make_template() -> String {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let name = fresh_name("template");
    let made = name.clone();
    apart(move || async move {
        run(&server(), &format!("CREATE DATABASE {made}")).await;
        furnish(&address(&server(), &made)).await;
    });
    name
}

async fn furnish(url: &str) {
    connect(url).await.batch_execute(NCHAT).await.expect("nchat's tables");
    let url = SecretString::from(url.to_owned());
    migrate::up(&url).await.expect("the migrations");
    ApalisQueue::setup(&url).await.expect("the queue's migrations");
}

/// nchat's own tables, as its migrations leave them.
pub const NCHAT: &str = include_str!("../../nchat_base.sql");

fn server() -> String {
    #[allow(clippy::disallowed_methods)]
    std::env::var("TEST_DATABASE_URL").expect("TEST_DATABASE_URL is not set: run the tests by `make test`")
}

fn address(server: &str, name: &str) -> String {
    let mut url = url::Url::parse(server).expect("a server's address");
    url.set_path(name);
    url.into()
}

fn fresh_name(kind: &str) -> String {
    let mut random = [0; 8];
    SystemDice.fill(&mut random);
    format!("social_{kind}_{:016x}", u64::from_le_bytes(random))
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the test's Postgres answers");
    tokio::spawn(connection);
    client
}

async fn run(url: &str, statement: &str) {
    connect(url).await.batch_execute(statement).await.expect("a database can be made and dropped");
}

/// Runs `work` on a runtime of its own, for tests' runtimes come and go.
fn apart<F, W>(work: W)
where
    W: FnOnce() -> F + Send + 'static,
    F: Future<Output = ()>,
{
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(work());
    });
    if thread.join().is_err() && !std::thread::panicking() {
        panic!("the test's Postgres refused: see above");
    }
}
