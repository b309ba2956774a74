//! Platform rate limits: of the app, of a user, of a page, and one that Meta sets as it likes. Each counts a rolling
//! hour and is told in percent. `<https://developers.facebook.com/docs/graph-api/overview/rate-limiting>`

use super::{
    errors::GraphError,
    usage::{Calls, Usage},
};
use crate::domain::Timestamp;
use chrono::Duration;

const WINDOW: Duration = Duration::hours(1);

/// A limit's switch, and how it is refused.
pub(super) const LIMITS: [(&str, u32, &str); 4] = [
    ("app_quota", 4, "(#4) Application request limit reached"),
    ("user_quota", 17, "(#17) User request limit reached"),
    ("page_quota", 32, "(#32) Page request limit reached"),
    ("custom_quota", 613, "(#613) Calls to this api have exceeded the rate limit."),
];

/// Calls an hour for each of [`LIMITS`]; `None`: not counted.
pub(super) type Quotas = [Option<usize>; LIMITS.len()];

/// Whose call it is.
pub(super) struct Caller<'a> {
    /// The person or account that a user token belongs to.
    pub user: Option<&'a str>,
    /// The page that a page token belongs to.
    pub page: Option<&'a str>,
}

/// The refusal with this code.
pub(super) fn refusal(code: u32) -> GraphError {
    let message = LIMITS.iter().find(|(_, known, _)| *known == code).map_or("", |(.., message)| message);
    GraphError::new(code, message)
}

/// Counts a call against every limit that there is. Tells the largest share, if any is counted, and the first refusal.
pub(super) fn count(
    calls: &mut Calls,
    quotas: &Quotas,
    caller: &Caller<'_>,
    now: Timestamp,
) -> (Option<Usage>, Result<(), GraphError>) {
    let keys =
        [Some("app".to_owned()), caller.user.map(of("user")), caller.page.map(of("page")), Some("custom".into())];
    let (mut share, mut refused) = (None::<Usage>, Ok(()));
    for (((_, code, _), quota), key) in LIMITS.iter().zip(quotas).zip(keys) {
        let (Some(key), true) = (key, quota.is_some()) else { continue };
        let counted = calls.note(&key, *quota, WINDOW, now);
        if counted.is_err() && refused.is_ok() {
            refused = Err(refusal(*code));
        }
        let usage = counted.unwrap_or_else(|over| over);
        share = share.filter(|share| share.percent >= usage.percent).or(Some(usage));
    }
    (share, refused)
}

fn of(kind: &'static str) -> impl Fn(&str) -> String {
    move |id| format!("{kind} {id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_rise_with_calls_and_the_fullest_is_told() {
        let start: Timestamp = "2026-11-22T00:00:00Z".parse().expect("a time");
        let mut calls = Calls::default();
        let quotas = [Some(10), Some(4), None, None];
        let caller = Caller { user: Some("a"), page: None };
        let mut shares = Vec::new();
        for n in 0..5 {
            let (share, refused) = count(&mut calls, &quotas, &caller, start);
            shares.push(share.expect("counted").percent);
            assert_eq!(refused.err().map(|error| error.code), (n == 4).then_some(17));
        }
        assert_eq!(shares, [25, 50, 75, 100, 125]);
        let other = Caller { user: None, page: Some("p") };
        let (share, refused) = count(&mut calls, &quotas, &other, start);
        assert_eq!((share.expect("counted").percent, refused), (60, Ok(())), "the app's calls, whoever makes them");
        let later = start + WINDOW;
        assert_eq!(count(&mut calls, &quotas, &caller, later).1, Ok(()), "a rolling hour");
        assert_eq!(count(&mut calls, &[None; 4], &caller, later).0, None, "nothing is counted, nothing is told");
    }
}
