//! `urn:li:{kind}:{id}`.

/// Kind and id of a LinkedIn URN; `None` for anything else.
pub(super) fn split(urn: &str) -> Option<(&str, &str)> {
    let (kind, id) = urn.strip_prefix("urn:li:")?.split_once(':')?;
    (!kind.is_empty() && !id.is_empty()).then_some((kind, id))
}

/// The page number of an organization's or a brand's URN.
pub(super) fn page_number(urn: &str) -> Option<u64> {
    match split(urn)? {
        ("organization" | "organizationBrand", id) => id.parse().ok(),
        _ => None,
    }
}

/// Whether this names a post in one of its two name spaces.
pub(super) fn is_post(urn: &str) -> bool {
    matches!(split(urn), Some(("share" | "ugcPost", id)) if id.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_apart() {
        assert_eq!(split("urn:li:person:a-b_1"), Some(("person", "a-b_1")));
        assert_eq!(split("urn:li:person:"), None);
        assert_eq!(split("5590506"), None);
        assert_eq!(page_number("urn:li:organization:7"), Some(7));
        assert_eq!(page_number("urn:li:organizationBrand:7"), Some(7));
        assert_eq!(page_number("urn:li:person:7"), None);
        assert!(is_post("urn:li:share:71"));
        assert!(is_post("urn:li:ugcPost:71"));
        assert!(!is_post("urn:li:activity:71"));
        assert!(!is_post("urn:li:share:7x"));
    }
}
