//! Where a JWT has its session variables: Hasura's claims_namespace, claims_namespace_path and claims_map.
//! `<https://hasura.io/docs/2.0/auth/authentication/jwt/#hasura-jwt-configuration>`

use serde::Deserialize;
use serde_json::{Map, Value};

/// Where session variables are.
#[derive(Clone, Debug, PartialEq)]
pub enum ClaimsPlace {
    /// In this claim.
    Namespace(String),
    /// In what this path leads to.
    Path(JsonPath),
    /// Each by itself: its name in lower case, and where its value is.
    Map(Vec<(String, ClaimSource)>),
}

/// Where one session variable's value is.
#[derive(Clone, Debug, PartialEq)]
pub enum ClaimSource {
    /// It is always this.
    Literal(Value),
    /// It is what the path leads to, or the default where that is nothing.
    At { path: JsonPath, default: Option<Value> },
}

/// How a JWT writes the session variables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimsFormat {
    /// As an object.
    #[default]
    Json,
    /// As a string that holds an object's JSON.
    StringifiedJson,
}

impl ClaimsPlace {
    /// Reads claims_map. The text is Hasura's, so nothing of it is repeated.
    pub(super) fn of_map(map: &Map<String, Value>) -> Result<Self, &'static str> {
        let sources = map.iter().map(|(name, value)| {
            let name = name.to_ascii_lowercase();
            if !name.starts_with("x-hasura-") {
                return Err("claims_map names a variable that does not begin with x-hasura-");
            }
            Ok((name, ClaimSource::of(value)?))
        });
        let sources = sources.collect::<Result<Vec<_>, _>>()?;
        for needed in ["x-hasura-default-role", "x-hasura-allowed-roles"] {
            if !sources.iter().any(|(name, _)| name == needed) {
                return Err("claims_map must name x-hasura-default-role and x-hasura-allowed-roles");
            }
        }
        Ok(Self::Map(sources))
    }
}

impl ClaimSource {
    fn of(value: &Value) -> Result<Self, &'static str> {
        let Value::Object(object) = value else { return Ok(Self::Literal(value.clone())) };
        let path = object.get("path").and_then(Value::as_str).ok_or("claims_map has an object without a path")?;
        if object.keys().any(|key| key != "path" && key != "default") {
            return Err("claims_map has an object with more than path and default");
        }
        let path = JsonPath::parse(path).ok_or("claims_map has a path that cannot be read")?;
        Ok(Self::At { path, default: object.get("default").cloned() })
    }

    /// The value in `payload`.
    pub fn find<'a>(&'a self, payload: &'a Value) -> Option<&'a Value> {
        match self {
            Self::Literal(value) => Some(value),
            Self::At { path, default } => path.find(payload).or(default.as_ref()),
        }
    }
}

/// A way into JSON, as Hasura writes it: `$.user.roles[0]`, `$['https://example.com/claims']`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonPath(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

impl JsonPath {
    /// Reads a path. `None`: it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text.trim().strip_prefix('$')?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let step;
            (step, rest) = if let Some(after) = rest.strip_prefix('.') {
                let end = after.find(['.', '[']).unwrap_or(after.len());
                (Step::Key(after[..end].to_owned()).filled()?, &after[end..])
            } else {
                let inside = rest.strip_prefix('[')?;
                match inside.chars().next()? {
                    quote @ ('\'' | '"') => {
                        let (key, after) = inside[1..].split_once(quote)?;
                        (Step::Key(key.to_owned()).filled()?, after.strip_prefix(']')?)
                    }
                    _ => {
                        let (index, after) = inside.split_once(']')?;
                        (Step::Index(index.parse().ok()?), after)
                    }
                }
            };
            steps.push(step);
        }
        Some(Self(steps))
    }

    /// What it leads to; null is nothing.
    pub fn find<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        let end = self.0.iter().try_fold(value, |value, step| match step {
            Step::Key(key) => value.get(key),
            Step::Index(index) => value.get(index),
        });
        end.filter(|value| !value.is_null())
    }
}

impl Step {
    fn filled(self) -> Option<Self> {
        (self != Self::Key(String::new())).then_some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_lead_where_hasuras_do() {
        let value = json!({"a": {"b-c": [{"d": 1}, 2]}, "https://x.example/y": {"e": null}, "f": ""});
        for (path, found) in [
            ("$", Some(value.clone())),
            ("$.a.b-c[0].d", Some(json!(1))),
            ("$.a['b-c'][1]", Some(json!(2))),
            ("$[\"https://x.example/y\"]", Some(json!({"e": null}))),
            ("$['https://x.example/y'].e", None),
            ("$.f", Some(json!(""))),
            ("$.a.none", None),
            ("$.a.b-c[9]", None),
        ] {
            let parsed = JsonPath::parse(path).unwrap_or_else(|| panic!("{path}"));
            assert_eq!(parsed.find(&value).cloned(), found, "{path}");
        }
        for crooked in ["", "a", "$a", "$.", "$..a", "$[", "$[a]", "$['a", "$['a'", "$[-1]", "$.a[]", "$['']"] {
            assert_eq!(JsonPath::parse(crooked), None, "{crooked}");
        }
    }

    #[test]
    fn a_map_says_where_every_variable_is() {
        let read = |map: Value| ClaimsPlace::of_map(map.as_object().expect("an object"));
        let map = read(json!({
            "X-Hasura-Default-Role": "user",
            "x-hasura-allowed-roles": {"path": "$.roles", "default": ["user"]},
        }));
        let Ok(ClaimsPlace::Map(sources)) = map else { panic!("{map:?}") };
        let of = |name: &str| &sources.iter().find(|(known, _)| known == name).expect("listed").1;
        assert_eq!(of("x-hasura-default-role").find(&json!({})), Some(&json!("user")));
        assert_eq!(of("x-hasura-allowed-roles").find(&json!({"roles": ["a"]})), Some(&json!(["a"])));
        assert_eq!(of("x-hasura-allowed-roles").find(&json!({})), Some(&json!(["user"])));
        for wrong in [
            json!({}),
            json!({"x-hasura-default-role": "user"}),
            json!({"x-hasura-default-role": {"path": "roles"}, "x-hasura-allowed-roles": []}),
            json!({"x-hasura-default-role": {"default": "x"}, "x-hasura-allowed-roles": []}),
            json!({"x-hasura-default-role": {"path": "$", "more": 1}, "x-hasura-allowed-roles": []}),
            json!({"role": "user", "x-hasura-default-role": "user", "x-hasura-allowed-roles": []}),
        ] {
            assert!(read(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
