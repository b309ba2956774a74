//! Graph API versions: which there are and which one answers.
//! `<https://developers.facebook.com/docs/graph-api/changelog>`, `<https://developers.facebook.com/docs/graph-api/guides/versioning>`

use crate::domain::Timestamp;
use chrono::NaiveDate;

/// A day: year, month, day.
type Day = (i32, u32, u32);

/// Major version and its last day, oldest first; the newest has no end yet.
const VERSIONS: [(u32, Option<Day>); 6] = [
    (21, Some((2027, 1, 21))),
    (22, Some((2027, 5, 20))),
    (23, Some((2027, 10, 8))),
    (24, Some((2028, 2, 18))),
    (25, Some((2028, 7, 29))),
    (26, None),
];

/// Probes saw v27.0 served although not released, and v99.0 refused. Where between them the border is, nobody wrote
/// down; this is ours.
const ABSURD_FROM: u32 = 50;

/// A path after its version was cut off.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Versioned<'a> {
    /// What answers, e.g. `v26.0`: expired, not yet released and missing versions get the oldest usable one silently.
    pub served: String,
    /// The path's parts after the version.
    pub parts: Vec<&'a str>,
}

/// Cuts the version off `path` (without a leading slash). The error is the rest of the path, which an absurd version
/// makes unknown.
pub(super) fn resolve(path: &str, now: Timestamp) -> Result<Versioned<'_>, String> {
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    let (asked, rest) = match major(first) {
        Some(major) if major >= ABSURD_FROM => return Err(format!("/{}", rest.trim_end_matches('/'))),
        Some(major) => (Some(major), rest),
        None => (None, path),
    };
    let oldest = VERSIONS.iter().find(|version| usable(version, now)).map_or(26, |(major, _)| *major);
    let served = VERSIONS
        .iter()
        .find(|version| Some(version.0) == asked && usable(version, now))
        .map_or(oldest, |(major, _)| *major);
    Ok(Versioned { served: format!("v{served}.0"), parts: rest.split('/').filter(|part| !part.is_empty()).collect() })
}

fn usable((_, until): &(u32, Option<(i32, u32, u32)>), now: Timestamp) -> bool {
    until
        .and_then(|(year, month, day)| NaiveDate::from_ymd_opt(year, month, day))
        .is_none_or(|day| now.date_naive() <= day)
}

/// `v26.0` → 26; `None` for anything that is no version.
fn major(part: &str) -> Option<u32> {
    let (major, minor) = part.strip_prefix('v')?.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(major) && digits(minor)).then(|| major.parse().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_is_served_by_the_right_one() {
        for (now, path, served, parts) in [
            ("2026-11-22T00:00:00Z", "v26.0/me", "v26.0", vec!["me"]),
            ("2026-11-22T00:00:00Z", "v21.0/me/media", "v21.0", vec!["me", "media"]),
            ("2026-11-22T00:00:00Z", "v18.0/me", "v21.0", vec!["me"]),
            ("2026-11-22T00:00:00Z", "v27.0/me", "v21.0", vec!["me"]),
            ("2026-11-22T00:00:00Z", "me", "v21.0", vec!["me"]),
            ("2026-11-22T00:00:00Z", "v26.0/", "v26.0", vec![]),
            ("2027-01-21T23:00:00Z", "v20.0/me", "v21.0", vec!["me"]),
            ("2027-01-22T00:00:00Z", "v21.0/me", "v22.0", vec!["me"]),
            ("2040-01-01T00:00:00Z", "v21.0/me", "v26.0", vec!["me"]),
            ("2026-11-22T00:00:00Z", "vanity/media", "v21.0", vec!["vanity", "media"]),
        ] {
            let now = now.parse().unwrap();
            assert_eq!(resolve(path, now), Ok(Versioned { served: served.into(), parts }), "{path} at {now}");
        }
        assert_eq!(resolve("v99.0/me", "2026-11-22T00:00:00Z".parse().unwrap()), Err("/me".into()));
        assert_eq!(resolve("v99999999999.0/me", "2026-11-22T00:00:00Z".parse().unwrap()), Err("/me".into()));
    }
}
