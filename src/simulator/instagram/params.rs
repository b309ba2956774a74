//! Request parameters: query strings, forms and multipart forms, and the bearer header.

use axum::http::{HeaderMap, header};
use url::form_urlencoded;

/// Parameters in the order they were sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    /// From a query string or an `application/x-www-form-urlencoded` body.
    pub(super) fn urlencoded(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// From a POST body: urlencoded, or multipart as `curl -F` in Meta's documents sends it.
    pub(super) fn form(headers: &HeaderMap, body: &[u8]) -> Self {
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        match content_type.strip_prefix("multipart/form-data").and_then(|rest| rest.split_once("boundary=")) {
            Some((_, boundary)) => Self::multipart(boundary.trim_matches('"'), body),
            None => Self::urlencoded(body),
        }
    }

    fn multipart(boundary: &str, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let part = |part: &str| {
            let (head, value) = part.split_once("\r\n\r\n")?;
            let (_, name) = head.split_once("name=\"")?;
            let (name, _) = name.split_once('"')?;
            Some((name.to_owned(), value.strip_suffix("\r\n")?.to_owned()))
        };
        Self(text.split(&format!("--{boundary}")).filter_map(part).collect())
    }

    /// The first value called `name`.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first value called `name`, empty when not sent.
    pub(super) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// Every pair.
    pub(super) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// The access token: the parameter `access_token`, or the header `Authorization: Bearer …`.
    pub(super) fn access_token<'a>(&'a self, headers: &'a HeaderMap) -> Option<&'a str> {
        self.get("access_token").or_else(|| {
            let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
            let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_kinds_of_form() {
        let mut headers = HeaderMap::new();
        assert_eq!(Params::form(&headers, b"code=a%2Bb&x=").get("code"), Some("a+b"));
        headers.insert(header::CONTENT_TYPE, "multipart/form-data; boundary=--xyz".parse().unwrap());
        let body = b"----xyz\r\nContent-Disposition: form-data; name=\"code\"\r\n\r\na+b\r\n----xyz--\r\n";
        let params = Params::form(&headers, body);
        assert_eq!((params.get("code"), params.pairs().len()), (Some("a+b"), 1));
        assert!(Params::form(&headers, b"\xff\x00--").pairs().is_empty());
    }

    #[test]
    fn the_token_comes_from_the_query_or_the_header() {
        let mut headers = HeaderMap::new();
        assert_eq!(Params::default().access_token(&headers), None);
        headers.insert(header::AUTHORIZATION, "bearer IGAAx".parse().unwrap());
        assert_eq!(Params::default().access_token(&headers), Some("IGAAx"));
        assert_eq!(Params::urlencoded(b"access_token=IGAAy").access_token(&headers), Some("IGAAy"));
        headers.insert(header::AUTHORIZATION, "Basic eA==".parse().unwrap());
        assert_eq!(Params::default().access_token(&headers), None);
    }
}
