//! What every answer carries, and the answer of paths that do not exist.

use super::LinkedinWorld;
use super::refusal::Refusal;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::response::Response;
use std::sync::Arc;

/// Adds the headers by which LinkedIn's support finds a call. There are none about limits.
pub(super) async fn sign(State(world): State<Arc<LinkedinWorld>>, mut response: Response) -> Response {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&world.mint("AAY", 24)) {
        headers.insert("x-li-uuid", id);
    }
    headers.insert("x-li-fabric", HeaderValue::from_static("prod-sim"));
    headers.insert("x-li-proto", HeaderValue::from_static("http/1.1"));
    headers.insert("x-restli-protocol-version", HeaderValue::from_static("2.0.0"));
    response
}

pub(super) async fn no_resource() -> Refusal {
    Refusal::not_found("No virtual resource found")
}
