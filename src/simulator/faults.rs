//! What goes wrong on demand, before or after a platform handles a request.

use super::weather::{self, Weather};
use crate::domain::{Dice, Timestamp};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

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
    /// How long, by the platforms' clock; `None`: until cleared.
    #[serde(default)]
    pub seconds: Option<u32>,
}

const fn always() -> f64 {
    1.0
}

impl Fault {
    /// A fault at every request to `platform` under `path_prefix`, until cleared.
    pub fn new(platform: &str, path_prefix: &str, kind: FaultKind) -> Self {
        Self {
            platform: platform.into(),
            path_prefix: path_prefix.into(),
            kind,
            times: None,
            probability: always(),
            seconds: None,
        }
    }

    /// The same, only `times` times.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }

    /// The same, only for so many seconds of the platforms' time.
    #[must_use]
    pub fn seconds(self, seconds: u32) -> Self {
        Self { seconds: Some(seconds), ..self }
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
    /// A named answer of that platform, see [`PlatformWorld::presets`](super::PlatformWorld::presets).
    Preset(String),
    /// An edge server's HTML page with this status (502, 503, 504) instead of JSON.
    Html(u16),
    /// The request reaches the platform this many milliseconds late.
    Slow(u64),
    /// The platform handles the request at once, so a token rotates; its answer comes this many milliseconds late.
    SlowAfter(u64),
    /// The platform is not asked; the connection ends in the middle of a body.
    Cut,
    /// The platform handles the request, so a token rotates, and then its answer is cut in the middle.
    CutAfter,
    /// The platform handles the request; the answer arrives whole, but its body is half the JSON.
    TruncatedJson,
    /// The platform handles the request; this merge patch changes the JSON of its answer.
    /// `<https://www.rfc-editor.org/rfc/rfc7396>`
    Patch(serde_json::Value),
}

impl FaultKind {
    /// A word for the call log.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::Preset(_) => "preset",
            Self::Html(_) => "html",
            Self::Slow(_) => "slow",
            Self::SlowAfter(_) => "slow_after",
            Self::Cut => "cut",
            Self::CutAfter => "cut_after",
            Self::TruncatedJson => "truncated_json",
            Self::Patch(_) => "patch",
        }
    }
}

/// An answer that a platform gives by name.
#[derive(Clone, Debug)]
pub struct Preset {
    /// HTTP status.
    pub status: u16,
    /// The headers that matter with it.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: serde_json::Value,
}

impl From<Preset> for FaultKind {
    fn from(preset: Preset) -> Self {
        let headers = preset.headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self::Status { status: preset.status, headers, body: preset.body }
    }
}

/// Stands on an answer that hands out what no other answer will tell again, such as rotated tokens: called when the
/// answer does not arrive whole.
#[derive(Clone)]
pub(super) struct IfLost(pub Arc<dyn Fn() + Send + Sync>);

/// The armed faults, in order, and the weather.
#[derive(Default)]
pub(super) struct Faults {
    armed: Mutex<Vec<Armed>>,
    weather: Mutex<Option<Weather>>,
}

struct Armed {
    fault: Fault,
    ends_at: Option<Timestamp>,
}

impl Faults {
    /// Checks and arms `fault`, whose preset has become the answer it names.
    pub(super) fn arm(&self, fault: Fault, now: Timestamp) -> Result<(), String> {
        match &fault.kind {
            FaultKind::Status { status, headers, .. } => {
                StatusCode::from_u16(*status).map_err(|_| format!("{status} is no HTTP status"))?;
                header_map(headers)?;
            }
            FaultKind::Html(status) => {
                StatusCode::from_u16(*status).map_err(|_| format!("{status} is no HTTP status"))?;
            }
            FaultKind::Slow(ms) | FaultKind::SlowAfter(ms) if *ms > MAX_SLOW_MS => {
                return Err(format!("slow: at most {MAX_SLOW_MS} ms"));
            }
            _ => {}
        }
        if !(0.0..=1.0).contains(&fault.probability) {
            return Err("probability: a number from 0 to 1".into());
        }
        let ends_at = fault.seconds.map(|seconds| now + chrono::Duration::seconds(seconds.into()));
        let mut armed = self.armed.lock().expect("the faults' lock is never held over a panic");
        armed.retain(|armed| armed.is_left(now));
        if armed.len() >= MAX_ARMED {
            return Err(format!("{MAX_ARMED} faults are armed already: clear them first"));
        }
        armed.push(Armed { fault, ends_at });
        Ok(())
    }

    /// From now on a share of all answers is faulty.
    pub(super) fn set_weather(&self, weather: Option<Weather>) {
        *self.weather.lock().expect("the weather's lock is never held over a panic") = weather;
    }

    pub(super) fn clear(&self) {
        self.armed.lock().expect("the faults' lock is never held over a panic").clear();
        self.set_weather(None);
    }

    /// What happens to this request, if anything: the first armed fault that fits it, or else what the weather brings.
    pub(super) fn draw(
        &self,
        request: &weather::Passing<'_>,
        dice: &dyn Dice,
        presets: impl FnOnce() -> Vec<Preset>,
    ) -> Option<FaultKind> {
        let mut armed = self.armed.lock().expect("the faults' lock is never held over a panic");
        armed.retain(|armed| armed.is_left(request.at));
        let fault = armed.iter_mut().map(|armed| &mut armed.fault).find(|fault| {
            (fault.platform == "*" || fault.platform == request.platform)
                && request.path.starts_with(&fault.path_prefix)
                && (fault.probability >= 1.0 || dice.fraction() < fault.probability)
        });
        let Some(fault) = fault else {
            drop(armed);
            let mut weather = self.weather.lock().expect("the weather's lock is never held over a panic");
            return weather.as_mut()?.strike(request, presets);
        };
        if let Some(times) = &mut fault.times {
            *times -= 1;
        }
        Some(fault.kind.clone())
    }
}

impl Armed {
    fn is_left(&self, now: Timestamp) -> bool {
        self.fault.times != Some(0) && self.ends_at.is_none_or(|end| now < end)
    }
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
        FaultKind::SlowAfter(ms) => {
            let response = next.run(request).await;
            let mut waiting = Loss(response.extensions().get::<IfLost>().cloned());
            tokio::time::sleep(Duration::from_millis(ms)).await;
            waiting.0 = None;
            response
        }
        FaultKind::CutAfter => {
            let response = next.run(request).await;
            drop(Loss(response.extensions().get::<IfLost>().cloned()));
            cut(response).await
        }
        FaultKind::TruncatedJson => {
            let (mut parts, body) = take_body(next.run(request).await).await;
            drop(Loss(parts.extensions.get::<IfLost>().cloned()));
            parts.headers.remove(header::CONTENT_LENGTH);
            Response::from_parts(parts, Body::from(body.slice(..body.len() / 2)))
        }
        FaultKind::Patch(patch) => {
            let (mut parts, body) = take_body(next.run(request).await).await;
            parts.headers.remove(header::CONTENT_LENGTH);
            let mut json = serde_json::from_slice(&body).unwrap_or_default();
            merge(&mut json, patch);
            Response::from_parts(parts, Body::from(json.to_string()))
        }
    }
}

/// RFC 7396: objects are merged member by member, null removes one, anything else replaces.
fn merge(target: &mut serde_json::Value, patch: serde_json::Value) {
    let serde_json::Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = serde_json::Value::Object(serde_json::Map::new());
    }
    let Some(members) = target.as_object_mut() else { return };
    for (name, value) in patch {
        if value.is_null() {
            members.remove(&name);
        } else {
            merge(members.entry(name).or_insert(serde_json::Value::Null), value);
        }
    }
}

/// Tells of the loss when dropped: also when the caller goes away while it waits.
struct Loss(Option<IfLost>);

impl Drop for Loss {
    fn drop(&mut self) {
        if let Some(IfLost(tell)) = self.0.take() {
            tell();
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
