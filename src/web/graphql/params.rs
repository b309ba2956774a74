//! The parameters of an operation, from a body or a query string. Their types are checked here, before anything runs.

use crate::web::Problem;
use async_graphql::{Request, Variables};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// One operation as asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Params {
    pub(super) query: String,
    pub(super) operation_name: Option<String>,
    pub(super) variables: Map<String, Value>,
    pub(super) extensions: Map<String, Value>,
}

impl Params {
    /// From a JSON body. Other keys are ignored, as the specification wants.
    pub(super) fn from_json(body: &[u8]) -> Result<Self, Problem> {
        // serde_json's own words can quote the body: only the place is passed on.
        let value: Value = serde_json::from_slice(body).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            Problem::bad_request(format!("the body is not JSON at {place}"))
        })?;
        match value {
            Value::Object(body) => Self::from_object(body),
            Value::Array(_) => Err(Problem::bad_request("send one operation at a time, not a list")),
            _ => Err(Problem::bad_request("the body must be a JSON object")),
        }
    }

    /// From an object. Other keys are ignored.
    pub(super) fn from_object(mut object: Map<String, Value>) -> Result<Self, Problem> {
        Self::checked(object.remove("query"), &mut |name| object.remove(name))
    }

    /// From a query string, in which `variables` and `extensions` are JSON.
    pub(super) fn from_query(query: &str) -> Result<Self, Problem> {
        let mut found = Map::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let value = match name.as_ref() {
                "query" | "operationName" => Value::String(value.into_owned()),
                "variables" | "extensions" if value.is_empty() => Value::Null,
                "variables" | "extensions" => json(&name, &value)?,
                _ => continue,
            };
            if found.insert(name.to_string(), value).is_some() {
                return Err(Problem::bad_request(format!("{name} is given twice")));
            }
        }
        Self::checked(found.remove("query"), &mut |name| found.remove(name))
    }

    fn checked(query: Option<Value>, take: &mut dyn FnMut(&str) -> Option<Value>) -> Result<Self, Problem> {
        let query = match query {
            Some(Value::String(query)) if !query.trim().is_empty() => query,
            None if take("extensions").is_some_and(|given| given.get("persistedQuery").is_some()) => {
                // The words at which clients send the whole query:
                // `<https://www.apollographql.com/docs/apollo-server/performance/apq>`
                let code = "PERSISTED_QUERY_NOT_SUPPORTED";
                return Err(Problem::new(StatusCode::BAD_REQUEST, code, "PersistedQueryNotSupported"));
            }
            None | Some(Value::Null | Value::String(_)) => return Err(Problem::bad_request("query is missing")),
            Some(_) => return Err(Problem::bad_request("query must be text")),
        };
        let operation_name = match take("operationName") {
            None | Some(Value::Null) => None,
            // What clients send that have no name to send.
            Some(Value::String(name)) => Some(name).filter(|name| !name.is_empty()),
            Some(_) => return Err(Problem::bad_request("operationName must be text or null")),
        };
        let mut object = |name: &str| match take(name) {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(object)) => Ok(object),
            Some(_) => Err(Problem::bad_request(format!("{name} must be an object or null"))),
        };
        let variables = object("variables")?;
        Ok(Self { query, operation_name, variables, extensions: object("extensions")? })
    }

    /// As the schema takes them.
    pub(super) fn into_request(self) -> Request {
        let mut request = Request::new(self.query).variables(Variables::from_json(Value::Object(self.variables)));
        request.operation_name = self.operation_name;
        request.extensions.extend(self.extensions.into_iter().filter_map(|(name, value)| {
            // JSON that came by JSON always fits.
            async_graphql::Value::from_json(value).ok().map(|value| (name, value))
        }));
        request
    }
}

fn json<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, Problem> {
    serde_json::from_str(text).map_err(|_| Problem::bad_request(format!("{name} is not JSON")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refusal(body: &str) -> String {
        Params::from_json(body.as_bytes()).expect_err(body).message.into_owned()
    }

    #[test]
    fn a_body_is_one_operation_with_checked_types() {
        let body = br#"{"query":"{a}","operationName":null,"variables":{"b":1},"extensions":null,"else":[]}"#;
        let params = Params::from_json(body).expect("parameters");
        assert_eq!(
            params,
            Params {
                query: "{a}".into(),
                variables: json!({"b": 1}).as_object().cloned().expect("an object"),
                ..Params::default()
            }
        );
        for body in ["{", "", "\u{0}", r#"{"query":"{a}"} x"#] {
            assert!(refusal(body).starts_with("the body is not JSON at line"), "{body:?}");
        }
        assert!(!refusal(r#"{"query": hunter2}"#).contains("hunter2"), "the body is not quoted");
        assert_eq!(refusal(r#"[{"query":"{a}"}]"#), "send one operation at a time, not a list");
        assert_eq!(refusal("7"), "the body must be a JSON object");
        assert_eq!(refusal("{}"), "query is missing");
        assert_eq!(refusal(r#"{"query":""}"#), "query is missing");
        assert_eq!(refusal(r#"{"extensions":{"persistedQuery":{}}}"#), "PersistedQueryNotSupported");
        assert_eq!(refusal(r#"{"extensions":7}"#), "query is missing");
        assert_eq!(refusal(r#"{"query":["{a}"]}"#), "query must be text");
        assert_eq!(refusal(r#"{"query":"{a}","operationName":1}"#), "operationName must be text or null");
        assert_eq!(refusal(r#"{"query":"{a}","variables":"{}"}"#), "variables must be an object or null");
        assert_eq!(refusal(r#"{"query":"{a}","extensions":[1]}"#), "extensions must be an object or null");
        assert!(refusal(&"[".repeat(100_000)).starts_with("the body is not JSON"), "no stack is used up");
    }

    #[test]
    fn a_query_string_holds_json_in_two_places() {
        let params = Params::from_query("query=%7Ba%7D&variables=%7B%22b%22%3A1%7D&operationName=&x=1");
        let params = params.expect("parameters");
        assert_eq!((params.query.as_str(), params.variables["b"].as_i64()), ("{a}", Some(1)));
        assert_eq!(params.operation_name, None);
        for query in ["", "variables={}", "query=a&query=b", "query=a&variables=x", "query=a&variables=1"] {
            assert!(Params::from_query(query).is_err(), "{query:?}");
        }
    }
}
