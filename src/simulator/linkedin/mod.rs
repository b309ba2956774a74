//! The simulated LinkedIn: one member who administers company pages, the member's consent, and what an approved
//! partner app may read of the pages. Mounted under `/linkedin`, on LinkedIn's real paths.
//!
//! | file | what |
//! |---|---|
//! | `authorize` `page` `token` `grants` `introspect` | OAuth |
//! | `gate` `usage` `refusal` `reply` | what every call passes, and how it is refused |
//! | `restli` `paging` `call` `rest` | Rest.li: reading a call, wrapping an answer, finding its resource |
//! | `identity` `organizations` `acls` | who the member is and which pages are theirs |
//! | `posts` `draft` `content` `little_text` `load` | posts: reading, writing, taking over |
//! | `media` `signed_link` `engagement` `statistics` | what hangs on posts |
//! | `world` `state` `switches` `urn` | the world behind it |

mod acls;
mod authorize;
mod call;
mod content;
mod draft;
mod engagement;
mod gate;
mod grants;
mod identity;
mod introspect;
mod little_text;
mod load;
mod media;
mod organizations;
mod paging;
mod posts;
mod refusal;
mod reply;
mod rest;
mod restli;
mod signed_link;
mod state;
mod statistics;
mod switches;
mod token;
mod urn;
mod usage;
mod world;

#[cfg(test)]
mod tests;

pub use world::LinkedinWorld;

/// The client id of the one registered app.
pub const CLIENT_ID: &str = "sim-linkedin-client";
/// Its secret.
pub const CLIENT_SECRET: &str = "sim-linkedin-secret";

/// The world, empty: pages come by `add_account`.
pub fn new(shared: super::Shared) -> std::sync::Arc<LinkedinWorld> {
    std::sync::Arc::new(LinkedinWorld::new(shared))
}
