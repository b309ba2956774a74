//! The platforms as one small world with memory, on their real paths and in their real shapes.
//! Shares no code with `platforms`, so that a misreading on either side shows.

pub mod instagram;
pub mod linkedin;
pub mod twitter;
pub mod world;

pub use world::{Counters, Draft, DraftMedia, NewAccount, Other, PlatformWorld, Shared};
