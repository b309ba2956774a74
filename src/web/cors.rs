//! Pages of other origins: exactly those configured, with a token in a header of their own. Cookies never count there
//! (see `actor::browser`), so credentials are not allowed either.

use super::{WebState, method_not_allowed};
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
    // A refusal of the outer router's would come before the layer is asked about the method OPTIONS.
    routes.method_not_allowed_fallback(method_not_allowed).layer(
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

#[cfg(test)]
mod tests {
    use crate::web::{
        actor::jwt_for_tests::session,
        router,
        tests::{Reply, send, send_to, state},
    };
    use std::sync::Arc;

    const OTHER: &str = "https://other.example";

    async fn preflight(uri: &str, origin: &str) -> Reply {
        let asked = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization,content-type"),
        ];
        send("OPTIONS", uri, &asked, "").await
    }

    #[tokio::test]
    async fn only_configured_origins_are_let_in_and_never_with_cookies() {
        for uri in ["/graphql", "/api/social/accounts", "/api/social/poll"] {
            let reply = preflight(uri, OTHER).await;
            assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, OTHER), "{uri}");
            assert_eq!(reply.header("access-control-allow-methods"), "GET,POST,DELETE");
            assert!(reply.header("access-control-allow-headers").contains("authorization"));
            assert_eq!(reply.header("access-control-max-age"), "600");
            assert_eq!(reply.header("access-control-allow-credentials"), "", "{uri}");
            assert!(reply.header("vary").contains("origin"), "{uri}: caches tell origins apart");
            for stranger in
                ["https://evil.example", "null", "https://other.example.evil.example", "http://other.example"]
            {
                let reply = preflight(uri, stranger).await;
                assert_eq!(reply.header("access-control-allow-origin"), "", "{uri} {stranger}");
            }
        }
        for uri in ["/metrics", "/admin/social/session", "/api/social/twitter/auth", "/livez"] {
            let reply = preflight(uri, OTHER).await;
            assert_eq!((reply.status, reply.header("access-control-allow-origin")), (405, ""), "{uri}");
        }
        let reply = send("GET", "/api/social/openapi.json", &[("origin", OTHER)], "").await;
        assert_eq!(reply.header("access-control-allow-origin"), OTHER);
        assert_eq!(reply.header("access-control-expose-headers"), "retry-after,x-request-id");
        let refused = send("GET", "/api/social/accounts", &[("origin", OTHER)], "").await;
        assert_eq!(
            (refused.status, refused.header("access-control-allow-origin")),
            (401, OTHER),
            "its page can read it"
        );

        // A page of a configured origin has no say by cookie.
        let cookie = format!("nchat-session={}", session("owner"));
        for method in ["GET", "POST"] {
            let with = [("origin", OTHER), ("cookie", cookie.as_str()), ("sec-fetch-site", "cross-site")];
            assert_eq!(send(method, "/api/social/poll", &with, "").await.status, 401, "{method}");
        }
    }

    #[tokio::test]
    async fn without_origins_there_is_no_cors() {
        let mut plain = state();
        plain.web = Arc::new(crate::config::WebConfig { cors_origins: Vec::new(), ..(*plain.web).clone() });
        let asked = [("origin", OTHER), ("access-control-request-method", "POST")];
        let reply = send_to(router(plain), "OPTIONS", "/graphql", &asked, "").await;
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (405, ""));
        assert!(!reply.header("allow").is_empty());
    }
}
