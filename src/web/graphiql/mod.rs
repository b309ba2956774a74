//! GraphiQL at `/graphiql`, whole inside the binary: no request leaves the page for another host, so it works offline
//! and under a strict policy. `assets/LICENCES.md` says what the files are.

use super::{Problem, WebState};
use axum::{
    Router,
    extract::Path,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};

/// React sets styles on elements, hence 'unsafe-inline' there; fonts and icons are data inside the style sheet. 'self'
/// includes the WebSocket of the same host.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; \
                      img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// A file as it is sent.
struct Asset {
    name: &'static str,
    media: &'static str,
    bytes: &'static [u8],
    /// The name holds a version, so what it names never changes. These files are stored gzipped.
    is_versioned: bool,
}

const JS: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";

const ASSETS: [Asset; 7] = [
    versioned("react-18.3.1.js", JS, include_bytes!("assets/react-18.3.1.js.gz")),
    versioned("react-dom-18.3.1.js", JS, include_bytes!("assets/react-dom-18.3.1.js.gz")),
    versioned("graphiql-3.9.0.js", JS, include_bytes!("assets/graphiql-3.9.0.js.gz")),
    versioned("graphiql-3.9.0.css", CSS, include_bytes!("assets/graphiql-3.9.0.css.gz")),
    versioned("explorer-3.2.6.js", JS, include_bytes!("assets/explorer-3.2.6.js.gz")),
    versioned("explorer-3.2.6.css", CSS, include_bytes!("assets/explorer-3.2.6.css.gz")),
    Asset { name: "start.js", media: JS, bytes: include_bytes!("start.js"), is_versioned: false },
];

const fn versioned(name: &'static str, media: &'static str, bytes: &'static [u8]) -> Asset {
    Asset { name, media, bytes, is_versioned: true }
}

pub(super) fn routes() -> Router<WebState> {
    Router::new().route("/graphiql", get(page)).route("/graphiql/assets/{name}", get(asset))
}

async fn page() -> Response {
    let policy = [(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))];
    (policy, Html(include_str!("page.html"))).into_response()
}

async fn asset(Path(name): Path<String>) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return Problem::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this address").rest();
    };
    let mut headers: Vec<(HeaderName, &'static str)> = vec![(header::CONTENT_TYPE, asset.media)];
    if asset.is_versioned {
        // Every browser takes gzip; nothing else reads these.
        headers.push((header::CONTENT_ENCODING, "gzip"));
        headers.push((header::CACHE_CONTROL, "public, max-age=31536000, immutable"));
    } else {
        headers.push((header::CACHE_CONTROL, "no-cache"));
    }
    let mut response = asset.bytes.into_response();
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_asks_for_our_own_files_only() {
        let page = include_str!("page.html");
        for (at, _) in page.match_indices("=\"graphiql/assets/") {
            let name = page[at + 18..].split('"').next().unwrap_or_default();
            assert!(ASSETS.iter().any(|asset| asset.name == name), "{name}");
        }
        assert_eq!(page.matches("graphiql/assets/").count(), ASSETS.len(), "each file once");
        assert!(!page.contains("//"), "no other host");
        assert!(ASSETS.iter().all(|asset| !asset.is_versioned || asset.bytes.starts_with(&[0x1f, 0x8b])), "gzipped");
    }
}
