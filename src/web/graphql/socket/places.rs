//! Places for sockets: many for who is known, few for who is not, or not yet. So strangers can take only their own.

use crate::service::Actor;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Open sockets of one process whose callers are known.
const MOST_KNOWN: usize = 256;
/// Those of others. A browser's socket is one of them from its handshake to its introduction.
pub(super) const MOST_STRANGERS: usize = 64;

/// The places of one process.
#[derive(Clone)]
pub(in crate::web::graphql) struct Places {
    known: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
}

impl Default for Places {
    fn default() -> Self {
        Self { known: Arc::new(Semaphore::new(MOST_KNOWN)), strangers: Arc::new(Semaphore::new(MOST_STRANGERS)) }
    }
}

/// A place that is taken until it is dropped.
pub(super) struct Place {
    places: Places,
    is_strangers: bool,
    _permit: OwnedSemaphorePermit,
}

impl Places {
    /// A place for `actor`, while there is one.
    pub(super) fn take(&self, actor: &Actor) -> Option<Place> {
        let is_strangers = matches!(actor, Actor::Nobody);
        let of = if is_strangers { &self.strangers } else { &self.known };
        let Ok(permit) = Arc::clone(of).try_acquire_owned() else {
            tracing::warn!(is_strangers, "no place for another socket");
            return None;
        };
        Some(Place { places: self.clone(), is_strangers, _permit: permit })
    }
}

impl Place {
    /// Changes a stranger's place for one of `actor`, who introduced himself; whether there is one.
    pub(super) fn change_for(&mut self, actor: &Actor) -> bool {
        if self.is_strangers && !matches!(actor, Actor::Nobody) {
            let Some(place) = self.places.take(actor) else { return false };
            *self = place;
        }
        true
    }
}
