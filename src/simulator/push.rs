//! What a platform sends by itself: a form, posted to a service on this machine.

use super::Simulator;
use serde::{Deserialize, Serialize};
use std::io;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use url::{Host, Url};

/// A longer answer is not read to its end.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;
/// Meta does not wait for ever either.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

/// A message to be pushed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Push {
    /// Whose person did something.
    pub account: String,
    /// What it is about, in the platform's words; Meta: `deauthorize`, `data_deletion`.
    pub kind: String,
    /// The login it came by, where the platform has several; Meta: `instagram` (default), `facebook`.
    #[serde(default)]
    pub login: Option<String>,
    /// What signs it; the login's own app secret when not given.
    #[serde(default)]
    pub secret: Option<String>,
}

/// What the service answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pushed {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl Simulator {
    /// The platform posts `push` to `url`, which must be plain HTTP on a loopback address.
    ///
    /// # Errors
    /// A sentence when the platform has no such message, or nobody answers at `url`.
    pub async fn push(&self, platform: &str, push: &Push, url: &Url) -> Result<Pushed, String> {
        let form = self.world(platform).ok_or_else(|| self.unknown_world(platform))?.push(push)?;
        let here = match url.host() {
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            _ => false,
        };
        if url.scheme() != "http" || !here {
            return Err(format!("{url}: the simulator posts to http://127.0.0.1 only"));
        }
        let posted = tokio::time::timeout(PATIENCE, post(url, &form)).await;
        posted.map_err(|_| format!("{url} did not answer"))?.map_err(|error| format!("{url}: {error}"))
    }
}

/// One request on one connection.
async fn post(url: &Url, form: &str) -> io::Result<Pushed> {
    let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(80));
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let mut stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
    let request = format!(
        "POST {target} HTTP/1.0\r\nhost: {host}:{port}\r\nuser-agent: facebookplatform/1.0\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(MAX_ANSWER_BYTES).read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    let unreadable = || io::Error::new(io::ErrorKind::InvalidData, "the answer is not HTTP");
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(unreadable)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(unreadable)?;
    Ok(Pushed { status, body: body.to_owned() })
}
