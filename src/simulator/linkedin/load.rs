//! Takes over posts of a finder's page, as LinkedIn answered it.

use super::media::Asset;
use super::state::{State, StoredPost, Tally};
use super::urn;
use super::world::unknown;
use crate::domain::Timestamp;
use serde_json::{Map, Value};

/// Puts the page's `elements` on `account` as they are, except for the author. Media they name become resolvable.
/// All or nothing; returns how many.
pub(super) fn take_over(state: &mut State, account: &str, page: &Value, now: Timestamp) -> Result<usize, String> {
    let number = state.pages.iter().find(|page| page.urn == account).ok_or_else(|| unknown(account))?.number;
    let elements = page.get("elements").and_then(Value::as_array).ok_or("a page of posts has `elements`")?;
    let bodies: Vec<(String, Map<String, Value>)> = elements.iter().map(checked).collect::<Result<_, _>>()?;
    let taken = bodies.len();
    for (id, mut body) in bodies {
        body.insert("author".to_owned(), account.into());
        each_text(&body, &mut |text| {
            if matches!(urn::split(text), Some(("image" | "video" | "document", _))) {
                state.media.entry(text.to_owned()).or_insert_with(|| Asset { page: number, uploaded_at: now });
            }
        });
        let made = state.next_made();
        // Below the numbers that posts written here get, so the two cannot meet.
        let activity = format!("urn:li:activity:{}", 1_000_000_000_000_000_000 + made);
        let post = StoredPost {
            body,
            page: number,
            activity,
            hashtag_templates: true,
            mentions: Vec::new(),
            tally: Tally::default(),
        };
        state.posts.insert(id, post);
    }
    Ok(taken)
}

fn checked(element: &Value) -> Result<(String, Map<String, Value>), String> {
    let body = element.as_object().ok_or("an element is not an object")?;
    let id = body.get("id").and_then(Value::as_str).filter(|id| urn::is_post(id));
    let id = id.ok_or("an element's id is not urn:li:share:N or urn:li:ugcPost:N")?;
    Ok((id.to_owned(), body.clone()))
}

/// Every string inside, however deep.
fn each_text(body: &Map<String, Value>, found: &mut impl FnMut(&str)) {
    let mut waiting: Vec<&Value> = body.values().collect();
    while let Some(value) = waiting.pop() {
        match value {
            Value::String(text) => found(text),
            Value::Array(values) => waiting.extend(values),
            Value::Object(values) => waiting.extend(values.values()),
            _ => {}
        }
    }
}
