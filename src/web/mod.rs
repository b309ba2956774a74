//! Floor 4: HTTP. GraphQL over HTTP and WebSocket, the REST and OAuth routes, health, metrics and the explorer; who
//! calls is settled in [`actor`] before anything else looks at a request.

pub mod actor;
mod admin_page;
mod body;
mod console;
mod cookies;
mod cors;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod graphiql;
mod graphql;
pub mod health;
mod layers;
mod metrics;
mod oauth;
mod problem;
mod query;
mod rest;
mod session;
mod withdrawal;

pub use axum::Router;
pub use health::Health;
pub use problem::Problem;

use crate::{
    config::{AuthConfig, WebConfig},
    graphql::SocialSchema,
    service::Service,
};
use axum::{
    Json,
    extract::{Request, State},
    http::StatusCode,
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::get,
    serve::ListenerExt,
};
use std::{future::Future, io, sync::Arc};
use tokio::net::TcpListener;

/// What the routes work with. Cheap to clone.
#[derive(Clone)]
pub struct WebState {
    /// The use cases.
    pub service: Service,
    /// The schema behind `/graphql`.
    pub schema: SocialSchema,
    /// What proves who a caller is.
    pub auth: Arc<AuthConfig>,
    /// Addresses inside and outside.
    pub web: Arc<WebConfig>,
    /// What `/readyz` tells of the worker.
    pub health: Arc<Health>,
}

/// Every route, with its layers.
pub fn router(state: WebState) -> Router {
    let called_from_elsewhere = Router::new().merge(graphql::routes()).merge(rest::routes(&state));
    let mut routes = Router::new()
        .route("/", get(root))
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .merge(console::routes())
        .merge(session::routes())
        .merge(metrics::routes())
        .merge(cors::allow(called_from_elsewhere, &state.web.cors_origins))
        .merge(oauth::routes())
        .merge(withdrawal::routes());
    if state.web.graphiql {
        routes = routes.merge(graphiql::routes());
    }
    layered(routes, state)
}

/// What SOCIAL_METRICS_LISTEN shows to everybody who can reach it: metrics and health.
pub fn open_router(state: WebState) -> Router {
    let routes = Router::new().route("/livez", get(health::live)).route("/readyz", get(health::ready));
    layered(routes.merge(metrics::open_routes()), state)
}

fn layered(routes: Router<WebState>, state: WebState) -> Router {
    let is_https = state.web.app_url.scheme() == "https";
    routes
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(state.clone())
        .layer(from_fn_with_state(layers::Bounds::default(), layers::guard))
        .layer(from_fn_with_state(is_https, layers::secure))
        .layer(from_fn_with_state(state, layers::observe))
}

/// Serves until `shutdown` is ready, then takes no new connection and finishes what runs.
///
/// # Errors
/// What the listener says.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let listener = listener.tap_io(|stream| {
        // Without it small answers wait for an acknowledgement; failing costs only that.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).with_graceful_shutdown(shutdown).await
}

async fn root(State(state): State<WebState>) -> Response {
    if state.web.graphiql {
        return problem::found("graphiql");
    }
    // Which version is nothing for strangers: `/metrics` and the log have it.
    Json(serde_json::json!({ "service": env!("CARGO_PKG_NAME") })).into_response()
}

async fn not_found(request: Request) -> Response {
    Problem::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this address").at(request.uri().path())
}

async fn method_not_allowed(request: Request) -> Response {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this address does not take that method")
        .at(request.uri().path())
}

#[cfg(test)]
mod tests;
