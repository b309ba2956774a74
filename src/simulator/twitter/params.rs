//! Query parameters and X's 400 answer about them.

use super::{problem::Problem, snowflake};
use crate::domain::Timestamp;
use chrono::{NaiveDate, NaiveTime};
use serde_json::{Value, json};
use url::form_urlencoded;

/// The decoded parameters of a request, in order.
pub(super) struct Params(Vec<(String, String)>);

/// What is wrong with them.
#[derive(Default)]
pub(super) struct Problems(Vec<Value>);

impl Params {
    pub(super) fn parse(query: Option<&str>) -> Self {
        Self(form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(super) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// Complains about parameters that are none of `known`.
    pub(super) fn refuse_unknown(&self, known: &[&[&str]], problems: &mut Problems) {
        let known: Vec<_> = known.iter().copied().flatten().copied().collect();
        for (name, value) in self.0.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
            problems.add(name, value, &format!("The query parameter [{name}] is not one of [{}]", known.join(",")));
        }
    }

    /// The values of a comma-joined list that are in `own`. Those in `others` are dropped without a word, the rest are
    /// complained about.
    pub(super) fn choice(
        &self,
        name: &str,
        own: &[&'static str],
        others: &[&[&str]],
        problems: &mut Problems,
    ) -> Vec<&'static str> {
        for value in self.values(name) {
            if !own.contains(&value) && !others.iter().any(|other| other.contains(&value)) {
                let list = own.join(",");
                let message = format!("The `{name}` query parameter value [{value}] is not one of [{list}]");
                problems.add(name, value, &message);
            }
        }
        self.named(name, own)
    }

    /// Those of `own` that are in the list.
    pub(super) fn named(&self, name: &str, own: &[&'static str]) -> Vec<&'static str> {
        self.values(name).filter_map(|value| own.iter().copied().find(|known| *known == value)).collect()
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.get(name).into_iter().flat_map(|list| list.split(','))
    }

    /// A whole number from `low` to `high`.
    pub(super) fn number(&self, name: &str, default: usize, low: usize, high: usize, problems: &mut Problems) -> usize {
        let Some(value) = self.get(name) else { return default };
        match value.parse() {
            Ok(number) if (low..=high).contains(&number) => number,
            _ => {
                let message = format!("The `{name}` query parameter value [{value}] is not between {low} and {high}");
                problems.add(name, value, &message);
                default
            }
        }
    }

    /// A post's id.
    pub(super) fn id(&self, name: &str, problems: &mut Problems) -> Option<u64> {
        let value = self.get(name)?;
        let id = snowflake::parse(value);
        if id.is_none() {
            problems.add_pattern(name, value);
        }
        id
    }

    /// `YYYY-MM-DDTHH:mm:ssZ`, not before 2010-11-06.
    pub(super) fn time(&self, name: &str, problems: &mut Problems) -> Option<Timestamp> {
        let value = self.get(name)?;
        let first = NaiveDate::from_ymd_opt(2010, 11, 6).map(|day| day.and_time(NaiveTime::MIN).and_utc());
        let whole_seconds = value.ends_with('Z') && !value.contains('.');
        match value.parse::<Timestamp>() {
            Ok(at) if whole_seconds && Some(at) >= first => Some(at),
            _ => {
                let message = format!(
                    "Invalid '{name}':'{value}'. '{name}' must be a valid RFC 3339 time 'YYYY-MM-DDTHH:mm:ssZ' on or \
                     after 2010-11-06T00:00:00Z"
                );
                problems.add(name, value, &message);
                None
            }
        }
    }
}

impl Problems {
    pub(super) fn add(&mut self, name: &str, value: &str, message: &str) {
        self.0.push(json!({ "parameters": { name: [value] }, "message": message }));
    }

    /// The value is no id.
    pub(super) fn add_pattern(&mut self, name: &str, value: &str) {
        let message = format!("The `{name}` query parameter value [{value}] does not match ^[0-9]{{1,19}}$");
        self.add(name, value, &message);
    }

    /// Nothing is wrong, or X's 400.
    pub(super) fn settle(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::invalid(self.0)) }
    }
}
