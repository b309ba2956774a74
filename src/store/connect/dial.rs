//! How a connection of the pool is made, as the driver makes it but on a line that is watched, and when it is lent again.

use super::{
    line::{Bytes, Line},
    tally::{Above, Tally},
};
use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use deadpool_postgres::ClientWrapper;
use socket2::{SockRef, TcpKeepalive};
use std::{
    future::Future,
    io,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::net::{TcpStream, UnixStream};
use tokio_postgres::{
    Config, SimpleQueryMessage,
    config::{Host, TargetSessionAttrs},
    tls::MakeTlsConnect,
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// What a loan before it left running may take so long to end: a rollback does. A statement that nobody waits for any
/// more may take the whole time limit.
const LEFT_OVER: Duration = Duration::from_millis(250);

/// Makes connections whose server may take `patience` to answer.
pub struct Dial {
    pub(super) config: Config,
    pub(super) tls: MakeRustlsConnect,
    pub(super) patience: Duration,
    pub(super) last_break: Arc<LastBreak>,
}

/// A connection of the pool.
pub struct Wire {
    client: ClientWrapper,
    tally: Arc<Tally>,
}

impl Deref for Wire {
    type Target = ClientWrapper;

    fn deref(&self) -> &ClientWrapper {
        &self.client
    }
}

impl DerefMut for Wire {
    fn deref_mut(&mut self) -> &mut ClientWrapper {
        &mut self.client
    }
}

/// When a connection broke last. Those that lie idle have the same server, and one that fell silent would be found out
/// by one statement after another, each at the cost of the whole patience.
#[derive(Default)]
pub(super) struct LastBreak(Mutex<Option<Instant>>);

impl LastBreak {
    pub(super) fn now(&self) {
        *self.0.lock().expect("no panic under this lock") = Some(Instant::now());
    }

    /// Whether a connection that was last used at `used` is to be trusted.
    pub(super) fn is_before(&self, used: Instant) -> bool {
        self.0.lock().expect("no panic under this lock").is_none_or(|broke| broke < used)
    }
}

impl Manager for Dial {
    type Type = Wire;
    type Error = tokio_postgres::Error;

    async fn create(&self) -> Result<Wire, tokio_postgres::Error> {
        let mut hosts = hosts(&self.config).into_iter().peekable();
        loop {
            // No host at all is the driver's to refuse, in its own words.
            let (host, name, port) = hosts.next().unwrap_or_else(|| (Host::Tcp(String::new()), None, 0));
            // On the heap: whoever asks for a connection would carry the room for a handshake about.
            match Box::pin(self.connect_one(&host, name.as_deref(), port)).await {
                Err(_) if hosts.peek().is_some() => {}
                made => return made,
            }
        }
    }

    async fn recycle(&self, wire: &mut Wire, used: &Metrics) -> RecycleResult<tokio_postgres::Error> {
        if wire.is_closed() {
            return Err(RecycleError::message("it is closed"));
        }
        if !self.last_break.is_before(used.recycled.unwrap_or(used.created)) {
            return Err(RecycleError::message("another connection broke since it was used"));
        }
        // Whoever gave up waiting left a statement: the next one would wait for it.
        if wire.tally.owes() && tokio::time::timeout(LEFT_OVER, wire.tally.settled()).await.is_err() {
            return Err(RecycleError::message("it is busy with what nobody waits for"));
        }
        if wire.is_closed() {
            return Err(RecycleError::message("it was closed meanwhile"));
        }
        Ok(())
    }
}

impl Dial {
    async fn connect_one(&self, host: &Host, name: Option<&str>, port: u16) -> Result<Wire, tokio_postgres::Error> {
        let wire = self.over(open(&self.config, host, port).await, name).await?;
        let wanted = match self.config.get_target_session_attrs() {
            TargetSessionAttrs::ReadWrite => "off",
            TargetSessionAttrs::ReadOnly => "on",
            _ => return Ok(wire),
        };
        let told = wire.simple_query("SHOW transaction_read_only").await?;
        let is_wanted = told.iter().any(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0) == Some(wanted),
            _ => false,
        });
        if is_wanted {
            return Ok(wire);
        }
        drop(wire);
        self.over(Err(io::ErrorKind::PermissionDenied.into()), name).await
    }

    async fn over(&self, bytes: io::Result<Box<dyn Bytes>>, name: Option<&str>) -> Result<Wire, tokio_postgres::Error> {
        let tally = Arc::new(Tally::new(self.last_break.clone()));
        let line = Line::over(bytes, self.patience, tally.clone());
        let Ok(tls) = MakeTlsConnect::<Line>::make_tls_connect(&mut self.tls.clone(), name.unwrap_or_default());
        let (client, mut connection) = self.config.connect_raw(line, Above(tls)).await?;
        tally.start();
        let last_break = self.last_break.clone();
        let told = tally.clone();
        let task = tokio::spawn(async move {
            // Noted before whoever waits for an answer learns of it: nobody shall try the next idle one.
            let ended = (&mut connection).await;
            if ended.is_err() {
                last_break.now();
            }
            drop(connection);
            told.end();
            if let Err(error) = ended {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%error, cause, "a connection to the database broke");
            }
        });
        Ok(Wire { client: ClientWrapper::new(client, task), tally })
    }
}

/// Where the servers are: what is dialled, the name that a certificate is checked for, and the port.
fn hosts(config: &Config) -> Vec<(Host, Option<String>, u16)> {
    let (names, addresses, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
    let count = names.len().max(addresses.len());
    let host = |n: usize| {
        let name = match names.get(n) {
            Some(Host::Tcp(name)) => Some(name.clone()),
            _ => None,
        };
        let host = match addresses.get(n) {
            Some(address) => Host::Tcp(address.to_string()),
            None => names.get(n)?.clone(),
        };
        Some((host, name, ports.get(n).or_else(|| ports.first()).copied().unwrap_or(5432)))
    };
    (0..count).filter_map(host).collect()
}

async fn open(config: &Config, host: &Host, port: u16) -> io::Result<Box<dyn Bytes>> {
    match host {
        Host::Unix(folder) => {
            let stream = in_time(config, UnixStream::connect(folder.join(format!(".s.PGSQL.{port}")))).await?;
            Ok(Box::new(stream))
        }
        Host::Tcp(name) => {
            let stream = in_time(config, TcpStream::connect((name.as_str(), port))).await?;
            stream.set_nodelay(true)?;
            let socket = SockRef::from(&stream);
            #[cfg(target_os = "linux")]
            socket.set_tcp_user_timeout(config.get_tcp_user_timeout().copied())?;
            if config.get_keepalives() {
                socket.set_tcp_keepalive(&keepalive(config))?;
            }
            Ok(Box::new(stream))
        }
    }
}

fn keepalive(config: &Config) -> TcpKeepalive {
    let mut keepalive = TcpKeepalive::new().with_time(config.get_keepalives_idle());
    if let Some(interval) = config.get_keepalives_interval() {
        keepalive = keepalive.with_interval(interval);
    }
    match config.get_keepalives_retries() {
        Some(retries) => keepalive.with_retries(retries),
        None => keepalive,
    }
}

async fn in_time<T>(config: &Config, connecting: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match config.get_connect_timeout() {
        Some(limit) => {
            tokio::time::timeout(*limit, connecting).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        }
        None => connecting.await,
    }
}
