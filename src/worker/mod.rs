//! Floor 4: polls. Claim what is due, nudge the queue, work what it hands out.

pub mod queue;
