//! Pages of other origins: exactly those configured, with a token in a header of their own. Cookies never count there
//! (see `actor::browser`), so credentials are not allowed either.

use super::WebState;
use axum::{
    Router,
    http::{HeaderName, HeaderValue, Method, header},
};
use std::time::Duration;
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long a browser may keep the answer to its question.
const KEPT: Duration = Duration::from_secs(600);

/// The same routes, for pages of `origins` too. Without any, a preflight is refused like every unknown method.
pub(super) fn allow(routes: Router<WebState>, origins: &[String]) -> Router<WebState> {
    let origins: Vec<HeaderValue> = origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    if origins.is_empty() {
        return routes;
    }
    let named = HeaderName::from_static;
    routes.layer(
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_methods([Method::GET, Method::POST, Method::DELETE])
            .allow_headers([
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                named("prefer"),
                named("x-hasura-role"),
                named("x-request-id"),
            ])
            .expose_headers([header::RETRY_AFTER, named("x-request-id")])
            .max_age(KEPT),
    )
}
