//! The program as it is shipped: how long until it answers, and how large it is.

use crate::{
    Bench,
    crew::settings,
    database::Database,
    http::Http,
    report::{Goal, Row},
    responder::Responder,
    serving::OPERATOR,
};
use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const ROUNDS: usize = 5;

pub async fn measure(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let database = Database::create(bench, "start", 1_000, 10).await?;
    let responder = Responder::start(Duration::ZERO, 0)?;
    let mut runs = Vec::new();
    for _ in 0..ROUNDS {
        runs.push(Serve::start(&database, &responder, &[]).await?.took.as_secs_f64() * 1e3);
    }
    let bytes = std::fs::metadata(env!("CARGO_BIN_EXE_nchat-social"))?.len();
    Ok(vec![
        Row {
            what: "`serve` from start to ready".into(),
            unit: "ms",
            runs,
            floor: None,
            goals: vec![Goal::AtMost(300.0)],
        },
        Row {
            what: "the program, stripped".into(),
            unit: "MB",
            runs: vec![bytes as f64 / 1e6],
            floor: None,
            goals: vec![Goal::AtMost(30.0)],
        },
    ])
}

/// A process of the program; ended with this value.
pub struct Serve {
    child: Child,
    http: Http,
    /// How long until it was ready.
    pub took: Duration,
}

impl Serve {
    /// Starts `serve` and waits until it is ready.
    pub async fn start(database: &Database, responder: &Responder, more: &[(&str, &str)]) -> anyhow::Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let began = Instant::now();
        let child = Command::new(env!("CARGO_BIN_EXE_nchat-social"))
            .arg("serve")
            .env_clear()
            .envs(settings(&database.url, &responder.base))
            .env("SOCIAL_LISTEN", address.to_string())
            .envs(more.iter().copied())
            .stdout(Stdio::null())
            .spawn()?;
        let mut serve = Self { child, http: Http::to(address), took: Duration::ZERO };
        while !serve.http.get("/readyz", "").await.is_ok_and(|(status, _)| status == 200) {
            anyhow::ensure!(began.elapsed() < Duration::from_secs(30), "`serve` is not ready after 30 s");
            anyhow::ensure!(serve.child.try_wait()?.is_none(), "`serve` ended at once");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        serve.took = began.elapsed();
        Ok(serve)
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it counts.
    pub async fn metrics(&self) -> anyhow::Result<String> {
        let (status, body) = self.http.get("/metrics", &format!("authorization: Bearer {OPERATOR}\r\n")).await?;
        anyhow::ensure!(status == 200, "/metrics answered {status}");
        Ok(body)
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
