//! One socket from its first message to its close.

#[cfg(any(test, fuzzing))]
pub mod fuzzing;

use super::{
    Operations,
    places::Place,
    protocol::{End, Reply, Said},
};
use crate::{
    domain::Timestamp,
    service::Actor,
    web::{
        WebState,
        actor::{self, Caller},
        graphql::answer::never_ran,
    },
};
use async_graphql::Response as Answer;
use axum::{
    body::Bytes,
    extract::ws::{CloseFrame, Message, WebSocket},
    http::{HeaderMap, HeaderName, HeaderValue, Method},
};
use futures_util::{
    SinkExt, StreamExt,
    future::{AbortHandle, Abortable},
    stream::{BoxStream, SelectAll, SplitSink, once},
};
use serde_json::Value;
use std::{collections::HashMap, time::Duration};
use tokio::time::Instant;

/// A client that has not introduced itself by then is sent away.
const INIT_WITHIN: Duration = Duration::from_secs(10);
/// How often the client is asked for a sign of life, which every browser gives by itself.
const PING_EVERY: Duration = Duration::from_secs(20);
/// A client that gave none for this long is gone.
const SILENT_FOR: Duration = Duration::from_secs(60);
/// A client that does not take a message for this long is gone.
const SEND_WITHIN: Duration = Duration::from_secs(10);
/// How often it is looked whether the caller's proof has ended.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After this long it is looked up again who the caller is: people are banned while their sockets are open.
const KNOWN_FOR: chrono::Duration = chrono::Duration::minutes(1);
/// A stranger for whom nothing ran for this long is sent away.
const STRANGER_FOR: chrono::Duration = chrono::Duration::seconds(10);

/// What an operation brings; `None` at its end.
type Brought = (String, Option<Answer>);

/// A conversation.
pub(super) struct Session {
    state: WebState,
    operations: Operations,
    /// Who the handshake says it is; counts until the introduction says more.
    visitor: Caller,
    /// Who it is, once introduced.
    caller: Option<Caller>,
    /// When that was looked up.
    known_at: Timestamp,
    /// When something last ran.
    busy_at: Timestamp,
    place: Place,
    running: HashMap<String, AbortHandle>,
    results: SelectAll<Abortable<BoxStream<'static, Brought>>>,
}

/// How a conversation goes on.
enum Then {
    Listen,
    Say(String),
    End(End),
}

pub(super) async fn run(socket: WebSocket, mut session: Session) {
    let (mut sink, mut frames) = socket.split();
    let opened = Instant::now();
    let mut heard_at = opened;
    let mut pings = tokio::time::interval_at(opened + PING_EVERY, PING_EVERY);
    let mut looks = tokio::time::interval_at(opened + LOOK_EVERY, LOOK_EVERY);
    let end = loop {
        let then = tokio::select! {
            frame = frames.next() => {
                heard_at = Instant::now();
                match frame {
                    Some(Ok(frame @ (Message::Text(_) | Message::Binary(_)))) => session.hear(&frame.into_data()).await,
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => Then::Listen,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => break None,
                }
            }
            Some((id, answer)) = session.results.next() => session.tell(&id, answer.as_ref()),
            () = tokio::time::sleep_until(opened + INIT_WITHIN), if session.caller.is_none() => {
                Then::End(End::new(4408, "Connection initialisation timeout"))
            }
            _ = looks.tick() => session.look().await,
            _ = pings.tick() => {
                if heard_at.elapsed() >= SILENT_FOR {
                    break Some(End::new(1001, "No sign of life"));
                }
                if !send(&mut sink, Message::Ping(Bytes::new())).await {
                    break None;
                }
                Then::Listen
            }
        };
        match then {
            Then::Listen => {}
            Then::Say(text) => {
                if !send(&mut sink, Message::Text(text.into())).await {
                    break None;
                }
            }
            Then::End(end) => break Some(end),
        }
    };
    let farewell = async {
        if let Some(End(code, reason)) = end {
            tracing::debug!(code, %reason, "a socket is closed");
            sink.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await?;
        }
        // Also sends the answer to the client's own close.
        sink.close().await
    };
    // Whoever is gone needs none.
    let _ = tokio::time::timeout(SEND_WITHIN, farewell).await;
}

/// Whether the client took it.
async fn send(sink: &mut SplitSink<WebSocket, Message>, message: Message) -> bool {
    matches!(tokio::time::timeout(SEND_WITHIN, sink.send(message)).await, Ok(Ok(())))
}

impl Session {
    pub(super) fn new(state: WebState, operations: Operations, visitor: Caller, place: Place) -> Self {
        let now = state.service.clock.now();
        let (running, results) = (HashMap::new(), SelectAll::new());
        Self { state, operations, visitor, caller: None, known_at: now, busy_at: now, place, running, results }
    }

    async fn hear(&mut self, message: &[u8]) -> Then {
        let Ok(said) = serde_json::from_slice(message) else { return Then::End(End::nonsense()) };
        match said {
            Said::ConnectionInit { payload } => self.introduce(&payload.map_or(Value::Null, Value::Object)).await,
            Said::Ping { payload } => Then::Say(Reply::Pong { payload }.text()),
            Said::Pong { .. } => Then::Listen,
            Said::Subscribe { id, .. } | Said::Complete { id } if id.is_empty() => Then::End(End::nonsense()),
            Said::Subscribe { id, payload } => self.subscribe(id, payload).await,
            Said::Complete { id } => {
                self.forget(&id);
                Then::Listen
            }
        }
    }

    /// Takes `connection_init`: what its payload presents counts as if it came in headers.
    async fn introduce(&mut self, payload: &Value) -> Then {
        if self.caller.is_some() {
            return Then::End(End::new(4429, "Too many initialisation requests"));
        }
        let presented = headers(payload);
        let caller = if presented.is_empty() {
            Ok(self.visitor.clone())
        } else {
            actor::identify(&self.state, &Method::POST, &presented).await
        };
        match caller {
            Ok(caller) if !self.place.change_for(&caller.actor) => Then::End(End::later()),
            Ok(caller) => {
                self.known_at = self.state.service.clock.now();
                self.caller = Some(caller);
                Then::Say(Reply::ConnectionAck.text())
            }
            Err(problem) if problem.status.is_server_error() => Then::End(End::later()),
            Err(_) => Then::End(End::new(4403, "Forbidden")),
        }
    }

    async fn subscribe(&mut self, id: String, payload: serde_json::Map<String, Value>) -> Then {
        if self.caller.is_none() {
            return Then::End(End::new(4401, "Unauthorized"));
        }
        if self.running.contains_key(&id) {
            return Then::End(End::new(4409, format!("Subscriber for {} already exists", short(&id))));
        }
        if let Some(end) = self.look_up().await {
            return Then::End(end);
        }
        let Some(caller) = &self.caller else { return Then::Listen };
        match self.operations.stream(payload, caller) {
            Ok(Ok(answers)) => {
                let (next, last) = (id.clone(), id.clone());
                let brought = answers.map(move |answer| (next.clone(), Some(answer)));
                let brought = brought.chain(once(async move { (last, None) })).boxed();
                let (brought, handle) = futures_util::stream::abortable(brought);
                self.results.push(brought);
                self.running.insert(id, handle);
                Then::Listen
            }
            Ok(Err(refusal)) => Then::Say(Reply::Error { id: &id, payload: &[refusal] }.text()),
            Err(end) => Then::End(end),
        }
    }

    /// Passes on what an operation brought. One that could not run ends with its errors.
    fn tell(&mut self, id: &str, answer: Option<&Answer>) -> Then {
        match answer {
            Some(answer) if never_ran(answer) => {
                self.forget(id);
                Then::Say(Reply::Error { id, payload: &answer.errors }.text())
            }
            Some(answer) => Then::Say(Reply::next(id, answer).text()),
            None => {
                self.forget(id);
                Then::Say(Reply::Complete { id }.text())
            }
        }
    }

    fn forget(&mut self, id: &str) {
        if let Some(handle) = self.running.remove(id) {
            handle.abort();
        }
    }

    /// Whether the conversation may go on, by the time that has passed.
    async fn look(&mut self) -> Then {
        let now = self.state.service.clock.now();
        let Some(caller) = &self.caller else { return Then::Listen };
        if caller.proof.until.is_some_and(|until| now >= until) {
            // Not 4401: after that one clients do not come back, not even with a fresh token.
            return Then::End(End::new(4403, "Session expired"));
        }
        let is_stranger = matches!(caller.actor, Actor::Nobody);
        if !self.running.is_empty() {
            self.busy_at = now;
        } else if is_stranger && now - self.busy_at >= STRANGER_FOR {
            return Then::End(End::new(1000, "Nothing is asked"));
        }
        // A clock that was put back is no reason to wait.
        let is_fresh = (self.known_at..self.known_at + KNOWN_FOR).contains(&now);
        let end = if is_fresh { None } else { self.look_up().await };
        end.map_or(Then::Listen, Then::End)
    }

    /// Looks up again who the caller is. Who administered and does not any more is sent away; while the database cannot
    /// tell, everything stays as it is, and operations fail by themselves.
    async fn look_up(&mut self) -> Option<End> {
        let caller = self.caller.as_mut()?;
        self.known_at = self.state.service.clock.now();
        let known = actor::resolve(&self.state, &caller.proof).await.ok()?;
        if caller.actor.admin().is_ok() && known.actor.admin().is_err() {
            return Some(End::new(4403, "Forbidden"));
        }
        *caller = known;
        None
    }
}

/// A close frame holds 123 bytes.
fn short(id: &str) -> String {
    id.chars().take(16).collect()
}

/// What a payload presents, as headers: nchat's client wraps it, `{"headers": {"authorization": …}}`, others send
/// `{"authorization": …}`. Cookies are no client's to write.
fn headers(payload: &Value) -> HeaderMap {
    let inner = payload.get("headers").filter(|headers| headers.is_object()).unwrap_or(payload);
    let pairs = inner.as_object().into_iter().flatten();
    pairs
        .filter_map(|(name, value)| {
            let name = HeaderName::try_from(name.as_str()).ok()?;
            let counts =
                matches!(name.as_str(), "authorization" | actor::SECRET) || name.as_str().starts_with("x-hasura-");
            let value = HeaderValue::try_from(value.as_str()?).ok()?;
            (counts && !value.is_empty()).then_some((name, value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_payload_presents_what_headers_would() {
        let bearer = |payload: Value| {
            headers(&payload).get("authorization").map(|value| value.to_str().unwrap_or_default().to_owned())
        };
        assert_eq!(bearer(json!({"headers": {"authorization": "Bearer a"}})).as_deref(), Some("Bearer a"));
        assert_eq!(bearer(json!({"Authorization": "Bearer b"})).as_deref(), Some("Bearer b"));
        assert_eq!(bearer(json!({"headers": null, "authorization": "Bearer c"})).as_deref(), Some("Bearer c"));
        for payload in [json!(null), json!([]), json!({"authorization": 7}), json!({"authorization": ""})] {
            assert_eq!(bearer(payload.clone()), None, "{payload}");
        }
        let crooked = json!({"cookie": "nchat-session=x", "sec-fetch-site": "same-origin", "a b": "c"});
        assert!(headers(&crooked).is_empty());
    }
}
