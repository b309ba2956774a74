//! Settings: one struct for each concern, read from the environment once, all problems reported at once.

pub mod platforms;

pub use platforms::{InstagramConfig, LinkedinConfig, TwitterConfig};
