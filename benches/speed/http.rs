//! The least of an HTTP client: what asks must not cost more than what answers.

use anyhow::Context;
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Where to ask.
pub struct Http(SocketAddr);

impl Http {
    /// Asks at `address`.
    pub fn to(address: SocketAddr) -> Self {
        Self(address)
    }

    /// One GET on a connection of its own; `headers` end with a line's end.
    pub async fn get(&self, path: &str, headers: &str) -> anyhow::Result<(u16, String)> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n{headers}\r\n", self.0);
        let (status, body) = Connection::open(self.0).await?.ask(request.as_bytes()).await?;
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }
}

/// A connection that is used again and again.
pub struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::new() })
    }

    /// Sends a whole request; its answer's status and body, which must tell its length.
    pub async fn ask(&mut self, request: &[u8]) -> anyhow::Result<(u16, Vec<u8>)> {
        self.stream.write_all(request).await?;
        self.read.clear();
        let end = loop {
            if let Some(end) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            anyhow::ensure!(self.stream.read_buf(&mut self.read).await? > 0, "the connection was closed");
        };
        let head = String::from_utf8_lossy(&self.read[..end]).to_ascii_lowercase();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("a status")?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")).context("a length")?;
        let length: usize = length.trim().parse()?;
        while self.read.len() < end + length {
            anyhow::ensure!(self.stream.read_buf(&mut self.read).await? > 0, "the connection was closed");
        }
        Ok((status, self.read[end..end + length].to_vec()))
    }
}
