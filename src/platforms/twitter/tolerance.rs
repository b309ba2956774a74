//! Reading JSON that may hold surprises: one odd field must not cost a post, one odd post not a page.

use super::cursor::post_number;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error},
};
use serde_json::Value;

/// A list without the entries that could not be read. `null` and anything else that is no list counts as empty.
#[derive(Debug)]
pub(super) struct Readable<T> {
    pub items: Vec<T>,
    /// For every entry that could not be read its `id`, empty where it has none that X could have given.
    pub unreadable: Vec<String>,
}

impl<T> Default for Readable<T> {
    fn default() -> Self {
        Self { items: Vec::new(), unreadable: Vec::new() }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Readable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut list = Self::default();
        let Value::Array(entries) = Value::deserialize(deserializer)? else { return Ok(list) };
        for entry in entries {
            let id = entry.get("id").and_then(Value::as_str).filter(|id| post_number(id).is_some());
            let id = id.unwrap_or("").to_owned();
            match serde_json::from_value(entry) {
                Ok(item) => list.items.push(item),
                Err(_) => list.unreadable.push(id),
            }
        }
        Ok(list)
    }
}

/// A field of an unexpected type counts as absent.
pub(super) fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).ok())
}

/// An id, which is a number: anything else would get into rows and bills, and Postgres refuses a NUL or a very long one.
pub(super) fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let id = String::deserialize(deserializer)?;
    if post_number(&id).is_some() { Ok(id) } else { Err(D::Error::custom("not an id")) }
}

/// The same where it may be absent.
pub(super) fn lenient_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(lenient::<_, String>(deserializer)?.filter(|id| post_number(id).is_some()))
}
