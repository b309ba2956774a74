//! Instagram's JSON. Every field may be missing or of another type than documented: what cannot be understood counts
//! as absent, and only what a step cannot do without is an error there.
//! `<https://developers.facebook.com/docs/instagram-platform/reference/instagram-media>`

use crate::platforms::PlatformError;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

/// Longer ids and paging marks than these are no ids and marks: real ones have 17 and about 100 characters.
const MAX_ID_BYTES: usize = 64;
const MAX_MARK_BYTES: usize = 2048;

/// A page of a list.
#[derive(Debug)]
pub(super) struct Page<T> {
    pub items: Vec<T>,
    /// The mark of the page behind this one, if there is one.
    pub after: Option<String>,
}

/// A post, or a part of a carousel.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Media {
    #[serde(deserialize_with = "id")]
    pub id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub caption: Option<String>,
    /// IMAGE, VIDEO or CAROUSEL_ALBUM.
    #[serde(deserialize_with = "text")]
    pub media_type: Option<String>,
    /// FEED, REELS, STORY or AD.
    #[serde(deserialize_with = "text")]
    pub media_product_type: Option<String>,
    /// Signed, another one on every reading; missing where rights are in dispute.
    #[serde(deserialize_with = "text")]
    pub media_url: Option<String>,
    #[serde(deserialize_with = "text")]
    pub thumbnail_url: Option<String>,
    #[serde(deserialize_with = "text")]
    pub permalink: Option<String>,
    #[serde(deserialize_with = "text")]
    pub timestamp: Option<String>,
    #[serde(deserialize_with = "text")]
    pub username: Option<String>,
    /// Missing, not 0, where the owner hides likes.
    #[serde(deserialize_with = "lenient")]
    pub like_count: Option<u64>,
    #[serde(deserialize_with = "lenient")]
    pub comments_count: Option<u64>,
    #[serde(deserialize_with = "text")]
    pub alt_text: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub children: Option<Children>,
}

/// The parts of a carousel, in order.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Children {
    #[serde(deserialize_with = "lenient_list")]
    pub data: Vec<Media>,
}

/// `/me`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Me {
    /// App-scoped: the deauthorize and deletion callbacks name the account by it.
    #[serde(deserialize_with = "id")]
    pub id: Option<String>,
    /// The professional account's id, 17841….
    #[serde(deserialize_with = "id")]
    pub user_id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub username: Option<String>,
    #[serde(deserialize_with = "text")]
    pub name: Option<String>,
    #[serde(deserialize_with = "text")]
    pub account_type: Option<String>,
    #[serde(deserialize_with = "text")]
    pub profile_picture_url: Option<String>,
}

/// What a token endpoint answers. Its `user_id` is left alone: sources differ about which id it is, `/me` tells both.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Token {
    #[serde(deserialize_with = "lenient")]
    pub access_token: Option<String>,
    /// Seconds.
    #[serde(deserialize_with = "integer")]
    pub expires_in: Option<i64>,
    #[serde(deserialize_with = "permissions")]
    pub permissions: Option<Vec<String>>,
}

/// A refusal of the code exchange, which has a shape of its own.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct CodeError {
    #[serde(deserialize_with = "lenient")]
    pub error_type: Option<String>,
    #[serde(deserialize_with = "integer")]
    pub code: Option<i64>,
    #[serde(deserialize_with = "lenient")]
    pub error_message: Option<String>,
}

/// What a callback about a person says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct SignedPayload {
    #[serde(deserialize_with = "text")]
    pub algorithm: Option<String>,
    /// App-scoped, like [`Me::id`].
    #[serde(deserialize_with = "id")]
    pub user_id: Option<String>,
    /// Seconds since 1970.
    #[serde(deserialize_with = "integer")]
    pub issued_at: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Paging {
    #[serde(deserialize_with = "lenient")]
    cursors: Option<Marks>,
    /// A whole address with the access token in it: whether it is there is all that is kept of it.
    next: Option<serde::de::IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Marks {
    #[serde(deserialize_with = "lenient")]
    after: Option<String>,
}

/// A page of posts.
pub(super) fn page(body: &[u8]) -> Result<Page<Media>, PlatformError> {
    list(body)
}

/// A page of a list. The last one has marks but no `next`.
pub(super) fn list<T: DeserializeOwned + Default>(body: &[u8]) -> Result<Page<T>, PlatformError> {
    let Value::Object(mut answer) = parse(body)? else { return Err(missing("$", "not an object")) };
    let Some(Value::Array(items)) = answer.remove("data") else { return Err(missing("data", "no list")) };
    let paging: Paging = answer.remove("paging").and_then(understand).unwrap_or_default();
    let after = paging.next.and(paging.cursors).and_then(|marks| marks.after);
    Ok(Page {
        items: items.into_iter().map(|item| understand(item).unwrap_or_default()).collect(),
        after: after.filter(|mark| !mark.is_empty() && mark.len() <= MAX_MARK_BYTES),
    })
}

/// One object, bare, as `{"data":[{…}]}` (documents show this where recordings mostly show the first) or as
/// `{"data":{…}}`.
pub(super) fn object<T: DeserializeOwned>(body: &[u8]) -> Result<T, PlatformError> {
    let mut answer = parse(body)?;
    let wrapped = match answer.get_mut("data") {
        Some(Value::Array(list)) if !list.is_empty() => Some(list.swap_remove(0)),
        Some(data @ Value::Object(_)) => Some(data.take()),
        _ => None,
    };
    understand(wrapped.unwrap_or(answer)).ok_or_else(|| missing("$", "not an object"))
}

/// An error for something an answer lacks.
pub(super) fn missing(at: &str, detail: &str) -> PlatformError {
    PlatformError::Unreadable { at: at.to_owned(), detail: detail.to_owned() }
}

fn parse(body: &[u8]) -> Result<Value, PlatformError> {
    // The error's own text can quote the body: only its place is passed on.
    serde_json::from_slice(body).map_err(|error| {
        let detail = if error.is_eof() { "JSON ends too early" } else { "not JSON" };
        PlatformError::Unreadable {
            at: format!("line {} column {}", error.line(), error.column()),
            detail: detail.into(),
        }
    })
}

fn understand<T: DeserializeOwned>(value: Value) -> Option<T> {
    T::deserialize(value).ok()
}

pub(super) fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Option<T>, D::Error> {
    Ok(understand(Value::deserialize(from)?))
}

pub(super) fn lenient_list<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Vec<T>, D::Error> {
    let Value::Array(list) = Value::deserialize(from)? else { return Ok(Vec::new()) };
    Ok(list.into_iter().filter_map(understand).collect())
}

/// Text without NUL, which JSON can carry and Postgres cannot.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(text) if text.contains('\0') => Some(text.replace('\0', "")),
        Value::String(text) => Some(text),
        _ => None,
    })
}

/// Ids are strings in the documents and numbers in Meta's own SDK; they have more digits than a double can hold.
pub(super) fn id<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(text) => Some(text),
        Value::Number(number) => number.as_u64().map(|number| number.to_string()),
        _ => None,
    }
    .filter(|id| !id.is_empty() && id.len() <= MAX_ID_BYTES && id.bytes().all(|byte| byte.is_ascii_graphic())))
}

pub(super) fn integer<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.as_i64(),
        _ => None,
    })
}

/// A list, or a text with commas or spaces between. An empty one names nothing.
fn permissions<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<String>>, D::Error> {
    let words: Vec<String> = match Value::deserialize(from)? {
        Value::String(text) => text.split([',', ' ']).map(str::to_owned).collect(),
        Value::Array(list) => list.iter().filter_map(Value::as_str).map(|word| word.trim().to_owned()).collect(),
        _ => Vec::new(),
    };
    let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
    Ok((!words.is_empty()).then_some(words))
}

#[cfg(test)]
mod tests;
