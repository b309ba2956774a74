//! Instagram API with Facebook Login: one person, who manages a page for every Instagram account of the world, and
//! tokens of those pages. `www.facebook.com` is `/facebook` here, `graph.facebook.com` is `/facebook-graph`.
//! `<https://developers.facebook.com/docs/instagram-platform/instagram-api-with-facebook-login>`

mod dialog;
mod grants;
mod graph;
mod inspect;
mod pages;
mod proof;
mod token;

pub(super) use grants::{Grants, SCOPES};
pub(super) use pages::Peculiar;
#[cfg(test)]
pub(super) use proof::proof;

use super::InstagramWorld;
use axum::{
    Router,
    routing::{any, get},
};
use std::sync::Arc;

/// The one app that may log in: the Meta app, which is not the Instagram app.
pub const APP_ID: &str = "sim-facebook-app";
/// Its secret.
pub const APP_SECRET: &str = "sim-facebook-secret";

/// The person's app-scoped id.
pub(super) const PERSON_ID: &str = "122000000000001";
const PERSON_NAME: &str = "Page Admin";
/// The portfolio that owns the pages.
const BUSINESS_ID: &str = "100000000000001";

/// The hosts.
pub(super) fn hosts(world: &Arc<InstagramWorld>) -> Vec<(&'static str, Router)> {
    let dialog = Router::new().route("/{version}/dialog/oauth", get(dialog::authorize)).with_state(world.clone());
    let graph = Router::new().route("/", any(graph::answer)).route("/{*path}", any(graph::answer));
    vec![("facebook", dialog), ("facebook-graph", graph.with_state(world.clone()))]
}
