//! What goes wrong on demand, before or after a platform handles a request.

use super::twitter;
use crate::domain::{Dice, Timestamp};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, io, sync::Mutex, time::Duration};

/// Answers larger than this are not cut but refused; a page is far below.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;
/// No request is held longer than this, whatever [`FaultKind::Slow`] says.
const MAX_SLOW_MS: u64 = 10 * 60 * 1000;
/// More armed faults than this are a mistake of the caller.
const MAX_ARMED: usize = 1000;

/// Something that shall go wrong.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// `twitter`, `instagram`, `linkedin`, or `*` for all.
    pub platform: String,
    /// Paths below the platform's name that begin so: `/2/oauth2/token`. Empty: all.
    #[serde(default)]
    pub path_prefix: String,
    /// What happens.
    pub kind: FaultKind,
    /// How often; `None`: until cleared.
    #[serde(default)]
    pub times: Option<u32>,
    /// How likely at each request that fits, 0 to 1.
    #[serde(default = "always")]
    pub probability: f64,
}

const fn always() -> f64 {
    1.0
}

impl Fault {
    /// A fault at every request to `platform` under `path_prefix`, until cleared.
    pub fn new(platform: &str, path_prefix: &str, kind: FaultKind) -> Self {
        Self { platform: platform.into(), path_prefix: path_prefix.into(), kind, times: None, probability: always() }
    }

    /// The same, only `times` times.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }
}

/// What happens to a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultKind {
    /// The platform is not asked; this is the answer. A `body` that is a string is sent as it is, as HTML.
    Status {
        status: u16,
        #[serde(default)]
        headers: BTreeMap<String, String>,
        #[serde(default)]
        body: serde_json::Value,
    },
    /// A named answer of that platform, see [`twitter::preset`].
    Preset(String),
    /// An edge server's HTML page with this status (502, 503, 504) instead of JSON.
    Html(u16),
    /// The platform answers this many milliseconds late.
    Slow(u64),
    /// The platform is not asked; the connection ends in the middle of a body.
    Cut,
    /// The platform handles the request, so a token rotates, and then its answer is cut in the middle.
    CutAfter,
    /// The platform handles the request; the answer arrives whole, but its body is half the JSON.
    TruncatedJson,
}

impl FaultKind {
    /// A word for the call log.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::Preset(_) => "preset",
            Self::Html(_) => "html",
            Self::Slow(_) => "slow",
            Self::Cut => "cut",
            Self::CutAfter => "cut_after",
            Self::TruncatedJson => "truncated_json",
        }
    }
}

/// The armed faults, in order.
#[derive(Default)]
pub(super) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    /// Checks and arms `fault`; a preset becomes the answer it names, with limits that end after `now`.
    pub(super) fn arm(&self, mut fault: Fault, now: Timestamp) -> Result<(), String> {
        if let FaultKind::Preset(name) = &fault.kind {
            fault.kind = preset(&fault.platform, name, now)?;
        }
        match &fault.kind {
            FaultKind::Status { status, headers, .. } => {
                StatusCode::from_u16(*status).map_err(|_| format!("{status} is no HTTP status"))?;
                header_map(headers)?;
            }
            FaultKind::Html(status) => {
                StatusCode::from_u16(*status).map_err(|_| format!("{status} is no HTTP status"))?;
            }
            FaultKind::Slow(ms) if *ms > MAX_SLOW_MS => return Err(format!("slow: at most {MAX_SLOW_MS} ms")),
            _ => {}
        }
        if !(0.0..=1.0).contains(&fault.probability) {
            return Err("probability: a number from 0 to 1".into());
        }
        let mut armed = self.0.lock().expect("the faults' lock is never held over a panic");
        if armed.len() >= MAX_ARMED {
            return Err(format!("{MAX_ARMED} faults are armed already: clear them first"));
        }
        armed.push(fault);
        Ok(())
    }

    pub(super) fn clear(&self) {
        self.0.lock().expect("the faults' lock is never held over a panic").clear();
    }

    /// What happens to this request, if anything.
    pub(super) fn draw(&self, platform: &str, path: &str, dice: &dyn Dice) -> Option<FaultKind> {
        let mut armed = self.0.lock().expect("the faults' lock is never held over a panic");
        armed.retain(|fault| fault.times != Some(0));
        let fault = armed.iter_mut().find(|fault| {
            (fault.platform == "*" || fault.platform == platform)
                && path.starts_with(&fault.path_prefix)
                && (fault.probability >= 1.0 || dice.fraction() < fault.probability)
        })?;
        if let Some(times) = &mut fault.times {
            *times -= 1;
        }
        Some(fault.kind.clone())
    }
}

fn preset(platform: &str, name: &str, now: Timestamp) -> Result<FaultKind, String> {
    if platform != "twitter" {
        return Err(format!("no presets for {platform:?}: give a status with a body"));
    }
    let answer = twitter::preset(name, now)
        .ok_or_else(|| format!("unknown preset {name:?}: use {}", twitter::PRESETS.join(", ")))?;
    let headers = answer.headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Ok(FaultKind::Status { status: answer.status, headers, body: answer.body })
}

/// Lets `kind` happen to `request`.
pub(super) async fn happen(kind: FaultKind, request: Request, next: Next) -> Response {
    match kind {
        FaultKind::Status { status, headers, body } => answer(status, &headers, &body),
        // Arming replaced it; a preset that got here all the same is not a fault.
        FaultKind::Preset(_) => next.run(request).await,
        FaultKind::Html(status) => answer(status, &BTreeMap::new(), &edge_page(status).into()),
        FaultKind::Slow(ms) => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            next.run(request).await
        }
        FaultKind::Cut => {
            cut((StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], r#"{"data":[{"id":"1"}]}"#)
                .into_response())
            .await
        }
        FaultKind::CutAfter => cut(next.run(request).await).await,
        FaultKind::TruncatedJson => {
            let (mut parts, body) = take_body(next.run(request).await).await;
            parts.headers.remove(header::CONTENT_LENGTH);
            Response::from_parts(parts, Body::from(body.slice(..body.len() / 2)))
        }
    }
}

fn answer(status: u16, headers: &BTreeMap<String, String>, body: &serde_json::Value) -> Response {
    let (content_type, text) = match body {
        serde_json::Value::String(text) => ("text/html; charset=utf-8", text.clone()),
        serde_json::Value::Null => ("text/html; charset=utf-8", String::new()),
        json => ("application/json; charset=utf-8", json.to_string()),
    };
    let mut response = ([(header::CONTENT_TYPE, content_type)], text).into_response();
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().extend(header_map(headers).unwrap_or_default());
    response
}

fn header_map(headers: &BTreeMap<String, String>) -> Result<HeaderMap, String> {
    let pair = |(name, value): (&String, &String)| {
        let bad = || format!("{name:?} cannot be sent as a header");
        Ok((name.parse::<HeaderName>().map_err(|_| bad())?, HeaderValue::from_str(value).map_err(|_| bad())?))
    };
    headers.iter().map(pair).collect()
}

fn edge_page(status: u16) -> String {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error");
    format!(
        "<html>\r\n<head><title>{status} {reason}</title></head>\r\n<body>\r\n\
         <center><h1>{status} {reason}</h1></center>\r\n</body>\r\n</html>\r\n"
    )
}

/// `response` whose length is announced in full and whose connection ends after half of it.
async fn cut(response: Response) -> Response {
    let (mut parts, body) = take_body(response).await;
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len().max(2)));
    let half = body.slice(..body.len() / 2);
    let stream = futures_util::stream::unfold(Some(half), |state| async move {
        match state {
            Some(half) if !half.is_empty() => Some((Ok(half), Some(Bytes::new()))),
            Some(_) => {
                // Lets the first half leave before the connection dies.
                tokio::task::yield_now().await;
                Some((Err(io::Error::from(io::ErrorKind::ConnectionReset)), None))
            }
            None => None,
        }
    });
    Response::from_parts(parts, Body::from_stream(stream))
}

async fn take_body(response: Response) -> (axum::http::response::Parts, Bytes) {
    let (parts, body) = response.into_parts();
    (parts, to_bytes(body, MAX_BODY_BYTES).await.unwrap_or_default())
}
