//! Collections: `{paging{start, count, links[], total?}, elements[]}`.
//! `<https://learn.microsoft.com/linkedin/shared/api-guide/concepts/pagination>`

use super::LinkedinWorld;
use super::call::Call;
use super::refusal::Refusal;
use serde_json::{Value, json};

/// Which elements are asked for; `start` is an offset.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub start: usize,
    pub count: usize,
}

impl Window {
    /// Ten unless told, a hundred at most.
    pub fn read(call: &Call) -> Result<Self, Refusal> {
        let start = call.query.number("start")?.unwrap_or(0);
        let count = call.query.number("count")?.unwrap_or(10);
        if !(1..=100).contains(&count) {
            return Err(Refusal::illegal("Parameter 'count' must be between 1 and 100"));
        }
        Ok(Self { start, count })
    }
}

/// Cuts the window out of `all`. `most` makes the page shorter than `count`, with a `next` link to what is left.
pub(super) fn page<T>(
    world: &LinkedinWorld,
    call: &Call,
    links: Links,
    window: Window,
    all: Vec<T>,
    render: impl FnMut(T) -> Value,
) -> Value {
    let length = all.len();
    let size = links.most.map_or(window.count, |most| window.count.min(most));
    let elements: Vec<Value> = all.into_iter().skip(window.start).take(size).map(render).collect();
    let href = |start: usize| link(world, call, links.absolute, window.count, start);
    let mut found = Vec::new();
    if window.start > 0 {
        let href = href(window.start.saturating_sub(size));
        found.push(json!({"type": "application/json", "rel": "prev", "href": href}));
    }
    let next = window.start.saturating_add(size);
    if next < length {
        found.push(json!({"type": "application/json", "rel": "next", "href": href(next)}));
    }
    let mut paging = json!({"start": window.start, "count": window.count, "links": found});
    if links.total {
        paging["total"] = length.into();
    }
    json!({"paging": paging, "elements": elements})
}

/// How a page is cut and linked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Links {
    pub most: Option<usize>,
    pub total: bool,
    pub absolute: bool,
}

/// The same query, its names in order, from another start. LinkedIn writes a path, `/rest/posts?…`, not a URL.
fn link(world: &LinkedinWorld, call: &Call, absolute: bool, count: usize, start: usize) -> String {
    let kept = call.query.pairs().iter().filter(|(name, _)| name != "start" && name != "count").cloned();
    let window = [("count".to_owned(), count.to_string()), ("start".to_owned(), start.to_string())];
    let mut pairs: Vec<(String, String)> = kept.chain(window).collect();
    pairs.sort();
    let query = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    let origin = if absolute { format!("{}/linkedin", world.base_url()) } else { String::new() };
    format!("{origin}/rest/{}?{query}", call.resource)
}
