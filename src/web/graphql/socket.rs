//! Subscriptions over WebSocket: `<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>`. The library speaks
//! the protocol; here are its door, its limits and the codes with which it ends.

use super::execute::{check_size, prepared};
use crate::{
    graphql::{RequestId, SocialSchema},
    service::Service,
    web::{
        Problem, WebState,
        actor::{self, Caller},
    },
};
use async_graphql::{Data, Executor, Request, Response as Answer, ServerError, futures_util::stream::BoxStream};
use axum::{
    extract::{FromRequestParts, WebSocketUpgrade},
    http::{StatusCode, request::Parts},
    response::Response,
};
use futures_util::StreamExt;
use std::{any::TypeId, borrow::Cow, sync::Arc};
use tokio::sync::Semaphore;

mod session;

pub(super) const PROTOCOL: &str = "graphql-transport-ws";
/// Open sockets of one process.
const MOST_SOCKETS: usize = 256;
/// Operations that run on one socket at the same time.
const MOST_OPERATIONS: usize = 32;
const MOST_MESSAGE_BYTES: usize = 256 * 1024;

/// Places for sockets.
#[derive(Clone)]
pub(super) struct Slots(Arc<Semaphore>);

impl Default for Slots {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST_SOCKETS)))
    }
}

/// Turns the request into a socket.
pub(super) async fn upgrade(state: WebState, slots: Slots, parts: &mut Parts) -> Result<Response, Problem> {
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
    let place = slots.0.try_acquire_owned().map_err(|_| {
        tracing::warn!(limit = MOST_SOCKETS, "no place for another socket");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "too many sockets are open, try again")
    })?;
    let operations = Operations {
        schema: state.schema.clone(),
        service: state.service.clone(),
        request_id,
        running: Arc::new(Semaphore::new(MOST_OPERATIONS)),
    };
    let span = tracing::Span::current();
    Ok(upgrade.on_upgrade(move |socket| {
        let session = async move {
            session::run(socket, state, operations, visitor).await;
            drop(place);
        };
        tracing::Instrument::instrument(session, span)
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
    /// The operation with its caller, and its place among those that run.
    fn admit(
        &self,
        request: Request,
        session: Option<&Data>,
    ) -> Result<(Request, tokio::sync::OwnedSemaphorePermit), Cow<'static, str>> {
        let caller = session
            .and_then(|data| data.get(&TypeId::of::<Caller>()))
            .and_then(|caller| caller.downcast_ref::<Caller>())
            .ok_or("the connection has not been initialised")?;
        check_size(&request).map_err(|problem| problem.message)?;
        let place = Arc::clone(&self.running)
            .try_acquire_owned()
            .map_err(|_| Cow::from("too many operations on this socket"))?;
        Ok((prepared(request, &self.service, caller, self.request_id.clone()), place))
    }
}

impl Executor for Operations {
    async fn execute(&self, request: Request) -> Answer {
        // Sockets only stream; an operation without their session is nobody's.
        match self.admit(request, None) {
            Ok((request, _place)) => self.schema.execute(request).await,
            Err(message) => refusal(&message),
        }
    }

    fn execute_stream(&self, request: Request, session: Option<Arc<Data>>) -> BoxStream<'static, Answer> {
        match self.admit(request, session.as_deref()) {
            Ok((request, place)) => {
                let answers = self.schema.execute_stream(request);
                answers
                    .map(move |answer| {
                        let _ = &place;
                        answer
                    })
                    .boxed()
            }
            Err(message) => futures_util::stream::once(async move { refusal(&message) }).boxed(),
        }
    }
}

fn refusal(message: &str) -> Answer {
    Answer::from_errors(vec![ServerError::new(message, None)])
}

#[cfg(test)]
mod tests;
