//! How a connection of the pool is made: as the driver makes it, but on a line that is watched.

use super::line::{Bytes, Line};
use deadpool_postgres::Connect;
use futures_util::future::BoxFuture;
use socket2::{SockRef, TcpKeepalive};
use std::{
    future::Future,
    io,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::{
    net::{TcpStream, UnixStream},
    task::JoinHandle,
};
use tokio_postgres::{
    Client, Config, SimpleQueryMessage,
    config::{Host, TargetSessionAttrs},
    tls::MakeTlsConnect,
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Makes connections whose server may take `patience` to answer.
pub(super) struct Dial {
    pub(super) tls: MakeRustlsConnect,
    pub(super) patience: Duration,
    pub(super) last_break: Arc<LastBreak>,
}

/// When a connection broke last. Those that lie idle have the same server, and one that fell silent would be found out
/// by one statement after another, each at the cost of the whole patience.
#[derive(Default)]
pub(super) struct LastBreak(Mutex<Option<Instant>>);

impl LastBreak {
    fn now(&self) {
        *self.0.lock().expect("no panic under this lock") = Some(Instant::now());
    }

    /// Whether a connection that was last used at `used` is to be trusted.
    pub(super) fn is_before(&self, used: Instant) -> bool {
        self.0.lock().expect("no panic under this lock").is_none_or(|broke| broke < used)
    }
}

type Made = Result<(Client, JoinHandle<()>), tokio_postgres::Error>;

impl Connect for Dial {
    fn connect(&self, config: &Config) -> BoxFuture<'_, Made> {
        let config = config.clone();
        Box::pin(async move {
            let mut hosts = hosts(&config).into_iter().peekable();
            loop {
                // No host at all is the driver's to refuse, in its own words.
                let (host, name, port) = hosts.next().unwrap_or_else(|| (Host::Tcp(String::new()), None, 0));
                match self.connect_one(&config, &host, name.as_deref(), port).await {
                    Err(_) if hosts.peek().is_some() => {}
                    made => return made,
                }
            }
        })
    }
}

impl Dial {
    async fn connect_one(&self, config: &Config, host: &Host, name: Option<&str>, port: u16) -> Made {
        let (client, task) = self.over(config, open(config, host, port).await, name).await?;
        let wanted = match config.get_target_session_attrs() {
            TargetSessionAttrs::ReadWrite => "off",
            TargetSessionAttrs::ReadOnly => "on",
            _ => return Ok((client, task)),
        };
        let told = client.simple_query("SHOW transaction_read_only").await?;
        let is_wanted = told.iter().any(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0) == Some(wanted),
            _ => false,
        });
        if is_wanted {
            return Ok((client, task));
        }
        task.abort();
        self.over(config, Err(io::ErrorKind::PermissionDenied.into()), name).await
    }

    async fn over(&self, config: &Config, bytes: io::Result<Box<dyn Bytes>>, name: Option<&str>) -> Made {
        let line = Line::over(bytes, self.patience);
        let Ok(tls) = MakeTlsConnect::<Line>::make_tls_connect(&mut self.tls.clone(), name.unwrap_or_default());
        let (client, mut connection) = config.connect_raw(line, tls).await?;
        let last_break = self.last_break.clone();
        let task = tokio::spawn(async move {
            // Noted before whoever waits for an answer learns of it: nobody shall try the next idle one.
            if let Err(error) = (&mut connection).await {
                last_break.now();
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%error, cause, "a connection to the database broke");
            }
        });
        Ok((client, task))
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
