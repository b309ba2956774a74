//! Requests to the routes, and what is in them: cookies, query strings, bodies.

use super::{first_line, laws, wait, world};
use crate::web::{Router, fuzzing::ask, router};
use http::{HeaderName, HeaderValue, Method, Request};
use std::sync::LazyLock;

/// The largest answer of any route, an introspection of the whole schema, has a fraction of this.
const MOST_ANSWER_BYTES: usize = 4 * 1024 * 1024;
const JSON: (&str, &str) = ("content-type", "application/json");
const OWN_PAGE: (&str, &str) = ("sec-fetch-site", "same-origin");

/// A whole request: method and address, headers, an empty line, the body.
pub fn http(input: &[u8]) {
    let (line, mut rest) = first_line(input);
    let (method, uri) = line.split_once(' ').unwrap_or(("GET", &line));
    let mut headers = Vec::new();
    loop {
        let (line, after) = first_line(rest);
        rest = after;
        match line.split_once(':') {
            Some((name, value)) => headers.push((name.trim().to_owned(), value.trim().to_owned())),
            None => break,
        }
    }
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    send(method, uri, &headers, rest.to_vec());
}

/// As a Cookie header, on a page of our own: guesses open no door.
pub fn cookies(input: &[u8]) {
    let cookies = super::text(input);
    let status = knock(&[("cookie", &cookies.replace('\n', ";")), OWN_PAGE]);
    assert_eq!(status, 401);
    let lines: Vec<(&str, &str)> = cookies.lines().map(|line| ("cookie", line)).collect();
    assert_eq!(knock(&[lines.as_slice(), &[OWN_PAGE]].concat()), 401, "in headers of their own");
}

/// A callback's query string on the first line, `auth` before it if it is a departure's; the cookie on the second.
pub fn oauth_answer(input: &[u8]) {
    let (query, cookie) = first_line(input);
    let (route, query) = query.strip_prefix("auth ").map_or(("callback", query.as_str()), |query| ("auth", query));
    let cookie = format!("nchat_social_connect={}", super::text(cookie).trim());
    for platform in ["twitter", "instagram", "linkedin"] {
        let uri = format!("/api/social/{platform}/{route}?{query}");
        if let Some((status, _)) = send("GET", &uri, &[("cookie", &cookie)], Vec::new()) {
            assert!([302, 303, 400, 401, 403, 404, 409, 503].contains(&status), "{status} {uri}");
        }
    }
}

/// As the body of the platforms' callbacks about a person.
pub fn callback_body(input: &[u8]) {
    let form = ("content-type", "application/x-www-form-urlencoded");
    for route in ["deauthorize", "data-deletion"] {
        let sent = send("POST", &format!("/api/social/instagram/{route}"), &[form], input.to_vec());
        assert!(sent.as_ref().is_some_and(|(status, _)| [400, 403, 413].contains(status)), "{sent:?}");
    }
}

/// As the body of what administrators and the built-in page post.
pub fn admin_body(input: &[u8]) {
    let proof = ("authorization", format!("Bearer {}", world::ADMIN_TOKEN));
    let proof = (proof.0, proof.1.as_str());
    for (method, uri) in [("POST", "/api/social/poll"), ("POST", "/api/social/accounts")] {
        send(method, uri, &[proof, JSON, ("prefer", "wait=0")], input.to_vec());
    }
    let sent = send("POST", "/admin/social/session", &[JSON, OWN_PAGE], input.to_vec());
    assert!(sent.is_none_or(|(status, _)| status != 204), "nobody guesses the token");
}

/// As a query string of every route that reads one.
pub fn query(input: &[u8]) {
    let query: String = url::form_urlencoded::parse(input)
        .map(|(name, value)| {
            let pair = url::form_urlencoded::Serializer::new(String::new()).append_pair(&name, &value).finish();
            format!("{pair}&")
        })
        .collect();
    let raw = super::text(input);
    for uri in ["/graphql", "/api/social/accounts", "/api/social/deletion/x"] {
        for query in [&raw, query.as_str()] {
            send("GET", &format!("{uri}?{query}"), &[], Vec::new());
        }
    }
}

/// The status for whoever asks for the accounts with `headers`; 401 if they cannot even be sent.
pub fn knock(headers: &[(&str, &str)]) -> u16 {
    send("GET", "/api/social/accounts", headers, Vec::new()).map_or(401, |(status, _)| status)
}

/// Status and body; `None` for what is no request.
pub fn send(method: &str, uri: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Option<(u16, Vec<u8>)> {
    static ROUTER: LazyLock<Router> = LazyLock::new(|| router(world::state().clone()));
    let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).ok()?).uri(uri);
    for (name, value) in headers {
        let name = HeaderName::try_from(*name).ok()?;
        request = request.header(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
    }
    // What the asker sends may come back in an error.
    let sent: String = headers.iter().map(|(_, value)| *value).chain([uri, &*super::text(&body)]).collect();
    let answer = wait(ask(ROUTER.clone(), request.body(body).ok()?));
    assert_ne!(answer.0, 500, "{}", super::text(&answer.1));
    assert!(answer.1.len() <= MOST_ANSWER_BYTES, "{} bytes", answer.1.len());
    if !sent.contains(laws::CANARY) {
        laws::keeps_quiet(&super::text(&answer.1));
    }
    Some(answer)
}
