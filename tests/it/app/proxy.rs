//! A wire between the program and its Postgres that a test can spoil: let through, refuse, fall mute, cut.

use nchat_social::domain::{Dice, dice::SeededDice};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// What the wire does with connections.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Weather {
    /// Lets everything through.
    Fair,
    /// Closes what is open and whatever comes.
    Refusing,
    /// Stays open and says nothing, as a machine that hangs. A connection that was mute once is so for ever.
    Mute,
    /// Cuts every connection after some bytes, this many at most: in the middle of statements and answers.
    Cutting(u64),
    /// Cuts every so-manieth connection that commits: by turns before the server has read it and after it has answered.
    CuttingCommits(u64),
}

/// The wire; cut for good when it is dropped.
pub struct Proxy {
    address: SocketAddr,
    way: watch::Sender<(SocketAddr, Weather)>,
    cuts: Arc<AtomicU64>,
    accepting: JoinHandle<()>,
}

/// What the connections share.
#[derive(Clone)]
struct Wire {
    way: watch::Receiver<(SocketAddr, Weather)>,
    dice: Arc<SeededDice>,
    cuts: Arc<AtomicU64>,
    commits: Arc<AtomicU64>,
}

impl Proxy {
    /// A wire to the server at `url`, whose cuts are drawn by `seed`.
    pub async fn to(url: &str, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (way, seen) = watch::channel((server_of(url), Weather::Fair));
        let cuts = Arc::new(AtomicU64::new(0));
        let wire =
            Wire { way: seen, dice: Arc::new(SeededDice::new(seed)), cuts: cuts.clone(), commits: Arc::default() };
        let accepting = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let wire = wire.clone();
                tokio::spawn(async move { wire.carry(near).await });
            }
        });
        Self { address, way, cuts, accepting }
    }

    /// `url`, but through the wire.
    pub fn through(&self, url: &str) -> String {
        let mut url = url::Url::parse(url).expect("an address");
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(self.address.port())).expect("a port");
        url.into()
    }

    /// From now on the wire does this, also with what is open.
    pub fn set(&self, weather: Weather) {
        self.way.send_modify(|way| way.1 = weather);
    }

    /// New connections lead to the server at `url`; open ones end.
    pub fn turn_to(&self, url: &str) {
        self.way.send_modify(|way| *way = (server_of(url), Weather::Refusing));
        self.way.send_modify(|way| way.1 = Weather::Fair);
    }

    /// Connections that were cut so far.
    pub fn cuts(&self) -> u64 {
        self.cuts.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.set(Weather::Refusing);
    }
}

impl Wire {
    /// Carries one connection to its end.
    async fn carry(mut self, mut near: TcpStream) {
        let (server, weather) = *self.way.borrow_and_update();
        if weather == Weather::Refusing {
            return;
        }
        let Ok(mut far) = TcpStream::connect(server).await else { return };
        let mut left = self.budget(weather);
        let (mut out, mut back) = (vec![0; 16 * 1024], vec![0; 16 * 1024]);
        loop {
            let weather = self.way.borrow().1;
            if weather == Weather::Mute {
                let over = |way: &(SocketAddr, Weather)| way.0 != server || way.1 == Weather::Refusing;
                let _ = self.way.wait_for(over).await;
                return;
            }
            tokio::select! {
                biased;
                changed = self.way.changed() => {
                    let (now_server, weather) = *self.way.borrow_and_update();
                    if changed.is_err() || weather == Weather::Refusing || now_server != server {
                        return;
                    }
                    left = self.budget(weather);
                }
                read = near.read(&mut out) => {
                    let Ok(count @ 1..) = read else { return };
                    if self.cuts_commit(weather, &out[..count]) {
                        if self.dice.fraction() < 0.5 {
                            // The server commits and answers; nobody hears it.
                            let _ = far.write_all(&out[..count]).await;
                            let _ = far.read(&mut back).await;
                        }
                        return self.cut();
                    }
                    if !pass(&mut left, &mut far, &out[..count]).await {
                        return self.cut();
                    }
                }
                read = far.read(&mut back) => {
                    let Ok(count @ 1..) = read else { return };
                    if !pass(&mut left, &mut near, &back[..count]).await {
                        return self.cut();
                    }
                }
            }
        }
    }

    fn cut(&self) {
        self.cuts.fetch_add(1, Ordering::Relaxed);
    }

    /// How many bytes a connection may carry.
    fn budget(&self, weather: Weather) -> Option<u64> {
        match weather {
            Weather::Cutting(most) => Some((self.dice.fraction() * most as f64) as u64),
            _ => None,
        }
    }

    fn cuts_commit(&self, weather: Weather, sent: &[u8]) -> bool {
        let Weather::CuttingCommits(every) = weather else { return false };
        let is_commit = sent.windows(7).any(|bytes| bytes == b"COMMIT\0");
        is_commit && (self.commits.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(every)
    }
}

/// Passes on what the budget allows; `false` when that is not all.
async fn pass(left: &mut Option<u64>, to: &mut TcpStream, bytes: &[u8]) -> bool {
    let allowed = left.map_or(bytes.len(), |left| bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX)));
    if let Some(left) = left {
        *left -= allowed as u64;
    }
    to.write_all(&bytes[..allowed]).await.is_ok() && allowed == bytes.len()
}

fn server_of(url: &str) -> SocketAddr {
    let url = url::Url::parse(url).expect("an address");
    let host = url.host_str().expect("a host").parse().expect("the number of a host");
    SocketAddr::new(host, url.port().unwrap_or(5432))
}
