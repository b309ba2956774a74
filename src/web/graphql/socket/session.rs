//! One socket from its first message to its close.

use super::Operations;
use crate::{
    domain::Timestamp,
    web::{
        Problem, WebState,
        actor::{self, Caller},
    },
};
use async_graphql::{
    Data,
    http::{WebSocket as Protocol, WebSocketProtocols, WsMessage},
};
use axum::{
    body::Bytes,
    extract::ws::{CloseFrame, Message, WebSocket},
    http::{HeaderMap, HeaderName, HeaderValue, Method},
};
use futures_util::{SinkExt, StreamExt, pin_mut, stream};
use serde_json::Value;
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::{sync::mpsc, time::Instant};

/// A client that has not introduced itself by then is sent away.
const INIT_WITHIN: Duration = Duration::from_secs(10);
/// How often the client is asked for a sign of life, which every browser gives by itself.
const PING_EVERY: Duration = Duration::from_secs(20);
/// A client that gave none for this long is gone.
const SILENT_FOR: Duration = Duration::from_secs(60);
/// A client that does not take a message for this long is gone.
const SEND_WITHIN: Duration = Duration::from_secs(10);
/// Messages that wait for the protocol.
const MOST_WAITING: usize = 64;

/// What `connection_init` led to: the end of the caller's proof, or why it was refused.
type Introduction = Arc<OnceLock<Result<Option<Timestamp>, Problem>>>;

/// A code and a word for the last message.
struct End(u16, String);

pub(super) async fn run(socket: WebSocket, state: WebState, operations: Operations, visitor: Caller) {
    let (mut sink, frames) = socket.split();
    let (feed, waiting) = mpsc::channel::<Bytes>(MOST_WAITING);
    let input = stream::unfold(waiting, |mut waiting| async { waiting.recv().await.map(|bytes| (bytes, waiting)) });
    let introduction = Introduction::default();
    let clock = Arc::clone(&state.service.clock);
    let answers = Protocol::new(operations, input.boxed(), WebSocketProtocols::GraphQLWS)
        .on_connection_init(introduce(state, visitor, Arc::clone(&introduction)));
    pin_mut!(frames, answers);
    let opened = Instant::now();
    let mut heard_at = opened;
    let mut pings = tokio::time::interval_at(opened + PING_EVERY, PING_EVERY);
    let end = loop {
        let message = tokio::select! {
            frame = frames.next() => {
                heard_at = Instant::now();
                match frame {
                    Some(Ok(frame @ (Message::Text(_) | Message::Binary(_)))) => match feed.try_send(frame.into_data()) {
                        Ok(()) => continue,
                        Err(_) => break Some(End(4429, "Too many messages at once".into())),
                    },
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => break None,
                }
            }
            answer = answers.next() => match answer {
                Some(WsMessage::Text(text)) => Message::Text(text.into()),
                Some(WsMessage::Close(code, reason)) => break Some(translate(code, reason, introduction.get())),
                None => break None,
            },
            () = tokio::time::sleep_until(opened + INIT_WITHIN), if introduction.get().is_none() => {
                break Some(End(4408, "Connection initialisation timeout".into()));
            }
            _ = pings.tick() => {
                if heard_at.elapsed() >= SILENT_FOR {
                    break Some(End(1001, "No sign of life".into()));
                }
                if let Some(Ok(Some(until))) = introduction.get() && clock.now() >= *until {
                    // Not 4401: after that one clients do not come back, not even with a fresh token.
                    break Some(End(4403, "Session expired".into()));
                }
                Message::Ping(Bytes::new())
            }
        };
        if !matches!(tokio::time::timeout(SEND_WITHIN, sink.send(message)).await, Ok(Ok(()))) {
            break None;
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

/// Takes `connection_init`: what its payload presents counts as if it came in headers.
fn introduce(
    state: WebState,
    visitor: Caller,
    introduction: Introduction,
) -> impl FnOnce(Value) -> futures_util::future::BoxFuture<'static, async_graphql::Result<Data>> + Send + 'static {
    move |payload| {
        Box::pin(async move {
            let presented = headers(&payload);
            let caller = if presented.is_empty() {
                Ok(visitor)
            } else {
                actor::identify(&state, &Method::POST, &presented).await
            };
            let outcome = caller.as_ref().map(|caller| caller.until).map_err(Clone::clone);
            let _ = introduction.set(outcome);
            let mut data = Data::default();
            data.insert(caller.map_err(|problem| async_graphql::Error::new(problem.message))?);
            Ok(data)
        })
    }
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

/// The library's codes as the protocol's.
fn translate(code: u16, reason: String, introduction: Option<&Result<Option<Timestamp>, Problem>>) -> End {
    match code {
        1002 if matches!(introduction, Some(Err(_))) => End(4403, "Forbidden".into()),
        // The library's reason can quote the message.
        1002 => End(4400, "Invalid message".into()),
        1011 => End(4401, "Unauthorized".into()),
        code => End(code, reason),
    }
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

    #[test]
    fn closes_with_the_protocols_codes() {
        let refused = Err(Problem::bad_request("no"));
        assert_eq!(translate(1002, "no".into(), Some(&refused)).0, 4403);
        assert_eq!(translate(1002, "expected value".into(), Some(&Ok(None))).0, 4400);
        assert_eq!(translate(1011, "handshake".into(), None).0, 4401);
        assert_eq!(translate(4429, "twice".into(), Some(&Ok(None))).0, 4429);
    }
}
