//! A stand-in for X in tests: gives prepared answers in order and remembers what it was asked.

use super::Twitter;
use crate::{
    config::platforms::TwitterConfig,
    domain::Usd,
    outbound::{Limits, Outbound},
    platforms::Meter,
};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::Response,
};
use http::HeaderMap;
use secrecy::SecretString;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
};
use url::{Url, form_urlencoded};

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub path: String,
    pub query: HashMap<String, String>,
    pub form: HashMap<String, String>,
    headers: HeaderMap,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// A prepared answer.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Answer {
    pub fn new(status: u16, body: impl ToString) -> Self {
        Self { status, headers: Vec::new(), body: body.to_string() }
    }

    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }
}

impl From<serde_json::Value> for Answer {
    fn from(body: serde_json::Value) -> Self {
        Self::new(200, body)
    }
}

#[derive(Debug, Default)]
struct Script {
    answers: VecDeque<Answer>,
    seen: Vec<Seen>,
}

/// A server on a free local port, gone with the test's runtime.
pub(super) struct FakeX {
    base: String,
    /// What the readings used.
    pub meter: Meter,
    script: Arc<Mutex<Script>>,
}

impl FakeX {
    /// Answers in this order, then with 599.
    pub async fn answering(answers: impl IntoIterator<Item = impl Into<Answer>>) -> Self {
        let answers = answers.into_iter().map(Into::into).collect();
        let script = Arc::new(Mutex::new(Script { answers, seen: Vec::new() }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&script));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base, meter: Meter::default(), script }
    }

    /// A client of this server, as a confidential app.
    pub fn client(&self) -> Twitter {
        client(&self.base)
    }

    pub fn config(&self) -> TwitterConfig {
        config(&self.base)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.script.lock().expect("no test panics while holding it").seen.clone()
    }
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, 64 * 1024).await.unwrap_or_default();
    let pairs = |bytes: &[u8]| form_urlencoded::parse(bytes).into_owned().collect();
    let mut script = script.lock().expect("no test panics while holding it");
    script.seen.push(Seen {
        path: head.uri.path().to_owned(),
        query: pairs(head.uri.query().unwrap_or("").as_bytes()),
        form: pairs(&body),
        headers: head.headers,
    });
    let next = script.answers.pop_front().unwrap_or_else(|| Answer::new(599, "no answer is left"));
    let mut response = Response::builder().status(next.status);
    for (name, value) in next.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(next.body)).expect("a valid answer")
}

/// A client of the server at `base`.
pub(super) fn client(base: &str) -> Twitter {
    Twitter::new(config(base), outbound())
}

pub(super) fn outbound() -> Outbound {
    // Another test may have installed it.
    rustls::crypto::ring::default_provider().install_default().ok();
    Outbound::new(Limits::default()).expect("an HTTP client")
}

fn config(base: &str) -> TwitterConfig {
    let url = |path: &str| format!("{base}{path}").parse::<Url>().expect("a valid address");
    TwitterConfig {
        client_id: "client:1:ci+/=".to_owned(),
        client_secret: Some("secret-canary".into()),
        bearer_token: None,
        authorize_url: url("/i/oauth2/authorize"),
        token_url: url("/2/oauth2/token"),
        revoke_url: url("/2/oauth2/revoke"),
        api_url: url(""),
        post_price: Usd(5_000),
        user_price: Usd(10_000),
        daily_budget: None,
    }
}

pub(super) fn token() -> SecretString {
    "at-canary".into()
}
