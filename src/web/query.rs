//! Query strings, read with care: they come from browsers that strangers sent.

use url::form_urlencoded;

/// No route of ours needs a longer one.
const MOST_BYTES: usize = 16 * 1024;

/// The one value of `name`. `None` when it is absent, empty, longer than `most` bytes, or given twice, which RFC 6749
/// §3.1 forbids.
pub(super) fn one(query: Option<&str>, name: &str, most: usize) -> Option<String> {
    let query = query.filter(|query| query.len() <= MOST_BYTES)?;
    let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name).map(|(_, value)| value);
    let value = values.next().filter(|value| !value.is_empty() && value.len() <= most)?;
    values.next().is_none().then(|| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_counts_once_and_within_bounds() {
        assert_eq!(one(Some("a=1&b=x%20y"), "b", 9), Some("x y".into()));
        assert_eq!(one(Some("a=1&a=2"), "a", 9), None, "twice");
        assert_eq!(one(Some("a=123"), "a", 2), None, "too long");
        assert_eq!(one(Some("a="), "a", 2), None, "empty");
        assert_eq!(one(None, "a", 2), None);
        assert_eq!(one(Some(&format!("a=1&b={}", "x".repeat(MOST_BYTES))), "a", 2), None, "a query beyond all need");
    }
}
