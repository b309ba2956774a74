//! What fuzzing needs of the inside: a request to the router, and what is said on a socket.

pub use super::graphql::converse;

use super::Router;
use axum::body::{Body, to_bytes};
use http::Request;
use tower::ServiceExt;

/// Status and body of the answer to `request`.
pub async fn ask(router: Router, request: Request<Vec<u8>>) -> (u16, Vec<u8>) {
    let Ok(response) = router.oneshot(request.map(Body::from)).await;
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.expect("answers are whole");
    (status, body.to_vec())
}
