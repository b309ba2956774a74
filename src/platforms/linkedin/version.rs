//! When the API version in LINKEDIN_VERSION ends. Each month's version lives about a year; then every call is refused
//! at once (426). `<https://learn.microsoft.com/linkedin/marketing/versioning>`

use crate::domain::Timestamp;
use chrono::{Duration, Months, NaiveDate, NaiveTime};

/// How long before its end it is said.
const WARNED: Duration = Duration::days(60);

/// About when `version` (`YYYYMM`) ends: published ends lie between the 15th and 17th of the same month a year later.
/// `None` when it is no month.
pub(super) fn ends_at(version: &str) -> Option<Timestamp> {
    if version.len() != 6 || !version.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let released = NaiveDate::from_ymd_opt(version[..4].parse().ok()?, version[4..].parse().ok()?, 15)?;
    Some(released.checked_add_months(Months::new(12))?.and_time(NaiveTime::MIN).and_utc())
}

/// What to tell an administrator about `version` at `now`, if anything.
pub(super) fn warning(version: &str, now: Timestamp) -> Option<String> {
    let ends_at = ends_at(version).filter(|&ends_at| now >= ends_at - WARNED)?;
    Some(format!(
        "LinkedIn ends API version {version} about {}: set LINKEDIN_VERSION to a newer month before",
        ends_at.format("%Y-%m-%d")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_version_ends_a_year_later() {
        for (version, end) in [
            ("202609", Some("2027-09-15T00:00:00Z")),
            ("202601", Some("2027-01-15T00:00:00Z")),
            ("202613", None),
            ("2026", None),
            ("20260901", None),
            ("２０2609", None),
            ("", None),
        ] {
            assert_eq!(ends_at(version), end.map(at), "{version}");
        }
    }

    #[test]
    fn its_end_is_said_sixty_days_before() {
        assert_eq!(warning("202609", at("2027-07-16T23:59:59Z")), None);
        assert!(warning("202609", at("2027-07-17T00:00:00Z")).is_some_and(|text| text.contains("2027-09-15")));
        assert!(warning("202609", at("2030-01-01T00:00:00Z")).is_some());
        assert_eq!(warning("latest", at("2030-01-01T00:00:00Z")), None);
    }
}
