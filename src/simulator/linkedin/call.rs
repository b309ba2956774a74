//! One call to `/rest`, past the gate.

use super::gate::Caller;
use super::refusal::Refusal;
use super::restli::{Query, path_key};
use crate::domain::Timestamp;
use axum::http::HeaderMap;
use serde_json::{Map, Value, json};

/// What Rest.li does with a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    BatchGet,
    Finder(String),
    GetAll,
}

impl Method {
    /// Read from the shape of the call, and from `X-RestLi-Method`, which must not contradict it.
    pub fn of(keyed: bool, query: &Query, headers: &HeaderMap) -> Result<Self, Refusal> {
        let (method, word) = match () {
            () if keyed => (Self::Get, "GET"),
            () if query.has("ids") => (Self::BatchGet, "BATCH_GET"),
            () if query.has("q") => (Self::Finder(query.text("q").ok().flatten().unwrap_or_default()), "FINDER"),
            () => (Self::GetAll, "GET_ALL"),
        };
        match headers.get("x-restli-method") {
            Some(said) if !said.as_bytes().eq_ignore_ascii_case(word.as_bytes()) => {
                Err(Refusal::illegal("X-RestLi-Method does not fit the request"))
            }
            _ => Ok(method),
        }
    }

    /// As permissions spell it: `FINDER-author`, `BATCH_GET`.
    pub fn name(&self) -> String {
        match self {
            Self::Get => "GET".to_owned(),
            Self::BatchGet => "BATCH_GET".to_owned(),
            Self::Finder(name) => format!("FINDER-{name}"),
            Self::GetAll => "GET_ALL".to_owned(),
        }
    }
}

/// The call, its parameters not looked at yet.
pub(super) struct Call {
    /// `posts`
    pub resource: String,
    pub method: Method,
    /// The entity's key, still encoded.
    pub raw_key: Option<String>,
    pub query: Query,
    pub caller: Caller,
    /// `YYYYMM`
    pub version: String,
    /// Whether the app is in the tier without batch calls.
    pub development: bool,
    pub now: Timestamp,
}

impl Call {
    /// `partnerApiPostsExternal.FINDER-author.20260901`
    pub fn permission(&self, resource: &str) -> String {
        format!("{resource}.{}.{}01", self.method.name(), self.version)
    }

    /// The entity's key, decoded.
    pub fn key(&self) -> Result<String, Refusal> {
        path_key(self.raw_key.as_deref().unwrap_or_default())
    }

    /// Answers a batch one by one; HTTP is 200 even if none is found. The Development tier refuses batches; that it
    /// does so with 403 is a guess.
    pub fn batch(
        &self,
        resource: &str,
        mut each: impl FnMut(&str) -> Result<Value, Refusal>,
    ) -> Result<Value, Refusal> {
        if self.development {
            return Err(Refusal::denied(&self.permission(resource)));
        }
        let (mut results, mut statuses, mut errors) = (Map::new(), Map::new(), Map::new());
        for id in self.query.list("ids")?.unwrap_or_default() {
            match each(&id) {
                Ok(found) => {
                    statuses.insert(id.clone(), 200.into());
                    results.insert(id, found);
                }
                Err(refusal) => {
                    statuses.insert(id.clone(), refusal.status.into());
                    errors.insert(id, refusal.body());
                }
            }
        }
        Ok(json!({"results": results, "statuses": statuses, "errors": errors}))
    }
}

/// Keeps only the asked-for fields of an entity, of a collection's elements or of a batch's results.
pub(super) fn project(mut body: Value, fields: &[String]) -> Value {
    let keep = |entity: &mut Value| {
        if let Some(entity) = entity.as_object_mut() {
            entity.retain(|name, _| fields.contains(name));
        }
    };
    if let Some(elements) = body.get_mut("elements").and_then(Value::as_array_mut) {
        elements.iter_mut().for_each(keep);
    } else if let Some(results) = body.get_mut("results").and_then(Value::as_object_mut) {
        results.values_mut().for_each(keep);
    } else {
        keep(&mut body);
    }
    body
}
