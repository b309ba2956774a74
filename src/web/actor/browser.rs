//! When a session cookie counts. A browser sends it whoever made the page that asks, so the page must be the
//! application's own: Fetch Metadata says so (`<https://www.w3.org/TR/fetch-metadata/>`), or `Origin`, or, where an old
//! browser sends neither, the request must at least change nothing.

use axum::http::{HeaderMap, Method, header};

/// Whether the cookies of such a request say who asks.
pub(in crate::web) fn may_speak(method: &Method, headers: &HeaderMap, app_origin: &str) -> bool {
    let site = headers.get("sec-fetch-site").map(|value| value.as_bytes());
    let origin = headers.get(header::ORIGIN).map(|value| value.as_bytes());
    let is_apps_own = origin.map(|origin| origin == app_origin.as_bytes());
    let is_safe = *method == Method::GET || *method == Method::HEAD;
    match site {
        Some(b"same-origin") => true,
        // A person's own doing: an address typed, a bookmark.
        Some(b"none") => is_safe && is_apps_own != Some(false),
        // The application may sit at another origin than the one this request reached; its Origin says so.
        Some(_) => is_apps_own == Some(true),
        None => is_apps_own.unwrap_or(is_safe),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn cookies_speak_for_the_applications_own_pages_only() {
        let app = "https://chat.example.com";
        let cases: &[(Method, Option<&str>, Option<&str>, bool)] = &[
            (Method::GET, Some("same-origin"), None, true),
            (Method::POST, Some("same-origin"), None, true),
            (Method::GET, Some("none"), None, true),
            (Method::POST, Some("none"), None, false),
            (Method::GET, Some("same-site"), None, false),
            (Method::GET, Some("cross-site"), None, false),
            (Method::GET, Some("cross-site"), Some("https://evil.example"), false),
            (Method::GET, Some("none"), Some("https://evil.example"), false),
            (Method::POST, Some("same-site"), Some(app), true),
            (Method::GET, None, None, true),
            (Method::HEAD, None, None, true),
            (Method::POST, None, None, false),
            (Method::DELETE, None, None, false),
            (Method::POST, None, Some(app), true),
            (Method::POST, None, Some("null"), false),
            (Method::GET, None, Some("https://chat.example.com.evil.example"), false),
        ];
        for (method, site, origin, expected) in cases {
            let mut headers = HeaderMap::new();
            site.map(|site| headers.insert("sec-fetch-site", HeaderValue::from_static(site)));
            origin.map(|origin| headers.insert(header::ORIGIN, HeaderValue::from_static(origin)));
            assert_eq!(may_speak(method, &headers, app), *expected, "{method} {site:?} {origin:?}");
        }
    }
}
