//! A conversation without a socket below it.

use super::super::places::Places;
use super::*;
use crate::{service::Actor, web::actor::Proof};
use futures_util::FutureExt;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// What is said to a stranger who says `messages`, each as JSON; the last word, if it came to that, as `{close, reason}`.
pub async fn converse<'a>(state: WebState, messages: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    let operations = Operations {
        schema: state.schema.clone(),
        service: state.service.clone(),
        request_id: None,
        running: Arc::new(Semaphore::new(super::super::MOST_OPERATIONS)),
    };
    let visitor = Caller { actor: Actor::Nobody, proof: Proof::default() };
    let Some(place) = Places::default().take(&visitor.actor) else { return Vec::new() };
    let mut session = Session::new(state, operations, visitor, place);
    let mut said = Vec::new();
    for message in messages {
        let mut then = session.hear(message).await;
        loop {
            match then {
                Then::Listen => {}
                Then::Say(text) => said.push(text),
                Then::End(End(code, reason)) => {
                    said.push(serde_json::json!({ "close": code, "reason": reason }).to_string());
                    return said;
                }
            }
            // What is ready now; subscriptions wait for news that never come.
            let Some(Some((id, answer))) = session.results.next().now_or_never() else { break };
            then = session.tell(&id, answer.as_ref());
        }
    }
    said
}
