//! X, as far as a poll sees it: a process of its own that answers timelines with as many new posts as it is told, and
//! anything posted to it with an empty GraphQL answer after 5 ms. It costs as little as it can, for it runs on the same
//! cores as what is measured. The crate's simulator, which remembers and checks everything, would cost more than the
//! service.

use anyhow::Context;
use nchat_social::domain::{Clock, clock::SystemClock};
use std::{
    fmt::Write,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// How long an answer of Hasura takes.
const GRAPHQL: Duration = Duration::from_millis(5);

/// The responder's process; ended with this value.
pub struct Responder {
    child: Child,
    /// Its address.
    pub base: String,
}

impl Responder {
    /// Starts one that answers after `latency` with `posts` new posts.
    pub fn start(latency: Duration, posts: usize) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["responder", &latency.as_millis().to_string(), &posts.to_string()])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut base = String::new();
        BufReader::new(child.stdout.take().context("its output")?).read_line(&mut base)?;
        Ok(Self { child, base: base.trim().to_owned() })
    }

    /// The address of an account's timeline.
    pub fn timeline(&self, account: &str) -> String {
        format!("{}/twitter/2/users/{account}/tweets", self.base)
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The responder's own process.
pub fn main(arguments: &[String]) -> anyhow::Result<()> {
    let [latency, posts] = arguments else { anyhow::bail!("responder LATENCY_MS POSTS") };
    let (latency, posts) = (Duration::from_millis(latency.parse()?), posts.parse()?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("http://{}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(answer(stream, latency, posts));
        }
    })
}

/// Answers one request after another.
async fn answer(mut stream: TcpStream, latency: Duration, posts: usize) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut read = Vec::with_capacity(4096);
    loop {
        let end = loop {
            if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut read).await? == 0 {
                return Ok(());
            }
        };
        let head = String::from_utf8_lossy(&read[..end]).into_owned();
        let length = header(&head, "content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
        while read.len() < end + length {
            if stream.read_buf(&mut read).await? == 0 {
                return Ok(());
            }
        }
        read.drain(..end + length);
        let body = if head.starts_with("POST") {
            tokio::time::sleep(GRAPHQL).await;
            r#"{"data":{}}"#.to_owned()
        } else {
            tokio::time::sleep(latency).await;
            page(&head, posts)
        };
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all((head + &body).as_bytes()).await?;
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
}

/// The page above the request's `since_id`: always a full one.
pub fn page(head: &str, posts: usize) -> String {
    if posts == 0 {
        return r#"{"meta":{"result_count":0}}"#.to_owned();
    }
    let part = |before: &str, end: &[char]| Some(head.split_once(before)?.1.split(end).next()?.to_owned());
    let since: u64 = part("since_id=", &['&', ' ']).and_then(|id| id.parse().ok()).unwrap_or(1_000_000_000_000_000_000);
    let author = part("/users/", &['/']).unwrap_or_default();
    // What is older than a week is recorded only.
    let now = SystemClock.now().format("%Y-%m-%dT%H:%M:%S.000Z");
    let mut page = String::with_capacity(posts * 900);
    page.push_str(r#"{"data":["#);
    for id in (since + 1..=since + posts as u64).rev() {
        let comma = if page.ends_with('[') { "" } else { "," };
        let _ = write!(
            page,
            r##"{comma}{{"id":"{id}","edit_history_tweet_ids":["{id}"],"author_id":"{author}","conversation_id":"{id}",
            "created_at":"{now}","lang":"en","possibly_sensitive":false,
            "text":"Our spring launch is here: number {id} brings what you asked for, and a little more of it. Thank you to everybody who tried the beta &amp; wrote to us, it helped. Details in the channel. #launch #news",
            "entities":{{"hashtags":[{{"start":179,"end":186,"tag":"launch"}},{{"start":187,"end":192,"tag":"news"}}]}},
            "public_metrics":{{"retweet_count":3,"reply_count":1,"like_count":27,"quote_count":0,"bookmark_count":2,"impression_count":3120}}}}"##
        );
    }
    let _ = write!(
        page,
        r#"],"includes":{{"users":[{{"id":"{author}","username":"acme_{author}","name":"Acme {author}","profile_image_url":"https://pbs.twimg.com/profile_images/{author}/a.jpg"}}]}},"meta":{{"result_count":{posts},"newest_id":"{}","oldest_id":"{}"}}}}"#,
        since + posts as u64,
        since + 1
    );
    page
}
