//! A server that gives prepared answers in order and remembers what it was asked.

use crate::platforms::Meter;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
};

/// An answer to be given.
pub(super) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Answer {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::text(status, &body.to_string())
    }

    pub(super) fn text(status: u16, body: &str) -> Self {
        Self { status, headers: Vec::new(), body: body.to_owned() }
    }

    pub(super) fn with(mut self, header: &'static str, value: &str) -> Self {
        self.headers.push((header, value.to_owned()));
        self
    }
}

/// A request that came.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub method: String,
    pub path: String,
    pub query: HashMap<String, String>,
    pub bearer: Option<String>,
    pub form: HashMap<String, String>,
}

/// The server.
pub(super) struct Script {
    pub base_url: String,
    /// What the readings used.
    pub meter: Meter,
    play: Arc<Play>,
}

#[derive(Default)]
struct Play {
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<Asked>>,
}

impl Script {
    pub(super) async fn serve(answers: Vec<Answer>) -> Self {
        let play = Arc::new(Play { answers: Mutex::new(answers.into()), asked: Mutex::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&play));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base_url, meter: Meter::default(), play }
    }

    /// Every request so far; all prepared answers must have been fetched.
    pub(super) fn asked(&self) -> Vec<Asked> {
        let left = self.play.answers.lock().unwrap().len();
        assert_eq!(left, 0, "answers were not asked for");
        self.play.asked.lock().unwrap().clone()
    }
}

async fn answer(State(play): State<Arc<Play>>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let pairs = |text: &[u8]| url::form_urlencoded::parse(text).into_owned().collect();
    let bearer = headers.get("authorization").map(|value| value.to_str().unwrap().replace("Bearer ", ""));
    play.asked.lock().unwrap().push(Asked {
        method: method.to_string(),
        path: uri.path().to_owned(),
        query: pairs(uri.query().unwrap_or_default().as_bytes()),
        bearer,
        form: pairs(&body),
    });
    let Some(answer) = play.answers.lock().unwrap().pop_front() else {
        return (StatusCode::IM_A_TEAPOT, "nobody expected this request").into_response();
    };
    let mut response = (StatusCode::from_u16(answer.status).unwrap(), answer.body).into_response();
    for (name, value) in answer.headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}
