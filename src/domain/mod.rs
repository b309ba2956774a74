//! Floor 0, pure: what the service knows about accounts, posts and rules. No await, no I/O, no driver.

pub mod account;
pub mod alert;
pub mod clock;
pub mod credential;
pub mod cursor;
pub mod dice;
pub mod embed;
pub mod engagement;
pub mod filter;
pub mod health;
pub mod integration;
pub mod limits;
pub mod money;
pub mod plan;
pub mod platform;
pub mod post;
pub mod schedule;
pub mod standing;
pub mod steps;
pub mod text;

pub use account::{AccountProfile, Identity};
pub use clock::Clock;
pub use credential::TokenSet;
pub use cursor::Cursor;
pub use dice::Dice;
pub use money::Usd;
pub use platform::Platform;
pub use post::{Author, Engagement, Media, MediaKind, Post, Quoted, Relation};
pub use steps::{Step, Steps};

/// A point in time; always UTC.
pub type Timestamp = chrono::DateTime<chrono::Utc>;
