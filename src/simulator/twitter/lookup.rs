//! `GET /2/users/me` and posts by id.

use super::{
    TwitterWorld,
    access::{Caller, Endpoint, answer},
    fields::{self, Ask},
    params::{Params, Problems},
    partial::post_error,
    problem::Problem,
    render, snowflake,
    state::{Gone, State},
};
use crate::domain::Timestamp;
use axum::{
    extract::{Path, RawQuery, State as World},
    http::HeaderMap,
    response::Response,
};
use serde_json::{Value, json};
use std::sync::Arc;

/// `GET /2/users/me`
pub(super) async fn me(
    World(world): World<Arc<TwitterWorld>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    answer(&world, Endpoint::Me, &headers, |state, caller, now| {
        let id = caller.ok_or_else(Problem::app_only)?;
        let params = Params::parse(query.as_deref());
        let mut problems = Problems::default();
        params.refuse_unknown(&[&["user.fields", "expansions", "tweet.fields", "post.fields"]], &mut problems);
        let ask = Ask::of_users(&params, &mut problems);
        problems.settle()?;
        if state.switches.suspended.contains(&id) {
            return Err(Problem::suspended());
        }
        let mut user = state.users.get(&id).cloned().ok_or_else(Problem::unauthorized)?;
        let timeline = state.timelines.get(&id);
        if let Some(newest) = timeline.and_then(|ids| ids.last()) {
            user.insert("most_recent_tweet_id".into(), json!(newest.to_string()));
        }
        user["public_metrics"]["tweet_count"] = json!(timeline.map_or(0, std::collections::BTreeSet::len));
        state.ledger.users("me", [id], now);
        Ok(json!({ "data": render::user_json(&user, &ask) }))
    })
}

/// `GET /2/tweets?ids=`
pub(super) async fn tweets(
    World(world): World<Arc<TwitterWorld>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    answer(&world, Endpoint::Tweets, &headers, |state, caller, now| {
        let params = Params::parse(query.as_deref());
        let mut problems = Problems::default();
        params.refuse_unknown(&[&["ids"], fields::PARAMETERS], &mut problems);
        let list = params.get("ids").unwrap_or_default();
        let texts: Vec<_> = list.split(',').filter(|text| !text.is_empty()).collect();
        if !(1..=100).contains(&texts.len()) {
            let message = format!("size of `ids` query parameter [{}] is not between 1 and 100", texts.len());
            problems.add("ids", list, &message);
        }
        let mut ids = Vec::new();
        for text in texts {
            match snowflake::parse(text) {
                Some(id) if ids.contains(&id) => {}
                Some(id) => ids.push(id),
                None => problems.add_pattern("ids", text),
            }
        }
        let ask = Ask::of_posts(&params, &mut problems);
        problems.settle()?;
        Ok(look_up(state, caller, &ids, "ids", &ask, now))
    })
}

/// `GET /2/tweets/{id}`
pub(super) async fn tweet(
    World(world): World<Arc<TwitterWorld>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    answer(&world, Endpoint::Tweet, &headers, |state, caller, now| {
        let params = Params::parse(query.as_deref());
        let mut problems = Problems::default();
        params.refuse_unknown(&[fields::PARAMETERS], &mut problems);
        let number = snowflake::parse(&id);
        if number.is_none() {
            problems.add_pattern("id", &id);
        }
        let ask = Ask::of_posts(&params, &mut problems);
        problems.settle()?;
        let mut body = look_up(state, caller, &[number.unwrap_or_default()], "id", &ask, now);
        if let Some(post) = body.pointer_mut("/data/0").map(Value::take) {
            body["data"] = post;
        }
        Ok(body)
    })
}

/// What is there, and errors for what is not.
fn look_up(state: &mut State, caller: Caller, ids: &[u64], parameter: &str, ask: &Ask, now: Timestamp) -> Value {
    let mut found = Vec::new();
    let mut errors = Vec::new();
    for id in ids {
        let why = match state.posts.get(id).map(|post| post.author) {
            None => Some(state.gone.get(id).copied().unwrap_or(Gone::Deleted)),
            Some(author) if state.switches.suspended.contains(&author) => Some(Gone::Suspended),
            Some(author) if state.switches.protected.contains(&author) && caller != Some(author) => {
                Some(Gone::Protected)
            }
            Some(_) => None,
        };
        match why {
            None => found.push(*id),
            Some(why) => errors.push(post_error(why, *id, parameter, ask.vocabulary)),
        }
    }
    let mut body = render::posts(state, &found, ask);
    if !errors.is_empty() {
        match body.entry("errors").or_insert_with(|| json!([])) {
            Value::Array(list) => list.extend(errors),
            other => *other = json!(errors),
        }
    }
    let users = render::billed_users(state, &found, ask);
    state.ledger.posts("lookup", found, now);
    state.ledger.users("lookup", users, now);
    Value::Object(body)
}
