//! A page of an account's media.
//! `<https://developers.facebook.com/docs/instagram-platform/reference/instagram-user/media>`

use super::{
    account::Account,
    errors::GraphError,
    fields,
    media::{self, Media, Product, Read, Renderer},
    params::Params,
    switches::Switches,
};
use crate::domain::Timestamp;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::cmp::Reverse;
use url::form_urlencoded;

const DEFAULT_LIMIT: usize = 25;
const MAX_LIMIT: usize = 100;
/// Older posts cannot be reached at all.
const MAX_REACH: usize = 10_000;
/// What a decoded cursor begins with.
const CURSOR_MARK: &str = "AQHR";

/// Where a post stands: pinned first if so switched, then newest first.
type Place = (Reverse<bool>, Reverse<i64>, Reverse<u64>);

/// One page, as `params` ask. `address` is where the edge is, without a query: links repeat it with the token inside.
pub(super) fn page(
    account: &Account,
    params: &Params,
    token: &str,
    address: &str,
    switches: &Switches,
    renderer: Renderer<'_>,
) -> Result<Value, GraphError> {
    let now = renderer.shared.clock.now();
    let fields = fields::parse(params.text("fields"))?;
    media::check(&fields)?;
    let limit = limit(params, switches)?;
    let (since, until) = (moment(params, "since")?, moment(params, "until")?);
    let (after, before) = (cursor(params, "after")?, cursor(params, "before")?);

    let place = |media: &Media| {
        (Reverse(switches.pinned_first && media.pinned), Reverse(media.at.timestamp_micros()), Reverse(media.sequence))
    };
    let mut posts: Vec<_> = account
        .media
        .iter()
        // Stories have an edge of their own; a post of the future is not out yet.
        .filter(|media| media.product != Product::Story && media.at <= now)
        .map(|media| (place(media), media))
        .collect();
    posts.sort_unstable_by_key(|(place, _)| *place);
    posts.truncate(MAX_REACH);
    if !switches.time_filter_ignored {
        posts.retain(|(_, media)| since.is_none_or(|at| media.at >= at) && until.is_none_or(|at| media.at <= at));
    }

    let (from, to) = match (after, before) {
        (Some(after), _) => (posts.partition_point(|(place, _)| *place <= after), posts.len()),
        (None, Some(before)) => {
            let end = posts.partition_point(|(place, _)| *place < before);
            (end.saturating_sub(limit), end)
        }
        (None, None) => (0, posts.len()),
    };
    let to = to.min(from + limit);
    let shown = &posts[from..to];
    let data: Vec<_> = shown.iter().map(|(_, media)| renderer.render(media, &fields, Read::Listed)).collect();
    let mut body = json!({ "data": data });
    // An empty page has no cursors.
    if let (Some((first, _)), Some((last, _))) = (shown.first(), shown.last()) {
        let (first, last) = (write_cursor(*first), write_cursor(*last));
        let mut paging = json!({ "cursors": { "before": first, "after": last } });
        if to < posts.len() {
            paging["next"] = link(address, params, token, "after", &last).into();
        }
        if from > 0 {
            paging["previous"] = link(address, params, token, "before", &first).into();
        }
        body["paging"] = paging;
    }
    Ok(body)
}

fn limit(params: &Params, switches: &Switches) -> Result<usize, GraphError> {
    let asked = match params.get("limit").map(str::parse::<usize>) {
        None => DEFAULT_LIMIT,
        Some(Ok(asked)) if asked > 0 => asked,
        Some(_) => return Err(GraphError::parameter("param limit must be a positive integer.")),
    };
    if switches.heavy_above.is_some_and(|heavy| asked > heavy) {
        return Err(GraphError::too_much_asked());
    }
    let limit = asked.min(MAX_LIMIT);
    Ok(if switches.short_pages { limit.div_ceil(2) } else { limit })
}

/// `since` and `until`: seconds since 1970, or a date.
fn moment(params: &Params, name: &str) -> Result<Option<Timestamp>, GraphError> {
    let Some(text) = params.get(name).filter(|text| !text.is_empty()) else { return Ok(None) };
    let seconds = || text.parse().ok().and_then(|seconds| Timestamp::from_timestamp(seconds, 0));
    let date = || Some(text.parse::<chrono::NaiveDate>().ok()?.and_hms_opt(0, 0, 0)?.and_utc());
    let read = seconds().or_else(|| text.parse().ok()).or_else(date);
    read.map(Some).ok_or_else(|| GraphError::parameter(&format!("param {name} must be a valid date or timestamp.")))
}

/// Cursors are opaque: base64 of something that only this edge reads.
fn write_cursor((pinned, at, sequence): Place) -> String {
    URL_SAFE_NO_PAD.encode(format!("{CURSOR_MARK}{}:{}:{}", u8::from(pinned.0), at.0, sequence.0))
}

fn cursor(params: &Params, name: &str) -> Result<Option<Place>, GraphError> {
    let Some(text) = params.get(name).filter(|text| !text.is_empty()) else { return Ok(None) };
    read_cursor(text).map(Some).ok_or_else(|| GraphError::parameter(&format!("Invalid cursor: {name}")))
}

fn read_cursor(text: &str) -> Option<Place> {
    let decoded = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let mut parts = decoded.strip_prefix(CURSOR_MARK)?.splitn(3, ':');
    let pinned = parts.next()? == "1";
    Some((Reverse(pinned), Reverse(parts.next()?.parse().ok()?), Reverse(parts.next()?.parse().ok()?)))
}

/// The neighbour page's address: the token stands in it, however it came.
fn link(address: &str, params: &Params, token: &str, direction: &str, cursor: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("access_token", token);
    for name in ["fields", "since", "until", "limit"] {
        if let Some(value) = params.get(name) {
            query.append_pair(name, value);
        }
    }
    format!("{address}?{}", query.append_pair(direction, cursor).finish())
}
