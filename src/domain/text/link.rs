//! Links that may be shown.

use url::Url;

/// The longest link that is kept, in bytes.
pub const MAX_URL_BYTES: usize = 2_048;

/// `url`, if it is an https link to a host, in at most 2,048 bytes, without a user name (`https://bank.example@evil.example`),
/// backslashes, white space, controls, or brackets and quotes that links never carry bare.
pub fn https_only(url: &str) -> Option<&str> {
    let url = url.trim();
    let scheme = url.get(..8)?;
    if url.len() > MAX_URL_BYTES || !scheme.eq_ignore_ascii_case("https://") || url.chars().any(is_unfit) {
        return None;
    }
    let rest = &url[8..];
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    if authority.is_empty() || authority.contains('@') {
        return None;
    }
    // Parsing costs a microsecond and a dozen links go into an embed: the parser sees only what is not plain.
    (is_plain_host(authority) || Url::parse(url).is_ok_and(|parsed| parsed.has_host())).then_some(url)
}

/// Characters that no link shows bare, and directional controls that would show another link.
fn is_unfit(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(c, '\\' | '<' | '>' | '"' | '`' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// ASCII labels of which the last is letters only, hence neither an address nor a port, and none in Punycode.
fn is_plain_host(host: &str) -> bool {
    host.len() <= 253
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
        && host.split('.').all(|label| {
            (1..=63).contains(&label.len()) && !label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--"))
        })
        && host.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_alphabetic()))
}

#[cfg(test)]
mod tests {
    use super::{MAX_URL_BYTES, https_only};
    use proptest::prelude::*;
    use url::Url;

    #[test]
    fn https_links_pass_and_nothing_else() {
        for good in [
            "https://x.com/acme/status/1",
            "HTTPS://example.com",
            "https://example.com:8443/a?b=c#d",
            "https://bücher.example/ä",
            "https://[2001:db8::1]/",
            "https://example.com/@acme",
        ] {
            assert_eq!(https_only(good), Some(good));
        }
        assert_eq!(https_only(" https://example.com/ "), Some("https://example.com/"));
        for bad in [
            "",
            "http://example.com/",
            "javascript:alert(1)",
            "data:text/html,x",
            "//example.com/",
            "https:example.com",
            "https://",
            "https:///path",
            "https://user@example.com/",
            "https://example.com\\@evil.example/",
            "https://exa mple.com/",
            "https://example.com/\nx",
            "https://example.com/a\0b",
            "https://example.com/\"><script>",
            "https://example.com/\u{202e}gpj",
            "https://1.2.3.400/",
            "https://example.com:99999/",
        ] {
            assert_eq!(https_only(bad), None, "{bad:?}");
        }
        let long = format!("https://example.com/{}", "a".repeat(MAX_URL_BYTES));
        assert_eq!(https_only(&long), None);
        assert!(https_only(&long[..MAX_URL_BYTES]).is_some());
    }

    proptest! {
        #[test]
        fn what_passes_is_a_url_for_a_parser_too(url in "https://[a-zA-Z0-9.:@/?#xn\\-\\[\\]é%]{0,30}|\\PC{0,40}") {
            if let Some(url) = https_only(&url) {
                let parsed = Url::parse(url).expect("a parser reads it");
                prop_assert_eq!(parsed.scheme(), "https");
                prop_assert!(parsed.has_host() && parsed.username().is_empty() && parsed.password().is_none());
            }
        }
    }
}
