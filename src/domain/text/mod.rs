//! Other people's text: compared, scanned, cleaned and cut without breaking a language.

mod clean;
mod cut;
mod fold;
mod link;
mod scan;

pub use clean::{clean, disarm_pings, one_line};
pub use cut::{cut, shorten};
pub use fold::fold;
pub use link::{MAX_URL_BYTES, https_only};
pub use scan::{hashtags, mentions};
