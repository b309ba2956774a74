//! Cookies of a request.

use axum::http::{HeaderMap, header};

/// Every value of the cookie `name`, in the order the browser sent them; quotes around a value are not part of it.
pub(super) fn values<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(move |(key, _)| *key == name)
        .map(|(_, value)| value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("xid=0; id=1;id=\"2\"; broken"));
        headers.append(header::COOKIE, HeaderValue::from_static("id=3"));
        assert_eq!(values(&headers, "id").collect::<Vec<_>>(), ["1", "2", "3"]);
        assert_eq!(values(&headers, "d").count(), 0);
    }
}
