//! `/admin/social`: the administrator's page, its files inside the binary. No request leaves the page for another host
//! but for the pictures and videos of posts, and those over https.

use super::{Problem, WebState, admin_page};
use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};

/// The files of `make console`, by name; empty when it was not run before this program was built.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/console.rs"));

/// Where the page's own files lie below the page's folder.
const ASSETS: &str = "social/assets/";

/// Styles are files alone: scripts set an element's own by the object model, which this allows. 'self' includes the
/// WebSocket of the same host.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; \
                      img-src 'self' https: data:; media-src https:; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

pub(super) fn routes() -> Router<WebState> {
    Router::new()
        .route("/admin/social", get(page))
        .route("/admin/social/plain", get(admin_page::show))
        .route("/admin/social/assets/{name}", get(asset))
}

/// This program has the page in it.
pub(super) fn is_built() -> bool {
    find("index.html").is_some()
}

fn find(name: &str) -> Option<&'static [u8]> {
    FILES.iter().find(|(of, _)| *of == name).map(|(_, bytes)| *bytes)
}

async fn page(state: State<WebState>, uri: Uri, headers: HeaderMap) -> Response {
    let Some(page) = find("index.html") else { return admin_page::show(state, uri, headers).await };
    let headers = [
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, Html(page)).into_response()
}

/// A file whose name holds its hash, so that what it names never changes.
async fn asset(Path(name): Path<String>) -> Response {
    let path = format!("{ASSETS}{name}");
    let media = match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("png") => "image/png",
        _ => return nothing(),
    };
    // Every browser takes gzip; nothing else reads these.
    let (bytes, encoding) = match (find(&format!("{path}.gz")), find(&path)) {
        (Some(gzipped), _) => (gzipped, Some("gzip")),
        (None, Some(plain)) => (plain, None),
        (None, None) => return nothing(),
    };
    let mut headers: Vec<(HeaderName, &'static str)> =
        vec![(header::CONTENT_TYPE, media), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    headers.extend(encoding.map(|encoding| (header::CONTENT_ENCODING, encoding)));
    let mut response = bytes.into_response();
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn nothing() -> Response {
    Problem::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this address").rest()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_asks_for_its_own_files_only() {
        let Some(page) = find("index.html") else { return };
        let page = std::str::from_utf8(page).expect("text");
        let files: Vec<&str> =
            page.match_indices("\"./").filter_map(|(at, _)| page[at + 3..].split('"').next()).collect();
        assert!(!files.is_empty(), "a page without scripts");
        for file in files {
            assert!(file.starts_with(ASSETS) && find(&format!("{file}.gz")).is_some(), "{file}");
            assert!(find(file).is_none(), "{file} is there once");
        }
        assert!(!page.contains("//"), "no other host");
        assert!(!page.contains("<style") && !page.contains("style="), "the policy takes no styles but files");
    }
}
