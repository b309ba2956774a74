//! Subscriptions over WebSocket: `<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>`. The library's own
//! speaker of it answers an operation that cannot run with a result and lets an id be used twice, so it is spoken here.

use super::{
    execute::{check_size, prepared},
    params::Params,
};
use crate::{
    graphql::{RequestId, SocialSchema},
    service::Service,
    web::{
        Problem, WebState,
        actor::{self, Caller},
    },
};
use async_graphql::{Response as Answer, ServerError};
use axum::{
    extract::{FromRequestParts, WebSocketUpgrade},
    http::{StatusCode, request::Parts},
    response::Response,
};
use futures_util::{StreamExt, stream::BoxStream};
use protocol::End;
use serde_json::{Map, Value};
use session::Session;
use std::sync::Arc;
use tokio::sync::Semaphore;

mod places;
mod protocol;
mod session;

#[cfg(any(test, fuzzing))]
pub use session::fuzzing::converse;

pub(super) use places::Places;

pub(super) const PROTOCOL: &str = "graphql-transport-ws";
/// Operations that run on one socket at the same time.
const MOST_OPERATIONS: usize = 32;
const MOST_MESSAGE_BYTES: usize = 256 * 1024;

/// Turns the request into a socket.
pub(super) async fn upgrade(state: WebState, places: Places, parts: &mut Parts) -> Result<Response, Problem> {
    // What the request itself presents counts until connection_init presents something; what is wrong with it is told
    // before there is a socket.
    let visitor = actor::identify(&state, &parts.method, &parts.headers).await?;
    let request_id = parts.extensions.get::<RequestId>().cloned();
    let upgrade = WebSocketUpgrade::from_request_parts(parts, &()).await.map_err(|rejection| {
        tracing::debug!(%rejection, "no WebSocket");
        Problem::bad_request("this is no proper WebSocket handshake")
    })?;
    let upgrade = upgrade.protocols([PROTOCOL]).max_message_size(MOST_MESSAGE_BYTES).max_frame_size(MOST_MESSAGE_BYTES);
    if upgrade.selected_protocol().is_none() {
        return Err(Problem::bad_request("the only subprotocol here is graphql-transport-ws"));
    }
    let Some(place) = places.take(&visitor.actor) else {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "too many sockets are open, try again"));
    };
    let operations = Operations {
        schema: state.schema.clone(),
        service: state.service.clone(),
        request_id,
        running: Arc::new(Semaphore::new(MOST_OPERATIONS)),
    };
    let span = tracing::Span::current();
    Ok(upgrade.on_upgrade(move |socket| {
        tracing::Instrument::instrument(session::run(socket, Session::new(state, operations, visitor, place)), span)
    }))
}

/// Executes the operations of one socket.
#[derive(Clone)]
struct Operations {
    schema: SocialSchema,
    service: Service,
    request_id: Option<RequestId>,
    running: Arc<Semaphore>,
}

impl Operations {
    /// What an operation of `caller` brings, or why it is not begun. A payload that is no operation ends the socket.
    fn stream(
        &self,
        payload: Map<String, Value>,
        caller: &Caller,
    ) -> Result<Result<BoxStream<'static, Answer>, ServerError>, End> {
        let request = Params::from_object(payload).map_err(|_| End::nonsense())?.into_request();
        if let Err(problem) = check_size(&request) {
            return Ok(Err(ServerError::new(problem.message, None)));
        }
        let Ok(place) = Arc::clone(&self.running).try_acquire_owned() else {
            return Ok(Err(ServerError::new("too many operations on this socket", None)));
        };
        let request = prepared(request, &self.service, caller, self.request_id.clone());
        let answers = self.schema.execute_stream(request);
        Ok(Ok(answers
            .map(move |answer| {
                let _ = &place;
                answer
            })
            .boxed()))
    }
}

#[cfg(test)]
mod tests;
