//! How much of its limits an account has used, as the answers' headers tell.
//! `<https://developers.facebook.com/docs/graph-api/overview/rate-limiting>`

use crate::outbound::Reply;
use chrono::Duration;
use serde_json::Value;

/// The worst of all entries in each header. A header is missing from most answers: that says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Usage {
    /// Percent of the app's limit; Meta refuses calls at 100.
    pub app_percent: Option<f64>,
    /// Percent of the account's limit.
    pub percent: Option<f64>,
    /// Minutes until calls are let through again; 0 unless blocked, also at 97 %.
    regain_minutes: f64,
}

impl Usage {
    /// Reads both headers; what cannot be understood says nothing.
    pub(super) fn of(reply: &Reply) -> Self {
        let mut usage = Self::default();
        if let Some(app) = json_header(reply, "x-app-usage") {
            usage.app_percent = usage.worst(None, &app);
        }
        // A map from account or business ids to lists of entries.
        if let Some(Value::Object(by_id)) = json_header(reply, "x-business-use-case-usage") {
            for entry in by_id.values().filter_map(Value::as_array).flatten() {
                usage.percent = usage.worst(usage.percent, entry);
            }
        }
        usage
    }

    /// The largest share in `entry`, if it is larger than `so_far`.
    fn worst(&mut self, so_far: Option<f64>, entry: &Value) -> Option<f64> {
        let number = |name: &str| entry.get(name).and_then(Value::as_f64);
        self.regain_minutes = self.regain_minutes.max(number("estimated_time_to_regain_access").unwrap_or(0.0));
        ["call_count", "total_cputime", "total_time"]
            .into_iter()
            .filter_map(number)
            .fold(so_far, |most, share| Some(most.map_or(share, |most| most.max(share))))
    }

    /// How long to keep quiet after a refusal: calls made while throttled lengthen the block, so never less than a
    /// quarter of an hour; and the window is a day, so never more than that.
    pub(super) fn pause(self) -> Duration {
        Duration::minutes(self.regain_minutes.clamp(15.0, 24.0 * 60.0).ceil() as i64)
    }
}

fn json_header(reply: &Reply, name: &str) -> Option<Value> {
    serde_json::from_str(reply.header(name)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderValue, StatusCode};

    fn usage(app: &str, business: &str) -> Usage {
        let mut headers = HeaderMap::new();
        for (name, value) in [("x-app-usage", app), ("x-business-use-case-usage", business)] {
            if !value.is_empty() {
                headers.insert(name, HeaderValue::from_str(value).unwrap());
            }
        }
        Usage::of(&Reply { status: StatusCode::OK, headers, body: Vec::new() })
    }

    #[test]
    fn reads_a_recorded_pair_of_headers() {
        let recorded: Value =
            serde_json::from_str(include_str!("../../../tests/fixtures/instagram/usage-headers.json")).unwrap();
        let seen =
            usage(recorded["x-app-usage"].as_str().unwrap(), recorded["x-business-use-case-usage"].as_str().unwrap());
        assert!([seen.app_percent, seen.percent].contains(&Some(12.0)), "{seen:?}");
        assert_eq!(seen.pause(), Duration::minutes(15));
    }

    #[test]
    fn takes_the_worst_entry_within_bounds() {
        let entry = |percent: i32, minutes: &str| {
            format!(r#"{{"type":"instagram","total_time":{percent},"estimated_time_to_regain_access":{minutes}}}"#)
        };
        let table = [
            (format!(r#"{{"1":[{}],"2":[{},{}]}}"#, entry(3, "0"), entry(96, "20"), entry(7, "40")), Some(96.0), 40),
            (format!(r#"{{"1":[{}]}}"#, entry(95, "0")), Some(95.0), 15),
            (format!(r#"{{"1":[{}]}}"#, entry(0, "1e300")), Some(0.0), 24 * 60),
            (format!(r#"{{"1":[{}]}}"#, entry(0, "-5")), Some(0.0), 15),
            (format!(r#"{{"1":[{}]}}"#, entry(0, r#""soon""#)), Some(0.0), 15),
            (r#"{"1":7}"#.to_owned(), None, 15),
            ("[".to_owned(), None, 15),
            (String::new(), None, 15),
        ];
        for (header, percent, minutes) in table {
            let seen = usage("", &header);
            assert_eq!((seen.percent, seen.pause()), (percent, Duration::minutes(minutes)), "{header}");
        }
        let app = usage(r#"{"call_count":99}"#, "");
        assert_eq!((app.app_percent, app.percent), (Some(99.0), None));
    }
}
