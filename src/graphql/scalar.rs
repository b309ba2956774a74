//! Scalars named like Postgres' types. Hasura compares variable types by name, so one `$id: uuid!` fits its tables'
//! fields and ours; it never checks their values, so we do.

use crate::domain::{Timestamp, Usd};
use async_graphql::{InputValueError, InputValueResult, Number, Scalar, ScalarType, Value};
use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, SecondsFormat};
use uuid::Uuid;

/// The scalar `uuid`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Id(pub Uuid);

/// A UUID, as text: `7c9e6679-7425-40de-944b-e07fc1f90ae7`.
#[Scalar(name = "uuid")]
impl ScalarType for Id {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        let id = Uuid::try_parse(text)
            .map_err(|_| InputValueError::custom("not a UUID: write it as 7c9e6679-7425-40de-944b-e07fc1f90ae7"))?;
        Ok(Self(id))
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(_))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

impl From<Uuid> for Id {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

/// The scalar `timestamptz`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub Timestamp);

/// A point in time, as text with its distance from UTC: `2026-11-22T12:00:00Z`. Answers are always in UTC.
#[Scalar(name = "timestamptz")]
impl ScalarType for Time {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        let at = text.parse::<DateTime<FixedOffset>>().map_err(|_| {
            InputValueError::custom("not a time with its distance from UTC: write 2026-11-22T12:00:00Z")
        })?;
        // What Postgres keeps is wider than what people mean, and narrower than what chrono reads.
        if !(1..=9999).contains(&at.to_utc().year()) {
            return Err(InputValueError::custom("the year must be between 1 and 9999"));
        }
        Ok(Self(at.to_utc()))
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(_))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl From<Timestamp> for Time {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

/// The scalar `numeric`, for sums of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money(pub Usd);

/// A sum in US dollars, exact to the millionth: `0.015`.
#[Scalar(name = "numeric")]
impl ScalarType for Money {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = match &value {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.clone(),
            _ => return Err(InputValueError::expected_type(value)),
        };
        let sum = Usd::parse(&text).ok_or_else(|| InputValueError::custom("not a sum in dollars: write 0.015"))?;
        Ok(Self(sum))
    }

    fn to_value(&self) -> Value {
        Number::from_f64(self.0.dollars()).map_or(Value::Null, Value::Number)
    }
}

impl From<Usd> for Money {
    fn from(sum: Usd) -> Self {
        Self(sum)
    }
}

/// The scalar `date`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day(pub NaiveDate);

/// A day, as text: `2026-11-22`. Days begin and end at 00:00 UTC.
#[Scalar(name = "date")]
impl ScalarType for Day {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        let day = text.parse::<NaiveDate>().ok().filter(|day| (1..=9999).contains(&day.year()));
        day.map(Self).ok_or_else(|| InputValueError::custom("not a day: write 2026-11-22"))
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(_))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

impl From<NaiveDate> for Day {
    fn from(day: NaiveDate) -> Self {
        Self(day)
    }
}

/// The scalar `jsonb`.
#[derive(Clone, Debug, PartialEq)]
pub struct Json(pub serde_json::Value);

/// Any JSON value.
#[Scalar(name = "jsonb")]
impl ScalarType for Json {
    fn parse(value: Value) -> InputValueResult<Self> {
        value.into_json().map(Self).map_err(|_| InputValueError::custom("not a JSON value"))
    }

    fn to_value(&self) -> Value {
        Value::from_json(self.0.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn time(text: &str) -> Option<String> {
        let parsed = Time::parse(Value::from(text)).ok()?;
        Some(parsed.to_value().into_json().unwrap().as_str().unwrap().to_owned())
    }

    #[test]
    fn times_come_in_every_form_that_hasura_forwards_and_leave_in_one() {
        for text in ["2026-11-22T12:00:00Z", "2026-11-22T13:00:00+01:00", "2026-11-22 12:00:00+00:00"] {
            assert_eq!(time(text).as_deref(), Some("2026-11-22T12:00:00Z"), "{text}");
        }
        assert_eq!(time("2026-11-22T12:00:00.123456+00:00").as_deref(), Some("2026-11-22T12:00:00.123456Z"));
        for text in
            ["", "now()", "2026-11-22", "2026-11-22T12:00:00", "+20000-01-01T00:00:00Z", "-0044-03-15T00:00:00Z"]
        {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn ids_are_uuids_and_nothing_else() {
        assert!(Id::parse(Value::from("7C9E6679-7425-40DE-944B-E07FC1F90AE7")).is_ok());
        for value in [Value::from(""), Value::from("1"), Value::from(1), Value::Null, Value::List(vec![])] {
            assert!(Id::parse(value.clone()).is_err(), "{value}");
        }
    }

    #[test]
    fn sums_are_exact_to_the_millionth() {
        for (micros, text) in
            [(0, "0.0"), (5_000, "0.005"), (15_000, "0.015"), (1, "1e-6"), (999_999_999_999_999, "999999999.999999")]
        {
            let value = Money(Usd(micros)).to_value();
            assert_eq!(value.to_string(), text);
            let number: f64 = text.parse().unwrap();
            assert_eq!((number * 1e6).round() as i64, micros);
        }
        for (value, micros) in
            [(Value::from(0.015), 15_000), (Value::from(2), 2_000_000), (Value::from("0.005"), 5_000)]
        {
            assert_eq!(Money::parse(value).unwrap(), Money(Usd(micros)));
        }
        assert!(Money::parse(Value::from(-1)).is_err() && Money::parse(Value::from("x")).is_err());
    }

    #[test]
    fn days_are_dates_without_a_time() {
        assert_eq!(Day::parse(Value::from("2026-11-22")).unwrap().to_value(), Value::from("2026-11-22"));
        for bad in ["2026-11-31", "22.11.2026", "2026-11-22T00:00:00Z", ""] {
            assert!(Day::parse(Value::from(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn json_passes_unchanged() {
        let value = json!({"a": [1, 2.5, null, true, {"b c": u64::MAX}], "": "x"});
        let parsed = Json::parse(Value::from_json(value.clone()).unwrap()).unwrap();
        assert_eq!(parsed.0, value);
        assert_eq!(parsed.to_value().into_json().unwrap(), value);
    }
}
