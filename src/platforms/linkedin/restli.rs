//! Rest.li 2.0 parameter encoding: syntax (`List(`, `,`, `)`) stays raw, everything inside a value is escaped.
//! Source: `<https://linkedin.github.io/rest.li/spec/protocol>`, "URI encoding".

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// RFC 3986's unreserved characters; so `, ( ) ' :`, which Rest.li reads as syntax, are all escaped.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// One value: a URN in a path, a string in a query. The empty string is `''`.
pub(super) fn value(text: &str) -> String {
    if text.is_empty() { "''".to_owned() } else { utf8_percent_encode(text, ESCAPED).to_string() }
}

/// A list of values: `List(a,b)`.
pub(super) fn list<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    let items: Vec<String> = items.into_iter().map(value).collect();
    format!("List({})", items.join(","))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    fn encode(value: &Value) -> Option<String> {
        Some(match value {
            Value::String(text) => super::value(text),
            Value::Array(items) => super::list(items.iter().map(|item| item.as_str().expect("lists of strings"))),
            Value::Bool(_) | Value::Number(_) => super::value(&value.to_string()),
            // Object parameters belong to the page statistics, which are not read.
            _ => return None,
        })
    }

    #[test]
    fn encodes_as_the_vectors_say() {
        let vectors: Value =
            serde_json::from_str(include_str!("../../../tests/fixtures/linkedin/vectors-restli-2.0-encoding.json"))
                .expect("vectors");
        let cases = vectors["cases"].as_array().expect("cases");
        let mut checked = 0;
        for case in cases {
            let Some(encoded) = encode(&case["value"]) else { continue };
            assert_eq!(encoded, case["encoded"].as_str().expect("encoded"), "{}", case["value"]);
            checked += 1;
        }
        assert_eq!(checked, cases.len() - 1, "only the object is left out");
    }
}
