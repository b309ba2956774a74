//! `GET /api/social/{platform}/callback`: takes the platform's answer and leads the browser back to nchat.

use super::{cookie, platform, refuse};
use crate::{
    service::callback::Answer,
    web::{Problem, WebState, cookies, problem, query},
};
use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::Response,
};

/// 43 characters are ours.
const MOST_STATE_BYTES: usize = 128;
/// Codes are opaque; the longest documented ones have some hundred characters.
const MOST_CODE_BYTES: usize = 4096;
const MOST_ERROR_BYTES: usize = 64;

pub(super) async fn arrive(
    State(state): State<WebState>,
    Path(word): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let platform = match platform(&word) {
        Ok(platform) => platform,
        Err(problem) => return problem.rest(),
    };
    if method != Method::GET {
        // A HEAD must not use the code up.
        return Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "use GET").rest();
    }
    let mut response = match state.service.arrive(platform, &answer(&uri, &headers)).await {
        Ok(arrival) => problem::found(&state.web.link(&arrival.location())),
        Err(error) => refuse(&state, &headers, &Problem::from(error)),
    };
    if let Ok(value) = HeaderValue::try_from(cookie::delete(&state.web, platform)) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

fn answer(uri: &Uri, headers: &HeaderMap) -> Answer {
    let one = |name, most| query::one(uri.query(), name, most);
    let has_error = || {
        let query = uri.query().unwrap_or_default();
        url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "error")
    };
    Answer {
        browser_key: cookies::values(headers, cookie::NAME)
            .find(|key| !key.is_empty() && key.len() <= cookie::MOST_BYTES)
            .map(str::to_owned),
        state: one("state", MOST_STATE_BYTES),
        code: one("code", MOST_CODE_BYTES).map(Into::into),
        // A crooked error is an error all the same.
        error: one("error", MOST_ERROR_BYTES).or_else(|| has_error().then(|| "unreadable".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn read(query: &str, cookie: &'static str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static(cookie));
        answer(&format!("/callback?{query}").parse().expect("a URI"), &headers)
    }

    #[test]
    fn an_answer_is_read_within_bounds() {
        let good = read("code=a%2Bb&state=s", "other=1; nchat_social_connect=key");
        assert_eq!(good.code.as_ref().map(ExposeSecret::expose_secret), Some("a+b"));
        assert_eq!((good.state.as_deref(), good.browser_key.as_deref(), good.error), (Some("s"), Some("key"), None));
        assert_eq!(read("state=a&state=b", "").state, None, "given twice");
        assert_eq!(read("error=access_denied", "").error.as_deref(), Some("access_denied"));
        assert_eq!(read(&format!("error={}", "x".repeat(65)), "").error.as_deref(), Some("unreadable"));
        assert!(read(&format!("code={}", "x".repeat(4097)), "").code.is_none());
        assert_eq!(read("", "nchat_social_connect=").browser_key, None);
    }
}
