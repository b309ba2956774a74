//! `GET /2/users/{id}/tweets`. `<https://docs.x.com/x-api/posts/timelines/introduction>`

use super::{
    TwitterWorld,
    access::{Caller, Endpoint, answer},
    fields::{self, Ask},
    params::{Params, Problems},
    partial::user_error,
    problem::Problem,
    render, snowflake,
    state::{Gone, Post, State},
};
use crate::domain::{Timestamp, cursor::fingerprint};
use axum::{
    extract::{Path, RawQuery, State as World},
    http::HeaderMap,
    response::Response,
};
use serde_json::{Value, json};
use std::sync::Arc;

/// How far back X looks, and how far with `exclude=replies`.
const DEPTH: usize = 3200;
const DEPTH_WITHOUT_REPLIES: usize = 800;

const PARAMETERS: &[&str] =
    &["max_results", "since_id", "until_id", "start_time", "end_time", "pagination_token", "exclude"];

pub(super) async fn timeline(
    World(world): World<Arc<TwitterWorld>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    answer(&world, Endpoint::Timeline, &headers, |state, caller, now| {
        read(state, caller, &id, &Params::parse(query.as_deref()), now)
    })
}

/// What a request asks for.
struct Query {
    max_results: usize,
    since: Option<u64>,
    until: Option<u64>,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    page: Option<Page>,
    exclude: Vec<&'static str>,
    ask: Ask,
}

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Page {
    /// Below this id.
    Next(u64),
    /// Just above this id.
    Previous(u64),
}

fn read(state: &mut State, caller: Caller, id: &str, params: &Params, now: Timestamp) -> Result<Value, Problem> {
    let mut problems = Problems::default();
    let owner = snowflake::parse(id);
    if owner.is_none() {
        problems.add_pattern("id", id);
    }
    let query = Query::read(params, owner.unwrap_or_default(), &mut problems);
    problems.settle()?;
    let owner = owner.unwrap_or_default();
    if let Some(why) = unreadable(state, owner, caller) {
        return Ok(json!({ "errors": [user_error(why, id, "id")] }));
    }

    let (page, meta_tokens) = query.page(state, owner);
    // Only now: pages may come out short or empty.
    let left: Vec<u64> = page.into_iter().filter(|id| !query.excludes(state, *id)).collect();
    let mut body = render::posts(state, &left, &query.ask);
    let mut meta = json!({ "result_count": left.len() });
    if let (Some(newest), Some(oldest)) = (left.first(), left.last()) {
        meta["newest_id"] = json!(newest.to_string());
        meta["oldest_id"] = json!(oldest.to_string());
    }
    for (name, page) in meta_tokens {
        meta[name] = json!(page.token(owner));
    }
    body.insert("meta".into(), meta);
    let users = render::billed_users(state, &left, &query.ask);
    state.ledger.posts("timeline", left, now);
    state.ledger.users("timeline", users, now);
    Ok(Value::Object(body))
}

/// Why nobody, or not this caller, sees the account.
fn unreadable(state: &State, owner: u64, caller: Caller) -> Option<Gone> {
    let switches = &state.switches;
    if !state.users.contains_key(&owner) || switches.missing.contains(&owner) {
        Some(Gone::Deleted)
    } else if switches.suspended.contains(&owner) {
        Some(Gone::Suspended)
    } else {
        (switches.protected.contains(&owner) && caller != Some(owner)).then_some(Gone::Protected)
    }
}

impl Query {
    fn read(params: &Params, owner: u64, problems: &mut Problems) -> Self {
        params.refuse_unknown(&[PARAMETERS, fields::PARAMETERS], problems);
        let (since, until) = (params.id("since_id", problems), params.id("until_id", problems));
        if let (Some(low), Some(high)) = (since, until)
            && low >= high
        {
            problems.add("since_id", &low.to_string(), "'since_id' must be less than 'until_id'");
        }
        let (start, end) = (params.time("start_time", problems), params.time("end_time", problems));
        if let (Some(low), Some(high)) = (start, end)
            && low >= high
        {
            let value = params.get("start_time").unwrap_or_default();
            problems.add("start_time", value, "'start_time' must be before 'end_time'");
        }
        let page = params.get("pagination_token").and_then(|token| {
            let page = Page::parse(token, owner);
            if page.is_none() {
                let message = format!("The `pagination_token` query parameter value [{token}] is not valid");
                problems.add("pagination_token", token, &message);
            }
            page
        });
        Self {
            max_results: params.number("max_results", 10, 5, 100, problems),
            // Ids win over times.
            start: if since.is_some() { None } else { start },
            end: if until.is_some() { None } else { end },
            since,
            until,
            page,
            exclude: params.choice("exclude", &["retweets", "replies"], &[], problems),
            ask: Ask::of_posts(params, problems),
        }
    }

    /// The ids of the page, newest first, and where it goes on.
    fn page(&self, state: &State, owner: u64) -> (Vec<u64>, Vec<(&'static str, Page)>) {
        let depth = if self.exclude.contains(&"replies") { DEPTH_WITHOUT_REPLIES } else { DEPTH };
        let newest_first = state.timelines.get(&owner).into_iter().flatten().rev().copied().take(depth);
        let all: Vec<u64> = newest_first.filter(|id| self.covers(*id)).collect();
        let begin = match self.page {
            None => 0,
            Some(Page::Next(id)) => all.partition_point(|other| *other >= id),
            Some(Page::Previous(id)) => all.partition_point(|other| *other > id).saturating_sub(self.max_results),
        };
        let page: Vec<u64> = all[begin..].iter().copied().take(self.max_results).collect();
        let mut tokens = Vec::new();
        if let Some(last) = page.last().filter(|_| begin + page.len() < all.len()) {
            tokens.push(("next_token", Page::Next(*last)));
        }
        if let Some(first) = page.first().filter(|_| begin > 0) {
            tokens.push(("previous_token", Page::Previous(*first)));
        }
        (page, tokens)
    }

    fn covers(&self, id: u64) -> bool {
        let made_at = snowflake::made_at(id);
        self.since.is_none_or(|since| id > since)
            && self.until.is_none_or(|until| id < until)
            && self.start.is_none_or(|start| made_at >= start)
            && self.end.is_none_or(|end| made_at < end)
    }

    fn excludes(&self, state: &State, id: u64) -> bool {
        let Some(post) = state.posts.get(&id) else { return true };
        (self.exclude.contains(&"retweets") && post.repost_of().is_some())
            || (self.exclude.contains(&"replies") && answers_somebody_else(post))
    }
}

/// Replies to the author's own posts stay, a fault X has admitted.
fn answers_somebody_else(post: &Post) -> bool {
    let answered = post.json.get("in_reply_to_user_id").and_then(Value::as_str);
    answered.is_some_and(|user| user != post.author.to_string())
}

impl Page {
    /// Opaque to callers; good for this account alone.
    fn token(self, owner: u64) -> String {
        let (kind, id) = match self {
            Self::Next(id) => ('0', id),
            Self::Previous(id) => ('1', id),
        };
        format!("7140dibd{kind}{}{}", base32hex(id, 13), base32hex(seal(kind, id, owner), 7))
    }

    fn parse(token: &str, owner: u64) -> Option<Self> {
        let kind = token.strip_prefix("7140dibd")?.chars().next()?;
        let id = u64::from_str_radix(token.get(9..22)?, 32).ok()?;
        let page = match kind {
            '0' => Self::Next(id),
            '1' => Self::Previous(id),
            _ => return None,
        };
        (page.token(owner) == token).then_some(page)
    }
}

fn seal(kind: char, id: u64, owner: u64) -> u64 {
    fingerprint(&[&kind.to_string(), &id.to_string(), &owner.to_string()]).into()
}

fn base32hex(mut number: u64, digits: usize) -> String {
    let mut text = vec!['0'; digits];
    for digit in text.iter_mut().rev() {
        *digit = char::from_digit((number % 32) as u32, 32).unwrap_or('0');
        number /= 32;
    }
    text.into_iter().collect()
}
