//! Claiming accounts that are due. Every process does it; the claim skips what another has locked, so no leader is
//! needed.

use super::{
    LEASE,
    queue::{JobQueue, PollJob, QueueError},
};
use crate::{
    service::Service,
    store::{
        StoreError,
        claims::{Claim, LEASE_SIZE},
    },
};
use std::sync::Arc;

/// Claims accounts and puts them in line.
pub struct Ticker {
    /// The use cases.
    pub service: Service,
    /// The line.
    pub queue: Arc<dyn JobQueue>,
    /// No claims while so many wait in line: a lease must not run out before its turn.
    pub most_waiting: usize,
}

/// A tick that did not get through.
#[derive(Debug, thiserror::Error)]
pub enum TickFault {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The queue.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

impl Ticker {
    /// Claims what is due, as far as the line has room. Returns how many accounts.
    ///
    /// # Errors
    /// [`TickFault`]; what was claimed is given back.
    pub async fn tick(&self) -> Result<usize, TickFault> {
        let platforms: Vec<&'static str> =
            self.service.platforms.iter().map(|client| client.spec().platform.as_str()).collect();
        let mut waiting = self.queue.waiting().await?;
        self.service.metrics.tick(self.service.clock.now(), waiting);
        let mut claimed = 0;
        while waiting < self.most_waiting {
            let now = self.service.clock.now();
            let lease_id = self.service.dice.uuid(now);
            let claim = Claim { lease_id, now, until: now + LEASE, platforms: &platforms };
            let accounts = self.service.store.claim_due(claim).await?;
            if accounts == 0 {
                break;
            }
            if let Err(error) = self.queue.push(PollJob { lease_id }).await {
                self.service.store.release(lease_id, now).await?;
                return Err(error.into());
            }
            claimed += accounts;
            waiting += 1;
            if i64::try_from(accounts).is_ok_and(|accounts| accounts < LEASE_SIZE) {
                break;
            }
        }
        Ok(claimed)
    }
}
